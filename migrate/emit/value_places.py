"""Places in a chart's values: every text in them, and the layer that puts others there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from migrate.model.json import JsonObject, JsonValue

Steps = tuple[str | int, ...]
"""A place in values: keys, and positions in lists."""


def overrides(values: JsonObject, chosen: Mapping[Steps, str]) -> JsonObject:
    """A layer that puts each text at its place; a list is written out whole, since Helm replaces it whole."""
    patched: JsonObject = copy.deepcopy(values)
    layer: JsonObject = {}
    for steps, text in chosen.items():
        _put(patched, steps, text)
    for steps in chosen:
        keys = list_around(steps)
        _put(layer, keys, value_at(patched, keys))
    return layer


def list_around(steps: Steps) -> Steps:
    """The place of the outermost list around a place; the place itself where it is in none."""
    return next((steps[:n] for n, step in enumerate(steps) if isinstance(step, int)), steps)


def value_at(value: JsonValue, steps: Steps) -> JsonValue:
    """What stands at a place."""
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return value


def _put(holder: JsonObject, steps: Steps, new: JsonValue) -> None:
    """Put a value at a place; maps on the way are made where they are missing."""
    inner: Any = holder
    for step in steps[:-1]:
        inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
    inner[steps[-1]] = new


def leaves_of(value: JsonValue, steps: Steps = ()) -> Iterator[tuple[Steps, JsonValue]]:
    """Everything that is no map and no list, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_of(item, (*steps, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from leaves_of(item, (*steps, position))
    else:
        yield steps, value


def texts_of(values: JsonObject) -> Iterator[tuple[Steps, str]]:
    """Every text, with its place."""
    yield from ((steps, value) for steps, value in leaves_of(values) if isinstance(value, str))
