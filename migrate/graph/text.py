"""The graph as text for people and programs: a table, dot, mermaid, svg."""

from __future__ import annotations

from migrate.graph.drawing import draw_svg
from migrate.graph.order import levels, reduced_edges
from migrate.model.graph import Edge, ReleaseGraph


def graph_text(graph: ReleaseGraph, form: str) -> str:
    """The graph as ``table``, ``dot``, ``mermaid`` or ``svg``; drawings leave out edges that a longer path implies.

    Raises:
        KeyError: no such form.
    """
    return {"table": _table, "dot": _dot, "mermaid": _mermaid, "svg": _svg}[form](graph)


def _table(graph: ReleaseGraph) -> str:
    """Each release with what it waits for, in an order that keeps every edge where there is one."""
    waits: dict[str, list[Edge]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        waits[edge.after].append(edge)
    lines: list[str] = []
    for number, step in enumerate(_steps(graph), 1):
        lines.append(f"step {number}")
        for name in step:
            lines.append(f"  {name}")
            lines.extend(f"      after {edge.before}  [{edge.kind}]  {edge.evidence}" for edge in waits[name])
    for cycle in graph.cycles:
        lines.append("cycle " + " → ".join((*cycle.releases, cycle.releases[0])))
        lines.extend(f"      {e.before} → {e.after}  [{e.kind}]  {e.evidence}" for e in cycle.edges)
    stated = sum(edge.stated for edge in graph.edges)
    lines.append(f"{len(graph.nodes)} releases, {stated} stated and {len(graph.edges) - stated} inferred edges")
    return "\n".join(lines) + "\n"


def _steps(graph: ReleaseGraph) -> tuple[tuple[str, ...], ...]:
    return (tuple(node.id for node in graph.nodes),) if graph.cycles else levels(graph)


def shown_edges(graph: ReleaseGraph) -> tuple[tuple[str, str, tuple[str, ...], bool], ...]:
    """``(before, after, kinds, stated)`` once for each pair that a drawing shows."""
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in reduced_edges(graph):
        pairs.setdefault((edge.before, edge.after), []).append(edge)
    return tuple(
        (before, after, tuple(edge.kind for edge in edges), any(edge.stated for edge in edges))
        for (before, after), edges in pairs.items()
    )


def _layers(graph: ReleaseGraph) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        found.setdefault(node.layer, []).append(node.id)
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dot(graph: ReleaseGraph) -> str:
    lines = ["digraph releases {", "  rankdir=LR;", "  node [shape=box];"]
    for number, (layer, names) in enumerate(_layers(graph).items()):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(layer)};"]
        lines += [f"    {_quoted(name)};" for name in names]
        lines.append("  }")
    for before, after, kinds, stated in shown_edges(graph):
        style = "" if stated else ", color=gray40"
        lines.append(f"  {_quoted(before)} -> {_quoted(after)} [label={_quoted(', '.join(kinds))}{style}];")
    heads = {layer: names[0] for layer, names in _layers(graph).items()}
    for before, after in graph.hints:
        if before in heads and after in heads:
            ends = f"{_quoted(heads[before])} -> {_quoted(heads[after])}"
            lines.append(f"  {ends} [style=dashed, constraint=false, arrowhead=none];")
    return "\n".join([*lines, "}"]) + "\n"


def _mermaid(graph: ReleaseGraph) -> str:
    numbers = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    marks = {layer: f"l{number}" for number, layer in enumerate(_layers(graph))}
    for layer, names in _layers(graph).items():
        lines.append(f'  subgraph {marks[layer]}["{_entities(layer)}"]')
        lines += [f'    {numbers[name]}["{_entities(name)}"]' for name in names]
        lines.append("  end")
    for before, after, kinds, stated in shown_edges(graph):
        arrow = "==>" if stated else "-->"
        lines.append(f"  {numbers[before]} {arrow}|{', '.join(kinds)}| {numbers[after]}")
    for before, after in graph.hints:
        if before in marks and after in marks:
            lines.append(f"  {marks[before]} -.- {marks[after]}")
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;")


def _svg(graph: ReleaseGraph) -> str:
    return draw_svg(_steps(graph), shown_edges(graph), {node.id: node.layer for node in graph.nodes})
