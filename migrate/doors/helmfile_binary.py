"""The door to a real helmfile: started in an environment of its own, its answers as text.

Only ``--helmfile-binary`` and ``inspect --compare-with-helmfile`` open it. helmfile runs the hooks and ``exec`` of
an estate and may ask networks, so whoever opens the door must have been allowed to execute.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.doors.programs import ProgramNotStartedError, ProgramTimeoutError, run_program
from migrate.errors import UsageError

_SECONDS = 900
_SHOWN_LINES = 12
_NOISE = re.compile(r"^(Adding repo|Building dependency|Listing releases|skipping missing|Upgrade|\S+ has been added)")
_VALUES = "{{ .State.AbsPathSHA1 }}/{{ .Release.KubeContext }}--{{ .Release.Namespace }}--{{ .Release.Name }}.yaml"


class HelmfileError(Exception):
    """What helmfile said when it refused."""


@dataclass(frozen=True)
class HelmfileProgram:
    """One helmfile with the variables that it sees."""

    path: str
    variables: Mapping[str, str]
    folder: str
    """Its home and caches where the variables name no others; empty at first, removed at the end."""

    def answer(self, arguments: Sequence[str]) -> str:
        """Standard output of one run.

        Raises:
            HelmfileError: it exits with another status than 0, or not at all.
            UsageError: it cannot be started.
        """
        own = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": self.folder,
            "HELMFILE_CACHE_HOME": f"{self.folder}/helmfile",
            "HELMFILE_UPGRADE_NOTICE_DISABLED": "true",
            "NO_COLOR": "true",
        }
        try:
            ended = run_program([self.path, *arguments], environment={**own, **self.variables}, seconds=_SECONDS)
        except ProgramTimeoutError as error:
            raise HelmfileError(f"it did not end within {_SECONDS} seconds") from error
        except ProgramNotStartedError as error:
            hint = "name a helmfile that runs here"
            raise UsageError(f"{self.path} cannot be started: {error}", hint=hint) from error
        if ended.status:
            raise HelmfileError(_said(ended.errors) or f"exit status {ended.status}")
        return ended.output

    def written_values(self, arguments: Sequence[str]) -> dict[tuple[str, str], str]:
        """What ``write-values`` writes: (8 digits of the state file's SHA-1, ``context--namespace--name``) → text.

        Raises:
            HelmfileError, UsageError: as for :meth:`answer`.
        """
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            self.answer([*arguments, "--output-file-template", f"{folder}/{_VALUES}"])
            found = {}
            for file in sorted(Path(folder).rglob("*.yaml")):
                name = file.relative_to(folder).as_posix()
                state, _, release = name.removesuffix(".yaml").partition("/")
                found[state, release] = file.read_text(encoding="utf-8")
            return found


@contextmanager
def helmfile_program(path: str, variables: Mapping[str, str], *, allowed: bool) -> Iterator[HelmfileProgram]:
    """The helmfile at ``path`` (a bare name is looked up on PATH), with a home that goes when the block ends.

    Raises:
        UsageError: executing was not allowed, or there is no such program.
    """
    if not allowed:
        raise UsageError(
            "a real helmfile runs the hooks and the exec calls of the estate's templates, and may ask networks",
            hint="allow it, if you trust the estate: --allow-exec",
        )
    found = shutil.which(path)
    if found is None:
        hint = "give its path: --helmfile-binary PATH" if "/" not in path else "mend the path, and make it executable"
        raise UsageError(f"there is no helmfile to run at {path}", hint=hint)
    with tempfile.TemporaryDirectory(prefix="migrate-helmfile-") as folder:
        yield HelmfileProgram(str(Path(found).absolute()), variables, folder)


def _said(text: str) -> str:
    """The end of what helmfile said, without colours and progress."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line.rstrip() for line in plain.splitlines() if line.strip() and not _NOISE.match(line.strip())]
    broken = next((number for number, line in enumerate(lines) if line.startswith("panic:")), None)
    if broken is not None:  # a crash tells its reason first, then a page of calls
        return f"it crashed: {lines[broken].removeprefix('panic:').strip()}"
    return "\n".join(lines[-_SHOWN_LINES:])
