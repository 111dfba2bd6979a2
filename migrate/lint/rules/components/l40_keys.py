"""L40: component.yaml has every key."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

REQUIRED_KEYS = (
    "name", "project", "tier", "domain", "componentType", "rolloutPhase", "wave", "namespace", "releaseName", "chart",
    "valueFiles", "parameters", "fileParameters", "syncOptions", "ignoreDifferences", "source", "cluster",
    "skipTests", "skipSchemaValidation", "kubeVersion",
)  # fmt: skip
CHART_KEYS = ("path", "repoURL", "name", "version", "skipCrds")


def check_keys(subject: Subject) -> Iterator[Hit]:
    """L40: every key that the template asks for is there."""
    for component in subject.components:
        missing = [key for key in REQUIRED_KEYS if key not in component.data]
        chart = component.get("chart")
        missing += [f"chart.{key}" for key in CHART_KEYS if isinstance(chart, dict) and key not in chart]
        if missing:
            text = f"keys are missing: {', '.join(missing)}"
            hint = "With missingkey=error one missing key stops the whole ApplicationSet. Write it, empty if unused."
            yield error(text, hint, subject.line(component), component.environment)


RULE = Rule(
    id="L40",
    title="component.yaml has every key",
    reason="with missingkey=error one missing key stops all Applications",
    pointer="AC 2.5, D 24",
    severity=Severity.ERROR,
    check=check_keys,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                name: web  # <- here
                # without tier
            """,
        },
        good={
            WEB: """
                name: web
                tier: infra
            """,
        },
    ),
)
