"""L63: an Application renders the same each time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, listed
from migrate.model.finding import Severity

_PINS = re.compile(r"(^|[-/])pins\.ya?ml$")


def check_stable(subject: Subject) -> Iterator[Hit]:
    """L63: an Application renders the same objects each time; a value that the plan pins is worth a look."""
    for one in subject.expansion.applications:
        found = subject.render_of(one)
        for key, path in found.unstable if found else ():
            text = f"{key}: {path or 'the object'} is drawn anew in each render"
            hint = "It is OutOfSync for ever, and every sync changes it. Pin the value (migrate plan says how)."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)
        for source in sources(one):
            for index, entry in enumerate(listed(source, "helm", "valueFiles")):
                if _PINS.search(str(entry)):
                    text = (
                        f"{one.name} draws values anew, and only the pins in {str(entry).lstrip('/')} hold them still"
                    )
                    hint = "Give it a Secret that exists (existingSecret and the like), then drop the pin."
                    where = subject.place(one, "valueFiles", index)
                    yield warning(text, hint, where, one.environment)


RULE = Rule(
    id="L63",
    title="an Application renders the same each time",
    reason="a value drawn anew is OutOfSync for ever, and changes with every sync",
    pointer="AC 6.5, D 11",
    severity=Severity.ERROR,
    check=check_stable,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: v1
                kind: Secret
                metadata:
                  name: session
                stringData:
                  key: {{ randAlphaNum 16 }}
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: web
                spec:
                  volumes:
                    - name: session
                      secret: {secretName: session}
            """,
        },
    ),
)
