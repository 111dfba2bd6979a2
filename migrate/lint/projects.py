"""Rules over AppProjects: what an Application needs, its project must allow."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import Any

from migrate.lint.repositories import plain_url
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Document, Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import SourceLocation
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


def check_permissions(subject: Subject) -> Iterator[Hit]:
    """L30: the project allows the repositories, the destination and (where rendered) every kind."""
    for each in subject.projects:
        yield from _project_faults(subject, each)
    for one in subject.expansion.applications:
        project = subject.project_of(one)
        where = subject.place(one, "project")
        if project is None:
            yield from _unknown_project(subject, one, where)
            continue
        for source in sources(one):
            url = str(source.get("repoURL", ""))
            if not any(repository_matches(pattern, url) for pattern in _texts(project, "sourceRepos")):
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
    tell = error if subject.projects else warning
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
                    yield warning(text, hint, where, project.environment)
        yield from _unneeded(subject, project)


def _fields(entry: Any) -> list[tuple[str, str]]:
    if not isinstance(entry, dict):
        return [("repository", str(entry))]
    return [(str(name), str(value)) for name, value in entry.items()]


def _unneeded(subject: Subject, project: Document) -> Iterator[Hit]:
    """Cluster kinds that a project allows and none of its Applications renders; only where all were rendered."""
    users = [one for one in subject.expansion.applications if subject.project_of(one) is project]
    found = [(subject.rendered or {}).get((one.environment, one.name)) for one in users]
    if not users or any(one is None or one.error for one in found):
        return
    keys = {manifest.key for one in found if one for manifest in one.manifests if not manifest.key.namespace}
    creating = any("CreateNamespace=true" in listed(u.manifest, "spec", "syncPolicy", "syncOptions") for u in users)
    keys |= {ObjectKey("", "Namespace", "", "")} if creating else set()
    for index, entry in enumerate(listed(project.data, "spec", "clusterResourceWhitelist")):
        if not any(_listed([entry], key) for key in keys):
            text = f"project {project.name} allows {dig(entry, 'kind')}, which none of its Applications renders"
            where = subject.line(project, "spec", "clusterResourceWhitelist", index)
            yield info(text, "Remove it, or keep it for what is to come.", where, project.environment)


def _texts(project: Document, key: str) -> list[str]:
    return [str(entry) for entry in listed(project.data, "spec", key)]


def repository_matches(pattern: str, url: str) -> bool:
    """Whether a sourceRepos entry allows a repository (rule 9.1)."""
    if pattern == "*":
        return True
    pieces = re.split(r"(\*\*|\*|\?)", plain_url(pattern))
    meaning = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(meaning.get(piece, re.escape(piece)) for piece in pieces), plain_url(url)) is not None


def _destination(project: Document, one: GeneratedApplication, where: Any) -> Iterator[Hit]:
    destination = mapped(one.manifest, "spec", "destination")
    if not _allows_destination(project, destination, str(destination.get("namespace") or "")):
        shown = f"{destination.get('server') or destination.get('name')}, {destination.get('namespace')}"
        text = f"project {project.name} does not allow the destination {shown}"
        yield error(text, "Add it to destinations.", where, one.environment)


def _allows_destination(project: Document, destination: dict[str, Any], namespace: str) -> bool:
    entries: Any = listed(project.data, "spec", "destinations")
    return any(
        (_same(entry, destination, "server") or _same(entry, destination, "name"))
        and fnmatch.fnmatchcase(namespace, str(dig(entry, "namespace") or ""))
        for entry in entries
    )


_LOCAL = {"server": "https://kubernetes.default.svc", "name": "in-cluster"}


def _same(entry: Any, destination: dict[str, Any], key: str) -> bool:
    """The local cluster has a name and a server; any other is compared by what both say."""
    pattern = dig(entry, key)
    local = destination.get("server") == _LOCAL["server"] or destination.get("name") == _LOCAL["name"]
    value = _LOCAL[key] if local else destination.get(key)
    return bool(pattern) and bool(value) and fnmatch.fnmatchcase(str(value), str(pattern))


def _kinds(subject: Subject, project: Document, one: GeneratedApplication) -> Iterator[Hit]:
    destination = mapped(one.manifest, "spec", "destination")
    refused: dict[str, str] = {}
    for manifest in subject.manifests(one):
        key = manifest.key
        if key.namespace:
            if not allows_namespaced_kind(project, key):
                refused[key.group_kind] = "Add it to namespaceResourceWhitelist."
            elif not _allows_destination(project, destination, key.namespace):
                refused[f"objects in namespace {key.namespace}"] = "Add the namespace to destinations."
        elif not allows_cluster_kind(project, key):
            refused[key.group_kind] = "Add it to clusterResourceWhitelist, or use a project that may create it."
    for what, hint in sorted(refused.items()):
        text = f"project {project.name} does not allow {what}, and so the whole sync of {one.name} fails"
        yield error(text, hint, subject.place(one, "project"), one.environment)


def allows_cluster_kind(project: Document, key: ObjectKey) -> bool:
    """Whether a cluster-scoped kind may be created: no list allows nothing (rule 9.5)."""
    allowed = listed(project.data, "spec", "clusterResourceWhitelist")
    denied = listed(project.data, "spec", "clusterResourceBlacklist")
    return _listed(allowed, key) and not _listed(denied, key)


def allows_namespaced_kind(project: Document, key: ObjectKey) -> bool:
    """Whether a namespaced kind may be created: no list allows all, an empty one nothing (rule 9.5)."""
    allowed = project.get("spec", "namespaceResourceWhitelist")
    denied = listed(project.data, "spec", "namespaceResourceBlacklist")
    return (allowed is None or _listed(allowed, key)) and not _listed(denied, key)


def _listed(entries: Any, key: ObjectKey) -> bool:
    return any(
        fnmatch.fnmatchcase(key.group, str(dig(entry, "group") or ""))
        and fnmatch.fnmatchcase(key.kind, str(dig(entry, "kind") or ""))
        and fnmatch.fnmatchcase(key.name, str(dig(entry, "name") or "*"))
        for entry in entries
    )


RULES = (
    Rule(
        "L29",
        "CreateNamespace only where the project allows Namespace",
        "the whole sync fails otherwise",
        "AC 8.6, D 19",
        check_create_namespace,
    ),
    Rule(
        "L30",
        "projects allow what their Applications need",
        "one forbidden kind fails the whole sync",
        "AC 9.1-9.8",
        check_permissions,
    ),
    Rule(
        "L53",
        "projects allow what is needed, and not everything",
        "a project is the fence that keeps a mistake in one Application from the rest",
        "AC 9.5, 9.6, D 19",
        check_width,
    ),
)
