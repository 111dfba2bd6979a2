"""L76: facts about the cluster do not stand at the root of values that several charts read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from migrate.lint.charts import VENDORED, chart_folders
from migrate.lint.example import Example
from migrate.lint.good_tree import CRDS, TEMPLATE, WEB
from migrate.lint.root_keys import root_keys, swallowed
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, listed
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity, SourceLocation

_HINT = "Put it below one key of global (fleet in migration.yaml), and let charts read it there."


def check_root_keys(subject: Subject) -> Iterator[Hit]:
    """L76: no chart swallows a root key that is meant for others."""
    readers: dict[str, set[str]] = {}
    for one in subject.expansion.applications:
        for path in _value_files(one, subject):
            readers.setdefault(path, set()).update(chart_folders(one, subject))
    for path in sorted(readers):
        # What one chart alone reads is written for it, whatever it is called.
        keys = root_keys(subject.tree.text(path)) if len(readers[path]) > 1 else {}
        for key, (line, value) in keys.items():
            for folder in sorted(readers[path]):
                chart = {name: subject.tree.files[name] for name in subject.below(folder)}
                found = swallowed(chart, folder, key, value, vendored=folder.startswith(VENDORED))
                if found is None:
                    continue
                text = (
                    f"{key} at the root reaches {len(readers[path])} charts, and {folder} {found.how} ({found.place})"
                )
                yield (info if found.meant else warning)(text, _HINT, SourceLocation(path, line))


def _value_files(one: GeneratedApplication, subject: Subject) -> Iterator[str]:
    for source in sources(one):
        chart = str(source.get("path") or "")
        for entry in listed(source, "helm", "valueFiles"):
            name = str(entry)
            path = name.lstrip("/") if name.startswith("/") else posixpath.normpath(posixpath.join(chart, name))
            if path in subject.tree.files:
                yield path


_GLOBALS = "sources/values/_shared/globals/cluster.yaml"
_READ_BY_BOTH = """
    valueFiles:
      - sources/values/_shared/globals/cluster.yaml
"""
_CONFIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: {{ .Values.name | default .Release.Name }}
"""

RULE = Rule(
    id="L76",
    title="facts about the cluster do not stand at the root of values that several charts read",
    reason="a chart takes a root key (cluster, name, type, spec) for its own, and installs something else",
    pointer="AC 5.6",
    severity=Severity.WARNING,
    check=check_root_keys,
    example=Example(
        bad={
            _GLOBALS: "name: production  # <- here",
            WEB: _READ_BY_BOTH,
            CRDS: _READ_BY_BOTH,
            TEMPLATE: _CONFIG,
        },
        good={
            _GLOBALS: """
                global:
                  acme:
                    clusterName: production
            """,
            WEB: _READ_BY_BOTH,
            CRDS: _READ_BY_BOTH,
            TEMPLATE: _CONFIG,
        },
    ),
)
