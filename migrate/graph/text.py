"""The shown graph as text for other programs: dot, mermaid, svg."""

from __future__ import annotations

from migrate.graph.drawing import draw_svg
from migrate.model.graph import Edge, ShownGraph

LARGE_DRAWING = 300
MERMAID_EDGES = 500
MERMAID_CHARACTERS = 50_000
"""What mermaid draws where nobody raises its limits, as on a page of a git host."""


def graph_text(shown: ShownGraph, form: str) -> str:
    """The graph as ``dot``, ``mermaid`` or ``svg``.

    Raises:
        KeyError: no such form.
    """
    return {"dot": dot_text, "mermaid": mermaid_text, "svg": draw_svg}[form](shown)


def size_remark(shown: ShownGraph, form: str) -> str:
    """What to say of a drawing that is too large for its form or for a person; empty: nothing."""
    if form in ("dot", "svg") and len(shown.graph.nodes) > LARGE_DRAWING:
        return f"{len(shown.graph.nodes)} releases make a large drawing"
    if form != "mermaid" or shown.everything or _fits(whole := _mermaid(shown)):
        return ""
    return (
        f"{_edge_count(whole)} edges and {len(whole)} characters are more than mermaid draws "
        f"({MERMAID_EDGES} and {MERMAID_CHARACTERS}): each layer is one box (--all draws every release)"
    )


def pairs_of(edges: tuple[Edge, ...]) -> dict[tuple[str, str], list[Edge]]:
    """``(before, after)`` → the edges between them, in order."""
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        found.setdefault((edge.before, edge.after), []).append(edge)
    return found


def _kinds(edges: list[Edge]) -> str:
    return ", ".join(edge.kind for edge in edges)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{escaped}"'


def dot_text(shown: ShownGraph) -> str:
    """For Graphviz: a cluster a layer, evidence as tooltips, hints dashed."""
    lines = ["digraph releases {", f"  label={_quoted(_headline(shown))};", "  labelloc=t;", "  rankdir=LR;"]
    # Without newrank Graphviz gives up on a thousand releases whose layers need each other.
    lines += ["  compound=true;", "  newrank=true;", "  node [shape=box, fontname=monospace];", "  edge [fontsize=10];"]
    for number, (layer, names) in enumerate(shown.layers.items()):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(layer)};"]
        lines += [f"    {_quoted(name)};" for name in names]
        lines.append("  }")
    for (before, after), edges in pairs_of(shown.edges).items():
        style = "penwidth=2" if any(edge.stated for edge in edges) else "color=gray40"
        lines.append(_dot_edge(before, after, edges, style))
    for (before, after), edges in pairs_of(shown.mentions).items():
        lines.append(_dot_edge(before, after, edges, "style=dashed, constraint=false"))
    places = {layer: number for number, layer in enumerate(shown.layers)}
    for before, after in shown.graph.hints:
        if before in places and after in places:
            ends = f"{_quoted(shown.layers[before][0])} -> {_quoted(shown.layers[after][0])}"
            clusters = f"ltail=cluster_{places[before]}, lhead=cluster_{places[after]}"
            lines.append(f"  {ends} [style=dashed, constraint=false, arrowhead=none, {clusters}];")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_edge(before: str, after: str, edges: list[Edge], style: str) -> str:
    tooltip = _quoted("\n".join(edge.why for edge in edges))
    return f"  {_quoted(before)} -> {_quoted(after)} [label={_quoted(_kinds(edges))}, {style}, tooltip={tooltip}];"


def _headline(shown: ShownGraph) -> str:
    return f"{shown.title} ({shown.hidden} implied edges are not drawn)" if shown.hidden else shown.title


def mermaid_text(shown: ShownGraph) -> str:
    """For mermaid: a subgraph a layer, stated edges thick, hints dotted. What is more than mermaid draws becomes a
    box a layer, with the number of edges between them."""
    whole = _mermaid(shown)
    return whole if shown.everything or _fits(whole) else _mermaid_overview(shown)


def _edge_count(text: str) -> int:
    return sum(" ==>" in line or " -->" in line or " -.-" in line for line in text.splitlines())


def _fits(text: str) -> bool:
    return len(text) <= MERMAID_CHARACTERS and _edge_count(text) <= MERMAID_EDGES


def _mermaid(shown: ShownGraph) -> str:
    numbers = {node.id: f"n{number}" for number, node in enumerate(shown.graph.nodes)}
    marks = {layer: f"l{number}" for number, layer in enumerate(shown.layers)}
    lines = _mermaid_head(_headline(shown))
    for layer, names in shown.layers.items():
        lines.append(f"  subgraph {marks[layer]}[{_label(layer)}]")
        lines += [f"    {numbers[name]}[{_label(name)}]" for name in names]
        lines.append("  end")
    for (before, after), edges in pairs_of(shown.edges).items():
        arrow = "==>" if any(edge.stated for edge in edges) else "-->"
        lines.append(f"  {numbers[before]} {arrow}|{_label(_kinds(edges))}| {numbers[after]}")
    for (before, after), edges in pairs_of(shown.mentions).items():
        lines.append(f"  {numbers[before]} -.->|{_label(_kinds(edges))}| {numbers[after]}")
    return "\n".join([*lines, *_mermaid_hints(shown, marks)]) + "\n"


def _mermaid_overview(shown: ShownGraph) -> str:
    marks = {layer: f"l{number}" for number, layer in enumerate(shown.layers)}
    layer_of = {node.id: node.layer for node in shown.graph.nodes}
    lines = _mermaid_head(f"{shown.title}: an overview, a box a layer")
    for layer, names in shown.layers.items():
        lines.append(f"  {marks[layer]}[{_label(f'{layer}: {len(names)} releases')}]")
    counts: dict[tuple[str, str], list[Edge]] = {}
    for edge in shown.graph.edges:
        ends = (layer_of[edge.before], layer_of[edge.after])
        if ends[0] != ends[1]:
            counts.setdefault(ends, []).append(edge)
    for before, after in sorted(counts, key=lambda ends: (list(marks).index(ends[0]), list(marks).index(ends[1]))):
        edges = counts[before, after]
        arrow = "==>" if any(edge.stated for edge in edges) else "-->"
        lines.append(f"  {marks[before]} {arrow}|{_label(str(len(edges)))}| {marks[after]}")
    return "\n".join([*lines, *_mermaid_hints(shown, marks)]) + "\n"


def _mermaid_head(title: str) -> list[str]:
    return ["flowchart LR", f"  accTitle: {' '.join(title.split())}"]


def _mermaid_hints(shown: ShownGraph, marks: dict[str, str]) -> list[str]:
    return [f"  {marks[b]} -.- {marks[a]}" for b, a in shown.graph.hints if b in marks and a in marks]


_ENTITIES = {"#": "#35;", '"': "#quot;", "`": "#96;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\n": " ", "\r": ""}


def _label(text: str) -> str:
    return '"' + "".join(_ENTITIES.get(letter, letter) for letter in text) + '"'
