"""Unexplained changes as a person reads them: compact values, secrets masked, and the values file that brings them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from migrate.doors.helm import HelmError, parse_values
from migrate.doors.secret_shapes import shapes_in
from migrate.model.estate import Release
from migrate.model.hiding import hidden
from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest
from migrate.model.report import Difference
from migrate.model.structure import ABSENT, Absent, Side
from migrate.verify.compare import Change

_MOST_SHOWN = 400
_SECRET_FIELDS = re.compile(r"^(data|stringData)(\.|\[|$)")


def describe(change: Change, release: Release | None) -> Difference:
    """One difference for the report."""
    if not change.path:
        left = _compact(change.left.document if change.left else ABSENT, change.left)
        right = _compact(change.right.document if change.right else ABSENT, change.right)
        return Difference(str(change.key), "", left, right)
    secret = change.key.kind == "Secret" and not change.key.group and bool(_SECRET_FIELDS.match(change.path))
    field = re.split(r"[.\[\]\"]+", change.path.rstrip('"]'))[-1]
    before, after = (_masked(value) if secret else _shown(field, value) for value in (change.before, change.after))
    cause = find_cause(change, release) if release and not secret else ""
    return Difference(str(change.key), change.path, _compact(before), _compact(after), cause)


def _compact(value: Side, manifest: Manifest | None = None) -> str:
    if value is ABSENT:
        return ""
    if manifest is not None and manifest.key.kind == "Secret" and isinstance(value, dict):
        value = {k: _masked(v) if k in ("data", "stringData") else v for k, v in value.items()}
    if manifest is not None:
        value = _shown("", value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _shown(field: str, value: Side) -> Side:
    """Outside of Secrets, what looks like one (decision 25)."""
    return value if isinstance(value, Absent) else hidden(field, value, lambda text: bool(shapes_in(text)))


def _masked(value: Side) -> JsonValue:
    """The value with every scalar as a short hash: enough to see whether two are the same."""
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if value is ABSENT:
        return None
    return "sha256:" + hashlib.sha256(json.dumps(value).encode()).hexdigest()[:8]


def find_cause(change: Change, release: Release) -> str:
    """The last values layer that has a leaf of this name with the value of either side; empty where none does."""
    wanted = [value for value in (change.before, change.after) if isinstance(value, (str, int, float))]
    if not wanted:
        return ""
    field = re.split(r"[.\[\]]+", change.path.rstrip("]"))[-1].strip('"').lower()
    by_value = ""
    for layer in reversed(release.values):
        try:
            leaves = list(_leaves(parse_values(layer.text)))
        except HelmError:
            continue
        where = layer.path or str(layer.source)
        for path, value in leaves:
            if not any(_same(value, side) for side in wanted):
                continue
            if path.rpartition(".")[2].lower() == field:
                return f"{where}: {path}"
            if not by_value and isinstance(value, str) and len(value) > 3:
                by_value = f"{where}: {path}"
    return by_value


def _same(value: JsonValue, side: JsonValue) -> bool:
    if isinstance(side, str) and isinstance(value, (int, float)) and not isinstance(value, bool):
        return side in (str(value), f"{value:g}")  # a chart quotes it
    return value == side and isinstance(value, bool) is isinstance(side, bool)


def _leaves(value: JsonValue, path: str = "") -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _leaves(item, f"{path}.{position}")
    else:
        yield path, value
