"""The FileTree: an emitted repository in memory, every file with where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.model.finding import Finding
from migrate.model.json import JsonValue

EXTERNALISED = "externalised-secret"
"""The text that stands in for a plaintext secret where migration.yaml says ``externalise``."""


@dataclass(frozen=True)
class Provenance:
    """Where an emitted file, or one line of it, came from."""

    line: int
    """First line it explains, from 1; 0: the whole file."""
    origin: str
    """``helmfiles/x.yaml:12``, ``migration.yaml#releases/…``, a chart's file, or ``migrate: <rule>``."""
    note: str = ""


@dataclass(frozen=True)
class LedgerEntry:
    """What became of one key of one release: carried somewhere, or dropped with the reason and advice."""

    release: str
    environment: str
    key: str
    value: JsonValue
    origin: str
    carried: bool
    target: str = ""
    """Where it went (``component.yaml: namespace``), or why it was dropped."""
    advice: str = ""


@dataclass(frozen=True)
class FileTree:
    """Path (POSIX, relative to the tree's root) → bytes; iterate with :meth:`paths`."""

    files: Mapping[str, bytes]
    provenance: Mapping[str, tuple[Provenance, ...]] = field(default_factory=dict)
    ledger: tuple[LedgerEntry, ...] = ()
    findings: tuple[Finding, ...] = ()

    def paths(self) -> tuple[str, ...]:
        """All paths, bytewise sorted."""
        return tuple(sorted(self.files))

    def text(self, path: str) -> str:
        """A file as text.

        Raises:
            KeyError: no such file.
        """
        return self.files[path].decode("utf-8")

    def under(self, folder: str) -> FileTree:
        """The files below ``folder``, paths kept."""
        prefix = folder.rstrip("/") + "/"
        return FileTree({path: self.files[path] for path in self.paths() if path.startswith(prefix)})


def tree_hash(tree: FileTree) -> str:
    """SHA-256 over all paths and contents, in order: what a stored verdict is keyed by."""
    digest = hashlib.sha256()
    for path in tree.paths():
        digest.update(f"{path}\0{len(tree.files[path])}\0".encode())
        digest.update(tree.files[path])
    return digest.hexdigest()
