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
