"""Answers by number, a line at a time: for terminals that cannot move their cursor, and for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from migrate.wizard.asker import Option


class NumberedAsker:
    """Writes the options with numbers and reads a number; an empty line takes the default."""

    def __init__(self, source: TextIO, target: TextIO) -> None:
        self._source = source
        self._target = target

    def show(self, line: str, *, heading: bool = False) -> None:
        """The line as it is."""
        self._target.write(f"{line}\n")

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """Ask until the number of an option is given.

        Raises:
            KeyboardInterrupt: Ctrl-C, or the end of the input.
        """
        self._target.write(f"{question}\n")
        for number, option in enumerate(options, 1):
            self._target.write(f"{number:>4} {option.label}\n")
        usual = next((number for number, option in enumerate(options, 1) if option.value == default), 1)
        while True:
            answer = self._read(f"Number [{usual}]: ") or str(usual)
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return options[int(answer) - 1].value
            self._target.write(f"a number from 1 to {len(options)}\n")

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Ask until the text has no fault.

        Raises:
            KeyboardInterrupt: Ctrl-C, or the end of the input.
        """
        while True:
            answer = self._read(f"{question} [{default}] ") or default
            if not (message := fault(answer)):
                return answer
            self._target.write(f"{message}\n")

    def _read(self, prompt: str) -> str:
        self._target.write(prompt)
        self._target.flush()
        line = self._source.readline()
        if not line:
            raise KeyboardInterrupt
        return line.strip()
