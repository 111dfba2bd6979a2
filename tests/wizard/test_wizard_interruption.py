"""One sitting with every kind of question, stopped at each of them; what was answered is there, and nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.wizard import ScriptedAsker
from tests.wizard.estate import SMALL
from tests.wizard.terminals import BACKSPACE, CTRL_C, DOWN, UP, Sittings, Terminal


@dataclass(frozen=True)
class Step:
    """A question, the keys that answer it, and the same answer for the list of a script."""

    question: str
    keys: str
    answer: str
    typed: bool = False


STEPS = (
    Step("18-coredns-config (", "\r", "accept"),
    Step("70-apps (", DOWN + "\r", "each"),
    Step("web/front (", "p", "phase"),
    Step("phase:", BACKSPACE + "3\r", "653", typed=True),
    Step("Take it?", "\r", "take"),
    Step("web/front (", "n", "name"),
    Step("name:", "-end\r", "front-end", typed=True),
    Step("Take it?", "t", "take"),
    Step("web/front (", "o", "folder"),
    Step("folder:", "\x15sites/front\r", "sites/front", typed=True),
    Step("Take it?", "t", "take"),
    Step("web/front (", "w", "wave"),
    Step("wave:", "\x157\r", "7", typed=True),
    Step("Take it?", "t", "take"),
    Step("web/front (", "a", "accept"),
    Step("web/back (", "b", "back"),
    Step("web/front (", "\r", "accept"),
    Step("web/back (", "t", "type"),
    Step("type:", DOWN + "\r", "post-runtime"),
    Step("Take it?", "l", "leave"),
    Step("web/back (", "s", "skip"),
    Step("80-more-services (", "b", "back"),
    Step("70-apps (", "s", "skip"),
    Step("80-more-services (", "m", "several"),
    Step("For several at once:", "d", "domain"),
    Step("For which releases?", "\r", "all of 80-more-services"),
    Step("domain:", UP + "\r", "observability"),
    Step("Take it?", "t", "take"),
    Step("80-more-services (", "/", "find"),
    Step("all layers):", "coredns\r", "coredns", typed=True),
    Step("Go to:", DOWN + "\r", "kube-system/coredns-settings-with-a-long-name"),
    Step("kube-system/coredns", "b", "back"),
    Step("80-more-services (", "a", "accept"),
    Step("Done?", "t", "target"),
    Step("repository URL:", "\x15https://git.example.org/new.git\r", "https://git.example.org/new.git", typed=True),
    Step("Done?", "u", "undo"),
    Step("Undo this sitting?", "\r", "leave"),
    Step("Done?", "\r", "finish"),
)


def answer(terminal: Terminal, steps: tuple[Step, ...]) -> None:
    for step in steps:
        come_to(terminal, step)
        terminal.keys(step.keys)


def come_to(terminal: Terminal, step: Step) -> None:
    if step.typed:
        terminal.typing(step.question)
    else:
        terminal.at(step.question)


def scripted(path: Path, answers: tuple[str, ...]) -> str | None:
    """The file after a run with the same answers from a list; None where it wrote none."""
    with contextlib.suppress(KeyboardInterrupt):
        SMALL.sit(ScriptedAsker(answers), path)
    return path.read_text() if path.exists() else None


@pytest.fixture(scope="module")
def terminal() -> Iterator[Sittings]:
    sittings = Sittings()
    yield sittings
    sittings.hang_up()


def test_a_whole_sitting_writes_the_very_bytes_of_the_scripted_one(tmp_path: Path, terminal: Sittings) -> None:
    terminal.begin(tmp_path / "migration.yaml")
    answer(terminal, STEPS)
    assert terminal.ended() == 0
    expected = scripted(tmp_path / "scripted.yaml", tuple(step.answer for step in STEPS))
    assert (tmp_path / "migration.yaml").read_text() == expected


def ctrl_c(terminal: Sittings, count: int, plan: Path) -> None:
    begin_and_come_to(terminal, count, plan)
    terminal.keys(CTRL_C)
    assert terminal.ended() == 130


def killed(terminal: Sittings, count: int, plan: Path) -> None:
    """Nothing can be done about this signal: what is not in the file by then is lost."""
    begin_and_come_to(terminal, count, plan)
    os.kill(terminal.process, signal.SIGKILL)
    assert terminal.ended() == -signal.SIGKILL


def hung_up(terminal: Sittings, count: int, plan: Path) -> None:
    """As when the window with the terminal is closed."""
    other = Sittings()
    begin_and_come_to(other, count, plan)
    other.hang_up()


def begin_and_come_to(terminal: Sittings, count: int, plan: Path) -> None:
    terminal.begin(plan)
    answer(terminal, STEPS[:count])
    come_to(terminal, STEPS[count])


@pytest.mark.parametrize("count", range(len(STEPS)))
def test_stopped_at_any_question_and_started_again_nothing_is_lost(
    tmp_path: Path, terminal: Sittings, count: int
) -> None:
    plan, twin = tmp_path / "migration.yaml", tmp_path / "scripted.yaml"
    (ctrl_c, killed, hung_up)[count % 3](terminal, count, plan)
    answers = tuple(step.answer for step in STEPS[:count])
    assert (plan.read_text() if plan.exists() else None) == scripted(twin, answers)
    assert {path.name for path in tmp_path.iterdir()} <= {plan.name, twin.name}

    # The next sitting begins at the first open layer; take what each question offers first, to the end.
    asker = ScriptedAsker([""] * 2 * len(STEPS))
    SMALL.sit(asker, twin)
    terminal.begin(plan)
    for question in asker.asked:
        terminal.at(question.partition("(")[0])
        terminal.keys("\r")
    assert terminal.ended() == 0
    assert plan.read_text() == twin.read_text()
