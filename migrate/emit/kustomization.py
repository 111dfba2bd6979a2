"""A base and an overlay an environment, for the layout kustomize: the same objects, and what differs as patches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.doors.yaml import dump_yaml
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import ObjectKey
from migrate.model.tree import Provenance


@dataclass(frozen=True)
class Resource:
    """One object of one environment, as it is to be applied."""

    key: ObjectKey
    document: JsonObject
    origin: Provenance


@dataclass(frozen=True)
class Overlay:
    """What one environment has, each key once."""

    folder: str
    """Where it lies below the component: ``envs/production``, or ``envs-disabled/production`` where it is parked."""
    resources: tuple[Resource, ...]
    parked: bool = False
    comment: tuple[str, ...] = ()


def write_kustomization(folder: str, overlays: Mapping[str, Overlay]) -> Piece:
    """``base`` and a folder for each of ``overlays`` (environment → overlay) below ``folder``.

    What all environments have that deploy something stands in the base as the first has it, where a patch says the
    difference in fewer words than the object; everything else stands whole in its environment.
    """
    objects = {name: {resource.key: resource for resource in one.resources} for name, one in overlays.items()}
    # One that is parked or renders nothing must not keep the others from sharing.
    telling = [name for name, found in objects.items() if found and not overlays[name].parked]
    telling = telling or [name for name, found in objects.items() if found] or list(objects)
    first = telling[0]
    names = _file_names([key for found in objects.values() for key in found])
    patches = {
        name: {
            key: _difference(objects[first][key].document, found[key].document)
            for key in found
            if key in objects[first]
        }
        for name, found in objects.items()
    }

    def fits(key: ObjectKey, name: str) -> bool:
        return key in objects[name] and _is_brief(patches[name][key], objects[name][key])

    shared = [key for key in objects[first] if all(fits(key, name) for name in telling)]
    pieces = [_resource(f"{folder}/base/{names[key]}", objects[first][key]) for key in shared]
    if shared:
        pieces.append(_kustomization(f"{folder}/base", [names[key] for key in shared], []))
    for name, overlay in overlays.items():
        # A base is taken whole or not at all.
        based = shared if all(fits(key, name) for key in shared) else []
        pieces += _overlay(f"{folder}/{overlay.folder}", overlay, based, patches[name], names)
    return join_pieces(pieces)


def _overlay(
    where: str,
    overlay: Overlay,
    based: Sequence[ObjectKey],
    patches: Mapping[ObjectKey, Sequence[JsonObject] | None],
    names: Mapping[ObjectKey, str],
) -> list[Piece]:
    """The files of one environment: its own resources, and patches for those of the base."""
    found = {resource.key: resource for resource in overlay.resources}
    own = [key for key in found if key not in based]
    pieces = [_resource(f"{where}/{names[key]}", found[key]) for key in own]
    patched = {key: operations for key in based if (operations := patches[key])}
    for key, operations in patched.items():
        pieces.append(_patch(f"{where}/patches/{names[key]}", operations, found[key].origin))
    entries = [_entry(found[key], f"patches/{names[key]}") for key in patched]
    resources = [*(["../../base"] if based else []), *(names[key] for key in own)]
    return [*pieces, _kustomization(where, resources, entries, overlay.comment)]


def _resource(path: str, resource: Resource) -> Piece:
    return yaml_piece(path, resource.document, comment=[], origins=(resource.origin,))


def _patch(path: str, operations: Sequence[JsonObject], origin: Provenance) -> Piece:
    return yaml_piece(path, list(operations), comment=[], origins=(origin,))


def _kustomization(
    folder: str, resources: Sequence[str], patches: Sequence[JsonObject], comment: Sequence[str] = ()
) -> Piece:
    document: JsonObject = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
    }
    if patches:
        document["patches"] = list(patches)
    origins = (Provenance(0, "migrate: resources as rendered, patches per environment"),)
    return yaml_piece(f"{folder}/kustomization.yaml", document, comment=comment, origins=origins)


def _entry(resource: Resource, path: str) -> JsonObject:
    key = resource.key
    version = str(resource.document.get("apiVersion") or "").rpartition("/")[2]
    target: JsonObject = {"version": version, "kind": key.kind, "name": _exactly(key.name)}
    if key.group:
        target["group"] = key.group
    if key.namespace:
        target["namespace"] = _exactly(key.namespace)
    return {"path": path, "target": target}


def _exactly(name: str) -> str:
    """A target's name is a pattern."""
    return re.sub(r"([.+*?^$()\[\]{}|\\])", r"\\\1", name)


def _is_brief(operations: Sequence[JsonObject] | None, resource: Resource) -> bool:
    if operations is None:
        return False
    return not operations or len(dump_yaml(list(operations))) < len(dump_yaml(resource.document))


def _difference(base: JsonObject, other: JsonObject) -> list[JsonObject] | None:
    """JSON patch operations that make ``other`` of ``base``; None where the object's type itself changes."""
    if base.get("apiVersion") != other.get("apiVersion"):
        return None
    return list(_operations("", base, other))


def _operations(path: str, base: JsonValue, other: JsonValue) -> Iterator[JsonObject]:
    if isinstance(base, dict) and isinstance(other, dict):
        for key in [*base, *(key for key in other if key not in base)]:
            place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in other:
                yield {"op": "remove", "path": place}
            elif key not in base:
                yield {"op": "add", "path": place, "value": other[key]}
            else:
                yield from _operations(place, base[key], other[key])
    elif isinstance(base, list) and isinstance(other, list) and len(base) == len(other):
        for number, (before, after) in enumerate(zip(base, other, strict=True)):
            yield from _operations(f"{path}/{number}", before, after)
    elif type(base) is not type(other) or base != other:
        yield {"op": "replace", "path": path, "value": other}


def _file_names(keys: Sequence[ObjectKey]) -> dict[ObjectKey, str]:
    """A file's name for every object: its kind and name, and what tells it from others where that is not enough."""
    found: dict[ObjectKey, str] = {}
    taken = {"kustomization.yaml"}
    for key in dict.fromkeys(keys):
        plain = [key.kind, key.name]
        longer = [key.kind, *filter(None, [key.group, key.namespace]), key.name]
        candidates = [_slug(plain), _slug(longer), *(f"{_slug(longer)}-{number}" for number in range(2, len(keys) + 3))]
        name = next(f"{text}.yaml" for text in candidates if f"{text}.yaml" not in taken)
        taken.add(name)
        found[key] = name
    return found


def _slug(parts: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", "-".join(parts).lower()).strip("-.") or "object"
