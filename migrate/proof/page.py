"""A proof → the page of its report: both sides of what is not equal, drawings of the graph, ledger and checklist.

Rows that are not equal are rendered once more, since a proof keeps verdicts and lets go of the objects.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from migrate.commit import Evidence, LayerStatus, layer_status
from migrate.console import Console
from migrate.diff import Rendition, compare_renditions, without_texts
from migrate.doors.git import BranchState
from migrate.doors.helm_binary import HelmBinary
from migrate.doors.secret_shapes import shown
from migrate.emit.book import LEDGER_PATH
from migrate.expand import expand_tree
from migrate.graph import draw_svg, show_graph, show_layer, show_layers
from migrate.graph.text import LARGE_DRAWING
from migrate.model.estate import Release
from migrate.model.finding import Finding, SourceLocation
from migrate.model.graph import ReleaseGraph, ShownGraph
from migrate.model.json import JsonObject, objects_in
from migrate.model.page import Changes, ChecklistRow, Drawings, LedgerLine, ReportPage, SourceLinks
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.report import Report, Verdict
from migrate.model.tree import FileTree
from migrate.model.tree_diff import ObjectChange
from migrate.pipeline import Reading, selected, source_urls
from migrate.render import RenderCache, render_application, render_release
from migrate.verify import Pairing, is_by_plugin, pair_releases

MOST_DRAWN = 120
"""Boxes in the drawing of one layer; more of them are no help to anybody."""
_SHORTEST_LINE = 8
"""Of a secret; a shorter one (`---`, `data:`) tells nothing."""


@dataclass(frozen=True)
class PageSources:
    """What the page is made of beside the proof itself."""

    tree: FileTree
    folder: Path
    there: tuple[Release, ...] = ()
    """The releases that the helmfiles hold, fences included."""
    branches: tuple[BranchState, ...] = ()
    synced: Mapping[tuple[str, str], bool] | None = None
    """As the checklist takes it: what is adopted; None where nobody showed the Applications."""
    findings: tuple[Finding, ...] = ()
    links: SourceLinks = field(default_factory=SourceLinks)
    secrets: Collection[str] = ()
    """Texts of the estate that are secrets, whatever they look like."""
    helm: HelmBinary | None = None


def gather_page(reading: Reading, plan: Plan, report: Report, sources: PageSources, console: Console) -> ReportPage:
    """Everything that the page shows, secrets masked; ``report`` has to be the proof of this very tree."""
    return ReportPage(
        environments=reading.estate.environments,
        report=report,
        plan=plan,
        graph=reading.graph,
        findings=sources.findings,
        changes=_changes(reading, plan, report, sources, console),
        ledger=ledger_lines(sources.tree),
        checklist=_checklist(reading, plan, report, sources),
        drawings=draw_page(reading.graph),
        links=sources.links,
    )


# ---------------------------------------------------------------- both sides


def _changes(reading: Reading, plan: Plan, report: Report, sources: PageSources, console: Console) -> Changes:
    """What differs in each row that is not equal. What a chart draws anew in each render is left out, since it would
    be another text in every report."""
    wanted = {(r.environment, r.id) for r in report.releases if r.verdict is not Verdict.EQUAL and not r.unstable}
    if not wanted:
        return {}
    expansion = selected(expand_tree(sources.tree, reading.estate.environments), reading, plan)
    pairings, _ = pair_releases(reading.estate, plan, expansion)
    chosen = [p for p in pairings if p.release and (p.environment, p.release.id) in wanted and not is_by_plugin(p)]
    sources = replace(sources, secrets=_with_lines(sources.secrets))
    cache, found = RenderCache(helm=sources.helm), {}
    with console.progress("laying both sides beside each other", len(chosen)) as advance:
        for pairing in chosen:
            if pairing.release is not None and (changes := _both_sides(pairing, reading, plan, sources, cache)):
                found[pairing.environment, pairing.release.id] = changes
            advance()
    return found


def _both_sides(
    pairing: Pairing, reading: Reading, plan: Plan, sources: PageSources, cache: RenderCache
) -> tuple[ObjectChange, ...]:
    release, application = pairing.release, pairing.application
    if release is None or application is None:
        return ()
    cluster = reading.clusters.get(pairing.environment, PlannedEnvironment(pairing.environment))
    scopes = reading.scopes.get(pairing.environment)
    left = render_release(
        reading.estate,
        release,
        kube_version=release.kube_version or cluster.kube_version,
        api_versions=release.api_versions or cluster.api_versions,
        scopes=scopes,
        cache=cache,
    )
    right = render_application(
        application.manifest,
        dict.fromkeys(source_urls(application), str(sources.folder.resolve())),
        kube_version=cluster.kube_version,
        api_versions=cluster.api_versions,
        argocd_version=plan.argocd_version,
        scopes=scopes,
        cache=cache,
    )
    if left.error or right.error:
        return ()
    row = compare_renditions(pairing.environment, application.name, Rendition({}, left), Rendition({}, right))
    return without_texts([row], sources.secrets)[0].objects


def _with_lines(secrets: Collection[str]) -> frozenset[str]:
    """The secrets and their lines: texts are laid beside each other line by line."""
    lines = (line.strip() for text in secrets for line in text.splitlines())
    return frozenset({*secrets, *(line for line in lines if len(line) >= _SHORTEST_LINE)})


# ---------------------------------------------------------------- what stands around the verdicts


def draw_page(graph: ReleaseGraph) -> Drawings:
    """The drawings that can be read: an overview always, the whole graph and single layers where they are small."""
    layers = list(dict.fromkeys(node.layer for node in graph.nodes))
    if not layers:
        return Drawings()
    whole = _drawn(show_graph(graph), "whole") if len(graph.nodes) <= LARGE_DRAWING else ""
    drawn = {}
    for number, layer in enumerate(layers, 1):
        around = show_layer(graph, layer)
        if len(around.graph.nodes) <= MOST_DRAWN:
            drawn[layer] = _drawn(around, f"layer-{number}")
    return Drawings(_drawn(show_layers(graph), "overview"), whole, drawn)


def _drawn(graph: ShownGraph, name: str) -> str:
    return shown(draw_svg(graph, name))


def ledger_lines(tree: FileTree) -> tuple[LedgerLine, ...]:
    """The ledger that the tree keeps; none where it has none, or one that another version wrote."""
    content = tree.files.get(LEDGER_PATH)
    try:
        ledger = json.loads(content) if content else {}
    except ValueError:
        ledger = {}
    entries = objects_in(ledger.get("entries")) if isinstance(ledger, dict) else []
    return tuple(_line(entry) for entry in entries)


def _line(entry: JsonObject) -> LedgerLine:
    source, places = entry.get("source"), entry.get("environments")
    carried = entry.get("carried") is True
    return LedgerLine(
        release=str(entry.get("release", "")),
        environments=tuple(str(name) for name in places) if isinstance(places, list) else (),
        key=str(entry.get("key", "")),
        carried=carried,
        target=str(entry.get("target" if carried else "reason") or ""),
        advice=str(entry.get("advice") or ""),
        source=_place(source) if isinstance(source, dict) else None,
    )


def _place(source: JsonObject) -> SourceLocation | None:
    line = source.get("line")
    return SourceLocation(str(source.get("file", "")), line if isinstance(line, int) else 1)


def _checklist(reading: Reading, plan: Plan, report: Report, sources: PageSources) -> tuple[ChecklistRow, ...]:
    rows = layer_status(
        Evidence(reading.estate, sources.there, plan, sources.tree, report, sources.branches, sources.synced)
    )
    return tuple(ChecklistRow(row.layer, row.releases, dict(_steps(row))) for row in rows)


def _steps(row: LayerStatus) -> Iterator[tuple[str, str]]:
    """Every step of the checklist, in its order."""
    for step in fields(row):
        value = getattr(row, step.name)
        if isinstance(value, bool) or value is None:
            yield step.name, {True: "yes", False: "no", None: "unknown"}[value]
