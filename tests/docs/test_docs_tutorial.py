"""Console blocks are true: each of their commands, run in a copy of the repository, prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT, git
from tests.docs.console import commands_of, fits, run_all

PAGES = {
    str(page.relative_to(ROOT / "docs")): commands
    for page in sorted((ROOT / "docs").rglob("*.md"))
    if (commands := commands_of(page.read_text(encoding="utf-8")))
}


def test_the_tutorial_has_such_blocks() -> None:
    assert "tutorial/README.md" in PAGES


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_prints_what_its_page_shows(page: str, sample: Path) -> None:
    git(sample, "add", ".")
    git(sample, "commit", "--quiet", "-m", "The sample estate")
    commands = PAGES[page]
    printed, said = run_all(commands, sample)
    assert len(printed) == len(commands), said
    wrong = [
        f"docs/{page}:{one.line}: {one.text}\n{text}"
        for one, text in zip(commands, printed, strict=True)
        if not fits(text, one.printed)
    ]
    assert wrong == [], said


def test_a_page_is_taken_apart_into_commands() -> None:
    page = "# Page\n\n```console\n$ one\nits output\n\n$ two\n```\n\n```sh\n$ not run\n```\n"
    assert [(one.text, one.line, one.printed) for one in commands_of(page)] == [
        ("one", 4, "its output\n\n"),
        ("two", 7, ""),
    ]


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\n", False),
        ("a\n", "", False),
        ("took 3 s\n", "took [...] s\n", True),
        ("took 3 m\n", "took [...] s\n", False),
        ("a\nb\nc\nd\n", "a\n[...]\nd\n", True),
        ("a\nb\nc\n", "a\n[...]\nd\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_what_is_left_out_may_be_anything_and_nothing_else(printed: str, shown: str, *, same: bool) -> None:
    assert fits(printed, shown) is same


def test_one_shell_runs_all_commands_and_keeps_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    commands = commands_of('```console\n$ cd inner\n$ false\n$ echo $?\n$ basename "$PWD"\n```\n')
    assert run_all(commands, tmp_path) == (["", "", "1\n", "inner\n"], "")
