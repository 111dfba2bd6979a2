"""The Report: for every release and environment whether Argo CD would apply what helmfile applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model.finding import Finding


class Verdict(StrEnum):
    """There is no other verdict, and nothing is ever skipped."""

    EQUAL = "equal"
    EXPLAINED = "explained"
    DIFFERENT = "different"
    UNRENDERED = "unrendered"


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


@dataclass(frozen=True)
class ReleaseVerdict:
    """One row: one release in one environment."""

    environment: str
    id: str
    application: str
    verdict: Verdict
    unstable: bool = False
    explanations: tuple[Explanation, ...] = ()
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    """Why it is ``unrendered``."""
    objects: int = 0
    layer: str = ""


@dataclass(frozen=True)
class Exclusion:
    """A release that has no Application on purpose, and why."""

    environment: str
    id: str
    reason: str


@dataclass(frozen=True)
class Report:
    """Rows in the order of the estate, with what was excluded and how long each stage took (seconds)."""

    releases: tuple[ReleaseVerdict, ...]
    excluded: tuple[Exclusion, ...] = ()
    findings: tuple[Finding, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    tree_hash: str = ""
    kube_versions: Mapping[str, str] = field(default_factory=dict)
    shard: str = ""
    """``i/n`` where only this part of the rows was asked for."""
    unjudged: int = 0
    """Rows that were left out after the first bad one, as ``--fail-fast`` asks."""

    def summary(self) -> dict[str, int]:
        """How many rows of each verdict, every verdict present."""
        return {verdict.value: sum(r.verdict is verdict for r in self.releases) for verdict in Verdict}
