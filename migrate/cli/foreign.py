"""A tree that somebody else wrote, expanded and rendered as far as it holds all that this takes.

Charts whose templates become Applications are rendered too, and what comes of them is looked at in its turn.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.expand import LeftOut, expand_documents
from migrate.lint import PLACEHOLDER, Document, Documents, Left, own_repositories
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication, plain_url
from migrate.model.json import JsonObject, as_object, objects_in
from migrate.model.manifest import Rendered
from migrate.model.tree import FileTree

Renders = dict[tuple[str, str], Rendered]
Render = Callable[[Expansion], Renders]
_KINDS = ("ApplicationSet", "AppProject", "Application")
_DEEPEST = 4
"""So many charts of charts of Applications; a chart that brings itself would go on for ever."""
_THIS = "https://this.invalid/tree"
"""Stands for the tree's own address where no Application says it."""
_UNFILLED = "hold tokens that something fills in before they are applied, and are not rendered"
_NOT_HERE: tuple[tuple[str, str], ...] = (
    (r"missing in charts/", "their charts have dependencies that are fetched, and are not in this tree"),
    (r"needs kustomize|is not on PATH", "kustomize is not on PATH here"),
    (r"(?:://|git@|\?ref=|github\.com/)\S* is no file of", "kustomize would fetch what they name"),
    (r"kustomize would render the chart|helmCharts|helm is not", "kustomize would render charts"),
    (r"fetches nothing", "a value file is fetched"),
    (r"is not rendered by this tool|jsonnet", "their source is of a type that is not rendered here"),
    (r"Namespace for \S+ (?!\S*\.k8s\.io/)\S+\.\S+/", "whether a kind of theirs has namespaces, its definition says"),
    (r"is known to the server only", "the commit is known to the server only"),
)
"""Errors that say what this machine lacks and Argo CD may have, each with that in a few words."""


@dataclass(frozen=True)
class Foreign:
    """What became of a tree."""

    documents: Documents
    expansion: Expansion
    rendered: Renders | None = None
    left: tuple[Left, ...] = ()


@dataclass
class _Found:
    applications: list[GeneratedApplication] = field(default_factory=list)
    errors: list[ExpansionError] = field(default_factory=list)
    rendered: Renders = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def read_foreign(tree: FileTree, documents: Documents, render: Render | None, argocd_version: str) -> Foreign:
    """Expand and, with ``render``, render what the documents say, and what comes of it in its turn."""
    found = _Found()
    waiting = [*documents.appsets, *documents.roots]
    charts = _charts(documents.templates, tree)
    own = own_repositories(documents, tree)
    known: set[str] = set()
    for _ in range(_DEEPEST):
        expansion = _expanded(waiting, tree, own, argocd_version, found)
        waiting = []
        if render is None:
            break
        given = _render(expansion.applications, own, render, found)
        brought = list(_brought(expansion.applications, given, documents))
        done = {_path_of(one) for one in expansion.applications}
        brought += _bootstrapped([chart for chart in charts if chart not in done], render, found)
        charts = []
        fresh = [one for one in brought if one.origin not in known]
        known |= {one.origin for one in fresh}
        documents = _with(documents, fresh)
        own = own_repositories(documents, tree)
        waiting = [one for one in fresh if one.get("kind") in ("ApplicationSet", "Application")]
        if not waiting:
            break
    if render is None:
        found.left += [
            Left(path, "a Helm template of Argo CD's objects is not rendered") for path in documents.templates
        ]
    expansion = Expansion(tuple(found.applications), tuple(found.errors))
    return Foreign(documents, expansion, None if render is None else found.rendered, tuple(found.left))


def _expanded(
    waiting: Sequence[Document], tree: FileTree, own: frozenset[str], argocd_version: str, found: _Found
) -> Expansion:
    pairs = [(one.origin, one.data) for one in waiting]
    expansion, left_out = expand_documents(pairs, tree, own, argocd_version=argocd_version)
    found.applications += expansion.applications
    found.errors += expansion.errors
    found.left += [_left_out(one) for one in left_out]
    return expansion


def _left_out(one: LeftOut) -> Left:
    return Left(one.origin, f"an ApplicationSet is not expanded: {one.reason}")


def _render(
    applications: Sequence[GeneratedApplication], own: frozenset[str], render: Render, found: _Found
) -> Renders:
    """The renders of all Applications that lie in the tree; what cannot be rendered here is left, with the reason."""
    here: list[GeneratedApplication] = []
    for one in applications:
        if _is_here(one, own):
            here.append(one)
        else:
            reason = "are rendered from other repositories, or by a plugin"
            found.left.append(Left(one.origin, f"Applications {_UNFILLED if _is_unfilled(one) else reason}"))
    kept: Renders = {}
    # A foreign tree has no environments: where an Application stands tells it from others of its name.
    given = render(Expansion(tuple(replace(one, environment=one.origin) for one in here))) if here else {}
    unfilled = {(one.origin, one.name) for one in here if _is_unfilled(one)}
    for key, result in given.items():
        reason = _lack(result.error) or (
            "they hold tokens, and lack what they name" if result.error and key in unfilled else ""
        )
        if reason:
            found.left.append(Left(key[0], f"Applications are not rendered: {reason}"))
        else:
            kept[key] = result
    found.rendered.update(kept)
    return kept


def _lack(error: str) -> str:
    return next((words for pattern, words in _NOT_HERE if error and re.search(pattern, error)), "")


def _is_unfilled(application: GeneratedApplication) -> bool:
    """Whether an Application still holds tokens where it says what it is rendered from."""
    texts = (str(source.get(key) or "") for source in _sources(application) for key in ("repoURL", "path", "chart"))
    return any(PLACEHOLDER.search(text) for text in texts)


def _is_here(application: GeneratedApplication, own: frozenset[str]) -> bool:
    """Whether all that an Application is rendered from lies in this tree."""
    return all(
        plain_url(str(source.get("repoURL") or "")) in own and not source.get("chart") and "plugin" not in source
        for source in _sources(application)
    )


def _sources(application: GeneratedApplication) -> list[JsonObject]:
    spec = as_object(application.manifest.get("spec"))
    return objects_in(spec.get("sources")) or [as_object(spec.get("source"))]


def _path_of(application: GeneratedApplication) -> str:
    return posixpath.normpath(str(_sources(application)[0].get("path") or "."))


# ---------------------------------------------------------------- charts of Applications


def _charts(templates: Sequence[str], tree: FileTree) -> list[str]:
    """The chart folders that hold the templates, the outermost ones."""
    folders = sorted({f"/{path}".partition("/templates/")[0].removeprefix("/") for path in templates})
    return [folder for folder in folders if posixpath.join(folder, "Chart.yaml") in tree.files]


def _brought(
    applications: Sequence[GeneratedApplication], rendered: Mapping[tuple[str, str], Rendered], documents: Documents
) -> Iterator[Document]:
    """Argo CD's own objects among what Helm rendered; what lies in the tree as it is, is known already."""
    for one in applications:
        result = rendered.get((one.origin, one.name))
        yield from _argo_objects(result, _path_of(one), one.name, documents.templates) if result else ()


def _argo_objects(
    result: Rendered, folder: str, name: str, templates: Sequence[str] | None = None
) -> Iterator[Document]:
    """Argo CD's objects of a render, from ``templates`` alone where these are given."""
    for number, manifest in enumerate(result.manifests):
        path = posixpath.join(folder, manifest.template.partition("/")[2])
        is_argo = manifest.key.group == "argoproj.io" and manifest.key.kind in _KINDS
        if is_argo and (templates is None or path in templates):
            yield Document(path, "", number, manifest.document, name)


def _bootstrapped(folders: Sequence[str], render: Render, found: _Found) -> Iterator[Document]:
    """What charts give with their own values, where no Application of the tree renders them."""
    for folder in folders:
        source: JsonObject = {"repoURL": _THIS, "path": folder}
        spec: JsonObject = {
            "project": "default",
            "source": source,
            "destination": {"name": "in-cluster", "namespace": "argocd"},
        }
        manifest: JsonObject = {"metadata": {"name": posixpath.basename(folder), "namespace": "argocd"}, "spec": spec}
        chart = GeneratedApplication(folder, "", posixpath.basename(folder), manifest)
        (result,) = render(Expansion((chart,))).values()
        if result.error:
            found.left.append(
                Left(f"{folder}/Chart.yaml", "a chart of Applications does not render with its own values")
            )
        yield from _argo_objects(result, folder, folder)


def _with(documents: Documents, more: Sequence[Document]) -> Documents:
    def of(kind: str) -> tuple[Document, ...]:
        return tuple(one for one in more if one.get("kind") == kind)

    return replace(
        documents,
        appsets=(*documents.appsets, *of("ApplicationSet")),
        projects=(*documents.projects, *of("AppProject")),
        roots=(*documents.roots, *of("Application")),
    )
