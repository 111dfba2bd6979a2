"""templatePatch: a strategic merge over a rendered Application (rules 2.10 to 2.13)."""

from __future__ import annotations

from typing import Any

from migrate.expand.documents import DocumentError, load_json_or_yaml
from migrate.expand.errors import GenerationError
from migrate.expand.fields import APPLICATION
from migrate.expand.schema import DecodeError, decode
from migrate.model.json import JsonObject, JsonValue

# Lists that a strategic merge joins; every other list of an Application is replaced whole.
_JOINED_LISTS = (("metadata", "finalizers"), ("metadata", "ownerReferences"))


def apply_patch(application: JsonObject, text: str) -> JsonObject:
    """``application`` with the rendered patch over it, decoded again; an empty patch changes nothing.

    Raises:
        GenerationError: the patch is no YAML, no Application, or meets an object it cannot merge into.
    """
    try:
        patch = load_json_or_yaml(text)
    except ValueError as error:
        raise GenerationError(f"invalid templatePatch {text!r}: it starts as JSON, but is none: {error}") from error
    except DocumentError as error:
        raise GenerationError(f"error while converting template to json {text!r}: {error}") from error
    if patch is None:
        return application
    try:
        decode(patch, APPLICATION)
    except DecodeError as error:
        raise GenerationError(f"invalid templatePatch {text!r}: {error}") from error
    merged = _merge(application, patch, ())  # type: ignore[arg-type]
    return _restored(decode_application(merged), application)


def decode_application(value: JsonValue) -> JsonObject:
    """An Application as its type holds it.

    Raises:
        GenerationError: a field has the wrong type.
    """
    try:
        decoded: Any = decode(value, APPLICATION)
    except DecodeError as error:
        raise GenerationError(f"not an Application: {error}") from error
    return decoded  # type: ignore[no-any-return]


def _restored(patched: JsonObject, original: JsonObject) -> JsonObject:
    """A patch cannot move an Application to another project or namespace (rule 2.11)."""
    spec: Any = patched.setdefault("spec", {})
    before: Any = original.get("spec", {})
    spec["project"] = before.get("project", "")
    metadata: Any = patched.setdefault("metadata", {})
    old: Any = original.get("metadata", {})
    metadata.pop("namespace", None)
    if old.get("namespace"):
        metadata["namespace"] = old["namespace"]
    return patched


def _merge(base: JsonObject, patch: JsonObject, path: tuple[str, ...]) -> JsonObject:
    directive = patch.get("$patch")
    if directive == "replace":
        return _without_directives(patch)
    if directive == "delete":
        return {}
    merged = _as_directed(base, patch)
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged_value(merged.get(key), value, (*path, key))
    return merged


def _as_directed(base: JsonObject, patch: JsonObject) -> JsonObject:
    """The base without what ``$retainKeys`` does not name and ``$deleteFromPrimitiveList/KEY`` takes out."""
    retained = patch.get("$retainKeys")
    kept = {key: value for key, value in base.items() if not isinstance(retained, list) or key in retained}
    for key, value in kept.items():
        removed = patch.get(f"$deleteFromPrimitiveList/{key}")
        if isinstance(value, list) and isinstance(removed, list):
            kept[key] = [item for item in value if item not in removed]
    return kept


def _merged_value(below: JsonValue, value: JsonValue, path: tuple[str, ...]) -> JsonValue:
    inside_values = "valuesObject" in path[:-1]
    if inside_values and below is not None and isinstance(value, (dict, list)):
        raise GenerationError(
            f"templatePatch: {'.'.join(path)}: template and patch share a key of valuesObject whose value is a mapping "
            "or a list; Argo CD cannot merge it"
        )
    if isinstance(value, dict):
        return _merge(below if isinstance(below, dict) else {}, value, path)
    if isinstance(value, list) and isinstance(below, list) and path in _JOINED_LISTS:
        return value + [item for item in below if item not in value]
    return _without_nulls(value) if inside_values else value


def _without_nulls(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _without_directives(patch: JsonObject) -> JsonObject:
    return {key: value for key, value in patch.items() if not key.startswith("$") and value is not None}
