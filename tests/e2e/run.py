"""One run: claim, apply, wait, compare. Undoing is the caller's, whatever happens here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.claim import APPLICATIONS, APPSETS
from tests.e2e.cleanup import Clock
from tests.e2e.compare import Held, hold
from tests.e2e.kubectl import ARGOCD, Cluster, Key, Object, key_of, live_objects
from tests.e2e.player import play
from tests.e2e.rollout import Arrival, Progress, progress
from tests.e2e.tree import LABEL, Foretold, made_by

PAUSE = 2.0
"""Seconds between two looks."""
REFRESH = "argocd.argoproj.io/refresh"
NUDGE = 5.0
"""Seconds between two times that Argo CD is asked to look at the same Application again."""


@dataclass(frozen=True)
class Rollout:
    """What was seen of a rollout."""

    seen: Mapping[str, Progress]
    """Every Application as it was at the end."""
    arrivals: tuple[Arrival, ...]
    """Those that sync by themselves, in the order in which they began."""
    applications: Mapping[str, Any]
    """Every Application as it is in the cluster."""
    appsets: tuple[Any, ...]

    def late(self, names: Sequence[str]) -> list[str]:
        """What did not arrive, and why."""
        return [_lateness(name, self.seen.get(name)) for name in names if not _arrived(self.seen.get(name))]


def _arrived(one: Progress | None) -> bool:
    return one is not None and one.arrived


def _lateness(name: str, one: Progress | None) -> str:
    if one is None:
        return f"{name}: was never made"
    states = (
        one.phase or "no phase",
        one.sync or "not compared",
        one.health or "no health",
        one.operation or "no sync",
    )
    return f"{name}: {', '.join(states)}{f'; {one.trouble}' if one.trouble else ''}"


@dataclass(frozen=True)
class Watch:
    """How a rollout is watched."""

    clock: Clock
    deadline: float
    say: Callable[[str], None]
    plays: bool


def settle(cluster: Cluster, foretold: Foretold, run: str, watch: Watch) -> Rollout:
    """Watch until every Application of a step has arrived, or the deadline has passed."""
    names = foretold.in_steps()
    began: dict[str, str] = {}
    ended: dict[str, str] = {}
    played: set[str] = set()
    nudged: dict[str, float] = {}
    line = ""
    end = watch.clock.now() + watch.deadline
    while True:
        rollout = _look(cluster, run)
        for name, one in rollout.seen.items():
            if one.started:
                began.setdefault(name, one.started)
            if one.phase == "Healthy":
                ended.setdefault(name, one.since)
        told = _line(rollout, names, foretold)
        if told != line:
            watch.say(told)
            line = told
        if not rollout.late(names) or watch.clock.now() > end:
            finished = {name: one.finished for name, one in rollout.seen.items()}
            arrivals = [
                Arrival(name, began.get(name, ""), ended.get(name, ""), finished.get(name, "")) for name in names
            ]
            ordered = tuple(sorted(arrivals, key=lambda a: (a.began or "~", a.name)))
            return Rollout(rollout.seen, ordered, rollout.applications, rollout.appsets)
        if watch.plays:
            # Once more after it arrived: what came with it may concern the next (a webhook).
            under_way = [n for n in names if n in began and n not in played]
            play(cluster, _played_keys(cluster, foretold, under_way))
            played |= {name for name in under_way if _arrived(rollout.seen.get(name))}
        _nudge(cluster, [n for n in names if n in began and not _arrived(rollout.seen.get(n))], nudged, watch.clock)
        watch.clock.sleep(PAUSE)


def _nudge(cluster: Cluster, names: Sequence[str], nudged: dict[str, float], clock: Clock) -> None:
    """Ask Argo CD to look again at what has begun to sync, instead of minutes later; that syncs nothing."""
    for name in names:
        if clock.now() - nudged.get(name, float("-inf")) > NUDGE:
            nudged[name] = clock.now()
            change = {"metadata": {"annotations": {REFRESH: "normal"}}}
            cluster.patch(Key(APPLICATIONS, ARGOCD, name), change)


def _look(cluster: Cluster, run: str) -> Rollout:
    mine = f"{LABEL}={run}"
    appsets = cluster.list(APPSETS, namespace=ARGOCD, selector=mine)
    applications = cluster.list(APPLICATIONS, namespace=ARGOCD, selector=mine)
    seen = {one.name: one for one in progress(appsets, applications)}
    return Rollout(seen, (), {one["metadata"]["name"]: one for one in applications}, tuple(appsets))


def _played_keys(cluster: Cluster, foretold: Foretold, names: Sequence[str]) -> list[Key]:
    documents = made_by(foretold, names)
    # The kinds may have come with this very rollout, so they are asked for each time.
    resources = cluster.resources() if documents else {}
    return [key_of(d, resources) for d in documents if (_group(d), d["kind"]) in resources]


def _group(document: Object) -> str:
    return str(document["apiVersion"]).rpartition("/")[0]


def _line(rollout: Rollout, names: Sequence[str], foretold: Foretold) -> str:
    arrived = sum(1 for name in names if _arrived(rollout.seen.get(name)))
    busy = [name for name in names if (one := rollout.seen.get(name)) and one.phase in ("Pending", "Progressing")]
    steps = sorted({foretold.steps[name] for name in busy})
    where = f"; step {', '.join(map(str, steps))}: {', '.join(busy[:4])}{' …' if len(busy) > 4 else ''}" if busy else ""
    return f"{arrived} of {len(names)} Applications synced and healthy{where}"


@dataclass
class LiveObjects:
    """The live objects of the Applications that arrived, beside what render said."""

    equal: int = 0
    different: dict[str, list[str]] = field(default_factory=dict)
    """Object → what differs."""
    missing: list[str] = field(default_factory=list)
    unforetold: list[str] = field(default_factory=list)
    """What Argo CD says it manages, and render does not foretell."""
    held: Held = field(default_factory=Held)
    hooks: list[str] = field(default_factory=list)
    """Hooks that did not run as foretold."""


def compare_live(cluster: Cluster, foretold: Foretold, rollout: Rollout) -> LiveObjects:
    """Every object that render foretells, and every object that Argo CD says it manages."""
    resources = cluster.resources()
    result = LiveObjects()
    names = foretold.in_steps()
    targets = {name: {key_of(d, resources): d for d in foretold.targets[name]} for name in names}
    live = live_objects(cluster, [key for wanted in targets.values() for key in wanted])
    for name, wanted in targets.items():
        for key, document in wanted.items():
            _hold_one(result, key, document, live.get(key))
        for one in rollout.applications.get(name, {}).get("status", {}).get("resources", []):
            known = resources.get((one.get("group", ""), one["kind"]))
            key = Key(known[0] if known else one["kind"], one.get("namespace", ""), one["name"])
            if key not in wanted and not one.get("hook"):
                result.unforetold.append(f"{key} ({name})")
        result.hooks += _hooks(foretold, rollout, name)
    return result


def _hooks(foretold: Foretold, rollout: Rollout, name: str) -> list[str]:
    """Hooks that were foretold and did not succeed, and hooks that ran and were not foretold."""
    operation = rollout.applications.get(name, {}).get("status", {}).get("operationState", {})
    ran = {
        (one["kind"], one["name"]): str(one.get("hookPhase", ""))
        for one in operation.get("syncResult", {}).get("resources", [])
        if one.get("hookType")
    }
    wanted = {(str(one["kind"]), str(one["metadata"]["name"])) for one in foretold.hooks[name]}
    failed = [
        f"hook {kind} {n} of {name} did not succeed" for kind, n in sorted(wanted) if ran.get((kind, n)) != "Succeeded"
    ]
    return [*failed, *(f"hook {kind} {n} of {name} was not foretold" for kind, n in sorted(ran.keys() - wanted))]


def _hold_one(result: LiveObjects, key: Key, wanted: Object, live: Any | None) -> None:
    if live is None:
        result.missing.append(str(key))
        return
    held = hold(wanted, live)
    result.held.same += held.same
    result.held.ruled.update(held.ruled)
    where = key.resource
    result.held.added.update({f"{where}: {path}": count for path, count in held.added.items()})
    if held.differences:
        result.different[str(key)] = [f"{d.path}: {d.wanted}, live: {d.found}" for d in held.differences]
    else:
        result.equal += 1


def as_foretold(foretold: Foretold, rollout: Rollout) -> list[str]:
    """The Applications that are not, field by field, what ``expand`` says; or that are in another step."""
    wrong = [f"{name} was not foretold" for name in rollout.applications if name not in foretold.applications]
    for name, wanted in foretold.applications.items():
        live = rollout.applications.get(name)
        if live is None:
            wrong.append(f"{name} was not made")
        elif _essence(live) != _essence(wanted):
            wrong.append(f"{name} differs from what expand says")
        elif rollout.seen[name].step != foretold.steps[name]:
            wrong.append(f"{name} is in step {rollout.seen[name].step}, and expand says {foretold.steps[name]}")
    return wrong


def _essence(application: Object) -> dict[str, Any]:
    metadata = application["metadata"]
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != REFRESH}
    found = {k: metadata.get(k) or {} for k in ("labels", "finalizers")}
    return found | {"annotations": annotations, "spec": application["spec"]}
