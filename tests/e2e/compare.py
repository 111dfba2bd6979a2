"""A live object held to what `render --targets` said: every field that we emit must be there, with our value.

What the API server or a controller added is counted, never hidden. Where the server writes our value otherwise, a named
rule says so and is counted; anything else is a difference. Pure functions, no cluster.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

EMPTY = "empty, so the server leaves it out"
QUANTITY = "a quantity in the server's words"
STRING_DATA = "stringData, kept as data"
STATUS = "a status, which only the controller writes"
RULES = (EMPTY, QUANTITY, STRING_DATA, STATUS)

_QUANTITY_PLACES = {"limits", "requests", "capacity", "hard"}
_QUANTITY_FIELDS = {"sizeLimit", "divisor"}
_SUFFIXES = {
    "": Decimal(1),
    **{letter: Decimal(10) ** (-3 * n) for n, letter in enumerate("mun", 1)},
    **{letter: Decimal(1000) ** n for n, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** n for n, letter in enumerate("KMGTPE", 1)},
}
_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """A field that we emit and that is not so in the cluster."""

    path: str
    wanted: str
    found: str


@dataclass
class Held:
    """What the comparison of one object, or of many, counted."""

    same: int = 0
    """Fields with our value."""
    added: Counter[str] = field(default_factory=Counter)
    """Fields that we do not emit, by the field's own path below its object."""
    ruled: Counter[str] = field(default_factory=Counter)
    """Fields that the server writes otherwise, by rule."""
    differences: list[Difference] = field(default_factory=list)


def hold(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> Held:
    """Every field of ``wanted`` in ``live``. Values of Secrets are never shown."""
    held = Held()
    target = dict(wanted)
    if target.get("kind") == "Secret" and isinstance(target.get("stringData"), dict):
        texts = target.pop("stringData")
        encoded = {name: base64.b64encode(str(text).encode()).decode() for name, text in texts.items()}
        target["data"] = {**(target.get("data") or {}), **encoded}
        held.ruled[STRING_DATA] += len(texts)
    if "status" in target:
        held.ruled[STATUS] += sum(1 for _ in _leaves(target.pop("status")))
    _hold(target, live, (), held, secret=target.get("kind") == "Secret")
    return held


def _hold(wanted: Any, found: Any, path: tuple[str, ...], held: Held, *, secret: bool) -> None:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            _hold(value, found.get(name, _ABSENT), (*path, str(name)), held, secret=secret)
        for name in found.keys() - wanted.keys():
            held.added[_text((*path, str(name)))] += sum(1 for _ in _leaves(found[name]))
        if not wanted:
            held.same += 1
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (item, live) in enumerate(zip(wanted, found, strict=True)):
            _hold(item, live, (*path, str(number)), held, secret=secret)
        if not wanted:
            held.same += 1
    elif type(wanted) is type(found) and wanted == found:
        held.same += 1
    elif found is _ABSENT and (wanted is None or wanted in ({}, [], "") or wanted is False):
        held.ruled[EMPTY] += 1
    elif _is_quantity(path) and _same_quantity(wanted, found):
        held.ruled[QUANTITY] += 1
    else:
        held.differences.append(Difference(_text(path), _shown(wanted, secret), _shown(found, secret)))


def _is_quantity(path: tuple[str, ...]) -> bool:
    return path[-1] in _QUANTITY_FIELDS or (len(path) > 1 and path[-2] in _QUANTITY_PLACES)


def _same_quantity(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or not isinstance(one, str | int | float) or not isinstance(other, str):
        return False
    left, right = _quantity(str(one)), _quantity(other)
    return left is not None and left == right


def _quantity(text: str) -> Decimal | None:
    number = text.rstrip("numkKMGTPEi")
    suffix = text[len(number) :]
    try:
        return Decimal(number) * _SUFFIXES[suffix]
    except (InvalidOperation, KeyError):
        return None


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and value:
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list) and value:
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _shown(value: Any, secret: bool) -> str:
    if value is _ABSENT:
        return "nothing"
    if secret:
        return "a value that is not shown"
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:99]}…"


def _text(path: tuple[str, ...]) -> str:
    return ".".join(path)
