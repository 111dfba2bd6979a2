"""L41: rolloutPhase is three digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

_PHASE = re.compile(r"^\d{3}$")


def check_phase(subject: Subject) -> Iterator[Hit]:
    """L41: the rollout phase is three digits, as text."""
    for component in subject.components:
        phase = component.get("rolloutPhase")
        if phase is not None and not (isinstance(phase, str) and _PHASE.match(phase)):
            text = f"rolloutPhase {phase!r} is not three digits"
            hint = 'Write three digits in quotes, e.g. "130": phases are compared and sorted as text.'
            yield error(text, hint, subject.line(component, "rolloutPhase"), component.environment)


RULE = Rule(
    id="L41",
    title="rolloutPhase is three digits",
    reason="phases are compared as text",
    pointer="AC 3.6",
    severity=Severity.ERROR,
    check=check_phase,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                rolloutPhase: "late"  # <- here
            """,
        },
        good={
            WEB: """
                rolloutPhase: "650"
            """,
        },
    ),
)
