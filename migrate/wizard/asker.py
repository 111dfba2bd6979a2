"""What the wizard needs of whoever answers: a terminal, a script, a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Option:
    """One thing to choose: what is returned, and the line that a person sees."""

    value: str
    label: str


class Asker(Protocol):
    """Shows lines and takes answers. Ctrl-C raises KeyboardInterrupt from whatever is being asked."""

    def show(self, line: str, *, heading: bool = False) -> None:
        """One line of at most 60 columns; a heading may stand out."""

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """The value of one of ``options``."""

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Text for which ``fault`` has nothing to say; it returns what is wrong, or nothing."""
