"""YAML as Go's yaml.v3 writes it: the text of ``toYaml``, character for character (rules 10 and 14.3).

The text itself counts, not only what it parses to: templates indent it, quote it and take checksums of it.
``migrate.doors.yaml`` writes what people read; this writes what helmfile's templates see.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrate.doors.go_scalars import (
    INDICATOR,
    LONGEST_SIMPLE_KEY,
    NEVER_FIRST,
    UNPRINTABLE,
    code_point_escape,
    reads_as_number_or_time,
)
from migrate.doors.yaml import GoTime

_INDENT = "  "
_OLD_BOOLS = re.compile(r"y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF")
_WORDS = re.compile(r"true|True|TRUE|false|False|FALSE|~|null|Null|NULL|\.nan|\.NaN|\.NAN|[-+]?(?:\.inf|\.Inf|\.INF)")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?P<t>[Tt ])[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r",
    "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_ESCAPED = re.compile('[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|["\\\\]')
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_BREAK = re.compile("[\n\r\x85\u2028\u2029]")


class GoStruct(dict[str, Any]):
    """A mapping that Go holds as a structure: its keys stay in the order given."""


def encode(value: Any) -> str:
    """The document of plain data, its keys sorted as Go sorts them, with a newline at the end."""
    return "".join(_node(value, 0)).removeprefix(" ")


def _node(value: Any, depth: int) -> Iterator[str]:
    """What follows a key or dash: a space and a scalar, or the lines of a collection, each with its newline before."""
    if isinstance(value, Mapping) and value:
        for key in value if isinstance(value, GoStruct) else sorted_keys(value):
            yield _INDENT * depth
            yield from _entry(key, value[key], depth)
    elif isinstance(value, (list, tuple)) and value:
        for item in value:
            yield _INDENT * depth + "-"
            yield from _item(item, depth)
    else:
        yield f" {_scalar(value, depth)}\n"


def _item(item: Any, depth: int) -> Iterator[str]:
    """An item of a list: what is in it begins on the line of its dash."""
    if not (isinstance(item, (Mapping, list, tuple)) and item):
        yield from _node(item, depth)
        return
    lines = _node(item, depth + 1)
    yield " " + next(lines)[len(_INDENT * (depth + 1)) :]
    yield from lines


def _entry(key: Any, value: Any, depth: int) -> Iterator[str]:
    shown = _scalar(key, depth, simple_key=True)
    nested = isinstance(value, (Mapping, list, tuple)) and value
    if len(shown.encode()) > LONGEST_SIMPLE_KEY or (isinstance(key, str) and _BREAK.search(key)):
        yield f"? {_scalar(key, depth)}\n{_INDENT * depth}:"
        yield from _item(value, depth)
        return
    yield f"{shown}:\n" if nested else f"{shown}:"
    yield from _node(value, depth + 1 if nested else depth)


def sorted_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    """The keys as yaml.v3 orders them: numbers inside text by their value, letters after other signs.

    >>> sorted_keys({"a10": 0, "a9": 0, "a_b": 0})
    ['a9', 'a10', 'a_b']
    """
    keys = list(mapping)
    if all(isinstance(key, str) and key.isalpha() for key in keys):
        return sorted(keys)
    return sorted(keys, key=functools.cmp_to_key(_compare))


def _compare(one: Any, other: Any) -> int:
    if not isinstance(one, str) or not isinstance(other, str):
        ranks = [(isinstance(key, str), 0 if isinstance(key, str) else key) for key in (one, other)]
        return -1 if ranks[0] < ranks[1] else int(ranks[0] > ranks[1])
    return -1 if _before(one, other) else 1


def _before(one: str, other: str) -> bool:
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return len(one) < len(other)
    a, b = one[at], other[at]
    if a.isalpha() and b.isalpha():
        return a < b
    if a.isalpha() or b.isalpha():
        within_number = at > 0 and one[at - 1].isdecimal()
        return a.isalpha() if within_number else b.isalpha()
    ours, theirs = _number(one, at), _number(other, at)
    lead = "1" if "0" in (a, b) and re.search(r"[1-9][0-9]*\Z", one[:at]) else "0"
    values = int(lead + ours), int(lead + theirs)
    if values[0] != values[1]:
        return values[0] < values[1]
    return len(ours) < len(theirs) if len(ours) != len(theirs) else a < b


def _number(text: str, start: int) -> str:
    end = start
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[start:end]


# --- scalars


def _scalar(value: Any, depth: int, *, simple_key: bool = False) -> str:
    if isinstance(value, str):
        return _text(value, depth, simple_key=simple_key)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, GoTime):
        return value.rfc3339()
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    return _text(str(value), depth) if not isinstance(value, int) else str(value)


def format_float(value: float) -> str:
    """A float as Go's shortest ``%g``.

    >>> [format_float(number) for number in (1.5, 3.0, 1234567.0, 0.00001)]
    ['1.5', '3', '1.234567e+06', '1e-05']
    """
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    digits, exponent = f"{value:.17e}".split("e")
    shortest = repr(value)
    for precision in range(17):
        candidate = f"{value:.{precision}e}"
        if float(candidate) == value:
            digits, exponent = candidate.split("e")
            break
    power = int(exponent)
    if -4 <= power < 21 and power < 6:
        return shortest.removesuffix(".0")
    return f"{digits}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _text(text: str, depth: int, *, simple_key: bool = False) -> str:
    if "\n" in text:
        if simple_key or UNPRINTABLE.search(text.replace("\t", "")) or text[-1] == " " or " \n" in text:
            return _double(text)
        return _literal(text, depth)
    if _reads_as_something_else(text):
        return _double(text)
    if _PLAIN.fullmatch(text):
        return text
    if UNPRINTABLE.search(text):
        return _double(text)
    if text[0] == " " or text[-1] == " " or NEVER_FIRST.match(text) or INDICATOR.search(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _reads_as_something_else(text: str) -> bool:
    """Whether the bare text would not be read as a text again."""
    if text == "" or _WORDS.fullmatch(text) or _OLD_BOOLS.fullmatch(text):
        return True
    return reads_as_number_or_time(text, _TIMESTAMP)


def _literal(text: str, depth: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        hint += "-"
    elif text == "\n" or text.endswith("\n\n"):
        hint += "+"
    indent = _INDENT * (depth + 1)
    body = "\n".join(indent + line if line else "" for line in text.removesuffix("\n").split("\n"))
    return f"|{hint}\n{body}"


def _double(text: str) -> str:
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or code_point_escape(match[0])
