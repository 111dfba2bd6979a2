"""A live object is held to every field that we emit: what the server adds is counted, what it changes has a rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.compare import EMPTY, QUANTITY, STATUS, STRING_DATA, hold

WANTED: dict[str, Any] = {
    "kind": "Deployment",
    "spec": {"replicas": 2, "containers": [{"name": "web", "resources": {"limits": {"cpu": "500m"}}}]},
}


def live(**changes: Any) -> dict[str, Any]:
    container = {"name": "web", "resources": {"limits": {"cpu": "500m"}}, "imagePullPolicy": "Always"}
    spec = {"replicas": 2, "containers": [container], "strategy": {"type": "RollingUpdate", "max": 1}}
    return {"kind": "Deployment", "spec": {**spec, **changes}}


def test_what_the_server_adds_is_counted_field_by_field_and_is_no_difference() -> None:
    held = hold(WANTED, live())
    assert (held.same, held.differences) == (4, [])
    assert held.added == {"spec.strategy": 2, "spec.containers.0.imagePullPolicy": 1}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"replicas": 3}, "spec.replicas"),
        ({"replicas": True}, "spec.replicas"),
        ({"replicas": "2"}, "spec.replicas"),
        ({"containers": []}, "spec.containers"),
        ({"containers": [{"name": "web"}]}, "spec.containers.0.resources"),
        ({"containers": [{"name": "web", "resources": {"limits": {"cpu": "501m"}}}]},
         "spec.containers.0.resources.limits.cpu"),
        ({"containers": [*live()["spec"]["containers"], {"name": "sidecar"}]}, "spec.containers"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_ours_any_more_is_a_difference(changes: dict[str, Any], path: str) -> None:
    assert [difference.path for difference in hold(WANTED, live(**changes)).differences] == [path]


@pytest.mark.parametrize("value", [None, {}, [], "", False])
def test_only_what_says_nothing_may_be_left_out(value: object) -> None:
    held = hold({"spec": {"tls": value}}, {"spec": {}})
    assert held.ruled == {EMPTY: 1}
    assert held.differences == []


@pytest.mark.parametrize("value", [0, 1, True, "0", {"a": None}, [None]])
def test_whatever_says_something_may_not(value: object) -> None:
    assert [d.path for d in hold({"spec": {"tls": value}}, {"spec": {}}).differences] == ["spec.tls"]


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [("1000m", "1", True), (1, "1", True), (0.5, "500m", True), ("1024Mi", "1Gi", True), ("1G", "1Gi", False),
     ("1", "2", False), ("much", "more", False), (True, "1", False)],
)  # fmt: skip
def test_quantities_are_compared_as_amounts(ours: object, theirs: str, same: bool) -> None:
    held = hold({"resources": {"requests": {"memory": ours}}}, {"resources": {"requests": {"memory": theirs}}})
    assert (held.ruled[QUANTITY], len(held.differences)) == ((1, 0) if same else (0, 1))


def test_a_quantity_elsewhere_is_a_text() -> None:
    assert len(hold({"data": {"cpu": "1000m"}}, {"data": {"cpu": "1"}}).differences) == 1


def test_string_data_is_held_to_data_and_no_secret_is_shown() -> None:
    wanted = {"kind": "Secret", "stringData": {"a": "made-up", "b": "other"}}
    held = hold(wanted, {"kind": "Secret", "data": {"a": "bWFkZS11cA==", "b": "bm90IHRoYXQ="}})
    assert held.ruled == {STRING_DATA: 2}
    assert [difference.path for difference in held.differences] == ["data.b"]
    assert not {"other", "b3RoZXI=", "bm90IHRoYXQ="} & set(
        " ".join(map(str, held.differences)).replace("'", " ").split()
    )


def test_a_status_in_a_manifest_is_the_controllers() -> None:
    held = hold({"kind": "X", "status": {"a": 1, "b": [2]}}, {"kind": "X", "status": {"c": 3}})
    assert (held.same, held.ruled, held.differences) == (1, {STATUS: 2}, [])
