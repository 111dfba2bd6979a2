"""jsonPatches and strategicMergePatches of a release, applied as kustomize applies them (rule 12.9).

Helmfile has kustomize apply the JSON patches first, then the strategic merge patches, each in its own order.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import TypeAlias

from migrate.doors.helm import HelmError
from migrate.model.json import JsonObject, JsonValue
from migrate.render.merge_keys import certainly_cluster_scoped
from migrate.render.merging import merge_patch
from migrate.render.objects import object_key

Documents: TypeAlias = "list[JsonObject | None]"
"""Documents by position; None where a patch removed the object."""
ResourceId: TypeAlias = "tuple[str, str, str, str]"
"""apiVersion, kind, namespace, name: what kustomize tells resources apart by."""

_NO_NAMESPACE = "\0"
_TERM = re.compile(r"(!?)\s*([^=!\s,()]+)\s*(?:(!=|==?)\s*([^\s()]*)|\s(in|notin)\s*\(([^()]*)\))?\s*")


def resource_id(document: JsonObject) -> ResourceId:
    """What kustomize finds the object by; no namespace is ``default`` where the kind may have one."""
    key = object_key(document)
    version = str(document.get("apiVersion") or "")
    metadata = document.get("metadata")
    name = str(metadata.get("name") or "") if isinstance(metadata, dict) else ""
    if certainly_cluster_scoped(version, key.kind):
        return version, key.kind, _NO_NAMESPACE, name
    return version, key.kind, key.namespace or "default", name


def described(identity: ResourceId) -> str:
    """A resource in words, e.g. ``apps/v1 Deployment web in the namespace default``."""
    version, kind, namespace, name = identity
    return f"{version} {kind} {name}" + ("" if namespace == _NO_NAMESPACE else f" in the namespace {namespace}")


def apply_json_patches(documents: Documents, patches: Sequence[JsonObject]) -> Documents:
    """Each ``{target, patch}`` on every object its target selects; the arguments stay as they are.

    Raises:
        HelmError: an operation does not fit its object.
    """
    result = list(documents)
    for entry in patches:
        target, operations = entry.get("target"), entry.get("patch")
        for position, document in enumerate(result):
            if document is None or not selected(document, target if isinstance(target, dict) else {}):
                continue
            value: JsonValue = copy.deepcopy(document)
            for operation in operations if isinstance(operations, list) else []:
                value = _operate(value, operation if isinstance(operation, dict) else {}, document)
            result[position] = _still_an_object(value, document)
    return result


def _still_an_object(value: JsonValue, origin: JsonObject) -> JsonObject:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if isinstance(value, dict) and value.get("kind") and isinstance(metadata, dict) and metadata.get("name"):
        return value
    raise HelmError(f"jsonPatches: {object_key(origin)} is left without kind or metadata.name")


def selected(document: JsonObject, target: JsonObject) -> bool:
    """Whether a patch's target means the object: its fields are patterns for the whole of a name.

    Raises:
        HelmError: a pattern or a selector of the target is malformed.
    """
    key = object_key(document)
    api_version, _, namespace, _ = resource_id(document)
    version = api_version.rpartition("/")[2]
    mine = {"group": key.group, "version": version, "kind": key.kind, "name": key.name, "namespace": namespace}
    for field, value in mine.items():
        wanted = target.get(field)
        try:
            if wanted and re.fullmatch(str(wanted), value) is None:
                return False
        except re.error as error:
            raise HelmError(f"a patch's target has {field}: {wanted!r}, which is no pattern: {error}") from error
    return all(
        _labels_match(document, field, str(target.get(selector) or "").strip())
        for field, selector in (("labels", "labelSelector"), ("annotations", "annotationSelector"))
    )


def _labels_match(document: JsonObject, field: str, selector: str) -> bool:
    """Kubernetes' own selectors: ``a=b,c,!d,e in (f,g)``."""
    if not selector:
        return True
    metadata = document.get("metadata")
    found = metadata.get(field) if isinstance(metadata, dict) else None
    labels = found if isinstance(found, dict) else {}
    return all(_term_holds(labels, term.strip()) for term in re.split(r",(?![^()]*\))", selector))


def _term_holds(labels: JsonObject, term: str) -> bool:
    match = _TERM.fullmatch(term)
    if match is None or (match[1] and (match[3] or match[5])):
        raise HelmError(f"a patch selects with {term!r}, which is no selector")
    negated, name, operator, value, word, listed = match.groups()
    if word:
        return (labels.get(name) in [item.strip() for item in listed.split(",")]) is (word == "in")
    if operator is None:
        return (name in labels) is not bool(negated)
    return (labels.get(name) == value) is (operator != "!=")


def _operate(document: JsonValue, operation: JsonObject, origin: JsonObject) -> JsonValue:
    """One operation of RFC 6902, as lax as the library that kustomize uses.

    There a position may be negative, a replaced key need not be there, and a missing one passes a test for null.
    """
    kind, path = str(operation.get("op")), str(operation.get("path", ""))
    try:
        match kind:
            case "add":
                _add(*_holder(document, path), copy.deepcopy(operation["value"]))
            case "remove":
                _remove(*_holder(document, path))
            case "replace" if not path:
                return copy.deepcopy(operation["value"])
            case "replace":
                holder, key = _holder(document, path)
                _get(holder, key)
                _put(holder, key, copy.deepcopy(operation["value"]))
            case "move" | "copy":
                holder, key = _holder(document, str(operation["from"]))
                value = copy.deepcopy(_get(holder, key))
                if kind == "move":
                    _remove(holder, key)
                _add(*_holder(document, path), value)
            case "test":
                if (_get(*_holder(document, path)) if path else document) != operation.get("value"):
                    raise ValueError("the test fails")
            case _:
                raise ValueError(f"there is no operation {kind!r}")
    except (KeyError, IndexError, ValueError) as error:
        told = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise HelmError(f"jsonPatches: {kind} {path} does not fit {object_key(origin)}: {told}") from error
    return document


Holder: TypeAlias = "JsonObject | list[JsonValue]"


def _holder(document: JsonValue, pointer: str) -> tuple[Holder, str]:
    """The map or list that a pointer's last part is looked up in, and that part; what is before the first / is lost."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    if not tokens:
        raise ValueError("a path starts with a slash")
    holder = document
    for token in tokens[:-1]:
        if not isinstance(holder, (dict, list)):
            raise KeyError(token)
        holder = _get(holder, token)
    if not isinstance(holder, (dict, list)):
        raise KeyError("/".join(tokens[:-1]))
    return holder, tokens[-1]


def _get(holder: Holder, key: str) -> JsonValue:
    return holder.get(key) if isinstance(holder, dict) else holder[_position(key, len(holder))]


def _position(key: str, length: int) -> int:
    if not re.fullmatch(r"[-+]?\d+", key) or not -length <= int(key) < length:
        raise IndexError(f"the list has no position {key}")
    return int(key) % length


def _add(holder: Holder, key: str, value: JsonValue) -> None:
    if isinstance(holder, dict):
        holder[key] = value
    else:
        holder.insert(len(holder) if key == "-" else _position(key, len(holder) + 1), value)


def _put(holder: Holder, key: str, value: JsonValue) -> None:
    if isinstance(holder, dict):
        holder[key] = value
    else:
        holder[_position(key, len(holder))] = value


def _remove(holder: Holder, key: str) -> None:
    if isinstance(holder, dict):
        del holder[key]
    else:
        del holder[_position(key, len(holder))]


def apply_strategic_merge_patches(
    documents: Documents, patches: Sequence[JsonObject], before: Documents | None = None
) -> Documents:
    """Each patch on the one object of its type, name and namespace; the arguments stay as they are.

    An object is found by the name it had ``before`` the JSON patches too.

    Raises:
        HelmError: there is no such object, more than one, or the patch does not fit it.
    """
    result = list(documents)
    for patch in patches:
        wanted = resource_id(patch)
        positions = [
            i
            for i, (found, origin) in enumerate(zip(result, before or documents, strict=True))
            if found is not None and wanted in (resource_id(found), resource_id(origin or found))
        ]
        if len(positions) != 1:
            told = "there is no" if not positions else "there is more than one"
            raise HelmError(f"strategicMergePatches: {told} {described(wanted)} to patch")
        document = result[positions[0]]
        if document is not None:
            result[positions[0]] = _named_as(document, merge_patch(document, patch))
    return result


def _named_as(document: JsonObject, merged: JsonObject | None) -> JsonObject | None:
    """The patched object with the kind, name and namespace that it had: a patch changes none of them."""
    if merged is None:
        return None
    before, after = document.get("metadata"), merged.get("metadata")
    metadata = dict(after) if isinstance(after, dict) else {}
    for field in ("name", "namespace"):
        metadata.pop(field, None)
        if isinstance(before, dict) and field in before:
            metadata[field] = before[field]
    return {**merged, "kind": document.get("kind"), "metadata": metadata}
