"""Objects of two renders paired, and where each pair differs. Knows no reasons: those are in ``explain``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.structure import ABSENT, Side, differences, join_path

_LONG_NUMBER = re.compile(r"\d{16,}")
_EXACT = 2**53
"""Up to here a float holds every integer."""
_LEAST_LIKENESS = 0.6
"""Below it two objects of different names are shown as one missing and one new."""
_ANNOTATIONS = "metadata.annotations"


@dataclass(frozen=True)
class Change:
    """One place where the two sides differ; with an empty path the object is on one side only."""

    left: Manifest | None
    right: Manifest | None
    path: str
    before: Side = ABSENT
    after: Side = ABSENT

    @property
    def key(self) -> ObjectKey:
        """The object, as helmfile applies it if it does."""
        manifest = self.left or self.right
        if manifest is None:
            raise ValueError("a change has at least one side")
        return manifest.key

    @property
    def annotation(self) -> str:
        """The annotation that differs; empty where it is something else."""
        for side in (self.left, self.right):
            for name in side.annotations if side else ():
                if join_path(_ANNOTATIONS, name) == self.path:
                    return name
        return ""


@dataclass(frozen=True)
class Pair:
    """The same object on both sides, or what only one side has."""

    left: Manifest | None
    right: Manifest | None


def pair_by_key(left: Sequence[Manifest], right: Sequence[Manifest]) -> list[Pair]:
    """Objects of one key belong together, in the order of the left side; repeated keys pair from the last."""
    waiting: dict[ObjectKey, list[Manifest]] = {}
    for manifest in right:
        waiting.setdefault(manifest.key, []).append(manifest)
    pairs: list[Pair] = []
    for manifest in reversed(left):
        twins = waiting.get(manifest.key)
        pairs.append(Pair(manifest, twins.pop() if twins else None))
    pairs.reverse()
    return [*pairs, *(Pair(None, manifest) for manifest in right if any(manifest is m for m in waiting[manifest.key]))]


def pair_by_likeness(lonely: Sequence[Pair]) -> list[Pair]:
    """Pair what is left for showing: first by kind and name in another namespace, then by kind and likeness."""
    lefts = [pair.left for pair in lonely if pair.left]
    rights = [pair.right for pair in lonely if pair.right]
    pairs: list[Pair] = []
    for manifest in lefts:
        twin = _most_alike(manifest, rights)
        if twin is not None:
            rights = [other for other in rights if other is not twin]
        pairs.append(Pair(manifest, twin))
    return [*pairs, *(Pair(None, manifest) for manifest in rights)]


def _most_alike(manifest: Manifest, others: Sequence[Manifest]) -> Manifest | None:
    same_kind = [o for o in others if (o.key.group, o.key.kind) == (manifest.key.group, manifest.key.kind)]
    for other in same_kind:
        if other.key.name == manifest.key.name:
            return other
    likeness = [(SequenceMatcher(None, manifest.text, other.text).ratio(), other) for other in same_kind[:20]]
    best = max(likeness, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= _LEAST_LIKENESS else None


def find_changes(pair: Pair) -> Iterator[Change]:
    """Every place where a pair differs; text is compared first, structure only where text differs."""
    left, right = pair.left, pair.right
    if left is None or right is None:
        yield Change(left, right, "")
        return
    if left.text == right.text and left.key == right.key and _namespace(left) == _namespace(right):
        return
    for path, before, after in differences(left.document, right.document):
        yield from _single_annotations(Change(left, right, path, before, after))
    # Helm's parser makes floats of numbers, so that structure alone cannot tell 9007199254740993 from its neighbour.
    large = _has_large_number(left.document) or _has_large_number(right.document)
    if large and _long_numbers(left) != _long_numbers(right):
        yield Change(left, right, "a number beyond 2^53", str(_long_numbers(left)), str(_long_numbers(right)))


def _single_annotations(change: Change) -> Iterator[Change]:
    """A map of annotations that is there on one side only, as one change for each annotation."""
    before, after = change.before, change.after
    for map_path in ("metadata", _ANNOTATIONS):
        if (
            change.path == map_path
            and isinstance(before if after is ABSENT else after, dict)
            and (before is ABSENT or after is ABSENT or before is None or after is None)
        ):
            empty: JsonValue = {}
            first = before if isinstance(before, dict) else empty
            second = after if isinstance(after, dict) else empty
            # None of them: an empty map is not an absent one, and is said to be different.
            for path, old, new in differences(first, second, map_path):
                yield Change(change.left, change.right, path, old, new)
            if first or second:
                return
    yield change


def _namespace(manifest: Manifest) -> JsonValue:
    metadata = manifest.document.get("metadata")
    return metadata.get("namespace") if isinstance(metadata, dict) else None


def _has_large_number(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(_has_large_number(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_large_number(item) for item in value)
    return isinstance(value, (int, float)) and abs(value) >= _EXACT


def _long_numbers(manifest: Manifest) -> Counter[str]:
    return Counter(_LONG_NUMBER.findall(manifest.text))
