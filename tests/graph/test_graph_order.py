from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import DifferenceError
from migrate.graph import ancestors, build_graph, descendants, graph_text, levels, order, reduced_edges
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


@pytest.mark.parametrize("form", ["table", "dot", "mermaid", "svg"])
@pytest.mark.parametrize("graph", [DIAMOND, CIRCLE], ids=["diamond", "circle"])
def test_every_release_is_in_every_form(form: str, graph: ReleaseGraph) -> None:
    text = graph_text(graph, form)
    assert all(node.id in text for node in graph.nodes)
    assert text == graph_text(graph, form)


def test_the_table_shows_circles_with_evidence() -> None:
    assert "cycle a/x → a/y → a/z → a/x" in graph_text(CIRCLE, "table")
    assert "a/z → a/x  [needs]  needs in helmfiles/10-base.yaml:10" in graph_text(CIRCLE, "table")


def test_the_svg_is_xml_with_a_box_a_release_and_a_line_an_edge() -> None:
    svg = ET.fromstring(graph_text(DIAMOND, "svg"))
    texts = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    paths = [e for e in svg.iter("{http://www.w3.org/2000/svg}path") if e.get("marker-end")]
    assert sorted(filter(None, texts)) == ["a/a", "a/b", "a/c", "a/d"]
    assert len(paths) == 4


def test_dot_quotes_names() -> None:
    assert '"a/b" -> "a/d" [label="needs"];' in graph_text(DIAMOND, "dot")


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
