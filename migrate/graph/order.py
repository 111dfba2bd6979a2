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


def steps(graph: ReleaseGraph) -> tuple[tuple[str, ...], ...]:
    """As ``levels``, for showing any graph: the releases of a circle stand in one step."""
    whole = digraph(graph)
    parts: nx.DiGraph[int] = nx.condensation(whole, list(nx.strongly_connected_components(whole)))
    part_of: dict[str, int] = parts.graph["mapping"]
    depths: dict[int, int] = {}
    for part in nx.topological_sort(parts):
        depths[part] = max((depths[before] + 1 for before in parts.predecessors(part)), default=0)
    found: dict[int, list[str]] = {}
    for node in graph.nodes:
        found.setdefault(depths[part_of[node.id]], []).append(node.id)
    return tuple(tuple(found[depth]) for depth in sorted(found))


def reduced_edges(graph: ReleaseGraph) -> tuple[Edge, ...]:
    """Edges that no longer path implies, for showing; those of a cycle are all kept."""
    found = digraph(graph)
    circles = {node for part in nx.strongly_connected_components(found) if len(part) > 1 for node in part}
    found.remove_edges_from([(u, v) for u, v in found.edges if u in circles and v in circles])
    kept = _reduced(found)
    return tuple(
        edge
        for edge in graph.edges
        if (edge.before, edge.after) in kept or (edge.before in circles and edge.after in circles)
    )


def _reduced(acyclic: nx.DiGraph[str]) -> set[tuple[str, str]]:
    """The transitive reduction. What a node reaches is one number, a bit a node: networkx's own walks the graph anew
    for every node, which takes seconds with 20,000 edges."""
    sequence = list(nx.topological_sort(acyclic))
    places = {node: place for place, node in enumerate(sequence)}
    reach = [0] * len(sequence)
    kept = set()
    for place in range(len(sequence) - 1, -1, -1):
        # Nearest first: what a near one reaches need not be drawn from here.
        for after in sorted(places[node] for node in acyclic.successors(sequence[place])):
            if not reach[place] >> after & 1:
                kept.add((sequence[place], sequence[after]))
                reach[place] |= reach[after] | 1 << after
    return kept


def find_cycles(nodes: Iterable[str], edges: tuple[Edge, ...]) -> tuple[Cycle, ...]:
    """Short circles that together hold every edge that lies on one; each circle once, sorted."""
    found: nx.DiGraph[str] = nx.DiGraph()
    found.add_nodes_from(nodes)
    found.add_edges_from((edge.before, edge.after) for edge in edges)
    circles: set[tuple[str, ...]] = set()
    for part in nx.strongly_connected_components(found):
        if len(part) > 1:
            circles |= _circles_of(part, edges)
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges if circles else ():
        between.setdefault((edge.before, edge.after), []).append(edge)
    return tuple(Cycle(circle, _around(circle, between)) for circle in sorted(circles))


def _circles_of(part: set[str], edges: tuple[Edge, ...]) -> set[tuple[str, ...]]:
    """The shortest circle through each edge that no circle before it holds."""
    inside = sorted({(edge.before, edge.after) for edge in edges if edge.before in part and edge.after in part})
    ordered: nx.DiGraph[str] = nx.DiGraph()
    ordered.add_nodes_from(sorted(part))
    ordered.add_edges_from(inside)
    circles, held = set(), set()
    for before, after in inside:
        if (before, after) in held:
            continue
        path: list[str] = nx.shortest_path(ordered, after, before)
        held |= set(zip(path, (*path[1:], path[0]), strict=True))
        first = path.index(min(path))
        circles.add(tuple(path[first:] + path[:first]))
    return circles


def _around(circle: tuple[str, ...], between: dict[tuple[str, str], list[Edge]]) -> tuple[Edge, ...]:
    following = (*circle[1:], circle[0])
    return tuple(edge for ends in zip(circle, following, strict=True) for edge in between[ends])
