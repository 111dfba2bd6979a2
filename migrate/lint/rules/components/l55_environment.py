"""L55: an environment reads its own files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, dig, generators, listed
from migrate.model.finding import Severity


def check_environment(subject: Subject) -> Iterator[Hit]:
    """L55: an environment reads its own components and values, and what is shared."""
    names = subject.environments
    shared = {folder for taken in subject.component_folders.values() for folder in taken} - names
    for component in subject.components:
        files = listed(component.data, "valueFiles")
        files += [dig(entry, "path") for entry in listed(component.data, "fileParameters")]
        for index, entry in enumerate(files):
            owner = re.match(r"/?sources/values/([^/]+)/", str(entry))
            if owner and owner[1] in names - {component.environment} and component.environment:
                text = f"value file {entry} is that of environment {owner[1]}"
                hint = f"Use the one below sources/values/{component.environment}, or a shared one."
                where = subject.line(component, "valueFiles", index)
                yield error(text, hint, where, component.environment)
    for appset in subject.appsets:
        for git in generators(appset, "git"):
            for entry in listed(git, "files") + listed(git, "directories"):
                owner = re.match(r"environments/([^/]+)/", str(dig(entry, "path")))
                if owner and appset.environment and owner[1] not in shared | {appset.environment}:
                    text = f"ApplicationSet {appset.name} picks up components of {owner[1]}: {dig(entry, 'path')}"
                    hint = f"Write environments/{appset.environment}/."
                    where = subject.line(appset, "spec", "generators")
                    yield error(text, hint, where, appset.environment)


RULE = Rule(
    id="L55",
    title="an environment reads its own files",
    reason="a value file of another environment is right until that environment changes",
    pointer="D 20",
    severity=Severity.ERROR,
    check=check_environment,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                valueFiles:
                  - sources/values/prod/apps/web/10-values.yaml  # <- here
            """,
            "environments/prod/argocd/README.md": """
                another environment
            """,
        },
        good={
            WEB: """
                valueFiles:
                  - sources/values/dev/apps/web/10-values.yaml
            """,
            "environments/prod/argocd/README.md": """
                another environment
            """,
        },
    ),
)
