"""Lays the edges over the ladder: every edge strictly forward, with the least movement, the same every time.

A release moves to a later phase than its own only where an edge makes it, and to an earlier one only where what waits
for it could otherwise not keep its band, or a phase that a person gave. No result depends on the order of the input.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model.graph import Edge
from migrate.plan.ladder import LAST_PHASE, phase_after, phase_before


@dataclass(frozen=True)
class Seat:
    """One release before the edges are laid: where it would stand, or where a person put it."""

    id: str
    natural: int
    component_type: str
    fixed: bool = False


@dataclass(frozen=True)
class Placed:
    """Where a release stands, and the edge that moved it there (None: nothing did)."""

    phase: int
    moved_by: Edge | None = None
    pulled: str = ""
    """Why it stands before its own phase; empty where it does not."""


@dataclass(frozen=True)
class _Limits:
    """The last phase at which a release is still before everything that waits for it."""

    hard: Mapping[str, int]
    """Behind it, a phase that a person fixed could not be kept, or the ladder would have no room."""
    soft: Mapping[str, int]
    """Behind it, something of the same band would have to leave the band."""


def place_releases(seats: tuple[Seat, ...], edges: tuple[Edge, ...], steps: frozenset[int]) -> dict[str, Placed]:
    """A phase for every seat. Edges of a circle, and those that a person's own phases break, stay broken:
    ``check_plan`` reports each of them.

    ``edges`` name seats only. What a person fixed does not move; what waits for it moves on, and what it waits
    for is pulled before it where it would stand too late.
    """
    by_id = {seat.id: seat for seat in seats}
    sequence = _in_order(by_id, edges)
    rank = {name: place for place, name in enumerate(sequence)}
    forward = sorted(
        (edge for edge in edges if rank[edge.before] < rank[edge.after]),
        key=lambda edge: (edge.before, edge.after, edge.kind, edge.evidence),
    )
    incoming: dict[str, list[Edge]] = {name: [] for name in sequence}
    outgoing: dict[str, list[str]] = {name: [] for name in sequence}
    for edge in forward:
        incoming[edge.after].append(edge)
        outgoing[edge.before].append(edge.after)
    limits = _limits(sequence, outgoing, by_id)
    placed: dict[str, Placed] = {}
    for name in sequence:
        placed[name] = _place(by_id[name], incoming[name], placed, limits, steps)
    return {seat.id: placed[seat.id] for seat in seats}


def _place(
    seat: Seat, incoming: list[Edge], placed: Mapping[str, Placed], limits: _Limits, steps: frozenset[int]
) -> Placed:
    if seat.fixed:
        return Placed(seat.natural)
    # Of several edges that move it equally far, the stated one tells a person most.
    last = max(incoming, key=lambda edge: (placed[edge.before].phase, edge.stated), default=None)
    latest = placed[last.before].phase if last else -1
    phase = phase_after(latest, natural=seat.natural, component_type=seat.component_type, steps=steps)
    hard, soft = limits.hard[seat.id], limits.soft[seat.id]
    if phase > hard > latest and hard < LAST_PHASE:
        earlier = phase_before(hard, latest=latest, steps=steps)
        return Placed(
            earlier, None, "before what waits for it and cannot move on: a person decided, or the ladder ends"
        )
    if phase > soft > latest:
        return Placed(soft, None, "one step earlier for each that waits for it, so that all stay in the band")
    return Placed(min(phase, LAST_PHASE), last if phase != seat.natural else None)


def _limits(sequence: tuple[str, ...], outgoing: Mapping[str, list[str]], by_id: Mapping[str, Seat]) -> _Limits:
    hard: dict[str, int] = {}
    soft: dict[str, int] = {}
    staying = _can_stay(sequence, outgoing, by_id)
    for name in reversed(sequence):
        seat = by_id[name]
        if seat.fixed:
            hard[name] = soft[name] = seat.natural
            continue
        hard[name] = min((hard[after] - 1 for after in outgoing[name]), default=LAST_PHASE)
        first, last = _band(seat)
        # What must leave its band in any case sets no limit for what it waits for.
        soft[name] = min(
            (soft[after] - 1 for after in outgoing[name] if after in staying and soft[after] > first), default=last
        )
        soft[name] = min(soft[name], last)
    return _Limits(hard, soft)


def _can_stay(
    sequence: tuple[str, ...], outgoing: Mapping[str, list[str]], by_id: Mapping[str, Seat]
) -> frozenset[str]:
    """The seats that can keep their band, if all that they wait for stands as early as its own band lets it."""
    earliest = {name: seat.natural if seat.fixed else _band(seat)[0] for name, seat in by_id.items()}
    for name in sequence:
        for after in outgoing[name]:
            if not by_id[after].fixed:
                earliest[after] = max(earliest[after], earliest[name] + 1)
    return frozenset(name for name, seat in by_id.items() if earliest[name] <= _band(seat)[1])


def _band(seat: Seat) -> tuple[int, int]:
    """The first and the last phase of its band."""
    return seat.natural // 100 * 100, seat.natural // 100 * 100 + 99


def _in_order(by_id: Mapping[str, Seat], edges: Iterable[Edge]) -> tuple[str, ...]:
    """A topological order, earliest natural phase first, then by name; a circle is entered at its first seat."""
    outgoing: dict[str, dict[str, None]] = {name: {} for name in by_id}
    incoming: dict[str, dict[str, None]] = {name: {} for name in by_id}
    for edge in edges:
        if edge.before != edge.after:
            outgoing[edge.before][edge.after] = None
            incoming[edge.after][edge.before] = None
    position = {name: (seat.natural, name) for name, seat in by_id.items()}
    waiting = {name: len(before) for name, before in incoming.items()}
    ready = [position[name] for name, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    done: dict[str, None] = {}
    while len(done) < len(by_id):
        if not ready:
            ready.append(position[_entry([n for n in by_id if n not in done], incoming, outgoing, position, done)])
        _, name = heapq.heappop(ready)
        if name in done:
            continue
        done[name] = None
        for after in outgoing[name]:
            waiting[after] -= 1
            if waiting[after] == 0 and after not in done:
                heapq.heappush(ready, position[after])
    return tuple(done)


Neighbours = Mapping[str, Mapping[str, None]]


def _entry(
    left: list[str],
    incoming: Neighbours,
    outgoing: Neighbours,
    position: Mapping[str, tuple[int, str]],
    done: Mapping[str, None],
) -> str:
    """The first seat of a circle before which nothing is open but the circle itself."""
    name = min(left, key=position.__getitem__)
    while True:
        before, behind = _reached(name, incoming, done), _reached(name, outgoing, done)
        if earlier := before - behind - {name}:
            name = min(earlier, key=position.__getitem__)
            continue
        return min(before | {name}, key=position.__getitem__)


def _reached(start: str, neighbours: Neighbours, done: Mapping[str, None]) -> set[str]:
    found: set[str] = set()
    open_ends = [start]
    while open_ends:
        for name in neighbours[open_ends.pop()]:
            if name not in found and name not in done:
                found.add(name)
                open_ends.append(name)
    return found
