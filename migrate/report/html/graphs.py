"""The graph: drawings to look at, and every release with what it needs, layer by layer, to read, search and fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate.model.graph import Edge, ReleaseNode
from migrate.model.page import ReportPage
from migrate.model.words import many
from migrate.report.html.markup import NOTHING, Html, element, fold, joined, link, place, said, scrolling, text, visible
from migrate.report.html.names import Entry, by_layer

_MOST_EDGES = 60


def node_anchor(entry: Entry) -> str:
    """Where the release stands in the graph."""
    return f"graph-{entry.anchor.removeprefix('release-')}"


def graph_part(page: ReportPage, entries: tuple[Entry, ...]) -> Html:
    """An overview, the whole drawing where it can be read, and the layers."""
    graph, drawings = page.graph, page.drawings
    stated = sum(edge.stated for edge in graph.edges)
    inferred = len(graph.edges) - stated
    counts = f"{many(len(graph.nodes), 'release')}, {stated} stated and {many(inferred, 'inferred edge')}."
    circles = [
        said(f"A circle: {' → '.join((*cycle.releases, cycle.releases[0]))}") for cycle in graph.cycles[:_MOST_EDGES]
    ]
    label = "The layers, and how many edges lead from one to another"
    overview = _drawing(label, drawings.overview, "r-overview")
    whole = (
        fold(text("Every release in one drawing"), _drawing("Every release", drawings.whole), class_="r-group")
        if drawings.whole
        else NOTHING
    )
    return joined([said(counts), *circles, overview, whole, _layers(page, entries)])


def _drawing(label: str, svg: str, kind: str = "r-drawing") -> Html:
    # What the graph package draws is markup, every foreign text in it escaped.
    return scrolling(label, element("div", Html(visible(svg)), class_=kind)) if svg else NOTHING


def _layers(page: ReportPage, entries: tuple[Entry, ...]) -> Html:
    nodes = {node.id: node for node in page.graph.nodes}
    known = {entry.id: entry for entry in entries}
    needs, needed = _ends(page.graph.edges)
    parts = []
    for layer, found in by_layer(entries).items():
        there = [entry for entry in found if entry.id in nodes]
        drawing = _drawing(f"The releases of {layer}", page.drawings.layers.get(layer, ""))
        items = (
            _node(page, entry, nodes[entry.id], known, needs.get(entry.id, []), needed.get(entry.id, []))
            for entry in there
        )
        if there:
            parts.append(fold(text(f"{layer}: {many(len(there), 'release')}"), drawing, *items, class_="r-group"))
    return joined(parts)


def _ends(edges: Sequence[Edge]) -> tuple[dict[str, list[Edge]], dict[str, list[Edge]]]:
    needs: dict[str, list[Edge]] = {}
    needed: dict[str, list[Edge]] = {}
    for edge in edges:
        needs.setdefault(edge.after, []).append(edge)
        needed.setdefault(edge.before, []).append(edge)
    return needs, needed


def _node(
    page: ReportPage,
    entry: Entry,
    node: ReleaseNode,
    known: Mapping[str, Entry],
    needs: Sequence[Edge],
    needed: Sequence[Edge],
) -> Html:
    users = list(dict.fromkeys(edge.after for edge in needed))
    summary = text(f"{entry.id}: needs {len({edge.before for edge in needs})}, needed by {len(users)}")
    where = ", ".join(node.environments)
    head = joined([text(f"deployed in {where}; " if where else "parked everywhere; "), place(node.source, page.links)])
    return fold(
        summary,
        element("p", link(entry.anchor, text("its verdicts and details")), text(", "), head),
        _needs(page, known, needs),
        _users(known, users),
        id=node_anchor(entry),
        class_="r-node",
        data_release=entry.anchor,
    )


def _needs(page: ReportPage, known: Mapping[str, Entry], edges: Sequence[Edge]) -> Html:
    if not edges:
        return said("It needs nothing.")
    items = (
        element(
            "li",
            _named(edge.before, known),
            text(f": {'stated' if edge.stated else edge.kind}, {edge.why} "),
            NOTHING if not page.links.template and str(edge.source) in edge.why else place(edge.source, page.links),
        )
        for edge in edges[:_MOST_EDGES]
    )
    return joined([said("It needs"), element("ul", *items), _rest(edges)])


def _users(known: Mapping[str, Entry], names: Sequence[str]) -> Html:
    if not names:
        return said("Nothing needs it.")
    items = (element("li", _named(name, known)) for name in names[:_MOST_EDGES])
    return joined([said("It is needed by"), element("ul", *items, class_="r-row"), _rest(names)])


def _rest(found: Sequence[object]) -> Html:
    more = len(found) - _MOST_EDGES
    return said(f"and {more} more: `migrate graph --of` shows them") if more > 0 else NOTHING


def _named(name: str, known: Mapping[str, Entry]) -> Html:
    return link(node_anchor(known[name]), text(name)) if name in known else text(name)
