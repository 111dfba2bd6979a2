"""An Upgrade: what a new version of a chart does to the releases that use it, and where the old one is written."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.model.finding import Finding, SourceLocation
from migrate.model.tree_diff import TreeDiff


@dataclass(frozen=True)
class VersionLine:
    """One line that says the version: as it is, and as it is to be."""

    file: str
    """Root-relative."""
    line: int
    before: str
    after: str

    @property
    def place(self) -> SourceLocation:
        """``file:line``."""
        return SourceLocation(self.file, self.line)


@dataclass(frozen=True)
class ByHand:
    """A version that a person has to change, and why."""

    release: str
    place: SourceLocation
    why: str


@dataclass(frozen=True)
class Upgrade:
    """What the new version does, and where the helmfiles say the old one."""

    difference: TreeDiff
    """A row a release and environment; its name is the release's id."""
    findings: tuple[Finding, ...]
    lines: tuple[VersionLine, ...]
    by_hand: tuple[ByHand, ...]
    releases: tuple[str, ...]
    """Ids, in the order of the estate."""

    @property
    def broken(self) -> tuple[str, ...]:
        """Releases that do not render in one of the versions; ids."""
        return tuple(dict.fromkeys(row.name for row in self.difference.applications if row.reason))
