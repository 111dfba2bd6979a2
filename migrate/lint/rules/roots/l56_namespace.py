"""L56: Argo CD's own objects lie in one namespace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import PROJECT
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_namespace(subject: Subject) -> Iterator[Hit]:
    """L56: what is made for one Argo CD lies in its namespace; elsewhere nobody reads it."""
    documents = (*subject.appsets, *subject.projects, *subject.roots, *subject.others)
    for environment in sorted({one.environment for one in documents}):
        mine = [one for one in documents if one.environment == environment and one.get("kind")]
        # Without a namespace an object goes where its Application sends it.
        placed = [(one, str(one.get("metadata", "namespace"))) for one in mine if one.get("metadata", "namespace")]
        spaces = Counter(space for _, space in placed)
        if not environment or len(spaces) < 2:
            continue
        usual = min(spaces, key=lambda space: (-spaces[space], space))
        for one, space in placed:
            if space != usual:
                text = f"{one.get('kind')} {one.name} is in namespace {space!r}, everything else in {usual!r}"
                hint = "Argo CD reads its own namespace only. Correct metadata.namespace."
                yield error(text, hint, subject.line(one, "metadata", "namespace"), environment)


RULE = Rule(
    id="L56",
    title="Argo CD's own objects lie in one namespace",
    reason="Argo CD reads ApplicationSets, projects and Secrets in its own namespace only",
    pointer="AC 2.11, 9.14",
    severity=Severity.ERROR,
    check=check_namespace,
    example=Example(
        bad={
            PROJECT: """
                metadata:
                  namespace: apps  # <- here
            """,
        },
        good={
            PROJECT: """
                metadata:
                  namespace: argocd
            """,
        },
    ),
)
