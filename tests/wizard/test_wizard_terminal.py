"""The wizard on a real pseudo-terminal, driven by keys as a person would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.plan import load_plan
from tests.wizard.estate import SMALL
from tests.wizard.terminals import COLOUR, CTRL_C, DOWN, Terminal, small_wizard

LAYERS = ("18-coredns-config", "70-apps", "80-more-services")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "migration.yaml"


def decided(plan: Path) -> list[str]:
    if not plan.exists():
        return []
    found = load_plan(plan.read_text(), "migration.yaml")
    return [release.id for release in found.releases if release.tier.source == "person"]


ALL = [release.id for release in SMALL.propose(None).releases if release.id != "argocd/argocd"]


def test_where_all_is_right_a_person_presses_one_key_a_layer(plan: Path) -> None:
    terminal = small_wizard(plan)
    for layer in LAYERS:
        terminal.at(f"{layer} (layer")
        terminal.keys("\r")
    terminal.at("Done?")
    terminal.keys("\r")
    code, said = terminal.end()
    assert (code, "finished" in said) == (0, True)
    assert decided(plan) == ALL


def test_a_phase_is_typed_refused_and_typed_again(plan: Path) -> None:
    terminal = small_wizard(plan)
    a_phase(terminal)
    terminal.keys("\x7f\r")
    terminal.child.expect_exact("three digits")
    terminal.keys("5\r")
    terminal.child.expect_exact("145")
    terminal.at("Take it?")
    terminal.keys("\r")
    terminal.at("kube-system/coredns")
    terminal.keys(CTRL_C)
    assert terminal.end()[0] == 130
    found = load_plan(plan.read_text(), "migration.yaml").by_id()[ALL[0]]
    assert (found.rollout_phase.value, found.rollout_phase.source) == ("145", "person")


def first_layer(terminal: Terminal) -> None:
    terminal.at("18-coredns-config (")


def first_release(terminal: Terminal) -> None:
    first_layer(terminal)
    terminal.keys(DOWN + "\r")
    terminal.at("kube-system/coredns")


def a_phase(terminal: Terminal) -> None:
    first_release(terminal)
    terminal.keys("p")
    terminal.typing("phase:")


def an_effect(terminal: Terminal) -> None:
    a_phase(terminal)
    terminal.keys("\x7f5\r")
    terminal.at("Take it?")


def a_choice(terminal: Terminal) -> None:
    first_release(terminal)
    terminal.keys("t")
    terminal.at("type:")


def several(terminal: Terminal) -> None:
    first_layer(terminal)
    terminal.keys("m")
    terminal.at("For several at once:")


def a_scope(terminal: Terminal) -> None:
    several(terminal)
    terminal.keys("d")
    terminal.at("For which releases?")


def a_search(terminal: Terminal) -> None:
    first_layer(terminal)
    terminal.keys("/")
    terminal.typing("all layers):")


def a_find(terminal: Terminal) -> None:
    a_search(terminal)
    terminal.keys("web\r")
    terminal.at("Go to:")


@pytest.mark.parametrize(
    ("at", "told", "again"),
    [
        (first_layer, "accept makes", "(?)"),
        (first_release, "accept makes", "(?)"),
        (a_phase, "Three digits", "phase:"),
        (an_effect, "Nothing is", "(?)"),
        (a_choice, "What the release", "(?)"),
        (several, "One field", "(?)"),
        (a_scope, "A kind", "(?)"),
        (a_search, "Part of a", "all layers):"),
        (a_find, "A layer:", "(?)"),
    ],
)
def test_a_question_mark_explains_every_kind_of_question_and_asks_it_again(
    plan: Path, at: Callable[[Terminal], None], told: str, again: str
) -> None:
    terminal = small_wizard(plan)
    at(terminal)
    terminal.keys("?" if again == "(?)" else "\x15?\r")
    terminal.child.expect_exact(told)
    terminal.child.expect_exact(again)
    terminal.keys(CTRL_C)
    assert terminal.end()[0] == 130


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_no_line_is_wider_than_the_terminal(plan: Path, columns: int) -> None:
    terminal = small_wizard(plan, columns=columns)
    an_effect(terminal)
    terminal.keys("t")
    terminal.at("kube-system/coredns")
    terminal.keys(CTRL_C)
    terminal.end()
    lines = terminal.lines()
    assert "140 → 145" in " ".join(" ".join(lines).split())
    assert max(len(line) for line in lines) <= columns
    assert max(len(line) for line in lines) > columns // 2
    # Nothing of a long name is cut.
    assert "coredns-settings-with-a-long-name" in "".join(line.strip() for line in lines)


def test_after_a_resize_what_is_shown_keeps_to_the_new_width(plan: Path) -> None:
    terminal = small_wizard(plan, columns=120)
    first_layer(terminal)
    terminal.child.setwinsize(40, 50)
    terminal.keys("?")
    terminal.at("18-coredns-config (")
    before = len(terminal.lines())
    terminal.keys("g")
    terminal.at("kube-system/coredns")
    terminal.keys("q")
    assert terminal.end()[0] == 0
    lines = terminal.lines()
    assert max(len(line) for line in lines[:before]) > 60
    assert max(len(line) for line in lines[before:]) <= 50


@pytest.mark.parametrize(("arguments", "coloured"), [((), False), (("color",), True)])
def test_colours_only_where_they_are_wanted(plan: Path, arguments: tuple[str, ...], coloured: bool) -> None:
    terminal = small_wizard(plan, *arguments)
    an_effect(terminal)
    terminal.keys(CTRL_C)
    terminal.end()
    assert bool(COLOUR.search(terminal.seen.getvalue())) is coloured
