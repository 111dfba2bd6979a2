"""What ``lint`` says of a tree: the findings, those that a person ignores, and the rules behind them."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.model.finding import Finding, Severity


@dataclass(frozen=True)
class RuleText:
    """A rule as readers of a report need it."""

    id: str
    title: str
    reason: str
    severity: Severity
    """The heaviest that a finding of it can have."""
    help: str
    """Markdown: why it exists, with an example."""


@dataclass(frozen=True)
class IgnoredFinding:
    """A finding that a person ignores, with the reason and where that is written."""

    finding: Finding
    reason: str
    said: str


@dataclass(frozen=True)
class Linted:
    """One run over one tree."""

    tree: str
    """The folder as it was given."""
    files: int
    findings: tuple[Finding, ...]
    ignored: tuple[IgnoredFinding, ...] = ()
    rules: tuple[RuleText, ...] = ()
    """Those that ran, by id."""
