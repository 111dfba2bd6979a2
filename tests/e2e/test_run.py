"""Watching and comparing: what did not arrive, differs, is missing or was not foretold is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.e2e.cleanup import Clock
from tests.e2e.kubectl import Key
from tests.e2e.memory import MemoryCluster
from tests.e2e.report import Figures, figures
from tests.e2e.run import NUDGE, Watch, compare_live, settle
from tests.e2e.test_undoing import BACK, FRONT, RUN, argo
from tests.e2e.tree import Foretold

STEPS = {"front": 1, "back": 2}
STEP: dict[str, Any] = {"matchExpressions": []}
APPSET = argo(
    "ApplicationSet", "components", spec={"strategy": {"rollingSync": {"steps": [STEP, {**STEP, "maxUpdate": 1}]}}}
)
HOOK = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook", "namespace": "web"}}


def application(name: str) -> dict[str, Any]:
    return argo("Application", name, spec={"destination": {"namespace": "web"}})


FORETOLD = Foretold(
    {name: application(name) for name in STEPS},
    dict.fromkeys(STEPS, "components"),
    STEPS,
    {"front": (FRONT,), "back": (BACK,)},
    {"front": (HOOK,), "back": ()},
)


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}Z"


def cluster(**changes: Any) -> MemoryCluster:
    """A rollout that went as foretold, but for ``changes`` of Applications' states."""
    entries, live = [], []
    for number, (name, step) in enumerate(STEPS.items()):
        state = {"phase": "Healthy", "sync": "Synced", "step": step, "resources": [], "spec": {}} | changes.get(
            name, {}
        )
        since = at(10 * number + 5)
        entry = {"application": name, "step": str(state["step"]), "status": state["phase"], "lastTransitionTime": since}
        entries.append(entry)
        hook = {"kind": "Service", "name": "hook", "hookType": "Sync", "hookPhase": "Succeeded"}
        operation = {
            "phase": "Succeeded",
            "startedAt": state.get("began", at(10 * number)),
            "finishedAt": since,
            "syncResult": {"resources": [hook] if name == "front" else []},
        }
        status = {
            "sync": {"status": state["sync"]},
            "health": {"status": "Healthy"},
            "operationState": operation,
            "resources": state["resources"],
        }
        one = application(name) | {"status": status}
        one["spec"] = {**one["spec"], **state["spec"]}
        live.append(one)
    return MemoryCluster({**APPSET, "status": {"applicationStatus": entries}}, *live, FRONT, BACK)


def run(subject: MemoryCluster, foretold: Foretold = FORETOLD) -> Figures:
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    watch = Watch(Clock(lambda: passed[0], sleep), 20.0, lambda text: None, plays=False)
    rollout = settle(subject, foretold, RUN, watch)
    return figures(foretold, rollout, compare_live(subject, foretold, rollout))


def test_a_rollout_as_foretold_has_no_fault() -> None:
    found = run(cluster())
    assert found.faults == []
    rows = dict(found.rows)
    assert rows["synced and healthy, by steps alone"] == "2 of 2, in 2 steps"
    assert rows["live objects as render says"] == "2 of 2"
    assert rows["hooks that ran and succeeded, as foretold"] == "1 of 1"
    assert [one["name"] for one in found.order] == ["front", "back"]


def test_what_does_not_arrive_is_told_at_the_deadline_and_was_looked_at_again() -> None:
    subject = cluster(back={"phase": "Progressing", "sync": "OutOfSync"})
    assert run(subject).faults == ["back: Progressing, OutOfSync, Healthy, Succeeded"]
    nudges = [line for line in subject.done if line == "patch applications.argoproj.io argocd/back"]
    assert 2 <= len(nudges) <= 20 / NUDGE


def test_an_order_that_is_not_the_foretold_one_is_a_fault() -> None:
    assert run(cluster(back={"began": at(4)})).faults == [
        f"back (step 2) began {at(4)}, front (step 1) was healthy {at(5)}"
    ]


def test_another_step_another_spec_and_an_unknown_object_are_faults() -> None:
    assert run(cluster(back={"step": 3})).faults == ["back is in step 3, and expand says 2"]
    assert run(cluster(back={"spec": {"project": "x"}})).faults == ["back differs from what expand says"]
    stray = {"kind": "Service", "namespace": "web", "name": "stray"}
    assert run(cluster(back={"resources": [stray, {**stray, "name": "own-hook", "hook": True}]})).faults == [
        "services web/stray (back) is managed, and render does not say so"
    ]


def test_a_live_object_that_differs_or_is_not_there_is_a_fault() -> None:
    wanted = BACK | {"spec": {"type": "ClusterIP"}}
    foretold = replace(FORETOLD, targets={"front": (FRONT,), "back": (wanted,)})
    subject = cluster()
    subject.apply(BACK | {"spec": {"type": "NodePort"}})
    assert run(subject, foretold).faults == ["services web/back spec.type: 'ClusterIP', live: 'NodePort'"]
    subject.delete([Key("services", "web", "back")])
    assert run(subject, foretold).faults == ["services web/back is not there"]


def test_a_hook_that_did_not_run_or_was_not_foretold_is_a_fault() -> None:
    other = {"front": (), "back": (HOOK,)}
    assert run(cluster(), replace(FORETOLD, hooks=other)).faults == [
        "hook Service hook of front was not foretold",
        "hook Service hook of back did not succeed",
    ]


def test_nothing_to_sync_is_no_fault_and_never_synced_is_one() -> None:
    idle = cluster(back={"began": ""})
    assert run(idle).faults == ["back was never synced, and has objects"]
    found = run(idle, replace(FORETOLD, targets={"front": (FRONT,), "back": ()}))
    assert found.faults == []
    assert dict(found.rows)["of these with nothing to sync"] == "1"
