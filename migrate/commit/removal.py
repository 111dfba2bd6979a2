"""State file → the state file without some entries: spans of lines go, everything else stays byte for byte."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Sequence

from migrate.commit.spans import Item, balance, is_control, key_lines, lead, sections, split_lines

_QUOTES = "\"'"


def without_items(lines: Sequence[str], items: Iterable[Item]) -> list[str]:
    """The lines without these entries, the comments directly above them, and blocks of the template left empty."""
    found = list(lines)
    for item in sorted(items, key=lambda item: item.start, reverse=True):
        start, end = lead(found, item.start), item.end
        start, end = _with_empty_block(found, start, end)
        del found[start:end]
        before = start == 0 or not found[start - 1].strip() or re.match(r"\w+\s*:\s*$", found[start - 1])
        if before and start < len(found) and not found[start].strip():
            del found[start]
        elif start == len(found):
            while found and not found[-1].strip():
                del found[-1]
    return found


def _with_empty_block(lines: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """The span with the block of the template around it, as often as nothing else is in that."""
    while start > 0 and end < len(lines):
        above, below = lines[start - 1], lines[end]
        opens = is_control(above) and balance([above]) == 1
        if not (opens and is_control(below) and balance([below]) == -1):
            break
        start, end = start - 1, end + 1
    return start, end


def without_needs(lines: Sequence[str], item: Item, gone: Collection[str]) -> list[str]:
    """The lines with an entry's ``needs`` on the releases ``gone`` (ids) taken out; the key too where none is left."""
    keys = key_lines(lines, item)
    start, end = keys.get("needs", (item.start, item.start + 1))
    flow = re.match(r"(.*?\bneeds\s*:\s*\[)([^\[\]]*)(\].*)", lines[start], re.DOTALL)
    if flow:
        there = [part for part in flow[2].split(",") if part.strip()]
        kept = [part for part in there if not _names(part, gone)]
        if len(kept) == len(there):
            return list(lines)
        alone = "needs" in keys and start != item.start
        new = [] if alone and not kept else [f"{flow[1]}{','.join(kept).strip()}{flow[3]}"]
        return [*lines[:start], *new, *lines[start + 1 :]]
    listed = [n for n in range(start + 1, end) if re.match(r"\s*-\s", lines[n])] if "needs" in keys else []
    out = {n for n in listed if _names(re.sub(r"^\s*-\s+", "", lines[n]), gone)}
    if len(out) < len(listed) or not out or start == item.start:
        return [line for n, line in enumerate(lines) if n not in out]
    # None is left: the key goes, and the template's block around the list or around the key, if it holds nothing else.
    stop = max(listed) + 1
    while balance(lines[start:stop]) > 0 and stop < end:
        stop += 1
    first, last = _with_empty_block(lines, start, stop)
    return [*lines[:first], *lines[last:]]


def _names(text: str, gone: Collection[str]) -> bool:
    """Whether a need as it is written can mean one of these ids; where a template writes it, its name decides."""
    plain = re.sub(r"\s+#.*", "", text).strip().strip(_QUOTES)
    if "{{" in plain:
        last = plain.rpartition("/")[2]
        return any(one.rpartition("/")[2] == last for one in gone)
    return any(one == plain or one.endswith(f"/{plain}") for one in gone)


def without_children(text: str, file: str, gone: Collection[str]) -> str:
    """The text of a state file without its ``helmfiles`` entries for the files ``gone``, nor the key if none is left.

    Paths are relative to the estate's root; an entry with a pattern stays.
    """
    lines = split_lines(text)
    for section in reversed(sections(lines, "helmfiles")):
        out = [item for item in section.items if _child(lines, item, file) in gone]
        if not out:
            continue
        if len(out) == len(section.items):
            start, end = lead(lines, section.line), max(item.end for item in out)
            while end < len(lines) and not lines[end].strip():
                end += 1
            del lines[start:end]
        else:
            lines = without_items(lines, out)
    return "".join(lines)


def _child(lines: Sequence[str], item: Item, file: str) -> str:
    keys = key_lines(lines, item)
    head = lines[keys["path"][0]] if "path" in keys else lines[item.start]
    named = re.match(r"\s*(?:-\s+)?(?:\{?\s*path\s*:\s*)?([^\s,}#]+)", head)
    path = named[1].strip(_QUOTES) if named else ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), path))


def is_spent(text: str) -> bool:
    """Whether a state file lists no release and no other file any more."""
    lines = split_lines(text)
    return not any(section.items for key in ("releases", "helmfiles") for section in sections(lines, key)) and not any(
        re.match(r"(?:releases|helmfiles)\s*:\s*[^\s#\[]", line) for line in lines
    )
