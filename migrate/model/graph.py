"""The ReleaseGraph: releases and what must come before what, each edge with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.model.finding import SourceLocation


@dataclass(frozen=True)
class ReleaseNode:
    """One release of the estate, over all environments."""

    id: str
    layer: str
    source: SourceLocation
    environments: tuple[str, ...]
    """Where it is deployed (enabled and installed); empty: parked everywhere."""
    kinds: tuple[str, ...] = ()
    """What it renders, over all environments: ``Kind`` or ``Kind.group``, sorted; CRDs of crds/ included.
    Helm tests are left out where there is anything else."""
    hooks_only: bool = False
    """True where every object is a Helm hook or test."""
    tests_only: bool = False
    """True where every object is a Helm test: a smoke."""
    cluster_scoped: tuple[str, ...] = ()
    """Those of ``kinds`` that belong to no namespace, CRDs of the estate taken into account."""
    crds: tuple[str, ...] = ()
    """``Kind.group`` of every custom kind whose definition it ships."""
    controls: tuple[str, ...] = ()
    """API groups of custom kinds whose status its roles may write: it is their controller."""


@dataclass(frozen=True)
class Edge:
    """``before`` must be there before ``after``."""

    before: str
    after: str
    kind: str
    """``needs``, ``crd``, ``namespace``, ``secret``, ``configmap``, ``issuer``, ``storageclass``, …"""
    evidence: str
    """What shows it: ``needs in helmfiles/40-….gotmpl:31`` or ``Certificate x → ClusterIssuer y``."""
    environments: tuple[str, ...]
    source: SourceLocation | None = None

    @property
    def stated(self) -> bool:
        """Whether a person wrote it (``needs``); otherwise it was inferred from rendered manifests."""
        return self.kind == "needs"


@dataclass(frozen=True)
class Cycle:
    """Releases that wait for each other; ``edges`` lead around it in order."""

    releases: tuple[str, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class ReleaseGraph:
    """Nodes in the estate's order, edges sorted by ends and kind; ``hints`` are the order of files and bind nothing."""

    nodes: tuple[ReleaseNode, ...]
    edges: tuple[Edge, ...]
    cycles: tuple[Cycle, ...] = ()
    hints: tuple[tuple[str, str], ...] = ()
    """``(earlier layer, later layer)`` of neighbouring state files."""
