"""Graphs out of pairs of numbers, for tests that need shapes and no estates."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from migrate.graph.order import find_cycles
from migrate.model.finding import SourceLocation
from migrate.model.graph import Edge, ReleaseGraph, ReleaseNode

Pairs = list[tuple[int, int]]
KINDS = ("needs", "secret", "crd")


def name_of(number: int) -> str:
    """The id of the release with this number."""
    return f"ns-{number % 3}/r{number}"


def graph_of(pairs: Pairs, size: int = 10) -> ReleaseGraph:
    """Releases 0 to ``size - 1``, three to a layer; an edge for each pair, kinds in turn."""
    nodes = tuple(
        ReleaseNode(name_of(n), f"{n // 3}0-layer", SourceLocation("helmfiles/a.yaml", n + 1), ("dev",))
        for n in range(size)
    )
    edges = tuple(
        Edge(name_of(a), name_of(b), KINDS[(a + b) % 3], f"{name_of(b)} → {name_of(a)}", ("dev",), nodes[b].source)
        for a, b in sorted(set(pairs))
        if a != b
    )
    layers = list(dict.fromkeys(node.layer for node in nodes))
    hints = tuple(itertools.pairwise(layers))
    return ReleaseGraph(nodes, edges, find_cycles((node.id for node in nodes), edges), hints)


any_pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30)
any_graph = any_pairs.map(graph_of)
acyclic_graph = any_pairs.map(lambda pairs: graph_of([(min(pair), max(pair)) for pair in pairs]))


def reached(pairs: set[tuple[str, str]], start: str) -> set[str]:
    """Everything behind ``start``, found by going on until nothing new comes."""
    found: set[str] = set()
    while new := {b for a, b in pairs if a in found | {start}} - found:
        found |= new
    return found
