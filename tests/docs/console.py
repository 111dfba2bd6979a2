"""Console blocks of a page: their commands, run one after the other in one shell, and what they should print.

A command begins with ``$ ``; what follows is its standard output. ``[...]`` stands for any text of a line; alone on
a line, for any lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = "[...]"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--8<-- end of a command"


@dataclass(frozen=True)
class Command:
    """One command of a page and what the page says it prints."""

    text: str
    line: int
    printed: str


def commands_of(page: str) -> tuple[Command, ...]:
    """Every command of the page's console blocks, in order."""
    found = []
    for block in _BLOCK.finditer(page):
        line = page.count("\n", 0, block.start(1)) + 1
        for part in re.split(r"^(?=\$ )", block[1], flags=re.MULTILINE):
            if part:
                text, _, printed = part.partition("\n")
                found.append(Command(text.removeprefix("$ "), line, printed))
                line += part.count("\n")
    return tuple(found)


def run_all(commands: Sequence[Command], folder: Path) -> tuple[list[str], str]:
    """What each prints, in one shell that starts in ``folder``; and what went to standard error."""
    script = "".join(f"{one.text}\ncode=$?; printf '%s\\n' '{_MARK}'; (exit $code)\n" for one in commands)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-u"],
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"},
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split(f"{_MARK}\n")[:-1], done.stderr


def fits(printed: str, shown: str) -> bool:
    """Whether what was printed is what is shown, ``[...]`` standing for what the page leaves out."""
    lines = [
        "(?:.*\n)*" if line.strip() == LEFT_OUT else ".*".join(map(re.escape, line.split(LEFT_OUT))) + "\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), "".join(f"{line.rstrip()}\n" for line in printed.splitlines())) is not None
