"""Questions about single releases: what one needs, what needs it, and why one comes before another."""

from __future__ import annotations

import difflib
import itertools
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from migrate.errors import UsageError
from migrate.graph.order import find_cycles
from migrate.model.graph import Edge, ReleaseGraph


def find_release(graph: ReleaseGraph, wanted: str) -> str:
    """The id of the release that a person means by its id or its bare name.

    Raises:
        UsageError: there is none (the nearest names are told), or the name fits several (all are told).
    """
    ids = [node.id for node in graph.nodes]
    if wanted in ids:
        return wanted
    named = [name for name in ids if name.endswith(f"/{wanted}")]
    if len(named) == 1:
        return named[0]
    if named:
        raise UsageError(f"{wanted} is the name of {len(named)} releases: {', '.join(named)}", hint="give the whole id")
    raise UsageError(f"there is no release {wanted}", hint=_nearest(wanted, ids))


def _nearest(wanted: str, ids: list[str]) -> str:
    names = {name: name.lower() for name in ids} if "/" in wanted else {i: i.rsplit("/", 1)[-1].lower() for i in ids}
    close = difflib.get_close_matches(wanted.lower(), list(dict.fromkeys(names.values())), 5)
    found = [name for text in close for name in ids if names[name] == text]
    found += [name for name in ids if wanted.lower() in name.lower() and name not in found]
    return f"the nearest: {', '.join(found[:5])}" if found else "migrate inspect lists all releases"


def around(graph: ReleaseGraph, release: str, *, up: bool, down: bool, depth: int | None = None) -> ReleaseGraph:
    """The part of the graph that ``release`` needs (``up``), that needs it (``down``), or both.

    ``depth`` says over how many edges; None: all the way.

    Raises:
        KeyError: no such release.
    """
    if all(node.id != release for node in graph.nodes):
        raise KeyError(release)
    kept = {release}
    if up:
        kept |= _reached(_neighbours((edge.after, edge.before) for edge in graph.edges), release, depth)
    if down:
        kept |= _reached(_neighbours((edge.before, edge.after) for edge in graph.edges), release, depth)
    return part_of(graph, kept)


def part_of(graph: ReleaseGraph, kept: set[str]) -> ReleaseGraph:
    """The graph with these releases alone, and what is said of them."""
    layers = {node.layer for node in graph.nodes if node.id in kept}
    return ReleaseGraph(
        nodes=tuple(node for node in graph.nodes if node.id in kept),
        edges=tuple(edge for edge in graph.edges if edge.before in kept and edge.after in kept),
        cycles=tuple(cycle for cycle in graph.cycles if kept.issuperset(cycle.releases)),
        hints=tuple(hint for hint in graph.hints if layers.issuperset(hint)),
        mentions=tuple(m for m in graph.mentions if m.before in kept and m.after in kept),
    )


def in_environment(graph: ReleaseGraph, environment: str) -> ReleaseGraph:
    """The graph of one environment: the releases that it deploys, the edges that hold there, and their circles."""
    deployed = part_of(graph, {node.id for node in graph.nodes if environment in node.environments})
    edges = tuple(edge for edge in deployed.edges if environment in edge.environments)
    return replace(
        deployed,
        edges=edges,
        # Several environments together may have circles, and other shortest ones, that this one has not.
        cycles=find_cycles((node.id for node in deployed.nodes), edges),
        mentions=tuple(mention for mention in deployed.mentions if environment in mention.environments),
    )


def chain(graph: ReleaseGraph, first: str, last: str) -> tuple[str, ...]:
    """The shortest way over edges from ``first`` to ``last``, both in it; empty where there is none.

    Of several equally short ones the first by id.
    """
    following = _neighbours((edge.before, edge.after) for edge in graph.edges)
    came_from: dict[str, str] = {}
    waiting = deque([first])
    while waiting:
        name = waiting.popleft()
        for after in following.get(name, ()):
            if after == last:
                way = [last, name]
                while way[-1] != first:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if after not in came_from and after != first:
                came_from[after] = name
                waiting.append(after)
    return ()


def chain_edges(graph: ReleaseGraph, way: tuple[str, ...]) -> tuple[Edge, ...]:
    """The edges along a way, in its order."""
    pairs: dict[tuple[str, str], list[Edge]] = {ends: [] for ends in itertools.pairwise(way)}
    for edge in graph.edges:
        if (edge.before, edge.after) in pairs:
            pairs[edge.before, edge.after].append(edge)
    return tuple(edge for edges in pairs.values() for edge in edges)


def _neighbours(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for one, other in pairs:
        found.setdefault(one, {})[other] = None
    return {name: sorted(others) for name, others in found.items()}


def _reached(following: Mapping[str, list[str]], start: str, depth: int | None) -> set[str]:
    found, edge_of = {start}, [start]
    while edge_of and depth != 0:
        reached = dict.fromkeys(after for name in edge_of for after in following.get(name, ()) if after not in found)
        found |= reached.keys()
        edge_of = list(reached)
        depth = None if depth is None else depth - 1
    return found - {start}
