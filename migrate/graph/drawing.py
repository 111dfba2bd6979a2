"""A plain layered drawing of the graph: a column a step, a line an edge. No outside program draws it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

Steps = tuple[tuple[str, ...], ...]
Lines = tuple[tuple[str, str, tuple[str, ...], bool], ...]

_ROW, _BOX, _GAP, _MARGIN, _LETTER = 44, 30, 70, 20, 7


def draw_svg(steps: Steps, lines: Lines, layers: Mapping[str, str]) -> str:
    """An SVG with a box for each release; stated edges are solid, inferred ones thin, each with a title."""
    ordered = _sorted_by_neighbours(steps, lines)
    widths = [max((len(name) for name in step), default=0) * _LETTER + 20 for step in ordered]
    lefts = [_MARGIN + sum(widths[:i]) + _GAP * i for i in range(len(ordered))]
    boxes = {
        name: (lefts[column], _MARGIN + row * _ROW, widths[column])
        for column, step in enumerate(ordered)
        for row, name in enumerate(step)
    }
    width = _MARGIN * 2 + sum(widths) + _GAP * max(len(ordered) - 1, 0)
    height = _MARGIN * 2 + max((len(step) for step in ordered), default=0) * _ROW
    head = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="monospace" font-size="11" role="img">'
        ),
        "<title>What must come before what</title>",
        (
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"'
            ' orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#555"/></marker></defs>'
        ),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    drawn = [_line(boxes[line[0]], boxes[line[1]], line) for line in lines]
    return "\n".join([*head, *drawn, *(_box(name, boxes[name], layers[name]) for name in boxes), "</svg>"]) + "\n"


def _sorted_by_neighbours(steps: Steps, lines: Lines) -> Steps:
    """Each column sorted by the mean row of what its releases wait for, so that fewer lines cross."""
    rows: dict[str, float] = {}
    ordered: list[tuple[str, ...]] = []
    for step in steps:
        places = {name: place for place, name in enumerate(step)}
        weights = {name: [rows[b] for b, after, _, _ in lines if after == name and b in rows] for name in step}
        means = {name: sum(w) / len(w) if w else float(places[name]) for name, w in weights.items()}
        column = tuple(sorted(step, key=lambda name: (means[name], places[name])))
        rows.update({name: float(row) for row, name in enumerate(column)})
        ordered.append(column)
    return tuple(ordered)


def _line(start: tuple[int, int, int], end: tuple[int, int, int], line: tuple[str, str, tuple[str, ...], bool]) -> str:
    before, after, kinds, stated = line
    x1, y1 = start[0] + start[2], start[1] + _BOX // 2
    x2, y2 = end[0], end[1] + _BOX // 2
    bend = _GAP // 2
    style = 'stroke="#222" stroke-width="1.6"' if stated else 'stroke="#888" stroke-width="0.9"'
    title = escape(f"{before} → {after}: {', '.join(kinds)}")
    return (
        f'<path d="M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" fill="none" {style}'
        f' marker-end="url(#arrow)"><title>{title}</title></path>'
    )


def _box(name: str, box: tuple[int, int, int], layer: str) -> str:
    left, top, width = box
    return (
        f"<g><title>{escape(f'{name} ({layer})')}</title>"
        f'<rect x="{left}" y="{top}" width="{width}" height="{_BOX}" rx="4" fill="#eef3fa" stroke="#567"/>'
        f'<text x="{left + 10}" y="{top + 19}" fill="#111">{escape(name)}</text></g>'
    )
