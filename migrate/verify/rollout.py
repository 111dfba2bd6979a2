"""The rollout, walked through as the ApplicationSet controller would (rules 3.4 to 3.14).

Where nothing rolls, since the hand-over is manual, the plan's ladder is the order in which a person would sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.model.application import Expansion, GeneratedApplication, RollingStep, RollingSync
from migrate.model.estate import Estate
from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Disposition, Plan, Step
from migrate.model.rollout import EnvironmentRollout, Fate, Gate, Remark, SimulatedEdge, SimulatedStep
from migrate.verify.releases import Pairing, pair_releases

_HANDOVER = "handover"
_PHASE = "rollout-phase"
_AT_ONCE = "*"
"""The group of what syncs by itself without a rolling sync; no ApplicationSet has that name."""
_OUTSIDE = "stands outside the rollout: the bootstrap brings it"
Gates = Mapping[tuple[str, str], Gate]


@dataclass(frozen=True)
class _Place:
    """Where an Application stands: with others of the same ``group`` it is ordered by ``step``."""

    group: str
    """The ApplicationSet that rolls; empty: a person syncs it."""
    step: int
    label: str


@dataclass(frozen=True)
class _Scene:
    """One environment: which Application has which release, and where each stands."""

    environment: str
    applications: Mapping[str, GeneratedApplication]
    releases: Mapping[str, Pairing]
    """Release id → its pairing."""
    pairings: Mapping[str, Pairing]
    """Application → its pairing."""
    places: Mapping[str, _Place]
    """Application → its place; one that no step selects has none."""
    bootstrap: frozenset[str]

    def place_of(self, release: str) -> _Place | None:
        pairing = self.releases.get(release)
        application = pairing.application if pairing else None
        return self.places.get(application.name) if application else None


def simulate_rollout(
    estate: Estate, graph: ReleaseGraph, plan: Plan, expansion: Expansion, gates: Gates
) -> tuple[EnvironmentRollout, ...]:
    """One rollout an environment; ``gates`` by (environment, Application), for what could be rendered."""
    pairings, _ = pair_releases(estate, plan, expansion)
    return tuple(_rollout(_scene(name, plan, expansion, pairings), graph, plan, expansion, gates)
                 for name in estate.environments)  # fmt: skip


def _scene(environment: str, plan: Plan, expansion: Expansion, pairings: Sequence[Pairing]) -> _Scene:
    applications = {one.name: one for one in expansion.applications if one.environment == environment}
    here = [pairing for pairing in pairings if pairing.environment == environment and pairing.release]
    ladder = {step.phase: number for number, step in enumerate(_ladder(plan), 1)}
    rolling = {sync.appset: sync for sync in expansion.rolling if sync.environment == environment}
    places = {}
    for one in applications.values():
        if _is_unordered(one):
            places[one.name] = _Place(_AT_ONCE, 1, "automated")
        elif _by_hand(one):
            phase = _labels(one).get(_PHASE, "")
            places[one.name] = _Place("", ladder.get(phase, 0), phase)
        elif one.step is not None and one.step > 0 and one.appset in rolling:
            label = _label(rolling[one.appset].steps[one.step - 1])
            places[one.name] = _Place(one.appset, one.step, label)
    return _Scene(
        environment,
        applications,
        {pairing.release.id: pairing for pairing in here if pairing.release},
        {pairing.application.name: pairing for pairing in here if pairing.application},
        places,
        frozenset(entry.id for entry in plan.releases if entry.disposition is Disposition.BOOTSTRAP),
    )


def _by_hand(one: GeneratedApplication) -> bool:
    """Whether a person syncs it: no rolling sync, or a layer that is not handed over yet."""
    free = one.step is None or (one.step < 0 and _labels(one).get(_HANDOVER) == "manual")
    return free and not _is_unordered(one)


def _is_unordered(one: GeneratedApplication) -> bool:
    """Whether it syncs by itself as soon as it is there: under a rolling sync the controller takes that away."""
    spec = one.manifest.get("spec")
    policy = spec.get("syncPolicy") if isinstance(spec, dict) else None
    automated = policy.get("automated") if isinstance(policy, dict) else None
    return one.step is None and isinstance(automated, dict) and automated.get("enabled") is not False


def _rollout(scene: _Scene, graph: ReleaseGraph, plan: Plan, expansion: Expansion, gates: Gates) -> EnvironmentRollout:
    steps = [
        step
        for sync in expansion.rolling
        if sync.environment == scene.environment
        for step in _rolling_steps(sync, scene)
    ]
    by_hand = tuple(sorted(name for name, one in scene.applications.items() if _by_hand(one)))
    steps += _steps_by_hand(plan, scene) if by_hand else []
    edges = [_judged(edge, scene) for edge in graph.edges if scene.environment in edge.environments]
    return EnvironmentRollout(
        scene.environment,
        tuple(steps),
        _with_implied(edges, scene),
        unmatched=tuple(_unmatched(scene, expansion)),
        hollow=tuple(_hollow(scene, edges, gates)),
        late=tuple(_late(scene, edges, gates)),
        closed=tuple(_closed(steps, scene)),
        by_hand=by_hand,
        unordered=tuple(sorted(name for name, one in scene.applications.items() if _is_unordered(one))),
    )


# ---------------------------------------------------------------- steps


def _rolling_steps(sync: RollingSync, scene: _Scene) -> Iterator[SimulatedStep]:
    own = [one for one in scene.applications.values() if one.appset == sync.appset]
    unmatched = sum(one.step == -1 for one in own)
    for number, step in enumerate(sync.steps, 1):
        names = tuple(sorted(one.name for one in own if one.step == number))
        # The controller counts what matches no step in the first one (rule 3.8).
        total = len(names) + (unmatched if number == 1 else 0)
        most = most_at_once(step.max_update, total)
        yield SimulatedStep(number, _label(step), _text(step.max_update), most, names, sync.appset)


def _steps_by_hand(plan: Plan, scene: _Scene) -> Iterator[SimulatedStep]:
    for number, step in enumerate(_ladder(plan), 1):
        names = tuple(sorted(n for n, place in scene.places.items() if not place.group and place.step == number))
        limit: JsonValue = int(step.max_update) if step.max_update.isdigit() else step.max_update or None
        yield SimulatedStep(number, step.phase, step.max_update, most_at_once(limit, len(names)), names)


def most_at_once(limit: JsonValue, total: int) -> int | None:
    """How many of a step's ``total`` Applications may be in progress together; None: all (rule 3.9)."""
    if limit is None:
        return None
    if isinstance(limit, (int, float)):
        return max(0, int(limit))
    text = str(limit)
    if text == "0%":
        return 0
    # A percentage is rounded down, to one at least; a text that is none counts as one, too.
    share = text.removesuffix("%")
    known = text.endswith("%") and share.isascii() and share.isdigit()
    return max(1, total * int(share) // 100) if known else 1


def _ladder(plan: Plan) -> list[Step]:
    return sorted(plan.ladder, key=lambda step: step.phase)


def _label(step: RollingStep) -> str:
    """What the step selects by: the values where one label is asked for, else all of it."""
    chosen = [each for each in step.expressions if each.get("key") != _HANDOVER]
    if len(chosen) == 1 and chosen[0].get("operator") == "In":
        return _values(chosen[0])
    return ", ".join(f"{each.get('key')} {each.get('operator')} {_values(each)}".strip() for each in chosen)


def _values(expression: JsonObject) -> str:
    values = expression.get("values")
    return ",".join(map(str, values)) if isinstance(values, list) else ""


def _text(limit: JsonValue) -> str:
    return "" if limit is None else str(limit)


# ---------------------------------------------------------------- edges


def _judged(edge: Edge, scene: _Scene) -> SimulatedEdge:
    fate, why = _fate(edge, scene)
    return SimulatedEdge(edge.before, edge.after, edge.kind, edge.evidence, fate, why, edge.source)


def _fate(edge: Edge, scene: _Scene) -> tuple[Fate, str]:
    for end in (edge.before, edge.after):
        if end in scene.bootstrap:
            return Fate.IMPLIED, f"{end} {_OUTSIDE}"
    for end in (edge.before, edge.after):
        pairing = scene.releases.get(end)
        if pairing is None or pairing.application is None:
            return Fate.BROKEN, f"{end} has no Application"
        if scene.place_of(end) is None:
            return Fate.BROKEN, f"{end} is in no step"
    before, after = scene.place_of(edge.before), scene.place_of(edge.after)
    if before is None or after is None:  # as the loop has seen
        return Fate.BROKEN, "one of them is in no step"
    if after.group == _AT_ONCE:
        return Fate.BROKEN, f"{edge.after} is automated without a rolling sync: it waits for nobody"
    if before.group == _AT_ONCE and after.group:
        return Fate.BROKEN, f"{edge.before} is automated without a rolling sync: {after.group} does not wait for it"
    if before.group == after.group:
        return _fate_within(before, after)
    if not before.group:
        return Fate.IMPLIED, f"{edge.before} is not handed over: what helmfile applied is there"
    if not after.group:
        return Fate.IMPLIED, f"{edge.after} is not handed over: a person syncs it, after {edge.before}"
    return Fate.BROKEN, f"{before.group} and {after.group} do not wait for each other"


def _fate_within(before: _Place, after: _Place) -> tuple[Fate, str]:
    if not before.step or not after.step:
        return Fate.BROKEN, f"the ladder has no phase {before.label if not before.step else after.label!r}"
    if before.step < after.step:
        return Fate.KEPT, ""
    if before.step == after.step:
        return Fate.BROKEN, f"both are in step {before.step} ({before.label})"
    return Fate.BROKEN, f"step {before.step} ({before.label}) comes after step {after.step} ({after.label})"


def _with_implied(edges: Sequence[SimulatedEdge], scene: _Scene) -> tuple[SimulatedEdge, ...]:
    """A kept edge is implied where a path of other kept edges leads the same way."""
    followers: dict[str, set[str]] = {}
    for edge in edges:
        if edge.fate is Fate.KEPT:
            followers.setdefault(edge.before, set()).add(edge.after)
    bits, beyond = _beyond(followers, scene)
    return tuple(
        replace(edge, fate=Fate.IMPLIED)
        if edge.fate is Fate.KEPT and any(bits[edge.after] & beyond[other] for other in followers[edge.before])
        else edge
        for edge in edges
    )


def _beyond(followers: Mapping[str, set[str]], scene: _Scene) -> tuple[dict[str, int], dict[str, int]]:
    """Release → its bit, and → the bits of all that a path of kept edges leads to; those go to later steps only."""

    def step(release: str) -> int:
        place = scene.place_of(release)
        return place.step if place else 0

    names = sorted({*followers, *(after for found in followers.values() for after in found)})
    bits = {name: 1 << number for number, name in enumerate(names)}
    reached: dict[str, int] = {}
    for name in sorted(names, key=step, reverse=True):
        reached[name] = 0
        for after in followers.get(name, ()):
            reached[name] |= bits[after] | reached[after]
    return bits, reached


# ---------------------------------------------------------------- remarks


def _unmatched(scene: _Scene, expansion: Expansion) -> Iterator[Remark]:
    keys: dict[str, list[str]] = {}
    for sync in expansion.rolling:
        if sync.environment == scene.environment:
            keys[sync.appset] = list(dict.fromkeys(str(e.get("key")) for step in sync.steps for e in step.expressions))
    for name, one in sorted(scene.applications.items()):
        if name in scene.places:
            continue
        labels = _labels(one)
        asked = ", ".join(f"{key}={labels[key]}" if key in labels else f"no {key}" for key in keys.get(one.appset, []))
        yield _remark(scene, name, f"no step of {one.appset} selects it ({asked}): it never syncs")


def _closed(steps: Sequence[SimulatedStep], scene: _Scene) -> Iterator[Remark]:
    for step in steps:
        if step.at_once == 0:
            for name in step.applications:
                why = f"step {step.step} ({step.phase}) has maxUpdate {step.max_update}: a person has to sync it"
                yield _remark(scene, name, why)


def _hollow(scene: _Scene, edges: Sequence[SimulatedEdge], gates: Gates) -> Iterator[Remark]:
    for name in sorted(scene.applications):
        gate = gates.get((scene.environment, name))
        if gate is not None and not gate.watched:
            yield _with_waiting(_remark(scene, name, _hollow_because(gate)), edges)


def _hollow_because(gate: Gate) -> str:
    if not gate.unwatched:
        return "hooks alone: Synced at birth, and no rollout runs them" if gate.hooks else "it applies nothing"
    why = (
        f"nothing tells the health of {', '.join(gate.custom)}" if gate.custom else f"only {', '.join(gate.unwatched)}"
    )
    return f"{why}; no step waits for its hook after the sync, {', '.join(gate.late)}" if gate.late else why


def _late(scene: _Scene, edges: Sequence[SimulatedEdge], gates: Gates) -> Iterator[Remark]:
    """Applications with a gate that holds, but opens before their last hook has run; only where somebody waits."""
    for name in sorted(scene.applications):
        gate = gates.get((scene.environment, name))
        if gate is None or not gate.watched or not gate.late:
            continue
        why = f"the next step opens as soon as it is healthy, while {', '.join(gate.late)} may still run"
        remark = _with_waiting(_remark(scene, name, why), edges)
        if remark.waiting:
            yield remark


def _with_waiting(remark: Remark, edges: Sequence[SimulatedEdge]) -> Remark:
    return replace(remark, waiting=tuple(dict.fromkeys(edge.after for edge in edges if edge.before == remark.release)))


def _remark(scene: _Scene, name: str, why: str) -> Remark:
    pairing = scene.pairings.get(name)
    release = pairing.release if pairing else None
    return Remark(name, release.id if release else "", why, release.source if release else None)


def _labels(one: GeneratedApplication) -> dict[str, str]:
    metadata = one.manifest.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return {key: str(value) for key, value in labels.items()} if isinstance(labels, dict) else {}
