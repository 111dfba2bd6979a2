"""Where a line of an emitted tree came from: what ``trace`` finds and ``report`` shows."""

from __future__ import annotations

from dataclasses import dataclass

NESTED = "nested below"
"""In the note of where a text came from, before the key of the wrapper chart that it was put below."""


@dataclass(frozen=True)
class Origin:
    """One thing that a line, or a file, came from."""

    first: int
    """The first line that it explains; 0: the whole file."""
    kind: str
    """``estate`` (a line of the helmfiles, a values file, a chart), ``decision`` (of the plan) or ``rule``."""
    text: str
    """As the provenance has it: ``migration.yaml#releases/…``, ``migrate: …``, or the file."""
    file: str = ""
    """Relative to the estate's root, or the file of decisions; empty for a rule."""
    line: int = 0
    """Of ``file``; 0 where it is not known, or all of it is meant."""
    exact: bool = True
    """False where the line is the nearest that can be told, since a template or a mapping was rewritten."""
    note: str = ""

    @property
    def place(self) -> str:
        """``file:line``, the file alone, or the rule."""
        if not self.file:
            return self.text
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Traced:
    """A line of the tree (or a whole file, where ``line`` is 0) and what it came from, the nearest first."""

    path: str
    line: int
    text: str
    """The line, secrets masked."""
    origins: tuple[Origin, ...]
