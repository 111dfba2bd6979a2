"""L18: values or valuesObject, not both."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS, CRDS, WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig
from migrate.model.finding import Severity


def check_values_twice(subject: Subject) -> Iterator[Hit]:
    """L18: ``values`` beside ``valuesObject`` is ignored."""
    for one in subject.expansion.applications:
        for source in sources(one):
            if dig(source, "helm", "values") and dig(source, "helm", "valuesObject") is not None:
                hint = "valuesObject wins and values is ignored. Keep one."
                yield error("helm has values and valuesObject", hint, subject.place(one), one.environment)


RULE = Rule(
    id="L18",
    title="values or valuesObject, not both",
    reason="valuesObject wins without a word",
    pointer="AC 5.14",
    severity=Severity.ERROR,
    check=check_values_twice,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          values: 'host: a.example.com'
                          valuesObject: {replicas: 2}
            """,
            WEB: """
                name: web  # <- here
            """,
            CRDS: """
                name: crds  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          valuesObject: {host: a.example.com, replicas: 2}
            """,
        },
    ),
)
