"""What a person ignores: said with a reason, counted, shown, and told where it is for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.lint import apply_ignores, ignore_of, ignores_in
from migrate.lint.good_tree import GOOD, WEB
from migrate.model.finding import Finding, Severity, SourceLocation
from tests.conftest import Migrate, write_files

FINDING = Finding("L41", Severity.ERROR, "rolloutPhase is late", "Write digits.", SourceLocation("a/b/c.yaml", 3))
LATE = {**GOOD, WEB: GOOD[WEB].replace('"650"', '"late"')}


@pytest.mark.parametrize(
    ("option", "matches"),
    [
        ("L41=why", True),
        ("l41=why", True),
        ("L41:a/**=why", True),
        ("L41:a/*/c.yaml=why = because", True),
        ("L41:b/**=why", False),
        ("L42=why", False),
    ],
)
def test_an_ignore_means_a_rule_and_a_path(option: str, matches: bool) -> None:
    left, ignored = apply_ignores([FINDING], [ignore_of(option)], ["L41"])
    assert (FINDING in left, len(ignored)) == (not matches, int(matches))


@pytest.mark.parametrize("option", ["L41", "L41=", "L41= ", "=why", "L41:a/**", "L41:[=why"])
def test_an_ignore_without_a_reason_or_a_rule_is_refused(option: str) -> None:
    with pytest.raises(UsageError) as refused:
        ignore_of(option)
    assert refused.value.hint


def test_an_ignore_for_nothing_is_told_where_its_rule_ran() -> None:
    left, _ = apply_ignores([], [ignore_of("L41=why"), ignore_of("L42=why")], ["L41"])
    assert [(one.code, one.severity, "L41" in one.message) for one in left] == [("LI01", Severity.INFO, True)]


FILE = """\
# what we know of
ignore:
  - {rule: L41, reason: words are fine here}
  - rule: L53
    path: environments/**
    reason: |
      one team
"""


def test_the_file_gives_rules_paths_reasons_and_its_lines() -> None:
    found = ignores_in(FILE, ".migrate-lint.yaml")
    assert [(one.rule, one.path, one.reason, one.said) for one in found] == [
        ("L41", "", "words are fine here", ".migrate-lint.yaml:3"),
        ("L53", "environments/**", "one team", ".migrate-lint.yaml:4"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ignore: {", ":1:"),
        ("- a\n", "a list below the key ignore"),
        ("ignores: []\n", "not ignores"),
        ("ignore:\n  - {rule: L41}\n", "f.yaml:2: a rule and a reason"),
        ("ignore:\n  - {rule: L41, reason: 3}\n", "f.yaml:2"),
        ("ignore:\n  - {rule: L41, reason: x, file: y}\n", "f.yaml:2"),
        ("ignore:\n  - L41\n", "f.yaml:2"),
        ("ignore:\n  - {rule: L41, reason: x, path: '['}\n", "no pattern"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        ignores_in(text, "f.yaml")
    assert says in refused.value.message


# ---------------------------------------------------------------- the command


def test_an_error_that_is_ignored_no_longer_fails_the_run_and_is_counted(tmp_path: Path, migrate: Migrate) -> None:
    write_files(tmp_path / "tree", LATE)
    assert migrate(tmp_path, "lint", "tree", "--no-render", "--rule", "L41").code == 1
    outcome = migrate(tmp_path, "lint", "tree", "--no-render", "--rule", "L41", "--ignore", "L41=words are fine")
    assert outcome.code == 0
    assert "ignored: 1 × L41, words are fine (--ignore)" in outcome.out
    assert "no finding (1 ignored)" in outcome.out


def test_the_tree_keeps_its_ignores(tmp_path: Path, migrate: Migrate) -> None:
    write_files(tmp_path / "tree", {**LATE, ".migrate-lint.yaml": FILE})
    outcome = migrate(tmp_path, "lint", "tree", "--no-render", "--rule", "L41", "--output", "json")
    assert outcome.code == 0
    shape = json.loads(outcome.out)
    assert shape["findings"] == []
    assert [(one["code"], one["reason"], one["ignoredBy"]) for one in shape["ignored"]] == [
        ("L41", "words are fine here", ".migrate-lint.yaml:3")
    ]


def test_the_ignores_may_lie_above_the_tree_up_to_the_repositorys_root(tmp_path: Path, migrate: Migrate) -> None:
    write_files(tmp_path / "repository/tree", LATE)
    write_files(tmp_path / "repository", {".migrate-lint.yaml": FILE, ".git/HEAD": "ref: refs/heads/main\n"})
    assert migrate(tmp_path, "lint", "repository/tree", "--no-render", "--rule", "L41").code == 0
    (tmp_path / "repository/.migrate-lint.yaml").rename(tmp_path / ".migrate-lint.yaml")
    assert migrate(tmp_path, "lint", "repository/tree", "--no-render", "--rule", "L41").code == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--rule", "L999"), "there is no such rule"),
        (("--ignore", "L999=x"), "there is no rule L999"),
        (("--ignore", "L41"), "a rule and a reason"),
        (("--check",), "--check and --force go with --fix"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    options: tuple[str, ...], says: str, tmp_path: Path, migrate: Migrate
) -> None:
    write_files(tmp_path / "tree", GOOD)
    outcome = migrate(tmp_path, "lint", "tree", *options)
    assert (outcome.code, says in outcome.err) == (2, True)


def test_rules_are_chosen_by_id_or_by_how_it_begins(tmp_path: Path, migrate: Migrate) -> None:
    tree = {**LATE, WEB: LATE[WEB].replace("name: web\n", "name: web\ndependsOn: [crds]\n", 1)}
    write_files(tmp_path / "tree", tree)

    def codes(*options: str) -> set[str]:
        outcome = migrate(tmp_path, "lint", "tree", "--no-render", "--output", "json", *options)
        return {one["code"] for one in json.loads(outcome.out)["findings"]}

    assert codes("--rule", "l41") == {"L41"}
    assert codes("--rule", "L4") == {"L41", "L42"}
    assert codes("--rule", "L41", "--rule", "L42") == {"L41", "L42"}
