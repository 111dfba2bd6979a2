"""``--state-values-set`` and ``--state-values-set-string`` as a mapping (rule 4.15).

What the first context of every root file holds beside the state-values files; ``environment`` lays it over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from migrate.errors import EstateError
from migrate.read.merge import merge_layers

_TEXT_ITEM = re.compile(r"""(?:,|^)([^\s=]+)=(['"][^'"]*['"]|[^,]+)""")
_INDEXED = re.compile(r"([^\s\[\]]+)\[\s*(\d+).*")
_INTEGER = re.compile(r"[+-]?[0-9]+")


def command_line_overrides(expressions: Sequence[str], texts: Sequence[str] = ()) -> dict[str, Any]:
    """The mapping that the expressions make: first the texts, then the typed ones over them.

    >>> command_line_overrides(["a.b=1,c=x"], ["a.d=1"])
    {'a': {'d': '1', 'b': 1}, 'c': 'x'}

    Raises:
        EstateError: an item without ``=``, or a key that goes through something that holds no keys.
    """
    as_text: dict[str, Any] = {}
    for expression in texts:
        for match in _TEXT_ITEM.finditer(expression):
            _set(as_text, match[1], match[2], expression)
    typed: dict[str, Any] = {}
    for expression in expressions:
        for key, text in _items(expression):
            _set(typed, key, _typed(text), expression)
    return merge_layers(as_text, typed)


def _items(expression: str) -> Iterator[tuple[str, str]]:
    for item in expression.split(","):
        key, equals, text = item.partition("=")
        if not equals or not key:
            raise EstateError(f"--state-values-set {expression!r}: {item!r} is no KEY=VALUE", hint="write a.b=c,d=e")
        yield key, text


def _typed(text: str) -> Any:
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if lowered == "null":
        return None
    if text == "0" or (_INTEGER.fullmatch(text) and not text.startswith("0") and -(2**63) <= int(text) < 2**63):
        return int(text)
    return text


def _set(target: dict[str, Any], key: str, value: Any, expression: str) -> None:
    """As helmfile does it, with its fault: a list that is there does not grow for a mapping inside it."""
    *way, last = [_cursor(part) for part in _segments(key)]
    current = target
    for name, index in way:
        if index is None:
            inner = current.setdefault(name, {})
        else:
            items = _grown(current, name, index, expression)
            current.setdefault(name, items)
            if items[index] is None:
                items[index] = {}
            inner = items[index]
        if not isinstance(inner, dict):
            raise _no_keys(name, expression)
        current = inner
    name, index = last
    if index is None:
        current[name] = value
    else:
        items = _grown(current, name, index, expression)
        items[index] = value
        current[name] = items


def _grown(current: dict[str, Any], name: str, index: int, expression: str) -> list[Any]:
    if index > 100_000:
        raise EstateError(f"--state-values-set {expression!r}: the index {index} is too large", hint="count from 0")
    items = current.get(name, [])
    if not isinstance(items, list):
        raise _no_keys(name, expression)
    return items if len(items) > index else [*items, *[None] * (index + 1 - len(items))]


def _no_keys(name: str, expression: str) -> EstateError:
    return EstateError(
        f"--state-values-set {expression!r}: {name!r} already holds something else", hint="set it one way only"
    )


def _segments(key: str) -> list[str]:
    """The key split at dots, ``\\.`` kept as a dot."""
    found: list[str] = []
    text, escaped = "", False
    for letter in key:
        if not escaped and letter == "\\":
            escaped = True
            continue
        if letter == "." and not escaped:
            found.append(text)
            text = ""
        else:
            text += letter
        escaped = False
    return [*found, text] if text or not found else found


def _cursor(segment: str) -> tuple[str, int | None]:
    match = _INDEXED.fullmatch(segment)
    if match:
        return match[1], int(match[2])
    return segment.replace("[", " ").replace("]", " "), None
