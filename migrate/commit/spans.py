"""State file → the lines of its lists: where each release, or nested file, is written.

Nearly every real state file is a template that no YAML parser takes, so lines are looked at as they are (decision 26).
Whoever edits by these spans reads the estate again and compares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENS = re.compile(r"\{\{-?\s*(?:if|range|with|define|block)\b")
_CLOSES = re.compile(r"\{\{-?\s*end\b")
_CONTROL = re.compile(r"\s*\{\{-?\s*(?:(?:if|range|with|define|block|else|end)\b|/\*).*\}\}\s*")
_ANCHOR = re.compile(r"(?:^|[\s\[{,])&([A-Za-z0-9_.-]+)")
_ALIAS = re.compile(r"(?:^|[\s\[{,])\*([A-Za-z0-9_.-]+)")


@dataclass(frozen=True)
class Item:
    """An entry of a list: lines ``start`` to ``end`` (from 0, the last not included)."""

    start: int
    end: int
    indent: int
    """The column of its dash."""
    whole: bool
    """Whether the template's blocks inside it are closed inside it."""

    def holds(self, line: int) -> bool:
        """Whether a line, counted from 1, is one of its own."""
        return self.start < line <= self.end


@dataclass(frozen=True)
class Section:
    """A list at the top of a state file: the line of its key, and its entries."""

    line: int
    items: tuple[Item, ...]


def split_lines(text: str) -> list[str]:
    """The lines with their ends: nothing but ``\\n`` ends one, as in YAML files that editors write."""
    return re.findall(r"[^\n]*\n|[^\n]+$", text)


def sections(lines: Sequence[str], key: str) -> tuple[Section, ...]:
    """Every list ``key:`` at the top level, in all parts of the file."""
    heads = [n for n, line in enumerate(lines) if re.match(rf"{re.escape(key)}\s*:\s*(?:#.*)?$", line.rstrip("\r\n"))]
    return tuple(Section(head, _items(lines, head + 1)) for head in heads)


def _items(lines: Sequence[str], first: int) -> tuple[Item, ...]:
    indent = -1
    starts: list[int] = []
    end = first
    for number in range(first, len(lines)):
        line = lines[number].rstrip("\r\n")
        if not line.strip() or is_comment(line) or is_control(line):
            continue
        column = len(line) - len(line.lstrip(" "))
        dash = re.match(r"\s*-(?:\s|$)", line) is not None
        if indent < 0 and dash:
            indent = column
        if line.startswith("---") or column < indent or indent < 0 or (column == indent and not dash):
            break
        if dash and column == indent:
            starts.append(number)
        end = number + 1
    ends = [*starts[1:], end] if starts else []
    return tuple(
        _item(lines, start, _trimmed(lines, start, stop), indent) for start, stop in zip(starts, ends, strict=True)
    )


def _trimmed(lines: Sequence[str], start: int, end: int) -> int:
    """``end`` without blank lines, comments, and the template's own lines that belong to what is around the entry."""
    # A block that the entry opened may be closed below its last line of content.
    depth = balance(lines[start:end])
    while depth > 0 and end < len(lines) and (is_control(lines[end]) or not lines[end].strip()):
        depth += balance(lines[end : end + 1])
        end += 1
    while end > start + 1:
        last = lines[end - 1]
        depth = balance(lines[start:end])
        if not last.strip() or is_comment(last) or (is_control(last) and depth != 0):
            end -= 1
            continue
        break
    return end


def _item(lines: Sequence[str], start: int, end: int, indent: int) -> Item:
    depth, lowest = 0, 0
    for line in lines[start:end]:
        depth += balance([line])
        lowest = min(lowest, depth)
    return Item(start, end, indent, whole=depth == 0 and lowest == 0)


def balance(lines: Sequence[str]) -> int:
    """How many blocks of the template these lines open, less those that they close."""
    return sum(len(_OPENS.findall(line)) - len(_CLOSES.findall(line)) for line in lines)


def is_comment(line: str) -> bool:
    """Whether the line is a comment of YAML and nothing else."""
    return line.lstrip().startswith("#")


def is_control(line: str) -> bool:
    """Whether the line is a block's beginning or end in the template and nothing else."""
    return _CONTROL.fullmatch(line.rstrip("\r\n")) is not None


def lead(lines: Sequence[str], start: int) -> int:
    """The first of the comment lines that stand directly above a line."""
    while start > 0 and is_comment(lines[start - 1]):
        start -= 1
    return start


def key_lines(lines: Sequence[str], item: Item) -> dict[str, tuple[int, int]]:
    """Each key of an entry with the lines that it takes; keys inside the template's blocks, too."""
    first = re.match(r"(\s*-\s+)(?=\S)", lines[item.start])
    below = [line for line in lines[item.start + 1 : item.end] if line.strip() and not is_comment(line)]
    plain = [line for line in below if not line.lstrip().startswith("{{")]
    column = len(first[1]) if first else min((len(x) - len(x.lstrip(" ")) for x in plain), default=item.indent + 2)
    found: list[tuple[str, int]] = []
    for number in range(item.start, item.end):
        text = lines[number]
        body = text[column:] if number == item.start else text[column:] if text[:column].strip() == "" else ""
        named = re.match(r"(?:&\S+\s+)?([A-Za-z_<][\w<.-]*)\s*:(?:\s|$)", body.rstrip("\r\n") + "\n")
        if named and not is_comment(text):
            found.append((named[1], number))
    stops = [*(number for _, number in found[1:]), *([item.end] if found else [])]
    return {name: (number, stop) for (name, number), stop in zip(found, stops, strict=True)}


def anchors(lines: Sequence[str]) -> set[str]:
    """The anchors that these lines set."""
    return {name for line in lines if not is_comment(line) for name in _ANCHOR.findall(_bare(line))}


def aliases(lines: Sequence[str]) -> set[str]:
    """The anchors that these lines use."""
    return {name for line in lines if not is_comment(line) for name in _ALIAS.findall(_bare(line))}


def _bare(line: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'|\s#.*", "", line)
