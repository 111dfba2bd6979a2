"""L75: vendored charts are as they were when they were vendored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from migrate.lint.charts import VENDORED, chart_around, with_dependencies
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, mapped
from migrate.model.finding import Severity, SourceLocation

_MANIFEST = ".migrate/manifest.json"


def check_vendored(subject: Subject) -> Iterator[Hit]:
    """One hit a file that differs from its recorded digest, is gone, or was never recorded."""
    recorded = {path: digest for path, digest in _recorded(subject).items() if path.startswith(VENDORED)}
    if not recorded:
        return
    there = {path for path in subject.paths if path.startswith(VENDORED)}
    for path in sorted(there | set(recorded)):
        if path not in there:
            text = "this file of a vendored chart is gone"
        elif path not in recorded:
            text = "this file was put into a vendored chart"
        elif hashlib.sha256(subject.tree.files[path]).hexdigest() != recorded[path]:
            text = "this file of a vendored chart was changed after vendoring"
        else:
            continue
        yield error(text, _hint(subject, path), SourceLocation(path))


def _recorded(subject: Subject) -> dict[str, Any]:
    """Path → SHA-256, as migrate wrote them down; empty where nobody can tell."""
    try:
        return mapped(json.loads(subject.tree.files.get(_MANIFEST, b"{}")), "files")
    except ValueError:
        return {}


def _hint(subject: Subject, path: str) -> str:
    """What to do, with the first release that the chart serves."""
    folder = chart_around(subject, path)
    users = (c for c in subject.components if folder in with_dependencies(subject, str(c.get("chart", "path") or "")))
    release = next((str(user.get("source", "release") or "") for user in users), "") or "<id>"
    return (
        "Take it from Git, and put the change into a wrapper chart: "
        f"migration.yaml: releases.{release}.wrapper; a newer chart comes from the estate."
    )


RULE = Rule(
    id="L75",
    title="vendored charts are as they were when they were vendored",
    reason="a change inside somebody else's chart is lost with its next version, and nobody reviews it there",
    pointer="D 21",
    severity=Severity.ERROR,
    check=check_vendored,
    own_tree=True,
    example=Example(
        bad={
            ".migrate/manifest.json": """
                {"files": {"sources/charts/third_party/acme/web/values.yaml":
                  "64c510504df97ba5ad76d9dab24c7550b4b53a6d31adc47a75e6efbe8851ae8c"}}
            """,
            "sources/charts/third_party/acme/web/values.yaml": """
                replicas: 2  # <- here
            """,
        },
        good={
            ".migrate/manifest.json": """
                {"files": {"sources/charts/third_party/acme/web/values.yaml":
                  "64c510504df97ba5ad76d9dab24c7550b4b53a6d31adc47a75e6efbe8851ae8c"}}
            """,
            "sources/charts/third_party/acme/web/values.yaml": """
                replicas: 1
            """,
        },
        base={},
    ),
)
