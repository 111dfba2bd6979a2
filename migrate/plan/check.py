"""What must hold for any plan, whoever made it; each breach is a finding that shows both ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity, SourceLocation, sort_findings
from migrate.model.graph import ReleaseGraph
from migrate.model.manifest import Rendered
from migrate.model.plan import Disposition, Plan, ReleasePlan
from migrate.model.sync import NAMESPACED_ONLY
from migrate.plan.cycles import on_a_circle
from migrate.plan.differences import repeated_differences
from migrate.plan.fields import CHOICES, FIELDS, is_decided
from migrate.plan.fleet import fleet_findings
from migrate.plan.names import DNS_LABEL, FOLDER
from migrate.plan.propose import component_edges


def check_plan(plan: Plan, estate: Estate, graph: ReleaseGraph) -> tuple[Finding, ...]:
    """Everything that is wrong with ``plan``, with what was found when it was proposed; empty: it holds."""
    sources = {node.id: node.source for node in graph.nodes}
    components = tuple(r for r in plan.releases if r.disposition is Disposition.COMPONENT)
    return sort_findings(
        (
            *plan.findings,
            *_missing(plan, estate),
            *_open_answers(components, sources),
            *_broken_edges(plan, graph, components),
            *_unknown_values(plan, components, sources),
            *_clashes(components, sources, "Application", lambda release: release.component.value),
            *_clashes(components, sources, "folder", lambda release: release.path.value),
            *_scopes(graph, components),
            *_idle_projects(plan, components),
            *fleet_findings(plan),
            *repeated_differences(plan),
        )
    )


def _idle_projects(plan: Plan, components: tuple[ReleasePlan, ...]) -> Iterator[Finding]:
    """Roles of a project that no release is in: a slip of the pen, most likely."""
    used = sorted({release.project.value for release in components})
    for project in sorted(set(plan.projects) - set(used)):
        yield Finding(
            "PL017",
            Severity.WARNING,
            f"projects.{project} has roles, and no release is in that project: no AppProject is written for it",
            f"projects of this plan: {', '.join(used) or 'none'}",
        )


def settle_findings(
    findings: tuple[Finding, ...], plan: Plan, rendered: Mapping[tuple[str, str], Rendered] | None = None
) -> tuple[Finding, ...]:
    """What the plan says about findings of earlier stages: what a chart draws at random is a note, no warning, once
    the plan's pins hold it; a circle is told once, by the plan, which also says how to split it."""
    pins = {release.id: release for release in plan.releases if release.pins}
    loose = {
        name
        for (_, name), found in (rendered or {}).items()
        if name in pins and not all(one.held_by(pins[name].pins) for one in found.drawn)
    }
    pinned = {name: release for name, release in pins.items() if name not in loose}
    split = any(finding.code == "PL013" for finding in plan.findings)
    return tuple(
        replace(f, severity=Severity.INFO, message=f"{f.message}; the plan pins it: {pinned[f.release].pin_reason}")
        if f.code == "RN001" and f.release in pinned
        else f
        for f in findings
        if not (f.code == "GR001" and split)
    )


def lost_order(plan: Plan, graph: ReleaseGraph, *, accepted: bool = False) -> tuple[Finding, ...]:
    """The edges that the tree cannot keep (decision 9): nothing orders one ApplicationSet after another.

    In the layout ``kustomize`` nothing orders one Application after another, in ``plugin`` nothing inside a layer.
    Empty for one ApplicationSet an environment. ``accepted``: a person knows, so each is a warning.
    """
    if plan.layout in ("kustomize", "plugin"):
        return _lost_inside(plan, graph, accepted=accepted)
    if plan.appsets != "per-project":
        return ()
    projects = {r.id: r.project.value for r in plan.releases if r.disposition is Disposition.COMPONENT}
    severity = Severity.WARNING if accepted else Severity.ERROR
    return tuple(
        Finding(
            "PL011",
            severity,
            f"{edge.after} (project {projects[edge.after]}) needs {edge.before} (project {projects[edge.before]}), "
            f"and two ApplicationSets have no order: {edge.evidence}",
            "use --appsets single, or say --accept-lost-order",
            edge.source,
            edge.after,
        )
        for edge in component_edges(graph, set(projects))
        if projects[edge.before] != projects[edge.after]
    )


def _lost_inside(plan: Plan, graph: ReleaseGraph, *, accepted: bool) -> tuple[Finding, ...]:
    """Of ``kustomize`` all edges; of ``plugin`` those inside a layer, and those against the order of the layers."""
    layers = {r.id: r.layer for r in plan.releases if r.disposition is Disposition.COMPONENT}
    order = {layer: number for number, layer in enumerate(dict.fromkeys(r.layer for r in plan.releases))}
    found = []
    for edge in component_edges(graph, set(layers)):
        before, after = layers[edge.before], layers[edge.after]
        if plan.layout == "plugin" and order[before] < order[after]:
            continue
        why = "the layout kustomize orders no Applications"
        if plan.layout == "plugin":
            where = "both are in" if before == after else f"that comes in {before}, after"
            why = f"{where} the layer {after}, one Application of the layout plugin"
        found.append(
            Finding(
                "PL011",
                Severity.WARNING if accepted else Severity.ERROR,
                f"{edge.after} needs {edge.before}, and {why}: {edge.evidence}",
                "use the layout environments or shared, or say --accept-lost-order",
                edge.source,
                edge.after,
            )
        )
    return tuple(found)


def _missing(plan: Plan, estate: Estate) -> Iterator[Finding]:
    known = plan.by_id()
    for name, environments in estate.by_id().items():
        if name not in known:
            source = next(iter(environments.values())).source
            yield Finding(
                "PL005", Severity.ERROR, f"the plan says nothing of {name}", "run: migrate plan", source, name
            )


def _open_answers(components: tuple[ReleasePlan, ...], sources: dict[str, SourceLocation]) -> Iterator[Finding]:
    for release in components:
        for name in release.ask:
            yield Finding(
                "PL008",
                Severity.WARNING,
                f"{name} of {release.id} is marked `ask`, and nobody has decided it",
                "run: migrate wizard, or write it into the plan",
                sources.get(release.id),
                release.id,
            )


def _broken_edges(plan: Plan, graph: ReleaseGraph, components: tuple[ReleasePlan, ...]) -> Iterator[Finding]:
    """An edge must lead to a later phase: Applications of one step are synced together. Circles are told apart."""
    known = {release.id: release for release in components}
    places = {node.id: node.source for node in graph.nodes}
    circles = on_a_circle(graph)
    for edge in component_edges(graph, set(known)):
        before, after = known[edge.before], known[edge.after]
        if before.rollout_phase.value < after.rollout_phase.value or (edge.before, edge.after) in circles:
            continue
        yield Finding(
            "PL003",
            Severity.ERROR,
            f"{_stands(after, places)} needs {_stands(before, places)} to be there first: {edge.evidence}",
            _mend(before, after),
            edge.source,
            edge.after,
        )


def _stands(release: ReleasePlan, places: dict[str, SourceLocation]) -> str:
    """A release with its place in the estate, its phase, and who put it there."""
    phase = release.rollout_phase
    by = f"decided at {phase.place}" if phase.place else "decided by a person"
    why = by if is_decided(phase) else phase.reason
    return f"{release.id} ({places[release.id]}; phase {phase.value}, {why})"


def _mend(before: ReleasePlan, after: ReleasePlan) -> str:
    pinned = [release.id for release in (after, before) if is_decided(release.rollout_phase)]
    free = f", or leave rolloutPhase of {' or '.join(pinned)} out of the plan: it then follows" if pinned else ""
    return f"give {after.id} a later phase, or {before.id} an earlier one{free}"


def _unknown_values(
    plan: Plan, components: tuple[ReleasePlan, ...], sources: dict[str, SourceLocation]
) -> Iterator[Finding]:
    phases = tuple(step.phase for step in plan.ladder)
    for release in components:
        checks = {
            **{
                name: (getattr(release, FIELDS[name]).value in words, f"one of: {', '.join(words)}")
                for name, words in CHOICES.items()
            },
            "rolloutPhase": (release.rollout_phase.value in phases, "a step of the ladder, or add it there"),
            "wave": (release.wave.value.isascii() and release.wave.value.isdigit(), "a whole number"),
            "component": (bool(DNS_LABEL.fullmatch(release.component.value)), "a DNS label: a-z, 0-9 and dashes"),
            "path": (bool(FOLDER.fullmatch(release.path.value)), "folders with slashes between, and no dots before"),
        }
        for name, (holds, hint) in checks.items():
            if not holds:
                value = getattr(release, FIELDS[name]).value
                message = f"{name} of {release.id} cannot be {value!r}"
                yield Finding("PL006", Severity.ERROR, message, hint, sources.get(release.id), release.id)


def _clashes(
    components: tuple[ReleasePlan, ...],
    sources: dict[str, SourceLocation],
    what: str,
    name_of: Callable[[ReleasePlan], str],
) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for release in components:
        name = name_of(release)
        other = taken.setdefault(name, release.id)
        if other != release.id:
            yield Finding(
                "PL007",
                Severity.ERROR,
                f"{other} and {release.id} would share the {what} {name}",
                "name one of them otherwise in the plan",
                sources.get(release.id),
                release.id,
            )


def _scopes(graph: ReleaseGraph, components: tuple[ReleasePlan, ...]) -> Iterator[Finding]:
    """Projects of data and applications hold namespaced kinds only."""
    nodes = {node.id: node for node in graph.nodes}
    for release in components:
        node = nodes.get(release.id)
        if node and node.cluster_scoped and release.project.value in NAMESPACED_ONLY:
            yield Finding(
                "PL010",
                Severity.ERROR,
                f"{release.id} renders {', '.join(node.cluster_scoped)}, which project {release.project.value} "
                "does not allow",
                "put it into project platform",
                node.source,
                release.id,
            )
