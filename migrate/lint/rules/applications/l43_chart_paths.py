"""L43: the chart of every Application is there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import sources
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_chart_paths(subject: Subject) -> Iterator[Hit]:
    """L43: the folder that an Application is rendered from is there, and is a chart where it must be one."""
    holding = subject.folders
    hint = "Correct chart.path, or add the chart." if subject.own else "Correct the path, or add what it names."
    for one in subject.expansion.applications:
        for source in sources(one):
            path = posixpath.normpath(str(source.get("path") or ".")).strip("/")
            if source.get("chart") or not source.get("path") or not subject.reads_itself(source):
                continue
            where = subject.place(one, "chart", "path")
            if path != "." and path not in holding:
                text = f"path {path} is not in the tree"
                yield error(text, hint, where, one.environment)
            elif source.get("helm") and posixpath.normpath(f"{path}/Chart.yaml") not in subject.tree.files:
                text = f"path {path} holds no Chart.yaml"
                yield error(text, hint, where, one.environment)


RULE = Rule(
    id="L43",
    title="the chart of every Application is there",
    reason="a missing path is a ComparisonError",
    pointer="AC 5.9",
    severity=Severity.ERROR,
    check=check_chart_paths,
    example=Example(
        bad={
            WEB: """
                chart:
                  path: sources/charts/own/wep  # <- here
            """,
        },
        good={
            WEB: """
                chart:
                  path: sources/charts/own/web
            """,
        },
    ),
)
