"""The shown graph for a terminal and as the JSON of the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrate.model.graph import Edge, ReleaseGraph, ShownGraph
from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.words import many
from migrate.report.grid import Page, Span, painted

_MOST_CIRCLES = 20


def graph_table(shown: ShownGraph, page: Page) -> str:
    """Each release below its step, with what it waits for and why; or the way from one release to another.

    Every line fits the page: long ones go on a little further in.
    """
    lines = _way(shown, page) if shown.path else _by_steps(shown, page)
    return "\n".join(lines) + "\n"


def _by_steps(shown: ShownGraph, page: Page) -> list[str]:
    reasons = _reasons(shown)
    waits, mentions = _by_end(shown.edges), _by_end(shown.mentions)
    layer_of = {node.id: node.layer for node in shown.graph.nodes}
    lines: list[str] = _fitted(shown.title, page, "bold")
    for number, step in enumerate(shown.steps, 1):
        lines += ["", *_fitted(f"step {number}: {many(len(step), 'release')}", page, "bold")]
        for name in step:
            lines += _fitted(f"  {name}  ({layer_of[name]})", page)
            for edge in waits.get(name, ()):
                lines += _fitted(f"      after {edge.before}  [{edge.kind}]  {reasons[edge]}", page)
            for edge in mentions.get(name, ()):
                lines += _fitted(f"      calls {edge.before}  [a hint]  {reasons[edge]}", page, "dim")
    shortest = sorted(shown.graph.cycles, key=lambda cycle: (len(cycle.releases), cycle.releases))
    for cycle in shortest[:_MOST_CIRCLES]:
        lines += ["", *_fitted("cycle " + " → ".join((*cycle.releases, cycle.releases[0])), page, "bold red")]
        for edge in cycle.edges:
            lines += _fitted(f"      {edge.before} → {edge.after}  [{edge.kind}]  {reasons[edge]}", page)
    if len(shortest) > _MOST_CIRCLES:
        lines += ["", *_fitted(f"{len(shortest) - _MOST_CIRCLES} longer cycles: --output json", page, "bold red")]
    hints = _order_of_files(shown.graph)
    return [*lines, "", *(_fitted(hints, page, "dim") if hints else ()), *_fitted(_summary(shown), page)]


def _way(shown: ShownGraph, page: Page) -> list[str]:
    edges, reasons = _by_end(shown.edges), _reasons(shown)
    first, *others = shown.path
    lines = [*_fitted(f"{shown.title}: {many(len(others), 'edge')}", page, "bold"), *_fitted(f"  {first}", page)]
    for name in others:
        for edge in edges[name]:
            lines += _fitted(f"    ↓ [{edge.kind}]  {reasons[edge]}", page)
        lines += _fitted(f"  {name}", page)
    return lines


def _by_end(edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.after, []).append(edge)
    return found


def _reasons(shown: ShownGraph) -> dict[Edge, str]:
    """The evidence; of an edge that does not hold everywhere that its ends are, its environments too."""
    places = {node.id: set(node.environments) for node in shown.graph.nodes}
    return {
        edge: edge.why
        if (places[edge.before] & places[edge.after]).issubset(edge.environments)
        else f"{edge.why}  (only in {', '.join(edge.environments)})"
        for edge in (*shown.graph.edges, *shown.mentions, *(e for c in shown.graph.cycles for e in c.edges))
    }


def _order_of_files(graph: ReleaseGraph) -> str:
    layers = list(dict.fromkeys(name for hint in graph.hints for name in hint))
    return f"the order of files, which binds nothing: {' ┄ '.join(layers)}" if layers else ""


def _summary(shown: ShownGraph) -> str:
    edges = shown.graph.edges
    stated = sum(edge.stated for edge in edges)
    text = f"{many(len(shown.graph.nodes), 'release')} in {many(len(shown.steps), 'step')}, "
    text += f"{stated} stated and {many(len(edges) - stated, 'inferred edge')}"
    if shown.graph.mentions:
        text += f", {many(len(shown.graph.mentions), 'hint')}"
    if shown.hidden:
        text += f"; {shown.hidden} not shown, since a longer path implies them (--all shows them)"
    return text


def _fitted(text: str, page: Page, style: str = "") -> list[str]:
    """``text`` in lines of at most the page's width, the following ones further in than the first; a word that is
    longer than a line is broken after a dot, slash or dash."""
    if len(text) <= page.width:
        return [painted([Span(text, style)], page)]
    indent = " " * (len(text) - len(text.lstrip()))
    lines = [indent]
    for word in text.split():
        fresh = f"{indent}    "
        lone = len(fresh) + len(word) > page.width
        for number, piece in enumerate(_PIECES.findall(word) if lone else [word]):
            space = " " if not number and lines[-1].strip() else ""
            if len(lines[-1]) + len(space) + len(piece) > page.width and lines[-1].strip():
                lines.append(fresh)
                space = ""
            lines[-1] += space + piece
            while len(lines[-1]) > page.width:
                lines[-1:] = [lines[-1][: page.width], fresh + lines[-1][page.width :]]
    return [painted([Span(line, style)], page) for line in lines]


_PIECES = re.compile(r"[^./,-]+[./,-]*|[./,-]+")


def graph_json(shown: ShownGraph, environments: Mapping[str, ShownGraph] | None = None) -> str:
    """``graph --output json``: all edges, whether drawn or not; an edge goes from what is needed to what needs it.

    ``environments`` are the same question asked of each environment by itself.
    """
    graph = shown.graph
    drawn = set(shown.edges)
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "title": shown.title,
        "nodes": [to_json(node) for node in graph.nodes],
        "edges": [{**_edge_json(edge), "implied": edge not in drawn} for edge in graph.edges],
        "cycles": [list(cycle.releases) for cycle in graph.cycles],
        "cycleEdges": [[_edge_json(edge) for edge in cycle.edges] for cycle in graph.cycles],
        "steps": _lists(shown.steps),
        "path": list(shown.path),
        "hints": [{"from": before, "to": after} for before, after in graph.hints],
        "mentions": [_edge_json(mention) for mention in graph.mentions],
        "environments": {
            name: {
                "steps": _lists(found.steps),
                "edges": len(found.graph.edges),
                "cycles": [list(cycle.releases) for cycle in found.graph.cycles],
            }
            for name, found in (environments or {}).items()
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _lists(steps: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(step) for step in steps]


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {
        "from": edge.before,
        "to": edge.after,
        "kind": edge.kind,
        "stated": edge.stated,
        "evidence": edge.evidence,
        "field": edge.field,
        "environments": list(edge.environments),
        "source": to_json(edge.source),
    }
