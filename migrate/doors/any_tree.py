"""The door to trees that somebody else wrote: what can be read is read, and the rest is told, never followed.

``files.read_tree`` refuses a tree with a link that leads outside; a reader of foreign trees says so and goes on.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from migrate.doors.files import read_bytes, write_text
from migrate.errors import EstateError, RefusedError
from migrate.model.tree import FileTree

MOST_BYTES = 20 * 1024 * 1024
"""Files above this are not read: no manifest is so large, and Argo CD itself takes no more than 10 MB of them."""
_DEEPEST = 64


class Reason(StrEnum):
    """Why an entry of a tree was not read."""

    OUTSIDE = "a link that leads out of the tree"
    ABSOLUTE = "a link with an absolute path"
    NOWHERE = "a link that leads nowhere"
    CIRCLE = "a link that leads back into a folder above it"
    SPECIAL = "a pipe, a socket or a device"
    NAME = "a name that is no UTF-8"
    LARGE = "a file of more than 20 MB"
    LOCKED = "it may not be read"


@dataclass(frozen=True)
class Unread:
    """One entry that was not read."""

    path: str
    reason: Reason


@dataclass(frozen=True)
class AnyTree:
    """The files that could be read, and what was left out, both by path."""

    tree: FileTree
    unread: tuple[Unread, ...] = ()
    is_repository: bool = False
    """Whether the folder is the root of a git work tree."""


def read_any_tree(folder: str | Path) -> AnyTree:
    """Every file below ``folder`` except ``.git``; links are followed as long as they stay inside.

    Raises:
        EstateError: there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise EstateError(f"there is no folder {folder}", hint="give the folder of a tree")
    real = root.resolve()
    files: dict[str, bytes] = {}
    unread: list[Unread] = []
    for path, found in _walk(root, PurePosixPath(), real, (real,)):
        if isinstance(found, Reason):
            unread.append(Unread(path, found))
        else:
            files[path] = found
    return AnyTree(
        FileTree({path: files[path] for path in sorted(files)}),
        tuple(sorted(unread, key=lambda one: one.path)),
        (root / ".git").exists(),
    )


def replace_text(folder: str | Path, path: str, before: bytes, after: bytes) -> None:
    """Write a file of a tree anew, at once; never through a link, and never over what somebody changed meanwhile.

    Raises:
        RefusedError: a link is on the way, or the file is no longer as it was read.
        UsageError: it cannot be written.
    """
    root = Path(folder).resolve()
    target = root
    for part in PurePosixPath(path).parts:
        target /= part
        if target.is_symlink():
            raise RefusedError(f"{path} lies behind a link", hint="Fix the file that the link means.")
    if read_bytes(target) != before:
        raise RefusedError(f"{path} changed while it was being linted", hint="Run again.")
    write_text(target, after.decode("utf-8"))


def repository_above(folder: str | Path) -> Path | None:
    """The root of the git work tree that holds a folder; None where none does."""
    start = Path(folder).resolve()
    return next((place for place in (start, *start.parents) if (place / ".git").exists()), None)


def _walk(
    folder: Path, relative: PurePosixPath, root: Path, above: tuple[Path, ...]
) -> Iterator[tuple[str, bytes | Reason]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield relative.as_posix(), Reason.LOCKED
        return
    for entry in entries:
        if entry.name == ".git":
            continue
        if any("\ud800" <= character <= "\udfff" for character in entry.name):
            yield (relative / ascii(entry.name)).as_posix(), Reason.NAME
            continue
        place = relative / entry.name
        fault = _link_fault(entry, root, above) if entry.is_symlink() else None
        if fault is not None:
            yield place.as_posix(), fault
        elif entry.is_dir():
            # Only a link changes where a path really lies.
            real = Path(entry.path).resolve() if entry.is_symlink() else above[-1] / entry.name
            yield from _walk(Path(entry.path), place, root, (*above, real))
        else:
            yield place.as_posix(), _content(entry)


def _link_fault(entry: os.DirEntry[str], root: Path, above: tuple[Path, ...]) -> Reason | None:
    try:
        target = Path(entry.path).resolve(strict=True)
    except (OSError, RuntimeError):
        # Whether it leads outside counts even where nothing is there: Argo CD looks at the link alone.
        target = Path(os.path.normpath(above[-1] / Path(entry.path).readlink()))
        return Reason.OUTSIDE if not target.is_relative_to(root) else Reason.NOWHERE
    if Path(entry.path).readlink().as_posix().startswith("/"):
        return Reason.ABSOLUTE
    if not target.is_relative_to(root):
        return Reason.OUTSIDE
    return Reason.CIRCLE if target in above or len(above) > _DEEPEST else None


def _content(entry: os.DirEntry[str]) -> bytes | Reason:
    try:
        known = entry.stat()
        if not stat.S_ISREG(known.st_mode):
            return Reason.SPECIAL
        if known.st_size > MOST_BYTES:
            return Reason.LARGE
        return Path(entry.path).read_bytes()
    except OSError:
        return Reason.LOCKED
