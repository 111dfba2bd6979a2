"""The verdicts: the sentence at the top, counts by environment, and every release beside every environment."""

from __future__ import annotations

from collections import Counter

from migrate.model.page import ReportPage
from migrate.model.report import Report, Verdict
from migrate.model.words import many
from migrate.report.html.markup import NOTHING, Html, element, fold, joined, link, said, scrolling, text
from migrate.report.html.names import NO_APPLICATION, SIGNS, Entry, by_layer


def headline(report: Report) -> str:
    """Whether it is proven, as a sentence."""
    summary, total = report.summary(), len(report.releases)
    proven = summary["equal"] + summary["explained"]
    if total and proven == total and not report.errors and not report.unjudged:
        return f"Proven: all {total} releases {report.claim}."
    left = f" {report.unjudged} were not judged." if report.unjudged else ""
    return f"Not proven: of {total} releases, {proven} are equal or explained.{left}"


def figures(report: Report) -> str:
    """What the verdicts rest on. Timings are left out: the same estate gives the same page."""
    objects = many(sum(row.objects for row in report.releases), "object")
    versions = ", ".join(sorted(set(report.kube_versions.values())))
    rendered = f", rendered for Kubernetes {versions}" if versions else ""
    return f"{objects} compared{rendered}. Tree {report.tree_hash[:12] or 'unknown'}."


def sign(verdict: Verdict | None) -> Html:
    """A verdict as a sign and a word: where there is no room the word is for those who listen."""
    word = verdict.value if verdict else "no Application"
    mark = SIGNS[verdict] if verdict else NO_APPLICATION
    shape = verdict.value if verdict else "none"
    return element(
        "span",
        element("span", text(mark), aria_hidden="true", class_="r-sign"),
        element("span", text(word), class_="r-word"),
        class_=f"r-verdict r-{shape}",
    )


def counts_table(page: ReportPage) -> Html:
    """A row an environment, a column a verdict."""
    counts = Counter((row.environment, row.verdict) for row in page.report.releases)
    heads = joined(element("th", sign(verdict), scope="col") for verdict in Verdict)
    rows = (
        element(
            "tr",
            element("th", text(name), scope="row"),
            *(element("td", text(str(counts[name, verdict]))) for verdict in Verdict),
        )
        for name in page.environments
    )
    total = (element("td", text(str(sum(counts[n, v] for n in page.environments)))) for v in Verdict)
    return scrolling(
        "Verdicts by environment",
        element(
            "table",
            element("caption", text("Releases by environment and verdict")),
            element("thead", element("tr", element("th", text("environment"), scope="col"), heads)),
            element("tbody", *rows, element("tr", element("th", text("all"), scope="row"), *total)),
            class_="r-counts",
        ),
    )


def explained_table(report: Report) -> Html:
    """What differences are explained by, and why they change nothing."""
    found = report.explained()
    if not found:
        return NOTHING
    heads = joined(element("th", text(name), scope="col") for name in ("explained by", "releases", "why"))
    rows = (
        element(
            "tr",
            element("th", text(kind), scope="row"),
            element("td", text(str(len(names)))),
            element("td", text(note)),
        )
        for kind, (names, note) in found.items()
    )
    table = element(
        "table",
        element("caption", text("What explains a difference")),
        element("thead", element("tr", heads)),
        element("tbody", *rows),
    )
    return scrolling("What explains a difference", table)


def verdict_tables(page: ReportPage, entries: tuple[Entry, ...]) -> Html:
    """A table a layer: each release, which leads to its details, with its verdict in every environment."""
    return joined(
        fold(
            text(f"{layer}: {many(len(found), 'release')}"),
            scrolling(f"Verdicts of {layer}", _table(page, layer, found)),
            open="",
            class_="r-group",
        )
        for layer, found in by_layer(entries).items()
    )


def _table(page: ReportPage, layer: str, entries: list[Entry]) -> Html:
    heads = joined(element("th", text(name), scope="col") for name in page.environments)
    rows = (
        element(
            "tr",
            element("th", link(entry.anchor, text(entry.id)), scope="row"),
            *(_cell(entry, environment) for environment in page.environments),
            data_release=entry.anchor,
        )
        for entry in entries
    )
    return element(
        "table",
        element("caption", text(f"Releases of {layer}"), class_="r-quiet"),
        element("thead", element("tr", element("th", text("release"), scope="col"), heads)),
        element("tbody", *rows),
        class_="r-releases",
    )


def _cell(entry: Entry, environment: str) -> Html:
    row = entry.rows.get(environment)
    if row is not None:
        return element("td", sign(row.verdict))
    reason = entry.excluded.get(environment)
    return element("td", sign(None), title=reason) if reason else element("td")


def legend() -> Html:
    """What the signs mean, for a screen where there is no room for the words."""
    signs = [*SIGNS.items(), (None, NO_APPLICATION)]
    items = (
        element("li", text(f"{mark} {verdict.value if verdict else 'no Application, on purpose'}"))
        for verdict, mark in signs
    )
    return element("ul", *items, class_="r-row")


def exclusions(page: ReportPage) -> Html:
    """Releases that have no Application on purpose, by the reason."""
    found: dict[str, dict[str, None]] = {}
    for left_out in page.report.excluded:
        found.setdefault(left_out.reason, {})[left_out.id] = None
    if not found:
        return NOTHING
    lines = (
        element("li", element("strong", text(reason)), text(f": {', '.join(names)}")) for reason, names in found.items()
    )
    return joined([said("No Application, on purpose:"), element("ul", *lines)])
