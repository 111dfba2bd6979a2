"""Carries the comments of one YAML text over to another of the same shape, by the keys that they stand at.

A text is taken line by line: enough for block mappings, which is what the plan is. A comment whose key is gone
moves to the next key above it that is still there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_KEY = re.compile(
    r"""^(?P<indent> *)(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"\[{&*!|>%@-][^#]*?|-[^\s][^#]*?)\s*:(?:\s|$)"""
)
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*$")

KeyPath = tuple[str, ...]


@dataclass
class _Comments:
    above: dict[KeyPath, list[str]] = field(default_factory=dict)
    beside: dict[KeyPath, str] = field(default_factory=dict)
    end: list[str] = field(default_factory=list)


def keep_comments(text: str, previous: str) -> str:
    """``text`` with the comments of ``previous``; comments that ``text`` already has are its own."""
    found = _comments(previous)
    lines = list(_keyed(text))
    present = {path for _, path in lines if path}
    above, beside = _settled(found, present)
    own = {line.strip() for line, _ in lines if line.lstrip().startswith("#")}
    result: list[str] = []
    for line, path in lines:
        if path:
            indent = line[: len(line) - len(line.lstrip())]
            result.extend(f"{indent}{comment}" for comment in above.get(path, ()) if comment not in own)
            if path in beside:
                line = f"{line}  {beside[path]}"
        result.append(line)
    result.extend(comment for comment in found.end if comment not in own)
    return "\n".join(result) + "\n"


def _settled(found: _Comments, present: set[KeyPath]) -> tuple[dict[KeyPath, list[str]], dict[KeyPath, str]]:
    above: dict[KeyPath, list[str]] = {}
    beside: dict[KeyPath, str] = {}
    for path, comments in found.above.items():
        if place := _nearest(path, present):
            above.setdefault(place, []).extend(comments)
    for path, comment in found.beside.items():
        place = _nearest(path, present)
        if place == path:
            beside[path] = comment
        elif place:
            above.setdefault(place, []).append(comment)
    return above, beside


def _nearest(path: KeyPath, present: set[KeyPath]) -> KeyPath:
    while path and path not in present:
        path = path[:-1]
    return path


def _comments(text: str) -> _Comments:
    found = _Comments()
    waiting: list[str] = []
    for line, path in _keyed(text):
        stripped = line.strip()
        if stripped.startswith("#") and not path:
            waiting.append(stripped)
        elif path:
            if waiting:
                found.above.setdefault(path, []).extend(waiting)
                waiting = []
            if comment := _trailing(line):
                found.beside[path] = comment
    found.end = waiting
    return found


def _keyed(text: str) -> Iterator[tuple[str, KeyPath]]:
    """Each line with the path of the key on it; the path is empty for any other line."""
    stack: list[tuple[int, str]] = []
    scalar_indent = -1
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if scalar_indent >= 0 and (not line.strip() or indent > scalar_indent):
            yield line, ("",) if line.strip().startswith("#") else ()
            continue
        scalar_indent = -1
        match = _KEY.match(line)
        if match is None:
            yield line, ()
            continue
        while stack and stack[-1][0] >= indent:
            stack.pop()
        stack.append((indent, match["key"].strip().strip("\"'")))
        if _BLOCK_SCALAR.search(_without_comment(line)):
            scalar_indent = indent
        yield line, tuple(key for _, key in stack)


def _trailing(line: str) -> str:
    return line[len(_without_comment(line)) :].strip()


def _without_comment(line: str) -> str:
    """The line up to a ``#`` that begins a comment: outside quotes, at the start or after white space."""
    quote = ""
    skip = False
    for place, letter in enumerate(line):
        if skip:
            skip = False
        elif quote:
            if letter == "\\" and quote == '"':
                skip = True
            elif letter == quote:
                quote = ""
        elif letter in "\"'" and (place == 0 or line[place - 1] in " \t{[,:"):
            quote = letter
        elif letter == "#" and (place == 0 or line[place - 1] in " \t"):
            return line[:place].rstrip()
    return line
