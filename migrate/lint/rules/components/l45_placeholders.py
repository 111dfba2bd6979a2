"""L45: no placeholder in a parameter."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject, dig, texts
from migrate.model.finding import Severity


def check_placeholders(subject: Subject) -> Iterator[Hit]:
    """L45: a parameter still holds a placeholder, which a person must supply."""
    for component in subject.active_components:
        for keys, text in texts(dig(component.data, "parameters"), ("parameters",)):
            if text.startswith("PLACEHOLDER"):
                hint = "Supply it as a Secret, or through External Secrets; never in Git."
                where = subject.line(component, *keys)
                yield warning(f"a placeholder is in a parameter: {text}", hint, where, component.environment)


RULE = Rule(
    id="L45",
    title="no placeholder in a parameter",
    reason="a placeholder would be applied as it is",
    pointer="D 25",
    severity=Severity.WARNING,
    check=check_placeholders,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                parameters:
                  - name: password
                    value: PLACEHOLDER-password  # <- here
            """,
        },
        good={
            WEB: """
                parameters:
                  - name: existingSecret
                    value: web-password
            """,
        },
    ),
)
