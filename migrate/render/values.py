"""The values of one render: texts folded as Helm folds ``--values`` (rule 9.D), then the ``--set`` families on top."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from migrate.doors.helm import HelmError, ValuePath, parse_set, parse_values
from migrate.model.json import JsonObject, JsonValue

# Whatever their order on the command line, Helm reads one family after the other.
_FAMILIES = ("--set-json", "--set", "--set-string", "--set-file", "--set-literal")


class _Missing:
    """Stands for a place that is not there, which null is not."""


_MISSING = _Missing()


class SetInteger(int):
    """A number that ``--set`` made: an integer to the chart, where every number of a values file is a float."""


def fold_values(texts: Sequence[str], names: Sequence[str], sets: Sequence[tuple[str, str]]) -> JsonObject:
    """What Helm gives a chart on top of its defaults; null stays, since it removes a default.

    Raises:
        HelmError: a text is no YAML mapping, or a set expression is malformed; the message names it.
    """
    values: JsonObject = {}
    for position, text in enumerate(texts):
        name = names[position] if position < len(names) else f"values {position + 1}"
        try:
            values = merge_values(values, parse_values(text))
        except HelmError as error:
            raise HelmError(f"{name}: {error.message}") from error
    for family in _FAMILIES:
        for flag, expression in sets:
            if flag == family:
                values = apply_set(values, flag, expression)
    return values


def merge_values(base: JsonObject, over: JsonObject) -> JsonObject:
    """Maps recurse, everything else of ``over`` replaces; neither argument is changed."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge_values(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def apply_set(values: JsonObject, flag: str, expression: str) -> JsonObject:
    """The values after one flag; ``list[1]=x`` changes one element of a list that is there.

    Raises:
        HelmError: the expression is malformed, or leads through something that is no map or list.
    """
    parsed = parse_set(flag, expression)
    if flag in ("--set-json", "--set-literal"):
        return merge_values(values, parsed)
    result: JsonValue = values
    assignments = list(_assignments(expression))
    for position, assignment in enumerate(assignments, 1):
        key, text = _split_key(assignment)
        steps = _steps(key)
        value = parse_set(flag, f"v={text}")["v"]
        try:
            lossy = not text and position == len(assignments) and isinstance(steps[-1], str)
            result = _put(result, steps, _mark(value) if flag == "--set" else value, lossy=lossy)
        except TypeError as error:
            raise HelmError(f"failed parsing {flag} data: {key}: {error}") from error
    return result if isinstance(result, dict) else {}


def integers(value: JsonValue, path: ValuePath = ()) -> Iterator[tuple[ValuePath, int]]:
    """Every integer that ``--set`` made and nothing replaced, with its place."""
    if isinstance(value, SetInteger):
        yield path, int(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from integers(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from integers(item, (*path, position))


def _mark(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _mark(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mark(item) for item in value]
    return SetInteger(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _assignments(expression: str) -> Iterator[str]:
    """The ``key=value`` pieces: commas part them unless escaped or inside a ``{list}``."""
    piece, escaped, in_list = "", False, False
    for character in expression:
        if character == "," and not escaped and not in_list:
            yield piece
            piece = ""
            continue
        if not escaped:
            in_list = (in_list and character != "}") or (character == "{" and piece.endswith("="))
        escaped = character == "\\" and not escaped
        piece += character
    if piece:
        yield piece


def _split_key(assignment: str) -> tuple[str, str]:
    match = re.match(r"((?:\\.|[^=\\])*)=(.*)", assignment, re.DOTALL)
    return (match[1], match[2]) if match else (assignment, "")


def _steps(key: str) -> list[str | int]:
    """``a.b\\.c[0]`` as its steps: ``a``, ``b.c``, 0."""
    found = re.finditer(r"\[(\d+)\]|((?:\\.|[^.\[\\])+)", key)
    return [int(m[1]) if m[1] is not None else re.sub(r"\\(.)", r"\1", m[2]) for m in found]


def _put(
    holder: JsonValue | _Missing, steps: Sequence[str | int], value: JsonValue, *, lossy: bool = False
) -> JsonValue:
    """A copy of ``holder`` with ``value`` at the place; lists grow with nulls.

    ``lossy`` is Helm's way with ``list[0].key=`` at the end of an expression: it adds no element to a list.

    Raises:
        TypeError: the place lies in something that is no map or list.
    """
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        known = _map_of(holder)
        known[step] = _put(known.get(step, _MISSING), rest, value, lossy=lossy)
        return known
    elements = _list_of(holder)
    there = elements[step] if step < len(elements) else None
    if lossy and (step >= len(elements) or (there is None and isinstance(rest[0], int))):
        return elements
    elements += [None] * (step + 1 - len(elements))
    # An element that is null counts as missing, a null in a map does not.
    elements[step] = _put(_MISSING if there is None else there, rest, value, lossy=lossy)
    return elements


def _map_of(holder: JsonValue | _Missing) -> JsonObject:
    if isinstance(holder, _Missing):
        return {}
    if not isinstance(holder, dict):
        raise TypeError(f"{json.dumps(holder)} is no map")
    return dict(holder)


def _list_of(holder: JsonValue | _Missing) -> list[JsonValue]:
    if isinstance(holder, _Missing):
        return []
    if not isinstance(holder, list):
        raise TypeError(f"{json.dumps(holder)} is no list")
    return list(holder)
