"""L05: no default on a field that may be missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.appsets import templates
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject, listed
from migrate.model.finding import Severity

_DEFAULT_ON_FIELD = re.compile(r"\{\{[^}]*(?:\bdefault\s+\S+\s+\.[A-Za-z]|\.[A-Za-z][\w.]*\s*\|\s*default\b)")


def check_defaults(subject: Subject) -> Iterator[Hit]:
    """L05: ``default`` does not help where a missing key is an error."""
    for appset in subject.appsets:
        if "missingkey=error" not in (listed(appset.data, "spec", "goTemplateOptions")):
            continue
        for keys, text in templates(appset):
            if _DEFAULT_ON_FIELD.search(text):
                hint = 'The lookup fails before default is asked. Use dig "key" "fallback" . for such a key.'
                where = subject.line(appset, *keys)
                yield warning("default on a field that may be missing", hint, where, appset.environment)


RULE = Rule(
    id="L05",
    title="no default on a field that may be missing",
    reason="the lookup fails before default runs",
    pointer="AC 2.5",
    severity=Severity.WARNING,
    check=check_defaults,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    spec:
                      project: '{{ .project | default "platform" }}'  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    spec:
                      project: '{{ dig "project" "platform" . }}'
            """,
        },
    ),
)
