"""L06: braces for Helm are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.appsets import templates
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

_ACTION = re.compile(r"\{\{(?:`[^`]*`|\"(?:\\.|[^\"\\])*\"|[^`\"])*?\}\}", re.DOTALL)
_TEXTS = re.compile(r"`[^`]*`|\"(?:\\.|[^\"\\])*\"")
_HELM_DATA = re.compile(r"(?<![\w)\]])\.(?:Release|Values|Chart|Capabilities|Template|Files|Subcharts)\b")
_HELM_CALL = re.compile(r"(?:\{\{-?|[|(])\s*(include|tpl|lookup|required|toToml)\b")


def check_braces(subject: Subject) -> Iterator[Hit]:
    """L06: braces that are meant for Helm are escaped, since the controller fills in its own."""
    for appset in subject.appsets:
        for keys, text in templates(appset):
            for action in _ACTION.findall(text):
                code = _TEXTS.sub("", action)
                found = _HELM_DATA.search(code) or _HELM_CALL.search(code)
                if found:
                    name = found[found.lastindex or 0]
                    said = f"{action} asks for {name}, which Helm knows and the ApplicationSet controller does not"
                    hint = (
                        'Write {{ "{{" }} for braces that are to reach the chart, or move the text into a value file.'
                    )
                    yield error(said, hint, subject.line(appset, *keys), appset.environment)


RULE = Rule(
    id="L06",
    title="braces for Helm are escaped",
    reason="the controller fills in every {{ }}, and knows neither .Release nor include",
    pointer="AC 2.2, 2.6",
    severity=Severity.ERROR,
    check=check_braces,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          values: 'host: {{ .Release.Name }}.example.com'  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          values: 'host: {{ "{{" }} .Release.Name {{ "}}" }}.example.com'
            """,
        },
    ),
)
