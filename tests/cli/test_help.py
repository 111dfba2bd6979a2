"""Help, completion and the reference page."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from migrate.cli import cli
from migrate.cli.reference import commands_markdown
from tests.conftest import ROOT, Migrate

CONTRACT = [
    "inspect",
    "values",
    "render",
    "graph",
    "plan",
    "wizard",
    "convert",
    "expand",
    "verify",
    "lint",
    "diff",
    "upgrade",
    "commit",
    "cutover",
    "retire",
    "status",
]
COMMON = {
    "--environment", "--selector", "--state-values-set", "--state-values-file", "--plan", "--out", "--kube-version",
    "--api-versions", "--chart-map", "--set-env", "--allow-environment", "--allow-exec", "--allow-path",
    "--secrets-dir", "--helmfile-version", "--helmfile-binary", "--batch", "--jobs", "--output", "--quiet",
    "--no-color", "--debug",
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACT)
def test_every_command_of_the_contract_has_the_common_options(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = {opt for p in command.params if isinstance(p, click.Option) for opt in p.opts}
    assert options >= COMMON


@pytest.mark.parametrize("name", [n for n in CONTRACT if n != "wizard"])
def test_help_has_an_example(name: str, tmp_path: Path, migrate: Migrate) -> None:
    outcome = migrate(tmp_path, name, "--help")
    assert outcome.code == 0
    assert f"  migrate {name}" in outcome.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell: str, tmp_path: Path, migrate: Migrate) -> None:
    assert "_MIGRATE_COMPLETE" in migrate(tmp_path, "completion", shell).out


def test_the_reference_page_is_what_the_program_says() -> None:
    page = ROOT / "docs/reference/commands.md"
    assert page.read_text(encoding="utf-8") == commands_markdown(cli), "run: make reference"
