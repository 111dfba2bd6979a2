"""The graph with a box a layer: what is looked at first where there are many releases."""

from __future__ import annotations

from dataclasses import replace

from migrate.graph.order import find_cycles
from migrate.graph.query import part_of
from migrate.graph.show import show_graph
from migrate.model.finding import SourceLocation
from migrate.model.graph import Edge, ReleaseGraph, ReleaseNode, ShownGraph
from migrate.model.words import few, many


def show_layers(graph: ReleaseGraph) -> ShownGraph:
    """Layers and the edges between them, each with how many there are and the first of them as evidence.

    The id of a box reads as a release's does: ``8 releases/40-data-plane``.
    """
    layer_of = {node.id: node.layer for node in graph.nodes}
    members: dict[str, list[ReleaseNode]] = {}
    for node in graph.nodes:
        members.setdefault(node.layer, []).append(node)
    names = {layer: f"{many(len(nodes), 'release')}/{layer}" for layer, nodes in members.items()}
    nodes = tuple(
        ReleaseNode(
            names[layer],
            layer,
            SourceLocation(found[0].source.file),
            tuple(dict.fromkeys(name for node in found for name in node.environments)),
        )
        for layer, found in members.items()
    )
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        ends = (names[layer_of[edge.before]], names[layer_of[edge.after]])
        if ends[0] != ends[1]:
            between.setdefault(ends, []).append(edge)
    edges = tuple(_joined(before, after, between[before, after]) for before, after in sorted(between))
    hints = tuple(hint for hint in graph.hints if set(hint) <= names.keys())
    whole = ReleaseGraph(nodes, edges, find_cycles((node.id for node in nodes), edges), hints)
    return replace(show_graph(whole, title="The layers, and what must come before what"), noun="layer")


def show_layer(graph: ReleaseGraph, layer: str) -> ShownGraph:
    """The releases of one layer, with what they need and what needs them elsewhere; edges among others are left out."""
    own = {node.id for node in graph.nodes if node.layer == layer}
    edges = tuple(edge for edge in graph.edges if edge.before in own or edge.after in own)
    found = part_of(graph, own | {name for edge in edges for name in (edge.before, edge.after)})
    kept = tuple(edge for edge in found.edges if edge.before in own or edge.after in own)
    cycles = tuple(cycle for cycle in found.cycles if own.issuperset(cycle.releases))
    mentions = tuple(mention for mention in found.mentions if mention.before in own or mention.after in own)
    return show_graph(
        ReleaseGraph(found.nodes, kept, cycles, found.hints, mentions), title=f"{layer}, and what is around it"
    )


def _joined(before: str, after: str, edges: list[Edge]) -> Edge:
    """All edges between two layers as one; stated if one of them is."""
    kind = "needs" if any(edge.stated for edge in edges) else many(len(edges), "edge")
    told = few([f"{edge.before} → {edge.after}" for edge in edges])
    environments = tuple(dict.fromkeys(name for edge in edges for name in edge.environments))
    return Edge(before, after, kind, f"{many(len(edges), 'edge')}: {told}", environments)
