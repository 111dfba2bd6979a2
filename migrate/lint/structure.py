"""A document against the fields and types that Argo CD's resource definitions have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrate.lint.argocd_fields import KINDS, PARTS
from migrate.lint.data import Document, Key

_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "s": ("text", (str,)),
    "b": ("true or false", (bool,)),
    "i": ("a whole number", (int,)),
    "n": ("a number", (int, float)),
    "x": ("a whole number or text", (int, str)),
}
_NAMES = {bool: "a truth value", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}


@dataclass(frozen=True)
class Misfit:
    """A place of a document that does not fit: a field that is not known, or a value of another type."""

    keys: tuple[Key, ...]
    unknown: bool
    close: str = ""
    """The known field that an unknown one is nearest to."""
    wanted: str = ""
    given: str = ""


def misfits(document: Document) -> Iterator[Misfit]:
    """What in the spec of an ApplicationSet, Application or AppProject does not fit, in order."""
    part = KINDS.get(str(document.get("kind")))
    spec = document.get("spec")
    if part is not None and spec is not None:
        yield from _in_value(spec, dict(_fields(part))["spec"], ("spec",))


def fields_at(kind: str, keys: tuple[Key, ...]) -> dict[str, str]:
    """Field → type of the part at ``keys`` of a kind, where ``-`` or a number is an item; empty for a free mapping."""
    found = KINDS.get(kind, "")
    for key in keys:
        if found[:1] in ("[", "{"):
            found = found[1:]
            continue
        found = dict(_fields(found)).get(str(key), "") if found in PARTS else ""
    return dict(_fields(found)) if found in PARTS else {}


def _fields(part: str) -> Iterator[tuple[str, str]]:
    for word in PARTS[part].split():
        name, _, kind = word.partition(":")
        yield name, kind


def _in_value(value: Any, kind: str, keys: tuple[Key, ...]) -> Iterator[Misfit]:
    if value is None or kind == "*":
        return
    if kind[0] == "[":
        yield from _in_list(value, kind[1:], keys)
    elif kind[0] == "{":
        yield from _in_mapping(value, kind[1:], keys)
    elif kind in _TYPES:
        wanted, types = _TYPES[kind]
        whole = isinstance(value, float) and value.is_integer() and int in types
        if not (whole or isinstance(value, types)) or (isinstance(value, bool) and bool not in types):
            yield Misfit(keys, unknown=False, wanted=wanted, given=_NAMES.get(type(value), "something else"))
    elif not isinstance(value, dict):
        yield Misfit(keys, unknown=False, wanted="a mapping", given=_NAMES.get(type(value), "something else"))
    else:
        known = dict(_fields(kind))
        for name, item in value.items():
            if name in known:
                yield from _in_value(item, known[name], (*keys, name))
            else:
                close = difflib.get_close_matches(str(name), sorted(known), 1)
                yield Misfit((*keys, name), unknown=True, close=close[0] if close else "")


def _in_list(value: Any, kind: str, keys: tuple[Key, ...]) -> Iterator[Misfit]:
    if not isinstance(value, list):
        yield Misfit(keys, unknown=False, wanted="a list", given=_NAMES.get(type(value), "something else"))
        return
    for index, item in enumerate(value):
        yield from _in_value(item, kind, (*keys, index))


def _in_mapping(value: Any, kind: str, keys: tuple[Key, ...]) -> Iterator[Misfit]:
    if not isinstance(value, dict):
        yield Misfit(keys, unknown=False, wanted="a mapping", given=_NAMES.get(type(value), "something else"))
        return
    for name, item in value.items():
        yield from _in_value(item, kind, (*keys, name))
