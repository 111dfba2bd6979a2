"""The wizard on a real pseudo-terminal, driven by keys as a person would."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from migrate.plan import load_plan

ROOT = Path(__file__).parents[2]
DOWN = "\x1b[B"
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9]+)*m")
SCRIPT = """\
import sys
from pathlib import Path
from migrate.graph import build_graph
from migrate.plan import dump_plan, load_plan, propose_plan
from migrate.wizard import run_wizard, terminal_asker
from tests.small_estates import DEPLOYMENT, Small, small_estate

releases = [Small(f"web/release-{n}", DEPLOYMENT, f"{n}0-services") for n in (6, 7, 8)]
estate, rendered = small_estate(releases)
graph, _ = build_graph(estate, rendered)
path = Path(sys.argv[1])
decided = load_plan(path.read_text(), "migration.yaml") if path.exists() else None
save = lambda plan: path.write_text(dump_plan(plan, None))
propose = lambda decided: propose_plan(estate, graph, decided)
try:
    run_wizard(propose(decided), graph, terminal_asker(color=len(sys.argv) > 2), save, propose)
    print("finished")
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(130)
"""


class Terminal:
    """One sitting on a terminal of 60 columns."""

    def __init__(self, plan: Path, *arguments: str) -> None:
        self.plan = plan
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", SCRIPT, str(plan), *arguments],
            env=environment,
            dimensions=(40, 60),
            encoding="utf-8",
            timeout=20,
        )
        self.seen = io.StringIO()
        self.child.logfile_read = self.seen

    def at(self, text: str) -> None:
        """Wait until ``text`` is on the screen and its question takes keys."""
        self.child.expect_exact(text)
        self.child.expect_exact("save and")

    def keys(self, keys: str) -> None:
        self.child.send(keys)

    def end(self) -> tuple[int, str]:
        self.child.expect(pexpect.EOF)
        said = self.child.before or ""
        self.child.close()
        return int(self.child.exitstatus or 0), said


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "migration.yaml"


def decided(plan: Path) -> list[str]:
    found = load_plan(plan.read_text(), "migration.yaml")
    return [release.id for release in found.releases if release.tier.source == "person"]


def test_a_person_goes_to_the_end(plan: Path) -> None:
    terminal = Terminal(plan)
    for layer in ("60-services:", "70-services:", "80-services:"):
        terminal.at(layer)
        terminal.keys("\r")
    terminal.at("Done?")
    terminal.keys("\r")
    code, said = terminal.end()
    assert (code, "finished" in said) == (0, True)
    assert decided(plan) == ["web/release-6", "web/release-7", "web/release-8"]


def test_ctrl_c_keeps_the_answers_and_the_next_sitting_goes_on(plan: Path) -> None:
    first = Terminal(plan)
    first.at("60-services:")
    first.keys("\r")
    first.at("70-services:")
    first.keys("\x03")
    code, said = first.end()
    assert (code, "interrupted" in said) == (130, True)
    assert decided(plan) == ["web/release-6"]
    second = Terminal(plan)
    second.at("70-services:")
    second.keys("\r")
    second.at("80-services:")
    second.keys("\r")
    second.at("Done?")
    second.keys("\r")
    assert second.end()[0] == 0
    assert decided(plan) == ["web/release-6", "web/release-7", "web/release-8"]


def test_a_phase_is_typed_refused_and_typed_again(plan: Path) -> None:
    terminal = Terminal(plan)
    terminal.at("60-services:")
    terminal.keys(DOWN + "\r")
    terminal.at("web/release-6:")
    terminal.keys(DOWN + "\r")
    terminal.child.expect_exact("phase:")
    terminal.keys("\x7f\r")
    terminal.child.expect_exact("three digits")
    terminal.keys("5\r")
    terminal.child.expect_exact("This would change:")
    terminal.child.expect_exact("650 → 655")
    terminal.child.expect_exact("Take it?")
    terminal.keys("\r")
    terminal.at("web/release-6:")
    terminal.keys("\x03")
    assert terminal.end()[0] == 130
    found = load_plan(plan.read_text(), "migration.yaml").by_id()["web/release-6"]
    assert (found.rollout_phase.value, found.rollout_phase.source) == ("655", "person")


def first_layer(terminal: Terminal) -> None:
    terminal.at("60-services:")


def first_release(terminal: Terminal) -> None:
    first_layer(terminal)
    terminal.keys(DOWN + "\r")
    terminal.at("web/release-6:")


def a_phase(terminal: Terminal) -> None:
    first_release(terminal)
    terminal.keys(DOWN + "\r")
    terminal.child.expect_exact("phase:")


def an_effect(terminal: Terminal) -> None:
    a_phase(terminal)
    terminal.keys("\x7f5\r")
    terminal.child.expect_exact("leave it at")


def a_choice(terminal: Terminal) -> None:
    first_release(terminal)
    terminal.keys(DOWN + DOWN + "\r")
    terminal.child.expect_exact("post-runtime")


@pytest.mark.parametrize("at", [first_layer, first_release, a_phase, an_effect, a_choice])
def test_ctrl_c_at_any_kind_of_question_decides_nothing_and_the_next_sitting_asks_again(
    plan: Path, at: Callable[[Terminal], None]
) -> None:
    first = Terminal(plan)
    at(first)
    first.keys("\x03")
    assert first.end()[0] == 130
    assert decided(plan) == []
    second = Terminal(plan)
    second.at("60-services:")
    second.keys("\r")
    second.at("70-services:")
    second.keys("\x03")
    assert second.end()[0] == 130
    assert decided(plan) == ["web/release-6"]


def test_no_line_is_wider_than_the_terminal(plan: Path) -> None:
    terminal = Terminal(plan)
    an_effect(terminal)
    terminal.keys("\x03")
    terminal.end()
    # A sequence that moves the cursor ends what stands on a line.
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "\n", terminal.seen.getvalue()).splitlines()
    assert any("apps/release-6" in line for line in lines)
    assert any("650 → 655" in line for line in lines)
    assert max(len(line) for line in lines) <= 60


@pytest.mark.parametrize(("arguments", "coloured"), [((), False), (("color",), True)])
def test_colours_only_where_they_are_wanted(plan: Path, arguments: tuple[str, ...], coloured: bool) -> None:
    terminal = Terminal(plan, *arguments)
    an_effect(terminal)
    terminal.keys("\x03")
    terminal.end()
    assert bool(COLOUR.search(terminal.seen.getvalue())) is coloured
