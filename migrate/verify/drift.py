"""What makes the estate differ from what is deployed: the reasons that count for none, and the rest without secrets."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrate.model.difference import Difference, Explanation
from migrate.model.estate import Release
from migrate.model.hiding import HIDDEN, LooksSecret, hidden
from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.structure import ABSENT, Absent, Side
from migrate.model.words import few
from migrate.verify.compare import Change
from migrate.verify.differences import describe
from migrate.verify.lines import with_line

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_DIGEST = re.compile(r"[0-9a-f]{32,128}")
_SECRET_FIELDS = re.compile(r"(?:data|stringData)(?:\.|\[|$)")
_MOST_SHOWN = 400


def explain_drift(
    changes: Sequence[Change], release: Release, left: Rendered
) -> tuple[tuple[Explanation, ...], list[Change]]:
    """The explanations, and the changes that nothing explains."""
    doubts = _Doubts(
        tuple(placeholder.text for placeholder in release.placeholders if placeholder.text),
        frozenset(left.unstable),
        Counter(_sort(key) for key, path in left.unstable if not path),
    )
    found: dict[str, list[str]] = {}
    drift: list[Change] = []
    for change in changes:
        name = next((name for name, _, explains in _REASONS if explains(change, doubts)), "")
        if name:
            found.setdefault(name, []).append(f"{change.key} {change.path}".strip())
        else:
            drift.append(change)
    reasons = {name: reason for name, reason, _ in _REASONS}
    told = (Explanation(name, len(found[name]), f"{reasons[name]}: {few(found[name])}") for name in found)
    return tuple(told), drift


@dataclass(frozen=True)
class _Doubts:
    """What cannot be known of the estate's side of one release."""

    placeholders: tuple[str, ...]
    drawn: frozenset[tuple[ObjectKey, str]]
    nameless: Counter[tuple[str, str, str]]
    """How many objects of a kind and namespace get a random name, and so have another one on the cluster."""


def _sort(key: ObjectKey) -> tuple[str, str, str]:
    return key.group, key.kind, key.namespace


def _is_placeholder(change: Change, doubts: _Doubts) -> bool:
    """Whether the two differ in nothing but what a placeholder stands for, plain or in base64."""
    before, after = change.before, change.after
    if not isinstance(before, str) or not isinstance(after, str) or not doubts.placeholders:
        return False
    pairs = [(before, after), (_decoded(before), _decoded(after))]
    return any(_fits(first, second, doubts.placeholders) for first, second in pairs)


def _fits(before: str, after: str, placeholders: tuple[str, ...]) -> bool:
    around = re.split("|".join(re.escape(text) for text in sorted(placeholders, key=len, reverse=True)), before)
    if len(around) == 1 or not after.startswith(around[0]) or not after.endswith(around[-1]):
        return False
    place = len(around[0])
    for text in around[1:-1]:
        found = after.find(text, place)
        if found < 0:
            return False
        place = found + len(text)
    return place <= len(after) - len(around[-1])


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _is_digest_of_placeholder(change: Change, doubts: _Doubts) -> bool:
    """A checksum over values that are placeholders here cannot be the one over the real ones."""
    sides = (change.before, change.after)
    digests = all(isinstance(side, str) and _DIGEST.fullmatch(side) is not None for side in sides)
    return digests and bool(doubts.placeholders) and "annotations" in change.path


def _is_drawn(change: Change, doubts: _Doubts) -> bool:
    if not change.path:
        if change.left is not None:
            return (change.key, "") in doubts.drawn
        doubts.nameless[_sort(change.key)] -= 1
        return doubts.nameless[_sort(change.key)] >= 0
    there = change.before is not ABSENT and change.after is not ABSENT
    return there and any(
        key == change.key and path and (change.path == path or change.path.startswith((f"{path}.", f"{path}[")))
        for key, path in doubts.drawn
    )


_REASONS: tuple[tuple[str, str, Callable[[Change, _Doubts], bool]], ...] = (
    ("placeholder", "the value is secret or unknown here, and so nobody compared it", _is_placeholder),
    ("placeholder-digest", "a checksum over values that are secret or unknown here", _is_digest_of_placeholder),
    ("unstable", "the chart draws it anew in each render", _is_drawn),
)


# ---------------------------------------------------------------- what is shown


def describe_drift(change: Change, release: Release, looks_secret: LooksSecret) -> Difference:
    """The difference without a secret; of an object that one side lacks, no more than what it is."""
    if not change.path:
        return Difference(str(change.key), "", _identity(change.left), _identity(change.right))
    if change.key.kind == "Secret" and not change.key.group and _SECRET_FIELDS.match(change.path):
        left, right = (_compact(side if isinstance(side, Absent) else HIDDEN) for side in (change.before, change.after))
        return Difference(str(change.key), change.path, left, right)
    name = _field(change)
    sides = [
        side if isinstance(side, Absent) else hidden(name, side, looks_secret)
        for side in _differing_lines(change.before, change.after)
    ]
    if HIDDEN in sides:  # what stands in its place on the other side is one, too: an older one
        sides = [side if isinstance(side, Absent) else HIDDEN for side in sides]
    left, right = map(_compact, sides)
    cause = with_line(describe(change, release).cause, release)
    return Difference(str(change.key), change.path, left, right, cause)


def _identity(manifest: Manifest | None) -> str:
    if manifest is None:
        return ""
    return _compact({name: manifest.document.get(name) for name in ("apiVersion", "kind")})


def _compact(side: Side) -> str:
    if isinstance(side, Absent):
        return ""
    text = json.dumps(side, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _differing_lines(before: Side, after: Side) -> tuple[Side, Side]:
    """Of two long texts the lines between their common beginning and end."""
    if not (isinstance(before, str) and isinstance(after, str) and "\n" in before and "\n" in after):
        return before, after
    first, second = before.splitlines(), after.splitlines()
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    return "\n".join(first), "\n".join(second)


def _field(change: Change) -> str:
    """The name that tells what a field holds: its key, or that of the entry whose ``value`` it is."""
    steps = [
        json.loads(f'"{quoted}"') if quoted else int(number) if number else plain
        for quoted, number, plain in _STEP.findall(change.path)
    ]
    last = next((step for step in reversed(steps) if isinstance(step, str)), "")
    if last != "value":
        return last
    for side in (change.right, change.left):
        entry = _at(side.document if side else None, steps[:-1])
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            return str(entry["name"])
    return last


def _at(value: JsonValue, steps: Sequence[str | int]) -> JsonValue:
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
