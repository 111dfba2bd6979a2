"""The ReportPage as one HTML file that needs nothing else: no network, no framework, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from migrate.model.page import ReportPage
from migrate.report.html.findings import checklist_part, findings_part
from migrate.report.html.graphs import graph_part
from migrate.report.html.lanes import lanes
from migrate.report.html.ledger import ledger_part
from migrate.report.html.markup import Html, element, joined, link, said, text
from migrate.report.html.names import Entry, entries_of
from migrate.report.html.releases import release_details
from migrate.report.html.verdicts import (
    counts_table,
    exclusions,
    explained_table,
    figures,
    headline,
    legend,
    verdict_tables,
)

__all__ = ["report_html"]


def report_html(page: ReportPage) -> str:
    """``report --output html``: the same bytes for the same page. Everything from the estate is escaped.

    The policy in its head lets a browser run this page's own script and nothing else, and load nothing at all.
    """
    script, style = _resource("page.js"), _resource("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = (
        Html('<meta charset="utf-8">'),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", text(f"{page.plan.estate}: {headline(page.report)}")),
        element("style", Html(style)),
    )
    body = (
        link("verdicts", text("Skip to the verdicts"), class_="r-skip"),
        *_body(page),
        element("script", Html(script)),
    )
    parts = (element("head", *head), element("body", *body))
    return f'<!DOCTYPE html>\n<html lang="en">{joined(parts)}</html>\n'


def _body(page: ReportPage) -> tuple[Html, ...]:
    entries = entries_of(page)
    sections = (
        ("verdicts", "Verdicts", joined(_verdicts(page, entries))),
        ("ladder", "Rollout ladder", lanes(page, entries)),
        ("graph", "What must come before what", graph_part(page, entries)),
        ("releases", "Releases", release_details(page, entries)),
        ("findings", "Findings", findings_part(page)),
        ("ledger", "Ledger", ledger_part(page)),
        ("checklist", "Checklist", checklist_part(page)),
    )  # fmt: skip
    contents = (element("li", link(name, text(title))) for name, title, _ in sections)
    proven = headline(page.report).startswith("Proven")
    return (
        element(
            "header",
            element("h1", text(f"Migration of {page.plan.estate}")),
            element("p", text(headline(page.report)), class_="r-proven" if proven else "r-unproven"),
            said(figures(page.report)),
        ),
        element("nav", element("ul", *contents, class_="r-row"), aria_label="Parts of this page"),
        _search(),
        element("main", *(_section(name, title, content) for name, title, content in sections)),
    )


def _verdicts(page: ReportPage, entries: tuple[Entry, ...]) -> Iterator[Html]:
    yield counts_table(page)
    yield explained_table(page.report)
    yield legend()
    yield verdict_tables(page, entries)
    yield exclusions(page)


def _section(name: str, title: str, content: Html) -> Html:
    heading = element("h2", text(title), id=f"heading-{name}")
    return element("section", heading, content, id=name, aria_labelledby=f"heading-{name}", class_="r-part")


def _search() -> Html:
    """Hidden until the script, which does the searching, shows it."""
    return element(
        "div",
        element("label", text("Search"), for_="search"),
        element(
            "input", type="search", id="search", autocomplete="off", aria_describedby="search-help",
            placeholder="release, layer, phase, verdict …"
        ),
        element("button", text("Open all"), type="button", id="open-all"),
        element("button", text("Close all"), type="button", id="close-all"),
        element("p", text("Every word must fit; up and down lead from release to release."), id="search-help"),
        element("p", id="search-result", role="status"),
        id="tools",
        role="search",
        aria_label="The releases of this page",
        hidden="",
    )  # fmt: skip


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
