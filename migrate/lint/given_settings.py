"""Argo CD's own settings as trees of other people give them.

They stand in ConfigMaps, in values of Argo CD's chart, in patches and generators of a kustomization, or in the object
from which Argo CD's operator makes them. A rule that says what nobody ignores or assesses has to know all of these.
"""

from __future__ import annotations

import json
import posixpath
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.data import Document, Key, dig, listed, mapped
from migrate.lint.documents import Documents, documents_in
from migrate.model.differences import Ignored
from migrate.model.health import HEALTH_KEY
from migrate.model.json import JsonObject
from migrate.model.tree import FileTree

CM = "argocd-cm"
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATCH_LISTS = ("patches", "patchesJson6902", "patchesStrategicMerge")
_DATA = "/data"


@dataclass(frozen=True)
class Setting:
    """One place that sets ``cm`` (argocd-cm) or ``params`` (argocd-cmd-params-cm) of an environment's Argo CD."""

    document: Document
    keys: tuple[Key, ...]
    data: JsonObject
    at: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    """Key of the data → its place in the document, where that is not right below ``keys``."""
    whole: bool = True
    """Whether the tree has all of it; a patch tells nothing of what it leaves out."""


def given_settings(tree: FileTree, documents: Documents) -> tuple[Setting, ...]:
    """Every place that says what argocd-cm holds, by kind of place and path."""
    found = [
        Setting(one, ("data",), mapped(one.data, "data"), whole=not _is_patch(tree, one.path))
        for one in documents.others
        if one.get("kind") == "ConfigMap" and one.name == CM
    ]
    for application in (*documents.roots, *documents.appsets):
        found += _of_application(application)
    for path in tree.paths():
        if path.endswith((".yaml", ".yml", "Kustomization")) and "/templates/" not in f"/{path}":
            found += _of_file(tree, path)
    return tuple(found)


def _of_file(tree: FileTree, path: str) -> Iterator[Setting]:
    content = tree.files[path]
    is_kustomization = posixpath.basename(path) in _KUSTOMIZATIONS
    words = (CM.encode(), b"cm:") if is_kustomization else (b"kind: ArgoCD", b"cm:", b"config:")
    if not any(word in content for word in words):
        return
    try:
        documents = list(documents_in(path, tree.text(path), own=False))
    except (HelmError, UnicodeDecodeError):
        return
    for one in documents:
        if is_kustomization:
            yield from _of_kustomization(tree, one)
        elif one.get("kind") == "ArgoCD":
            yield _of_operator(one)
        elif one.get("kind") is None:
            yield from _of_values(one, one.data)


def _of_values(document: Document, values: Any, above: tuple[Key, ...] = ()) -> Iterator[Setting]:
    """``configs.cm`` of the chart, or its ``server.config`` of old, at the top or below the name of a dependency."""
    top = values if isinstance(values, dict) else {}
    prefixes: list[tuple[Key, ...]] = [(), *((key,) for key in top)]
    for prefix in prefixes:
        cm = mapped(top, *prefix, "configs", "cm")
        old = mapped(top, *prefix, "server", "config")
        if cm:
            yield Setting(document, (*above, *prefix, "configs", "cm"), cm)
        elif any(str(key).startswith("resource.") for key in old):
            yield Setting(document, (*above, *prefix, "server", "config"), old)


def _of_application(document: Document) -> Iterator[Setting]:
    """The values that an Application has for Argo CD's chart."""
    start: tuple[Key, ...] = ("spec", "template", "spec") if document.get("kind") == "ApplicationSet" else ("spec",)
    places: list[tuple[Key, ...]] = [(*start, "source")]
    places += [(*start, "sources", index) for index in range(len(listed(document.data, *start, "sources")))]
    for place in places:
        helm = mapped(document.data, *place, "helm")
        yield from _of_values(document, helm.get("valuesObject"), (*place, "helm", "valuesObject"))
        yield from _of_values(document, _parsed(helm.get("values")), (*place, "helm", "values"))


def _of_operator(document: Document) -> Setting:
    """What Argo CD's operator writes into argocd-cm for an object of kind ArgoCD."""
    spec = mapped(document.data, "spec")
    data: JsonObject = {**mapped(spec, "extraConfig")}
    at: dict[str, tuple[Key, ...]] = {key: ("spec", "extraConfig", key) for key in data}

    def add(key: str, value: Any, *place: Key) -> None:
        data[key] = value
        at[key] = ("spec", *place)

    for key, name in (
        ("application.resourceTrackingMethod", "resourceTrackingMethod"),
        ("resource.customizations", "resourceCustomizations"),
    ):
        if isinstance(spec.get(name), str):
            add(key, spec[name], name)
    ignored = "resourceIgnoreDifferences"
    if mapped(spec, ignored, "all"):
        add(Ignored("*", "*").setting, json.dumps(spec[ignored]["all"]), ignored, "all")
    for index, item in enumerate(listed(spec, ignored, "resourceIdentifiers")):
        kind = Ignored(str(dig(item, "group") or ""), str(dig(item, "kind")))
        fields = json.dumps(mapped(item, "customization"))
        add(kind.setting, fields, ignored, "resourceIdentifiers", index)
    for index, item in enumerate(listed(spec, "resourceHealthChecks")):
        group, kind_name = dig(item, "group"), dig(item, "kind")
        key = f"{HEALTH_KEY}{group}_{kind_name}" if group else f"{HEALTH_KEY}{kind_name}"
        add(key, str(dig(item, "check") or ""), "resourceHealthChecks", index)
    return Setting(document, ("spec",), data, at)


# ---------------------------------------------------------------- kustomizations


def _of_kustomization(tree: FileTree, document: Document) -> Iterator[Setting]:
    folder = posixpath.dirname(document.path)
    for index, chart in enumerate(listed(document.data, "helmCharts")):
        yield from _of_values(document, dig(chart, "valuesInline"), ("helmCharts", index, "valuesInline"))
    for index, made in enumerate(listed(document.data, "configMapGenerator")):
        if dig(made, "name") == CM:
            data: JsonObject = {**dict(_generated(tree, folder, made))}
            yield Setting(document, ("configMapGenerator", index), data, whole=dig(made, "behavior") != "merge")
    for key in _PATCH_LISTS:
        for index, patch in enumerate(listed(document.data, key)):
            text = patch if isinstance(patch, str) and "\n" in patch else dig(patch, "patch")
            name = str(dig(patch, "target", "name") or "")
            if text is None and name == CM:
                text = _text(tree, folder, dig(patch, "path"))
            written = _patched(text, name) if isinstance(text, str) else {}
            if written:
                yield Setting(document, (key, index), written, whole=False)


def _generated(tree: FileTree, folder: str, made: Any) -> Iterator[tuple[str, str]]:
    for literal in listed(made, "literals"):
        key, _, value = str(literal).partition("=")
        yield key, value
    for entry in listed(made, "files"):
        key, _, path = str(entry).rpartition("=")
        yield key or posixpath.basename(path), _text(tree, folder, path) or ""


def _patched(text: str, name: str) -> JsonObject:
    """What a patch writes into argocd-cm: operations, or a part of the object."""
    operations = listed(_parsed("operations:\n" + textwrap.indent(text, "  ")), "operations")
    if not operations:
        part = _parsed(text)
        is_map = part.get("kind") == "ConfigMap" and CM in (name, dig(part, "metadata", "name"))
        return mapped(part, "data") if is_map else {}
    found: JsonObject = {}
    for one in operations if name == CM else ():
        path = str(dig(one, "path") or "")
        if path == _DATA:
            found |= mapped(one, "value")
        elif path.startswith(f"{_DATA}/"):
            key = path.removeprefix(f"{_DATA}/").replace("~1", "/").replace("~0", "~")
            found[key] = dig(one, "value")
    return found


def _is_patch(tree: FileTree, path: str) -> bool:
    """Whether a kustomization beside or above a file has it as a patch."""
    folder = posixpath.dirname(path)
    while True:
        for name in _KUSTOMIZATIONS:
            text = _text(tree, folder, name)
            data = _parsed(text) if text else {}
            entries = [entry for key in _PATCH_LISTS for entry in listed(data, key)]
            paths = [entry if isinstance(entry, str) else dig(entry, "path") for entry in entries]
            if any(posixpath.normpath(posixpath.join(folder, str(one))) == path for one in paths if one):
                return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def _text(tree: FileTree, folder: str, path: Any) -> str | None:
    """The text of a file of the tree; None where there is none, or it is no text."""
    try:
        return tree.text(posixpath.normpath(posixpath.join(folder, str(path))))
    except (KeyError, UnicodeDecodeError):
        return None


def _parsed(text: Any) -> JsonObject:
    """YAML as a mapping; empty where it is none, as before something fills it in."""
    try:
        return parse_values(text) if isinstance(text, str) else {}
    except HelmError:
        return {}
