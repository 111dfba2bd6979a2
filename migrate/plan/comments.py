"""Carries the comments of one YAML text over to another of the same shape, by the keys that they stand at.

A text is taken line by line: enough for mappings and lists in block style, which is what the plan is. A comment whose
key is gone moves to the next key above it that is still there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_KEY = re.compile(
    r"""^(?P<indent> *)(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"\[{&*!|>%@-][^#]*?|-[^\s][^#]*?)\s*:(?:\s|$)"""
)
_ITEM = re.compile(r"^(?P<indent> *)-(?P<gap> +)")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*$")

KeyPath = tuple[str, ...]
_TEXT: KeyPath = ("",)
"""Stands for a line inside a text that only looks like a comment."""


@dataclass
class _Comments:
    top: list[str] = field(default_factory=list)
    """At the head of the file, with a blank line behind them."""
    above: dict[KeyPath, list[str]] = field(default_factory=dict)
    beside: dict[KeyPath, str] = field(default_factory=dict)
    end: list[str] = field(default_factory=list)


def keep_comments(text: str, previous: str) -> str:
    """``text`` with the comments of ``previous``; comments that ``text`` already has are its own."""
    found = _comments(previous)
    lines = list(_keyed(text))
    present = {path for _, path in lines if path}
    above, beside = _settled(found, present)
    own = {line.strip() for line, path in lines if not path and line.lstrip().startswith("#")}
    result: list[str] = []
    head = [comment for comment in found.top if comment not in own]
    for line, path in lines:
        if path and head:
            result += [*head, ""]
            head = []
        if path:
            indent = line[: len(line) - len(line.lstrip())]
            result.extend(f"{indent}{comment}" for comment in above.get(path, ()) if comment not in own)
            if path in beside:
                line = f"{line}  {beside[path]}"
        result.append(line)
    result.extend(comment for comment in (*head, *found.end) if comment not in own)
    return "\n".join(result) + "\n"


def block_keys(text: str, parent: str) -> frozenset[str] | None:
    """The keys below a key of the first column; None where its value does not stand in block style."""
    in_block, keys = False, set()
    for line, path in _keyed(text):
        if path == (parent,):
            in_block = _without_comment(line).rstrip().endswith(":")
        elif len(path) == 2 and path[0] == parent:
            keys.add(path[1])
    return frozenset(keys) if in_block else None


def _settled(found: _Comments, present: set[KeyPath]) -> tuple[dict[KeyPath, list[str]], dict[KeyPath, str]]:
    above: dict[KeyPath, list[str]] = {}
    beside: dict[KeyPath, str] = {}
    for path, comments in found.above.items():
        if place := _nearest(path, present):
            above.setdefault(place, []).extend(comments)
        else:
            found.end.extend(comments)
    for path, comment in found.beside.items():
        place = _nearest(path, present)
        if place == path:
            beside[path] = comment
        elif place:
            above.setdefault(place, []).append(comment)
        else:
            found.end.append(comment)
    return above, beside


def _nearest(path: KeyPath, present: set[KeyPath]) -> KeyPath:
    while path and path not in present:
        path = path[:-1]
    return path


def _comments(text: str) -> _Comments:
    found = _Comments()
    waiting: list[str] = []
    last: KeyPath = ()
    for line, path in _keyed(text):
        if path == _TEXT:
            continue
        stripped = line.strip()
        if stripped.startswith("#"):
            waiting.append(stripped)
        elif path:
            if waiting:
                found.above.setdefault(path, []).extend(waiting)
                waiting = []
            if comment := _trailing(line):
                found.beside[path] = comment
            last = path
        elif not stripped and not last and waiting:
            found.top += waiting
            waiting = []
        elif last and (comment := _trailing(line)):
            # Beside a line without a key of its own, such as an item of a list over several lines.
            found.above.setdefault(last, []).append(comment)
    found.end = waiting
    return found


def _keyed(text: str) -> Iterator[tuple[str, KeyPath]]:
    """Each line with the path of the key or list item on it; the path is empty for any other line."""
    stack: list[tuple[int, str]] = []
    counts: dict[KeyPath, int] = {}
    scalar_indent = -1
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if scalar_indent >= 0 and (not line.strip() or indent > scalar_indent):
            yield line, _TEXT if line.strip() else ()
            continue
        scalar_indent = -1
        item, rest = _ITEM.match(line), line
        if item is not None:
            while stack and (stack[-1][0] > indent or (stack[-1][0] == indent and stack[-1][1].startswith("["))):
                stack.pop()
            parent = tuple(key for _, key in stack)
            counts[parent] = counts.get(parent, -1) + 1
            stack.append((indent, f"[{counts[parent]}]"))
            indent += 1 + len(item["gap"])
            rest = " " * indent + line[indent:]
        match = _KEY.match(rest)
        if match is None and item is None:
            yield line, ()
            continue
        if match is not None:
            while stack and stack[-1][0] >= indent:
                stack.pop()
            stack.append((indent, match["key"].strip().strip("\"'")))
        if _BLOCK_SCALAR.search(_without_comment(line)):
            scalar_indent = stack[-1][0]
        yield line, tuple(key for _, key in stack)


def _trailing(line: str) -> str:
    return line[len(_without_comment(line)) :].strip()


def _without_comment(line: str) -> str:
    """The line up to a ``#`` that begins a comment: outside quotes, at the start or after white space."""
    if "#" not in line:
        return line
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
