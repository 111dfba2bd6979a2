"""JSON as a type, and the one way in which nouns become JSON and come back."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

SCHEMA_VERSION = 1

Noun = TypeVar("Noun")


def as_object(value: JsonValue) -> JsonObject:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: JsonValue) -> list[JsonObject]:
    """The mappings of a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def merge_patched(base: JsonValue, patch: JsonValue) -> JsonValue:
    """RFC 7386: mappings merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(as_object(base))
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patched(merged.get(key), value)
    return merged


def to_json(value: Any) -> Any:
    """A noun as plain JSON data: dataclasses become objects with their field names, tuples become lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(to_json(item) for item in value)
    return value


def from_json(kind: type[Noun], data: Any) -> Noun:
    """The noun of class ``kind`` that :func:`to_json` turned into ``data``.

    Raises:
        TypeError, KeyError: the data does not have that shape.
    """
    return typing.cast("Noun", _decode(kind, data))


def _decode(kind: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        # Free JSON stays as it is; the aliases are names of this module, which others need not import.
        hints = typing.get_type_hints(kind, localns={"JsonValue": object, "JsonObject": dict})
        return kind(**{f.name: _decode(hints[f.name], data[f.name]) for f in dataclasses.fields(kind)})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(_decode(arguments[0], item) for item in data)
    if origin in (typing.Union, types.UnionType):
        return _decode_optional(arguments, data)
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return {key: _decode(arguments[1], item) for key, item in data.items()}
    if isinstance(kind, type) and issubclass(kind, str) and kind is not str:
        return kind(data)
    return data


def _decode_optional(arguments: tuple[Any, ...], data: Any) -> Any:
    if data is None:
        return None
    nouns = [kind for kind in arguments if dataclasses.is_dataclass(kind)]
    return _decode(nouns[0], data) if len(nouns) == 1 and isinstance(data, dict) else data
