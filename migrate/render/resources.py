"""Rendered objects as kustomize takes them in before it patches: re-read as YAML 1.2, lists taken apart, each once.

Whatever goes through kustomize comes out this way, patched or not: a plain ``yes`` is text there, a date a timestamp.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

from migrate.doors.helm import HelmError, parse_values
from migrate.doors.yaml import GoTime, YamlError, compose_yaml, dump_yaml, plain_value
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest
from migrate.render.objects import object_key
from migrate.render.patches import (
    Documents,
    ResourceId,
    apply_json_patches,
    apply_strategic_merge_patches,
    described,
    resource_id,
)

_LOCAL = "config.kubernetes.io/local-config"


def patch_manifests(
    manifests: Sequence[Manifest], json_patches: Sequence[JsonObject], merge_patches: Sequence[JsonObject]
) -> tuple[Manifest, ...]:
    """The objects after the JSON patches and then the strategic merge patches; their texts are written anew.

    Raises:
        HelmError: kustomize would refuse an object or a patch.
    """
    taken = as_resources(manifests)
    before: Documents = [manifest.document for manifest in taken]
    documents = apply_strategic_merge_patches(apply_json_patches(before, json_patches), merge_patches, before)
    return tuple(
        _reprinted(manifest, document)
        for manifest, document in zip(taken, documents, strict=True)
        if document is not None
    )


def _reprinted(manifest: Manifest, document: JsonObject) -> Manifest:
    """What Helm reads where kustomize has written the document, whose keys keep their order if it is the same."""
    text = dump_yaml(document)
    read = parse_values(text)
    read = document if read == document else read
    return dataclasses.replace(manifest, key=object_key(read), document=read, text=text)


def as_resources(manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """The objects as kustomize holds them; local ones (``config.kubernetes.io/local-config``) are left out.

    Raises:
        HelmError: an object has no name, or there are two of one type, namespace and name.
    """
    taken: list[Manifest] = []
    seen: set[ResourceId] = set()
    for manifest in manifests:
        for document in _single_objects(_read_again(manifest)):
            if not resource_id(document)[3] or not document.get("kind"):
                raise HelmError(f"{_place(manifest)}kustomize takes no object without kind and metadata.name")
            if _is_local(document):
                continue
            identity = resource_id(document)
            if identity in seen:
                raise HelmError(f"{_place(manifest)}kustomize takes no second {described(identity)}")
            seen.add(identity)
            taken.append(
                dataclasses.replace(manifest, key=object_key(document), document=document, text=dump_yaml(document))
            )
    return tuple(taken)


def _place(manifest: Manifest) -> str:
    return f"{manifest.template}: " if manifest.template else ""


def _read_again(manifest: Manifest) -> JsonObject:
    try:
        for node in compose_yaml(manifest.text):
            value = as_json(plain_value(node))
            if isinstance(value, dict):
                return _with_namespace_of(manifest, value)
    except (YamlError, TypeError) as error:
        raise HelmError(f"{_place(manifest)}kustomize cannot read it: {error}") from error
    return manifest.document


def _with_namespace_of(manifest: Manifest, document: JsonObject) -> JsonObject:
    """The text is older than the document where helmfile has put a namespace into it."""
    metadata, settled = document.get("metadata"), manifest.document.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(settled, dict) or "namespace" not in settled:
        return document
    return {**document, "metadata": {**metadata, "namespace": settled["namespace"]}}


def as_json(value: object) -> JsonValue:
    """What YAML 1.2 read, as Go writes it to JSON: a timestamp is text, keys are sorted.

    Raises:
        TypeError: a key is no text, which kustomize refuses.
    """
    if isinstance(value, dict):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"the key {odd[0]} is no text; quote it")
        return {key: as_json(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, GoTime):
        return value.rfc3339()
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _single_objects(document: JsonObject) -> Iterator[JsonObject]:
    """The objects of a ``…List`` with items; any other object is itself."""
    if not str(document.get("kind") or "").endswith("List") or "items" not in document:
        yield document
        return
    items = document["items"]
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield from _single_objects(item)


def _is_local(document: JsonObject) -> bool:
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and annotations.get(_LOCAL, "false") != "false"
