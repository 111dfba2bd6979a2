"""Answers by number, a line at a time: for terminals that cannot move their cursor, and for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from migrate.wizard.asker import NARROW, Line, Option, folded


class NumberedAsker:
    """Writes the options with numbers and reads a number or an option's key; an empty line takes the default."""

    def __init__(self, source: TextIO, target: TextIO) -> None:
        self._source = source
        self._target = target

    def show(self, line: Line) -> None:
        """The line, in lines of 60 columns; nothing marks a heading but the empty line before it."""
        for text in folded(line, NARROW):
            self._target.write(f"{text}\n")

    def choose(self, question: str, options: tuple[Option, ...], default: str) -> str:
        """Ask until the number or the key of an option is given.

        Raises:
            KeyboardInterrupt: Ctrl-C, or the end of the input.
        """
        self.show(Line(question, hanging="  "))
        for number, option in enumerate(options, 1):
            self.show(Line(f"{number:>4} {option.text}", hanging=" " * 5))
        usual = next((number for number, option in enumerate(options, 1) if option.value == default), 1)
        keys = {option.key: option.value for option in options if option.key}
        while True:
            answer = self._read(f"Number [{usual}]: ") or str(usual)
            if answer in keys:
                return keys[answer]
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return options[int(answer) - 1].value
            self._target.write(f"a number from 1 to {len(options)}{', or a letter in brackets' if keys else ''}\n")

    def enter(self, question: str, default: str, fault: Callable[[str], str]) -> str:
        """Ask until the text has no fault.

        Raises:
            KeyboardInterrupt: Ctrl-C, or the end of the input.
        """
        while True:
            *before, last = folded(Line(f"{question} [{default}]" if default else question), NARROW)
            for text in before:
                self._target.write(f"{text}\n")
            answer = self._read(f"{last} ") or default
            if not (message := fault(answer)):
                return answer
            self.show(Line(message))

    def _read(self, prompt: str) -> str:
        self._target.write(prompt)
        self._target.flush()
        line = self._source.readline()
        if not line:
            raise KeyboardInterrupt
        return line.strip()
