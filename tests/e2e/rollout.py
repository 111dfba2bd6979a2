"""What the rollout did, and whether the order is the one that `migrate expand` foretold. Pure functions, no cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEALTHY = "Healthy"


@dataclass(frozen=True)
class Progress:
    """How far one Application is."""

    name: str
    step: int
    """The step that the controller put it into; -1 for none, -2 where it has not said."""
    phase: str
    """What the ApplicationSet says: Waiting, Pending, Progressing, Healthy; empty where it says nothing yet."""
    sync: str
    health: str
    operation: str
    """What became of its last sync: Running, Succeeded …; empty where there was none."""
    started: str
    """When its last sync began, RFC 3339 UTC to the second; empty where none did."""
    finished: str
    """When its last sync ended."""
    since: str
    """When the ApplicationSet's phase began."""
    trouble: str
    """What Argo CD says is wrong, or the empty text."""

    @property
    def arrived(self) -> bool:
        """Whether nothing more is to come: synced, healthy, its step knows, and no hook is left to run.

        The controller does not wait for the last: it opens the next step while PostSync hooks still run. What has
        nothing to sync is Synced at birth.
        """
        states = (self.phase, self.sync, self.health)
        return states == (HEALTHY, "Synced", HEALTHY) and self.operation in ("Succeeded", "")


def progress(appsets: Sequence[Mapping[str, Any]], applications: Sequence[Mapping[str, Any]]) -> list[Progress]:
    """Every Application, by name."""
    told = {
        str(one["application"]): one
        for appset in appsets
        for one in appset.get("status", {}).get("applicationStatus", [])
    }
    found = []
    for application in applications:
        name, status = str(application["metadata"]["name"]), application.get("status", {})
        one, operation = told.get(name, {}), status.get("operationState", {})
        found.append(
            Progress(
                name,
                int(one.get("step", -2)),
                str(one.get("status", "")),
                str(status.get("sync", {}).get("status", "")),
                str(status.get("health", {}).get("status", "")),
                str(operation.get("phase", "")),
                str(operation.get("startedAt", "")),
                str(operation.get("finishedAt", "")),
                str(one.get("lastTransitionTime", "")),
                _trouble(status),
            )
        )
    return sorted(found, key=lambda one: one.name)


def _trouble(status: Mapping[str, Any]) -> str:
    texts = [str(one.get("message", "")) for one in status.get("conditions", [])]
    operation = status.get("operationState", {})
    if operation.get("phase") in ("Failed", "Error") or operation.get("retryCount"):
        texts.append(str(operation.get("message", "")))
    return "; ".join(text for text in texts if text)


@dataclass(frozen=True)
class Arrival:
    """When an Application began to sync, and when its ApplicationSet first called it Healthy."""

    name: str
    began: str
    ended: str
    finished: str = ""
    """When its sync was over, hooks included."""


def outlived(arrivals: Sequence[Arrival]) -> list[str]:
    """The Applications whose step called them healthy while their sync still ran: a gate that hooks do not hold."""
    return [one.name for one in arrivals if one.ended and one.finished > one.ended]


def out_of_order(arrivals: Sequence[Arrival], steps: Mapping[str, int]) -> list[str]:
    """Every Application that began before an earlier step had ended, by the controllers' own times.

    One that never began is in nobody's way; whether it should have is another question.

    Raises:
        KeyError: an Application that has no foretold step.
    """
    wrong = []
    for one in sorted(arrivals, key=lambda a: (a.began, a.name)):
        if not one.began:
            continue
        early = [a for a in arrivals if 0 <= steps[a.name] < steps[one.name] and (not a.ended or one.began < a.ended)]
        if early:
            last = max(early, key=lambda a: (a.ended or "~", a.name))
            wrong.append(
                f"{one.name} (step {steps[one.name]}) began {one.began}, "
                f"{last.name} (step {steps[last.name]}) was healthy {last.ended or 'never'}"
            )
    return wrong


def too_many_at_once(arrivals: Sequence[Arrival], steps: Mapping[str, int], limits: Mapping[int, int]) -> list[str]:
    """Every step in which more Applications were under way at once than its maxUpdate; no limit, no check."""
    wrong = []
    for step, limit in sorted(limits.items()):
        members = [a for a in arrivals if steps[a.name] == step and a.began]
        most = max((sum(a.began <= one.began < (a.ended or "~") for a in members) for one in members), default=0)
        if most > limit:
            wrong.append(f"step {step}: {most} at once, and maxUpdate allows {limit}")
    return wrong


def step_limits(appset: Mapping[str, Any], steps: Mapping[str, int]) -> dict[int, int]:
    """Step (from 1) → how many of its Applications may be under way; percentages as the controller takes them."""
    limits = {}
    strategy = appset["spec"].get("strategy") or {}
    for number, step in enumerate((strategy.get("rollingSync") or {}).get("steps") or [], 1):
        most = step.get("maxUpdate")
        if isinstance(most, int):
            limits[number] = most
        elif isinstance(most, str) and most.endswith("%"):
            members = sum(1 for one in steps.values() if one == number)
            limits[number] = max(members * int(most[:-1]) // 100, 1 if most != "0%" else 0)
    return limits
