"""One place where two sides differ, and the named reason why a difference is no loss."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """A named reason for a difference that changes nothing a person would miss, and how often it applied."""

    kind: str
    count: int
    note: str


@dataclass(frozen=True)
class Difference:
    """One difference that nothing explains."""

    object: str
    """``Kind.group namespace/name``."""
    path: str
    """Dotted path of the field; empty: the whole object is there on one side only."""
    left: str
    """What helmfile applies, as compact JSON; empty where absent."""
    right: str
    """What Argo CD would apply."""
    cause: str = ""
    """Values layer or file that brings it, where known."""
