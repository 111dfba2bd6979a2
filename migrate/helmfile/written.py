"""``helmfile write-values``: the values files of a release folded into one (rule 12.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from migrate.doors.go_yaml import encode


def written_values(layers: Iterable[Mapping[str, Any]]) -> str:
    """The text of the file: mappings go deep, all else of a later layer wins, null and empty too (rule 9.A)."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merged(merged, layer)
    return encode(merged)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged
