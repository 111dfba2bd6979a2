"""docs/how-to/lint.md is true: its files give what it shows."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT, Migrate, write_files

PAGE = (ROOT / "docs/how-to/lint.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
APPS, EAST, KEPT = (text for language, text in BLOCKS if language == "yaml")
TABLE = next(text for language, text in BLOCKS if language == "text")
DIFFERENCE = next(text for language, text in BLOCKS if language == "diff")


def tree(folder: Path, more: dict[str, str] | None = None) -> Path:
    files = {"apps/clusters.yaml": APPS, "clusters/east.yaml": EAST, **(more or {})}
    write_files(folder / "gitops", files)
    return folder


def test_the_table_and_the_difference_are_what_the_command_prints(tmp_path: Path, migrate: Migrate) -> None:
    folder = tree(tmp_path)
    outcome = migrate(folder, "lint", "gitops")
    assert (outcome.code, f"$ migrate lint gitops\n{outcome.out}") == (1, TABLE)
    outcome = migrate(folder, "lint", "gitops", "--fix", "--check")
    assert (outcome.code, f"$ migrate lint gitops --fix --check\n{outcome.out}") == (1, DIFFERENCE)


def test_the_fix_and_the_kept_ignore_leave_nothing_to_do(tmp_path: Path, migrate: Migrate) -> None:
    folder = tree(tmp_path, {".migrate-lint.yaml": KEPT})
    outcome = migrate(folder, "lint", "gitops", "--fix", "--force")
    assert (outcome.code, "no finding (1 ignored)" in outcome.out) == (0, True)
