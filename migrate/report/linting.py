"""What ``lint`` says, as a table, as JSON, as SARIF for code scanning, and as markdown for a pull request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from migrate.model.finding import Finding, Severity
from migrate.model.json import SCHEMA_VERSION
from migrate.model.linted import IgnoredFinding, Linted
from migrate.model.words import many
from migrate.report.grid import Column, Page, Span, column, table, wrapped
from migrate.report.markdown import MOST_CHARACTERS, cell, code
from migrate.report.shapes import finding_json

_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "cyan"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RESERVE = 300


def lint_sentence(linted: Linted) -> str:
    """``out: 835 files, 2 errors, 1 warning (3 ignored)``."""
    counts = Counter(finding.severity for finding in linted.findings)
    told = ", ".join(many(counts[severity], word) for severity, word in _WORDS.items() if counts[severity])
    ignored = f" ({len(linted.ignored)} ignored)" if linted.ignored else ""
    return f"{linted.tree}: {many(linted.files, 'file')}, {told or 'no finding'}{ignored}"


def lint_table(linted: Linted, page: Page) -> str:
    """A row a finding by place, with what to do below what is wrong; then what is ignored, and the sentence."""
    lines: list[str] = []
    if linted.findings:
        columns = [
            Column("", tuple((Span(_WORDS[one.severity], _STYLES[one.severity]),) for one in linted.findings)),
            column("rule", (one.code for one in linted.findings)),
            column("where", (_where(one) for one in linted.findings), folds=True),
            column("what, and what to do", (_told(one) for one in linted.findings), folds=True),
        ]
        lines += [*table(columns, page), ""]
    for (rule, reason, said), count in _ignored_groups(linted.ignored).items():
        lines += wrapped(f"ignored: {count} × {rule}, {reason} ({said})", page.width)
    return "\n".join([*lines, *wrapped(lint_sentence(linted), page.width)]) + "\n"


def lint_json(linted: Linted) -> str:
    """``lint --output json``: the findings of the contract, and those that are ignored with their reasons."""
    content = {
        "schemaVersion": SCHEMA_VERSION,
        "findings": [finding_json(finding) for finding in linted.findings],
        "ignored": [
            {**finding_json(one.finding), "reason": one.reason, "ignoredBy": one.said} for one in linted.ignored
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def lint_sarif(linted: Linted, version: str) -> str:
    """SARIF 2.1.0: places relative to the folder that the run was started in where the tree lies below it."""
    ids = [rule.id for rule in linted.rules]
    extra = sorted({one.code for one in linted.findings} - set(ids))
    rules: list[dict[str, Any]] = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": f"{rule.title}: {rule.reason}"},
            "help": {"text": f"{rule.title}. {rule.reason}.", "markdown": rule.help},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in linted.rules
    ]
    rules += [{"id": name, "shortDescription": {"text": "an ignore that ignores nothing"}} for name in extra]
    place = {name: number for number, name in enumerate([*ids, *extra])}
    results = [_result(one, linted.tree, place) for one in linted.findings]
    for one in linted.ignored:
        suppression = {"kind": "external", "justification": f"{one.reason} ({one.said})"}
        results.append({**_result(one.finding, linted.tree, place), "suppressions": [suppression]})
    driver = {"name": "migrate", "semanticVersion": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _result(finding: Finding, tree: str, place: dict[str, int]) -> dict[str, Any]:
    file = finding.source.file if finding.source else "."
    line = max(finding.source.line, 1) if finding.source else 1
    hint = f" {finding.hint}" if finding.hint else ""
    within = f" ({finding.environment})" if finding.environment else ""
    return {
        "ruleId": finding.code,
        "ruleIndex": place[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{within}.{hint}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(file, tree), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                }
            }
        ],
    }


def _uri(file: str, tree: str) -> str:
    """A relative reference; below the tree's own folder where that is relative, too."""
    inside = tree.strip("/") not in ("", ".") and not tree.startswith(("/", "..", "~")) and ":" not in tree
    path = f"{tree.strip('/')}/{file}" if inside else file
    return quote(path.removesuffix("/.") or ".")


def lint_markdown(linted: Linted) -> str:
    """A comment for a pull request: the counts, a table, what is ignored; rows that do not fit are counted."""
    head = [f"**{cell(lint_sentence(linted))}**", ""]
    rows = [
        f"| {_WORDS[one.severity]} | {one.code} | {code(_where(one))} | {cell(_told(one), 400)} |"
        for severity in Severity
        for one in linted.findings
        if one.severity is severity
    ]
    ignored = [
        f"- ignored: {count} × {rule}, {cell(reason)} ({cell(said)})"
        for (rule, reason, said), count in _ignored_groups(linted.ignored).items()
    ]
    room = MOST_CHARACTERS - _RESERVE - sum(len(line) + 1 for line in (*head, *ignored))
    kept = list(_fitting(rows, room))
    body = ["| | rule | where | what, and what to do |", "|---|---|---|---|", *kept, ""] if kept else []
    more = [f"{len(rows) - len(kept)} more do not fit here.", ""] if len(kept) < len(rows) else []
    return "\n".join([*head, *body, *more, *ignored]).rstrip() + "\n"


def _fitting(rows: Sequence[str], room: int) -> Iterable[str]:
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            return
        yield row


def _where(finding: Finding) -> str:
    return str(finding.source) if finding.source else ""


def _told(finding: Finding) -> str:
    environment = f" ({finding.environment})" if finding.environment else ""
    return f"{finding.message}{environment}" + (f" → {finding.hint}" if finding.hint else "")


def _ignored_groups(ignored: Sequence[IgnoredFinding]) -> dict[tuple[str, str, str], int]:
    return dict(Counter((one.finding.code, one.reason, one.said) for one in ignored))
