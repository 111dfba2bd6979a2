"""State file → the state file with a fence on releases: a comment for people, a hook that holds (decision 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migrate.commit.spans import Item, key_lines
from migrate.model.fence import EVENTS, MARK, SAYS

_ENTRY = f'{{events: [{", ".join(EVENTS)}], command: sh, args: ["-c", "echo \'{SAYS}\' >&2; exit 1"], showlogs: true}}'
_COMMENT = f"# {MARK}: Argo CD applies this release. Take the hook out to give it back to helmfile."


def fenced(lines: Sequence[str], item: Item) -> list[str] | None:
    """All lines of the file with the fence in one entry; None where the entry is not written in a form known here."""
    found = list(lines)
    keys = key_lines(lines, item)
    head = lines[item.start]
    flow = re.match(r"(\s*-\s+(?:&\S+\s+)?\{)(?!\{)", head)
    if flow:
        if re.search(r"[{,\s]hooks\s*:", "".join(lines[item.start : item.end])):
            return None
        space = "" if head[flow.end() :].startswith(" ") else " "
        found[item.start] = f"{flow[1]}hooks: [{_ENTRY}],{space}{head[flow.end() :]}"
        return found
    if not keys:
        return None
    if "hooks" in keys:
        return _with_first(found, *keys["hooks"])
    column = _column(lines, item, keys)
    number = next(iter(keys.values()))[1] if len(keys) > 1 else item.end
    # Above what follows the first key: a block of the template, or a comment, belongs to the key below it.
    while number > item.start + 1 and _is_apart(lines[number - 1]):
        number -= 1
    ending = "\r\n" if head.endswith("\r\n") else "\n"
    if not found[number - 1].endswith("\n"):
        found[number - 1] += ending
    pad = " " * column
    found[number:number] = [f"{pad}{_COMMENT}{ending}", f"{pad}hooks:{ending}", f"{pad}  - {_ENTRY}{ending}"]
    return found


def _with_first(lines: list[str], start: int, end: int) -> list[str] | None:
    """The fence as the first of hooks that are there already."""
    head = lines[start]
    flow = re.search(r"hooks\s*:\s*\[", head)
    if flow:
        more = "" if re.match(r"\s*\]", head[flow.end() :]) else ", "
        lines[start] = f"{head[: flow.end()]}{_ENTRY}{more}{head[flow.end() :].lstrip(' ')}"
        return lines
    dash = next((line for line in lines[start + 1 : end] if re.match(r"\s*-\s", line)), None)
    if dash is None or not re.search(r"hooks\s*:\s*(?:#.*)?$", head.rstrip()):
        return None
    pad = " " * (len(dash) - len(dash.lstrip(" ")))
    ending = "\r\n" if head.endswith("\r\n") else "\n"
    lines[start + 1 : start + 1] = [f"{pad}{_COMMENT}{ending}", f"{pad}- {_ENTRY}{ending}"]
    return lines


def _column(lines: Sequence[str], item: Item, keys: dict[str, tuple[int, int]]) -> int:
    number = next(iter(keys.values()))[0]
    text = lines[number]
    if number == item.start:
        return len(text) - len(re.sub(r"^\s*-\s+", "", text))
    return len(text) - len(text.lstrip(" "))


def _is_apart(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(("#", "{{"))
