"""Tables and sentences for a terminal; every figure is told in words as well as in colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrate.model.application import Expansion
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import DecisionSource, Disposition, Plan
from migrate.model.report import Difference, ReleaseVerdict, Report, Verdict
from migrate.model.words import many
from migrate.report.deployed import deployed_lines
from migrate.report.grid import Cell, Column, Page, Span, broken, column, fits, folded, painted, table, wrapped
from migrate.report.rollout import rollout_lines

__all__ = [
    "Page",
    "conversion_text",
    "estate_table",
    "expansion_table",
    "findings_text",
    "folded",
    "plan_table",
    "report_text",
    "status_markdown",
    "status_table",
]

MARKS = {Verdict.EQUAL: "=", Verdict.EXPLAINED: "≈", Verdict.DIFFERENT: "≠", Verdict.UNRENDERED: "?"}
STYLES = {
    Verdict.EQUAL: "green",
    Verdict.EXPLAINED: "cyan",
    Verdict.DIFFERENT: "bold red",
    Verdict.UNRENDERED: "bold yellow",
}


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _styled(text: str, style: str, page: Page, *, rest: str = "") -> list[str]:
    """A sentence on as many lines as it needs, all in one style."""
    return [painted([Span(line, style)], page) for line in wrapped(text, page.width, rest=rest)]


def estate_table(estate: Estate, page: Page) -> str:
    """``inspect``: a row a release, a column an environment: ``on``, ``off`` (condition) or ``absent`` (installed)."""
    rows = estate.by_id()
    first = [next(iter(by_environment.values())) for by_environment in rows.values()]
    states = {e: [_state(by_environment.get(e)) for by_environment in rows.values()] for e in estate.environments}
    columns = [
        column("release", rows, folds=True),
        column("layer", (release.layer for release in first), drop=1),
        column("chart", (release.chart.rsplit("/", 1)[-1] for release in first), drop=2),
    ]
    each = [column(environment, cells) for environment, cells in states.items()]
    if fits([columns[0], *each], page):
        columns += each
    else:
        columns.append(column("environments", map(_told, _turned(states)), folds=True))
    summary = f"{many(len(rows), 'release')} in {many(len(estate.layers), 'layer')} and "
    summary += many(len(estate.environments), "environment")
    return _text([*table(columns, page), "", *wrapped(summary, page.width)])


def _state(release: Release | None) -> str:
    if release is None:
        return "–"
    return "off" if not release.enabled else "on" if release.installed else "absent"


def _turned(states: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """A column an environment → environment to state, a row a release."""
    return [dict(zip(states, row, strict=True)) for row in zip(*states.values(), strict=True)]


def _told(states: Mapping[str, str]) -> str:
    """The states of one release in words, where there is no room for a column an environment."""
    names: dict[str, list[str]] = {}
    for environment, state in states.items():
        names.setdefault(state, []).append(environment)
    if len(names) == 1:
        return f"{next(iter(names))} in all"
    return "; ".join(f"{state}: {', '.join(found)}" for state, found in names.items())


def findings_text(findings: Sequence[Finding]) -> str:
    """One sentence that counts findings by severity; empty for none."""
    counts = Counter(finding.severity for finding in findings)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(many(counts[s], words[s]) for s in Severity if counts[s])


def plan_table(plan: Plan, graph: ReleaseGraph, page: Page) -> str:
    """``plan``: the ladder with what stands on each step, and how much of it a person has decided."""
    placed = [release for release in plan.releases if release.disposition is Disposition.COMPONENT]
    by_phase: dict[str, list[str]] = {}
    for release in sorted(placed, key=lambda release: release.rollout_phase.value):
        by_phase.setdefault(release.rollout_phase.value, []).append(release.component.value)
    columns = [
        column("phase", by_phase),
        column("releases", (str(len(names)) for names in by_phase.values()), right=True),
        column("what comes up", (", ".join(names) for names in by_phase.values()), folds=True),
    ]
    sources = Counter(
        decision.source
        for release in placed
        for decision in (release.domain, release.tier, release.component_type, release.rollout_phase)
    )
    phases = {release.id: release.rollout_phase.value for release in placed}
    kept = [e for e in graph.edges if phases.get(e.before, "") < phases.get(e.after, "~")]
    stated = sum(edge.stated for edge in kept)
    broken = f", {len(graph.edges) - len(kept)} broken" if len(kept) < len(graph.edges) else ""
    sentences = [
        (
            f"{many(len(plan.releases), 'release')} on {len(by_phase)} of {len(plan.ladder)} steps; "
            f"{len(kept)} edges kept ({stated} stated by needs, {len(kept) - stated} seen in manifests){broken}"
        ),
        "decided: "
        + ", ".join(f"{sources[s]} {_SOURCE_WORDS[s]}" for s in DecisionSource if sources[s])
        + f"; open questions: {sum(q.must_ask for q in plan.questions)}",
    ]
    apart = [r for r in plan.releases if r.disposition is not Disposition.COMPONENT]
    sentences += [f"{release.id}: {release.disposition.value}, no Application" for release in apart]
    told = [line for sentence in sentences for line in wrapped(sentence, page.width, rest="  ")]
    return _text([*table(columns, page), "", *told])


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
        return f"{where}: {many(files, 'file')}, all as they should be\n"
    what = ", ".join(f"{count} {kind}" for kind, count in done.items())
    return f"{where}: {many(files, 'file')}; {'would be ' if check else ''}{what}\n"


def expansion_table(expansion: Expansion, page: Page) -> str:
    """``expand``: a row an Application, with the step that syncs it."""
    rows = expansion.applications
    specs: list[Any] = [row.manifest["spec"] for row in rows]
    metadata: list[Any] = [row.manifest["metadata"] for row in rows]
    spaces = [str((spec.get("destination") or {}).get("namespace", "")) for spec in specs]
    phases = [str((found.get("labels") or {}).get("rollout-phase", "")) for found in metadata]
    steps = ["" if row.step is None else str(row.step) for row in rows]
    environments = dict.fromkeys(row.environment for row in rows)
    columns = [
        *([column("environment", (row.environment for row in rows))] if len(environments) > 1 else []),
        column("application", (row.name for row in rows), folds=True),
        column("project", (str(spec.get("project", "")) for spec in specs), drop=1),
        column("namespace", spaces, folds=True),
        column("phase", phases),
    ]
    # Nothing is ordered by steps before the handover: an empty column would only ask what it is.
    columns += [column("step", steps, right=True)] if any(steps) else []
    lines = [": ".join(filter(None, ("error", e.application or e.appset, e.message))) for e in expansion.errors]
    told = [line for text in lines for line in wrapped(text, page.width, rest="  ")]
    where = ", ".join(filter(None, environments))
    count = many(len(rows), "application") + (f" in {where}" if where else "")
    return _text([*table(columns, page), "", *wrapped(count, page.width), *told])


def report_text(report: Report, environments: Sequence[str], page: Page) -> str:
    """``verify``: a row a layer, a column an environment, then what was explained, what differs and the sentence."""
    lines = [*_verdict_table(report, environments, page), "", *_legend(report, page), ""]
    lines += _excluded(report, page)
    lines += _explained(report, page)
    lines += _problems(report, page)
    lines += [*_sentence(report, page), *_figures(report, page)]
    lines += deployed_lines(report.deployed, page) if report.deployed else []
    return _text([*lines, *rollout_lines(report.rollout, page)])


def _verdict_table(report: Report, environments: Sequence[str], page: Page) -> list[str]:
    layers = list(dict.fromkeys(row.layer for row in report.releases))
    names = [*(layer or "(no release)" for layer in layers), "all"]

    def cells(environment: str) -> tuple[Cell, ...]:
        here = [row for row in report.releases if row.environment == environment]
        return (*(_cell([row for row in here if row.layer == layer]) for layer in layers), _cell(here))

    by_layer = [column("layer", names, folds=True), *(Column(e, cells(e)) for e in environments)]
    if fits(by_layer, page):
        return table(by_layer, page, apart=1)
    totals = [*(cells(environment)[-1] for environment in environments), _cell(report.releases)]
    by_environment = [column("environment", [*environments, "all"]), Column("releases of all layers", tuple(totals))]
    return [*table(by_environment, page, apart=1), *wrapped("(a wider terminal also shows: layers)", page.width)]


def _cell(rows: Sequence[ReleaseVerdict]) -> Cell:
    counts = Counter(row.verdict for row in rows)
    if not counts:
        return (Span("–", "dim"),)
    spans: list[Span] = []
    for verdict in Verdict:
        if counts[verdict]:
            spans += [Span(" ")] if spans else []
            spans.append(Span(f"{counts[verdict]}{MARKS[verdict]}", STYLES[verdict]))
    return tuple(spans)


def _legend(report: Report, page: Page) -> list[str]:
    words = "  ".join(f"{MARKS[verdict]} {verdict.value}" for verdict in Verdict)
    apart = "– no Application on purpose"
    return [words, apart] if page.narrow else [f"{words}  {apart}"]


def _explained(report: Report, page: Page) -> list[str]:
    notes = report.explained()
    if not notes:
        return []
    if page.narrow:
        lines = [painted([Span("explained by", "bold")], page)]
        for kind, (names, note) in notes.items():
            lines += wrapped(f"{kind} ({many(len(names), 'release')}): {note}", page.width, first="  ", rest="      ")
        return [*lines, ""]
    kinds = list(notes)
    columns = [
        column("explained by", kinds),
        column("releases", (str(len(notes[kind][0])) for kind in kinds), right=True),
        column("why it changes nothing you would miss", (notes[kind][1] for kind in kinds), folds=True),
    ]
    return [*table(columns, page), ""]


_MOST = 12
"""Differences of one release that a terminal shows; ``--output json`` has all."""


def _problems(report: Report, page: Page) -> list[str]:
    lines: list[str] = []
    for row in report.releases:
        where = f"{row.environment} {row.id or 'no release'}"
        if row.verdict is Verdict.UNRENDERED:
            lines += wrapped(f"? {where}: {row.reason}", page.width, rest="    ")
        if row.verdict is Verdict.DIFFERENT:
            lines += wrapped(f"≠ {where} ({row.application or 'no Application'})", page.width, rest="    ")
            lines += [line for difference in row.differences[:_MOST] for line in _difference(difference, page)]
            if len(row.differences) > _MOST:
                lines.append(f"    and {len(row.differences) - _MOST} more: --output json has all")
    return [*lines, ""] if lines else []


def _difference(difference: Difference, page: Page) -> list[str]:
    def said(text: str) -> list[str]:
        return wrapped(text, page.width, first="    ", rest="      ")

    if not difference.path and not difference.right:
        return said(f"{difference.object}: Helmfile applies it, Argo CD would not")
    if not difference.path and not difference.left:
        return said(f"{difference.object}: Argo CD would apply it, Helmfile does not")
    lines = said(f"{difference.object}: {difference.path or 'the whole object'}")
    sides = {"helmfile": difference.left or "(absent)", "argo cd": difference.right or "(absent)"}
    for side, value in {**sides, **({"set by": difference.cause} if difference.cause else {})}.items():
        # JSON has few blanks: it is broken where it must be, and its lines stay under each other.
        first, *rest = broken(value, page.width - 16)
        lines += [f"      {side:<8}  {first}", *(f"{'':<16}{line}" for line in rest)]
    return lines


def _excluded(report: Report, page: Page) -> list[str]:
    reasons: dict[str, dict[str, None]] = {}
    for exclusion in report.excluded:
        reasons.setdefault(exclusion.reason, {})[exclusion.id] = None
    if not reasons:
        return []
    if page.narrow:
        lines = [painted([Span("no Application, on purpose", "bold")], page)]
        for reason, names in reasons.items():
            lines += wrapped(f"{reason}: {', '.join(names)}", page.width, first="  ", rest="      ")
        return [*lines, ""]
    columns = [
        column("no Application", (", ".join(names) for names in reasons.values()), folds=True),
        column("on purpose", reasons, folds=True),
    ]
    return [*table(columns, page), ""]


def _sentence(report: Report, page: Page) -> list[str]:
    summary, total = report.summary(), len(report.releases)
    proven = summary["equal"] + summary["explained"]
    errors = report.errors
    part = f" (shard {report.shard})" if report.shard else ""
    if total and proven == total and not errors and not report.unjudged:
        said = (
            f"Proven{part}: all {total} releases {report.claim}:",
            f"{summary['equal']} equal, {summary['explained']} explained, none different, none unrendered",
        )
        return [line for text in said for line in _styled(text, "bold green", page)]
    return _styled(
        f"Not proven{part}: of {total} releases, different: {summary['different']}, "
        f"unrendered: {summary['unrendered']}; {proven} are equal or explained"
        + (f"; {many(errors, 'error')} above" if errors else "")
        + (f"; stopped early, {report.unjudged} not judged." if report.unjudged else "."),
        "bold red",
        page,
    )


def _figures(report: Report, page: Page) -> list[str]:
    objects = sum(row.objects for row in report.releases)
    versions = ", ".join(sorted(set(report.kube_versions.values())))
    parts = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.timings.items())
    told = (f"{many(objects, 'object')} compared, rendered for Kubernetes {versions}", f"seconds: {parts}")
    return [line for text in told for line in _styled(text, "dim", page, rest="  ")]


_STEPS = ("planned", "converted", "verified", "committed", "fenced", "removed", "adopted")


def status_table(layers: Sequence[Any], page: Page) -> str:
    """``status``: the checklist, layer by step."""
    names = column("layer", (layer.layer for layer in layers), folds=True)
    count = column("releases", (str(layer.releases) for layer in layers), right=True, drop=1)
    each = [column(step, (_mark(getattr(layer, step)) for layer in layers)) for step in _STEPS]
    if fits([names, *each], page):
        return _text(table([names, count, *each], page))
    done = column("done", (_done(layer) for layer in layers), folds=True)
    return _text(table([names, count, done], page))


def status_markdown(layers: Sequence[Any]) -> str:
    """``status --output markdown``: the checklist for a README."""
    lines = [f"| layer | releases | {' | '.join(_STEPS)} |", f"|---|---:|{'---|' * len(_STEPS)}"]
    for layer in layers:
        marks = " | ".join(_mark(getattr(layer, step)) for step in _STEPS)
        lines.append(f"| `{layer.layer}` | {layer.releases} | {marks} |")
    done = {step: sum(getattr(layer, step) is True for layer in layers) for step in _STEPS}
    lines.append(f"| **{len(layers)} layers** | {sum(la.releases for la in layers)} | {_counts(done, len(layers))} |")
    return "\n".join(lines) + "\n"


def _counts(done: Mapping[str, int], of: int) -> str:
    return " | ".join(f"{count} of {of}" for count in done.values())


def _mark(value: object) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "–"
    return str(value)


def _done(layer: Any) -> str:
    return ", ".join(step for step in _STEPS if getattr(layer, step) is True) or "nothing yet"
