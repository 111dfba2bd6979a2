"""What of a graph is shown: the answer to a question, without the edges that go without saying."""

from __future__ import annotations

from dataclasses import replace

from migrate.graph.order import reduced_edges, steps
from migrate.graph.query import around, chain, chain_edges, part_of
from migrate.model.graph import ReleaseGraph, ShownGraph


def show_graph(graph: ReleaseGraph, *, everything: bool = False, title: str = "") -> ShownGraph:
    """The graph with the edges that are to be drawn: all of them with ``everything``, else its reduction."""
    said = {(edge.before, edge.after) for edge in graph.edges}
    return ShownGraph(
        graph=graph,
        steps=steps(graph),
        edges=graph.edges if everything else reduced_edges(graph),
        mentions=tuple(mention for mention in graph.mentions if (mention.before, mention.after) not in said),
        title=title or "What must come before what",
        everything=everything,
    )


def show_around(
    graph: ReleaseGraph, release: str, *, up: bool, down: bool, depth: int | None = None, everything: bool = False
) -> ShownGraph:
    """What ``release`` needs, what needs it, or both.

    Raises:
        KeyError: no such release.
    """
    asked = {(True, False): f"What {release} needs", (False, True): f"What needs {release}"}
    title = asked.get((up, down), f"What {release} needs, and what needs it")
    if depth is not None:
        title += f", over {depth} {'edge' if depth == 1 else 'edges'} at most"
    return show_graph(around(graph, release, up=up, down=down, depth=depth), everything=everything, title=title)


def show_path(graph: ReleaseGraph, first: str, last: str) -> ShownGraph:
    """Why ``first`` comes before ``last``: the shortest chain of edges. Where there is none, but one the other way
    round, that one; the title says which."""
    way, back = chain(graph, first, last), chain(graph, last, first)
    if way:
        title = f"Why {first} comes before {last}"
    elif back:
        title = f"{first} does not come before {last}, it comes after it"
    else:
        title = f"Neither {first} nor {last} needs the other: they may go in any order"
    shown = way or back
    found = part_of(graph, set(shown) or {first, last})
    only = replace(found, edges=chain_edges(graph, shown), cycles=found.cycles, mentions=())
    return replace(show_graph(only, everything=True, title=title), path=shown)
