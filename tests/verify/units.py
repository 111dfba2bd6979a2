"""Units of work for the tests of workers; in a module of their own, since processes import what they run."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def added(common: int, task: int) -> int:
    return common + task


def killed_at_three(common: str, task: int) -> int:
    """Dies at task 3: each time with ``always``, once where ``common`` is a file to remember it in."""
    if task == 3 and (common == "always" or not Path(common).exists()):
        if common != "always":
            Path(common).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task * 10


def leaving(common: int, task: int) -> int:
    os._exit(common)


def failing(common: int, task: int) -> int:
    raise LookupError(f"task {task}")
