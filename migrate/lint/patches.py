"""The text of templatePatch by its lines, since it is no YAML before it is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

KEY = re.compile(r"^( *)([A-Za-z_][\w.-]*):\s*(.*)$")
CONTROL = re.compile(r"^\s*\{\{-?\s*(if|with|range|else|end)\b.*\}\}\s*$")


def patch_keys(patch: str) -> Iterator[tuple[str, ...]]:
    """Paths of the keys that stand on lines of their own; ``-`` stands for an item of a list."""
    for _, path, _ in keys_of_lines(lines_of(patch)):
        yield path


def lines_of(patch: str) -> list[str]:
    """The lines of a patch, without blank ones and comments."""
    return [line for line in patch.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def keys_of_lines(lines: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Number of the line, path and value of each key."""
    parents: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        if CONTROL.match(line):
            continue
        item = re.match(r"^( *)- ", line)
        if item:
            parents = [
                *(
                    (above, key)
                    for above, key in parents
                    if above < len(item[1]) or (key != "-" and above == len(item[1]))
                ),
                (len(item[1]) + 1, "-"),
            ]
            line = line.replace("- ", "  ", 1)
        found = KEY.match(line)
        if found is None:
            continue
        depth = len(found[1])
        parents = [(above, key) for above, key in parents if above < depth]
        parents.append((depth, found[2]))
        yield number, tuple(key for _, key in parents), found[3]
