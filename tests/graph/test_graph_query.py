from __future__ import annotations

import itertools

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import UsageError
from migrate.graph import find_release, reduced_edges, show_around, show_graph, show_path, steps
from migrate.graph.query import around, chain
from migrate.model.graph import ReleaseGraph
from tests.graph.graphs import acyclic_graph, any_graph, graph_of, name_of, reached

releases = st.integers(0, 9).map(name_of)
LINE = graph_of([(0, 1), (1, 2), (2, 3), (0, 3)], 5)


def pairs(graph: ReleaseGraph) -> set[tuple[str, str]]:
    return {(edge.before, edge.after) for edge in graph.edges}


def ids(graph: ReleaseGraph) -> set[str]:
    return {node.id for node in graph.nodes}


@given(any_graph)
def test_the_reduction_reaches_what_the_graph_reaches(graph: ReleaseGraph) -> None:
    kept = {(edge.before, edge.after) for edge in reduced_edges(graph)}
    assert kept <= pairs(graph)
    assert all(reached(kept, node.id) == reached(pairs(graph), node.id) for node in graph.nodes)


@given(acyclic_graph)
def test_the_reduction_of_an_acyclic_graph_is_the_smallest(graph: ReleaseGraph) -> None:
    known: nx.DiGraph[str] = nx.DiGraph(sorted(pairs(graph)))
    assert {(e.before, e.after) for e in reduced_edges(graph)} == set(nx.transitive_reduction(known).edges)


@given(any_graph)
def test_steps_hold_every_release_once_and_every_edge_forward(graph: ReleaseGraph) -> None:
    found = steps(graph)
    place = {name: number for number, step in enumerate(found) for name in step}
    assert sorted(name for step in found for name in step) == sorted(ids(graph))
    for before, after in pairs(graph):
        circle = before in reached(pairs(graph), after)
        assert place[before] == place[after] if circle else place[before] < place[after]


@given(any_graph)
def test_every_edge_of_a_circle_is_in_one_that_is_told(graph: ReleaseGraph) -> None:
    told = {(edge.before, edge.after) for cycle in graph.cycles for edge in cycle.edges}
    assert told == {(a, b) for a, b in pairs(graph) if a in reached(pairs(graph), b)}


@given(any_graph, releases, releases)
def test_up_and_down_are_inverse(graph: ReleaseGraph, one: str, other: str) -> None:
    needed = one in ids(around(graph, other, up=True, down=False))
    assert needed == (other in ids(around(graph, one, up=False, down=True)))
    assert needed == (one == other or other in reached(pairs(graph), one))


@given(any_graph, releases, st.integers(1, 4))
def test_depth_counts_edges(graph: ReleaseGraph, release: str, depth: int) -> None:
    known: nx.DiGraph[str] = nx.DiGraph()
    known.add_nodes_from(ids(graph))
    known.add_edges_from(pairs(graph))
    near = set(nx.single_source_shortest_path_length(known, release, depth))
    assert ids(around(graph, release, up=False, down=True, depth=depth)) == near


@given(any_graph, releases, releases)
def test_a_chain_is_one_of_the_shortest(graph: ReleaseGraph, first: str, last: str) -> None:
    known: nx.DiGraph[str] = nx.DiGraph(sorted(pairs(graph)))
    way = chain(graph, first, last)
    if first == last:
        return
    if way:
        assert all(step in pairs(graph) for step in itertools.pairwise(way))
        assert (way[0], way[-1]) == (first, last)
        assert len(way) - 1 == nx.shortest_path_length(known, first, last)
    else:
        assert last not in reached(pairs(graph), first)


def test_a_part_keeps_only_what_is_said_of_its_releases() -> None:
    shown = show_around(LINE, name_of(2), up=True, down=False)
    assert ids(shown.graph) == {name_of(n) for n in (0, 1, 2)}
    assert shown.title == f"What {name_of(2)} needs"
    assert shown.steps == ((name_of(0),), (name_of(1),), (name_of(2),))
    near = show_around(LINE, name_of(1), up=True, down=True, depth=1)
    assert near.title.endswith("over 1 edge at most")
    with pytest.raises(KeyError):
        around(LINE, "nobody", up=True, down=True)


def test_hidden_edges_are_counted_and_shown_when_asked_for() -> None:
    assert show_graph(LINE).hidden == 1
    assert show_graph(LINE, everything=True).hidden == 0


def test_a_path_says_which_way_it_leads() -> None:
    there = show_path(LINE, name_of(0), name_of(3))
    assert there.path == (name_of(0), name_of(3))
    assert there.title == f"Why {name_of(0)} comes before {name_of(3)}"
    back = show_path(LINE, name_of(2), name_of(0))
    assert back.path == (name_of(0), name_of(1), name_of(2))
    assert back.title == f"{name_of(2)} does not come before {name_of(0)}, it comes after it"
    neither = show_path(LINE, name_of(0), name_of(4))
    assert (neither.path, neither.edges) == ((), ())
    assert neither.title.startswith("Neither")


def test_a_release_is_found_by_its_id_or_its_name() -> None:
    assert find_release(LINE, "ns-1/r4") == "ns-1/r4"
    assert find_release(LINE, "r4") == "ns-1/r4"


def test_an_ambiguous_name_lists_all_and_an_unknown_one_the_nearest() -> None:
    nodes = graph_of([], 3).nodes
    twice = ReleaseGraph((*nodes, *(type(n)(f"other/{n.id[5:]}", n.layer, n.source, ()) for n in nodes)), ())
    with pytest.raises(UsageError, match="r1 is the name of 2 releases: ns-1/r1, other/r1"):
        find_release(twice, "r1")
    with pytest.raises(UsageError, match="there is no release rr1") as raised:
        find_release(twice, "rr1")
    assert raised.value.hint.startswith("the nearest: ns-1/r1, other/r1")
    with pytest.raises(UsageError) as far:
        find_release(twice, "something-else")
    assert far.value.hint == "migrate inspect lists all releases"
