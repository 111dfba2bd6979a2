"""What the wizard shows, as lines of at most 60 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, ReleasePlan

WIDTH = 60

FIELDS = {
    "phase": "rollout_phase",
    "type": "component_type",
    "domain": "domain",
    "folder": "path",
    "tier": "tier",
    "project": "project",
    "name": "component",
    "wave": "wave",
}
"""The word that a person sees → field of ReleasePlan."""


def wrapped(text: str, indent: str = "", hanging: str | None = None) -> list[str]:
    """``text`` in lines of at most 60 columns."""
    following = indent if hanging is None else hanging
    found = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)
    return found or [indent.rstrip()]


def decision(release: ReleasePlan, word: str) -> Decision:
    """The decision behind a word of :data:`FIELDS`."""
    found: Decision = getattr(release, FIELDS[word])
    return found


def is_settled(release: ReleasePlan) -> bool:
    """Whether nothing is left to ask: no Application, or a person decided every field."""
    if release.disposition is not Disposition.COMPONENT:
        return True
    sources = (DecisionSource.PERSON, DecisionSource.FILE)
    return all(decision(release, word).source in sources for word in FIELDS)


def layer_lines(layer: str, releases: tuple[ReleasePlan, ...], place: str) -> list[str]:
    """The proposals of one layer as a table: a release with its phase, type and tier, its folder, the reason."""
    count = f"{len(releases)} release" + ("" if len(releases) == 1 else "s")
    lines = ["", *wrapped(f"{layer}  ({count}, {place})")]
    for release in releases:
        if release.disposition is not Disposition.COMPONENT:
            lines += wrapped(f"--- {release.disposition.value}, no Application: {release.id}", "  ", "      ")
            continue
        mark = "  (decided)" if is_settled(release) else ""
        head = f"{release.rollout_phase.value} {release.component_type.value:<12} {release.tier.value:<8}"
        lines += wrapped(f"{head} {release.id}{mark}", "  ", "      ")
        lines += wrapped(release.path.value, "      ")
        lines += [shortened(f"      {reason}") for reason in _reasons(release)]
    return lines


def shortened(line: str) -> str:
    """The line, cut to 60 columns."""
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _reasons(release: ReleasePlan) -> Iterable[str]:
    reasons = (release.component_type.reason, release.rollout_phase.reason)
    return dict.fromkeys(reason for reason in reasons if reason and not reason.startswith("the step of"))


def release_lines(release: ReleasePlan, graph: ReleaseGraph, plan: Plan, place: str) -> list[str]:
    """One release in full: every decision with its reason, what it waits for, what waits for it."""
    lines = ["", *wrapped(f"{release.id}  ({place})")]
    for word in FIELDS:
        found = decision(release, word)
        by = " (yours)" if found.source is DecisionSource.PERSON else ""
        because = f": {found.reason}" if found.reason else ""
        lines += wrapped(f"{word:<8} {found.value}{by}{because}", "  ", " " * 11)
    phases = {other.id: other.rollout_phase.value for other in plan.releases}
    waits = {e.before: e for e in graph.edges if e.after == release.id and e.before in phases}
    users = {e.after: e for e in graph.edges if e.before == release.id and e.after in phases}
    lines += _neighbours("after", waits, phases) + _neighbours("before", users, phases)
    return lines


def _neighbours(word: str, edges: Mapping[str, Edge], phases: Mapping[str, str]) -> list[str]:
    if not edges:
        return []
    shown = [f"{name} ({phases[name]})" for name in sorted(edges)[:6]]
    more = [f"and {len(edges) - 6} more"] if len(edges) > 6 else []
    return wrapped(f"{word:<8} {', '.join(shown + more)}", "  ", " " * 11)


def broken_edges(plan: Plan, graph: ReleaseGraph) -> tuple[Edge, ...]:
    """Edges that do not lead to a later phase."""
    phases = {r.id: r.rollout_phase.value for r in plan.releases if r.disposition is Disposition.COMPONENT}
    return tuple(
        e for e in graph.edges if e.before in phases and e.after in phases and phases[e.before] >= phases[e.after]
    )


def effect_lines(before: Plan, after: Plan, graph: ReleaseGraph) -> list[str]:
    """What an answer changes: values that follow from it, and edges that it breaks."""
    lines: list[str] = []
    known = before.by_id()
    for release in after.releases:
        old = known.get(release.id)
        for word in FIELDS if old else ():
            if old and decision(old, word).value != decision(release, word).value:
                values = f"{decision(old, word).value} → {decision(release, word).value}"
                lines += wrapped(f"{release.id}: {word} {values}", "  ", "    ")
    already = set(broken_edges(before, graph))
    for edge in broken_edges(after, graph):
        if edge not in already:
            lines += wrapped(f"breaks: {edge.after} needs {edge.before} first ({edge.evidence})", "  ", "    ")
    return lines or ["  changes nothing"]


def review_lines(plan: Plan, graph: ReleaseGraph) -> list[str]:
    """All phases with what goes in them, what is still proposed only, and what does not hold."""
    lines = ["", "Review"]
    steps: dict[str, list[str]] = {}
    for release in plan.releases:
        if release.disposition is Disposition.COMPONENT:
            steps.setdefault(release.rollout_phase.value, []).append(release.component.value)
    for phase in sorted(steps):
        lines += wrapped(f"{phase}  {', '.join(steps[phase])}", "  ", " " * 7)
    left = [release.id for release in plan.releases if not is_settled(release)]
    if left:
        lines += wrapped(f"proposed, not decided by you: {len(left)} releases", "  ", "    ")
    for edge in broken_edges(plan, graph):
        lines += wrapped(f"broken: {edge.after} needs {edge.before} first ({edge.evidence})", "  ", "    ")
    return lines
