"""What the wizard needs of whoever answers: a terminal, a script, a test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

NARROW = 60
"""Columns that everything fits in; also what an asker without a terminal folds to."""
WIDE = 100
"""Columns beyond which lines get no wider: longer ones are hard to read."""


@dataclass(frozen=True)
class Line:
    """One thing to show, folded between words to the width of whoever shows it; nothing of it is ever cut."""

    text: str
    indent: str = ""
    hanging: str = ""
    """Before every further line of it."""
    heading: bool = False


@dataclass(frozen=True)
class Option:
    """One thing to choose: what is returned, the line that a person sees, and the key that answers at once."""

    value: str
    label: str
    key: str = ""

    @property
    def text(self) -> str:
        """The label with its key."""
        return f"{self.label} ({self.key})" if self.key else self.label


class Asker(Protocol):
    """Shows lines and takes answers. Ctrl-C raises KeyboardInterrupt from whatever is being asked."""

    def show(self, line: Line) -> None:
        """The line, folded; a heading may stand out."""

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """The value of one of ``options``."""

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Text for which ``fault`` has nothing to say; it returns what is wrong, or nothing."""


def folded(line: Line, width: int) -> list[str]:
    """The line in as many lines as ``width`` asks for; a word that is wider than that is broken, not lost."""
    found = textwrap.wrap(
        line.text,
        max(width, 20),
        initial_indent=line.indent,
        subsequent_indent=line.hanging or line.indent,
        break_on_hyphens=False,
    )
    return found or [""]
