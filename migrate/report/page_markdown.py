"""The page of a report as markdown: what a pull request says of verdicts, and the checklist and findings with it."""

from __future__ import annotations

from migrate.model.finding import Severity
from migrate.model.page import ReportPage
from migrate.report.markdown import MOST_CHARACTERS, cell, report_markdown

_MOST_FINDINGS = 50


def page_markdown(page: ReportPage) -> str:
    """``report --output markdown``: the verdicts first; a part that does not fit a comment any more is left out whole.

    The size that hosts of repositories take is kept; ``--output html`` has everything.
    """
    text = report_markdown(page.report, page.environments)
    for part in (_checklist(page), _findings(page), _ledger(page)):
        added = "\n" + "\n".join(part) + "\n"
        if part and len(text) + len(added) < MOST_CHARACTERS:
            text += added
    return text


def _checklist(page: ReportPage) -> list[str]:
    steps = list(dict.fromkeys(step for row in page.checklist for step in row.steps))
    if not steps:
        return []
    rows = (
        f"| {cell(row.layer)} | {row.releases} | "
        + " | ".join("✓" if row.steps.get(step) == "yes" else cell(row.steps.get(step, "")) for step in steps)
        + " |"
        for row in page.checklist
    )
    head = [f"| layer | releases | {' | '.join(map(cell, steps))} |", f"|---|--:|{'---|' * len(steps)}"]
    return ["#### Checklist", "", *head, *rows]


def _findings(page: ReportPage) -> list[str]:
    found = [f for severity in (Severity.ERROR, Severity.WARNING) for f in page.findings if f.severity is severity]
    if not found:
        return []
    lines = []
    for finding in found[:_MOST_FINDINGS]:
        place = f" ({cell(str(finding.source))})" if finding.source else ""
        lines.append(f"- {finding.severity.value} {cell(finding.code)}{place}: {cell(finding.message, 500)}")
    more = len(found) - _MOST_FINDINGS
    return ["#### Findings", "", *lines, *([f"- and {more} more"] if more > 0 else [])]


def _ledger(page: ReportPage) -> list[str]:
    if not page.ledger:
        return []
    carried = sum(len(line.environments) for line in page.ledger if line.carried)
    total = sum(len(line.environments) for line in page.ledger)
    return [f"{total} keys of releases: {carried} carried, {total - carried} dropped with a reason."]
