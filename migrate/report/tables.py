"""Tables and sentences for a terminal; every figure is told in words as well as in colour."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from migrate.model.application import Expansion
from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import DecisionSource, Disposition, Plan
from migrate.model.report import Difference, ReleaseVerdict, Report, Verdict

MARKS = {Verdict.EQUAL: "=", Verdict.EXPLAINED: "≈", Verdict.DIFFERENT: "≠", Verdict.UNRENDERED: "?"}
STYLES = {
    Verdict.EQUAL: "green",
    Verdict.EXPLAINED: "cyan",
    Verdict.DIFFERENT: "bold red",
    Verdict.UNRENDERED: "bold yellow",
}


@dataclass(frozen=True)
class Page:
    """How wide text may be and whether it may have colour."""

    width: int = 100
    color: bool = False


def _text(parts: Sequence[RenderableType], page: Page) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=page.width,
        force_terminal=page.color,
        no_color=not page.color,
        color_system="standard" if page.color else None,
        highlight=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def estate_table(estate: Estate, page: Page) -> str:
    """``inspect``: a row a release, a column an environment: ``on``, ``off`` (condition) or ``absent`` (installed)."""
    table = _table("release", "layer", "chart", *estate.environments)
    for identity, by_environment in estate.by_id().items():
        first = next(iter(by_environment.values()))
        states = []
        for environment in estate.environments:
            release = by_environment.get(environment)
            states.append(
                "–" if release is None else "off" if not release.enabled else "on" if release.installed else "absent"
            )
        table.add_row(identity, first.layer, first.chart.rsplit("/", 1)[-1], *states)
    count = len(estate.by_id())
    summary = f"{count} releases in {len(estate.layers)} layers and {len(estate.environments)} environments"
    return _text([table, "", summary], page)


def findings_text(findings: Sequence[Finding]) -> str:
    """One sentence that counts findings by severity; empty for none."""
    counts = Counter(finding.severity for finding in findings)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(f"{counts[s]} {words[s]}{'s' if counts[s] != 1 else ''}" for s in Severity if counts[s])


def plan_table(plan: Plan, graph: ReleaseGraph, page: Page) -> str:
    """``plan``: the ladder with what stands on each step, and how much of it a person has decided."""
    table = _table("phase", "what comes up", "releases", right=["releases"])
    by_phase: dict[str, list[str]] = {}
    for release in plan.releases:
        if release.disposition is Disposition.COMPONENT:
            by_phase.setdefault(release.rollout_phase.value, []).append(release.component.value)
    for phase in sorted(by_phase):
        names = by_phase[phase]
        table.add_row(phase, escape(", ".join(names)), str(len(names)))
    sources = Counter(
        decision.source
        for release in plan.releases
        if release.disposition is Disposition.COMPONENT
        for decision in (release.domain, release.tier, release.component_type, release.rollout_phase)
    )
    stated = sum(edge.stated for edge in graph.edges)
    lines = [
        (
            f"{len(plan.releases)} releases on {len(by_phase)} of {len(plan.ladder)} steps; "
            f"{len(graph.edges)} edges kept ({stated} stated by needs, {len(graph.edges) - stated} seen in manifests)"
        ),
        "decided: "
        + ", ".join(f"{sources[s]} {_SOURCE_WORDS[s]}" for s in DecisionSource if sources[s])
        + f"; open questions: {sum(q.must_ask for q in plan.questions)}",
    ]
    apart = [r for r in plan.releases if r.disposition is not Disposition.COMPONENT]
    lines += [f"{release.id}: {release.disposition.value}, no Application" for release in apart]
    return _text([table, "", *(escape(line) for line in lines)], page)


_SOURCE_WORDS = {
    DecisionSource.DEFAULT: "by default",
    DecisionSource.INFERRED: "inferred",
    DecisionSource.PERSON: "by a person",
    DecisionSource.FILE: "by file",
}


def conversion_text(files: int, changes: Mapping[str, int], where: str, *, check: bool) -> str:
    """``convert``: how many files the tree has and what was (or would be) written."""
    done = {kind: count for kind, count in changes.items() if count}
    if not done:
        return f"{where}: {files} files, all as they should be\n"
    what = ", ".join(f"{count} {kind}" for kind, count in done.items())
    return f"{where}: {files} files; {'would be ' if check else ''}{what}\n"


def expansion_table(expansion: Expansion, page: Page) -> str:
    """``expand``: a row an Application, with the step that syncs it."""
    table = _table("environment", "application", "project", "namespace", "phase", "step", right=["step"])
    for application in expansion.applications:
        metadata: Any = application.manifest["metadata"]
        spec: Any = application.manifest["spec"]
        table.add_row(
            application.environment,
            application.name,
            str(spec.get("project", "")),
            str((spec.get("destination") or {}).get("namespace", "")),
            str((metadata.get("labels") or {}).get("rollout-phase", "")),
            "" if application.step is None else str(application.step),
        )
    lines = [f"{len(expansion.applications)} applications"]
    lines += [f"error: {e.application or e.appset}: {e.message}" for e in expansion.errors]
    return _text([table, "", *(escape(line) for line in lines)], page)


def report_text(report: Report, environments: Sequence[str], page: Page) -> str:
    """``verify``: a row a layer, a column an environment, then what was explained, what differs and the sentence."""
    parts: list[RenderableType] = [_verdict_table(report, environments), ""]
    parts += [Text("  ".join(f"{MARKS[v]} {v.value}" for v in Verdict) + "  – no Application on purpose"), ""]
    parts += _excluded(report)
    parts += _explained(report)
    parts += _problems(report)
    parts += [_sentence(report), _seconds(report)]
    return _text(parts, page)


def _verdict_table(report: Report, environments: Sequence[str]) -> Table:
    table = _table("layer", *environments)
    layers = list(dict.fromkeys(row.layer for row in report.releases))
    for layer in layers:
        cells = [
            _cell([r for r in report.releases if r.layer == layer and r.environment == environment])
            for environment in environments
        ]
        table.add_row(layer or "(no release)", *cells)
    table.add_section()
    totals = [_cell([r for r in report.releases if r.environment == environment]) for environment in environments]
    table.add_row("all", *totals)
    return table


def _cell(rows: Sequence[ReleaseVerdict]) -> Text:
    counts = Counter(row.verdict for row in rows)
    if not counts:
        return Text("–", style="dim")
    cell = Text()
    for verdict in Verdict:
        if counts[verdict]:
            cell.append(f"{counts[verdict]}{MARKS[verdict]} ", style=STYLES[verdict])
    return cell


def _explained(report: Report) -> list[RenderableType]:
    notes: dict[str, tuple[set[str], int, str]] = {}
    for row in report.releases:
        for explanation in row.explanations:
            names, count, note = notes.get(explanation.kind, (set(), 0, explanation.note))
            notes[explanation.kind] = (names | {row.id}, count + explanation.count, note.partition(": ")[0])
    if not notes:
        return []
    table = _table("explained by", "releases", "why it changes nothing you would miss", right=["releases"])
    for kind in sorted(notes):
        names, _, note = notes[kind]
        table.add_row(kind, str(len(names)), escape(note))
    return [table, ""]


_MOST = 12
"""Differences of one release that a terminal shows; ``--output json`` has all."""


def _problems(report: Report) -> list[RenderableType]:
    lines: list[str] = []
    for row in report.releases:
        if row.verdict is Verdict.UNRENDERED:
            lines.append(f"? {row.environment} {row.id}: {row.reason}")
        if row.verdict is Verdict.DIFFERENT:
            application = row.application or "no Application"
            lines.append(f"≠ {row.environment} {row.id or 'no release'} ({application})")
            lines += [line for difference in row.differences[:_MOST] for line in _difference(difference)]
            if len(row.differences) > _MOST:
                lines.append(f"    and {len(row.differences) - _MOST} more: --output json has all")
    return [*(_indented(line) for line in lines), ""] if lines else []


def _difference(difference: Difference) -> list[str]:
    if not difference.path and not difference.right:
        return [f"    {difference.object}: Helmfile applies it, Argo CD would not"]
    if not difference.path and not difference.left:
        return [f"    {difference.object}: Argo CD would apply it, Helmfile does not"]
    lines = [
        f"    {difference.object}: {difference.path or 'the whole object'}",
        f"      helmfile  {difference.left or '(absent)'}",
        f"      argo cd   {difference.right or '(absent)'}",
    ]
    return [*lines, f"      set by    {difference.cause}"] if difference.cause else lines


def _indented(line: str) -> RenderableType:
    """A line whose leading blanks hold for all of it where it is too wide."""
    text = line.lstrip()
    return Padding(Text(text, overflow="fold"), (0, 0, 0, len(line) - len(text)))


def _excluded(report: Report) -> list[RenderableType]:
    reasons: dict[str, dict[str, None]] = {}
    for exclusion in report.excluded:
        reasons.setdefault(exclusion.reason, {})[exclusion.id] = None
    if not reasons:
        return []
    table = _table("no Application", "on purpose")
    for reason, names in reasons.items():
        table.add_row(escape(", ".join(names)), escape(reason))
    return [table, ""]


def _sentence(report: Report) -> Text:
    summary, total = report.summary(), len(report.releases)
    proven = summary["equal"] + summary["explained"]
    objects = sum(row.objects for row in report.releases)
    if total and proven == total:
        return Text(
            f"Proven: all {total} releases ({objects} objects) are what Helmfile applied: "
            f"{summary['equal']} equal, {summary['explained']} explained, none different, none unrendered.",
            style="bold green",
        )
    return Text(
        f"Not proven: of {total} releases, different: {summary['different']}, unrendered: {summary['unrendered']}; "
        f"{proven} are equal or explained.",
        style="bold red",
    )


def _seconds(report: Report) -> Text:
    parts = [f"{stage} {seconds:.1f}" for stage, seconds in report.timings.items()]
    versions = sorted(set(report.kube_versions.values()))
    return Text(f"seconds: {', '.join(parts)}; Kubernetes {', '.join(versions)}", style="dim")


def status_table(layers: Sequence[Any], page: Page) -> str:
    """``status``: the checklist, layer by step."""
    steps = ("planned", "converted", "verified", "committed", "fenced", "removed")
    table = _table("layer", "releases", *steps, right=["releases"])
    for layer in layers:
        marks = [_mark(getattr(layer, step)) for step in steps]
        table.add_row(layer.layer, str(layer.releases), *marks)
    return _text([table], page)


def _mark(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "–"
    return str(value)
