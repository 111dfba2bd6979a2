"""The graph as a table that fits, and as JSON from which the same graph can be built again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from migrate.graph import build_graph, in_environment, show_graph, show_path
from migrate.model.graph import Cycle, Edge, ReleaseGraph, ReleaseNode
from migrate.model.json import from_json
from migrate.report import graph_json, graph_table
from migrate.report.grid import Page
from tests.graph.graphs import any_graph, graph_of
from tests.small_estates import DEPLOYMENT, Small, small_estate

LONG = "a-name-that-a-person-once-thought-was-short/and-another-one-of-the-same-kind"
SECRET = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\n"
USER = DEPLOYMENT.replace("containers: []", "volumes: [{name: v, secret: {secretName: login}}]")
ESTATE = small_estate(
    [
        Small("web/provider", SECRET, "10-base", only=("dev",)),
        Small("web/user", USER, "20-web", needs=("web/middle",)),
        Small("web/middle", DEPLOYMENT, "20-web", needs=("web/provider",)),
        Small(LONG, DEPLOYMENT, "20-web", needs=("web/user", "web/middle")),
    ],
    ("dev", "prod"),
)
GRAPH, _ = build_graph(*ESTATE)


def edge_of(data: dict[str, object]) -> Edge:
    return Edge(
        str(data["from"]),
        str(data["to"]),
        str(data["kind"]),
        str(data["evidence"]),
        from_json(tuple[str, ...], data["environments"]),
        from_json(
            Edge,
            {
                **dict.fromkeys(("before", "after", "kind", "evidence", "field"), ""),
                "environments": [],
                "source": data["source"],
            },
        ).source,
        str(data["field"]),
    )


def graph_from(text: str) -> ReleaseGraph:
    data = json.loads(text)
    edges = [[edge_of(edge) for edge in circle] for circle in data["cycleEdges"]]
    return ReleaseGraph(
        tuple(from_json(ReleaseNode, node) for node in data["nodes"]),
        tuple(edge_of(edge) for edge in data["edges"]),
        tuple(Cycle(tuple(names), tuple(es)) for names, es in zip(data["cycles"], edges, strict=True)),
        tuple((hint["from"], hint["to"]) for hint in data["hints"]),
        tuple(edge_of(mention) for mention in data["mentions"]),
    )


@given(any_graph)
def test_any_graph_comes_back_from_its_json(graph: ReleaseGraph) -> None:
    assert graph_from(graph_json(show_graph(graph))) == graph


def test_the_json_says_which_edges_are_implied_and_what_holds_in_each_environment() -> None:
    each = {name: show_graph(in_environment(GRAPH, name)) for name in ("dev", "prod")}
    data = json.loads(graph_json(show_graph(GRAPH), each))
    assert data["schemaVersion"] == 1
    implied = {(edge["from"], edge["to"]) for edge in data["edges"] if edge["implied"]}
    assert implied == {("web/provider", "web/user"), ("web/middle", LONG)}
    assert data["steps"] == [["web/provider"], ["web/middle"], ["web/user"], [LONG]]
    assert data["environments"]["prod"] == {"steps": [["web/middle"], ["web/user"], [LONG]], "edges": 3, "cycles": []}
    assert data["environments"]["dev"]["edges"] == 5


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("everything", [False, True])
def test_the_table_fits_its_page_and_loses_nothing(width: int, everything: bool) -> None:
    shown = show_graph(GRAPH, everything=everything)
    lines = graph_table(shown, Page(width)).splitlines()
    assert max(map(len, lines)) <= width
    words = "".join("".join(lines).split())
    whole = "".join(graph_table(shown, Page(10_000)).split())
    assert words == whole
    assert all(node.id in whole for node in GRAPH.nodes)


def test_the_table_tells_steps_reasons_and_what_it_leaves_out() -> None:
    text = graph_table(show_graph(GRAPH), Page(10_000))
    assert "\nstep 2: 1 release\n  web/middle  (20-web)\n" in text
    assert "      after web/provider  [needs]  needs in helmfiles/20-web.yaml:30\n" in text
    assert "[secret]" not in text
    assert "2 not shown, since a longer path implies them (--all shows them)" in text
    assert "the order of files, which binds nothing: 10-base ┄ 20-web\n" in text
    whole = graph_table(show_graph(GRAPH, everything=True), Page(10_000))
    assert (
        "      after web/provider  [secret]  Deployment web → Secret web/login, "
        "by spec.template.spec.volumes[].secret.secretName\n"
    ) in whole


def test_an_edge_of_some_environments_says_which() -> None:
    secrets = [Small("web/s", SECRET), Small("web/u", USER)]
    estate, rendered = small_estate(secrets, ("dev", "prod"))
    fewer = {key: found for key, found in rendered.items() if key != ("prod", "web/u")}
    graph, _ = build_graph(estate, fewer)
    assert "secretName  (only in dev)\n" in graph_table(show_graph(graph), Page(10_000))


def test_a_path_is_told_edge_by_edge() -> None:
    text = graph_table(show_path(GRAPH, "web/provider", "web/user"), Page(10_000))
    assert text == (
        "Why web/provider comes before web/user: 1 edge\n"
        "  web/provider\n"
        "    ↓ [secret]  Deployment web → Secret web/login, by spec.template.spec.volumes[].secret.secretName\n"
        "  web/user\n"
    )


def test_circles_are_told_with_the_evidence_of_each_edge() -> None:
    text = graph_table(show_graph(graph_of([(0, 1), (1, 2), (2, 0)], 3)), Page(10_000))
    assert "cycle ns-0/r0 → ns-1/r1 → ns-2/r2 → ns-0/r0\n" in text
    assert "      ns-2/r2 → ns-0/r0  [crd]  ns-0/r0 → ns-2/r2\n" in text


def test_of_very_many_circles_the_shortest_are_told() -> None:
    everyone = [(a, b) for a in range(8) for b in range(8) if a != b]
    text = graph_table(show_graph(graph_of(everyone, 8)), Page(80))
    assert text.count("\ncycle ") == 20
    assert "8 longer cycles: --output json" in text
