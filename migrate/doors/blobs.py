"""The door to a folder of things that may be lost: each under a key, checked when it is read, the oldest dropped first.

A file holds the hash of its content before the content. What does not fit its hash is as if it were not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
import zlib
from dataclasses import dataclass
from pathlib import Path

_HASH = 32
_SUFFIX = ".blob"


@dataclass(frozen=True)
class Blobs:
    """Contents by key (letters and digits) below ``folder``, at most ``most_bytes`` on disk after :meth:`trim`."""

    folder: str
    most_bytes: int

    def get(self, key: str) -> bytes | None:
        """The content, which is from now on the one used last; None where there is none or it is damaged."""
        path = self._path(key)
        try:
            found = path.read_bytes()
            content = zlib.decompress(found[_HASH:])
        except (OSError, zlib.error):
            return None
        if hashlib.sha256(key.encode() + content).digest() != found[:_HASH]:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep it; a folder that cannot be written keeps nothing."""
        path = self._path(key)
        staged = path.with_name(f".{uuid.uuid4().hex}.part")
        data = hashlib.sha256(key.encode() + content).digest() + zlib.compress(content, 1)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                staged.write_bytes(data)
                staged.replace(path)
            finally:
                staged.unlink(missing_ok=True)

    def trim(self) -> None:
        """Drop what was used longest ago until the rest fits, and what a killed run left half written."""
        found = []
        for path in Path(self.folder).glob(f"*/*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_size, path))
        total = 0
        for _, size, path in sorted(found, reverse=True):
            total += size
            if total > self.most_bytes:
                with contextlib.suppress(OSError):
                    path.unlink()
        for path in Path(self.folder).glob("*/.*.part"):
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, key: str) -> Path:
        return Path(self.folder) / key[:2] / f"{key}{_SUFFIX}"
