"""What several commands do first: read the estate, take the plan, and say what was found."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from migrate import pipeline
from migrate.cli.options import Settings
from migrate.console import Console
from migrate.doors.files import read_text
from migrate.errors import AnswersMissingError, DifferenceError, ExitCode, RefusedError, UsageError
from migrate.model.finding import Finding, Severity
from migrate.model.plan import Plan
from migrate.pipeline import Reading
from migrate.plan import load_plan
from migrate.report.tables import Page, findings_text


def page(settings: Settings) -> Page:
    """Standard output's width and colour: the terminal's, or 100 columns without colour for a file or pipe."""
    if not sys.stdout.isatty():
        return Page()
    return Page(width=shutil.get_terminal_size().columns, color=settings.color)


def product(text: str) -> None:
    """The product of a command goes to standard output, and nothing else does."""
    click.echo(text, nl=not text.endswith("\n"))


def whole_estate(settings: Settings, what: str) -> None:
    """A plan or a tree of some releases would silently lose the others.

    Raises:
        UsageError: selectors were given.
    """
    if settings.request.selectors:
        raise UsageError(f"{what} is made for the whole estate", hint="leave out --selector")


def decided_plan(settings: Settings) -> Plan | None:
    """The plan in the file of decisions, or None where there is none yet."""
    if not settings.plan_file.is_file():
        return None
    return load_plan(read_text(settings.plan_file), str(settings.plan_file))


def reading(settings: Settings) -> tuple[Reading, Plan | None]:
    """Read and render the estate as the options and the file of decisions say."""
    decided = decided_plan(settings)
    read = pipeline.read_and_render(
        settings.request,
        decided=decided,
        clusters=settings.clusters(),
        console=settings.console,
        jobs=settings.jobs,
    )
    return read, decided


def planned(settings: Settings) -> tuple[Reading, Plan]:
    """The reading with the plan that holds for it: decisions of the file, proposals for what it leaves open.

    Raises:
        AnswersMissingError: a rule is marked ``ask`` and its answer is missing.
    """
    read, decided = reading(settings)
    plan = pipeline.plan_releases(read, decided)
    require_answers(plan)
    return read, plan


def require_answers(plan: Plan) -> None:
    """Stop with exit code 4 where an answer that only a person may give is missing."""
    missing = [question for question in plan.questions if question.must_ask]
    if missing:
        listed = "\n  ".join(f"{question.key}: {question.text}" for question in missing)
        raise AnswersMissingError(
            f"{len(missing)} answers are missing:\n  {listed}",
            hint="run: migrate wizard, or write them into the plan",
        )


def tell(console: Console, findings: Sequence[Finding]) -> None:
    """Show findings, the heaviest last so that they stand next to the prompt; notes are only counted."""
    shown = over_environments(findings)
    for severity in (Severity.WARNING, Severity.ERROR):
        for finding in shown:
            if finding.severity is severity:
                console.finding(finding)
    if shown:
        console.say(findings_text(shown))


def over_environments(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of one kind, place and release in several environments told once, with all their environments."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        key: tuple[object, ...] = (
            finding.code,
            finding.severity,
            finding.source,
            finding.release,
            not finding.environment,
        )
        if not finding.environment or not finding.release:
            key = (*key, finding.message)
        groups.setdefault(key, []).append(finding)
    return [
        replace(group[0], environment=", ".join(dict.fromkeys(f.environment for f in group if f.environment)))
        for group in groups.values()
    ]


def stop_on_errors(findings: Sequence[Finding], what: str) -> None:
    """Nothing is written where an error was found: half a conversion is worse than none.

    Raises:
        DifferenceError, RefusedError: with what to do; RefusedError where a plaintext secret would be written.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    kind: Callable[..., DifferenceError | RefusedError] = (
        RefusedError if any(f.code in pipeline.REFUSING for f in errors) else DifferenceError
    )
    noun = "error" if len(errors) == 1 else f"{len(errors)} errors"
    raise kind(f"{what} stopped: {noun} above, and nothing was written", hint="mend what is named above and run again")


def exit_code(findings: Sequence[Finding]) -> int:
    """1 where a finding is an error, else 0."""
    return int(ExitCode.DIFFERENT if any(f.severity is Severity.ERROR for f in findings) else ExitCode.DONE)


def existing_folder(path: Path, what: str, hint: str) -> Path:
    """The folder, or a message that says what to do.

    Raises:
        click.UsageError: it is not there.
    """
    if not path.is_dir():
        raise click.UsageError(f"{what} {path} is not there; {hint}")
    return path
