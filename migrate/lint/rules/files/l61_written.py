"""L61: files are as migrate wrote them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from migrate.lint.charts import VENDORED
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.subject import Subject, mapped
from migrate.model.finding import Severity, SourceLocation

_MANIFEST = ".migrate/manifest.json"


def check_written(subject: Subject) -> Iterator[Hit]:
    """L61: the files that migrate wrote are there, and as it wrote them; vendored charts are L75's."""
    manifest = subject.tree.files.get(_MANIFEST)
    if manifest is None:
        if any(path.startswith(".migrate/") for path in subject.tree.files):
            text = "it is not there, and so nothing says which files migrate wrote"
            yield warning(text, "Take it from Git, or convert again.", SourceLocation(_MANIFEST))
        return
    written: Any = _written(manifest)
    if not written:
        hint = "migrate no longer knows which files are its own. Take it from Git, or convert again."
        yield warning("it lists no files, or is no JSON", hint, SourceLocation(_MANIFEST))
        return
    for path in sorted(path for path in written if not path.startswith(VENDORED)):
        content = subject.tree.files.get(path)
        if content is None:
            text = "migrate wrote this file, and it is not there"
            yield warning(text, "Take it from Git, or convert again.", SourceLocation(path))
        elif hashlib.sha256(content).hexdigest() != written[path]:
            text = "this file is not as migrate wrote it"
            hint = "Meant: change the helmfiles or migration.yaml instead, while migrate still converts this tree."
            yield info(text, hint, SourceLocation(path))
    for path in sorted(set(subject.tree.files) - set(written) - {_MANIFEST}):
        if path.startswith(("environments/", "sources/")) and not path.startswith(VENDORED):
            yield info("migrate did not write this file", "Meant, or a copy left behind?", SourceLocation(path))


def _written(manifest: bytes) -> dict[str, Any]:
    try:
        return mapped(json.loads(manifest), "files")
    except ValueError:
        return {}


RULE = Rule(
    id="L61",
    title="files are as migrate wrote them",
    reason="what was changed by hand is not proven, and a lost file is lost without a word",
    pointer="D 21",
    severity=Severity.WARNING,
    check=check_written,
    own_tree=True,
    example=Example(
        bad={
            ".migrate/manifest.json": """
                {"files": {"README.md": "0e489b456245ab9210163906f7fb89ea9b3c272ed766a3701a1b58288678b554"}}
            """,
            "README.md": """
                runbook, mended by hand  # <- here
            """,
        },
        good={
            ".migrate/manifest.json": """
                {"files": {"README.md": "0e489b456245ab9210163906f7fb89ea9b3c272ed766a3701a1b58288678b554"}}
            """,
            "README.md": """
                runbook
            """,
        },
        base={},
    ),
)
