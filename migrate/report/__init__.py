"""Nouns → text: the JSON of the contract, tables for a terminal, markdown for a pull request."""

from migrate.report.explained import plan_explained
from migrate.report.graph import graph_json, graph_table
from migrate.report.junit import report_junit
from migrate.report.markdown import report_markdown
from migrate.report.origins import traced_json, traced_text
from migrate.report.shapes import (
    estate_json,
    expansion_json,
    finding_json,
    lint_json,
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
    status_table,
)

__all__ = [
    "conversion_text",
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
    "plan_explained",
    "plan_table",
    "report_json",
    "report_junit",
    "report_markdown",
    "report_text",
    "status_json",
    "status_table",
    "traced_json",
    "traced_text",
]
