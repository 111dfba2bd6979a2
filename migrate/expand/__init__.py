"""ApplicationSets → the Applications that the controller would make of them, without a cluster.

A pure function over file trees. It follows the controller of Argo CD 3.3 by default, and of other versions where told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrate.expand.anywhere import LeftOut, expand_documents
from migrate.expand.appset import duplicate_names, expand_one
from migrate.expand.context import Cluster, Surroundings, read_clusters
from migrate.expand.documents import DocumentError, load_documents
from migrate.expand.errors import GenerationError
from migrate.expand.live import reconcile
from migrate.expand.normalise import normalised
from migrate.expand.patch import decode_application
from migrate.expand.rolling import while_rolling
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication, RollingSync
from migrate.model.json import JsonObject, JsonValue
from migrate.model.tree import FileTree

__all__ = [
    "Cluster",
    "LeftOut",
    "expand_appset",
    "expand_documents",
    "expand_tree",
    "load_appset",
    "read_clusters",
    "reconcile",
    "tree_environments",
    "while_rolling",
]


def load_appset(text: str) -> JsonObject:
    """The ApplicationSet in ``text`` as kubectl would read it.

    Raises:
        ValueError: the text holds none, or more than one.
    """
    try:
        documents = load_documents(text)
    except DocumentError as error:
        raise ValueError(str(error)) from error
    found = [document for document in documents if _kind(document) == "ApplicationSet"]
    if len(found) != 1:
        raise ValueError(f"expected one ApplicationSet, found {len(found)}")
    return found[0]  # type: ignore[return-value]


def expand_appset(
    appset: JsonObject,
    repositories: Mapping[str, FileTree],
    *,
    clusters: tuple[Cluster, ...] | None = (),
    projects: frozenset[str] | None = None,
    new_git_file_globbing: bool = False,
    argocd_version: str = "3.3",
) -> Expansion:
    """The Applications of one ApplicationSet.

    ``repositories`` maps a repoURL to its content, ``""`` stands for every other one; ``clusters`` are those beside
    the local one and ``projects`` those beside ``default``, None where they are not known and any is taken.
    """
    surroundings = Surroundings(repositories, clusters, projects, new_git_file_globbing, argocd_version)
    return expand_one(appset, surroundings)


def expand_tree(
    tree: FileTree,
    environments: tuple[str, ...] = (),
    *,
    clusters: tuple[Cluster, ...] | None = None,
    new_git_file_globbing: bool = False,
    argocd_version: str = "3.3",
) -> Expansion:
    """The Applications of every ApplicationSet below ``environments/<env>/argocd/apps``, by environment and name.

    A tree without any is an error, as are a file that does not parse and an environment that was asked for in vain.
    The tree itself is the content of every repository. The projects are those that the environment's folder defines;
    where it defines none, any is taken. Without ``environments`` all of the tree's are expanded, in the tree's order.
    """
    applications: list[GeneratedApplication] = []
    errors: list[ExpansionError] = []
    rolling: list[RollingSync] = []
    environments = environments or tree_environments(tree)
    if not environments:
        errors.append(ExpansionError("", "the tree has no environments/<name>/argocd/apps; write one: migrate convert"))
    for environment in environments:
        surroundings = Surroundings(
            {"": tree}, clusters, _projects(tree, environment), new_git_file_globbing, argocd_version
        )
        expansion = _expand_environment(tree, environment, surroundings)
        applications += expansion.applications
        errors += expansion.errors
        rolling += expansion.rolling
    return Expansion(tuple(applications), tuple(errors), tuple(rolling))


def tree_environments(tree: FileTree) -> tuple[str, ...]:
    """The folders below ``environments/`` that hold an ``argocd`` folder, sorted."""
    parts = (path.split("/") for path in tree.paths())
    return tuple(
        sorted({part[1] for part in parts if len(part) > 3 and (part[0], part[2]) == ("environments", "argocd")})
    )


def _expand_environment(tree: FileTree, environment: str, surroundings: Surroundings) -> Expansion:
    applications: list[GeneratedApplication] = []
    errors: list[ExpansionError] = []
    rolling: list[RollingSync] = []
    folder = tree.under(f"environments/{environment}/argocd/apps")
    if not folder.files:
        message = f"the tree has no environments/{environment}/argocd/apps; write it with: migrate convert"
        return Expansion((), (ExpansionError("", message, environment),))
    for path in folder.paths():
        if not path.endswith((".yaml", ".yml", ".json")):
            continue
        try:
            documents = load_documents(folder.text(path))
        except (DocumentError, UnicodeDecodeError) as error:
            errors.append(ExpansionError("", f"{path} is no YAML, mend it: {error}", environment))
            continue
        if not any(_kind(document) in ("ApplicationSet", "Application") for document in documents):
            message = f"{path} holds no ApplicationSet and no Application; take it out of argocd/apps"
            errors.append(ExpansionError("", message, environment))
        for document in documents:
            expansion = _expand_document(document, environment, surroundings)
            applications += expansion.applications
            errors += expansion.errors
            rolling += expansion.rolling
    return replace(_without_clashes(applications, errors, environment), rolling=tuple(rolling))


def _expand_document(document: JsonValue, environment: str, surroundings: Surroundings) -> Expansion:
    if _kind(document) == "ApplicationSet":
        return expand_one(document, surroundings, environment)
    if _kind(document) == "Application":
        try:
            manifest = normalised(decode_application(document))
        except GenerationError as error:
            return Expansion((), (ExpansionError("", str(error), environment),))
        metadata: Any = manifest["metadata"]
        return Expansion((GeneratedApplication(environment, "", str(metadata.get("name", "")), manifest),))
    return Expansion(())


def _without_clashes(
    applications: list[GeneratedApplication], errors: list[ExpansionError], environment: str
) -> Expansion:
    """The second ApplicationSet that makes a name fails to own it (rule 2.19)."""
    kept: dict[str, GeneratedApplication] = {}
    clashing = set(duplicate_names(tuple(applications)))
    for one in applications:
        if one.name in clashing and one.name in kept:
            owner = kept[one.name].appset
            message = f"Application {one.name} is already owned by ApplicationSet {owner}"
            errors.append(ExpansionError(one.name, message, environment, one.appset))
        else:
            kept[one.name] = one
    return Expansion(tuple(kept[name] for name in sorted(kept)), tuple(errors))


def _projects(tree: FileTree, environment: str) -> frozenset[str] | None:
    folder = tree.under(f"environments/{environment}/argocd/projects")
    names: set[str] = set()
    for path in folder.paths():
        try:
            documents = load_documents(folder.text(path))
        except (DocumentError, UnicodeDecodeError):
            continue
        for document in documents:
            metadata = document.get("metadata") if isinstance(document, dict) else None
            if _kind(document) == "AppProject" and isinstance(metadata, dict):
                names.add(str(metadata.get("name", "")))
    return frozenset(names) or None


def _kind(document: JsonValue) -> str:
    return str(document.get("kind", "")) if isinstance(document, dict) else ""
