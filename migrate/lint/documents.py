"""The documents of a tree: which of its files speak of Argo CD, and what they hold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.data import Document, Fault, dig
from migrate.lint.values_of_apps import documents_in_values
from migrate.model.plugin import SOURCES
from migrate.model.tree import FileTree

_COMPONENTS = ("component.yaml", "component.disabled.yaml")
_OWN = re.compile(r"\.migrate/|environments/[^/]+/components/(?:.*/)?component(?:\.disabled)?\.yaml$")
_ARGOCD_FOLDER = re.compile(r"environments/[^/]+/argocd/")
"""What migrate itself writes for Argo CD: a file here that says nothing of it is broken."""
_ARGO_WORDS = (b"argoproj.io/v1", b"argocd.argoproj.io/secret-type", b"name: argocd-cm")
_ARGO_KIND = re.compile(rb"^\s*[\"']?kind[\"']?:\s*[\"']?(?:Application|ApplicationSet|AppProject)\b", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{|\{%|<[A-Za-z_][\w-]*>|\$\{|^\s*[<>=]{7} ", re.MULTILINE)


@dataclass(frozen=True)
class Documents:
    """What a tree holds of Argo CD, by path."""

    own: bool
    """Whether migrate wrote the tree."""
    components: tuple[Document, ...] = ()
    """component.yaml and component.disabled.yaml."""
    appsets: tuple[Document, ...] = ()
    projects: tuple[Document, ...] = ()
    roots: tuple[Document, ...] = ()
    """Applications written out in the tree."""
    others: tuple[Document, ...] = ()
    """What else lies beside them: repository Secrets, settings of Argo CD."""
    parts: tuple[Document, ...] = ()
    """ApplicationSets and Applications of which a part is written, as patches of a kustomization are."""
    faults: tuple[Fault, ...] = ()
    templates: tuple[str, ...] = ()
    """Files of Helm charts that become Argo CD's objects once they are rendered."""


def is_own(tree: FileTree) -> bool:
    """Whether migrate wrote a tree: it says so itself, or holds components in migrate's folders."""
    return any(_OWN.match(path) for path in tree.files)


def find_documents(tree: FileTree) -> Documents:
    """Every component, ApplicationSet, AppProject and Application of a tree, read as kubectl would."""
    own = is_own(tree)
    kinds: dict[str, list[Document]] = {"ApplicationSet": [], "AppProject": [], "Application": []}
    components: list[Document] = []
    others: list[Document] = []
    parts: list[Document] = []
    faults: list[Fault] = []
    templates: list[str] = []
    for path in tree.paths():
        # An estate may have files of its own of that name.
        is_component = own and posixpath.basename(path) in _COMPONENTS and not path.startswith(f"{SOURCES}/")
        if not is_component and not _may_hold_argo_objects(path, tree.files[path], own=own):
            continue
        if "/templates/" in f"/{path}" and b"{{" in tree.files[path]:
            if not own and _ARGO_KIND.search(tree.files[path]):
                templates.append(path)
            continue
        try:
            documents = list(documents_in(path, tree.text(path), own=own))
        except (HelmError, UnicodeDecodeError) as problem:
            faults.append(_fault(path, tree.files[path], problem, own=own))
            continue
        if is_component:
            components += documents[:1]
            continue
        for document in documents:
            if not own and _is_part(document):
                parts.append(document)
            else:
                kinds.get(str(document.get("kind")), others).append(document)
    for document in () if own else documents_in_values(tree):
        kinds[str(document.get("kind"))].append(document)
    return Documents(
        own,
        tuple(components),
        tuple(kinds["ApplicationSet"]),
        tuple(kinds["AppProject"]),
        tuple(kinds["Application"]),
        tuple(others),
        tuple(parts),
        tuple(faults),
        tuple(templates),
    )


def _may_hold_argo_objects(path: str, content: bytes, *, own: bool) -> bool:
    if own:
        return (
            path.endswith((".yaml", ".yml"))
            and "/templates/" not in f"/{path}"
            and not path.startswith((".migrate/", f"{SOURCES}/"))
            and (_ARGOCD_FOLDER.match(path) is not None or any(word in content for word in _ARGO_WORDS))
        )
    return path.endswith((".yaml", ".yml", ".json")) and any(word in content for word in _ARGO_WORDS)


def _is_part(document: Document) -> bool:
    """Whether it is a patch rather than an object: without what the API server insists on."""
    spec = document.get("spec")
    wanted = {
        "ApplicationSet": (("generators",), ("template",)),
        "Application": (("source", "sources", "sourceHydrator"), ("destination",)),
        "AppProject": (("destinations", "sourceRepos", "description", "roles"),),
    }.get(str(document.get("kind")), ())
    return any(all(dig(spec, key) is None for key in keys) for keys in wanted)


def _fault(path: str, content: bytes, problem: Exception, *, own: bool) -> Fault:
    text = content.decode("utf-8", "replace")
    is_template = not own and _PLACEHOLDER.search(text) is not None
    return Fault(path, _line_in(str(problem)), str(problem), is_template)


def documents_in(path: str, text: str, *, own: bool) -> Iterator[Document]:
    """The mappings of a YAML stream, each with its place in it; raises HelmError where it is no YAML."""
    parts = path.split("/")
    environment = parts[1] if own and parts[0] == "environments" and len(parts) > 2 else ""
    for index, part in enumerate(_split(text.removeprefix("\ufeff"))):
        data = parse_values(part)
        if data:
            yield Document(path, environment, index, data)


def _split(text: str) -> list[str]:
    """The documents of a stream, counted as :func:`compose_yaml` counts them, each on its own lines of the stream."""
    parts: list[list[str]] = [[]]
    for number, line in enumerate(text.split("\n")):
        if line.rstrip() == "---" or line.startswith("--- "):
            if any(kept.strip() and not kept.lstrip().startswith("#") for kept in parts[-1]) or len(parts) > 1:
                parts.append([""] * (number + 1))
            else:
                parts[-1] = [""] * (number + 1)
        else:
            parts[-1].append(line)
    return ["\n".join(lines) for lines in parts]


def _line_in(message: str) -> int:
    _, found, rest = message.partition("line ")
    digits = "".join(character for character in rest[:6] if character.isdigit())
    return int(digits) if found and digits else 1
