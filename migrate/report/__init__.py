"""Nouns → text: the JSON of the contract, tables for a terminal, markdown for a pull request.

The page of ``report`` stands apart, in ``html`` and ``page_markdown``: no other command need load it.
"""

from migrate.report.diff import diff_json, diff_text, upgrade_json, version_text
from migrate.report.diff_markdown import diff_markdown
from migrate.report.explained import plan_explained
from migrate.report.graph import graph_json, graph_table
from migrate.report.junit import report_junit
from migrate.report.linting import lint_json, lint_markdown, lint_sarif, lint_sentence, lint_table
from migrate.report.markdown import report_markdown
from migrate.report.origins import traced_json, traced_text
from migrate.report.shapes import (
    estate_json,
    expansion_json,
    finding_json,
    report_json,
    status_json,
)
from migrate.report.tables import (
    conversion_text,
    estate_table,
    expansion_table,
    findings_text,
    folded,
    plan_table,
    report_text,
    status_markdown,
    status_table,
)

__all__ = [
    "conversion_text",
    "diff_json",
    "diff_markdown",
    "diff_text",
    "estate_json",
    "estate_table",
    "expansion_json",
    "expansion_table",
    "finding_json",
    "findings_text",
    "folded",
    "graph_json",
    "graph_table",
    "lint_json",
    "lint_markdown",
    "lint_sarif",
    "lint_sentence",
    "lint_table",
    "plan_explained",
    "plan_table",
    "report_json",
    "report_junit",
    "report_markdown",
    "report_text",
    "status_json",
    "status_markdown",
    "status_table",
    "traced_json",
    "traced_text",
    "upgrade_json",
    "version_text",
]
