"""Talk: progress and messages, always on standard error; the product alone goes to standard output.

One protocol and four ways of talking, so that the same run serves a person at a terminal, a log, a test and nobody.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from migrate.doors.secret_shapes import shown
from migrate.errors import MigrateError
from migrate.model.finding import Finding, Severity

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


class Advance(Protocol):
    """Called once for each piece of work done; ``note`` names the piece."""

    def __call__(self, note: str = "") -> None:
        """Count one more piece."""


class Console(Protocol):
    """How a run talks to whoever watches it."""

    def say(self, text: str) -> None:
        """Say one line."""

    def finding(self, finding: Finding) -> None:
        """Show one finding: code, what is wrong, where, what to do."""

    def error(self, error: MigrateError) -> None:
        """Say what stopped the run."""

    def progress(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """Count ``total`` pieces of work under ``title``; yields the function that counts one."""


class Stopwatch:
    """Seconds by stage, in the order in which they were measured."""

    def __init__(self, seconds: Mapping[str, float] | None = None) -> None:
        self.seconds: dict[str, float] = dict(seconds or {})

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Measure the block as ``stage``; a stage measured twice adds up."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - started, 3)


class SilentConsole:
    """Says nothing but what stops the run (``--quiet``)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """Nothing."""

    def finding(self, finding: Finding) -> None:
        """Only errors: a quiet run that fails must say why."""
        if finding.severity is Severity.ERROR:
            self._write(finding_text(finding))

    def error(self, error: MigrateError) -> None:
        """As the plain console does."""
        self._write(error_text(error))

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Advance]:
        """Counts for nobody."""
        yield _count_nothing

    def _write(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()


class PlainConsole(SilentConsole):
    """Plain lines for logs: one line a stage, no colours, nothing redrawn."""

    def say(self, text: str) -> None:
        """One line."""
        self._write(text)

    def finding(self, finding: Finding) -> None:
        """One or two lines, whatever the severity."""
        self._write(finding_text(finding))

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Advance]:
        """One line when the work begins, with its size."""
        self._write(f"{title} ({total})" if total else title)
        yield _count_nothing


class TerminalConsole(PlainConsole):
    """A person at a terminal: bars with counts and time, colours unless ``--no-color`` or NO_COLOR."""

    def __init__(self, stream: TextIO, *, color: bool = True) -> None:
        # Loaded for a person at a terminal alone: it takes longer than many a command.
        from rich.console import Console as RichOutput
        from rich.markup import escape

        super().__init__(stream)
        self._escape = escape
        self._rich = RichOutput(file=stream, no_color=not color, highlight=False, force_terminal=True)

    def say(self, text: str) -> None:
        """One line, or as many as a narrow terminal needs."""
        self._print(text, "")

    def finding(self, finding: Finding) -> None:
        """As in a log, the first word coloured by severity, broken between words."""
        self._print(finding_text(finding), _STYLES[finding.severity])

    def error(self, error: MigrateError) -> None:
        """What stopped the run, its first word in red."""
        self._print(error_text(error), "bold red")

    def _print(self, text: str, style: str) -> None:
        """``text`` broken between words, with ``style`` for its first one."""
        word, blank, rest = folded_talk(text, self._rich.width).partition(" ")
        styled = f"[{style}]{self._escape(word)}[/]" if style else self._escape(word)
        self._rich.print(f"{styled}{blank}{self._escape(rest)}", soft_wrap=True)

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Advance]:
        """A bar that goes away when the work is done; what was done stays as one line."""
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}")]
        if total:
            columns += [BarColumn(max(6, min(24, self._rich.width - len(title) - 24))), MofNCompleteColumn()]
        columns.append(TimeElapsedColumn())
        with Progress(*columns, console=self._rich, transient=True) as bar:
            task = bar.add_task(self._escape(title), total=total or None)

            def advance(note: str = "") -> None:
                bar.advance(task)

            yield advance
        done = f"[green]✓[/] {self._escape(title)}"
        self._rich.print(f"{done} ({total})" if total else done)


def folded_talk(text: str, width: int) -> str:
    """Lines that are too wide, broken at blanks and never inside a path; what follows stands further in."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line.lstrip(),
            width,
            initial_indent=indent,
            subsequent_indent=f"{indent}    ",
            break_long_words=False,
            break_on_hyphens=False,
        ) or [line]
    return "\n".join(lines)


def _count_nothing(note: str = "") -> None:
    return None


def finding_text(finding: Finding) -> str:
    """A finding for people: ``error HF012 at file:line (environment): message`` and the hint on a line of its own."""
    place = f" {finding.source}" if finding.source else ""
    environment = f" [{finding.environment}]" if finding.environment else ""
    hint = f"\n  → {finding.hint}" if finding.hint else ""
    return shown(f"{finding.severity.value} {finding.code}{place}{environment}: {finding.message}{hint}")


def error_text(error: MigrateError) -> str:
    """What stopped the run, where, and what to do, on up to three lines."""
    place = f"\n  at {error.source}" if error.source else ""
    hint = f"\n  → {error.hint}" if error.hint else ""
    return shown(f"error: {error.message}{place}{hint}")
