"""L54: a chart lies in the tree once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator

from migrate.lint.charts import chart_data
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity, SourceLocation


def check_charts_once(subject: Subject) -> Iterator[Hit]:
    """L54: a chart of one version lies in the tree once."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in subject.paths:
        folder = path.removesuffix("/Chart.yaml")
        if folder != path and not _is_nested(folder, subject):
            chart = chart_data(subject, folder)
            places[str(chart.get("name") or ""), str(chart.get("version") or "")].append(folder)
    for (name, version), found in places.items():
        for folder in found[1:] if name else []:
            same = _content(subject, folder) == _content(subject, found[0])
            text = f"chart {name} {version} lies in {found[0]} as well, with {'the same' if same else 'other'} content"
            hint = "Keep one of them, and name it in every component that needs it."
            yield warning(text, hint, SourceLocation(f"{folder}/Chart.yaml"))


def _is_nested(folder: str, subject: Subject) -> bool:
    parts = folder.split("/")
    return any("/".join([*parts[:end], "Chart.yaml"]) in subject.tree.files for end in range(len(parts)))


def _content(subject: Subject, folder: str) -> bytes:
    digest = hashlib.sha256()
    for path in subject.below(folder):
        digest.update(f"{path.removeprefix(folder)}\0{len(subject.tree.files[path])}\0".encode())
        digest.update(subject.tree.files[path])
    return digest.digest()


RULE = Rule(
    id="L54",
    title="a chart lies in the tree once",
    reason="of two copies one is mended and the other forgotten",
    pointer="D 24",
    severity=Severity.WARNING,
    check=check_charts_once,
    own_tree=True,
    example=Example(
        bad={
            "sources/charts/twin/web/Chart.yaml": """
                name: web  # <- here
                version: "1.10"
            """,
        },
        good={
            "sources/charts/twin/web/Chart.yaml": """
                name: web
                version: "2.0"
            """,
        },
    ),
)
