"""Where two JSON values differ, as dotted paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from migrate.model.json import JsonValue

_PLAIN = re.compile(r"[A-Za-z0-9_/-]+")


class Absent:
    """Stands for a value that is not there, which null is not."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()
Side: TypeAlias = "JsonValue | Absent"


def join_path(path: str, step: str | int) -> str:
    """``spec`` and ``replicas`` give ``spec.replicas``; positions and keys with dots go into brackets."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if _PLAIN.fullmatch(step):
        return f"{path}.{step}" if path else step
    return f"{path}[{json.dumps(step, ensure_ascii=False)}]"


def value_at(value: JsonValue, path: str) -> JsonValue:
    """What stands at a dotted path of values; None where nothing does."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def join_steps(steps: Iterable[str | int]) -> str:
    """``("spec", "containers", 0)`` as one path."""
    path = ""
    for step in steps:
        path = join_path(path, step)
    return path


def differences(left: Side, right: Side, path: str = "") -> Iterator[tuple[str, Side, Side]]:
    """Each smallest place where the two differ, in order of keys; true is not 1, and 1 is 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):
            yield from differences(left.get(key, ABSENT), right.get(key, ABSENT), join_path(path, key))
    elif isinstance(left, list) and isinstance(right, list):
        for position in range(max(len(left), len(right))):
            yield from differences(
                left[position] if position < len(left) else ABSENT,
                right[position] if position < len(right) else ABSENT,
                join_path(path, position),
            )
    elif isinstance(left, bool) is not isinstance(right, bool) or left != right:
        yield path, left, right
