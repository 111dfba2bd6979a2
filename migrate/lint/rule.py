"""What a rule is: an id that never changes, why it exists, where that is written down, the check, and an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from migrate.lint.edits import Edit
from migrate.lint.example import Example
from migrate.lint.subject import Subject
from migrate.model.finding import Severity, SourceLocation


@dataclass(frozen=True)
class Hit:
    """One place where a rule does not hold."""

    severity: Severity
    message: str
    hint: str
    source: SourceLocation
    environment: str = ""


Fixed: TypeAlias = tuple[SourceLocation, Edit]
"""Where the rule was heard, and the edit that mends it."""


@dataclass(frozen=True)
class Fix:
    """What ``--fix`` does for a rule: edits that mend it and change nothing else."""

    edits: Callable[[Subject], Iterable[Fixed]]
    words: str
    """What it does, in words that continue ``--fix``."""


@dataclass(frozen=True)
class Rule:
    """One rule over a tree."""

    id: str
    title: str
    """What holds, in words that continue ``lint checks that …``."""
    reason: str
    pointer: str
    """Where the reason comes from: rules of Argo CD's semantics (``AC``), or a decision of this project (``D``)."""
    severity: Severity
    """The heaviest that a hit of it can have."""
    check: Callable[[Subject], Iterable[Hit]]
    example: Example
    needs_render: bool = False
    """Whether it says nothing without the rendered manifests."""
    own_tree: bool = False
    """Whether it makes sense for trees that migrate wrote alone."""
    fix: Fix | None = None


def error(message: str, hint: str, source: SourceLocation, environment: str = "") -> Hit:
    """A hit that makes ``lint`` exit 1."""
    return Hit(Severity.ERROR, message, hint, source, environment)


def warning(message: str, hint: str, source: SourceLocation, environment: str = "") -> Hit:
    """A hit that a person should look at."""
    return Hit(Severity.WARNING, message, hint, source, environment)


def info(message: str, hint: str, source: SourceLocation, environment: str = "") -> Hit:
    """A hit that is worth knowing."""
    return Hit(Severity.INFO, message, hint, source, environment)
