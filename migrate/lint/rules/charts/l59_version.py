"""L59: chart.version is that of the chart."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.charts import chart_data
from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_version(subject: Subject) -> Iterator[Hit]:
    """L59: the version in component.yaml is that of the chart in its folder."""
    for component in subject.components:
        folder = str(component.get("chart", "path") or "").strip("/")
        stated, real = component.get("chart", "version"), chart_data(subject, folder).get("version")
        if isinstance(stated, str) and stated and real is not None and stated != str(real):
            text = f"chart.version is {stated}, and {folder} holds {real}"
            hint = "Vendor the version that is meant, or correct chart.version."
            yield error(text, hint, subject.line(component, "chart", "version"), component.environment)


RULE = Rule(
    id="L59",
    title="chart.version is that of the chart",
    reason="people and runbooks read component.yaml, Argo CD the chart",
    pointer="D 24",
    severity=Severity.ERROR,
    check=check_version,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                chart:
                  version: "1.11"  # <- here
            """,
        },
        good={
            WEB: """
                chart:
                  version: "1.10"
            """,
        },
    ),
)
