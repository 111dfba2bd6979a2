"""L09: valuesObject is written in one place."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, dig
from migrate.model.finding import Severity


def check_values_object(subject: Subject) -> Iterator[Hit]:
    """L09: valuesObject is written in one place, the template or the patch."""
    for appset in subject.appsets:
        in_template = dig(appset.get("spec", "template", "spec", "source"), "helm", "valuesObject") is not None
        patch = str(appset.get("spec", "templatePatch") or "")
        if in_template and "valuesObject:" in patch:
            hint = "Argo CD cannot merge mappings inside it. Keep it in the template, or in the patch."
            where = subject.line(appset, "spec", "templatePatch")
            yield error("valuesObject is in the template and in templatePatch", hint, where, appset.environment)


RULE = Rule(
    id="L09",
    title="valuesObject is written in one place",
    reason="template and patch cannot be merged inside it",
    pointer="AC 2.13",
    severity=Severity.ERROR,
    check=check_values_object,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          valuesObject: {ingress: {enabled: true}}
                  templatePatch: |  # <- here
                    spec:
                      source:
                        helm:
                          valuesObject: {ingress: {host: '{{ .name }}.example.com'}}
            """,
        },
        good={
            APPS: """
                spec:
                  templatePatch: |
                    spec:
                      source:
                        helm:
                          valuesObject: {ingress: {enabled: true, host: '{{ .name }}.example.com'}}
            """,
        },
    ),
)
