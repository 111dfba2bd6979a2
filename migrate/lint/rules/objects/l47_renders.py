"""L47: every Application renders something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.rule import Hit, Rule, error, info
from migrate.lint.subject import Subject
from migrate.model.finding import Severity
from migrate.model.plugin import plugin_settings

_NO_FOLDER = re.compile(r"app path does not exist$")
"""A matter of L43."""


def check_renders(subject: Subject) -> Iterator[Hit]:
    """L47: every Application renders, and renders something."""
    for one in subject.expansion.applications:
        found = subject.render_of(one)
        where = subject.place(one, "chart", "path")
        if plugin_settings(one.manifest) is not None:
            if not subject.own:
                continue  # one information for all, of L66
            hint = "migrate verify says whether the plugin finds the estate's own files."
            yield info(
                f"Application {one.name} is rendered by a plugin, which is not run here", hint, where, one.environment
            )
        elif found is not None and found.error and not _NO_FOLDER.search(found.error):
            text = f"Application {one.name} does not render: {found.error}"
            yield error(text, "Argo CD would report a ComparisonError.", where, one.environment)
        elif found is not None and not found.error and not found.manifests:
            hint = "An empty Application is Healthy at once; park the component if that is not meant."
            yield info(f"Application {one.name} renders nothing", hint, where, one.environment)


RULE = Rule(
    id="L47",
    title="every Application renders something",
    reason="a failing render is a ComparisonError, an empty one is Healthy at once",
    pointer="AC 6.6",
    severity=Severity.ERROR,
    check=check_renders,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                host: {{ required "a host is needed" .Values.host }}
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: {{ .Values.host | default "web" }}
            """,
        },
    ),
)
