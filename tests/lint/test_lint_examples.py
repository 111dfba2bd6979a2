"""Every rule's own example: the bad tree is caught where it is marked, and nowhere else; the good one is not."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrate.cli.linting import LintOptions, lint_folder
from migrate.console import SilentConsole
from migrate.doors.any_tree import read_any_tree
from migrate.lint import all_rules
from migrate.lint.example import bad_tree, good_tree, lay_over, marked_places
from migrate.lint.good_tree import GOOD, ROLLING
from migrate.lint.rule import Rule
from migrate.model.finding import Finding, Severity

HEAVIEST = (Severity.ERROR, Severity.WARNING, Severity.INFO)
RULES = all_rules()


def write_tree(files: Mapping[str, str], folder: Path) -> None:
    """The files on disk; ``-> target`` stands for a link."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if link := re.fullmatch(r"-> (.+)\n", text):
            (folder / path).symlink_to(link[1])
        else:
            (folder / path).write_text(text, encoding="utf-8")


def lint_rendered(files: Mapping[str, str], folder: Path) -> tuple[Finding, ...]:
    """What the rules find in a tree that lies on disk and is really rendered."""
    write_tree(files, folder)
    return lint_folder(folder, read_any_tree(folder), LintOptions(), SilentConsole(io.StringIO()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_bad_example_is_caught_where_it_is_marked(rule: Rule, tmp_path: Path) -> None:
    found = [f for f in lint_rendered(bad_tree(rule.example), tmp_path) if f.code == rule.id]
    assert {(f.source.file, f.source.line) for f in found if f.source} == marked_places(rule.example), found
    assert found
    assert all(HEAVIEST.index(f.severity) >= HEAVIEST.index(rule.severity) for f in found)
    assert all(f.message and f.hint for f in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_good_example_is_not_named(rule: Rule, tmp_path: Path) -> None:
    assert [f for f in lint_rendered(good_tree(rule.example), tmp_path) if f.code == rule.id] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_example_differs_from_the_bad_one(rule: Rule) -> None:
    assert good_tree(rule.example) != bad_tree(rule.example)


@pytest.mark.parametrize("files", [GOOD, ROLLING], ids=["handed over by hand", "rolling"])
def test_the_good_tree_breaks_no_rule(files: Mapping[str, str], tmp_path: Path) -> None:
    assert lint_rendered(files, tmp_path) == ()


def test_rules_have_one_id_each_and_say_why() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES) > 0
    assert all(rule.title and rule.reason and rule.pointer for rule in RULES)


@pytest.mark.parametrize(
    ("fragment", "result"),
    [
        ("b: 3", "a:\n  x: 1\n  y: 2\nb: 3\n"),
        ("a:\n  x: 3", "a:\n  x: 3\n  y: 2\nb:\n  - 1\n"),
        ("a:\n  # without x", "a:\n  y: 2\nb:\n  - 1\n"),
        ("# without a", "b:\n  - 1\n"),
        ("a:  # kept", "a:  # kept\n  x: 1\n  y: 2\nb:\n  - 1\n"),
        ("b:\n  - 2\n  - 3", "a:\n  x: 1\n  y: 2\nb:\n  - 2\n  - 3\n"),
        ("c.d/e: 4", "a:\n  x: 1\n  y: 2\nb:\n  - 1\nc.d/e: 4\n"),
    ],
)
def test_a_fragment_is_laid_over_key_by_key(fragment: str, result: str) -> None:
    assert lay_over("a:\n  x: 1\n  y: 2\nb:\n  - 1\n", fragment) == result
