"""What the rules look at: a tree taken apart once, with the Applications it becomes and what they render."""

from __future__ import annotations

import bisect
import functools
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.doors.any_tree import Unread
from migrate.lint.data import Document, Fault, Key, dig, generators, line_of, listed, mapped, nodes, texts
from migrate.lint.documents import Documents, find_documents
from migrate.lint.given_settings import Setting, given_settings
from migrate.lint.own_repositories import own_repositories
from migrate.model.application import Expansion, GeneratedApplication, plain_url
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, Rendered
from migrate.model.tree import FileTree

__all__ = [
    "Document",
    "Fault",
    "Key",
    "Left",
    "Subject",
    "dig",
    "generators",
    "line_of",
    "listed",
    "mapped",
    "nodes",
    "take_apart",
    "texts",
]

_HELM = ("source", "helm")
_KEYS_OF_APPLICATIONS: Mapping[Key, tuple[Key, ...]] = {
    "project": ("project",),
    "namespace": ("destination", "namespace"),
    "releaseName": (*_HELM, "releaseName"),
    "valueFiles": (*_HELM, "valueFiles"),
    "parameters": (*_HELM, "parameters"),
    "syncOptions": ("syncPolicy", "syncOptions"),
    "ignoreDifferences": ("ignoreDifferences",),
    "path": ("source", "path"),
    "chart": ("source", "chart"),
}
"""Key of component.yaml → where the spec of an Application has it."""


@dataclass(frozen=True)
class Left:
    """A document of a tree that could not be looked at further, and why."""

    origin: str
    """``path#index``, as a document says it."""
    reason: str


@dataclass(frozen=True)
class Subject:
    """The tree and everything in it that rules ask for."""

    tree: FileTree
    expansion: Expansion
    rendered: Mapping[tuple[str, str], Rendered] | None
    """:meth:`key` of an Application → what Argo CD would render; None where nobody rendered."""
    documents: Documents
    api_versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Environment → the API versions that renders assumed besides Kubernetes' own."""
    argocd_version: str = "3.3"
    left: tuple[Left, ...] = ()
    """What was not looked at, beside what the documents say."""
    unread: tuple[Unread, ...] = ()
    """What was not read from the disk."""

    @property
    def own(self) -> bool:
        """Whether migrate wrote the tree; in any other there are no environments, and the reader knows no hand-over."""
        return self.documents.own

    @property
    def components(self) -> tuple[Document, ...]:
        """component.yaml and component.disabled.yaml."""
        return self.documents.components

    @property
    def appsets(self) -> tuple[Document, ...]:
        """ApplicationSets written out in the tree."""
        return self.documents.appsets

    @property
    def projects(self) -> tuple[Document, ...]:
        """AppProjects written out in the tree."""
        return self.documents.projects

    @property
    def roots(self) -> tuple[Document, ...]:
        """Applications written out in the tree."""
        return self.documents.roots

    @property
    def others(self) -> tuple[Document, ...]:
        """What else lies beside them: repository Secrets, settings of Argo CD."""
        return self.documents.others

    @functools.cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path of the tree, sorted once."""
        return self.tree.paths()

    def below(self, folder: str) -> tuple[str, ...]:
        """The paths of the files below ``folder``, at any depth."""
        first = bisect.bisect_left(self.paths, f"{folder}/")
        return self.paths[first : bisect.bisect_left(self.paths, f"{folder}0")]  # 0 comes right after the slash

    @functools.cached_property
    def folders(self) -> frozenset[str]:
        """Every folder of the tree, at any depth; the root is not among them."""
        found: set[str] = set()
        for path in self.paths:
            while "/" in path and (path := path.rpartition("/")[0]) not in found:
                found.add(path)
        return frozenset(found)

    @property
    def active_components(self) -> tuple[Document, ...]:
        """Components that an ApplicationSet picks up."""
        return tuple(one for one in self.components if not _parked(one.path))

    @functools.cached_property
    def by_name(self) -> Mapping[tuple[str, str], Document]:
        """(environment, name) → active component."""
        return {(one.environment, one.name): one for one in self.active_components}

    @functools.cached_property
    def own_repositories(self) -> frozenset[str]:
        """Plain URLs by which the tree's ApplicationSets and Applications read the tree itself."""
        if not self.own:
            return own_repositories(self.documents, self.tree)
        urls = (dig(git, "repoURL") for one in self.appsets for git in generators(one, "git"))
        return frozenset(plain_url(url) for url in urls if isinstance(url, str))

    @functools.cached_property
    def given_settings(self) -> tuple[Setting, ...]:
        """Every place of a tree of somebody else that sets argocd-cm."""
        return given_settings(self.tree, self.documents)

    def reads_itself(self, source: JsonObject) -> bool:
        """Whether a source of an Application, or a git generator, reads this tree."""
        return plain_url(str(source.get("repoURL") or "")) in self.own_repositories

    def key(self, application: GeneratedApplication) -> tuple[str, str]:
        """What tells an Application from all others, renders included."""
        return (application.origin or application.environment, application.name)

    def scope(self, application: GeneratedApplication) -> str:
        """Applications of one scope may meet in one Argo CD: an environment's, or those of one folder."""
        return application.environment or posixpath.dirname(application.origin)

    def component_of(self, application: GeneratedApplication) -> Document | None:
        """The component that became ``application``."""
        places = self.component_folders.get(application.environment, (application.environment,))
        known = (self.by_name.get((place, application.name)) for place in (application.environment, *places))
        return next((one for one in known if one is not None), None)

    @functools.cached_property
    def component_folders(self) -> Mapping[str, tuple[str, ...]]:
        """Environment → the folders below environments/ whose components its ApplicationSets take."""
        found: dict[str, dict[str, None]] = {}
        for one in self.appsets:
            for git in generators(one, "git"):
                for entry in listed(git, "files"):
                    folder = re.match(r"environments/([^/{}*]+)/components/", str(dig(entry, "path")))
                    if folder:
                        found.setdefault(one.environment, {})[folder[1]] = None
        return {environment: tuple(folders) for environment, folders in found.items()}

    @functools.cached_property
    def environments(self) -> frozenset[str]:
        """The folders below environments/, without those that hold nothing but what several environments share."""
        parts = [path.split("/") for path in self.below("environments")]
        named = {part[1] for part in parts if len(part) > 2}
        ruled = {part[1] for part in parts if len(part) > 3 and part[2] == "argocd"}
        taken = {folder for folders in self.component_folders.values() for folder in folders}
        return frozenset(ruled | (named - taken))

    @functools.cached_property
    def _by_origin(self) -> Mapping[str, Document]:
        return {one.origin: one for one in (*self.appsets, *self.roots)}

    @functools.cached_property
    def _appsets_by_name(self) -> Mapping[tuple[str, str], Document]:
        return {(one.environment, one.name): one for one in reversed(self.appsets)}

    def appset_of(self, application: GeneratedApplication) -> Document | None:
        """The ApplicationSet that made ``application``."""
        if application.origin:
            return self._by_origin.get(application.origin) if application.appset else None
        return self._appsets_by_name.get((application.environment, application.appset))

    def project_of(self, application: GeneratedApplication) -> Document | None:
        """The AppProject of ``application``; None for one that the tree does not define."""
        name = dig(application.manifest, "spec", "project")
        found = [one for one in self.projects if one.name == name and one.environment == application.environment]
        # Several clusters may have their own of one name: the nearest folder is most likely meant.
        return max(found, key=lambda one: _common(one.path, application.origin), default=None)

    def is_sure_of(self, project: Document, application: GeneratedApplication) -> bool:
        """Whether a project is surely that of an Application: in a foreign tree another may have its name."""
        return self.own or _common(project.path, application.origin) > 0

    def place(self, application: GeneratedApplication, *keys: Key) -> SourceLocation:
        """The line of the component that became ``application`` (at ``keys``), else of what made it."""
        component = self.component_of(application)
        if component is not None:
            return self.line(component, *keys)
        maker = self._by_origin.get(application.origin) or self.appset_of(application)
        if maker is None:
            where = application.origin.partition("#")[0] or f"environments/{application.environment}"
            return SourceLocation(where, 1)
        if self.own:
            return self.line(maker)
        return self.line(maker, *_keys_in(maker, keys))

    def line(self, document: Document, *keys: Key) -> SourceLocation:
        """Where ``keys`` stand in a document; the nearest parent where they do not."""
        if document.below:
            keys = (*document.below, *(keys[1:] if keys[:1] == ("spec",) else ()))
        elif document.rendered_by:
            return SourceLocation(document.path)
        return SourceLocation(document.path, line_of(self.tree.text(document.path), document.index, keys))

    def manifests(self, application: GeneratedApplication) -> tuple[Manifest, ...]:
        """What ``application`` renders; empty where nobody rendered it or it failed."""
        found = self.render_of(application)
        return found.manifests if found else ()

    def render_of(self, application: GeneratedApplication) -> Rendered | None:
        """The render of ``application``; None where nobody rendered it."""
        return (self.rendered or {}).get(self.key(application))


def take_apart(
    tree: FileTree,
    expansion: Expansion,
    rendered: Mapping[tuple[str, str], Rendered] | None,
    api_versions: Mapping[str, tuple[str, ...]] | None = None,
    *,
    documents: Documents | None = None,
    argocd_version: str = "3.3",
    left: tuple[Left, ...] = (),
    unread: tuple[Unread, ...] = (),
) -> Subject:
    """The subject of a tree: every component, ApplicationSet, AppProject and Application in it."""
    found = find_documents(tree) if documents is None else documents
    return Subject(tree, expansion, rendered, found, api_versions or {}, argocd_version, left, unread)


def _parked(path: str) -> bool:
    return path.endswith(".disabled.yaml")


def _common(left: str, right: str) -> int:
    """How many folders two paths share."""
    shared = posixpath.commonpath([left, right]) if left and right else ""
    return len(shared.split("/")) if shared else 0


def _keys_in(maker: Document, keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys of component.yaml as those of an Application or of an ApplicationSet's template."""
    name = "path" if keys[:2] == ("chart", "path") else (keys or ("",))[0]
    spec: tuple[Key, ...] = ("spec", "template", "spec") if maker.get("kind") == "ApplicationSet" else ("spec",)
    below = _KEYS_OF_APPLICATIONS.get(name, ())
    if below[:1] == ("source",) and maker.get(*spec, "source") is None:
        below = ("sources",)
    return (*spec, *below, *(keys[1:] if below and name == keys[0] else ()))
