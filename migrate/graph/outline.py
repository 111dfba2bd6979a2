"""What the graph looks at in an object: the outlines of a large estate fit into memory where its objects do not.

``build_graph`` gives the same for outlines as for the objects themselves.
"""

from __future__ import annotations

import dataclasses

from migrate.graph.build import controlled
from migrate.graph.kinds import is_crd, mapping_at, text_at
from migrate.graph.provide import generated_secrets
from migrate.graph.use import CLASS_TEXTS, FOREIGN, NAMESPACED_TEXTS, named_by_mapping, services_called
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest, Rendered

_WHOLE_LISTS = frozenset(
    {"imagePullSecrets", "parentRefs", "targetRefs", "certificateRefs", "secretStoreRefs", "middlewares"}
)
_TEXTS = frozenset({*CLASS_TEXTS, *NAMESPACED_TEXTS})
_OF_REFERENCES = ("name", "namespace", "kind", "group", "type", "class")
_MERGED = frozenset({"ExternalSecret.external-secrets.io"})
_WHOLE_KINDS = frozenset({"APIService.apiregistration.k8s.io", "ClusterExternalSecret.external-secrets.io"})


def outlined(rendered: Rendered) -> Rendered:
    """The render with the outlines of its objects; no texts."""
    return dataclasses.replace(rendered, manifests=tuple(outline(manifest) for manifest in rendered.manifests))


def outline(manifest: Manifest) -> Manifest:
    """The object with its key and metadata, and of its contents what refers to other objects or provides them."""
    return dataclasses.replace(manifest, document=_outlined_document(manifest), text="")


def _outlined_document(manifest: Manifest) -> JsonObject:
    document, key = manifest.document, manifest.key
    if is_crd(key):
        names = {"kind": text_at(document, "spec", "names", "kind")}
        spec: JsonObject = {"group": text_at(document, "spec", "group"), "names": dict(names)}
        return {**_head(document), "spec": {**spec, "scope": text_at(document, "spec", "scope")}}
    whole = key.group == "admissionregistration.k8s.io" or key.group_kind in _WHOLE_KINDS or generated_secrets(manifest)
    if whole or any(controlled(manifest)):
        return document
    if key.group_kind in FOREIGN:
        return _head(document)
    if key.group_kind in _MERGED and text_at(document, "spec", "target", "creationPolicy"):
        return document
    kept = _pruned_mapping({k: v for k, v in document.items() if k not in ("apiVersion", "kind", "metadata", "status")})
    return {**_head(document), **kept}


def _head(document: JsonObject) -> JsonObject:
    head: JsonObject = {name: document[name] for name in ("apiVersion", "kind") if name in document}
    metadata = mapping_at(document, "metadata")
    return {**head, "metadata": {k: v for k, v in metadata.items() if k in ("name", "namespace", "annotations")}}


def _pruned_mapping(value: JsonObject) -> JsonObject:
    kept: JsonObject = {}
    for name, item in value.items():
        if isinstance(item, str):
            if name in _TEXTS:
                kept[name] = item
        elif isinstance(item, dict):
            inner = _pruned_mapping(item)
            # Only under a key of its own does a mapping refer to something by its own texts.
            if named_by_mapping(name, item, ""):
                inner |= {key: item[key] for key in (*_OF_REFERENCES, "optional") if key in item}
            if inner:
                kept[name] = inner
        elif isinstance(item, list) and item and (items := _pruned_list(name, item)):
            kept[name] = items
    if not kept:
        return kept
    if "namespace" in value and not NAMESPACED_TEXTS.keys().isdisjoint(kept):
        kept["namespace"] = value["namespace"]
    if value.get("optional") is True:
        kept["optional"] = True
    return kept


def _pruned_list(name: str, value: list[JsonValue]) -> list[JsonValue]:
    """What of a list stays."""
    if name in _WHOLE_LISTS:
        return value
    kept: list[JsonValue] = []
    for item in value:
        if isinstance(item, dict):
            inner = _variable(item) if name == "env" else _pruned_mapping(item)
            if inner:
                kept.append(inner)
        elif isinstance(item, list) and (items := _pruned_list("", item)):
            kept.append(items)
    return kept


def _variable(item: JsonObject) -> JsonObject:
    """An environment variable with the names of the Services in its value, and nothing else of the value."""
    kept = _pruned_mapping(item)
    text = item.get("value")
    # There are very many variables, and few of them call a Service.
    called = services_called(text) if isinstance(text, str) and ".svc" in text else ()
    if called:
        kept["value"] = " ".join(f"{name}.{place}.svc" for place, name in called)
    return kept
