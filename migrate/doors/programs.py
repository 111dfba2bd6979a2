"""How a program is run: helm, helmfile, kustomize, a template's `exec`; their own doors know what to say of each.

A program sees the variables that it is given and nothing of this process, asks nobody anything, and ends in time.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NOWHERE = "http://127.0.0.1:9"


class ProgramNotStartedError(Exception):
    """The system refuses to start it; the message is the system's reason."""


class ProgramTimeoutError(Exception):
    """It ran longer than allowed, and was stopped."""


@dataclass(frozen=True)
class Ended:
    """A run that came to its end: exit status, standard output and standard error."""

    status: int
    output: str
    errors: str


def closed_environment(home: str) -> dict[str, str]:
    """Variables of a program that needs no other program and no network: a proxy that is not there stands before it."""
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    closed = {"PATH": "", "HOME": home, "TMPDIR": home}
    return closed | {name: _NOWHERE for proxy in proxies for name in (proxy, proxy.upper())}


def run_program(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    seconds: int,
    folder: str | Path | None = None,
    given: str = "",
) -> Ended:
    """One run in ``folder`` (where the person stands, if None), with ``given`` to read on standard input.

    Raises:
        ProgramNotStartedError, ProgramTimeoutError: as they say.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input=given.encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramTimeoutError(f"it took more than {seconds} seconds") from error
    except (OSError, ValueError) as error:
        raise ProgramNotStartedError((error.strerror if isinstance(error, OSError) else "") or str(error)) from error
    return Ended(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
