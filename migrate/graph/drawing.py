"""The shown graph as an SVG that stands for itself: lanes, boxes, lines with their evidence, a legend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from migrate.graph.layout import BOX_HEIGHT, Grid, Item, Route, column_edges, grid_of, heights
from migrate.model.graph import Edge, ReleaseNode, ShownGraph
from migrate.model.words import many

_MARGIN, _HEAD, _LANE_HEAD = 28, 64, 34
_PALETTE = 8

_STYLE = """\
svg { color-scheme: light dark; --page: #fff; --lane: #f3f5f8; --ink: #1b1f24; --soft: #57606a; --box: #fff;
 --edge: #6e7781; --line: #8c959f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --lane: #161b22; --ink: #e6edf3; --soft: #9da7b3;
 --box: #1f2630; --edge: #9da7b3; --line: #6e7681; --bad: #ff8b82; } }
text { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink); }
.head { font-size: 16px; font-weight: 600; } .soft { font-size: 11px; fill: var(--soft); }
.name { font-size: 12px; font-weight: 600; } .place { font-size: 10px; fill: var(--soft); }
.page { fill: var(--page); } .lane { fill: var(--lane); }
.box { fill: var(--box); stroke: var(--line); } .parked .box { stroke-dasharray: 2 2; }
.line { fill: none; stroke: var(--edge); stroke-width: 1; } .stated { stroke: var(--ink); stroke-width: 2; }
.hint { stroke-dasharray: 5 4; } .circle { stroke: var(--bad); stroke-width: 2.5; }
.line:hover { stroke-width: 4; } .tip { fill: var(--edge); } .tip.stated { fill: var(--ink); stroke: none; }
.tip.circle { fill: var(--bad); stroke: none; }
"""
_COLOURS = ("#3b7dd8", "#c2571a", "#2f8f4e", "#a03fb0", "#b08a00", "#0f8a94", "#c43d63", "#6b6f76")


def draw_svg(shown: ShownGraph, name: str = "graph") -> str:
    """The drawing, the same bytes for the same graph; texts keep their width with any font.

    ``name`` tells drawings on one page apart.
    """
    nodes = {node.id: node for node in shown.graph.nodes}
    numbers = {layer: number for number, layer in enumerate(shown.layers)}
    names = {name: _texts(node, numbers[node.layer]) for name, node in nodes.items()}
    grid = grid_of(shown)
    middles = {item: y + _HEAD + _LANE_HEAD for item, y in heights(grid).items()}
    edges = column_edges(grid, names, _MARGIN + 12)
    room = 40 if shown.graph.cycles else 12
    width = max([360, round(len(shown.title) * 10) + 2 * _MARGIN, *(right + _MARGIN + room for _, right in edges)])
    floor = max((y for y in middles.values()), default=_HEAD) + BOX_HEIGHT // 2 + 20
    legend = _legend(shown, numbers, width, floor + 26)
    height = floor + 26 + 20 * (1 + legend.count("<g "))
    body = [
        *_head(shown, width, height, name),
        *_lanes(grid, edges, shown.steps, floor),
        *_lines(shown, grid, edges, middles),
        *(_box(nodes[i.release], names[i.release], edges[i.column], y, numbers) for i, y in _boxes(middles)),
        legend,
        "</svg>",
    ]
    return "\n".join(line for line in body if line) + "\n"


def _boxes(middles: Mapping[Item, int]) -> list[tuple[Item, int]]:
    """In the order in which they are read: from left to right, from top to bottom."""
    return sorted(((i, y) for i, y in middles.items() if not i.slot), key=lambda found: (found[0].column, found[1]))


def _texts(node: ReleaseNode, layer: int) -> tuple[str, str]:
    place, _, name = node.id.rpartition("/")
    return name, f"{place or 'default'} · {layer + 1}"


def _text(left: float, base: float, text: str, kind: str, letter: float = 0) -> str:
    fixed = f' textLength="{len(text) * letter:.1f}" lengthAdjust="spacingAndGlyphs"' if letter else ""
    return f'<text x="{left:g}" y="{base:g}" class="{kind}"{fixed}>{escape(text, quote=False)}</text>'


def _head(shown: ShownGraph, width: int, height: int, name: str) -> list[str]:
    counts = _counts(shown)
    size = f'width="{width}" height="{height}" role="img" aria-labelledby="{name}-title {name}-desc"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>',
        f'<title id="{name}-title">{escape(shown.title)}</title>',
        f'<desc id="{name}-desc">{escape(_description(shown))}</desc>',
        f"<style>\n{_STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
        _text(_MARGIN, 30, shown.title, "head", 9.6),
        _text(_MARGIN, 50, counts, "soft"),
    ]


def _counts(shown: ShownGraph) -> str:
    text = f"{many(len(shown.graph.nodes), shown.noun)}, {many(len(shown.graph.edges), 'edge')}"
    return f"{text}, {shown.hidden} not drawn: a longer path implies them" if shown.hidden else text


def _description(shown: ShownGraph) -> str:
    circles = "".join(f" A circle: {' → '.join((*c.releases, c.releases[0]))}." for c in shown.graph.cycles)
    return (
        f"{_counts(shown)}. Steps go from left to right; a line leads from what is needed to what needs it. "
        f"Thick lines are stated, thin ones inferred from manifests, dashed ones hints that bind nothing.{circles}"
    )


def _lanes(grid: Grid, edges: Sequence[tuple[int, int]], steps: Sequence[Sequence[str]], floor: int) -> Iterable[str]:
    for number, step in enumerate(steps):
        own = [edges[column] for column, lane in enumerate(grid.lanes) if lane == number]
        left, right = own[0][0] - 12, own[-1][1] + 12
        yield f'<rect class="lane" x="{left}" y="{_HEAD}" width="{right - left}" height="{floor - _HEAD}" rx="6"/>'
        yield _text(left + 12, _HEAD + 20, f"step {number + 1} · {len(step)}", "soft", 6.6)


def _box(
    node: ReleaseNode, names: tuple[str, str], edges: tuple[int, int], middle: int, numbers: Mapping[str, int]
) -> str:
    left, top, width = edges[0], middle - BOX_HEIGHT // 2, edges[1] - edges[0]
    told = f"{node.id}, layer {node.layer}, {node.source}, "
    told += f"deployed in {', '.join(node.environments)}" if node.environments else "parked everywhere"
    colour = _COLOURS[numbers[node.layer] % _PALETTE]
    kind = "" if node.environments else ' class="parked"'
    return (
        f"<g{kind}><title>{escape(told)}</title>"
        f'<rect class="box" x="{left}" y="{top}" width="{width}" height="{BOX_HEIGHT}" rx="4"/>'
        f'<rect x="{left}" y="{top}" width="5" height="{BOX_HEIGHT}" rx="2" fill="{colour}"/>'
        + _text(left + 13, top + 16, names[0], "name", 7.2)
        + _text(left + 13, top + 29, names[1], "place", 6)
        + "</g>"
    )


def _lines(
    shown: ShownGraph, grid: Grid, edges: Sequence[tuple[int, int]], middles: Mapping[Item, int]
) -> Iterable[str]:
    """Trunks first, then the end of each line with its arrow and its evidence."""
    ends = _ends(shown)
    for route, names in grid.targets.items():
        if path := _trunk(grid, route, edges, middles):
            styles = {_style(ends[route.release, name, route.hint], hint=route.hint) for name in names}
            kind = "line " + (styles.pop() if len(styles) == 1 else "")
            told = f"from {route.release} to {', '.join(grid.targets[route])}"
            yield f'<path class="{kind.strip()}" d="{path}"><title>{escape(told)}</title></path>'
    entries = _entries(ends, grid, middles)
    for (before, after, hint), found in ends.items():
        kind = _style(found, hint=hint)
        if grid.place[after] > grid.place[before]:
            item = grid.item(Route(before, hint), grid.place[after] - 1)
            tip = (edges[grid.place[after]][0], entries[before, after, hint])
            path = f"M{edges[item.column][1]} {middles[item]}{_curve((edges[item.column][1], middles[item]), tip)}"
        else:
            # Hints may lead back; of edges only those of a circle do.
            kind = kind if hint else "circle"
            start = Item(before, grid.place[before])
            aim = Item(after, grid.place[after])
            tip, right = (edges[aim.column][1] + 8, middles[aim]), edges[start.column][1]
            bend = max(right, tip[0]) + 40
            path = f"M{right} {middles[start]}C{bend} {middles[start]} {bend} {tip[1]} {tip[0]} {tip[1]}"
        yield _line(path, kind, tip, found, back=grid.place[after] <= grid.place[before])


def _style(edges: Sequence[Edge], *, hint: bool) -> str:
    return "hint" if hint else "stated" if any(edge.stated for edge in edges) else ""


def _ends(shown: ShownGraph) -> dict[tuple[str, str, bool], list[Edge]]:
    found: dict[tuple[str, str, bool], list[Edge]] = {}
    for hint, edges in ((False, shown.edges), (True, shown.mentions)):
        for edge in edges:
            found.setdefault((edge.before, edge.after, hint), []).append(edge)
    return found


def _entries(
    ends: Iterable[tuple[str, str, bool]], grid: Grid, middles: Mapping[Item, int]
) -> dict[tuple[str, str, bool], int]:
    """Where each line meets its box: spread over the box's side, in the order in which they come."""
    coming: dict[str, list[tuple[int, tuple[str, str, bool]]]] = {}
    for line in ends:
        before, after, hint = line
        if grid.place[after] > grid.place[before]:
            start = middles[grid.item(Route(before, hint), grid.place[after] - 1)]
            coming.setdefault(after, []).append((start, line))
    found = {}
    for after, lines in coming.items():
        step = min(7.0, (BOX_HEIGHT - 10) / len(lines))
        top = middles[Item(after, grid.place[after])] - step * (len(lines) - 1) / 2
        found.update({line: round(top + step * number) for number, (_, line) in enumerate(sorted(lines))})
    return found


def _trunk(grid: Grid, route: Route, edges: Sequence[tuple[int, int]], middles: Mapping[Item, int]) -> str:
    parts: list[str] = []
    for column in grid.passed(route):
        start = (edges[column - 1][1], middles[grid.item(route, column - 1)])
        end = (edges[column][0], middles[grid.item(route, column)])
        parts.append(f"{'' if parts else f'M{start[0]} {start[1]}'}{_curve(start, end)}H{edges[column][1]}")
    return "".join(parts)


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    middle = (start[0] + end[0]) // 2
    return f"C{middle} {start[1]} {middle} {end[1]} {end[0]} {end[1]}" if start[1] != end[1] else f"H{end[0]}"


def _line(path: str, kind: str, tip: tuple[int, int], edges: Sequence[Edge], *, back: bool) -> str:
    first = edges[0]
    told = f"{first.before} → {first.after}: " + "; ".join(f"{edge.kind}: {edge.why}" for edge in edges)
    side = 7 if back else -7
    arrow = f"M{tip[0]} {tip[1]}l{side} -3.5v7z"
    space = " " if kind else ""
    return (
        f"<g><title>{escape(told)}</title>"
        f'<path class="line{space}{kind}" d="{path}"/><path class="tip{space}{kind}" d="{arrow}"/></g>'
    )


def _legend(shown: ShownGraph, numbers: Mapping[str, int], width: int, top: int) -> str:
    """The styles of lines, and the layers in the order of the files, which is a hint as well."""
    rows: list[list[str]] = [[]]
    left = _MARGIN
    styles = [("stated", "stated (needs)"), ("", "inferred"), ("hint", "a hint, binds nothing")]
    for kind, words in [*styles, *([("circle", "part of a circle")] if shown.graph.cycles else ())]:
        rows[-1].append(f'<path class="line {kind}" d="M{left} {top - 4}h26"/>' + _text(left + 34, top, words, "soft"))
        left += 34 + len(words) * 7 + 24
    order = list(shown.layers)
    hints = set(shown.graph.hints)
    left, first = _MARGIN, True
    rows.append([])
    for number, layer in enumerate(order):
        words = f"{number + 1} {layer}"
        room = 16 + round(len(words) * 6.8)
        if left + room > width - _MARGIN and not first:
            left, first = _MARGIN, True
            rows.append([])
        base = top + 20 * (len(rows) - 1)
        if not first and (order[number - 1], layer) in hints:
            rows[-1].append(f'<path class="line hint" d="M{left - 24} {base - 4}h20"/>')
        rows[-1].append(f'<rect x="{left}" y="{base - 9}" width="5" height="11" fill="{_COLOURS[number % _PALETTE]}"/>')
        rows[-1].append(_text(left + 10, base, words, "soft", 6.6))
        left, first = left + room + 28, False
    return "\n".join(f'<g class="legend">{"".join(row)}</g>' for row in rows if row)
