"""The ledger: what became of every key, by the reason for all of the estate, and key by key for one release."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.model.page import LedgerLine, ReportPage
from migrate.model.words import few
from migrate.report.html.markup import NOTHING, Html, element, fold, joined, place, said, scrolling, text


def ledger_part(page: ReportPage) -> Html:
    """How many keys were carried and dropped, and of what was dropped the reasons and what to do."""
    if not page.ledger:
        return said("The tree has no ledger: write it anew with `migrate convert`.")
    carried = sum(len(line.environments) for line in page.ledger if line.carried)
    total = sum(len(line.environments) for line in page.ledger)
    counts = f"{total} keys of releases: {carried} carried, {total - carried} dropped with a reason."
    return joined(
        [said(f"{counts} Keys are counted in each environment."), _dropped(page.ledger), _carried(page.ledger)]
    )


def _dropped(lines: Sequence[LedgerLine]) -> Html:
    found: dict[tuple[str, str, str], list[LedgerLine]] = {}
    for line in lines:
        if not line.carried:
            found.setdefault((line.key, line.target, line.advice), []).append(line)
    if not found:
        return NOTHING
    rows = (
        element(
            "tr",
            element("th", text(key), scope="row"),
            element("td", text(reason)),
            element("td", text(advice)),
            element("td", text(few(_releases(alike)))),
            data_find=f"{key} {reason} {' '.join(_releases(alike))}".lower(),
        )
        for (key, reason, advice), alike in sorted(found.items())
    )
    return _table("What was dropped", ("key", "why", "what to do", "releases"), joined(rows))


def _carried(lines: Sequence[LedgerLine]) -> Html:
    found: dict[tuple[str, str], list[LedgerLine]] = {}
    for line in lines:
        if line.carried:
            found.setdefault((line.key, line.target), []).append(line)
    rows = (
        element(
            "tr",
            element("th", text(key), scope="row"),
            element("td", text(target)),
            element("td", text(few(_releases(alike)))),
            data_find=f"{key} {target} {' '.join(_releases(alike))}".lower(),
        )
        for (key, target), alike in sorted(found.items())
    )
    return fold(text("What was carried"), _table("What was carried", ("key", "to", "releases"), joined(rows)))


def _releases(lines: Sequence[LedgerLine]) -> list[str]:
    return list(dict.fromkeys(line.release for line in lines))


def release_ledger(release: str, lines: Sequence[LedgerLine], page: ReportPage) -> Html:
    """The keys of one release; those that are the same in every environment do not name them."""
    if not lines:
        return NOTHING
    dropped = sum(not line.carried for line in lines)
    rows = (
        element(
            "tr",
            element("th", text(line.key), scope="row"),
            element("td", text(_became(line, page))),
            element("td", place(line.source, page.links)),
        )
        for line in lines
    )
    counts = f"Its keys: {len(lines) - dropped} carried, {dropped} dropped"
    table = _table(f"What became of the keys of {release}", ("key", "became", "written at"), joined(rows), quiet=True)
    return fold(text(counts), table, class_="r-diff")


def _became(line: LedgerLine, page: ReportPage) -> str:
    only = "" if set(page.environments) <= set(line.environments) else f" (in {', '.join(line.environments)})"
    if line.carried:
        return f"{line.target}{only}"
    return f"dropped: {line.target}{f'; {line.advice}' if line.advice else ''}{only}"


def _table(caption: str, heads: Sequence[str], rows: Html, *, quiet: bool = False) -> Html:
    head = joined(element("th", text(word), scope="col") for word in heads)
    title = element("caption", text(caption), class_="r-quiet") if quiet else element("caption", text(caption))
    return scrolling(caption, element("table", title, element("thead", element("tr", head)), element("tbody", rows)))
