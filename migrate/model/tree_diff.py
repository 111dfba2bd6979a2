"""The TreeDiff: what Argo CD would apply otherwise, Application by Application, between two trees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model.finding import Finding

SETTINGS = "(argocd)"
"""The row of an environment's own objects below ``argocd/``: ApplicationSets, projects, the root, settings."""
UNSTABLE = "unstable"

NOISE = {
    "chart-label": "a label that names the chart and its version",
    "version-label": "the label app.kubernetes.io/version",
    "checksum": "an annotation with a checksum of what the chart renders elsewhere",
    "order": "a list whose order means nothing, in another order",
    "source": "the Application reads other files; what they give is compared",
    UNSTABLE: "the chart draws it anew in each render",
}
"""Name of a noise → what it is. Noise is counted and shown like any change; only ``unstable`` alone is none."""


class Effect(StrEnum):
    """What becomes of one Application; there is no other verdict."""

    SAME = "same"
    NOISE = "noise only"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    UNRENDERED = "unrendered"


class Fate(StrEnum):
    """What becomes of one object."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class FieldChange:
    """One field of one object, secrets masked."""

    path: str
    """Items of lists by what tells them apart: ``spec.containers[name=web].image``."""
    before: str = ""
    """Compact JSON; empty where absent."""
    after: str = ""
    lines: tuple[str, ...] = ()
    """For a text of several lines, or a list of plain values: a unified diff; then neither side is in full."""
    noise: str = ""
    """A key of ``NOISE``; empty for what counts."""


@dataclass(frozen=True)
class ObjectChange:
    """One object that Argo CD would apply otherwise, or on one side only."""

    object: str
    """``Kind.group namespace/name``."""
    fate: Fate
    fields: tuple[FieldChange, ...] = ()
    lines: tuple[str, ...] = ()
    """The object as YAML, secrets masked, where it is added or removed."""
    noise: str = ""
    """``unstable`` where its name is drawn anew; empty otherwise."""
    restarts: bool = False
    """Whether the pods of a workload are replaced, since their template changes, be it by noise alone."""
    other: str = ""
    """The Application that has the object on the other side, where it moves from one to another."""

    @property
    def noises(self) -> Iterator[str]:
        """The noise in it, a name for each place."""
        yield from [self.noise] if self.noise else (field.noise for field in self.fields if field.noise)

    @property
    def counts(self) -> bool:
        """Whether anything in it is no noise."""
        return not self.noise and (not self.fields or any(not field.noise for field in self.fields))


@dataclass(frozen=True)
class Danger:
    """A change that can lose data, that the cluster refuses, or that breaks the order."""

    rule: str
    object: str
    """Empty where the Application itself is meant."""
    message: str


@dataclass(frozen=True)
class ApplicationDiff:
    """One row: one Application in one environment."""

    environment: str
    name: str
    effect: Effect
    fields: tuple[FieldChange, ...] = ()
    """Of the Application itself: where it goes, its project, its phase, how it syncs."""
    objects: tuple[ObjectChange, ...] = ()
    dangers: tuple[Danger, ...] = ()
    reason: str = ""
    """Why it is ``unrendered``."""
    before: int = 0
    """How many objects it has on the first side."""
    after: int = 0

    @property
    def noise(self) -> Counter[str]:
        """How often each noise is in it."""
        own = (field.noise for field in self.fields if field.noise)
        return Counter([*own, *(name for change in self.objects for name in change.noises)])

    @property
    def restarts(self) -> tuple[str, ...]:
        """The workloads whose pods are replaced."""
        return tuple(change.object for change in self.objects if change.restarts)

    def counted(self, fate: Fate) -> int:
        """How many objects have this fate, those that only noise touches left out."""
        return sum(change.fate is fate and change.counts for change in self.objects)


@dataclass(frozen=True)
class TreeDiff:
    """Rows by environment and name, with the names of both sides as the person gave them."""

    before: str
    after: str
    applications: tuple[ApplicationDiff, ...]
    findings: tuple[Finding, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    kube_versions: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, int]:
        """How many rows of each verdict, every verdict present."""
        return {effect.value: sum(row.effect is effect for row in self.applications) for effect in Effect}

    @property
    def noise(self) -> dict[str, int]:
        """Noise → how often, over all rows; sorted."""
        total: Counter[str] = Counter()
        for row in self.applications:
            total += row.noise
        return dict(sorted(total.items()))

    @property
    def changes(self) -> bool:
        """Whether Argo CD would do anything otherwise: all but what differs from itself in each render."""
        return any(row.effect is not Effect.SAME and not _only_unstable(row) for row in self.applications)


def _only_unstable(row: ApplicationDiff) -> bool:
    return row.effect is Effect.NOISE and set(row.noise) == {UNSTABLE}
