"""What a new version of a chart asks of its values: keys that it no longer knows, values that it now requires."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject, JsonValue, as_object, objects_in

_MENTION = re.compile(r"\.Values((?:\.[A-Za-z0-9_]+)+)")
_INDEX = re.compile(r"index\s+(?:\$?\.Values)((?:\.[A-Za-z0-9_]+)*)((?:\s+\"[^\"]+\")+)")
_QUOTED = re.compile(r'"([^"]+)"')
_REQUIRED = re.compile(r"required\s+\"((?:[^\"\\]|\\.)*)\"\s+\(?\s*\$?\.Values((?:\.[A-Za-z0-9_]+)+)")
KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Required:
    """A value without which the chart does not render."""

    path: KeyPath
    message: str


def leaves(value: JsonValue, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The keys under which a values layer sets something; a list is one value."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif path:
        yield path


def lost_keys(set_keys: Iterator[KeyPath], old: ChartFiles, new: ChartFiles) -> tuple[KeyPath, ...]:
    """The keys that the old chart knows and the new one neither has in its values.yaml nor reads in a template.

    A template that reads a whole mapping reads all keys in it, so what is told here is certain, and not all there is.
    """
    before, after = _Known(old), _Known(new)
    return tuple(key for key in dict.fromkeys(set_keys) if before.has(key) and not after.has(key))


def newly_required(old: ChartFiles, new: ChartFiles) -> tuple[Required, ...]:
    """What the new chart's own templates require, the old one's did not, and no default of the chart gives; by path."""
    before = {required.path for required in _required(old)}
    defaults = _values(new.files)
    found = {r.path: r for r in _required(new) if r.path not in before and _at(defaults, r.path) in (None, "")}
    return tuple(found[path] for path in sorted(found))


def _at(values: JsonValue, path: KeyPath) -> JsonValue:
    for step in path:
        values = values.get(step) if isinstance(values, dict) else None
    return values


def _required(chart: ChartFiles) -> Iterator[Required]:
    for path, text in chart.templates.items():
        if not path.startswith("charts/"):
            for found in _REQUIRED.finditer(text):
                yield Required(tuple(found[2].strip(".").split(".")), found[1])


class _Known:
    """The keys that one chart knows: of its values.yaml, its templates, and its subcharts below their names."""

    def __init__(self, chart: ChartFiles) -> None:
        self._values = _values(chart.files)
        self._inner = {name: _Known(files) for name, files in _subcharts(chart).items()}
        texts = [text for path, text in chart.templates.items() if not path.startswith("charts/")]
        # A values file may hold templates, too, which a chart gives to tpl.
        texts.append(chart.files.get("values.yaml", b"").decode("utf-8", "replace"))
        self._mentions = {mention for text in texts for mention in _mentions(text)}
        self._mentions |= set(_conditions(chart.files))

    def has(self, path: KeyPath) -> bool:
        if path[0] in ("global", "tags") or _in_values(self._values, path):
            return True
        if any(path[: len(m)] == m or m[: len(path)] == path for m in self._mentions):
            return True
        inner = self._inner.get(path[0])
        return inner is not None and (len(path) == 1 or inner.has(path[1:]))


def _in_values(values: JsonObject, path: KeyPath) -> bool:
    """Whether a key stands in values.yaml, or below one that a person may fill as they like."""
    place: JsonValue = values
    for step in path:
        if not isinstance(place, dict) or not place:
            return True
        if step not in place:
            return False
        place = place[step]
    return True


def _values(files: Mapping[str, bytes]) -> JsonObject:
    """The chart's own defaults; a chart without any knows no key by them."""
    try:
        found = parse_values(files.get("values.yaml", b"").decode("utf-8", "replace"))
    except HelmError:
        found = {}
    return found or {"": None}


def _subcharts(chart: ChartFiles) -> dict[str, ChartFiles]:
    """Name or alias → the files of a subchart."""
    inner: dict[str, dict[str, bytes]] = {}
    for path, content in chart.files.items():
        parts = path.split("/", 2)
        if parts[0] == "charts" and len(parts) == 3:
            inner.setdefault(parts[1], {})[parts[2]] = content
    found = {name: ChartFiles(files) for name, files in inner.items()}
    for dependency in objects_in(_metadata(chart.files).get("dependencies")):
        name, alias = str(dependency.get("name", "")), str(dependency.get("alias") or "")
        if alias and name in found:
            found[alias] = found[name]
    return found


def _metadata(files: Mapping[str, bytes]) -> JsonObject:
    try:
        return as_object(parse_values(files.get("Chart.yaml", b"").decode("utf-8", "replace")))
    except HelmError:
        return {}


def _conditions(files: Mapping[str, bytes]) -> Iterator[KeyPath]:
    """What switches subcharts on and off."""
    for dependency in objects_in(_metadata(files).get("dependencies")):
        for condition in str(dependency.get("condition") or "").split(","):
            if condition.strip():
                yield tuple(condition.strip().split("."))


def _mentions(text: str) -> Iterator[KeyPath]:
    for found in _MENTION.finditer(text):
        yield tuple(found[1].strip(".").split("."))
    for found in _INDEX.finditer(text):
        start = tuple(found[1].strip(".").split(".")) if found[1] else ()
        yield (*start, *_QUOTED.findall(found[2]))
