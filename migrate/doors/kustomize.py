"""The door to the kustomize binary: one build in a folder of its own, cut off from plugins, settings and the network.

Nothing of an estate is executed: neither plugins nor Helm are switched on. The process sees no variable of this one
and no PATH, so it finds no git to fetch with, and a proxy that is not there stands before the web.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from migrate.doors.programs import ProgramNotStartedError, ProgramTimeoutError, closed_environment, run_program

SECONDS = 60
"""A build that takes longer is stopped."""
_LOG_LINE = re.compile(r'[EWIF]\d{4} \S+ +\d+ \S+\] "command failed" err="(.*)"')
"""kubectl's own way of saying it, with a time and a process number that differ each time."""


class KustomizeError(Exception):
    """There is no kustomize, or it refuses; the message is its own."""


def find_kustomize() -> tuple[str, ...]:
    """The command that builds: kustomize, else kubectl's; empty where neither is on PATH."""
    if found := shutil.which("kustomize"):
        return found, "build"
    if found := shutil.which("kubectl"):
        return found, "kustomize"
    return ()


def kustomize_build(files: Mapping[str, str | bytes], *, folder: str = ".", everywhere: bool = False) -> str:
    """What kustomize makes of ``folder`` among ``files``, which it finds in a folder of its own.

    ``everywhere`` lets it read files outside of those; whoever asks for this has looked at what is read.

    Raises:
        KustomizeError: there is no kustomize, it refuses, or it takes too long.
    """
    command = find_kustomize()
    if not command:
        raise KustomizeError("it needs kustomize, and neither kustomize nor kubectl is on PATH")
    limits = ["--load-restrictor=LoadRestrictionsNone"] if everywhere else []
    with tempfile.TemporaryDirectory(prefix="migrate-") as made:
        top = os.path.realpath(made)
        for path, content in files.items():
            target = Path(top) / "build" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        home = Path(top) / "home"
        home.mkdir()
        try:
            ended = run_program(
                [*command, *limits, folder],
                folder=Path(top) / "build",
                environment=closed_environment(str(home)),
                seconds=SECONDS,
            )
        except ProgramTimeoutError as error:
            raise KustomizeError(f"kustomize took more than {SECONDS} seconds") from error
        except ProgramNotStartedError as error:
            raise KustomizeError(f"{command[0]} cannot be started: {error}") from error
        if ended.status:
            raise KustomizeError(_told(ended.errors, top))
        return ended.output


def _told(message: str, top: str) -> str:
    """kustomize's last words, without the folder that is gone when they are read."""
    lines = [line for line in message.replace(f"{top}/build", ".").splitlines() if line and not line.startswith("#")]
    last = (lines[-1] if lines else "no reason given").removeprefix("Error: ")
    logged = _LOG_LINE.fullmatch(last)
    return logged[1].replace('\\"', '"') if logged else last
