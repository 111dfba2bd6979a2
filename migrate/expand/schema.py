"""What an ApplicationSet and an Application may hold: fields and their types, as data.

``decode`` does to a document what the API server and Go's JSON decoder do to it: unknown fields vanish, wrong types
are refused, and fields that Go would leave out when empty are left out. Comparing and normalising then is plain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from migrate.model.json import JsonObject, JsonValue


class Scalar(Enum):
    """A type without parts; ``KEPT`` ones are written even when empty."""

    TEXT = "string"
    TEXT_KEPT = "string, kept"
    TEXT_POINTER = "string, if given"
    BOOL = "bool"
    BOOL_KEPT = "bool, kept"
    INT = "int64"
    INT_KEPT = "int64, kept"
    INT_OR_TEXT = "int or string"
    JSON = "any"


@dataclass(frozen=True)
class Struct:
    """An object with known fields; ``always`` for one that Go writes even when nobody set it.

    The API server wants the ``required`` ones and every ``TEXT_KEPT``, unless it does not look inside (``free``).
    """

    fields: Mapping[str, Node]
    always: bool = False
    required: tuple[str, ...] = ()
    free: bool = False


@dataclass(frozen=True)
class ListOf:
    """A list; left out when empty."""

    item: Node


@dataclass(frozen=True)
class MapOf:
    """A mapping with free keys; left out when empty."""

    item: Node


Node: TypeAlias = "Scalar | Struct | ListOf | MapOf"


class DecodeError(Exception):
    """A value whose type is not the field's."""


def decode(value: JsonValue, node: Node, path: str = "") -> JsonValue:
    """``value`` as the field's type holds it.

    Raises:
        DecodeError: a type does not fit, with the dotted path.
    """
    match node:
        case Struct():
            return _decode_struct(_expect(value, dict, "object", path), node, path)
        case ListOf(item):
            items = _expect(value, list, "list", path)
            return [decode(each, item, f"{path}[{i}]") for i, each in enumerate(items) if each is not None]
        case MapOf(item):
            entries = _expect(value, dict, "object", path)
            return {key: decode(each, item, f"{path}.{key}") for key, each in entries.items() if each is not None}
        case _:
            return _decode_scalar(value, node, path)


def missing_fields(value: JsonValue, node: Node, path: str = "") -> Iterator[str]:
    """The dotted paths of the fields that the API server wants and ``value`` lacks, as they come."""
    match node:
        case Struct() if isinstance(value, dict) and not node.free:
            for name, field in node.fields.items():
                here = f"{path}.{name}".lstrip(".")
                if value.get(name) is not None:
                    yield from missing_fields(value[name], field, here)
                elif field is Scalar.TEXT_KEPT or name in node.required:
                    yield here
        case ListOf(item) if isinstance(value, list):
            for position, each in enumerate(value):
                yield from missing_fields(each, item, f"{path}[{position}]")


def _expect(value: JsonValue, kind: type, name: str, path: str) -> Any:
    if not isinstance(value, kind):
        raise DecodeError(f"{path.lstrip('.') or 'document'}: cannot read {_kind(value)} as {name}")
    return value


def _kind(value: JsonValue) -> str:
    names = {type(None): "null", bool: "bool", str: "string", dict: "object", list: "array"}
    return names.get(type(value), "number")


def _decode_struct(value: JsonObject, node: Struct, path: str) -> JsonObject:
    decoded: JsonObject = {}
    for name, field in node.fields.items():
        given = value.get(name)
        if given is None:
            if isinstance(field, Struct) and field.always:
                decoded[name] = _decode_struct({}, field, f"{path}.{name}")
            elif field in (Scalar.TEXT_KEPT,):
                decoded[name] = ""
            continue
        item = decode(given, field, f"{path}.{name}")
        if not _left_out(item, field):
            decoded[name] = item
    return decoded


def _left_out(value: JsonValue, field: Node) -> bool:
    """Whether Go's ``omitempty`` would drop it."""
    if isinstance(field, (ListOf, MapOf)):
        return not value
    return field in (Scalar.TEXT, Scalar.BOOL, Scalar.INT) and not value


def _decode_scalar(value: JsonValue, node: Scalar, path: str) -> JsonValue:
    if node is Scalar.JSON:
        return value
    fits = {
        Scalar.TEXT: isinstance(value, str),
        Scalar.TEXT_KEPT: isinstance(value, str),
        Scalar.TEXT_POINTER: isinstance(value, str),
        Scalar.BOOL: isinstance(value, bool),
        Scalar.BOOL_KEPT: isinstance(value, bool),
        Scalar.INT: _whole(value),
        Scalar.INT_KEPT: _whole(value),
        Scalar.INT_OR_TEXT: isinstance(value, str) or _whole(value),
    }
    if not fits[node]:
        raise DecodeError(f"{path.lstrip('.')}: cannot read {_kind(value)} as {node.value.split(',')[0]}")
    return int(value) if isinstance(value, float) else value


def _whole(value: JsonValue) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
