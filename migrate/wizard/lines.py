"""What the wizard shows beside its questions: the layer, the release with its evidence, how far one is."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.plan import Disposition, Plan, ReleasePlan
from migrate.model.words import many
from migrate.wizard.answers import (
    FIELDS,
    asked_words,
    components,
    decision,
    guessed_words,
    is_persons,
    is_settled,
    open_count,
)
from migrate.wizard.asker import Line

BLANK = Line("")
_NEAREST = 4
"""So many neighbours, and twice as many facts, are shown until a person asks for all."""


def welcome_lines(plan: Plan) -> list[Line]:
    """What this is about, how to answer, and how much is still open."""
    count, left = len(components(plan)), open_count(plan)
    if not left:
        return [BLANK, Line(f"The plan of {plan.estate}: all {count} releases are decided.", heading=True)]
    if left < count:
        text = f"Going on with the plan of {plan.estate}: {count - left} of {count} releases are decided."
        return [BLANK, Line(text, heading=True)]
    lines = [
        BLANK,
        Line(f"The plan of {plan.estate}: {count} releases, each with a proposal.", heading=True),
        Line(
            "The phase (three digits) says when a release comes up: lower ones first. The type says what it is, "
            "the folder where it stands in the new tree. Below each proposal stands its reason."
        ),
        Line(
            "Enter accepts a layer; the arrow keys choose something else, a letter in brackets answers at once, "
            "? explains. Every answer is saved at once; Ctrl-C loses nothing."
        ),
    ]
    apart = [f"{r.id} ({r.disposition.value})" for r in plan.releases if r.disposition is not Disposition.COMPONENT]
    return lines + ([Line(f"Without an Application: {', '.join(apart)}", "", "  ")] if apart else [])


def layer_lines(plan: Plan, layer: str, place: str) -> list[Line]:
    """The proposals of one layer, those that come up alike together: phase, type, tier, reasons, the releases."""
    releases = tuple(release for release in plan.releases if release.layer == layer)
    lines = [BLANK, Line(f"{layer}: layer {place}, {many(len(components(plan, layer)), 'release')}", heading=True)]
    marks = _marks(plan)
    alike: dict[tuple[str, str, str], list[ReleasePlan]] = {}
    for release in releases:
        if release.disposition is not Disposition.COMPONENT:
            lines.append(Line(f"--- {release.disposition.value}, no Application: {release.id}", "  ", "      "))
            continue
        key = (release.rollout_phase.value, release.component_type.value, release.tier.value)
        alike.setdefault(key, []).append(release)
    for (phase, kind, tier), members in sorted(alike.items()):
        lines.append(Line(f"{phase}  {kind}, tier {tier}", "  ", " " * 7))
        shared = set(_reasons(members[0])).intersection(*map(_reasons, members))
        lines += _because([text for text in _reasons(members[0]) if text in shared], " " * 7)
        for release in members:
            mark = marks.get(release.id, "")
            lines.append(Line(f"* {release.id}{mark}  {release.path.value}", " " * 5, " " * 7))
            lines += _because([text for text in _reasons(release) if text not in shared], " " * 9)
    return lines


def _marks(plan: Plan) -> dict[str, str]:
    """Release → what sets it apart from those that need no look."""
    marks = {name: f"  (a guess: {', '.join(words)})" for name, words in guessed_words(plan).items()}
    marks |= {release.id: "  (yours)" for release in plan.releases if is_settled(release)}
    return marks | {name: f"  (you must decide: {', '.join(words)})" for name, words in asked_words(plan).items()}


def _reasons(release: ReleasePlan) -> list[str]:
    """Why it is proposed so: its type, its domain, and its phase where another release gives that."""
    phase = release.rollout_phase.reason
    reasons = [release.component_type.reason]
    if release.domain.reason:
        reasons.append(f"{release.domain.value}: {release.domain.reason}")
    told = phase.startswith("the step of ") or phase.removeprefix("after ") in release.component_type.reason
    return [reason for reason in [*reasons, "" if told else phase] if reason]


def _because(reasons: list[str], indent: str) -> list[Line]:
    return [Line(reason, indent, f"{indent}  ") for reason in reasons]


def release_lines(plan: Plan, graph: ReleaseGraph, name: str, place: str, *, whole: bool = False) -> list[Line]:
    """One release in full: every decision with its reason, and the evidence (``whole``: all of it)."""
    release = plan.by_id()[name]
    lines = [BLANK, Line(f"{release.id}: {place}", heading=True)]
    for word in FIELDS:
        found = decision(release, word)
        by = " (yours)" if is_persons(found) else ""
        because = f": {found.reason}" if found.reason else ""
        lines.append(_entry(word, f"{found.value}{by}{because}"))
    if options := [option.value for option in release.sync_proposals]:
        lines.append(_entry("sync", ", ".join(options)))
    lines += _evidence_lines(release, graph, whole=whole)
    phases = {other.id: other.rollout_phase.value for other in components(plan)}
    waits = {e.before: e for e in graph.edges if e.after == name and e.before in phases}
    users = {e.after: e for e in graph.edges if e.before == name and e.after in phases}
    # What is needed last, and what comes first of those that need it, bind the release: they are shown first.
    last_first = sorted(waits, key=lambda other: (-_number(phases[other]), other))
    first_first = sorted(users, key=lambda other: (_number(phases[other]), other))
    lines += _neighbours("needs", [(other, waits[other]) for other in last_first], phases, whole=whole)
    lines += _neighbours("needed by", [(other, users[other]) for other in first_first], phases, whole=whole)
    if asked := asked_words(plan).get(name):
        lines.append(_entry("to decide", ", ".join(asked)))
    if guessed := guessed_words(plan).get(name):
        lines.append(_entry("a guess", ", ".join(guessed)))
    return lines


def _evidence_lines(release: ReleasePlan, graph: ReleaseGraph, *, whole: bool) -> list[Line]:
    """The facts that the proposals rest on; those that are edges stand with the neighbours, where their phases are."""
    edges = {edge.evidence for edge in graph.edges if release.id in (edge.before, edge.after)}
    facts = [fact for fact in release.evidence if not any(evidence in fact for evidence in edges)]
    shown = facts if whole else facts[: 2 * _NEAREST]
    lines = [Line(f"evidence  {shown[0]}", "  ", " " * 14)] if shown else []
    lines += [Line(fact, " " * 12, " " * 14) for fact in shown[1:]]
    more = len(facts) - len(shown)
    return lines + ([Line(f"and {more} more", " " * 12)] if more else [])


def _entry(word: str, text: str) -> Line:
    return Line(f"{word:<9} {text}", "  ", " " * 12)


def _neighbours(word: str, edges: list[tuple[str, Edge]], phases: Mapping[str, str], *, whole: bool) -> list[Line]:
    """A line an edge, with its evidence."""
    shown = edges if whole else edges[:_NEAREST]
    texts = [f"{other} ({phases[other]}): {edge.evidence}" for other, edge in shown]
    lines = [Line(f"{word:<9} {texts[0]}", "  ", " " * 14)] if texts else []
    lines += [Line(text, " " * 12, " " * 14) for text in texts[1:]]
    more = len(edges) - len(shown)
    return lines + ([Line(f"and {more} more", " " * 12)] if more else [])


def _number(phase: str) -> int:
    return int(phase) if phase.isdecimal() else 0


def phase_lines(plan: Plan, phase: str) -> list[Line]:
    """The steps of the ladder in the band of a phase, as a help before a phase is typed."""
    steps = [step.phase for step in plan.ladder if step.phase[:1] == phase[:1]]
    return [Line(f"Steps of this band: {' '.join(steps)}", "  ", "    ")] if steps else []


def review_lines(plan: Plan, differs: list[Line], changed: list[Line] | None, decided: int) -> list[Line]:
    """All phases with what goes in them; then what is not as proposed (``differs``), what is not as in the file
    when this sitting began (``changed``; None: there was none), and what is still open."""
    lines = [BLANK, Line("Review: what comes up in which phase", heading=True)]
    steps: dict[str, list[str]] = {}
    for release in components(plan):
        steps.setdefault(release.rollout_phase.value, []).append(release.component.value)
    lines += [Line(f"{phase}  {', '.join(steps[phase])}", "  ", " " * 7) for phase in sorted(steps)]
    lines.append(Line(f"target: {plan.repo_url} at {plan.revision} (target: in migration.yaml)", "  ", "    "))
    lines.append(Line(f"Not as proposed: {many(len(differs), 'release') if differs else 'nothing'}", "  "))
    lines += differs
    values = "no value" if not changed else f"values of {many(len(changed), 'release')}"
    if changed is None:
        lines.append(
            Line(f"New: the file was not there when you began; {many(decided, 'release')} decided since", "  ", "    ")
        )
    else:
        text = f"Not as in the file when you began: {values}; {many(decided, 'release')} decided since"
        lines += [Line(text, "  ", "    "), *changed]
    left = [release.id for release in components(plan) if not is_settled(release)]
    if left:
        names = ", ".join(left) if len(left) <= 3 else many(len(left), "release")
        lines.append(Line(f"proposed, not decided by you: {names}; convert takes them as they are", "  ", "    "))
    if asked := [f"{name} ({', '.join(words)})" for name, words in asked_words(plan).items()]:
        lines.append(Line(f"convert waits for your decision about {', '.join(asked)}", "  ", "    "))
    return lines
