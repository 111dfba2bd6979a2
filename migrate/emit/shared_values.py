"""The values of the layout ``shared``: general files before special ones, and one list of them for all environments.

What several components read first is a global: ``sources/values/<level>/globals``. A file of one environment is called
alike in all, so that the list in component.yaml can name it once. The order in which Helm reads them never changes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from migrate.emit.pieces import Piece
from migrate.emit.shared import CLUSTER_TYPE, ENVIRONMENT, cluster_type, filled
from migrate.emit.values import SHARED, VALUES_FOLDER, ValuesLayout
from migrate.model.origin import NESTED
from migrate.model.plan import Plan
from migrate.model.tree import Provenance

Layouts = Mapping[str, ValuesLayout]
"""Folder of a component → its values, as the layout ``environments`` has them."""


@dataclass(frozen=True)
class _Layer:
    """One file that one environment's component reads."""

    path: str
    origin: str
    """The file of the estate, its environment taken out; empty for what no file says."""
    content: bytes


def share_values(layouts: Layouts, plan: Plan) -> dict[str, ValuesLayout]:
    """The same values in files that environments share; ``value_files`` hold :data:`ENVIRONMENT` and the like."""
    names = list(dict.fromkeys(name for layout in layouts.values() for name in layout.value_files))
    layers = {
        (folder, name): _layers(layout, name) for folder, layout in layouts.items() for name in layout.value_files
    }
    depth = _globals(layers)
    level = _levels(layers, depth, names, plan)
    lists: dict[str, dict[str, tuple[str, ...]]] = {}
    pieces: dict[str, Piece] = {}
    for folder, layout in layouts.items():
        files: dict[str, bytes] = {}
        provenance: dict[str, tuple[Provenance, ...]] = {}
        for name in layout.value_files:
            entries = []
            for position, layer in enumerate(layers[folder, name]):
                if position < depth[folder, name]:
                    entry = f"{VALUES_FOLDER}/{level[layer.origin]}/globals/{_slug(layer.origin)}"
                else:
                    entry = _alike(layer.path, name)
                entries.append(entry)
                path = filled(entry, name, plan)
                files[path], provenance[path] = layer.content, layout.piece.provenance[layer.path]
            lists.setdefault(folder, {})[name] = tuple(entries)
        pieces[folder] = Piece(files, provenance, layout.piece.findings)
    written = {path for piece in pieces.values() for path in piece.files}
    return {
        folder: ValuesLayout(_joined(lists[folder], written, plan), layout.empty, pieces[folder])
        for folder, layout in layouts.items()
    }


def _layers(layout: ValuesLayout, name: str) -> tuple[_Layer, ...]:
    found = []
    for path in layout.value_files[name]:
        # What lies below the key of a wrapped chart says nothing to others.
        told_of = [told for told in layout.piece.provenance[path] if NESTED not in told.note]
        origins = [told.origin for told in told_of]
        origins = [origin for origin in origins if not origin.startswith(("migrate:", "migration.yaml#"))]
        origin = _without(origins[0], name) if origins and not re.search(r":\d+$", origins[0]) else ""
        found.append(_Layer(path, origin, layout.piece.files[path]))
    return tuple(found)


def _without(text: str, environment: str) -> str:
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(environment)}(?![A-Za-z0-9])", "environment", text)


def _alike(path: str, environment: str) -> str:
    """``sources/values/dev/x/20-dev.yaml`` → ``sources/values/{environment}/x/20-environment.yaml``."""
    folder, _, file = path.rpartition("/")
    own = f"{VALUES_FOLDER}/{environment}/"
    if not f"{folder}/".startswith(own):
        return path
    return f"{VALUES_FOLDER}/{ENVIRONMENT}/{folder.removeprefix(own)}/{_without(file, environment)}"


def _slug(origin: str) -> str:
    stem = re.sub(r"(\.(ya?ml|json))?(\.gotmpl)?$", "", origin)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") + ".yaml"


def _globals(layers: Mapping[tuple[str, str], Sequence[_Layer]]) -> dict[tuple[str, str], int]:
    """How many of a component's first files others read first, too, with the very same content."""
    users: dict[tuple[str, str], dict[bytes, set[str]]] = {}
    for (folder, name), found in layers.items():
        for layer in found:
            users.setdefault((name, layer.origin), {}).setdefault(layer.content, set()).add(folder)
    # One content an environment, or its file could not stand for all who read it.
    known = {
        origin
        for _, origin in users
        if origin
        and all(len(contents) == 1 for (_, other), contents in users.items() if other == origin)
        and any(len(folders) > 1 for (_, other), c in users.items() if other == origin for folders in c.values())
    }
    slugs = [_slug(origin) for origin in known]
    known = {origin for origin in known if slugs.count(_slug(origin)) == 1 and _slug(origin) != "environment.yaml"}
    depth = {}
    for key, found in layers.items():
        origins = [layer.origin for layer in found]
        first_other = next((n for n, origin in enumerate(origins) if origin not in known), len(found))
        once = next((n for n in range(first_other) if origins[n] in origins[:n]), first_other)
        depth[key] = once
    return depth


def _levels(
    layers: Mapping[tuple[str, str], Sequence[_Layer]],
    depth: Mapping[tuple[str, str], int],
    names: Sequence[str],
    plan: Plan,
) -> dict[str, str]:
    """Origin of a global → the most general level at which its content is one: all, a cluster type, an environment."""
    contents: dict[str, dict[str, bytes]] = {}
    for (folder, name), found in layers.items():
        for layer in found[: depth[folder, name]]:
            contents.setdefault(layer.origin, {})[name] = layer.content
    levels = {}
    for origin, by_name in contents.items():
        by_type: dict[str, set[bytes]] = {}
        for name in by_name:
            by_type.setdefault(cluster_type(name, plan), set()).add(by_name[name])
        if len(set(by_name.values())) == 1:
            levels[origin] = SHARED
        elif any(kind not in names for kind in by_type) and all(len(texts) == 1 for texts in by_type.values()):
            levels[origin] = CLUSTER_TYPE
        else:
            levels[origin] = ENVIRONMENT
    return levels


def _joined(lists: Mapping[str, tuple[str, ...]], written: Collection[str], plan: Plan) -> dict[str, tuple[str, ...]]:
    """One list for all environments where each, filled in, still reads its own files in its own order.

    A file that one environment lacks is left out for it (``ignoreMissingValueFiles``).
    """
    union: list[str] = []
    for entries in lists.values():
        position = 0
        for entry in entries:
            if entry in union:
                position = union.index(entry) + 1
            else:
                union.insert(position, entry)
                position += 1
    for name, entries in lists.items():
        present = [entry for entry in union if filled(entry, name, plan) in written]
        if present != list(entries):
            return dict(lists)
    return dict.fromkeys(lists, tuple(union))
