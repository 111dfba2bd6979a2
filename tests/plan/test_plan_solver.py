from __future__ import annotations

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


def test_smokes_in_a_row_keep_their_order() -> None:
    found = phases([seat("one", "data", "smoke"), seat("two", "data", "smoke")], ("one", "two"))
    assert found == {"one": 299, "two": 300}


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


@given(
    st.lists(st.tuples(DOMAINS, KINDS), min_size=2, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25),
)
def test_every_edge_of_an_acyclic_graph_is_kept(places: list[tuple[str, str]], ends: list[tuple[int, int]]) -> None:
    seats = [seat(str(number), domain, kind) for number, (domain, kind) in enumerate(places)]
    size = len(seats)
    pairs = {(str(min(a, b)), str(max(a, b))) for a, b in ends if a != b and max(a, b) < size}
    found = phases(seats, *sorted(pairs))
    assert all(found[before] < found[after] for before, after in pairs)
    assert all(100 <= phase <= 999 for phase in found.values())
    assert all(found[s.id] == s.natural for s in seats if not any(after == s.id for _, after in pairs))
    assert found == phases(seats, *sorted(pairs, reverse=True))
