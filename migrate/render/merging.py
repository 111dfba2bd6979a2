"""A strategic merge patch on one object, with the outcome that kustomize gives it, its oddities included.

Lists that merge are matched by the text of their keys. An element that a patch names is merged in place, one that is
new goes in front; an element whose patch says ``replace`` stays as it was, since kustomize puts the old one back.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TypeAlias

from migrate.doors.helm import HelmError
from migrate.model.json import JsonObject, JsonValue
from migrate.render.merge_keys import Place, place_of

DIRECTIVE = "$patch"


class _Missing:
    """What is not there, which null is not."""


_MISSING = _Missing()
_Node: TypeAlias = "JsonValue | _Missing"
_Values = list[str]


def merge_patch(document: JsonObject, patch: JsonObject) -> JsonObject | None:
    """The object after the patch; None if the patch deletes it. Neither argument is changed.

    Raises:
        HelmError: the patch puts a list where the object has a map, or has a directive that kustomize refuses.
    """
    place = place_of(str(document.get("apiVersion") or ""), str(document.get("kind") or ""))
    merged = _walk(copy.deepcopy(document), copy.deepcopy(patch), place)
    return merged if isinstance(merged, dict) else None


def _walk(dest: _Node, patch: _Node, place: Place) -> _Node:
    """What becomes of a position; ``_MISSING`` or null: it goes."""
    kinds = {_kind(node) for node in (dest, patch) if not _nothing(node)}
    if len(kinds) > 1:
        raise HelmError(f"strategicMergePatches: a {' and a '.join(sorted(kinds))} do not merge")
    if kinds == {"list"} and place.keys is not None:
        return _walk_list(dest, patch, place, place.keys)
    if kinds <= {"map"}:
        return _walk_map(dest, patch, place)
    return dest if isinstance(patch, _Missing) else patch


def _kind(node: _Node) -> str:
    return "map" if isinstance(node, dict) else "list" if isinstance(node, list) else "plain value"


def _nothing(node: _Node) -> bool:
    return node is None or isinstance(node, _Missing)


def _walk_map(dest: _Node, patch: _Node, place: Place) -> _Node:
    if not isinstance(dest, dict):
        if not isinstance(patch, dict) or _take_directive(patch, strict=False) == "delete":
            return _MISSING
        dest = patch
    elif patch is None:
        return _MISSING
    elif isinstance(patch, dict):
        directive = _take_directive(patch, strict=True)
        if directive == "delete":
            return _MISSING
        dest = patch if directive == "replace" else dest
    given: JsonObject = patch if isinstance(patch, dict) else {}
    for key in sorted({*dest, *given}):
        before, change = dest.get(key, _MISSING), given.get(key, _MISSING)
        if before is None and isinstance(change, _Missing):
            continue
        after = _walk(before, change, place.field(key))
        if after is None or isinstance(after, _Missing):
            dest.pop(key, None)
        else:
            dest[key] = after
    return dest


def _take_directive(patch: JsonObject, *, strict: bool) -> str:
    """The map's ``$patch``, taken out of it; ``merge`` if it has none."""
    if DIRECTIVE not in patch:
        return "merge"
    directive = _text(patch[DIRECTIVE])
    if directive not in ("merge", "replace", "delete"):
        if strict:
            raise HelmError(f"strategicMergePatches: unknown patch strategy {directive!r}")
        return "merge"
    del patch[DIRECTIVE]
    return directive


def _walk_list(dest: _Node, patch: _Node, place: Place, keys: tuple[str, ...]) -> _Node:
    if not isinstance(dest, list):
        dest = patch
    elif patch is None:
        return _MISSING
    elif isinstance(patch, list):
        directive = _take_list_directive(patch)
        if directive == "delete":
            return _MISSING
        dest = patch if directive == "replace" else dest
    if not isinstance(dest, list):
        return _MISSING
    sides = [dest, patch if isinstance(patch, list) else []]
    if keys:
        return _merge_elements(sides, _key_values(sides, keys), keys, place)
    texts = dict.fromkeys(_text(item) for side in reversed(sides) for item in side)
    return _merge_elements(sides, [[text] for text in texts], ("",), place)


def _take_list_directive(patch: list[JsonValue]) -> str:
    """The directive for the whole list, an element of its own ``{$patch: …}``, taken out of it."""
    holder = next((item for item in patch if isinstance(item, dict) and item.get(DIRECTIVE) is not None), None)
    if holder is None or len(holder) > 1:
        return "merge"
    directive = _text(holder[DIRECTIVE])
    if directive not in ("merge", "replace", "delete"):
        raise HelmError(f"strategicMergePatches: unknown patch strategy {directive!r}")
    _set_element(patch, (DIRECTIVE,), [directive], None)
    return directive


def _key_values(sides: Sequence[list[JsonValue]], keys: tuple[str, ...]) -> list[_Values]:
    """What the keys of every element say, those of the patch first."""
    found: dict[tuple[str, ...], None] = {}
    for side in reversed(sides):
        for item in side:
            holder: JsonObject = item if isinstance(item, dict) else {}
            found[tuple(_text(holder.get(key)) for key in keys)] = None
    return [list(values) for values in found]


def _merge_elements(
    sides: Sequence[list[JsonValue]], values: list[_Values], keys: tuple[str, ...], place: Place
) -> _Node:
    dest = sides[0]
    added: list[JsonValue] = []
    if len(keys) > 1:
        _complete(values)
    used: tuple[str, ...] = keys
    for own in values:
        used, told = _used_keys(values, own, keys)
        narrowed = _used_keys([told], told, used)
        dest_item, patch_item = (_find(side, *narrowed) for side in sides)
        merged = _walk(dest_item, patch_item, place.element)
        if isinstance(merged, _Missing) or merged is None or merged == {}:
            _set_element(dest, used, told, None)
            continue
        if isinstance(merged, dict):
            for key, text in zip(used, told, strict=False):
                if key not in merged and text:
                    merged[key] = text
        _set_element(added, used, told, merged)
    return _append_all(added, dest, used) if values else dest


def _complete(values: list[_Values]) -> None:
    """Entries that differ only where one says nothing become the same: port 80 is port 80 of either protocol."""
    for i in range(len(values)):
        mine = values[i]
        for j in range(len(values)):
            pairs = list(zip(mine, values[j], strict=True))
            if any(a == b for a, b in pairs) and all(a == b or not a or not b for a, b in pairs):
                values[i] = values[j] = [a or b for a, b in pairs]


def _used_keys(values: Sequence[_Values], own: _Values, keys: tuple[str, ...]) -> tuple[tuple[str, ...], _Values]:
    """The keys that anybody fills in, and one element's values for them; all keys if nobody fills any."""
    filled = {keys[i] for entry in values for i, text in enumerate(entry) if text}
    if not filled:
        return keys, own
    told = [text for i, text in enumerate(own) if text or keys[i] in filled]
    return tuple(key for key in keys if key in filled), told


def _find(side: list[JsonValue], keys: tuple[str, ...], values: _Values) -> _Node:
    for item in side:
        if not keys[0]:
            if not isinstance(item, (dict, list)) and _text(item) == values[0]:
                return item
        elif isinstance(item, dict) and all(
            key in item and _text(item[key]) == text for key, text in zip(keys, values, strict=True)
        ):
            return item
    return _MISSING


def _append_all(items: list[JsonValue], more: list[JsonValue], keys: tuple[str, ...]) -> list[JsonValue]:
    for element in more:
        if not keys[0]:
            _set_element(items, keys, [_text(element)], element)
            continue
        values = []
        for key in keys:
            if isinstance(element, dict) and key in element:
                values.append(_text(element[key]))
            else:
                items.append(element)
        if len(keys) > 1:
            _set_element(items, keys, values, None)
        _set_element(items, keys, values, element)
    return items


def _set_element(items: list[JsonValue], keys: tuple[str, ...], values: _Values, element: JsonValue) -> None:
    """Put ``element`` in the place of every item with these values, else at the end; null takes the items out."""
    kept: list[JsonValue] = []
    found = False
    by_key = bool(keys[0] and values and values[0])
    for item in items:
        if item is None or item == {}:
            continue
        if by_key and not isinstance(item, dict):
            kept.append(item)
        elif not _has(item, keys, values):
            # Without any value to compare with, kustomize keeps nothing.
            kept += [item] if values else []
        else:
            found = True
            kept += [] if element is None else [element]
    items[:] = kept if found or element is None else [*kept, element]


def _has(item: JsonValue, keys: tuple[str, ...], values: _Values) -> bool:
    if not values:
        return False
    if not keys[0]:
        return _text(item) == values[0]
    pairs = zip(keys, values, strict=False)
    return isinstance(item, dict) and all(key in item and (not v or _text(item[key]) == v) for key, v in pairs)


def _text(value: JsonValue) -> str:
    """A scalar's text as YAML has it; empty for null and for what is no scalar."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
