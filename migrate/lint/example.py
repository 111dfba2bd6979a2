"""A rule's example: a small tree that breaks it and one that keeps it, as text.

The texts are laid over a shared good tree (:mod:`migrate.lint.good_tree`), so that an example shows just the lines
that matter. What lies below ``environments/`` is merged key by key; any other file is replaced as a whole.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.lint.good_tree import GOOD

_MARK = re.compile(r"[ \t]*# <- here[^\n]*")
_KEY = re.compile(r"^( *)([\w./-]+):(.*)$")
_WITHOUT = re.compile(r"^( *)# without ([\w./-]+)$")


@dataclass(frozen=True)
class Example:
    """Path → text of what breaks a rule, and of what keeps it.

    ``# <- here`` at the end of a line of ``bad`` says that the rule must be heard there, and nowhere else; it is taken
    out before the text is used. ``# without key`` in a mapping takes the shared tree's key out.
    """

    bad: Mapping[str, str]
    good: Mapping[str, str]
    base: Mapping[str, str] = field(default_factory=lambda: GOOD)
    """The tree below; empty for an example that stands for itself."""


def bad_tree(example: Example) -> dict[str, str]:
    """The whole tree that breaks the rule, by path."""
    return {path: _MARK.sub("", text) for path, text in _laid(example.base, example.bad).items()}


def good_tree(example: Example) -> dict[str, str]:
    """The whole tree that keeps the rule, by path."""
    return _laid(example.base, example.good)


def marked_places(example: Example) -> set[tuple[str, int]]:
    """(path, line) of each mark in the bad tree."""
    return {
        (path, number)
        for path, text in _laid(example.base, example.bad).items()
        for number, line in enumerate(text.split("\n"), 1)
        if _MARK.search(line)
    }


def shown(text: str) -> str:
    """An example's text for people, marks included."""
    return textwrap.dedent(text).strip("\n") + "\n"


def _laid(base: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    files = dict(base)
    for path, text in texts.items():
        text = shown(text)
        files[path] = lay_over(base[path], text) if path in base and path.startswith("environments/") else text
    return files


def lay_over(base: str, fragment: str) -> str:
    """A YAML text with the keys of ``fragment``: mappings merge by their lines, anything else is replaced."""
    return "\n".join(_merged(base.rstrip("\n").split("\n"), fragment.rstrip("\n").split("\n"))) + "\n"


def _merged(base: list[str], fragment: list[str]) -> list[str]:
    found, changes = _blocks(base), _blocks(fragment)
    for key, lines in changes.items():
        if not lines:
            found.pop(key, None)
        elif key in found and _is_mapping(found[key]) and (len(lines) == 1 or _is_mapping(lines)):
            found[key] = [lines[0], *(_merged(found[key][1:], lines[1:]) if len(lines) > 1 else found[key][1:])]
        else:
            found[key] = lines
    return [line for lines in found.values() for line in lines]


def _blocks(lines: list[str]) -> dict[str, list[str]]:
    """Key of a mapping → its lines; no line for a key that is to be taken out."""
    depth = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    found: dict[str, list[str]] = {}
    current = ""
    for line in lines:
        key, without = _KEY.match(line), _WITHOUT.match(line)
        if without and len(without[1]) == depth:
            found[without[2]] = []
            continue
        if key and len(key[1]) == depth:
            current = key[2]
        found.setdefault(current, []).append(line)
    return found


def _is_mapping(lines: list[str]) -> bool:
    head = _KEY.match(_MARK.sub("", lines[0]))
    child = next((line for line in lines[1:] if line.strip()), "")
    below = _KEY.match(child) or _WITHOUT.match(child)
    return bool(head and not head[3].strip() and below and len(below[1]) > len(head[1]))
