"""Unpacks a chart archive in memory, trusting nothing in it."""

from __future__ import annotations

import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator

MOST_BYTES = 100 * 1024 * 1024
"""Unpacked size that Helm too refuses to go beyond."""
MOST_FILES = 10_000


class ArchiveError(Exception):
    """The archive is broken, too big, or wants to write outside its own folder."""


def unpack_chart(content: bytes) -> dict[str, bytes]:
    """Files of a ``.tgz`` by path inside the chart, its top folder taken away.

    Raises:
        ArchiveError: not a chart archive, or one that should not be unpacked.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
            files = dict(_members(archive))
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise ArchiveError(f"it is no readable archive ({reason})") from error
    if "Chart.yaml" not in files:
        raise ArchiveError("it holds no Chart.yaml in its top folder")
    return {path: files[path] for path in sorted(files)}


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    size = 0
    top = ""
    for count, member in enumerate(archive, start=1):
        if count > MOST_FILES:
            raise ArchiveError(f"it holds more than {MOST_FILES} files")
        name = member.name.removeprefix("./")
        if member.isdir() or not name:
            continue
        if not member.isfile():
            raise ArchiveError(f"{member.name} is a link or a device")
        first, _, path = name.partition("/")
        top = top or first
        parts = path.split("/")
        if not path or first != top or "\\" in name or any(part in ("", ".", "..") for part in [first, *parts]):
            raise ArchiveError(f"{member.name} lies outside the chart's folder")
        size += member.size
        if size > MOST_BYTES:
            raise ArchiveError(f"it unpacks to more than {MOST_BYTES // 1024 // 1024} MB")
        stream = archive.extractfile(member)
        yield path, stream.read() if stream else b""
