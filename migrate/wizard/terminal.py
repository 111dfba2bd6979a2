"""The terminal: the only place that knows questionary."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import TextIO

import questionary
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth
from questionary import Choice, Question
from questionary.prompts.common import InquirerControl

from migrate.wizard.asker import NARROW, WIDE, Line, Option, folded


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
    """Asks with arrow keys (or j and k) and Enter, or by an option's own key."""

    def __init__(self, depth: ColorDepth | None, stream: TextIO | None) -> None:
        self._depth = depth
        self._stream = stream

    @property
    def width(self) -> int:
        """The columns to fold to: the terminal's as it is now, so that a resize holds from the next line on."""
        if self._stream is not None:
            return NARROW
        return min(get_app_session().output.get_size().columns, WIDE)

    def show(self, line: Line) -> None:
        """Write the line, before the next question; a heading in bold where there may be colour."""
        for text in folded(line, self.width):
            if self._stream is not None:
                self._stream.write(text + "\n")
            else:
                questionary.print(text, style="bold" if line.heading and self._depth is None else "")

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """Let the person pick one.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        choices = [Choice(self._folded(option.text, 3), value=option.value) for option in options]
        first = next((choice for choice in choices if choice.value == default), None)
        asked = questionary.select(
            self._folded(question, 2),
            choices,
            default=first,
            color_depth=self._depth,
            instruction=" ",
            erase_when_done=True,
        )
        _answer_by_key(asked, options)
        answer = str(asked.unsafe_ask())
        self._answered(question, next(option.label for option in options if option.value == answer))
        return answer

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Let the person type a text; a faulty one is not taken.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        answer = questionary.text(
            self._folded(question, 2),
            default=default,
            validate=lambda text: fault(text) or True,
            color_depth=self._depth,
            erase_when_done=True,
        ).unsafe_ask()
        self._answered(question, str(answer))
        return str(answer)

    def _answered(self, question: str, answer: str) -> None:
        """Leave the question and its answer behind in place of the menu, folded between words."""
        self.show(Line(f"? {question} {answer}", hanging="  "))

    def _folded(self, text: str, before: int) -> str:
        """``text`` that stands ``before`` columns in: the list of choices would cut what is too wide."""
        return f"\n{' ' * before}".join(folded(Line(text), self.width - before))


def _answer_by_key(asked: Question, options: tuple[Option, ...]) -> None:
    """Let the key of an option do what moving to it and Enter do."""
    control = next(c for c in asked.application.layout.find_all_controls() if isinstance(c, InquirerControl))
    bindings = asked.application.key_bindings
    if not isinstance(bindings, KeyBindings):
        return

    def bind(place: int, option: Option) -> None:
        def take(event: KeyPressEvent) -> None:
            control.pointed_at, control.is_answered = place, True
            event.app.exit(result=option.value)

        bindings.add(option.key, eager=True)(take)

    for place, option in enumerate(options):
        if option.key:
            bind(place, option)
