# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH118, PTH123, PTH208 - Path would follow links and hide dot files
"""The door to an estate's files: reads each file once, and nothing outside the folders that are allowed.

Paths are absolute here; :meth:`EstateFiles.shown` gives the root-relative form that people and findings see.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from migrate.doors.charts import glob_pattern
from migrate.doors.template_budget import Allowance
from migrate.errors import EstateError

_MOST_BYTES = 16 * 1024 * 1024
"""The largest file that is read as text."""
_MOST_BYTES_TOGETHER = 256 * 1024 * 1024
"""What one reading takes into memory."""
_MOST_NAMES = 50_000
"""What one pattern may look at."""
_NARROWER = "name the folder, or use fewer wildcards"


class OutsideError(Exception):
    """A path lies outside the estate's root and every ``--allow-path``."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} lies outside the estate's root")
        self.path = path


class FileFaultError(Exception):
    """A file that is there but cannot be read as text, or is not there at all."""


class EstateFiles:
    """Files below ``root`` and ``allowed``; what was read or listed once is kept.

    ``trusted``: a person lets the estate run programs, so its templates may also take their time.
    ``overlay``: root-relative path → the text that stands in for a file, None for one that counts as gone.
    """

    def __init__(
        self,
        root: str,
        allowed: Iterable[str] = (),
        *,
        trusted: bool = False,
        overlay: Mapping[str, str | None] | None = None,
    ) -> None:
        self.root = os.path.abspath(root)
        self._allowed = tuple(os.path.realpath(folder) for folder in (root, *allowed))
        self._texts: dict[str, str] = {}
        self._checked: set[str] = set()
        self._kinds: dict[str, str] = {}
        for path, text in (overlay or {}).items():
            place = absolute(path, self.root)
            self._kinds[place] = "" if text is None else "file"
            if text is not None:
                self._texts[place] = text
        self._gone = frozenset(path for path, kind in self._kinds.items() if not kind)
        self._globs: dict[str, tuple[str, ...]] = {}
        self._bytes = 0
        self.allowance = Allowance(trusted=trusted)
        """What the templates of this reading may still do."""

    def read(self, path: str) -> str:
        """The file's text, byte for byte (no newline is translated).

        Raises:
            OutsideError: the path is not allowed.
            FileFaultError: not there, a folder, or not UTF-8.
        """
        if path in self._gone:
            raise FileFaultError(f"{self.shown(path)}: No such file or directory")
        if path not in self._texts:
            self.check(path)
            try:
                self._texts[path] = self._content(path).decode("utf-8")
            except UnicodeDecodeError as error:
                raise FileFaultError(f"{self.shown(path)} is not UTF-8 text") from error
            except OSError as error:
                raise FileFaultError(f"{self.shown(path)}: {error.strerror}") from error
        return self._texts[path]

    def _content(self, path: str) -> bytes:
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            raise FileFaultError(f"{self.shown(path)} is no regular file")  # a pipe would wait for ever
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        self._bytes += len(content)
        if len(content) > _MOST_BYTES:
            raise FileFaultError(f"{self.shown(path)} is larger than {_MOST_BYTES // 1024**2} MiB")
        if self._bytes > _MOST_BYTES_TOGETHER:
            raise FileFaultError(f"the estate's files are larger than {_MOST_BYTES_TOGETHER // 1024**2} MiB together")
        return content

    def texts_read(self) -> tuple[str, ...]:
        """Every file whose text was read, as :meth:`shown` shows it, sorted."""
        return tuple(sorted(self.shown(path) for path in self._texts))

    def check(self, path: str) -> None:
        """Refuse a path outside the allowed folders, links followed.

        Raises:
            OutsideError: the path is not allowed.
        """
        if path in self._checked:
            return
        real = os.path.realpath(path)
        if not any(real == folder or real.startswith(folder.rstrip("/") + "/") for folder in self._allowed):
            raise OutsideError(path)
        self._checked.add(path)

    def allows(self, path: str) -> bool:
        """Whether the path may be read, links followed."""
        try:
            self.check(path)
        except OutsideError:
            return False
        return True

    def is_file(self, path: str) -> bool:
        """Whether the path is a file."""
        return self._kind(path) == "file"

    def is_dir(self, path: str) -> bool:
        """Whether the path is a folder."""
        return self._kind(path) == "folder"

    def exists(self, path: str) -> bool:
        """Whether anything is there."""
        return self._kind(path) != ""

    def _kind(self, path: str) -> str:
        if path not in self._kinds:
            found = Path(path)
            kind = "file" if found.is_file() else "folder" if found.is_dir() else ""
            self._kinds[path] = kind
        return self._kinds[path]

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Paths that match, bytewise sorted; a pattern without wildcards matches itself if it is there.

        As in Go, ``*`` matches names with a leading dot too, and there is no ``**``. A pattern below a folder that
        may not be read gives itself, so that whoever reads it is told.

        Raises:
            EstateError: it looks into more folders than any estate has (links may lead back).
        """
        if pattern not in self._globs:
            if _has_wildcard(pattern):
                found = (path for path in self._expanded(pattern) if path not in self._gone)
                self._globs[pattern] = tuple(sorted(found, key=os.fsencode))
            else:
                self._globs[pattern] = (pattern,) if self.exists(pattern) else ()
        return self._globs[pattern]

    def _expanded(self, pattern: str) -> list[str]:
        steps = re.sub(r"\*\*+", "*", pattern).split("/")
        first = next(index for index, step in enumerate(steps) if _has_wildcard(step))
        start = "/".join(steps[:first]) or "/"
        if not self.allows(start):
            return [pattern]
        found, looked_at = [start.rstrip("/")], 0
        for step in steps[first:]:
            if not _has_wildcard(step):
                found = [f"{path}/{step}" for path in found if os.path.lexists(f"{path}/{step}")]
                continue
            try:
                matches = re.compile(glob_pattern(step), re.DOTALL).fullmatch
            except re.error:
                return []
            inner = []
            for path in found:
                names = self._names(path)
                looked_at += len(names) + 1
                if looked_at > _MOST_NAMES:
                    raise EstateError(f"{self.shown(pattern)} looks at more than {_MOST_NAMES} files", hint=_NARROWER)
                inner += [f"{path}/{name}" for name in names if matches(name)]
            found = inner
        return found

    def _names(self, folder: str) -> list[str]:
        """The names in a folder, none where it is none or may not be read."""
        if not self.allows(folder):
            return []
        try:
            return os.listdir(folder)
        except OSError:
            return []

    def listed(self, folder: str) -> tuple[tuple[str, bool], ...]:
        """Name and whether it is a folder, for everything in ``folder``, sorted by name.

        Raises:
            OutsideError: the folder is not allowed.
            FileFaultError: it is no folder.
        """
        self.check(folder)
        try:
            with os.scandir(folder) as entries:
                return tuple(sorted((entry.name, entry.is_dir()) for entry in entries))
        except OSError as error:
            raise FileFaultError(f"{self.shown(folder)}: {error.strerror}") from error

    def shown(self, path: str) -> str:
        """The path relative to the root, POSIX; an absolute path outside the root stays as it is."""
        relative = os.path.relpath(path, self.root)
        if relative == ".":
            return "."
        return path if relative.startswith("..") else Path(relative).as_posix()


def _has_wildcard(pattern: str) -> bool:
    return re.search(r"[*?\[\\]", pattern) is not None


def absolute(path: str, base: str | None = None) -> str:
    """``path`` made absolute against ``base`` (the working directory if None), ``..`` resolved by name."""
    return os.path.abspath(os.path.join(base, path) if base else path)


def estate_root(path: str) -> str:
    """The git work tree that holds ``path``, else the folder itself (for a file, the folder it lies in)."""
    start = Path(os.path.abspath(path))
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return str(candidate)
    return str(folder)


def working_directory() -> str:
    """The folder the program was started in."""
    return str(Path.cwd())
