"""What a change looks like: compact values, unified lines for texts and lists, and no secret in either."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import unified_diff

from migrate.diff.structure import FieldDifference
from migrate.doors.secret_shapes import shapes_in
from migrate.doors.secret_shapes import shown as without_shapes
from migrate.doors.yaml import dump_yaml
from migrate.model.hiding import HIDDEN, hidden
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest
from migrate.model.structure import Absent, Side
from migrate.model.tree_diff import FieldChange

MOST_CHARACTERS = 2_000
"""Of one value; what is beyond is counted."""
MOST_LINES = 400
"""Of one text or object; what is beyond is counted."""
_SECRET_FIELDS = re.compile(r"(?:data|stringData)(?:\.|\[|$)")
_NAMED = re.compile(r"\[name=([^\]]+)\]\.value$")


def shown_change(difference: FieldDifference, manifest: Manifest, noise: str) -> FieldChange:
    """One field for the report."""
    if _is_secret(manifest) and _SECRET_FIELDS.match(difference.path):
        sides = (difference.before, difference.after)
        before, after = (side if isinstance(side, Absent) else _all_hidden(side) for side in sides)
        return FieldChange(difference.path, _compact(before), _compact(after), (), noise)
    name = _name(difference)
    return field_change(difference.path, difference.before, difference.after, name, noise)


def field_change(path: str, before: Side, after: Side, name: str, noise: str = "") -> FieldChange:
    """One field with its sides masked; ``name`` is what tells whether its value is a secret."""
    lines = _lines(_listed(before, name), _listed(after, name))
    return FieldChange(path, _compact(_masked(name, before)), _compact(_masked(name, after)), lines, noise)


def object_lines(manifest: Manifest) -> tuple[str, ...]:
    """The object as YAML, at most ``MOST_LINES`` of it."""
    document: JsonObject = manifest.document
    if _is_secret(manifest):
        contents: JsonObject = {
            name: _all_hidden(document[name]) for name in ("data", "stringData") if name in document
        }
        document = {**document, **contents}
    return _cut(dump_yaml(_masked("", document)).splitlines())


def _is_secret(manifest: Manifest) -> bool:
    return manifest.key.kind == "Secret" and not manifest.key.group


def _name(difference: FieldDifference) -> str:
    """The field, or for ``env[name=PASSWORD].value`` what the entry is called."""
    beside = _NAMED.search(difference.path)
    return beside[1] if beside else difference.steps[-1] if difference.steps else ""


def _listed(side: Side, name: str) -> list[str] | None:
    """The side as lines, where it is a text of several or a list of plain values; None where it is neither."""
    if isinstance(side, Absent):
        return []
    if isinstance(side, str) and "\n" in side:
        return [str(hidden(name, line, lambda _: False)) for line in without_shapes(side).splitlines()]
    if isinstance(side, list) and side and not any(isinstance(item, (dict, list)) for item in side):
        return [_plain(_masked(name, item)) for item in side]
    return None


def _lines(before: list[str] | None, after: list[str] | None) -> tuple[str, ...]:
    """What differs between two texts, without the two lines that would name files."""
    if before is None or after is None:
        return ()
    return _cut(list(unified_diff(before, after, lineterm="", n=2))[2:])


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    return (*lines[:MOST_LINES], f"… and {len(lines) - MOST_LINES} more lines")


def _masked(name: str, side: Side) -> Side:
    return side if isinstance(side, Absent) else hidden(name, side, lambda text: bool(shapes_in(text)))


def _all_hidden(value: JsonValue) -> JsonValue:
    """A Secret's content with its keys alone."""
    return dict.fromkeys(value, HIDDEN) if isinstance(value, dict) else HIDDEN


def _plain(value: Side) -> str:
    return value if isinstance(value, str) else json.dumps(_json(value), ensure_ascii=False)


def _json(value: Side) -> JsonValue:
    return None if isinstance(value, Absent) else value


def _compact(value: Side) -> str:
    if isinstance(value, Absent):
        return ""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}… and {len(text) - MOST_CHARACTERS} more characters"
