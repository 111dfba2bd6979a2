from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.model.graph import Edge
from migrate.plan.ladder import DEFAULT_LADDER, natural_phase
from migrate.plan.solver import Seat, place_releases

STEPS = frozenset(int(step.phase) for step in DEFAULT_LADDER)


def seat(name: str, domain: str, kind: str, fixed: int | None = None) -> Seat:
    return Seat(name, fixed or natural_phase(domain, kind, STEPS), kind, fixed=fixed is not None)


def phases(seats: list[Seat], *pairs: tuple[str, str]) -> dict[str, int]:
    edges = tuple(Edge(before, after, "needs", "said so", ()) for before, after in pairs)
    return {name: placed.phase for name, placed in place_releases(tuple(seats), edges, STEPS).items()}


def test_the_default_ladder_is_the_published_one() -> None:
    assert " ".join(step.phase for step in DEFAULT_LADDER) == (
        "010 020 099 100 110 120 130 140 150 155 160 199 210 220 230 240 250 260 299 310 320 330 340 350 355 360 399 "
        "410 420 430 440 450 455 460 499 510 520 530 540 550 555 599 610 620 630 640 650 655 699"
    )
    limits = {step.phase: step.max_update for step in DEFAULT_LADDER if step.max_update}
    assert {phase for phase, limit in limits.items() if limit == "1"} == {f"{b}{s}" for b in "123456" for s in (10, 20)}
    assert {phase for phase, limit in limits.items() if limit == "25%"} == {"650"}


def test_without_edges_everything_stays() -> None:
    assert phases([seat("a", "data", "runtime"), seat("b", "data", "post-runtime")]) == {"a": 250, "b": 260}


def test_workloads_of_one_step_get_a_step_of_their_own_before_the_jobs() -> None:
    seats = [seat("c", "apps", "runtime"), seat("b", "apps", "runtime"), seat("a", "apps", "runtime")]
    assert phases([*seats, seat("job", "apps", "post-runtime")], ("a", "b"), ("b", "c"), ("c", "job")) == {
        "a": 650,
        "b": 651,
        "c": 652,
        "job": 655,
    }


def test_what_waits_for_a_job_goes_to_the_step_after_it() -> None:
    assert phases([seat("job", "foundation", "post-runtime"), seat("s", "foundation", "secrets")], ("job", "s")) == {
        "job": 155,
        "s": 160,
    }


def test_what_waits_for_a_later_band_moves_there_at_its_own_step() -> None:
    assert phases([seat("db", "data", "runtime"), seat("vault", "foundation", "runtime")], ("db", "vault")) == {
        "db": 250,
        "vault": 251,
    }
    assert phases([seat("crd", "data", "crds"), seat("x", "foundation", "runtime")], ("crd", "x")) == {
        "crd": 210,
        "x": 250,
    }


def test_smokes_in_a_row_keep_their_order_and_their_band() -> None:
    found = phases([seat(name, "data", "smoke") for name in "cab"], ("c", "a"), ("a", "b"))
    assert found == {"c": 297, "a": 298, "b": 299}


def test_nothing_is_pulled_into_another_band_for_what_must_leave_its_own() -> None:
    seats = [seat("redis", "data", "runtime"), seat("vault", "foundation", "runtime")]
    assert phases(seats, ("redis", "vault")) == {"redis": 250, "vault": 251}


def test_a_chain_longer_than_its_band_starts_early_enough_to_end_in_it() -> None:
    names = [f"r{number:02d}" for number in range(60)]
    found = phases([seat(name, "data", "runtime") for name in names], *itertools.pairwise(names))
    assert [found[name] for name in names] == list(range(240, 300))


@pytest.mark.parametrize("length", [120, 400, 900])
def test_a_chain_longer_than_any_band_is_kept_all_the_same(length: int) -> None:
    names = [f"r{number:03d}" for number in range(length)]
    found = phases([seat(name, "apps", "runtime") for name in names], *itertools.pairwise(names))
    assert all(found[before] < found[after] for before, after in itertools.pairwise(names))
    assert max(found.values()) <= 999


def test_a_persons_phase_stays_and_the_others_go_around_it() -> None:
    seats = [seat("a", "apps", "runtime"), seat("b", "apps", "runtime", fixed=630), seat("c", "apps", "config")]
    assert phases(seats, ("a", "b"), ("b", "c")) == {"a": 620, "b": 630, "c": 640}


def test_a_chain_before_a_fixed_release_is_pulled_as_a_whole() -> None:
    seats = [seat(name, "apps", "runtime") for name in "abc"] + [seat("d", "data", "runtime", fixed=210)]
    found = phases(seats, ("a", "b"), ("b", "c"), ("c", "d"))
    assert found["a"] < found["b"] < found["c"] < found["d"] == 210


def test_two_fixed_releases_against_each_other_stay_for_the_check_to_report() -> None:
    seats = [seat("a", "apps", "runtime", fixed=650), seat("b", "apps", "runtime", fixed=150)]
    assert phases(seats, ("a", "b")) == {"a": 650, "b": 150}


def test_a_circle_ends_and_what_hangs_on_it_is_still_in_order() -> None:
    seats = [seat(name, "apps", "runtime") for name in "wxyz"]
    found = phases(seats, ("x", "y"), ("y", "x"), ("y", "w"), ("w", "z"))
    assert found["x"] < found["y"] < found["w"] < found["z"]


DOMAINS = st.sampled_from(["foundation", "data", "platform", "data-ext", "observability", "apps"])
KINDS = st.sampled_from(["crds", "operator", "secrets", "config", "runtime", "post-runtime", "smoke"])


Graph = tuple[list[Seat], list[tuple[str, str]]]


@st.composite
def graphs(draw: st.DrawFn, *, fixed: bool = False) -> Graph:
    """An acyclic graph: edges lead from lower numbers to higher ones."""
    places = draw(st.lists(st.tuples(DOMAINS, KINDS), min_size=2, max_size=14))
    pinned = draw(st.sets(st.integers(0, len(places) - 1), max_size=3)) if fixed else set()
    seats = [
        seat(f"n{n:02d}", domain, kind, draw(st.integers(1, 999)) if n in pinned else None)
        for n, (domain, kind) in enumerate(places)
    ]
    ends = draw(st.sets(st.tuples(st.integers(0, len(seats) - 1), st.integers(0, len(seats) - 1)), max_size=30))
    return seats, sorted((seats[min(pair)].id, seats[max(pair)].id) for pair in ends if pair[0] != pair[1])


@given(graphs())
def test_every_edge_of_an_acyclic_graph_is_kept(graph: Graph) -> None:
    seats, pairs = graph
    found = phases(seats, *pairs)
    assert all(found[before] < found[after] for before, after in pairs)
    assert all(100 <= phase <= 999 for phase in found.values())


@given(graphs())
def test_nothing_moves_without_an_edge_that_makes_it(graph: Graph) -> None:
    """Later only directly behind what it waits for or to the next step that fits; earlier only for its band."""
    seats, pairs = graph
    found = phases(seats, *pairs)
    for one in seats:
        before = [found[b] for b, after in pairs if after == one.id]
        later = [found[a] for b, a in pairs if b == one.id]
        if found[one.id] > one.natural:
            assert max(before) >= one.natural
            nearer = [step for step in STEPS if max(before) < step < found[one.id]]
            assert found[one.id] == max(before) + 1 or not [s for s in nearer if s % 100 >= one.natural % 100]
        elif found[one.id] < one.natural:
            assert found[one.id] // 100 == one.natural // 100
            assert found[one.id] + 1 in later


@given(graphs(fixed=True), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(graph: Graph, chance: random.Random) -> None:
    seats, pairs = graph
    mixed, turned = seats[:], pairs[:]
    chance.shuffle(mixed)
    chance.shuffle(turned)
    assert phases(seats, *pairs) == phases(mixed, *turned)


@given(graphs(fixed=True))
def test_what_a_person_fixed_does_not_move_and_breaks_only_what_it_must(graph: Graph) -> None:
    """An edge is broken only where two fixed phases, or too few phases between them, leave no way."""
    seats, pairs = graph
    found = phases(seats, *pairs)
    assert all(found[one.id] == one.natural for one in seats if one.fixed)
    earliest: dict[str, int] = {}
    for one in seats:
        least = max((earliest[before] + 1 for before, after in pairs if after == one.id), default=0)
        if one.fixed and least > one.natural:
            return
        earliest[one.id] = one.natural if one.fixed else least
    if all(phase <= 999 for phase in earliest.values()):
        assert all(found[before] < found[after] for before, after in pairs)


@given(graphs(), st.sets(st.tuples(st.integers(0, 13), st.integers(0, 13)), min_size=1, max_size=6))
def test_circles_break_no_edge_outside_of_them(graph: Graph, back: set[tuple[int, int]]) -> None:
    seats, pairs = graph
    names = [one.id for one in seats]
    closing = {(names[a], names[b]) for a, b in back if a != b and max(a, b) < len(names)}
    every = sorted({*pairs, *closing})
    found = phases(seats, *every)
    ways = {name: reached(name, every) for name in names}
    assert all(found[before] < found[after] for before, after in every if before not in ways[after])


def reached(start: str, pairs: list[tuple[str, str]]) -> set[str]:
    found: set[str] = set()
    while new := {after for before, after in pairs if before in found | {start}} - found:
        found |= new
    return found
