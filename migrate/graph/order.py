"""Questions about order: the only place that knows networkx. Every answer is the same under any hash seed."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from migrate.errors import DifferenceError
from migrate.model.graph import Cycle, Edge, ReleaseGraph


def digraph(graph: ReleaseGraph) -> nx.DiGraph[str]:
    """Nodes and edges as networkx holds them, in the graph's order."""
    found: nx.DiGraph[str] = nx.DiGraph()
    found.add_nodes_from(node.id for node in graph.nodes)
    found.add_edges_from((edge.before, edge.after) for edge in graph.edges)
    return found


def order(graph: ReleaseGraph) -> tuple[str, ...]:
    """Release ids, each after everything it needs; where edges leave it open, as the estate has them.

    Raises:
        DifferenceError: the graph has a cycle.
    """
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    try:
        return tuple(nx.lexicographical_topological_sort(digraph(graph), key=lambda node: places[node]))
    except nx.NetworkXUnfeasible as error:
        raise _no_order(graph) from error


def levels(graph: ReleaseGraph) -> tuple[tuple[str, ...], ...]:
    """Releases that can go at the same time, step after step; each as early as its edges allow.

    Raises:
        DifferenceError: the graph has a cycle.
    """
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    try:
        return tuple(
            tuple(sorted(step, key=lambda node: places[node])) for step in nx.topological_generations(digraph(graph))
        )
    except nx.NetworkXUnfeasible as error:
        raise _no_order(graph) from error


def _no_order(graph: ReleaseGraph) -> DifferenceError:
    loops = " · ".join(" → ".join((*cycle.releases, cycle.releases[0])) for cycle in graph.cycles)
    return DifferenceError(f"no order exists: {loops}", hint="take one edge out of each circle")


def ancestors(graph: ReleaseGraph, release: str) -> tuple[str, ...]:
    """Everything that must be there before ``release``, sorted.

    Raises:
        KeyError: no such release.
    """
    return tuple(sorted(nx.ancestors(_with(graph, release), release)))


def descendants(graph: ReleaseGraph, release: str) -> tuple[str, ...]:
    """Everything that waits for ``release``, sorted.

    Raises:
        KeyError: no such release.
    """
    return tuple(sorted(nx.descendants(_with(graph, release), release)))


def _with(graph: ReleaseGraph, release: str) -> nx.DiGraph[str]:
    found = digraph(graph)
    if release not in found:
        raise KeyError(release)
    return found


def reduced_edges(graph: ReleaseGraph) -> tuple[Edge, ...]:
    """Edges that no longer path implies, for showing; those of a cycle are all kept."""
    found = digraph(graph)
    circles = {node for part in nx.strongly_connected_components(found) if len(part) > 1 for node in part}
    acyclic = found.copy()
    acyclic.remove_edges_from([(u, v) for u, v in found.edges if u in circles and v in circles])
    kept = set(nx.transitive_reduction(acyclic).edges)
    return tuple(
        edge
        for edge in graph.edges
        if (edge.before, edge.after) in kept or (edge.before in circles and edge.after in circles)
    )


def find_cycles(nodes: Iterable[str], edges: tuple[Edge, ...]) -> tuple[Cycle, ...]:
    """For every edge that lies on a circle the shortest one through it; each circle once, sorted."""
    found: nx.DiGraph[str] = nx.DiGraph()
    found.add_nodes_from(nodes)
    found.add_edges_from((edge.before, edge.after) for edge in edges)
    circles: set[tuple[str, ...]] = set()
    for part in nx.strongly_connected_components(found):
        if len(part) > 1:
            circles |= _circles_of(part, edges)
    return tuple(Cycle(circle, _around(circle, edges)) for circle in sorted(circles))


def _circles_of(part: set[str], edges: tuple[Edge, ...]) -> set[tuple[str, ...]]:
    inside = sorted({(edge.before, edge.after) for edge in edges if edge.before in part and edge.after in part})
    ordered: nx.DiGraph[str] = nx.DiGraph()
    ordered.add_nodes_from(sorted(part))
    ordered.add_edges_from(inside)
    circles = set()
    for before, after in inside:
        path: list[str] = nx.shortest_path(ordered, after, before)
        first = path.index(min(path))
        circles.add(tuple(path[first:] + path[:first]))
    return circles


def _around(circle: tuple[str, ...], edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    following = (*circle[1:], circle[0])
    return tuple(
        edge
        for before, after in zip(circle, following, strict=True)
        for edge in edges
        if (edge.before, edge.after) == (before, after)
    )
