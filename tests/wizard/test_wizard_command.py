"""`migrate wizard` itself: where it asks nobody, where the terminal goes away, where the file is not what it was."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from migrate.cli import run
from migrate.plan import load_plan
from tests.wizard.terminals import COLOUR, CTRL_C, Terminal

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: some\nversion: 0.1.0\n",
    "templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n",
}
LAYER = "releases:\n  - {{name: {name}, namespace: web, chart: ./chart}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An estate of two layers with a release each, and no plan yet."""
    estate = tmp_path / "helmfiles"
    for path, text in CHART.items():
        (estate / "chart" / path).parent.mkdir(parents=True, exist_ok=True)
        (estate / "chart" / path).write_text(text)
    for layer, name in (("10-base", "first"), ("20-apps", "second")):
        (estate / f"{layer}.yaml").write_text(LAYER.format(name=name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wizard(folder: Path, *options: str, **variables: str) -> Terminal:
    settings = {"TMPDIR": str(folder), **variables}
    return Terminal([sys.executable, "-m", "migrate", "wizard", "helmfiles", *options], cwd=folder, variables=settings)


def decided(folder: Path) -> list[str]:
    plan = load_plan((folder / "migration.yaml").read_text(), "migration.yaml")
    return [release.id for release in plan.releases if release.tier.source == "person"]


@pytest.mark.parametrize("options", [["--batch"], []])
def test_without_a_person_the_missing_answers_are_listed_and_nothing_is_asked(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert run(["wizard", "helmfiles", "--quiet", *options]) == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert "2 releases are proposed and not decided:\n  10-base (1): web/first\n  20-apps (1): web/second" in told.err
    assert not (folder / "migration.yaml").exists()


def test_without_a_person_a_question_that_must_be_asked_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "migration.yaml").write_text('schemaVersion: "1"\nreleases:\n  web/second: {ask: [tier]}\n')
    assert run(["wizard", "helmfiles", "--quiet", "--batch"]) == 4
    assert "releases/web/second/tier" in capsys.readouterr().err


def test_batch_asks_nothing_on_a_terminal_either(folder: Path) -> None:
    terminal = wizard(folder, "--batch")
    code, said = terminal.end()
    assert (code, "(?)" in said) == (4, False)


def test_by_numbers_to_the_end_and_then_there_is_nothing_to_ask(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = wizard(folder, TERM="dumb")
    for _ in range(2):
        terminal.typing("Number [1]:")
        terminal.keys("a\n")
    terminal.typing("Number [1]:")
    terminal.keys("1\n")
    assert terminal.end()[0] == 0
    assert "\x1b" not in terminal.seen.getvalue()
    assert max(len(line) for line in terminal.lines()) <= 100
    assert decided(folder) == ["web/first", "web/second"]
    assert run(["wizard", "helmfiles", "--batch"]) == 0
    assert "every release is decided" in capsys.readouterr().err


def test_numbers_can_be_asked_for_and_explain_themselves(folder: Path) -> None:
    terminal = wizard(folder, "--numbered", "--no-color")
    terminal.typing("Number [1]:")
    terminal.keys("?\n")
    terminal.typing("accept makes all proposals")
    terminal.typing("Number [1]:")
    terminal.keys(CTRL_C)
    code, said = terminal.end()
    assert (code, "nothing was written" in " ".join(said.split())) == (130, True)
    assert not (folder / "migration.yaml").exists()


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {}])
def test_no_colour_where_the_variable_says_so(folder: Path, variables: dict[str, str]) -> None:
    terminal = wizard(folder, **variables)
    terminal.at("10-base (layer")
    terminal.keys(CTRL_C)
    assert terminal.end()[0] == 130
    assert bool(COLOUR.search(terminal.seen.getvalue())) is not bool(variables)


def test_a_closed_terminal_keeps_what_was_answered_and_leaves_nothing_else(folder: Path) -> None:
    before = set(folder.iterdir())
    terminal = wizard(folder)
    terminal.at("10-base (layer")
    terminal.keys("\r")
    terminal.at("20-apps (layer")
    terminal.hang_up()
    assert decided(folder) == ["web/first"]
    assert set(folder.iterdir()) - before == {folder / "migration.yaml"}


def test_a_kill_ends_it_as_ctrl_c_does(folder: Path) -> None:
    terminal = wizard(folder)
    terminal.at("10-base (layer")
    terminal.keys("\r")
    terminal.at("20-apps (layer")
    os.kill(terminal.child.pid or 0, signal.SIGTERM)
    code, said = terminal.end()
    assert (code, "what you answered is in migration.yaml" in " ".join(said.split())) == (130, True)
    assert decided(folder) == ["web/first"]


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(folder: Path) -> None:
    terminal = wizard(folder)
    terminal.at("10-base (layer")
    terminal.keys("\r")
    terminal.at("20-apps (layer")
    theirs = (folder / "migration.yaml").read_text() + "# a person's own note\n"
    (folder / "migration.yaml").write_text(theirs)
    terminal.keys("\r")
    code, said = terminal.end()
    assert (code, "changed by somebody else" in " ".join(said.split())) == (5, True)
    assert (folder / "migration.yaml").read_text() == theirs
    mine = load_plan((folder / "migration.yaml.wizard").read_text(), "migration.yaml").by_id()
    assert mine["web/second"].tier.source == "person"


def test_comments_of_the_file_stay(folder: Path) -> None:
    (folder / "migration.yaml").write_text('schemaVersion: "1"\nreleases:\n  # ask Ann\n  web/second:\n    tier: qa\n')
    terminal = wizard(folder)
    terminal.at("10-base (layer")
    terminal.keys("q")
    assert terminal.end()[0] == 0
    text = (folder / "migration.yaml").read_text()
    assert "  # ask Ann\n  web/second:\n" in text
    assert "tier: qa\n" in text
