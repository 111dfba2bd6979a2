"""The drawings: valid for who reads them, nothing on top of anything, the same bytes again."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings

from migrate.graph import graph_text, show_graph, size_remark
from migrate.graph.layout import BOX_HEIGHT, ROWS, grid_of, heights
from migrate.graph.order import find_cycles
from migrate.model.finding import SourceLocation
from migrate.model.graph import Edge, ReleaseGraph, ReleaseNode
from tests.graph.graphs import any_graph, graph_of

SVG = "{http://www.w3.org/2000/svg}"
DIAMOND = graph_of([(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)], 4)
CIRCLE = graph_of([(0, 1), (1, 2), (2, 0), (2, 3)], 4)
ODD = ('a"b', "back\\slash", "x`y`", "end", "<b>&amp;", "#35;", "two\nlines", "[x](y)", "%% no", "é ☂")


def odd_graph() -> ReleaseGraph:
    nodes = tuple(ReleaseNode(f"ns/n{n}", layer, SourceLocation(layer, 1), ()) for n, layer in enumerate(ODD))
    edges = tuple(Edge(a.id, b.id, "needs", f"needs in {a.layer}", ()) for a, b in itertools.pairwise(nodes))
    mention = Edge(nodes[0].id, nodes[5].id, "dns", 'Deployment "x"', ())
    return ReleaseGraph(nodes, edges, (), tuple(itertools.pairwise(ODD)), (mention,))


GRAPHS = {"diamond": DIAMOND, "circle": CIRCLE, "odd": odd_graph(), "empty": graph_of([], 0), "alone": graph_of([], 1)}


@pytest.mark.parametrize("form", ["dot", "mermaid", "svg"])
@pytest.mark.parametrize("name", GRAPHS)
def test_every_release_is_in_every_form_and_the_bytes_stay_the_same(form: str, name: str) -> None:
    text = graph_text(show_graph(GRAPHS[name]), form)
    assert all(node.id in text for node in GRAPHS[name].nodes)
    assert text == graph_text(show_graph(GRAPHS[name]), form)


def parsed(graph: ReleaseGraph) -> ET.Element:
    return ET.fromstring(graph_text(show_graph(graph), "svg"))


@pytest.mark.parametrize("name", GRAPHS)
def test_the_svg_stands_for_itself_and_can_be_read_aloud(name: str) -> None:
    svg = parsed(GRAPHS[name])
    named = (svg.get("aria-labelledby") or "").split()
    assert svg.get("role") == "img"
    assert [svg[0].get("id"), svg[1].get("id")] == named
    assert (svg[0].tag, svg[1].tag) == (f"{SVG}title", f"{SVG}desc")
    assert all(node.text for node in (svg[0], svg[1]))
    text = graph_text(show_graph(GRAPHS[name]), "svg")
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"href|url\(|@import|<script", text)


def titles(svg: ET.Element) -> list[str]:
    return [title.text or "" for title in svg.iter(f"{SVG}title")]


def test_each_line_that_is_drawn_has_its_evidence() -> None:
    found = titles(parsed(DIAMOND))
    assert "ns-0/r0 → ns-1/r1: secret: ns-1/r1 → ns-0/r0" in found
    assert not [title for title in found if title.startswith("ns-0/r0 → ns-0/r3")]
    assert [title for title in titles(parsed(CIRCLE)) if title.startswith("ns-2/r2 → ns-0/r0: crd")]


def test_hints_are_dashed_and_stated_lines_thick() -> None:
    lines = [e.get("class") for e in parsed(odd_graph()).iter(f"{SVG}path")]
    assert lines.count("line stated") == 10  # nine edges and the legend
    assert lines.count("line hint") >= 2 + len(ODD) - 1


@given(any_graph)
@settings(max_examples=50, deadline=None)
def test_no_box_lies_on_another_and_all_are_inside(graph: ReleaseGraph) -> None:
    svg = parsed(graph)
    boxes = [
        tuple(int(e.get(side, "")) for side in ("x", "y", "width", "height"))
        for e in svg.iter(f"{SVG}rect")
        if e.get("class") == "box"
    ]
    assert len(boxes) == len(graph.nodes)
    for (x, y, w, h), (u, v, s, t) in itertools.combinations(boxes, 2):
        assert x + w <= u or u + s <= x or y + h <= v or v + t <= y
    assert all(x + w <= int(svg.get("width", "")) and y + h <= int(svg.get("height", "")) for x, y, w, h in boxes)


@given(any_graph)
@settings(max_examples=50, deadline=None)
def test_texts_keep_to_their_boxes(graph: ReleaseGraph) -> None:
    for group in parsed(graph).iter(f"{SVG}g"):
        boxes = [e for e in group if e.get("class") == "box"]
        for text in group.findall(f"{SVG}text") if boxes else ():
            right = float(text.get("x", "")) + float(text.get("textLength", ""))
            assert right <= float(boxes[0].get("x", "")) + float(boxes[0].get("width", ""))


@given(any_graph)
@settings(max_examples=50, deadline=None)
def test_no_trunk_runs_through_a_box(graph: ReleaseGraph) -> None:
    found = heights(grid_of(show_graph(graph)))
    for one, other in itertools.combinations(found, 2):
        if one.column == other.column and one.slot != other.slot:
            assert abs(found[one] - found[other]) > BOX_HEIGHT // 2


def wide(size: int) -> ReleaseGraph:
    return graph_of([(0, n) for n in range(1, size)], size)


def test_a_step_of_many_releases_gets_several_columns() -> None:
    grid = grid_of(show_graph(wide(2 * ROWS + 2)))
    assert [len(column) for column in grid.columns] == [1, 27, 27, 27]
    assert grid.lanes == (0, 1, 1, 1)


def test_what_mermaid_would_refuse_becomes_a_box_a_layer() -> None:
    shown = show_graph(wide(600))
    text = graph_text(shown, "mermaid")
    assert 'l0["00-layer: 3 releases"]' in text
    assert 'l0 -->|"3"| l1' in text or 'l0 ==>|"3"| l1' in text
    assert size_remark(shown, "mermaid").startswith("798 edges and ")
    everything = show_graph(wide(600), everything=True)
    assert "ns-2/r599" in graph_text(everything, "mermaid")
    assert size_remark(everything, "mermaid") == ""
    assert size_remark(show_graph(DIAMOND), "mermaid") == ""
    assert size_remark(shown, "svg") == "600 releases make a large drawing"


def test_mermaid_quotes_labels_and_invents_ids() -> None:
    text = graph_text(show_graph(odd_graph()), "mermaid")
    assert 'subgraph l0["a#quot;b"]' in text
    assert 'subgraph l4["#lt;b#gt;#amp;amp;"]' in text
    assert 'n0 ==>|"needs"| n1' in text
    assert 'n0 -.->|"dns"| n5' in text
    assert "  l0 -.- l1" in text
    assert all(
        re.match(r"^(flowchart LR| +(accTitle:|subgraph|end$|[nl]\d+[\[ ]).*|  end)$", li) for li in text.splitlines()
    )


# The grammar of Graphviz, as far as a drawing of ours may use it.
_DOT = re.compile(r'"(?:[^"\\\n]|\\.)*"|->|[A-Za-z_][A-Za-z_0-9]*|[0-9.]+|[{}\[\]=;,]')


@pytest.mark.parametrize("name", GRAPHS)
def test_dot_is_made_of_whole_tokens_and_closed_braces(name: str) -> None:
    text = graph_text(show_graph(GRAPHS[name]), "dot")
    assert _DOT.sub("", text).strip() == ""
    tokens = _DOT.findall(text)
    assert all(tokens.count(left) == tokens.count(right) for left, right in ("{}", "[]"))


@pytest.mark.rig
@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
@pytest.mark.parametrize("name", GRAPHS)
def test_graphviz_draws_it(name: str) -> None:
    text = graph_text(show_graph(GRAPHS[name]), "dot")
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True)
    drawn = ET.fromstring(done.stdout)
    texts = {(e.text or "") for e in drawn.iter(f"{SVG}text")}
    assert {node.id for node in GRAPHS[name].nodes} <= texts
    assert done.stderr == ""


def test_the_cycles_of_a_graph_are_found_once() -> None:
    assert find_cycles((node.id for node in CIRCLE.nodes), CIRCLE.edges) == CIRCLE.cycles
    assert len(CIRCLE.cycles) == 1
