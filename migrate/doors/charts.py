"""The door to charts on disk: a folder or an archive becomes the files that Helm would load, and one fixed archive.

Helm's own rules hold: ``.helmignore`` decides what a folder's chart is, an archive's first path component is left
away. Nested archives below ``charts/`` are unpacked, so that every template of a chart can be seen and changed.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, cast

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_BYTES = 100 * 1024 * 1024
"""What Helm refuses to unpack more of, too."""
_MOST_FILES = 10_000


class ChartError(Exception):
    """A path that is no chart, or a chart that cannot be read."""


@dataclass(frozen=True)
class ChartFiles:
    """A chart's files by path relative to the chart, as Helm loads them."""

    files: Mapping[str, bytes]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all paths and contents."""
        digest = hashlib.sha256()
        for path in sorted(self.files):
            digest.update(f"{path}\0{len(self.files[path])}\0".encode())
            digest.update(self.files[path])
        return digest.hexdigest()

    @cached_property
    def archive(self) -> bytes:
        """The files as one ``.tgz``, the same bytes every time."""
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=0, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in sorted(self.files):
                entry = tarfile.TarInfo(f"chart/{path}")
                entry.size = len(self.files[path])
                archive.addfile(entry, io.BytesIO(self.files[path]))
        return buffer.getvalue()

    @cached_property
    def templates(self) -> Mapping[str, str]:
        """Every template of the chart and its subcharts, helpers included."""
        return {
            path: self.files[path].decode("utf-8", "replace")
            for path in sorted(self.files)
            if "templates" in PurePosixPath(path).parts[:-1]
        }

    def without_schemas(self) -> ChartFiles:
        """The chart with no ``values.schema.json`` in it or its subcharts: how validation is skipped."""
        return ChartFiles({p: d for p, d in self.files.items() if PurePosixPath(p).name != "values.schema.json"})

    def with_files(self, added: Mapping[str, bytes]) -> ChartFiles:
        """The chart with some files added or replaced."""
        return ChartFiles({**self.files, **added})


def read_chart_files(path: str) -> ChartFiles:
    """The files of the chart at ``path``, a folder or a ``.tgz``; read again only if something there changed.

    Raises:
        ChartError: there is no chart.
    """
    root = Path(path)
    if root.is_dir():
        return _read_folder(path, _signature(root))
    if root.is_file():
        status = root.stat()
        return _read_archive_file(path, (status.st_mtime_ns, status.st_size))
    raise ChartError(f"there is no chart at {path}")


def _signature(root: Path) -> tuple[tuple[str, int, int], ...]:
    found = []
    for folder, folders, names in _walk(root):
        folders.sort()
        for name in sorted(names):
            status = (Path(folder) / name).lstat()
            found.append((f"{folder}/{name}", status.st_mtime_ns, status.st_size))
    return tuple(found)


def _walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Every folder below ``root``, links followed.

    Raises:
        ChartError: a link leads back into a folder above it.
    """
    for folder, folders, names in os.walk(root, followlinks=True):
        for name in folders:
            entry = Path(folder) / name
            if entry.is_symlink() and Path(folder).resolve().is_relative_to(entry.resolve()):
                raise ChartError(f"{root}: the link {entry.relative_to(root)} leads back into a folder above it")
        yield folder, folders, names


@lru_cache(maxsize=512)
def _read_folder(path: str, signature: tuple[tuple[str, int, int], ...]) -> ChartFiles:
    root = Path(path)
    if not (root / "Chart.yaml").is_file():
        raise ChartError(f"{path} has no Chart.yaml")
    ignore_file = root / ".helmignore"
    try:
        ignored = ignore_rules(ignore_file.read_bytes().decode("utf-8", "replace") if ignore_file.is_file() else "")
    except ChartError as error:
        raise ChartError(f"{path}: {error}") from error
    files: dict[str, bytes] = {}
    for folder, folders, names in _walk(root):
        here = Path(folder).relative_to(root).as_posix()
        prefix = "" if here == "." else here + "/"
        folders[:] = sorted(name for name in folders if not ignored(prefix + name, True))
        for name in sorted(names):
            if ignored(prefix + name, False):
                continue
            entry = Path(folder) / name
            if entry.exists() and not entry.is_file():
                raise ChartError(f"{path}: {prefix}{name} is no regular file")  # Helm refuses pipes and devices too
            try:
                files[prefix + name] = entry.read_bytes()
            except OSError as error:
                raise ChartError(f"{path}: cannot read {prefix}{name}: {error.strerror}") from error
    return ChartFiles(_settle(files))


@lru_cache(maxsize=512)
def _read_archive_file(path: str, signature: tuple[int, int]) -> ChartFiles:
    return ChartFiles(_settle(unpack(Path(path).read_bytes(), path)))


def unpack(data: bytes, name: str = "") -> dict[str, bytes]:
    """The files of a chart archive by path inside the chart, sorted, its top folder left away.

    Raises:
        ChartError: it is no archive, holds a link or a device, leads out of its own folder, or is too large.
    """
    try:
        return _unpacked(data)
    except ChartError as error:
        if not name:
            raise
        raise ChartError(f"{name}: {error}") from error


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", _Unzipped(data)), mode="r|") as archive:
            files = dict(_members(archive))
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise ChartError(f"it is no readable archive ({reason})") from error
    if "Chart.yaml" not in files:
        raise ChartError("the archive has no Chart.yaml in its top folder")
    return {path: files[path] for path in sorted(files)}


class _Unzipped:
    """A stream of what the archive unpacks to, that ends with an error where that is more than any chart."""

    def __init__(self, data: bytes) -> None:
        self._stream: io.BufferedIOBase = io.BytesIO(data)
        for opening, magic in ((gzip.open, b"\x1f\x8b"), (bz2.open, b"BZh"), (lzma.open, b"\xfd7zXZ\x00")):
            if data.startswith(magic):
                self._stream = opening(io.BytesIO(data))
        self._read = 0

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes.

        Raises:
            ChartError: more were read than a chart may have.
        """
        block = self._stream.read(size)
        self._read += len(block)
        if self._read > _MOST_BYTES:
            raise ChartError(f"the archive unpacks to more than {_MOST_BYTES // 1024**2} MiB")
        return block


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    top = ""
    for count, member in enumerate(archive, start=1):
        if count > _MOST_FILES:
            raise ChartError(f"the archive holds more than {_MOST_FILES} files")
        name = member.name.removeprefix("./")
        if member.isdir() or not name:
            continue
        if not member.isfile():
            raise ChartError(f"the archive holds {member.name}, a link or a device")
        first, _, path = name.partition("/")
        top = top or first
        if not path or first != top or "\\" in name or any(p in ("", ".", "..") for p in (first, *path.split("/"))):
            raise ChartError(f"the archive holds {member.name}, which lies outside the chart's folder")
        content = archive.extractfile(member)
        yield path, content.read() if content else b""


def _settle(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Drop byte order marks as Helm does, and put every archive in a ``charts/`` folder there as a folder."""
    settled: dict[str, bytes] = {}
    for path, data in files.items():
        parts = PurePosixPath(path).parts
        if len(parts) == 2 and parts[0] == "charts" and path.endswith(".tgz") and parts[1][0] not in "._":
            for inner, content in _settle(unpack(data, path)).items():
                settled[f"{path.removesuffix('.tgz')}/{inner}"] = content
        elif len(parts) > 2 and parts[0] == "charts":
            settled[path] = data
        else:
            settled[path] = data.removeprefix(_BYTE_ORDER_MARK)
    return _settle_below(settled)


def _settle_below(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same for archives in the ``charts/`` folder of an unpacked subchart."""
    names = sorted({path.split("/")[1] for path in files if re.match(r"charts/[^/]+/charts/[^/]+\.tgz$", path)})
    for name in names:
        prefix = f"charts/{name}/"
        inner = {path.removeprefix(prefix): files.pop(path) for path in list(files) if path.startswith(prefix)}
        files.update({prefix + path: data for path, data in _settle(inner).items()})
    return files


def ignore_rules(text: str) -> Callable[[str, bool], bool]:
    """What a ``.helmignore`` hides: a function of a path relative to the chart and whether it is a folder.

    Raises:
        ChartError: a rule has ``**``, which Helm refuses, or is no pattern.
    """
    rules = []
    for line in [*text.splitlines(), "templates/.?*"]:
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        if "**" in rule:
            raise ChartError(f".helmignore: Helm does not support ** ({rule})")
        negated, rule = rule.startswith("!"), rule.removeprefix("!")
        folders_only, rule = rule.endswith("/"), rule.removesuffix("/")
        whole = "/" in rule
        try:
            pattern = re.compile(glob_pattern(rule.removeprefix("/")))
        except re.error as error:
            raise ChartError(f".helmignore: {rule!a} is no pattern") from error
        rules.append((pattern, whole, negated, folders_only))

    def ignored(path: str, folder: bool) -> bool:
        for pattern, whole, negated, folders_only in rules:
            matches = pattern.fullmatch(path if whole else path.rpartition("/")[2]) is not None
            if negated:
                if (folders_only and not folder) or not matches:
                    return True
            elif matches and not (folders_only and not folder):
                return True
        return False

    return ignored


def glob_pattern(glob: str) -> str:
    """Go's ``filepath.Match`` pattern as a regular expression: ``*`` and ``?`` stop at a slash.

    What follows a ``*`` is found where it comes first and never sought again, so that no pattern takes long.

    Raises:
        re.error: a bracket is never closed, or a backslash ends it, as Go's ErrBadPattern.
    """
    first, *chunks = _glob_chunks(glob)
    if not chunks:
        return first
    *inner, last = chunks
    return first + "".join(f"(?>[^/]*?{chunk})" for chunk in inner if chunk) + f"[^/]*{last}"


def _glob_chunks(glob: str) -> list[str]:
    """The regular expressions between the stars."""
    chunks, at = [""], 0
    while at < len(glob):
        character = glob[at]
        closing = glob.find("]", at + 2)
        if character == "*":
            chunks.append("")
        elif character == "?":
            chunks[-1] += "[^/]"
        elif character == "\\" and at + 1 < len(glob):
            at += 1
            chunks[-1] += re.escape(glob[at])
        elif character == "[" and closing > 0:
            inner = glob[at + 1 : closing]
            chunks[-1] += "[" + inner.replace("[", "\\[") + "]"
            at = closing
        elif character in "[\\":
            raise re.error("it is never closed", glob, at)
        else:
            chunks[-1] += re.escape(character)
        at += 1
    return chunks
