"""The course of a rollout: what a rolling sync does first and next, and which edges of the graph that order keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from migrate.model.finding import SourceLocation


@dataclass(frozen=True)
class Gate:
    """What the step of one Application waits for, by the kinds of what it applies outside of hooks."""

    watched: tuple[str, ...] = ()
    """``Kind`` or ``Kind.group`` with a health check."""
    unwatched: tuple[str, ...] = ()
    """Kinds that count as Healthy as soon as they are applied."""
    custom: tuple[str, ...] = ()
    """Those of ``unwatched`` that a controller of their own works on."""
    hooks: int = 0
    """Objects that run as hooks; no step waits for them alone."""
    late: tuple[str, ...] = ()
    """Hooks that run after the sync: an Application is Synced and Healthy, and its step over, while they still do."""


class Fate(StrEnum):
    """What the order does to an edge."""

    KEPT = "kept"
    """What is needed is in an earlier step."""
    IMPLIED = "implied"
    """It is, and a path of other kept edges leads there too; or one end stands outside the rollout."""
    BROKEN = "broken"


@dataclass(frozen=True)
class SimulatedStep:
    """One step, with the Applications that it lets sync."""

    step: int
    """From 1, within its ApplicationSet."""
    phase: str
    """The label values that the step selects."""
    max_update: str
    """As written; empty where nothing limits it."""
    at_once: int | None
    """How many are in progress at a time; None: all of them, 0: none ever, until a person syncs them."""
    applications: tuple[str, ...]
    appset: str = ""
    """Empty where a person syncs, in the order of the plan's ladder."""


@dataclass(frozen=True)
class SimulatedEdge:
    """One edge of the graph, and what becomes of it."""

    before: str
    after: str
    kind: str
    evidence: str
    fate: Fate
    why: str = ""
    """Why it is broken, or why it is implied though no step keeps it."""
    source: SourceLocation | None = None


@dataclass(frozen=True)
class Remark:
    """Something about one Application, with the release that brings it."""

    application: str
    release: str
    why: str
    source: SourceLocation | None = None
    waiting: tuple[str, ...] = ()
    """Releases that need it, and so rely on its gate."""


@dataclass(frozen=True)
class EnvironmentRollout:
    """The rollout of one environment; steps in their order, edges in that of the graph."""

    environment: str
    steps: tuple[SimulatedStep, ...]
    edges: tuple[SimulatedEdge, ...]
    unmatched: tuple[Remark, ...] = ()
    """Applications of a rolling sync that no step selects: it never syncs them."""
    hollow: tuple[Remark, ...] = ()
    """Applications that are Healthy at once, so that nobody waits for what they start."""
    closed: tuple[Remark, ...] = ()
    """Applications of a step with maxUpdate 0: a person has to sync them, or all later steps wait."""
    late: tuple[Remark, ...] = ()
    """Applications that others need, with hooks after the sync: the next step opens while those still run."""
    by_hand: tuple[str, ...] = ()
    """Applications that no rolling sync governs: the hand-over is manual."""
    unordered: tuple[str, ...] = ()
    """Applications that no rolling sync governs and that are ``automated``: all of them sync at once."""

    def of_fate(self, fate: Fate) -> tuple[SimulatedEdge, ...]:
        """The edges of one fate."""
        return tuple(edge for edge in self.edges if edge.fate is fate)

    @property
    def sound(self) -> bool:
        """Whether every edge holds and every Application has a step."""
        return not self.unmatched and not self.of_fate(Fate.BROKEN)
