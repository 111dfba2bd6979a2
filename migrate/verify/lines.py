"""From the place of a value, ``file: path``, to ``file:line: path``, where the file is what Helm gets."""

from __future__ import annotations

from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.estate import Release, ValuesKind


def with_line(cause: str, release: Release) -> str:
    """The cause with its line; as it is where a template wrote the text, or it has a line already."""
    where, _, path = cause.partition(": ")
    for layer in release.values:
        if path and layer.path == where and layer.kind is ValuesKind.FILE:
            line = line_at(layer.text, path)
            return f"{where}:{line}: {path}" if line else cause
    return cause


def line_at(text: str, path: str) -> int:
    """The line of a dotted path in the first document of a YAML text; 0 where it is not there."""
    try:
        documents = compose_yaml(text)
    except YamlError:
        return 0
    return _line(documents[0], path) if documents else 0


def _line(node: YamlNode, path: str) -> int:
    """Keys may hold dots themselves, so each that the path begins with is tried."""
    if node.kind == "sequence":
        position, _, rest = path.partition(".")
        inside = position.isdigit() and int(position) < len(node.value)
        return (_line(node.value[int(position)], rest) if rest else node.value[int(position)].line) if inside else 0
    for key, child, _ in node.entries():
        if path == key.value:
            return key.line
        if path.startswith(f"{key.value}."):
            found = _line(child, path.removeprefix(f"{key.value}."))
            if found:
                return found
    return 0
