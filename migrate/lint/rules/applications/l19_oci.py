"""L19: no oci:// with chart."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS, CRDS, WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import sources
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_oci(subject: Subject) -> Iterator[Hit]:
    """L19: ``oci://`` and ``chart`` do not go together."""
    for one in subject.expansion.applications:
        for source in sources(one):
            if str(source.get("repoURL", "")).startswith("oci://") and source.get("chart"):
                hint = "Write the registry without oci://, or the whole address in repoURL with path: ."
                text = f"repoURL {source['repoURL']} with chart {source['chart']}: the chart is ignored"
                yield error(text, hint, subject.place(one, "chart"), one.environment)


RULE = Rule(
    id="L19",
    title="no oci:// with chart",
    reason="the chart is ignored",
    pointer="AC 5.21",
    severity=Severity.ERROR,
    check=check_oci,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        repoURL: oci://registry.example.com/charts
                        chart: '{{ .name }}'
            """,
            WEB: """
                chart:  # <- here
            """,
            CRDS: """
                chart:  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        repoURL: registry.example.com/charts
                        chart: '{{ .name }}'
            """,
        },
    ),
)
