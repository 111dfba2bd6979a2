"""Where two objects differ, with the items of lists paired by what tells them apart instead of by position.

Kubernetes' own merge keys are among the names below; unlike kustomize's table of them (``render/merge_keys``) they hold
for custom resources, too, since nothing is merged here: a wrong guess costs a longer diff, and loses nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from migrate.model.json import JsonObject, JsonValue
from migrate.model.structure import ABSENT, Absent, Side, join_path

_IDENTITIES: tuple[tuple[str, ...], ...] = (
    ("name",), ("kind", "namespace", "name"), ("namespace", "name"), ("containerPort", "protocol"),
    ("port", "protocol"), ("mountPath",), ("devicePath",), ("key",), ("ip",), ("host",), ("path",), ("type",),
    ("topologyKey", "whenUnsatisfiable"), ("apiGroups", "resources"), ("alert",), ("record",), ("id",), ("uid",),
)  # fmt: skip
_IDENTITIES_OF = {
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "volumeMounts": (("mountPath",),),
    "subjects": (("kind", "namespace", "name"),),
}
"""Field → what is tried first."""
_LONGEST_LABEL = 80
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')


@dataclass(frozen=True)
class FieldDifference:
    """One place that differs; a list of plain values is one place, as is an item that one side lacks."""

    path: str
    steps: tuple[str, ...]
    """The path's fields, without the items of lists."""
    before: Side
    after: Side
    reordered: bool = False
    """Whether both sides have the same items, in another order; they are listed by their labels then."""


def find_differences(before: JsonObject, after: JsonObject) -> Iterator[FieldDifference]:
    """Each smallest place where two objects differ, in order of keys."""
    yield from _differences(before, after, "", ())


def _differences(before: Side, after: Side, path: str, steps: tuple[str, ...]) -> Iterator[FieldDifference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            place, inner = join_path(path, key), (*steps, key)
            yield from _differences(before.get(key, ABSENT), after.get(key, ABSENT), place, inner)
    elif isinstance(before, list) and isinstance(after, list):
        if before != after or _text(before) != _text(after):
            yield from _of_lists(before, after, path, steps)
    elif (_is_map(before) and isinstance(after, Absent)) or (_is_map(after) and isinstance(before, Absent)):
        yield from _of_one_map(before, after, path, steps)
    elif isinstance(before, bool) is not isinstance(after, bool) or before != after:
        yield FieldDifference(path, steps, before, after)


def _is_map(value: Side) -> bool:
    return isinstance(value, dict) and bool(value)


def _of_one_map(before: Side, after: Side, path: str, steps: tuple[str, ...]) -> Iterator[FieldDifference]:
    """A map of labels or annotations that one side lacks, entry by entry, since some of them may be noise."""
    if steps[-1:] in (("labels",), ("annotations",)):
        empty: JsonObject = {}
        yield from _differences(
            empty if isinstance(before, Absent) else before, empty if isinstance(after, Absent) else after, path, steps
        )
    else:
        yield FieldDifference(path, steps, before, after)


def _of_lists(
    before: list[JsonValue], after: list[JsonValue], path: str, steps: tuple[str, ...]
) -> Iterator[FieldDifference]:
    if not any(isinstance(item, (dict, list)) for item in (*before, *after)):
        same = Counter(map(_text, before)) == Counter(map(_text, after))
        yield FieldDifference(path, steps, before, after, reordered=same)
        return
    left, right = _labelled(before, after, steps[-1] if steps else "")
    if left and right:
        yield from _of_labelled(left, right, path, steps)
    else:
        yield from _by_likeness(before, after, path, steps)


def _of_labelled(
    left: dict[str, JsonValue], right: dict[str, JsonValue], path: str, steps: tuple[str, ...]
) -> Iterator[FieldDifference]:
    for label in [*left, *(label for label in right if label not in left)]:
        place = f"{path}[{label}]"
        yield from _differences(left.get(label, ABSENT), right.get(label, ABSENT), place, steps)
    first = [label for label in left if label in right]
    second = [label for label in right if label in left]
    if first != second:
        yield FieldDifference(path, steps, list[JsonValue](first), list[JsonValue](second), reordered=True)


def _labelled(
    before: list[JsonValue], after: list[JsonValue], name: str
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """The items of both sides by a label that tells them apart on each; empty where none does."""
    for names in (*_IDENTITIES_OF.get(name, ()), *_IDENTITIES):
        left, right = _labels(before, names), _labels(after, names)
        if left is not None and right is not None:
            return dict(zip(left, before, strict=True)), dict(zip(right, after, strict=True))
    return {}, {}


def named_path(path: str, own: JsonObject, other: JsonObject) -> str:
    """A path that counts the items of lists (``env[0].value``), with their names instead (``env[name=A].value``)."""
    place: Side = own
    across: Side = other
    named, field = "", ""
    for quoted, number, plain in _STEP.findall(path):
        if number and isinstance(place, list) and int(number) < len(place):
            left, right = _labelled(place, across if isinstance(across, list) else [], field)
            label = list(left)[int(number)] if left else ""
            named += f"[{label or number}]"
            place, across = place[int(number)], right.get(label, ABSENT)
        elif number:
            named, place, across = join_path(named, int(number)), ABSENT, ABSENT
        else:
            field = json.loads(f'"{quoted}"') if quoted else plain
            named = join_path(named, field)
            place, across = (side.get(field, ABSENT) if isinstance(side, dict) else ABSENT for side in (place, across))
    return named


def _labels(items: Sequence[JsonValue], names: tuple[str, ...]) -> list[str] | None:
    labels = []
    for item in items:
        if not isinstance(item, dict) or item.get(names[0]) in (None, ""):
            return None
        given = [(name, item[name]) for name in names if item.get(name) not in (None, "")]
        if any(isinstance(value, dict) for _, value in given):
            return None
        labels.append(",".join(f"{name}={_short(value)}" for name, value in given))
    return labels if len(set(labels)) == len(labels) else None


def _short(value: JsonValue) -> str:
    text = "/".join(map(str, value)) if isinstance(value, list) else str(value)
    text = text.replace("]", ")").replace("\n", " ")
    return text if len(text) <= _LONGEST_LABEL else f"{text[:_LONGEST_LABEL]}…{len(text)}"


def _by_likeness(
    before: list[JsonValue], after: list[JsonValue], path: str, steps: tuple[str, ...]
) -> Iterator[FieldDifference]:
    """Items that nothing names: what stays is found, what was replaced is compared in its order."""
    left, right = [_text(item) for item in before], [_text(item) for item in after]
    if Counter(left) == Counter(right):
        yield FieldDifference(path, steps, before, after, reordered=True)
        return
    for _, start, end, other, last in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if left[start:end] == right[other:last]:
            continue
        for place in range(max(end - start, last - other)):
            old: Side = before[start + place] if start + place < end else ABSENT
            new: Side = after[other + place] if other + place < last else ABSENT
            position = other + place if new is not ABSENT else start + place
            yield from _differences(old, new, join_path(path, position), steps)


def _text(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)
