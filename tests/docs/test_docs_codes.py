"""The reference pages are what the program says; findings.md has every code, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.model.json import JsonObject
from migrate.report.codes import CODES, GROUPS
from migrate.report.schema_keys import keys_markdown
from tests.conftest import ROOT, Migrate

CODE = re.compile(r"[A-Z]{2}\d{3}")
TABLES = ROOT / "migrate/report/codes"


def said(folder: Path) -> Iterator[str]:
    """Every string of the program that is a code."""
    for path in sorted(folder.rglob("*.py")):
        if path.parent != TABLES:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                    yield node.value


def test_every_code_of_the_program_is_told_and_no_other() -> None:
    found = set(said(ROOT / "migrate"))
    assert found - set(CODES) == set(), "give each a line in migrate/report/codes/, then: make reference"
    assert set(CODES) - found == set(), "nobody says these any more"


def test_no_code_stands_in_two_tables() -> None:
    assert sum(len(table) for _, table in GROUPS.values()) == len(CODES)


def test_each_says_what_it_means_and_what_to_do() -> None:
    assert [code for code, meaning in CODES.items() if not all(meaning)] == []


PAGES = dict(re.findall(r"migrate reference (\S+) > (docs/\S+)", (ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("subject", "page"), PAGES.items())
def test_each_page_is_current(subject: str, page: str, migrate: Migrate, tmp_path: Path) -> None:
    """Of what `make reference` writes; commands.md has a test of its own beside the commands."""
    assert migrate(tmp_path, "reference", subject).out == (ROOT / page).read_text(encoding="utf-8")


def test_every_page_of_the_reference_is_written_by_make_reference() -> None:
    by_hand = {"README.md"}
    pages = {str(path.relative_to(ROOT)) for path in (ROOT / "docs/reference").iterdir() if path.name not in by_hand}
    assert pages == {*PAGES.values(), "docs/reference/commands.md"}


def test_every_key_of_migration_yaml_has_a_row() -> None:
    rows = (ROOT / "docs/reference/migration.md").read_text(encoding="utf-8")
    for key in ("target.repoURL", "ladder[].maxUpdate", "releases.<…>.pins.values", "rules[].set.rolloutPhase"):
        assert f"| `{key}` |" in rows


def test_a_value_with_its_source_is_told_by_its_plain_form() -> None:
    value: JsonObject = {"enum": ["a", "b"], "description": "One | of <two>."}
    with_source: JsonObject = {"type": "object", "properties": {"value": value, "source": {"type": "string"}}}
    schema: JsonObject = {
        "title": "some.yaml",
        "description": "Some.",
        "properties": {
            "choice": {"anyOf": [value, with_source]},
            "many": {"additionalProperties": {"type": "boolean"}},
        },
    }
    assert keys_markdown(schema, "some.json").splitlines()[-3:] == [
        "| `choice` | `a`, `b` | One \\| of &lt;two>. |",
        "| `many` | keys |  |",
        "| `many.<…>` | true or false |  |",
    ]
