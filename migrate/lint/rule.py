"""What a rule is: an id that never changes, why it exists, where that is written down, and the check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Rule:
    """One rule over a tree; ``needs_render`` for one that says nothing without the rendered manifests."""

    id: str
    title: str
    reason: str
    pointer: str
    """Where the reason comes from: rules of Argo CD's semantics, or a decision of this project."""
    check: Callable[[Subject], Iterable[Hit]]
    needs_render: bool = False


def error(message: str, hint: str, source: SourceLocation, environment: str = "") -> Hit:
    """A hit that makes ``lint`` exit 1."""
    return Hit(Severity.ERROR, message, hint, source, environment)


def warning(message: str, hint: str, source: SourceLocation, environment: str = "") -> Hit:
    """A hit that a person should look at."""
    return Hit(Severity.WARNING, message, hint, source, environment)


def info(message: str, hint: str, source: SourceLocation, environment: str = "") -> Hit:
    """A hit that is worth knowing."""
    return Hit(Severity.INFO, message, hint, source, environment)
