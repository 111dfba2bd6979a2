"""Documents and what lies in them: values by their keys, and the lines on which they stand."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.json import JsonObject

Key = str | int
PLACEHOLDER = re.compile(r"<[A-Za-z_][\w.-]*>|\$\{|\{\{|__\w+__")
"""A piece of text that another tool fills in before anybody applies it."""


@dataclass(frozen=True)
class Document:
    """One YAML document of the tree."""

    path: str
    environment: str
    index: int
    """Which document of its file, from 0."""
    data: JsonObject
    rendered_by: str = ""
    """The Application or chart whose render it is; its file then is a template, whose lines nobody knows."""
    below: tuple[Key, ...] = ()
    """Where the fields of its ``spec`` stand, for one that is said as a chart's values."""

    def get(self, *keys: Key) -> Any:
        """The value below ``keys``; None where any of them is missing."""
        return dig(self.data, *keys)

    @property
    def name(self) -> str:
        """``metadata.name``, or ``name`` of a component."""
        return str(self.get("metadata", "name") or self.get("name") or "")

    @property
    def is_text(self) -> bool:
        """Whether it stands in the tree as it is, and so can be edited."""
        return not self.rendered_by

    @property
    def origin(self) -> str:
        """What tells the document from all others of the tree, as Applications carry it."""
        return f"{self.path}#{self.index}" + (f"@{self.rendered_by}" if self.rendered_by else "")


@dataclass(frozen=True)
class Fault:
    """A file that cannot be read."""

    path: str
    line: int
    message: str
    is_template: bool = False
    """Whether it looks as if another tool still had to fill it in."""


def dig(value: Any, *keys: Key) -> Any:
    """The value below ``keys`` of plain data; None where any of them is missing."""
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def listed(value: Any, *keys: Key) -> list[Any]:
    """The list below ``keys``; empty where anything else stands there."""
    found = dig(value, *keys)
    return found if isinstance(found, list) else []


def mapped(value: Any, *keys: Key) -> dict[str, Any]:
    """The mapping below ``keys``; empty where anything else stands there."""
    found = dig(value, *keys)
    return found if isinstance(found, dict) else {}


def generators(appset: Document, kind: str) -> list[JsonObject]:
    """Every generator of a kind in an ApplicationSet, nested ones too, in order."""
    found: list[JsonObject] = []

    def walk(entries: Any) -> None:
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(dig(entry, kind), dict):
                found.append(entry[kind])
            for joining in ("matrix", "merge"):
                walk(dig(entry, joining, "generators"))

    walk(appset.get("spec", "generators"))
    return found


def texts(value: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Every text in plain data with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


@functools.lru_cache(maxsize=1024)
def nodes(text: str) -> tuple[YamlNode, ...]:
    """The documents of a text with their lines; none where it is no YAML."""
    try:
        return compose_yaml(text)
    except YamlError:
        return ()


def line_of(text: str, index: int, keys: tuple[Key, ...]) -> int:
    """The line of a key inside document ``index``; that of the nearest parent where it is not there."""
    documents = nodes(text)
    if index >= len(documents):
        return 1
    node, line = documents[index], documents[index].line if keys == () else 1
    for key in keys:
        step = _child(node, key)
        if step is None:
            return line
        line, node = step
    return line


def _child(node: YamlNode, key: Key) -> tuple[int, YamlNode] | None:
    if node.kind == "sequence" and isinstance(key, int):
        return (node.value[key].line, node.value[key]) if key < len(node.value) else None
    for name, child, _ in node.entries():
        if name.value == key:
            return name.line, child
    return None
