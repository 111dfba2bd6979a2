"""Older forms of migration.yaml, brought to the one that is read: a step a version, each says what it did.

Version 1 is the only one that was ever written. A file without ``schemaVersion`` counts as version 0: a person wrote
it by hand, and may have used the words that the wizard shows instead of the file's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from migrate.doors.yaml import YamlNode
from migrate.model.finding import Finding, Severity
from migrate.plan.reader import PlanReader

CURRENT = 1
UPGRADED = "PL014"
_WORDS = {
    "phase": "rolloutPhase",
    "type": "componentType",
    "folder": "path",
    "name": "component",
}
_TARGET = ("repoURL", "revision")

Nodes = dict[str, YamlNode]


def upgraded(reader: PlanReader, top: Nodes) -> tuple[Nodes, tuple[Finding, ...]]:
    """The keys of the file as version 1 has them, and what was changed.

    Raises:
        UsageError: a version that is not known.
    """
    node = top.get("schemaVersion")
    text = reader.text(node, "schemaVersion", default="0")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if node is not None and not 0 <= version <= CURRENT:
        reader.refuse(f"schemaVersion {text} is not known", node, f"this migrate reads up to version {CURRENT}")
    changes: list[str] = []
    for step in _STEPS[version:]:
        top, done = step(top)
        changes += done
    if not changes:
        return top, ()
    message = f"{reader.name} is of version {version} and was read as version {CURRENT}: {', '.join(changes)}"
    hint = "migrate plan writes it so"
    return top, (Finding(UPGRADED, Severity.WARNING, message, hint, reader.place(node) if node else None),)


def _from_0(top: Nodes) -> tuple[Nodes, list[str]]:
    """Short words of releases become the file's own; a target at the top goes where version 1 has it."""
    changes: list[str] = []
    found = dict(top)
    moved = {key: found.pop(key) for key in _TARGET if key in found and "target" not in found}
    if moved:
        first = next(iter(moved.values()))
        entries = tuple((YamlNode("scalar", key, node.line), node, False) for key, node in moved.items())
        found["target"] = YamlNode("mapping", entries, first.line)
        changes += [f"{key} → target.{key} (line {node.line})" for key, node in moved.items()]
    releases = found.get("releases")
    if releases is not None and releases.kind == "mapping":
        entries = tuple((key, _renamed(value, changes), merged) for key, value, merged in releases.entries())
        found["releases"] = replace(releases, value=entries)
    return found, changes


def _renamed(release: YamlNode, changes: list[str]) -> YamlNode:
    if release.kind != "mapping":
        return release
    return replace(release, value=tuple(_entries(release, changes)))


def _entries(release: YamlNode, changes: list[str]) -> Iterator[tuple[YamlNode, YamlNode, bool]]:
    names = {str(key.value) for key, _, _ in release.entries()}
    for key, value, merged in release.entries():
        new = _WORDS.get(str(key.value), "")
        if new and new not in names:
            changes.append(f"{key.value} → {new} (line {key.line})")
            key = replace(key, value=new)
        yield key, value, merged


_STEPS: tuple[Callable[[Nodes], tuple[Nodes, list[str]]], ...] = (_from_0,)
"""The step at place n brings version n to n + 1."""
