"""The errors that stop a run, and the exit codes that others script against.

A fault inside a person's estate that does not stop the run is no error but a
:class:`migrate.model.finding.Finding`. Anything that is neither is a bug.
"""

from __future__ import annotations

from enum import IntEnum

from migrate.model.finding import Finding, SourceLocation


class ExitCode(IntEnum):
    """What a command's exit status means; part of the contract, never renumbered."""

    DONE = 0
    DIFFERENT = 1
    USAGE = 2
    ESTATE_UNREADABLE = 3
    ANSWERS_MISSING = 4
    REFUSED = 5
    BUG = 70
    INTERRUPTED = 130


class MigrateError(Exception):
    """What stops a run: ``message`` says what happened, ``hint`` what to do, ``source`` where."""

    exit_code: ExitCode = ExitCode.BUG
    default_hint = ""
    """What to do where whoever raises it knows nothing better."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        source: SourceLocation | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.source = source
        self.findings = findings


class UsageError(MigrateError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = ExitCode.USAGE


class EstateError(MigrateError):
    """The estate cannot be read: missing, broken YAML, a broken template, an unknown environment."""

    exit_code = ExitCode.ESTATE_UNREADABLE
    default_hint = "helmfile cannot read it either: mend the place that is named, then run again"


class DifferenceError(MigrateError):
    """The work cannot be done as asked because something does not hold (a cycle, a chart that is not there)."""

    exit_code = ExitCode.DIFFERENT


class AnswersMissingError(MigrateError):
    """The plan has open questions and nobody may be asked."""

    exit_code = ExitCode.ANSWERS_MISSING


class RefusedError(MigrateError):
    """Going on would destroy or overwrite something that is not ours."""

    exit_code = ExitCode.REFUSED
