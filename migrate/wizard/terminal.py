"""The terminal: the only place that knows questionary."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import TextIO

import questionary
from prompt_toolkit.output import ColorDepth
from questionary import Choice

from migrate.wizard.asker import Option


def terminal_asker(*, color: bool, stream: TextIO | None = None) -> TerminalAsker:
    """An asker on the terminal of this process; lines go to ``stream`` (standard output where not given)."""
    _forget_keys()
    return TerminalAsker(None if color else ColorDepth.DEPTH_1_BIT, stream)


def _forget_keys() -> None:
    """Drop what was typed while the estate was read: it was no answer to a question that nobody had seen."""
    try:
        import termios
    except ImportError:  # Windows has none
        return
    with contextlib.suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


class TerminalAsker:
    """Asks with arrow keys (or j and k) and Enter."""

    def __init__(self, depth: ColorDepth | None, stream: TextIO | None) -> None:
        self._depth = depth
        self._stream = stream

    def show(self, line: str, *, heading: bool = False) -> None:
        """Write the line, before the next question; a heading in bold where there may be colour."""
        if self._stream is not None:
            self._stream.write(line + "\n")
        else:
            questionary.print(line, style="bold" if heading and self._depth is None else "")

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """Let the person pick one.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        choices = [Choice(option.label, value=option.value) for option in options]
        first = next((choice for choice in choices if choice.value == default), None)
        answer = questionary.select(
            question, choices, default=first, color_depth=self._depth, instruction=" "
        ).unsafe_ask()
        return str(answer)

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Let the person type a text; a faulty one is not taken.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        answer = questionary.text(
            question, default=default, validate=lambda text: fault(text) or True, color_depth=self._depth
        ).unsafe_ask()
        return str(answer)
