"""Which rows of a report a run has to give, where several runs share the work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """One of several runs that share the work: which rows are its own depends on nothing but their names."""

    number: int = 1
    of: int = 1

    def holds(self, environment: str, name: str) -> bool:
        """Whether a row belongs to this shard."""
        digest = hashlib.sha256(f"{environment}\0{name}".encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}" if self.of > 1 else ""
