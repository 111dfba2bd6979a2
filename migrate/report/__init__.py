"""Nouns → text: the JSON of the contract, tables for a terminal, markdown for a pull request.

What one command alone prints stands apart, and no other need load it: the page of ``report`` in ``html`` and
``page_markdown``, ``diff`` and ``diff_markdown``, ``linting``, ``junit``.
"""

from migrate.report.explained import plan_explained
from migrate.report.graph import graph_json, graph_table
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
    "estate_json",
    "estate_table",
    "expansion_json",
    "expansion_table",
    "finding_json",
    "findings_text",
    "folded",
    "graph_json",
    "graph_table",
    "plan_explained",
    "plan_table",
    "report_json",
    "report_markdown",
    "report_text",
    "status_json",
    "status_markdown",
    "status_table",
    "traced_json",
    "traced_text",
]
