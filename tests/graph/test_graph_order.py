from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import DifferenceError
from migrate.graph import ancestors, build_graph, descendants, levels, order, reduced_edges
from migrate.model.graph import ReleaseGraph
from tests.small_estates import Small, small_estate


def chain(needs: dict[str, tuple[str, ...]]) -> ReleaseGraph:
    releases = [Small(f"a/{name}", needs=tuple(f"a/{n}" for n in after)) for name, after in needs.items()]
    return build_graph(*small_estate(releases))[0]


DIAMOND = chain({"d": ("b", "c", "a"), "c": ("a",), "b": ("a",), "a": ()})
CIRCLE = chain({"x": ("z",), "y": ("x",), "z": ("y",), "w": ("z",)})


def test_order_keeps_edges_and_otherwise_the_estates_order() -> None:
    assert order(DIAMOND) == ("a/a", "a/c", "a/b", "a/d")
    assert levels(DIAMOND) == (("a/a",), ("a/c", "a/b"), ("a/d",))


def test_ancestors_and_descendants() -> None:
    assert ancestors(DIAMOND, "a/d") == ("a/a", "a/b", "a/c")
    assert descendants(DIAMOND, "a/b") == ("a/d",)
    with pytest.raises(KeyError):
        ancestors(DIAMOND, "a/nobody")


def test_a_longer_path_hides_the_direct_edge() -> None:
    assert ("a/a", "a/d") not in [(edge.before, edge.after) for edge in reduced_edges(DIAMOND)]
    assert len(reduced_edges(DIAMOND)) == 4


def test_no_order_names_the_circle() -> None:
    with pytest.raises(DifferenceError, match="a/x → a/y → a/z → a/x"):
        order(CIRCLE)
    with pytest.raises(DifferenceError):
        levels(CIRCLE)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_any_acyclic_graph_is_ordered_with_every_edge_kept(pairs: list[tuple[int, int]]) -> None:
    needs: dict[str, list[str]] = {str(n): [] for n in range(10)}
    for one, two in pairs:
        if one != two:
            needs[str(max(one, two))].append(str(min(one, two)))
    graph = chain({name: tuple(dict.fromkeys(after)) for name, after in needs.items()})
    places = {name: place for place, name in enumerate(order(graph))}
    assert all(places[edge.before] < places[edge.after] for edge in graph.edges)
    reduced = [(edge.before, edge.after) for edge in reduced_edges(graph)]
    reached: dict[str, set[str]] = {}
    for name in order(graph):
        reached[name] = {b for b, a in reduced if a == name}
        reached[name] |= {far for near in tuple(reached[name]) for far in reached[near]}
    assert all(edge.before in reached[edge.after] for edge in graph.edges)
