"""The graph with a box a layer, and what is around one layer."""

from __future__ import annotations

import re

from migrate.graph import build_graph, draw_svg, show_layer, show_layers
from migrate.model.graph import ReleaseGraph
from tests.small_estates import DEPLOYMENT, Small, small_estate

USES = """\
---
apiVersion: v1
kind: Pod
metadata: {name: reader, namespace: data}
spec: {containers: [{name: c, image: i, envFrom: [{secretRef: {name: key}}]}]}
"""
GIVES = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: data}\n"


def graph_of(*releases: Small) -> ReleaseGraph:
    return build_graph(*small_estate(releases))[0]


def three_layers() -> ReleaseGraph:
    return graph_of(
        Small("data/one", GIVES, "10-base"),
        Small("data/two", DEPLOYMENT, "10-base", needs=("data/one",)),
        Small("data/three", USES, "20-mid"),
        Small("data/four", DEPLOYMENT, "30-top", needs=("data/three", "data/two")),
        Small("data/five", DEPLOYMENT, "30-top", needs=("data/four",)),
    )


def test_edges_between_two_layers_become_one_that_counts_them() -> None:
    shown = show_layers(three_layers())
    assert [node.id for node in shown.graph.nodes] == ["2 releases/10-base", "1 release/20-mid", "2 releases/30-top"]
    found = {(edge.before[-7:], edge.after[-7:]): (edge.stated, edge.evidence) for edge in shown.graph.edges}
    assert found == {
        ("10-base", "/20-mid"): (False, "1 edge: data/one → data/three"),
        ("/20-mid", "/30-top"): (True, "1 edge: data/three → data/four"),
        ("10-base", "/30-top"): (True, "1 edge: data/two → data/four"),
    }
    assert shown.steps == (("2 releases/10-base",), ("1 release/20-mid",), ("2 releases/30-top",))
    assert shown.hidden == 1
    assert "3 layers, 3 edges, 1 not drawn" in draw_svg(shown)


def test_layers_that_need_each_other_are_a_circle_though_their_releases_are_none() -> None:
    graph = graph_of(
        Small("data/a", DEPLOYMENT, "10-base"),
        Small("data/b", DEPLOYMENT, "20-mid", needs=("data/a",)),
        Small("data/c", DEPLOYMENT, "10-base", needs=("data/b",)),
    )
    assert graph.cycles == ()
    (circle,) = show_layers(graph).graph.cycles
    assert set(circle.releases) == {"2 releases/10-base", "1 release/20-mid"}


def test_around_a_layer_stand_its_neighbours_and_only_its_own_edges() -> None:
    shown = show_layer(three_layers(), "10-base")
    assert [node.id for node in shown.graph.nodes] == ["data/one", "data/two", "data/three", "data/four"]
    pairs = [(edge.before, edge.after) for edge in shown.graph.edges]
    assert pairs == [("data/one", "data/three"), ("data/one", "data/two"), ("data/two", "data/four")]


def test_drawings_of_one_page_have_names_of_their_own() -> None:
    shown = show_layers(three_layers())
    first, second = (set(re.findall(r'id="([^"]+)"', draw_svg(shown, name))) for name in ("one", "two"))
    assert first == {"one-title", "one-desc"}
    assert not first & second
    assert 'aria-labelledby="two-title two-desc"' in draw_svg(shown, "two")
