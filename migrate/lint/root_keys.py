"""Root keys of values that several charts share, and what a chart would make of them.

A fact about the cluster at the root of a shared file (``cluster``, ``name``, ``type``, ``spec``) is a value of every
chart that reads the file, whatever the chart means by a key of that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from migrate.doors.helm import HelmError, parse_values
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject, JsonValue, objects_in

FACTS = ("cluster", "name", "type", "spec")
"""Keys that charts and fleets both like to have at the root."""

_SETS_ONE = re.compile(rf"(?m)(?:^|[{{,\s])[\"']?(?:{'|'.join(FACTS)})[\"']?\s*:")


@dataclass(frozen=True)
class Swallowed:
    """What a chart does with a root key that it gets."""

    place: SourceLocation
    how: str
    """In words that continue ``the chart …``."""
    meant: bool = False
    """Whether the chart seems to read the fact itself, which belongs below ``global`` then."""


def root_keys(text: str) -> Mapping[str, tuple[int, JsonValue]]:
    """Key of :data:`FACTS` that a values file sets at its root → its line and value; empty for what is no YAML."""
    if not _SETS_ONE.search(text):
        return {}
    nodes, values = _root(text), _parsed(text)
    return {key: (nodes[key], values[key]) for key in FACTS if key in nodes and key in values}


def swallowed(
    files: Mapping[str, bytes], folder: str, key: str, value: JsonValue, *, vendored: bool = False
) -> Swallowed | None:
    """What the chart in ``folder`` makes of a root key; None where it does not look at it.

    ``files`` are the chart's by their paths in the tree. ``vendored`` says that somebody else wrote the chart, who
    cannot mean this fleet's facts.
    """
    return (
        _subchart(files, folder, key)
        or _default(files, folder, key, value)
        or _read(files, folder, key, value, vendored=vendored)
    )


def _subchart(files: Mapping[str, bytes], folder: str, key: str) -> Swallowed | None:
    path = f"{folder}/Chart.yaml"
    for entry in objects_in(_parsed(_text(files, path)).get("dependencies")):
        if key in (entry.get("alias") or entry.get("name"),):
            line = next((n for n, text in enumerate(_text(files, path).splitlines(), 1) if _names(text, key)), 1)
            return Swallowed(SourceLocation(path, line), f"takes it for the values of its subchart {key}")
    return None


def _names(line: str, key: str) -> bool:
    return re.search(rf"\b(?:alias|name):\s*[\"']?{key}[\"']?\s*$", line) is not None


def _default(files: Mapping[str, bytes], folder: str, key: str, value: JsonValue) -> Swallowed | None:
    """A key of the chart's own values: text over text, another shape, or a part of it that the file sets."""
    path = f"{folder}/values.yaml"
    text = _text(files, path)
    own = _parsed(text)
    if key not in own:
        return None
    default = own[key]
    place = SourceLocation(path, _root(text).get(key, 1))
    if isinstance(default, dict) and isinstance(value, dict):
        if both := sorted(set(default) & set(value)):
            return Swallowed(place, f"has {key}.{both[0]} of its own")
        read = _first_read(files, folder, key, value)
        return Swallowed(read.place, f"reads {read.path}, and has a {key} of its own") if read else None
    if isinstance(default, dict) is not isinstance(value, dict) and default is not None:
        return Swallowed(place, f"has {'a mapping' if isinstance(default, dict) else 'a plain value'} there")
    return Swallowed(place, f"has a {key} of its own")


def _read(files: Mapping[str, bytes], folder: str, key: str, value: JsonValue, *, vendored: bool) -> Swallowed | None:
    """A template that reads the key, which the chart's values do not have."""
    found = _first_read(files, folder, key, value if isinstance(value, dict) else None)
    if found is None:
        return None
    how = f"reads {found.path}{' where it is set' if found.has_default else ''}"
    return Swallowed(found.place, how, meant=not (vendored or found.has_default))


@dataclass(frozen=True)
class _Reading:
    """A place in a template that reads a value."""

    place: SourceLocation
    path: str
    has_default: bool
    """Whether the template goes on where the value is not set."""


def _first_read(files: Mapping[str, bytes], folder: str, key: str, value: JsonObject | None = None) -> _Reading | None:
    """The first place where a template of the chart itself reads the key (whole, or a part that ``value`` has)."""
    pattern = re.compile(rf"\.Values\.{key}((?:\.\w+)*)(?![\w.-])(\s*\|\s*default\b)?")
    for path in sorted(files):
        if not path.startswith(f"{folder}/templates/"):
            continue
        text = _text(files, path)
        for match in pattern.finditer(text):
            before, part = _before(text, match.start()), match[1].split(".")[1:2]
            if "/*" not in before and (value is None or not part or part[0] in value):
                place = SourceLocation(path, text.count("\n", 0, match.start()) + 1)
                return _Reading(place, f".Values.{key}{match[1]}", bool(match[2]) or "default" in before)
    return None


def _before(text: str, place: int) -> str:
    """The action up to a place: ``{{ default .Release.Name ``."""
    return text[text.rfind("{{", 0, place) : place].partition("}}")[0]


def _text(files: Mapping[str, bytes], path: str) -> str:
    return files[path].decode("utf-8", "replace") if path in files else ""


def _parsed(text: str) -> JsonObject:
    try:
        return parse_values(text)
    except HelmError:
        return {}


def _root(text: str) -> dict[str, int]:
    """Key of the first document's root → its line."""
    try:
        documents: tuple[YamlNode, ...] = compose_yaml(text)
    except YamlError:
        return {}
    return {str(key.value): key.line for key, _, _ in documents[0].entries()} if documents else {}
