"""A real pseudo-terminal with the wizard in it, and what a screen of a given width would show."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect

ROOT = Path(__file__).parents[2]
DOWN, UP, BACKSPACE = "\x1b[B", "\x1b[A", "\x7f"
CTRL_C = "\x03"
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9]+)*m")
SCRIPT = """\
import sys
from pathlib import Path
from migrate.wizard import terminal_asker
from tests.wizard.estate import SMALL

try:
    SMALL.sit(terminal_asker(color=len(sys.argv) > 2), Path(sys.argv[1]))
    print("finished")
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(130)
"""

SITTINGS = """\
import os, signal, sys, termios
from pathlib import Path
from migrate.wizard import terminal_asker
from tests.wizard.estate import SMALL

as_found = termios.tcgetattr(0)
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready.", flush=True)
while plan := sys.stdin.readline().strip():
    child = os.fork()
    if not child:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = 0
        try:
            SMALL.sit(terminal_asker(color=False), Path(plan))
        except KeyboardInterrupt:
            code = 130
        sys.stdout.flush()
        os._exit(code)
    print(f"process {child}.", flush=True)
    status = os.waitpid(child, 0)[1]
    termios.tcsetattr(0, termios.TCSADRAIN, as_found)
    print(f"ended {os.waitstatus_to_exitcode(status)}.", flush=True)
"""


class Terminal:
    """A program on a terminal of its own."""

    def __init__(
        self, command: list[str], *, columns: int = 60, cwd: Path = ROOT, variables: Mapping[str, str] | None = None
    ) -> None:
        settings = {"PYTHONPATH": str(ROOT), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **(variables or {})}
        self.child = pexpect.spawn(
            command[0],
            command[1:],
            cwd=str(cwd),
            env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **settings},
            dimensions=(40, columns),
            encoding="utf-8",
            timeout=60,
        )
        self.child.delaybeforesend = None
        self.seen = io.StringIO()
        self.child.logfile_read = self.seen

    def at(self, question: str) -> None:
        """Wait until a question is on the screen and takes keys: each ends with the way to its help, or a colon."""
        self.child.expect_exact(question)
        self.child.expect_exact("(?)")

    def typing(self, question: str) -> None:
        """Wait for a question that wants a text."""
        self.child.expect_exact(question)

    def keys(self, keys: str) -> None:
        self.child.send(keys)

    def end(self) -> tuple[int, str]:
        """Exit code (that of a shell, where a signal ended it) and what was said at last."""
        self.child.expect(pexpect.EOF)
        said = self.child.before or ""
        self.child.close()
        if self.child.signalstatus:
            return 128 + self.child.signalstatus, said
        return int(self.child.exitstatus or 0), said

    def hang_up(self) -> None:
        """Close the terminal, as its window does."""
        self.child.close(force=False)

    def lines(self) -> list[str]:
        """What was written, without colours, a line each; a sequence that moves the cursor ends a line."""
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.seen.getvalue())
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "\n", plain).splitlines()


def small_wizard(plan: Path, *arguments: str, columns: int = 60) -> Terminal:
    """The wizard over the small estate; any argument wants colours."""
    return Terminal([sys.executable, "-c", SCRIPT, str(plan), *arguments], columns=columns)


class Sittings(Terminal):
    """One terminal with a sitting after the other, each a process of its own that need not load Python anew."""

    def __init__(self) -> None:
        super().__init__([sys.executable, "-c", SITTINGS])
        self.child.expect_exact("ready.")
        self.process = 0

    def begin(self, plan: Path) -> None:
        self.keys(f"{plan}\n")
        self.process = self._number(r"process ([0-9]+)\.")

    def ended(self) -> int:
        """The exit code of the sitting; minus the signal, where one ended it."""
        return self._number(r"ended (-?[0-9]+)\.")

    def _number(self, pattern: str) -> int:
        self.child.expect(pattern)
        found = re.fullmatch(pattern, str(self.child.after))
        assert found
        return int(found[1])
