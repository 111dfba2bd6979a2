"""L42: no dependsOn."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

_DEPENDENCY_KEYS = ("dependsOn", "needs", "dependencies")


def check_no_dependencies(subject: Subject) -> Iterator[Hit]:
    """L42: nothing that looks like an order and is none."""
    for component in subject.components:
        for key in _DEPENDENCY_KEYS:
            if key in component.data:
                hint = "Give it a later rolloutPhase; Argo CD has no dependencies between Applications."
                where = subject.line(component, key)
                yield error(f"{key} orders nothing", hint, where, component.environment)


RULE = Rule(
    id="L42",
    title="no dependsOn",
    reason="Argo CD has no dependencies between Applications; the phase is the order",
    pointer="AC 12.12",
    severity=Severity.ERROR,
    check=check_no_dependencies,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                dependsOn: [crds]  # <- here
            """,
        },
        good={
            WEB: """
                rolloutPhase: "650"
            """,
        },
    ),
)
