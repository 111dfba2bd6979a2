"""The order of a rollout is judged by the controllers' own times against the steps that `expand` foretells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.rollout import Arrival, out_of_order, outlived, progress, step_limits, too_many_at_once

STEPS = {"a": 1, "b": 1, "c": 2, "d": 4}


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}Z"


def arrivals(**times: tuple[int, int]) -> list[Arrival]:
    return [Arrival(name, at(began), at(ended)) for name, (began, ended) in times.items()]


def test_steps_one_after_the_other_are_in_order_whatever_happens_inside_a_step() -> None:
    assert out_of_order(arrivals(b=(1, 2), a=(0, 5), c=(5, 9), d=(10, 11)), STEPS) == []


def test_an_application_that_begins_before_an_earlier_step_is_healthy_is_named_with_both_times() -> None:
    (line,) = out_of_order(arrivals(a=(0, 5), b=(0, 7), c=(6, 9), d=(9, 9)), STEPS)
    assert line == f"c (step 2) began {at(6)}, b (step 1) was healthy {at(7)}"


def test_an_earlier_step_that_never_ended_is_named() -> None:
    found = out_of_order([Arrival("a", at(0), ""), Arrival("c", at(3), at(4))], STEPS)
    assert found == [f"c (step 2) began {at(3)}, a (step 1) was healthy never"]


def test_what_never_began_is_early_for_nothing() -> None:
    assert out_of_order([*arrivals(a=(0, 5)), Arrival("c", "", at(1))], STEPS) == []


def test_what_no_step_matches_binds_nobody() -> None:
    assert out_of_order(arrivals(x=(0, 9), c=(5, 6)), {"x": -1, "c": 2}) == []


def test_more_at_once_than_max_update_is_named() -> None:
    together = arrivals(a=(0, 5), b=(3, 6))
    assert too_many_at_once(together, STEPS, {1: 1}) == ["step 1: 2 at once, and maxUpdate allows 1"]
    assert too_many_at_once(together, STEPS, {1: 2}) == []
    assert too_many_at_once(arrivals(a=(0, 5), b=(5, 6)), STEPS, {1: 1}) == []


def test_limits_are_those_of_the_controller() -> None:
    steps: list[dict[str, Any]] = [{"maxUpdate": 1}, {}, {"maxUpdate": "25%"}, {"maxUpdate": "50%"}]
    appset = {"spec": {"strategy": {"rollingSync": {"steps": steps}}}}
    members = {"a": 1, "b": 2} | {f"c{n}": 3 for n in range(8)} | {"d": 4}
    assert step_limits(appset, members) == {1: 1, 3: 2, 4: 1}
    assert step_limits({"spec": {}}, members) == {}


def test_progress_joins_what_application_and_applicationset_say() -> None:
    entry = {"application": "a", "step": "3", "status": "Healthy", "lastTransitionTime": at(9)}
    status = {
        "sync": {"status": "Synced"},
        "health": {"status": "Healthy"},
        "operationState": {"startedAt": at(4), "phase": "Succeeded", "finishedAt": at(6)},
        "conditions": [{"type": "ComparisonError", "message": "no such path"}],
    }
    unborn = {"metadata": {"name": "b"}}
    first, second = progress(
        [{"status": {"applicationStatus": [entry]}}], [unborn, {"metadata": {"name": "a"}, "status": status}]
    )
    assert (first.name, first.step, first.started, first.since) == ("a", 3, at(4), at(9))
    assert first.arrived
    assert first.trouble == "no such path"
    assert (second.name, second.step, second.phase) == ("b", -2, "")
    assert not second.arrived


@pytest.mark.parametrize(
    ("operation", "trouble"),
    [({"phase": "Running"}, ""), ({"phase": "Running", "retryCount": 2, "message": "again"}, "again"),
     ({"phase": "Failed", "message": "no such kind"}, "no such kind")],
)  # fmt: skip
def test_nothing_has_arrived_while_its_sync_is_not_over(operation: dict[str, Any], trouble: str) -> None:
    entry = {"application": "a", "step": "3", "status": "Healthy", "lastTransitionTime": at(9)}
    status = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}, "operationState": operation}
    (one,) = progress([{"status": {"applicationStatus": [entry]}}], [{"metadata": {"name": "a"}, "status": status}])
    assert not one.arrived
    assert one.trouble == trouble


def test_a_sync_that_outlives_its_step_is_told() -> None:
    found = outlived(
        [Arrival("a", at(0), at(5), at(5)), Arrival("b", at(0), at(5), at(6)), Arrival("c", at(0), "", at(9))]
    )
    assert found == ["b"]
