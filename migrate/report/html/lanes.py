"""The rollout ladder as swim lanes: a step of the ladder a row, a tier a lane, and what goes there."""

from __future__ import annotations

from migrate.model.page import ReportPage
from migrate.model.plan import Disposition, Step
from migrate.model.words import many
from migrate.report.html.markup import NOTHING, Html, element, joined, link, said, scrolling, text
from migrate.report.html.names import Entry
from migrate.report.html.verdicts import sign

_USUAL = ("infra", "data", "apps")
"""Lanes that come first, where they are in use; others follow by name."""


def lanes(page: ReportPage, entries: tuple[Entry, ...]) -> Html:
    """The table, and a sentence on steps that nothing uses."""
    placed: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        planned = entry.planned
        if planned is not None and planned.disposition is Disposition.COMPONENT:
            placed.setdefault((planned.rollout_phase.value, planned.tier.value), []).append(entry)
    if not placed:
        return said("No release has a place in the rollout.")
    tiers = {tier for _, tier in placed}
    columns = [*(tier for tier in _USUAL if tier in tiers), *sorted(tiers.difference(_USUAL))]
    known = {step.phase: step for step in page.plan.ladder}
    used = {phase for phase, _ in placed}
    phases = [*(phase for phase in known if phase in used), *sorted(used.difference(known))]
    heads = joined(element("th", text(tier), scope="col") for tier in columns)
    rows = (
        element(
            "tr",
            element("th", *_head(phase, known.get(phase)), scope="row"),
            *(_cell(placed.get((phase, tier), [])) for tier in columns),
        )
        for phase in phases
    )
    table = element(
        "table",
        element("caption", text("Steps from top to bottom: a step begins when the one above it is healthy")),
        element("thead", element("tr", element("th", text("phase"), scope="col"), heads)),
        element("tbody", *rows),
        class_="r-lanes",
    )
    unused = len(known.keys() - used)
    rest = said(f"{many(unused, 'more step')} of the ladder {'is' if unused == 1 else 'are'} not in use.")
    return joined([scrolling("Rollout ladder", table), rest if unused else NOTHING])


def _head(phase: str, step: Step | None) -> list[Html]:
    notes = [f"at most {step.max_update} at once"] if step and step.max_update else []
    notes += ["inserted by the solver"] if step and step.inserted else []
    return [text(phase), *(element("small", text(note)) for note in notes)]


def _cell(entries: list[Entry]) -> Html:
    if not entries:
        return element("td")
    items = (
        element("li", link(entry.anchor, text(_name(entry))), text(" "), sign(entry.worst), data_release=entry.anchor)
        for entry in entries
    )
    return element("td", element("ul", *items))


def _name(entry: Entry) -> str:
    return entry.planned.component.value if entry.planned else entry.id
