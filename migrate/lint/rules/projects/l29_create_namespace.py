"""L29: CreateNamespace only where the project allows Namespace."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import PROJECT, WEB
from migrate.lint.permissions import allows_cluster_kind
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, listed
from migrate.model.finding import Severity
from migrate.model.manifest import ObjectKey


def check_create_namespace(subject: Subject) -> Iterator[Hit]:
    """L29: CreateNamespace needs the permission to create one."""
    for one in subject.expansion.applications:
        options = listed(one.manifest, "spec", "syncPolicy", "syncOptions")
        project = subject.project_of(one)
        if project is None or "CreateNamespace=true" not in options:
            continue
        if not allows_cluster_kind(project, ObjectKey("", "Namespace", "", "")):
            text = f"CreateNamespace=true, but project {project.name} does not allow Namespace"
            hint = "Add it to clusterResourceWhitelist, or let the namespaces component create the namespace."
            yield error(text, hint, subject.place(one, "syncOptions"), one.environment)


RULE = Rule(
    id="L29",
    title="CreateNamespace only where the project allows Namespace",
    reason="the whole sync fails otherwise",
    pointer="AC 8.6, D 19",
    severity=Severity.ERROR,
    check=check_create_namespace,
    example=Example(
        bad={
            WEB: """
                syncOptions:  # <- here
                  - CreateNamespace=true
            """,
        },
        good={
            WEB: """
                syncOptions:
                  - CreateNamespace=true
            """,
            PROJECT: """
                spec:
                  clusterResourceWhitelist:
                    - group: ""
                      kind: Namespace
            """,
        },
    ),
)
