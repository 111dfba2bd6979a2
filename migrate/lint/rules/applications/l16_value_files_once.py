"""L16: no value file twice."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, listed
from migrate.model.finding import Severity


def check_value_files_once(subject: Subject) -> Iterator[Hit]:
    """L16: a value file listed twice."""
    for one in subject.expansion.applications:
        for source in sources(one):
            entries = [str(entry) for entry in listed(source, "helm", "valueFiles")]
            for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
                text = f"value file {entry} is listed more than once"
                hint = "From Argo CD 3.4 on its first place counts, before that its last. List it once."
                yield error(text, hint, subject.place(one, "valueFiles"), one.environment)


RULE = Rule(
    id="L16",
    title="no value file twice",
    reason="which place counts depends on the version",
    pointer="AC 5.12",
    severity=Severity.ERROR,
    check=check_value_files_once,
    example=Example(
        bad={
            WEB: """
                valueFiles:  # <- here
                  - sources/values/dev/apps/web/10-values.yaml
                  - sources/values/dev/apps/web/10-values.yaml
            """,
        },
        good={
            WEB: """
                valueFiles:
                  - sources/values/dev/apps/web/10-values.yaml
            """,
        },
    ),
)
