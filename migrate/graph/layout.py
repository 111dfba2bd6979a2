"""Where the boxes and lines of a drawing go: a lane a step, columns of releases in it, lines that pass boxes by.

All lines of a release that lead beyond the next column share one trunk; in each column between, the trunk has a slot
of its own, so that no line runs through a box. Everything follows from the graph's own order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from migrate.model.graph import ShownGraph

ROWS = 40
"""A lane with more releases has several columns."""
BOX_HEIGHT, BOX_SPACE, SLOT_SPACE = 36, 10, 7
NAME_WIDTH, PLACE_WIDTH = 7.4, 6.2
"""What a letter takes: of the release's name, and of the line below it."""
LANE_GAP, COLUMN_GAP = 84, 52
_SWEEPS = 6


class Item(NamedTuple):
    """What stands in a column: a release, or the slot of a trunk that passes."""

    release: str
    column: int
    slot: bool = False
    hint: bool = False


class Route(NamedTuple):
    """All lines of one style from one release to the right."""

    release: str
    hint: bool


@dataclass(frozen=True)
class Grid:
    """The releases of each column from left to right, and what leads from column to column."""

    columns: tuple[tuple[str, ...], ...]
    lanes: tuple[int, ...]
    """The step that each column belongs to."""
    place: Mapping[str, int]
    """Release → its column."""
    targets: Mapping[Route, tuple[str, ...]]

    def passed(self, route: Route) -> range:
        """The columns that a trunk passes through."""
        return range(self.place[route.release] + 1, max(self.place[name] for name in self.targets[route]))

    def item(self, route: Route, column: int) -> Item:
        """What stands for the route in a column: the release itself where it starts, else its slot."""
        if self.place[route.release] == column:
            return Item(route.release, column)
        return Item(route.release, column, True, route.hint)


def grid_of(shown: ShownGraph) -> Grid:
    """Columns out of steps; lines that do not lead to the right (those of a circle) are left out."""
    by_layer = {node.id: place for place, node in enumerate(sorted(shown.graph.nodes, key=lambda node: node.layer))}
    columns: list[tuple[str, ...]] = []
    lanes: list[int] = []
    for number, step in enumerate(shown.steps):
        ordered = sorted(step, key=lambda name: by_layer[name])
        many = -(-len(ordered) // ROWS)
        rows = -(-len(ordered) // many)
        columns += [tuple(ordered[start : start + rows]) for start in range(0, len(ordered), rows)]
        lanes += [number] * (len(columns) - len(lanes))
    place = {name: number for number, column in enumerate(columns) for name in column}
    targets: dict[Route, dict[str, None]] = {}
    for hint, edges in ((False, shown.edges), (True, shown.mentions)):
        for edge in edges:
            if place[edge.after] > place[edge.before]:
                targets.setdefault(Route(edge.before, hint), {})[edge.after] = None
    return Grid(tuple(columns), tuple(lanes), place, {route: tuple(found) for route, found in targets.items()})


Links = Mapping[Item, Sequence[Item]]


def _links(grid: Grid) -> tuple[Links, Links]:
    """What each item is joined to in the column to its left, and in the one to its right."""
    lefts: dict[Item, list[Item]] = {}
    rights: dict[Item, list[Item]] = {}
    pairs = [
        (grid.item(route, column - 1), grid.item(route, column))
        for route in grid.targets
        for column in grid.passed(route)
    ]
    pairs += [
        (grid.item(route, grid.place[name] - 1), Item(name, grid.place[name]))
        for route, names in grid.targets.items()
        for name in names
    ]
    for left, right in pairs:
        lefts.setdefault(right, []).append(left)
        rights.setdefault(left, []).append(right)
    return lefts, rights


def heights(grid: Grid) -> dict[Item, int]:
    """The middle of each item, from 0 down: few crossings, lines as straight as the room allows."""
    columns = [[Item(name, number) for name in column] for number, column in enumerate(grid.columns)]
    for route in grid.targets:
        for number in grid.passed(route):
            columns[number].append(grid.item(route, number))
    lefts, rights = _links(grid)
    found: dict[Item, float] = {}
    for column in columns:
        found |= _stacked(column, dict.fromkeys(column, 0.0))
    for sweep in range(_SWEEPS):
        towards, sequence = (lefts, columns) if sweep % 2 == 0 else (rights, columns[::-1])
        for column in sequence:
            wanted = {item: _mean([found[near] for near in towards.get(item, ())], found[item]) for item in column}
            column.sort(key=lambda item: wanted[item])
            found |= _stacked(column, wanted)
    top = min((y for item, y in found.items() if not item.slot), default=0.0) - BOX_HEIGHT / 2
    top = min(top, min(found.values(), default=0.0))
    return {item: round(y - top) for item, y in found.items()}


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _stacked(column: Sequence[Item], wanted: Mapping[Item, float]) -> dict[Item, float]:
    """Places as near to the wanted ones as keeps the order and the distances (pool adjacent violators)."""
    offsets: list[float] = []
    below = 0.0
    for item, following in zip(column, [*column[1:], None], strict=True):
        offsets.append(below)
        below += (_room(item) + _room(following)) / 2 if following else 0.0
    pools: list[list[float]] = []
    for item, offset in zip(column, offsets, strict=True):
        pools.append([wanted[item] - offset, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            value, many = pools.pop()
            before = pools[-1]
            pools[-1] = [(before[0] * before[1] + value * many) / (before[1] + many), before[1] + many]
    shifts = [value for value, many in pools for _ in range(int(many))]
    return {item: shift + offset for item, shift, offset in zip(column, shifts, offsets, strict=True)}


def _room(item: Item) -> float:
    return SLOT_SPACE if item.slot else BOX_HEIGHT + BOX_SPACE


def column_edges(grid: Grid, names: Mapping[str, tuple[str, str]], left: int) -> tuple[tuple[int, int], ...]:
    """Left and right of each column, from ``left`` on; ``names`` are the two lines of text in each box."""
    found: list[tuple[int, int]] = []
    for number, column in enumerate(grid.columns):
        if number:
            left = found[-1][1] + (COLUMN_GAP if grid.lanes[number] == grid.lanes[number - 1] else LANE_GAP)
        width = max(max(len(names[n][0]) * NAME_WIDTH, len(names[n][1]) * PLACE_WIDTH) for n in column)
        found.append((left, left + round(width) + 24))
    return tuple(found)
