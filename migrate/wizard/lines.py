"""What the wizard shows, as lines of at most 60 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

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


def welcome_lines(plan: Plan) -> list[str]:
    """What this is about, how to answer, and how much is still open."""
    components = [release for release in plan.releases if release.disposition is Disposition.COMPONENT]
    decided = sum(is_settled(release) for release in components)
    if decided == len(components):
        return ["", *wrapped(f"The plan of {plan.estate}: all {decided} releases are decided.")]
    if decided:
        text = f"Going on with the plan of {plan.estate}: {decided} of {len(components)} releases are decided."
        return ["", *wrapped(text)]
    lines = ["", *wrapped(f"The plan of {plan.estate}: {len(components)} releases, each with a proposal.")]
    lines += wrapped(
        "The phase (three digits) says when a release comes up: lower ones first. The type says what it is, "
        "the folder where it stands in the new tree."
    )
    lines += wrapped("Choose with the arrow keys and Enter. Every answer is saved at once; Ctrl-C loses nothing.")
    apart = [f"{r.id} ({r.disposition.value})" for r in plan.releases if r.disposition is not Disposition.COMPONENT]
    return lines + (wrapped(f"Without an Application: {', '.join(apart)}", "", "  ") if apart else [])


def layer_lines(layer: str, releases: tuple[ReleasePlan, ...], place: str) -> list[str]:
    """The proposals of one layer, those that come up alike together: phase, type, tier, reason, then the releases."""
    count = f"{len(releases)} release" + ("" if len(releases) == 1 else "s")
    lines = ["", *wrapped(f"{layer}  ({count}, layer {place})")]
    alike: dict[tuple[str, str, str], list[ReleasePlan]] = {}
    for release in releases:
        if release.disposition is not Disposition.COMPONENT:
            lines += wrapped(f"--- {release.disposition.value}, no Application: {release.id}", "  ", "      ")
            continue
        key = (release.rollout_phase.value, release.component_type.value, release.tier.value)
        alike.setdefault(key, []).append(release)
    for (phase, kind, tier), members in sorted(alike.items()):
        lines.append(f"  {phase}  {kind}, tier {tier}")
        shared = {release.component_type.reason for release in members}
        lines += clipped(next(iter(shared)), " " * 7) if len(shared) == 1 else []
        for release in members:
            lines += _member_lines(release, apart=len(shared) > 1)
    return lines


def _member_lines(release: ReleasePlan, *, apart: bool) -> list[str]:
    """One release in its layer's table; ``apart`` where its reason is not that of its neighbours."""
    marks = "  (yours)" if is_settled(release) else "  (you must decide)" if release.ask else ""
    head, folder = f"     * {release.id}{marks}", release.path.value
    one = f"{head}  {folder}"
    lines = [one] if len(one) <= WIDTH else [*wrapped(head.strip(), " " * 5, " " * 7), *wrapped(folder, " " * 9)]
    lines += clipped(release.component_type.reason, " " * 9) if apart else []
    waits = release.rollout_phase.reason.partition(" (")[0]
    return lines + (clipped(waits, " " * 9) if waits.startswith("after ") else [])


def clipped(text: str, indent: str) -> list[str]:
    """``text`` on at most two lines; all of it is shown with its release."""
    lines = wrapped(text, indent) if text else []
    return lines if len(lines) <= 2 else [lines[0], shortened(f"{lines[1][: WIDTH - 2]} …")]


def shortened(line: str) -> str:
    """The line, cut to 60 columns."""
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def release_lines(release: ReleasePlan, graph: ReleaseGraph, plan: Plan, place: str) -> list[str]:
    """One release in full: every decision with its reason, what it waits for, what waits for it."""
    lines = ["", *wrapped(f"{release.id}  ({place})")]
    for word in FIELDS:
        found = decision(release, word)
        by = " (yours)" if found.source is DecisionSource.PERSON else ""
        because = f": {found.reason}" if found.reason else ""
        lines += _entry(word, f"{found.value}{by}{because}")
    phases = {other.id: other.rollout_phase.value for other in plan.releases}
    waits = {e.before: e for e in graph.edges if e.after == release.id and e.before in phases}
    users = {e.after: e for e in graph.edges if e.before == release.id and e.after in phases}
    lines += _neighbours("needs", waits, phases) + _neighbours("needed by", users, phases)
    asked = [word for word, field in FIELDS.items() if field_name(field) in release.ask]
    return lines + (_entry("to decide", ", ".join(asked)) if asked else [])


def field_name(field: str) -> str:
    """The name of a field in migration.yaml: ``rollout_phase`` is ``rolloutPhase``."""
    first, *more = field.split("_")
    return first + "".join(part.title() for part in more)


def _entry(word: str, text: str) -> list[str]:
    return wrapped(f"{word:<9} {text}", "  ", " " * 12)


def _neighbours(word: str, edges: Mapping[str, Edge], phases: Mapping[str, str]) -> list[str]:
    if not edges:
        return []
    nearest = sorted(edges, key=lambda name: (phases[name] if word == "needed by" else _down(phases[name]), name))
    shown = [f"{name} ({phases[name]})" for name in nearest[:6]]
    more = [f"and {len(edges) - 6} more"] if len(edges) > 6 else []
    return _entry(word, ", ".join(shown + more))


def _down(phase: str) -> str:
    """A key that puts the latest phase first: what is needed last decides when a release may come up."""
    return "".join(chr(ord("0") + ord("9") - ord(digit)) for digit in phase)


def phase_lines(plan: Plan, phase: str) -> list[str]:
    """The steps of the ladder in the band of a phase, as a help before a phase is typed."""
    steps = [step.phase for step in plan.ladder if step.phase[:1] == phase[:1]]
    return wrapped(f"Steps of this band: {' '.join(steps)}", "  ", "    ") if steps else []


def broken_edges(plan: Plan, graph: ReleaseGraph) -> tuple[Edge, ...]:
    """Edges that do not lead to a later phase."""
    phases = {r.id: r.rollout_phase.value for r in plan.releases if r.disposition is Disposition.COMPONENT}
    return tuple(
        e for e in graph.edges if e.before in phases and e.after in phases and phases[e.before] >= phases[e.after]
    )


def effect_lines(before: Plan, after: Plan, graph: ReleaseGraph, chosen: str) -> list[str]:
    """What an answer about the release ``chosen`` changes: what follows elsewhere, and edges that it breaks."""
    lines: list[str] = []
    moved: dict[str, list[str]] = {}
    known = before.by_id()
    for release in sorted(after.releases, key=lambda release: release.id != chosen):
        changes = _changes(known[release.id], release) if release.id in known else {}
        phase = changes.get("phase")
        if phase and release.id != chosen:
            moved.setdefault(phase[1], []).append(f"{release.id} (was {phase[0]})")
            del changes["phase"]
        for word, (old, new) in changes.items():
            lines += wrapped(f"{release.id}: {word} {old} → {new}", "  ", "    ")
    count = sum(map(len, moved.values()))
    if moved:
        lines += wrapped(f"and {count} more must move, since each comes after what it needs:", "  ", "  ")
    for phase_, names in sorted(moved.items()):
        shown = names if count <= 12 else [*names[:2], *([f"and {len(names) - 2} more"] if len(names) > 2 else [])]
        lines += wrapped(f"{phase_}  {', '.join(shown)}", "    ", " " * 9)
    steps = {step.phase for step in before.ladder}
    added = [step.phase for step in after.ladder if step.phase not in steps]
    if added:
        lines += wrapped(f"new steps of the ladder: {', '.join(added)}", "  ", "    ")
    already = set(broken_edges(before, graph))
    for edge in broken_edges(after, graph):
        if edge not in already:
            lines += wrapped(f"breaks: {edge.after} needs {edge.before} first ({edge.evidence})", "  ", "    ")
    return lines or ["  nothing else"]


def _changes(old: ReleasePlan, new: ReleasePlan) -> dict[str, tuple[str, str]]:
    """Word → (value before, value after); a wave that only follows its phase is no news."""
    found = {word: (decision(old, word).value, decision(new, word).value) for word in FIELDS}
    changed = {word: pair for word, pair in found.items() if pair[0] != pair[1]}
    if "phase" in changed and "wave" in changed and changed["wave"][1] == changed["phase"][1].lstrip("0"):
        del changed["wave"]
    return changed


def review_lines(plan: Plan, graph: ReleaseGraph) -> list[str]:
    """All phases with what goes in them, what is still proposed only, and what does not hold."""
    lines = ["", "Review: what comes up in which phase"]
    steps: dict[str, list[str]] = {}
    for release in plan.releases:
        if release.disposition is Disposition.COMPONENT:
            steps.setdefault(release.rollout_phase.value, []).append(release.component.value)
    for phase in sorted(steps):
        lines += wrapped(f"{phase}  {', '.join(steps[phase])}", "  ", " " * 7)
    lines += wrapped(f"target: {plan.repo_url} at {plan.revision} (target: in migration.yaml)", "  ", "    ")
    left = [release.id for release in plan.releases if not is_settled(release)]
    if left:
        names = ", ".join(left) if len(left) <= 3 else f"{len(left)} releases"
        lines += wrapped(f"proposed, not decided by you: {names}; convert takes them as they are", "  ", "    ")
    asked = [release.id for release in plan.releases if release.ask]
    if asked:
        lines += wrapped(f"convert waits for your decision about {', '.join(asked)}", "  ", "    ")
    for edge in broken_edges(plan, graph):
        lines += wrapped(f"broken: {edge.after} needs {edge.before} first ({edge.evidence})", "  ", "    ")
    return lines
