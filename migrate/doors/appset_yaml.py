"""YAML as the ApplicationSet controller's ``toYaml`` writes it: yaml.v2 behind JSON, character for character.

The text itself counts, not only what it parses to: patches indent it, annotations carry it. Long texts are folded at
the first blank after column 80; the tests compare with what Argo CD 3.3.0 wrote.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from migrate.doors.go_scalars import (
    INDICATOR,
    LONGEST_SIMPLE_KEY,
    NEVER_FIRST,
    UNPRINTABLE,
    code_point_escape,
    reads_as_number_or_time,
)
from migrate.doors.go_yaml import format_float

_WIDTH = 80
_LARGEST_INTEGER, _SMALLEST_INTEGER = 2**64 - 1, -(2**63)
_WORDS = re.compile(
    r"|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE|~|null|Null|NULL"
    r"|\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF)"
)
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?P<t>[Tt ])(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](?:\.[0-9]+)?"
    r"(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_REFUSED = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")
_ESCAPES = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
    '"': '"', "\\": "\\", "\xa0": "_",
}  # fmt: skip


def encode(value: Any) -> str:
    """Plain data as a document without the newline at its end; mappings by their keys, lists not indented.

    Raises:
        ValueError: a text holds a control character, as in the controller; or a line break of another script, whose
            form is not known here.
    """
    return "\n".join(_lines(value, 0, 0))


def _lines(value: Any, column: int, indent: int) -> Iterator[str]:
    """The lines of a value: the first begins at ``column``, the others stand as they are at ``indent`` of a block."""
    margin = " " * indent
    if isinstance(value, dict) and value:
        for position, key in enumerate(sorted(value, key=functools.cmp_to_key(_order))):
            first, *rest = _entry(key, value[key], indent)
            yield first if position == 0 else margin + first
            yield from rest
    elif isinstance(value, list) and value:
        for position, item in enumerate(value):
            first, *rest = _lines(item, indent + 2, indent + 2)
            yield f"- {first}" if position == 0 else f"{margin}- {first}"
            yield from rest
    elif isinstance(value, str):
        yield from _text(value, column, indent)
    else:
        yield _scalar(value)


def _order(one: str, other: str) -> int:
    """The order of keys in yaml.v2: letters after other signs, numbers inside a text by their value."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return len(one) - len(other)
    letters = one[at].isalpha(), other[at].isalpha()
    if letters[0] != letters[1]:
        return 1 if letters[0] else -1
    if letters[0]:
        return -1 if one[at] < other[at] else 1
    # Digits before a zero count too: it then stands inside a number, not at its beginning.
    lead = "1" if "0" in (one[at], other[at]) and re.search(r"[1-9][0-9]*\Z", one[:at]) else "0"
    ranks = [(int(lead + digits), len(digits), text[at]) for text in (one, other) for digits in [_digits(text, at)]]
    return -1 if ranks[0] < ranks[1] else 1


def _digits(text: str, start: int) -> str:
    found = re.compile("[0-9]*").match(text, start)
    return found[0] if found else ""


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    margin = " " * indent
    if len(key.encode()) > LONGEST_SIMPLE_KEY or "\n" in key:
        first, *rest = _text(key, indent + 2, indent + 2)
        yield f"? {first}"
        yield from rest
        first, *rest = _lines(value, indent + 2, indent + 2)
        yield f"{margin}: {first}"
        yield from rest
        return
    head = "".join(_text(key, 0, 0, fold=False)) + ":"
    if isinstance(value, (dict, list)) and value:
        yield head
        inner = indent + 2 if isinstance(value, dict) else indent
        first, *rest = _lines(value, inner, inner)
        yield " " * inner + first
    else:
        first, *rest = _lines(value, indent + len(head) + 1, indent + 2)
        yield f"{head} {first}"
    yield from rest


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return _number(value)
    return "{}" if isinstance(value, dict) else "[]"


def _number(value: float) -> str:
    """JSON stands between: whole numbers below 1e+21 are digits there, and integers where 64 bits hold them."""
    if value != value or abs(value) == float("inf"):
        raise ValueError(f"json: unsupported value: {format_float(value).lstrip('.')}")
    if float(value).is_integer() and abs(value) < 1e21:
        digits = format(Decimal(repr(value)), "f").removesuffix(".0")
        if _SMALLEST_INTEGER <= int(digits) <= _LARGEST_INTEGER:
            return str(int(digits))
    return format_float(float(value))


# ---------------------------------------------------------------- texts


def _text(text: str, column: int, indent: int, *, fold: bool = True) -> Iterator[str]:
    """A text in the style that yaml.v2 takes; ``fold`` is off for keys."""
    if _REFUSED.search(text):
        raise ValueError("yaml: control characters are not allowed")
    if _OTHER_BREAKS.search(text):
        raise ValueError("toYaml of a text with U+0085, U+2028 or U+2029 is not imitated; take the sign out")
    width = _WIDTH if fold else len(text) * 10
    special = UNPRINTABLE.search(text) is not None
    if "\n" in text and not (special or " \n" in text or text.endswith(" ")):
        yield from _block(text, indent)
    elif "\n" in text or special or _reads_as_something_else(text):
        yield from _folded(_escaped(text), '"', column, indent, width)
    elif text[0] == " " or text[-1] == " " or NEVER_FIRST.match(text) or INDICATOR.search(text):
        yield from _folded([sign.replace("'", "''") for sign in text], "'", column, indent, width)
    else:
        yield from _folded(list(text), "", column, indent, width)


def _reads_as_something_else(text: str) -> bool:
    """Whether the bare text would not be read as a text again."""
    return _WORDS.fullmatch(text) is not None or reads_as_number_or_time(text, _TIMESTAMP)


def _escaped(text: str) -> list[str]:
    """The signs of a double-quoted text; after a byte order mark at its beginning every sign is escaped."""
    all_of_it = text.startswith("\ufeff")
    return [_escape(sign) if all_of_it or sign in '\n"\\' or UNPRINTABLE.match(sign) else sign for sign in text]


def _escape(sign: str) -> str:
    return "\\" + _ESCAPES[sign] if sign in _ESCAPES else code_point_escape(sign)


def _folded(signs: list[str], quote: str, column: int, indent: int, width: int) -> Iterator[str]:
    """The signs between quotes; a blank that comes after column ``width`` becomes a new line.

    Not within a run of blanks, except that double quotes fold at its first, with a backslash before the second; and
    not, between quotes, at the first or last sign.
    """
    line = quote
    column += len(quote)
    after_blank = False
    for position, sign in enumerate(signs):
        following = signs[position + 1] if position + 1 < len(signs) else ""
        inside = not quote or 0 < position < len(signs) - 1
        if sign == " " and not after_blank and column > width and inside and (quote == '"' or following != " "):
            yield line
            line = " " * indent + ("\\" if following == " " else "")
            column = len(line)
        else:
            line += sign
            column += len(sign)
        after_blank = sign == " "
    yield line + quote


def _block(text: str, indent: int) -> Iterator[str]:
    """A literal block, whose lines stand at ``indent``, or two further in where the text is the whole document."""
    hint = "2" if text[0] in " \n" else ""
    chomp = "-" if not text.endswith("\n") else "+" if text == "\n" or text.endswith("\n\n") else ""
    margin = " " * (indent or 2)
    yield f"|{hint}{chomp}"
    for line in text.removesuffix("\n").split("\n"):
        yield margin + line if line else ""
