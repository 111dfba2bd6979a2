"""The door to a checked-out repository: files by path below its root, and nothing outside of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


class CheckoutError(Exception):
    """A path that leads out of the repository, or is not there."""


@dataclass(frozen=True)
class Checkout:
    """A repository's files in a folder; every path is POSIX and relative to ``root``."""

    root: str

    def resolve(self, folder: str, path: str) -> str:
        """``path`` as seen from ``folder``, from the root if it starts with a slash; symbolic links followed.

        Raises:
            CheckoutError: it leads out of the repository, or to its root.
        """
        root = os.path.realpath(self.root)
        joined = path.lstrip("/") if path.startswith("/") else f"{folder}/{path}"
        found = os.path.realpath(f"{root}/{joined}")
        if not found.startswith(root + os.sep):
            raise CheckoutError(f"{path!r} leads out of the repository")
        return Path(found).relative_to(root).as_posix()

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""
        return (Path(self.root) / path).is_file()

    def is_folder(self, path: str) -> bool:
        """Whether there is such a folder."""
        return (Path(self.root) / path).is_dir()

    def absolute(self, path: str) -> str:
        """The path on this disk."""
        return str(Path(self.root) / path)

    def text(self, path: str) -> str:
        """A file's text.

        Raises:
            CheckoutError: it is not there, or is no text.
        """
        try:
            return (Path(self.root) / path).read_text("utf-8")
        except FileNotFoundError as error:
            raise CheckoutError(f"open {path}: no such file or directory") from error
        except (OSError, UnicodeDecodeError) as error:
            raise CheckoutError(f"cannot read {path}: {error}") from error

    def content(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            CheckoutError: it is not there.
        """
        try:
            return (Path(self.root) / path).read_bytes()
        except OSError as error:
            raise CheckoutError(f"cannot read {path}: {error.strerror}") from error

    def check_links(self, folder: str) -> None:
        """Refuse a folder with a symbolic link that is absolute or leads out of the repository, as Argo CD does.

        Raises:
            CheckoutError: it has one, in it or below it.
        """
        top = Path(self.root).resolve()
        for here, folders, names in os.walk(top / folder):
            folders[:] = sorted(name for name in folders if name != ".git")
            for link in (Path(here) / name for name in sorted((*folders, *names))):
                if link.is_symlink() and not _stays_below(top, link):
                    raise CheckoutError(
                        f"{link.relative_to(top).as_posix()} is a symbolic link that is absolute or leads out of the "
                        "repository, which Argo CD refuses"
                    )

    def glob(self, folder: str, pattern: str) -> list[str]:
        """The folders that a glob means as seen from ``folder``, sorted, written as the glob is."""
        found = Path(self.root, folder).glob(pattern) if pattern and not pattern.startswith("/") else ()
        return sorted(os.path.relpath(path, Path(self.root, folder)) for path in found if path.is_dir())

    def files(self, folder: str, *, recurse: bool) -> tuple[str, ...]:
        """The files of a folder, relative to it, sorted; below it too with ``recurse``."""
        top = Path(self.root) / folder
        found = []
        for here, folders, names in os.walk(top):
            if not recurse:
                folders.clear()
            folders[:] = [name for name in folders if name != ".git"]
            found += [(Path(here) / name).relative_to(top).as_posix() for name in names]
        return tuple(sorted(found))


def _stays_below(top: Path, link: Path) -> bool:
    """Whether no step of a link's target leaves ``top``, nor comes back into it from outside."""
    target, here = link.readlink(), link.parent
    if target.is_absolute():
        return False
    for part in target.parts:
        here = here.parent if part == ".." else here / part
        if not here.is_relative_to(top):
            return False
    return True
