"""One release after the other: where it goes and why, its verdicts, both sides of what differs, and its keys."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.model.page import LedgerLine, ReportPage
from migrate.model.plan import Decision, DecisionSource, Disposition, ReleasePlan
from migrate.model.report import ReleaseVerdict, Verdict
from migrate.model.tree_diff import ObjectChange
from migrate.model.words import many
from migrate.report.html.diffs import difference_table, side_by_side
from migrate.report.html.graphs import node_anchor
from migrate.report.html.ledger import release_ledger
from migrate.report.html.markup import NOTHING, Html, element, fold, joined, link, said, scrolling, text
from migrate.report.html.names import Entry, by_layer
from migrate.report.html.verdicts import sign

MOST_CHARACTERS = 6_000_000
"""Of all details together; a release whose own do not fit any more says so, and keeps its verdicts."""
_DECISIONS = (
    ("tier", "tier"),
    ("phase", "rollout_phase"),
    ("type", "component_type"),
    ("domain", "domain"),
    ("project", "project"),
    ("component", "component"),
    ("folder", "path"),
)


def release_details(page: ReportPage, entries: tuple[Entry, ...]) -> Html:
    """A part a layer, in it every release to unfold; details are dropped where the page would be too large."""
    lines: dict[str, list[LedgerLine]] = {}
    for line in page.ledger:
        lines.setdefault(line.release, []).append(line)
    in_graph = {node.id for node in page.graph.nodes}
    room = MOST_CHARACTERS
    parts = []
    for layer, found in by_layer(entries).items():
        items = []
        for entry in found:
            details = _details(page, entry, lines.get(entry.id, []))
            if len(details) > room:
                details = said("Its details are left out here: the page would be too large. `migrate verify` has them.")
            room -= len(details)
            node = (
                link(node_anchor(entry), text("what it needs, and what needs it")) if entry.id in in_graph else NOTHING
            )
            items.append(_release(entry, joined([_outcome(entry), details, element("p", node)])))
        heading = text(f"{layer}: {many(len(found), 'release')}")
        parts.append(fold(heading, *items, open="", class_="r-group"))
    return joined(parts)


def _release(entry: Entry, content: Html) -> Html:
    summary = joined([text(entry.id), text(" "), sign(entry.worst)])
    return fold(
        summary, content, id=entry.anchor, class_="r-release", data_release=entry.anchor, data_find=entry.found_by
    )


def _outcome(entry: Entry) -> Html:
    """Its verdicts, and why it has none."""
    items = [
        element("li", text(f"{environment}: "), sign(row.verdict), text(_objects(row)))
        for environment, row in entry.rows.items()
    ]
    items += [
        element("li", text(f"{environment}: no Application on purpose: {reason}"))
        for environment, reason in entry.excluded.items()
    ]
    return element("ul", *items, class_="r-outcome") if items else said("No environment deploys it.")


def _objects(row: ReleaseVerdict) -> str:
    unstable = ", drawn anew in each render" if row.unstable else ""
    return f", {many(row.objects, 'object')}{unstable}"


def _details(page: ReportPage, entry: Entry, ledger: list[LedgerLine]) -> Html:
    parts = [_place(entry.planned)] if entry.planned else []
    parts += _judged(page, entry)
    return joined([*parts, release_ledger(entry.id, ledger, page)])


def _place(planned: ReleasePlan) -> Html:
    if planned.disposition is not Disposition.COMPONENT:
        return said(f"{planned.disposition.value}: no Application")
    rows = (
        element(
            "tr",
            element("th", text(name), scope="row"),
            element("td", text(decision.value)),
            element("td", text(_why(decision))),
        )
        for name, field in _DECISIONS
        for decision in [_decision(planned, field)]
    )
    heads = joined(element("th", text(word), scope="col") for word in ("what", "is", "because"))
    table = element(
        "table",
        element("caption", text(f"Where {planned.id} goes")),
        element("thead", element("tr", heads)),
        element("tbody", *rows),
    )
    return scrolling(f"Where {planned.id} goes", table)


def _decision(planned: ReleasePlan, field: str) -> Decision:
    found: Decision = getattr(planned, field)
    return found


def _why(decision: Decision) -> str:
    by = {DecisionSource.PERSON: "decided by a person", DecisionSource.FILE: "decided by a file"}
    told = by.get(decision.source, "")
    return "; ".join(part for part in (told, decision.reason) if part) or "by default"


def _judged(page: ReportPage, entry: Entry) -> Iterator[Html]:
    """What is not equal; environments in which it is the same are told together."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for environment, row in entry.rows.items():
        changes = page.changes.get((environment, entry.id), ())
        if row.verdict is not Verdict.EQUAL:
            groups.setdefault((row.verdict, row.explanations, row.differences, row.reason, changes), []).append(
                environment
            )
    for environments in groups.values():
        row = entry.rows[environments[0]]
        changes = page.changes.get((environments[0], entry.id), ())
        yield _judgement(row, environments, changes)


def _judgement(row: ReleaseVerdict, environments: list[str], changes: tuple[ObjectChange, ...]) -> Html:
    explained = (
        element("li", element("strong", text(why.kind)), text(f" ({why.count}): {why.note}"))
        for why in row.explanations
    )
    return element(
        "section",
        element("h3", text(f"{row.verdict.value.capitalize()} in {', '.join(environments)}")),
        said(row.reason) if row.reason else NOTHING,
        element("ul", *explained) if row.explanations else NOTHING,
        difference_table(row.differences),
        side_by_side(changes),
    )
