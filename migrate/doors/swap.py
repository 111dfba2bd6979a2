"""The door through which a folder is replaced whole: a run that is killed leaves the old folder or the new one.

The new folder is complete beside the old one before it takes its place. Where the system can exchange two names
at once (Linux, macOS) nobody ever sees the place empty; elsewhere two renames do it, and :func:`recover_swap`
puts the old folder back when a run died between them.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from migrate.errors import RefusedError

if os.name == "posix":
    import fcntl

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux
_RENAME_SWAP = 2  # macOS


def staging_path(folder: Path) -> Path:
    """Where this process builds the folder that is to replace ``folder``."""
    return folder.with_name(f"{folder.name}.migrate-new-{os.getpid()}")


def replace_folder(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``; what was there before, if anything, then lies at ``new``."""
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        aside = folder.with_name(f"{folder.name}.migrate-old-{os.getpid()}")
        folder.rename(aside)
        new.rename(folder)
        aside.rename(new)
    _sync_folder(folder.parent)


def recover_swap(folder: Path) -> None:
    """Undo a half-done swap of an earlier run and remove what killed runs left beside ``folder``."""
    leftovers = swap_leftovers(folder)
    old = [path for path in leftovers if ".migrate-old-" in path.name]
    if old and not folder.exists():
        old[0].rename(folder)
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)


def swap_leftovers(folder: Path) -> list[Path]:
    """Folders that killed runs left beside ``folder``, sorted."""
    pattern = re.compile(re.escape(folder.name) + r"\.migrate-(new|old)-[0-9]+")
    if not folder.parent.is_dir():
        return []
    return sorted(path for path in folder.parent.iterdir() if pattern.fullmatch(path.name))


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keep a second run away from ``folder``; the lock is on its parent and dies with the process.

    Raises:
        RefusedError: another run holds it.
    """
    if os.name != "posix":  # Windows: two runs at once into one folder are not noticed
        yield
        return
    descriptor = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise RefusedError(
                    f"another run is writing beside {folder}", hint="Wait until it has ended, then run again."
                ) from error
            # A file system without locks: go on without one.
        yield
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Bring everything below ``folder`` to the disk, so that the swap cannot outrun the content."""
    libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    if libc is not None and hasattr(libc, "syncfs"):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if libc.syncfs(descriptor) == 0:
                return
        finally:
            os.close(descriptor)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names at once; False where the system or the file system cannot."""
    if os.name != "posix":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        return bool(libc.renamex_np(first, second, ctypes.c_uint(_RENAME_SWAP)) == 0)
    if hasattr(libc, "renameat2"):
        flags = ctypes.c_uint(_RENAME_EXCHANGE)
        return bool(libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, flags) == 0)
    return False
