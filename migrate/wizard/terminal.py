"""The terminal: the only place that knows questionary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

import questionary
from questionary import Choice, Style

from migrate.wizard.asker import Option

_PLAIN = Style([(name, "") for name in ("qmark", "question", "answer", "pointer", "highlighted", "selected")])


def terminal_asker(*, color: bool, stream: TextIO | None = None) -> TerminalAsker:
    """An asker on the terminal of this process; lines go to ``stream`` (standard output where not given)."""
    return TerminalAsker(None if color else _PLAIN, stream)


class TerminalAsker:
    """Asks with arrow keys; typing moves to an option by its beginning."""

    def __init__(self, style: Style | None, stream: TextIO | None) -> None:
        self._style = style
        self._stream = stream

    def show(self, line: str) -> None:
        """Write the line, before the next question."""
        questionary.print(line, style="") if self._stream is None else self._stream.write(line + "\n")

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """Let the person pick one.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        choices = [Choice(option.label, value=option.value) for option in options]
        first = next((choice for choice in choices if choice.value == default), None)
        answer = questionary.select(question, choices, default=first, style=self._style, instruction=" ").unsafe_ask()
        return str(answer)

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Let the person type a text; a faulty one is not taken.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        answer = questionary.text(
            question, default=default, validate=lambda text: fault(text) or True, style=self._style
        ).unsafe_ask()
        return str(answer)
