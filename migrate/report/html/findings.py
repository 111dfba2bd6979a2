"""Findings, each with its place, and the checklist of the migration."""

from __future__ import annotations

from collections import Counter

from migrate.model.finding import Finding, Severity
from migrate.model.page import ReportPage
from migrate.model.words import many
from migrate.report.html.markup import NOTHING, Html, element, fold, joined, place, said, scrolling, text

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_MOST_EACH = 500
_LIGHT = 12
"""So many notes are shown open; more are to unfold."""


def findings_part(page: ReportPage) -> Html:
    """The gravest first; notes are folded where there are many."""
    if not page.findings:
        return said("Nothing was found.")
    counts = Counter(finding.severity for finding in page.findings)
    sentence = ", ".join(many(counts[severity], _WORDS[severity]) for severity in _ORDER if counts[severity])
    return joined([said(f"{sentence}."), *(_of(page, severity, counts[severity]) for severity in _ORDER)])


def _of(page: ReportPage, severity: Severity, count: int) -> Html:
    if not count:
        return NOTHING
    found = [finding for finding in page.findings if finding.severity is severity]
    heads = joined(element("th", text(word), scope="col") for word in ("finding", "what", "where", "what to do"))
    table = element(
        "table",
        element("caption", text(f"{_WORDS[severity].capitalize()}s")),
        element("thead", element("tr", heads)),
        element("tbody", *(_row(page, finding) for finding in found[:_MOST_EACH])),
        class_="r-findings",
    )
    more = count - _MOST_EACH
    rest = said(f"and {more} more") if more > 0 else NOTHING
    shown = joined([scrolling(f"{_WORDS[severity].capitalize()}s", table), rest])
    if severity is Severity.INFO and count > _LIGHT:
        return fold(text(many(count, "note")), shown, class_="r-group")
    return shown


def _row(page: ReportPage, finding: Finding) -> Html:
    about = ", ".join(part for part in (finding.release, finding.environment) if part)
    return element(
        "tr",
        element("th", text(f"{_WORDS[finding.severity]} {finding.code}"), scope="row"),
        element("td", text(finding.message), element("small", text(about)) if about else NOTHING),
        element("td", place(finding.source, page.links)),
        element("td", text(finding.hint)),
        data_find=f"{finding.code} {_WORDS[finding.severity]} {finding.message} {about}".lower(),
    )


def checklist_part(page: ReportPage) -> Html:
    """How far each layer is."""
    if not page.checklist:
        return said("There is no layer.")
    steps = list(dict.fromkeys(step for row in page.checklist for step in row.steps))
    heads = joined(element("th", text(word), scope="col") for word in ("layer", "releases", *steps))
    rows = (
        element(
            "tr",
            element("th", text(row.layer), scope="row"),
            element("td", text(str(row.releases))),
            *(_step(row.steps.get(step, "")) for step in steps),
        )
        for row in page.checklist
    )
    table = element(
        "table",
        element("caption", text("How far each layer is")),
        element("thead", element("tr", heads)),
        element("tbody", *rows),
    )
    return scrolling("How far each layer is", table)


def _step(value: str) -> Html:
    sign = {"yes": "✓ ", "no": ""}.get(value, "")
    mark = element("span", text(sign), aria_hidden="true") if sign else NOTHING
    return element("td", mark, text(value), class_="r-done" if value == "yes" else "r-open")
