"""L30: projects allow what their Applications need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import PROJECT, WEB
from migrate.lint.permissions import allows_cluster_kind, allows_namespaced_kind, allows_repository, matches_or_denies
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Document, Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity, SourceLocation

_LOCAL = {"server": "https://kubernetes.default.svc", "name": "in-cluster"}


def check_permissions(subject: Subject) -> Iterator[Hit]:
    """L30: the project allows the repositories, the destination and (where rendered) every kind."""
    for each in subject.projects:
        yield from _project_faults(subject, each)
    told: set[str] = set()
    for one in subject.expansion.applications:
        project = subject.project_of(one)
        where = subject.place(one, "project")
        if project is None:
            name = str(dig(one.manifest, "spec", "project") or "")
            if subject.own or name not in told:
                yield from _unknown_project(subject, one, where)
            told.add(name)
            continue
        sure = subject.is_sure_of(project, one)
        for hit in _refusals(subject, project, one):
            yield hit if sure else replace(hit, severity=Severity.WARNING)


def _refusals(subject: Subject, project: Document, one: GeneratedApplication) -> Iterator[Hit]:
    where = subject.place(one, "project")
    for source in sources(one):
        url = str(source.get("repoURL", ""))
        if not allows_repository(_texts(project, "sourceRepos"), url):
            text = f"project {project.name} does not allow the repository {url}"
            yield error(text, "Add it to sourceRepos.", where, one.environment)
    yield from _destination(project, one, where)
    yield from _kinds(subject, project, one)


def _unknown_project(subject: Subject, one: GeneratedApplication, where: SourceLocation) -> Iterator[Hit]:
    """A project that nobody created stops every sync; ``default`` comes with Argo CD itself."""
    name = dig(one.manifest, "spec", "project")
    if name in ("default", "", None):
        return
    text = f"Application {one.name}: no AppProject {name} is in this tree"
    tell = info if not subject.own else error if subject.projects else warning
    yield tell(
        text, "Add it, or see that it is created elsewhere: Argo CD syncs nothing without.", where, one.environment
    )


def _project_faults(subject: Subject, project: Document) -> Iterator[Hit]:
    repositories = _texts(project, "sourceRepos")
    where = subject.line(project, "spec", "sourceRepos")
    if repositories and all(pattern.startswith("!") for pattern in repositories):
        text = f"project {project.name}: a list of denials alone permits everything else"
        yield error(text, "List what is allowed.", where, project.environment)
    if "!*" in repositories:
        text = f"project {project.name}: !* is refused by Argo CD"
        yield error(text, "List what is allowed; an empty list allows nothing.", where, project.environment)
    for pattern in repositories:
        if re.fullmatch(r"[a-z]+://\*", pattern):
            text = f"project {project.name}: {pattern} matches nearly nothing, since * stops at a slash"
            yield warning(text, "Write ** or the repository itself.", where, project.environment)


def _texts(project: Document, key: str) -> list[str]:
    return [str(entry) for entry in listed(project.data, "spec", key)]


def _destination(project: Document, one: GeneratedApplication, where: Any) -> Iterator[Hit]:
    destination = mapped(one.manifest, "spec", "destination")
    if not _allows_destination(project, destination, str(destination.get("namespace") or "")):
        shown = f"{destination.get('server') or destination.get('name')}, {destination.get('namespace')}"
        text = f"project {project.name} does not allow the destination {shown}"
        yield error(text, "Add it to destinations.", where, one.environment)


def _allows_destination(project: Document, destination: dict[str, Any], namespace: str) -> bool:
    """As Argo CD goes through them: the first denial that hits rejects, and what fits allows (rules 9.2 and 9.3)."""
    found = False
    for entry in listed(project.data, "spec", "destinations"):
        server, name = _fits(entry, destination, "server"), _fits(entry, destination, "name")
        space = matches_or_denies(str(dig(entry, "namespace") or ""), namespace)
        denials = (
            name is False and _denies(entry, "name"),
            server is False and _denies(entry, "server") and space,
            server and not space and _denies(entry, "namespace"),
        )
        if (server or name) and space:
            found = True
        elif any(denials):
            return False
    return found


def _denies(entry: Any, key: str) -> bool:
    return str(dig(entry, key) or "").startswith("!")


def _fits(entry: Any, destination: dict[str, Any], key: str) -> bool | None:
    """Whether the entry's cluster is that of the destination; None where one of the two does not say it.

    The local cluster has a name and a server; any other is compared by what both say.
    """
    pattern = dig(entry, key)
    local = destination.get("server") == _LOCAL["server"] or destination.get("name") == _LOCAL["name"]
    value = _LOCAL[key] if local else destination.get(key)
    return matches_or_denies(str(pattern), str(value)) if pattern and value else None


def _kinds(subject: Subject, project: Document, one: GeneratedApplication) -> Iterator[Hit]:
    destination = mapped(one.manifest, "spec", "destination")
    keys = {manifest.key for manifest in subject.manifests(one)}
    # What is asked of a project is the same for many objects: each question once.
    spaces = {space: _allows_destination(project, destination, space) for space in {key.namespace for key in keys}}
    kinds = {key.group_kind: key for key in keys if key.namespace}
    refused = {
        kind: "Add it to namespaceResourceWhitelist."
        for kind, key in kinds.items()
        if not allows_namespaced_kind(project, key)
    }
    for key in keys:
        if key.namespace and key.group_kind not in refused and not spaces[key.namespace]:
            refused[f"objects in namespace {key.namespace}"] = "Add the namespace to destinations."
        elif not key.namespace and not allows_cluster_kind(project, key):
            refused[key.group_kind] = "Add it to clusterResourceWhitelist, or use a project that may create it."
    for what, hint in sorted(refused.items()):
        text = f"project {project.name} does not allow {what}, and so the whole sync of {one.name} fails"
        yield error(text, hint, subject.place(one, "project"), one.environment)


RULE = Rule(
    id="L30",
    title="projects allow what their Applications need",
    reason="one forbidden kind fails the whole sync",
    pointer="AC 9.1-9.8",
    severity=Severity.ERROR,
    check=check_permissions,
    example=Example(
        bad={
            PROJECT: """
                spec:
                  destinations:
                    - name: in-cluster
                      namespace: crds
            """,
            WEB: """
                project: platform  # <- here
            """,
        },
        good={
            PROJECT: """
                spec:
                  destinations:
                    - name: in-cluster
                      namespace: crds
                    - name: in-cluster
                      namespace: web
            """,
        },
    ),
)
