"""Behind ``why``: from a line of an emitted tree back to the line of the estate, the decision or the rule.

The tree's provenance says which file or decision a line came from; where the source can still be read, the line
in it is found by laying both texts side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches

from migrate.doors.secret_scan import scan_text
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.model.estate import ValuesKind
from migrate.model.origin import NESTED, Origin, Traced
from migrate.model.tree import FileTree, Provenance

Read = Callable[[str], str | None]
"""A file of the estate, by its path relative to the root; None where it cannot be read."""

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>[0-9]+)")
_KEY = re.compile(r"""^\s*(?:-\s+)?["']?(?P<key>[^\s"':#]+)["']?\s*:""")
_MOST_LINES = 5_000
"""Longer texts are not laid side by side: that takes the square of their length."""


def trace(
    tree: FileTree,
    provenance: Mapping[str, tuple[Provenance, ...]],
    path: str,
    line: int,
    *,
    read: Read,
    plan: str = "",
) -> Traced:
    """What ``path`` (its line ``line``; 0: the whole file) came from; ``plan`` is the text of the file of decisions.

    Raises:
        KeyError: the tree has no such file.
        IndexError: the file has no such line.
    """
    lines, decisions = _lines(tree.files[path]), _decisions(plan)
    if line > len(lines):
        raise IndexError(f"{path} has {len(lines)} lines")
    entries = provenance.get(path) or (Provenance(0, "migrate: the list of what it wrote"),)
    if not line:
        return Traced(path, 0, "", tuple(_origin(entry, 0, (), read, decisions) for entry in entries))
    found = [_origin(_at(entries, line), line, lines, read, decisions)]
    named = next((word for word in re.findall(r"[^\s\"']+", lines[line - 1]) if word in provenance), None)
    if named and named != path:
        # A line that names a file of the tree: whoever asks for it wants to know of that file, too.
        found += [
            _origin(entry, 0, (), read, decisions)
            for entry in provenance[named]
            if not entry.origin.startswith("migrate:")
        ]
    return Traced(path, line, _shown(lines[line - 1]), tuple(dict.fromkeys(found)))


def nearest(tree: FileTree, path: str, most: int = 3) -> tuple[str, ...]:
    """Paths of the tree that a person may have meant: same ending first, then alike."""
    name = path.rstrip("/").rpartition("/")[2]
    below = [known for known in tree.paths() if known.startswith(path.rstrip("/") + "/")]
    ending = [known for known in tree.paths() if known.endswith(f"/{path}")]
    same_name = [known for known in tree.paths() if known.rpartition("/")[2] == name]
    alike = get_close_matches(path, same_name or list(tree.paths()), n=most, cutoff=0.0 if same_name else 0.5)
    return tuple(dict.fromkeys([*below, *ending, *alike]))[:most]


def _decisions(text: str) -> YamlNode | None:
    try:
        return next(iter(compose_yaml(text)), None)
    except YamlError:
        return None  # `why` is about the tree: what is wrong with the plan, the plan's own commands say


def _lines(content: bytes) -> Sequence[str]:
    return content.decode("utf-8", errors="replace").splitlines()


def _shown(text: str) -> str:
    for hit in scan_text(text, known=frozenset(re.findall(r"PLACEHOLDER-[A-Za-z0-9-]+", text))):
        text = text.replace(hit.text, "***")
    return text


def _at(entries: Sequence[Provenance], line: int) -> Provenance:
    """The last entry that begins at or before the line."""
    reached = [entry for entry in entries if entry.line <= line]
    return reached[-1] if reached else entries[0]


def _origin(entry: Provenance, line: int, lines: Sequence[str], read: Read, plan: YamlNode | None) -> Origin:
    first, text, note = entry.line, entry.origin, entry.note
    if text.startswith("migrate:"):
        return Origin(first, "rule", text, note=note)
    if text.startswith("migration.yaml#"):
        file, _, pointer = text.partition("#")
        return Origin(first, "decision", text, file, _line_of_decision(pointer, plan), note=note)
    place = _PLACE.fullmatch(text)
    file, start = (place["file"], int(place["line"])) if place else (text, 0)
    kind, _, nested = note.partition(", ")
    if not line or (start and kind != ValuesKind.INLINE.value):
        return Origin(first, "estate", text, file, start, note=note)
    source, body = read(file), lines[max(0, first - 1) :]
    if source is not None and nested.startswith(NESTED):
        source, body = _flush(source), [text.lstrip() for text in body]
        there = source.splitlines()
        if not start and there.count(body[line - first]) == 1:
            # Some entries stay at the root, so that the order may be another.
            return Origin(first, "estate", text, file, there.index(body[line - first]) + 1, note=note)
    at, exact = _line_in_source(source, body, line - max(1, first), start)
    return Origin(first, "estate", text, file, at or start, exact, note)


def _flush(text: str) -> str:
    """The text without indentation: what was nested has more of it than its source."""
    return "\n".join(line.lstrip() for line in text.splitlines())


def _line_of_decision(pointer: str, plan: YamlNode | None) -> int:
    """The line of the plan's file where ``releases/<id>/<field>`` stands; 0 where the file does not say it.

    An id has slashes of its own, so the longest key that fits is taken.
    """
    words, node, line = pointer.split("/"), plan, 0
    while words:
        entries = node.entries() if node else ()
        fits = [e for e in entries if e[0].value == "/".join(words[: str(e[0].value).count("/") + 1])]
        if not fits:
            return 0
        key, node, _ = max(fits, key=lambda entry: len(str(entry[0].value)))
        words, line = words[str(key.value).count("/") + 1 :], key.line
    return line


def _line_in_source(source: str | None, body: Sequence[str], index: int, start: int) -> tuple[int, bool]:
    """The line (from 1) of ``source`` that ``body[index]`` is, and whether that is certain; 0 where nothing is known.

    ``start``: the values are a mapping at this line of the source, written anew; its keys are looked for.
    """
    if source is None or index >= len(body):
        return 0, not start
    there = source.splitlines()
    if start:
        return _key_after(there, body[index], start), False
    if index < len(there) and there[: index + 1] == list(body[: index + 1]):
        return index + 1, True
    if max(len(there), len(body)) > _MOST_LINES:
        return 0, False
    matcher = SequenceMatcher(None, list(body), there, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size and block.a <= index]
    if not blocks:
        return 0, False
    last = blocks[-1]
    if index < last.a + last.size:
        return last.b + (index - last.a) + 1, True
    key = _KEY.match(body[index])
    after = _key_after(there, body[index], last.b + last.size + 1) if key else 0
    return after or min(last.b + last.size + 1, len(there)), False


def _key_after(there: Sequence[str], text: str, start: int) -> int:
    """The first line from ``start`` on with the same key as ``text``; ``start`` itself where there is none."""
    key = _KEY.match(text)
    if not key:
        return start
    for number, line in enumerate(there[start - 1 :], start=start):
        # In flow style the key may stand anywhere in the line.
        if re.search(rf"""(?:^|[\s{{,"'-]){re.escape(key["key"])}["']?\s*:""", line):
            return number
    return start
