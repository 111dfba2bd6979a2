"""Answers from a list: for tests, and for playing a session again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from migrate.wizard.asker import NARROW, Line, Option, folded


class ScriptedAsker:
    """Gives ``answers`` in order and keeps what was shown, asked and offered."""

    def __init__(self, answers: Iterable[str]) -> None:
        self._answers = iter(answers)
        self.shown: list[str] = []
        self.asked: list[str] = []
        self.offered: list[tuple[Option, ...]] = []

    def show(self, line: Line) -> None:
        """Keep the line as a terminal of 60 columns shows it."""
        self.shown += folded(line, NARROW)

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """The next answer; ``""`` takes the default.

        Raises:
            KeyboardInterrupt: the answers are used up, as if the person had pressed Ctrl-C.
            ValueError: the answer is none of the options.
        """
        self.offered.append(options)
        answer = self._next(question) or default
        if answer not in {option.value for option in options}:
            raise ValueError(f"{question}: {answer!r} is not offered")
        return answer

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """The next answer; ``""`` takes the default.

        Raises:
            KeyboardInterrupt: the answers are used up.
            ValueError: the answer has a fault.
        """
        answer = self._next(question) or default
        if message := fault(answer):
            raise ValueError(f"{question}: {message}")
        return answer

    def _next(self, question: str) -> str:
        self.asked.append(question)
        try:
            return next(self._answers)
        except StopIteration:
            raise KeyboardInterrupt from None
