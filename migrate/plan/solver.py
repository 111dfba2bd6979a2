"""Lays the edges over the ladder: every edge strictly forward, with the least movement, the same every time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
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
    pulled: bool = False
    """True where it moved to an earlier phase, since a person fixed what waits for it."""


def place_releases(seats: tuple[Seat, ...], edges: tuple[Edge, ...], steps: frozenset[int]) -> dict[str, Placed]:
    """A phase for every seat. Edges of a circle, and those that a person's own phases break, stay broken:
    ``check_plan`` reports each of them.

    ``edges`` name seats only. What a person fixed does not move; what waits for it moves on, and what it waits
    for is pulled before it where it would stand too late.
    """
    by_id = {seat.id: seat for seat in seats}
    sequence = _in_order(seats, edges)
    rank = {name: place for place, name in enumerate(sequence)}
    forward = [edge for edge in edges if rank[edge.before] < rank[edge.after]]
    limits = _limits(sequence, forward, by_id)
    incoming: dict[str, list[Edge]] = {name: [] for name in sequence}
    for edge in forward:
        incoming[edge.after].append(edge)
    placed: dict[str, Placed] = {}
    for name in sequence:
        placed[name] = _place(by_id[name], incoming[name], placed, limits[name], steps)
        steps |= {placed[name].phase}
    return placed


def _place(seat: Seat, incoming: list[Edge], placed: Mapping[str, Placed], limit: int, steps: frozenset[int]) -> Placed:
    if seat.fixed:
        return Placed(seat.natural)
    last = max(incoming, key=lambda edge: placed[edge.before].phase, default=None)
    latest = placed[last.before].phase if last else -1
    phase = phase_after(latest, natural=seat.natural, component_type=seat.component_type, steps=steps)
    if phase > limit > latest:
        return Placed(phase_before(limit, latest=latest, steps=steps), None, pulled=True)
    return Placed(phase, last if phase != seat.natural else None)


def _limits(sequence: tuple[str, ...], edges: list[Edge], by_id: Mapping[str, Seat]) -> dict[str, int]:
    """The last phase at which each release is still before everything that a person fixed after it."""
    limits = {name: by_id[name].natural if by_id[name].fixed else LAST_PHASE for name in sequence}
    outgoing: dict[str, list[str]] = {name: [] for name in sequence}
    for edge in edges:
        outgoing[edge.before].append(edge.after)
    for name in reversed(sequence):
        if not by_id[name].fixed:
            limits[name] = min((limits[after] - 1 for after in outgoing[name]), default=LAST_PHASE)
    return limits


def _in_order(seats: tuple[Seat, ...], edges: tuple[Edge, ...]) -> tuple[str, ...]:
    """A topological order, earliest natural phase first, then as given; a circle is entered at its first seat."""
    position = {seat.id: (seat.natural, place) for place, seat in enumerate(seats)}
    pairs = {(edge.before, edge.after) for edge in edges if edge.before != edge.after}
    waiting = {seat.id: sum(after == seat.id for _, after in pairs) for seat in seats}
    outgoing: dict[str, list[str]] = {seat.id: [] for seat in seats}
    for before, after in sorted(pairs):
        outgoing[before].append(after)
    ready = [(position[name], name) for name, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    done: dict[str, None] = {}
    while len(done) < len(seats):
        if not ready:
            left = [name for name in waiting if name not in done]
            entry = min(left, key=lambda name: (_waits_for(name, pairs, done), position[name]))
            ready.append((position[entry], entry))
        _, name = heapq.heappop(ready)
        if name in done:
            continue
        done[name] = None
        for after in outgoing[name]:
            waiting[after] -= 1
            if waiting[after] == 0 and after not in done:
                heapq.heappush(ready, (position[after], after))
    return tuple(done)


def _waits_for(name: str, pairs: set[tuple[str, str]], done: Mapping[str, None]) -> int:
    """How many open releases lie before ``name``; the fewest lie before those of a first circle."""
    found: set[str] = set()
    open_ends = {name}
    while open_ends:
        open_ends = {b for b, after in pairs if after in open_ends and b not in done} - found
        found |= open_ends
    return len(found - {name})
