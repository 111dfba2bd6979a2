"""The Report: for every release and environment whether Argo CD would apply what helmfile applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model.deployed import DeployedRelease
from migrate.model.difference import Difference as Difference
from migrate.model.difference import Explanation as Explanation
from migrate.model.finding import Finding, Severity
from migrate.model.rollout import EnvironmentRollout, Gate


class Verdict(StrEnum):
    """There is no other verdict, and nothing is ever skipped."""

    EQUAL = "equal"
    EXPLAINED = "explained"
    DIFFERENT = "different"
    UNRENDERED = "unrendered"


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
    gate: Gate | None = None
    """What a rollout waits for in its Application; None where nobody asked."""


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
    deployed: tuple[DeployedRelease, ...] = ()
    """The estate against what is deployed, where that was asked."""
    rollout: tuple[EnvironmentRollout, ...] = ()
    """What the rolling syncs would do, where that was asked."""

    @property
    def errors(self) -> int:
        """How many findings forbid to call the estate proven."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def claim(self) -> str:
        """What is proven where every row is equal or explained; less where a plugin renders on the cluster."""
        if any(why.kind == "plugin" for row in self.releases for why in row.explanations):
            return "reach helmfile as before; what the plugin's helmfile prints is not proven"
        return "are what Helmfile applied"

    def explained(self) -> dict[str, tuple[frozenset[str], str]]:
        """Kind of an explanation → the releases that it explains something of, and why it changes nothing; sorted."""
        found: dict[str, tuple[frozenset[str], str]] = {}
        for row in self.releases:
            for why in row.explanations:
                names, note = found.get(why.kind, (frozenset(), why.note.partition(": ")[0]))
                found[why.kind] = (names | {row.id}, note)
        return dict(sorted(found.items()))

    def summary(self) -> dict[str, int]:
        """How many rows of each verdict, every verdict present."""
        return {verdict.value: sum(r.verdict is verdict for r in self.releases) for verdict in Verdict}
