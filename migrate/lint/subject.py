"""What the rules look at: a tree taken apart once, with the Applications it becomes and what they render."""

from __future__ import annotations

import bisect
import functools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.doors.helm import HelmError, parse_values
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.application import Expansion, GeneratedApplication
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, Rendered
from migrate.model.plugin import SOURCES
from migrate.model.tree import FileTree

Key = str | int


@dataclass(frozen=True)
class Document:
    """One YAML document of the tree."""

    path: str
    environment: str
    index: int
    """Which document of its file, from 0."""
    data: JsonObject

    def get(self, *keys: Key) -> Any:
        """The value below ``keys``; None where any of them is missing."""
        return dig(self.data, *keys)

    @property
    def name(self) -> str:
        """``metadata.name``, or ``name`` of a component."""
        return str(self.get("metadata", "name") or self.get("name") or "")


@dataclass(frozen=True)
class Fault:
    """A file that cannot be read."""

    path: str
    line: int
    message: str


@dataclass(frozen=True)
class Subject:
    """The tree and everything in it that rules ask for."""

    tree: FileTree
    expansion: Expansion
    rendered: Mapping[tuple[str, str], Rendered] | None
    """(environment, Application) → what Argo CD would render; None where nobody rendered."""
    components: tuple[Document, ...]
    """component.yaml and component.disabled.yaml."""
    appsets: tuple[Document, ...]
    projects: tuple[Document, ...]
    roots: tuple[Document, ...]
    """Applications written out in the tree."""
    others: tuple[Document, ...]
    """What else lies beside them: repository Secrets, settings of Argo CD."""
    faults: tuple[Fault, ...]
    by_name: Mapping[tuple[str, str], Document] = field(default_factory=dict)
    """(environment, name) → active component."""
    api_versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Environment → the API versions that renders assumed besides Kubernetes' own."""
    argocd_version: str = "3.3"

    @functools.cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path of the tree, sorted once."""
        return self.tree.paths()

    def below(self, folder: str) -> tuple[str, ...]:
        """The paths of the files below ``folder``, at any depth."""
        first = bisect.bisect_left(self.paths, f"{folder}/")
        return self.paths[first : bisect.bisect_left(self.paths, f"{folder}0")]  # 0 comes right after the slash

    @property
    def active_components(self) -> tuple[Document, ...]:
        """Components that an ApplicationSet picks up."""
        return tuple(one for one in self.components if not _parked(one.path))

    @property
    def own_repositories(self) -> frozenset[str]:
        """URLs by which the tree's ApplicationSets read the tree itself."""
        urls = (dig(git, "repoURL") for one in self.appsets for git in generators(one, "git"))
        return frozenset(url for url in urls if isinstance(url, str))

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

    def appset_of(self, application: GeneratedApplication) -> Document | None:
        """The ApplicationSet that made ``application``."""
        for one in self.appsets:
            if one.name == application.appset and one.environment == application.environment:
                return one
        return None

    def project_of(self, application: GeneratedApplication) -> Document | None:
        """The AppProject of ``application``; None for one that the tree does not define."""
        name = dig(application.manifest, "spec", "project")
        for one in self.projects:
            if one.name == name and one.environment == application.environment:
                return one
        return None

    def place(self, application: GeneratedApplication, *keys: Key) -> SourceLocation:
        """The line of the component that became ``application`` (at ``keys``), else the ApplicationSet's file."""
        document = self.component_of(application) or self.appset_of(application)
        if document is None:
            return SourceLocation(f"environments/{application.environment}", 1)
        return self.line(document, *(keys if self.component_of(application) else ()))

    def line(self, document: Document, *keys: Key) -> SourceLocation:
        """Where ``keys`` stand in a document; the nearest parent where they do not."""
        return SourceLocation(document.path, line_of(self.tree.text(document.path), document.index, keys))

    def manifests(self, application: GeneratedApplication) -> tuple[Manifest, ...]:
        """What ``application`` renders; empty where nobody rendered it or it failed."""
        found = (self.rendered or {}).get((application.environment, application.name))
        return found.manifests if found else ()


def take_apart(
    tree: FileTree,
    expansion: Expansion,
    rendered: Mapping[tuple[str, str], Rendered] | None,
    api_versions: Mapping[str, tuple[str, ...]] | None = None,
) -> Subject:
    """The subject of a tree: every component, ApplicationSet, AppProject and Application in it."""
    components: list[Document] = []
    kinds: dict[str, list[Document]] = {"ApplicationSet": [], "AppProject": [], "Application": []}
    others: list[Document] = []
    faults: list[Fault] = []
    for path in tree.paths():
        is_component = posixpath.basename(path) in ("component.yaml", "component.disabled.yaml")
        is_component = is_component and not path.startswith(f"{SOURCES}/")  # an estate's own file of that name
        if not is_component and not _may_hold_argo_objects(path, tree.files[path]):
            continue
        try:
            documents = list(_documents(path, tree.text(path)))
        except (HelmError, UnicodeDecodeError) as problem:
            faults.append(Fault(path, _line_in(str(problem)), str(problem)))
            continue
        if is_component:
            components += documents[:1]
        else:
            for document in documents:
                kinds.get(str(document.get("kind")), others).append(document)
    found = {kind: tuple(documents) for kind, documents in kinds.items()}
    return Subject(
        tree,
        expansion,
        rendered,
        tuple(components),
        found["ApplicationSet"],
        found["AppProject"],
        found["Application"],
        tuple(others),
        tuple(faults),
        {(one.environment, one.name): one for one in components if not _parked(one.path)},
        api_versions or {},
    )


_ARGOCD_FOLDER = re.compile(r"environments/[^/]+/argocd/")
"""What migrate itself writes for Argo CD: a file here that says nothing of it is broken."""


_ARGO_WORDS = (b"argoproj.io/v1", b"argocd.argoproj.io/secret-type", b"name: argocd-cm")


def _parked(path: str) -> bool:
    return path.endswith(".disabled.yaml")


def _may_hold_argo_objects(path: str, content: bytes) -> bool:
    return (
        path.endswith((".yaml", ".yml"))
        and "/templates/" not in f"/{path}"
        and not path.startswith((".migrate/", f"{SOURCES}/"))
        and (_ARGOCD_FOLDER.match(path) is not None or any(word in content for word in _ARGO_WORDS))
    )


def _documents(path: str, text: str) -> Iterator[Document]:
    parts = path.split("/")
    environment = parts[1] if parts[0] == "environments" and len(parts) > 2 else ""
    for index, part in enumerate(_split(text)):
        data = parse_values(part)
        if data:
            yield Document(path, environment, index, data)


def _split(text: str) -> list[str]:
    """The documents of a stream, counted as :func:`compose_yaml` counts them."""
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line == "---" or line.startswith("--- "):
            if any(kept.strip() and not kept.lstrip().startswith("#") for kept in parts[-1]) or len(parts) > 1:
                parts.append([])
            else:
                parts[-1] = []
        else:
            parts[-1].append(line)
    return ["\n".join(lines) for lines in parts]


def _line_in(message: str) -> int:
    _, found, rest = message.partition("line ")
    digits = "".join(character for character in rest[:6] if character.isdigit())
    return int(digits) if found and digits else 1


def dig(value: Any, *keys: Key) -> Any:
    """The value below ``keys`` of plain data; None where any of them is missing."""
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def listed(value: Any, *keys: Key) -> list[Any]:
    """The list below ``keys``; empty where anything else stands there."""
    found = dig(value, *keys)
    return found if isinstance(found, list) else []


def mapped(value: Any, *keys: Key) -> dict[str, Any]:
    """The mapping below ``keys``; empty where anything else stands there."""
    found = dig(value, *keys)
    return found if isinstance(found, dict) else {}


def generators(appset: Document, kind: str) -> list[JsonObject]:
    """Every generator of a kind in an ApplicationSet, nested ones too, in order."""
    found: list[JsonObject] = []

    def walk(entries: Any) -> None:
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(dig(entry, kind), dict):
                found.append(entry[kind])
            for joining in ("matrix", "merge"):
                walk(dig(entry, joining, "generators"))

    walk(appset.get("spec", "generators"))
    return found


def folders(subject: Subject) -> frozenset[str]:
    """Every folder of the tree, at any depth; the root is not among them."""
    found: set[str] = set()
    for path in subject.paths:
        while "/" in path and (path := path.rpartition("/")[0]) not in found:
            found.add(path)
    return frozenset(found)


def texts(value: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Every text in plain data with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


@functools.lru_cache(maxsize=1024)
def nodes(text: str) -> tuple[YamlNode, ...]:
    """The documents of a text with their lines; none where it is no YAML."""
    try:
        return compose_yaml(text)
    except YamlError:
        return ()


def line_of(text: str, index: int, keys: tuple[Key, ...]) -> int:
    """The line of a key inside document ``index``; that of the nearest parent where it is not there."""
    documents = nodes(text)
    if index >= len(documents):
        return 1
    node, line = documents[index], documents[index].line if keys == () else 1
    for key in keys:
        step = _child(node, key)
        if step is None:
            return line
        line, node = step
    return line


def _child(node: YamlNode, key: Key) -> tuple[int, YamlNode] | None:
    if node.kind == "sequence" and isinstance(key, int):
        return (node.value[key].line, node.value[key]) if key < len(node.value) else None
    for name, child, _ in node.entries():
        if name.value == key:
            return name.line, child
    return None
