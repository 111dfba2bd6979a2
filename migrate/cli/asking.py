"""``wizard``: a person is asked, layer by layer, and every answer is in the file of decisions at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import click

from migrate import pipeline
from migrate.cli.options import Settings, common_options
from migrate.cli.stages import reading, require_answers, whole_estate
from migrate.cli.work import tell
from migrate.doors.files import read_text, write_text
from migrate.errors import AnswersMissingError, ExitCode, RefusedError
from migrate.model.finding import Severity
from migrate.model.plan import Plan
from migrate.plan import check_plan, dump_plan
from migrate.wizard import Asker, NumberedAsker, components, is_settled, open_count, run_wizard, terminal_asker

_LISTED = 5


@click.command()
@click.option("--numbered", is_flag=True, help="Ask by numbers, line by line: for screen readers. So does TERM=dumb.")
@common_options("table")
def wizard(settings: Settings, numbered: bool) -> int:
    """Ask a person, layer by layer; every answer is saved.

    Start it again to go on where you stopped. Ctrl-C loses nothing.
    """
    whole_estate(settings, "a plan")
    read, decided = reading(settings)
    tell(settings.console, [f for f in read.findings if f.severity is Severity.ERROR])
    proposed = pipeline.plan_releases(read, decided)
    if settings.batch or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _ask_nobody(settings, proposed)
    save = _Saving(settings.plan_file)
    try:
        with _interrupted_by_hangup():
            answered = run_wizard(
                proposed,
                read.graph,
                _asker(settings, numbered=numbered),
                save=save,
                propose=lambda current: pipeline.plan_releases(read, current),
                check=lambda current: check_plan(current, read.estate, read.graph),
                on_disk=decided,
            )
    except (KeyboardInterrupt, EOFError):
        # Where the terminal is gone, nobody can be told.
        with contextlib.suppress(OSError):
            settings.console.say(_stopped(settings.plan_file, saved=save.done))
        return int(ExitCode.INTERRUPTED)
    left = open_count(answered)
    rest = f" (it takes {left} releases as proposed), or go on with: migrate wizard" if left else ""
    settings.console.say(f"saved in {settings.plan_file}; next: migrate convert{rest}")
    return int(ExitCode.DONE)


def _asker(settings: Settings, *, numbered: bool) -> Asker:
    moves = os.environ.get("TERM", "dumb") not in ("", "dumb")
    if numbered or not moves:
        return NumberedAsker(sys.stdin, sys.stdout)
    return terminal_asker(color=settings.color)


def _stopped(path: Path, *, saved: bool) -> str:
    if not saved:
        return "stopped; nothing was answered, and nothing was written. Go on with: migrate wizard"
    return f"stopped; what you answered is in {path}. Go on with: migrate wizard"


def _ask_nobody(settings: Settings, proposed: Plan) -> int:
    """What a wizard without a person does: say which answers are missing.

    Raises:
        AnswersMissingError: any is.
    """
    require_answers(proposed)
    layers: dict[str, list[str]] = {}
    for release in components(proposed):
        if not is_settled(release):
            layers.setdefault(release.layer, []).append(release.id)
    if not layers:
        settings.console.say(f"{settings.plan_file}: every release is decided; there is nothing to ask")
        return int(ExitCode.DONE)
    listed = "\n".join(f"  {layer} ({len(names)}): {_some(names)}" for layer, names in layers.items())
    raise AnswersMissingError(
        f"the wizard needs a terminal, and --batch or a pipe is none; "
        f"{open_count(proposed)} releases are proposed and not decided:\n{listed}",
        hint="run: migrate plan (it accepts every proposal), or start the wizard in a terminal",
    )


def _some(names: list[str]) -> str:
    more = [f"and {len(names) - _LISTED} more"] if len(names) > _LISTED else []
    return ", ".join([*names[:_LISTED], *more])


class _Saving:
    """Writes the plan after an answer, and never over what somebody else wrote meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._text()
        self.done = False

    def __call__(self, plan: Plan) -> None:
        """Write the file at once.

        Raises:
            RefusedError: it is not what was read or last written; the plan is beside it then.
        """
        text = dump_plan(plan, self._last)
        if self._text() != self._last:
            beside = self._path.with_name(f"{self._path.name}.wizard")
            write_text(beside, text)
            raise RefusedError(
                f"{self._path} was changed by somebody else while the wizard ran; it is left as it is",
                hint=f"your answers are in {beside}: compare the two, keep one, and start the wizard again",
            )
        write_text(self._path, text)
        self._last, self.done = text, True

    def _text(self) -> str | None:
        return read_text(self._path) if self._path.is_file() else None


@contextlib.contextmanager
def _interrupted_by_hangup() -> Iterator[None]:
    """A closed terminal or a plain ``kill`` ends the wizard as Ctrl-C does, with the terminal put in order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for name in ("SIGHUP", "SIGTERM"):  # Windows has no SIGHUP
        if number := getattr(signal, name, None):
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    except OSError as error:
        raise KeyboardInterrupt from error  # the terminal is gone: every file goes through a door with its own errors
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
