"""Edits of spans of lines: what ``--fix`` does to a tree, and nothing else in it changes by a byte."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model.finding import SourceLocation
from migrate.model.tree import FileTree


@dataclass(frozen=True, order=True)
class Edit:
    """Columns ``start`` to ``end`` of a line, counted from 0, become ``text``."""

    path: str
    line: int
    start: int
    end: int
    text: str


def token_edit(tree: FileTree, where: SourceLocation, old: str, new: str) -> Edit | None:
    """The edit that writes ``new`` for the scalar ``old`` on its line; None where it does not stand there just once.

    A scalar ends where the line, a flow collection or a comment goes on.
    """
    lines = tree.text(where.file).split("\n")
    if not 0 < where.line <= len(lines) or not old:
        return None
    pattern = rf"(?<![^\s\[{{,:\"'-]){re.escape(old)}(?=\s*(?:$|[,\]}}]|\s#|:\s|:$|[\"']))"
    found = list(re.finditer(pattern, lines[where.line - 1]))
    if len(found) != 1:
        return None
    return Edit(where.file, where.line, found[0].start(), found[0].end(), new)


def line_after(tree: FileTree, where: SourceLocation, text: str) -> Edit:
    """The edit that puts a line below another, indented as that one is."""
    line = tree.text(where.file).split("\n")[where.line - 1]
    end = len(line.removesuffix("\r"))
    indent = line[: len(line) - len(line.lstrip())]
    return Edit(where.file, where.line, end, end, f"{line[end:]}\n{indent}{text}")


def edited_files(tree: FileTree, edits: Iterable[Edit]) -> Mapping[str, bytes]:
    """Path → its new content, for the files that change; of two edits that overlap the first counts."""
    by_path: dict[str, set[Edit]] = defaultdict(set)
    for edit in edits:
        by_path[edit.path].add(edit)
    found = {}
    for path in sorted(by_path):
        content = _edited(tree.text(path), sorted(by_path[path])).encode()
        if content != tree.files[path]:
            found[path] = content
    return found


def _edited(text: str, edits: list[Edit]) -> str:
    lines = text.split("\n")
    kept: list[Edit] = []
    for edit in edits:
        if not kept or (edit.line, edit.start) >= (kept[-1].line, kept[-1].end):
            kept.append(edit)
    for edit in reversed(kept):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text + line[edit.end :]
    return "\n".join(lines)
