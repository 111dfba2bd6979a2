"""Text to data as Kubernetes and the repo-server read it: YAML 1.1, the first document, any top-level shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonValue

_START = re.compile(r"^---(?=[ \t\r]|$)")
_END = re.compile(r"^\.\.\.(?=[ \t\r]|$)")


class DocumentError(Exception):
    """A text that is no YAML or JSON."""


def load_document(text: str) -> JsonValue:
    """The first document of ``text``; None where it holds nothing.

    Raises:
        DocumentError: the document does not parse.
    """
    first = next(iter(split_documents(text)), "")
    return _parse(first)


def load_documents(text: str) -> tuple[JsonValue, ...]:
    """Every document of ``text`` that holds something.

    Raises:
        DocumentError: a document does not parse.
    """
    return tuple(value for part in split_documents(text) if (value := _parse(part)) is not None)


def split_documents(text: str) -> Iterator[str]:
    """The documents of a stream without their markers; leading empty lines keep the line numbers of the stream."""
    lines: list[str] = []
    start, opened = 0, False
    for number, line in enumerate(text.split("\n")):
        begins = _START.match(line) is not None
        if begins or _END.match(line):
            if opened or _meaningful(lines):
                yield "\n" * start + "\n".join(lines)
            start, opened = number, begins
            lines = [line[3:] if begins else ""]
        elif line.startswith("%") and not opened:
            lines.append("")
        else:
            lines.append(line)
    if opened or _meaningful(lines):
        yield "\n" * start + "\n".join(lines)


def _meaningful(lines: list[str]) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _parse(text: str) -> JsonValue:
    """One document, with or without a byte order mark.

    Helm's parser takes mappings alone, so the document becomes the value of a key.
    """
    indented = "\n".join(f" {line}" if line else line for line in text.removeprefix("\ufeff").split("\n"))
    try:
        return parse_values(f"document:\n{indented}\n").get("document")
    except HelmError as error:
        raise DocumentError(_own_lines(str(error))) from error


def _own_lines(message: str) -> str:
    """The message with line numbers of the document instead of those of the wrapped text."""
    return re.sub(r"\bline (\d+)", lambda found: f"line {max(int(found[1]) - 1, 1)}", message)


def load_json_or_yaml(text: str) -> JsonValue:
    """A templatePatch as it is read: JSON where it starts with a brace, else YAML (rule 2.10).

    Raises:
        ValueError: it starts as JSON and is none.
        DocumentError: it is no YAML.
    """
    if text.lstrip().startswith("{"):
        value: JsonValue = json.loads(text)
        return value
    return load_document(text)
