"""What several commands do last: say what was found, print the product, decide the exit code."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from migrate.cli.options import Settings
from migrate.console import Console
from migrate.doors.secret_shapes import shown
from migrate.errors import DifferenceError, ExitCode, RefusedError, UsageError
from migrate.model.finding import Finding, Severity
from migrate.report.tables import Page, findings_text

REFUSING = frozenset({"EM020"})
"""Errors after which going on would write a plaintext secret: exit code 5 instead of 1."""


def page(settings: Settings) -> Page:
    """Standard output's width and colour: the terminal's, or 100 columns without colour for a file or pipe."""
    if not sys.stdout.isatty():
        return Page()
    return Page(width=shutil.get_terminal_size().columns, color=settings.color)


def product(text: str, *, asked: bool = False) -> None:
    """The product of a command goes to standard output, and nothing else does.

    ``asked``: secrets in it are what was asked for (decision 25); elsewhere they are masked.
    """
    click.echo(text if asked else shown(text), nl=not text.endswith("\n"))


def tell(console: Console, findings: Sequence[Finding]) -> None:
    """Show findings, the heaviest last so that they stand next to the prompt; notes are only counted."""
    shown = over_environments(findings)
    for severity in (Severity.WARNING, Severity.ERROR):
        for finding in shown:
            if finding.severity is severity:
                console.finding(finding)
    if shown:
        console.say(findings_text(shown))


def tell_helm(settings: Settings) -> None:
    """Which program rendered, where one was named."""
    if settings.helm is not None:
        settings.console.say(f"rendered with {settings.helm}")


def over_environments(findings: Sequence[Finding]) -> list[Finding]:
    """Findings that differ in nothing but their environment told once, with all their environments."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_without_environment(finding), []).append(finding)
    return [
        replace(group[0], environment=", ".join(dict.fromkeys(f.environment for f in group if f.environment)))
        for group in groups.values()
    ]


def _without_environment(finding: Finding) -> tuple[object, ...]:
    """What a finding says, with the environment's name taken out of its place and its words."""
    place = f"{finding.source} {finding.message}"
    if finding.environment:
        place = re.sub(rf"\b{re.escape(finding.environment)}\b", "*", place)
    return (finding.code, finding.severity, finding.release, bool(finding.environment), place)


def stop_on_errors(findings: Sequence[Finding], what: str) -> None:
    """Nothing is written where an error was found: half a conversion is worse than none.

    Raises:
        DifferenceError, RefusedError: with what to do; RefusedError where a plaintext secret would be written.
    """
    errors = [finding for finding in over_environments(findings) if finding.severity is Severity.ERROR]
    if not errors:
        return
    kind: Callable[..., DifferenceError | RefusedError] = (
        RefusedError if any(f.code in REFUSING for f in errors) else DifferenceError
    )
    noun = "error" if len(errors) == 1 else f"{len(errors)} errors"
    raise kind(f"{what} stopped: {noun} above, and nothing was written", hint="mend what is named above and run again")


def exit_code(findings: Sequence[Finding]) -> int:
    """1 where a finding is an error, else 0."""
    return int(ExitCode.DIFFERENT if any(f.severity is Severity.ERROR for f in findings) else ExitCode.DONE)


def existing_folder(path: Path, what: str, hint: str) -> Path:
    """The folder, or a message that says what to do.

    Raises:
        UsageError: it is not there.
    """
    if not path.is_dir():
        raise UsageError(f"{what} {path} is {'no folder' if path.exists() else 'not there'}", hint=hint)
    return path
