"""L53: projects allow what is needed, and not everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import PROJECT
from migrate.lint.permissions import is_listed
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.subject import Document, Subject, dig, listed
from migrate.model.finding import Severity
from migrate.model.manifest import ObjectKey


def check_width(subject: Subject) -> Iterator[Hit]:
    """L53: a project allows what its Applications need, and not everything."""
    for project in subject.projects:
        for key in ("clusterResourceWhitelist", "namespaceResourceWhitelist", "destinations", "sourceRepos"):
            for index, entry in enumerate(listed(project.data, "spec", key)):
                wide = [name for name, value in _fields(entry) if re.fullmatch(r"\*+", value)]
                if wide and not (key == "namespaceResourceWhitelist" and wide == ["kind"]):
                    text = f"project {project.name}: {key} allows any {' and any '.join(wide)}"
                    hint = "List what its Applications need: a mistake in one of them then stays in it."
                    where = subject.line(project, "spec", key, index)
                    tell = warning if subject.own else info
                    yield tell(text, hint, where, project.environment)
        yield from _unneeded(subject, project)


def _fields(entry: Any) -> list[tuple[str, str]]:
    if not isinstance(entry, dict):
        return [("repository", str(entry))]
    return [(str(name), str(value)) for name, value in entry.items()]


def _unneeded(subject: Subject, project: Document) -> Iterator[Hit]:
    """Cluster kinds that a project allows and none of its Applications renders; only where all were rendered."""
    users = [one for one in subject.expansion.applications if subject.project_of(one) is project]
    found = [subject.render_of(one) for one in users]
    if not users or any(one is None or one.error for one in found):
        return
    keys = {manifest.key for one in found if one for manifest in one.manifests if not manifest.key.namespace}
    creating = any("CreateNamespace=true" in listed(u.manifest, "spec", "syncPolicy", "syncOptions") for u in users)
    keys |= {ObjectKey("", "Namespace", "", "")} if creating else set()
    for index, entry in enumerate(listed(project.data, "spec", "clusterResourceWhitelist")):
        if not any(is_listed([entry], key) for key in keys):
            text = f"project {project.name} allows {dig(entry, 'kind')}, which none of its Applications renders"
            where = subject.line(project, "spec", "clusterResourceWhitelist", index)
            yield info(text, "Remove it, or keep it for what is to come.", where, project.environment)


RULE = Rule(
    id="L53",
    title="projects allow what is needed, and not everything",
    reason="a project is the fence that keeps a mistake in one Application from the rest",
    pointer="AC 9.5, 9.6, D 19",
    severity=Severity.WARNING,
    check=check_width,
    example=Example(
        bad={
            PROJECT: """
                spec:
                  sourceRepos:
                    - '*'  # <- here
            """,
        },
        good={
            PROJECT: """
                spec:
                  sourceRepos:
                    - https://git.example.com/platform/gitops.git
            """,
        },
    ),
)
