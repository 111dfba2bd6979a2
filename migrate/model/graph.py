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
    field: str = ""
    """Where in the object the reference stands: ``spec.template.spec.volumes[].secret.secretName``; empty if stated."""

    @property
    def stated(self) -> bool:
        """Whether a person wrote it (``needs``); otherwise it was inferred from rendered manifests."""
        return self.kind == "needs"

    @property
    def why(self) -> str:
        """The evidence, with the field of the object for an inferred edge."""
        return f"{self.evidence}, by {self.field}" if self.field else self.evidence


@dataclass(frozen=True)
class Cycle:
    """Releases that wait for each other; ``edges`` lead around it in order."""

    releases: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def environments(self) -> tuple[str, ...]:
        """Where all of it holds. Empty: no environment has the whole circle, only all of them together."""
        pairs: dict[tuple[str, str], dict[str, None]] = {}
        for edge in self.edges:
            pairs.setdefault((edge.before, edge.after), {}).update(dict.fromkeys(edge.environments))
        first, *others = pairs.values() or [{}]
        return tuple(name for name in first if all(name in other for other in others))


@dataclass(frozen=True)
class ReleaseGraph:
    """Nodes in the estate's order, edges sorted by ends and kind; ``hints`` are the order of files and bind nothing."""

    nodes: tuple[ReleaseNode, ...]
    edges: tuple[Edge, ...]
    cycles: tuple[Cycle, ...] = ()
    hints: tuple[tuple[str, str], ...] = ()
    """``(earlier layer, later layer)`` of neighbouring state files."""
    mentions: tuple[Edge, ...] = ()
    """Releases that call a Service of another by its DNS name: hints too, kind ``dns``; they bind nothing."""


@dataclass(frozen=True)
class ShownGraph:
    """What of a graph is shown, by a table or a drawing; made by ``graph.show_graph``."""

    graph: ReleaseGraph
    """The releases and edges that were asked for: the whole graph, or what is around one release."""
    steps: tuple[tuple[str, ...], ...]
    """Releases that may go at the same time, step after step; those of a circle stand in one step."""
    edges: tuple[Edge, ...]
    """The edges to draw: without those that a longer path implies, unless all were asked for."""
    mentions: tuple[Edge, ...] = ()
    """The hints to draw: those that no edge says already."""
    title: str = "What must come before what"
    everything: bool = False
    """All was asked for, however large."""
    noun: str = "release"
    """What a box stands for."""
    path: tuple[str, ...] = ()
    """The answer to a question for a path, as release ids; empty where none was asked for or none exists."""

    @property
    def hidden(self) -> int:
        """How many edges are not drawn, since a longer path implies them."""
        return len(self.graph.edges) - len(self.edges)

    @property
    def layers(self) -> dict[str, list[str]]:
        """Layer → its releases, in the estate's order."""
        found: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            found.setdefault(node.layer, []).append(node.id)
        return found
