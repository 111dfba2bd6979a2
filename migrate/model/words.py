"""Small pieces of sentences that findings and tables share."""

from __future__ import annotations

from collections.abc import Sequence


def many(count: int, noun: str) -> str:
    """``1 release``, ``2 releases``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def few(names: Sequence[str], most: int = 5) -> str:
    """The names, of more than ``most`` the first ones and how many follow."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
