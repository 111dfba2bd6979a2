"""Argo CD's objects that a tree says as values of the chart argocd-apps, read without that chart.

The chart writes each entry's fields into the object's ``spec`` as they are, and the rest into its metadata.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.data import Document, Key, dig, listed, mapped
from migrate.model.json import JsonObject
from migrate.model.tree import FileTree

CHART = "argocd-apps"
_KINDS = {"applicationsets": "ApplicationSet", "applications": "Application", "projects": "AppProject"}
_METADATA = {"additionalLabels": "labels", "additionalAnnotations": "annotations", "finalizers": "finalizers"}


def documents_in_values(tree: FileTree) -> Iterator[Document]:
    """Every such object, with the place of its fields in the values, by path of what names the chart."""
    for path in tree.paths():
        name = posixpath.basename(path)
        if (
            name not in ("Chart.yaml", "kustomization.yaml", "kustomization.yml")
            or CHART.encode() not in tree.files[path]
        ):
            continue
        folder, data = posixpath.dirname(path), _read(tree, path)
        if name == "Chart.yaml":
            for one in listed(data, "dependencies"):
                if dig(one, "name") == CHART:
                    yield from _objects(tree, posixpath.join(folder, "values.yaml"), str(dig(one, "alias") or CHART))
        for one in listed(data, "helmCharts"):
            if dig(one, "name") == CHART and isinstance(dig(one, "valuesFile"), str):
                yield from _objects(tree, posixpath.normpath(posixpath.join(folder, one["valuesFile"])))


def _objects(tree: FileTree, path: str, *above: Key) -> Iterator[Document]:
    values = _read(tree, path)
    for key, kind in _KINDS.items():
        for place, name, entry in _entries(dig(values, *above, key)):
            metadata: JsonObject = {"name": name, "namespace": str(entry.get("namespace") or "argocd")}
            metadata |= {_METADATA[field]: entry[field] for field in _METADATA if field in entry}
            spec: JsonObject = {
                field: entry[field] for field in entry if field not in (*_METADATA, "name", "namespace")
            }
            data: JsonObject = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
            yield Document(path, "", 0, data, f"{CHART} {kind} {name}", (*above, key, place))


def _entries(value: Any) -> Iterator[tuple[Key, str, dict[str, Any]]]:
    """(key, name, fields) of a mapping by name, or of the list that charts before 2.0 take."""
    pairs = enumerate(value) if isinstance(value, list) else mapped(value).items()
    for key, entry in pairs:
        if isinstance(entry, dict):
            yield key, str(key if isinstance(key, str) else entry.get("name")), entry


def _read(tree: FileTree, path: str) -> dict[str, Any]:
    try:
        return parse_values(tree.text(path))
    except (KeyError, HelmError, UnicodeDecodeError):
        return {}
