"""The hooks for pre-commit and the container recipe: what can be tried without a network or an engine."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.yaml import dump_yaml, load_yaml
from tests.conftest import ROOT, Migrate, git

_LISTED: Any = load_yaml((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in _LISTED}
CONTAINERFILE = ROOT / "docs/ci/Containerfile"
PRE_COMMIT = shutil.which("pre-commit", path=str(Path(sys.executable).parent)) or shutil.which("pre-commit")


@pytest.fixture
def converted(small: Path, migrate: Migrate) -> Path:
    """The small estate, planned, converted and committed."""
    for command in ("plan", "convert"):
        assert migrate(small, command, "--quiet").code == 0
    git(small, "add", ".")
    git(small, "commit", "--quiet", "-m", "The small estate")
    return small


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_each_hook_passes_where_all_is_current(hook: dict[str, Any], converted: Path, migrate: Migrate) -> None:
    program, *arguments = hook["entry"].split()
    assert program == "migrate"
    assert migrate(converted, *arguments).code == 0


@pytest.mark.parametrize(("name", "code"), [("migrate-convert", 1), ("migrate-verify", 1)])
def test_a_hook_fails_where_the_tree_is_stale(name: str, code: int, converted: Path, migrate: Migrate) -> None:
    (converted / "helmfiles/values/front.yaml").write_text("colour: green\n", encoding="utf-8")
    assert migrate(converted, *HOOKS[name]["entry"].split()[1:]).code == code


def test_hooks_run_for_what_they_look_at() -> None:
    runs = {name: re.compile(hook["files"]) for name, hook in HOOKS.items()}

    def started(path: str) -> set[str]:
        return {name.removeprefix("migrate-") for name, files in runs.items() if files.search(path)}

    assert started("helmfiles/values/front.yaml") == {"plan", "convert", "verify"}
    assert started("migration.yaml") == {"plan", "convert", "verify"}
    assert started("out/README.md") == {"convert", "lint", "verify"}
    assert started("README.md") == set()


@pytest.mark.skipif(PRE_COMMIT is None, reason="pre-commit is not installed")
def test_pre_commit_runs_the_hooks(converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `language: system`, as the how-to says; building an environment of its own would want a network."""
    source = tmp_path / "source"
    source.mkdir()
    git(source, "init", "--quiet")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", source)
    git(source, "add", ".")
    git(source, "commit", "--quiet", "-m", "Hooks")
    hooks = [{"id": name, "language": "system"} for name in HOOKS]
    repo = {"repo": str(source), "rev": git(source, "rev-parse", "HEAD"), "hooks": hooks}
    (converted / ".pre-commit-config.yaml").write_text(dump_yaml({"repos": [repo]}), encoding="utf-8")
    git(converted, "add", ".")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    assert PRE_COMMIT is not None

    def run() -> tuple[int, str]:
        command = [PRE_COMMIT, "run", "--all-files", "--color=never"]
        done = subprocess.run(command, cwd=converted, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, out = run()
    assert (code, out.count("Passed")) == (0, 3), out  # migrate-verify waits for a push
    (converted / "helmfiles/values/front.yaml").write_text("colour: green\n", encoding="utf-8")
    code, out = run()
    assert (code, out.count("Failed")) == (1, 1), out


# ---------------------------------------------------------------- the container


def instructions() -> list[tuple[str, str]]:
    """(instruction, the rest), comments gone and continued lines joined."""
    lines = CONTAINERFILE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def test_the_recipe_uses_what_every_engine_knows() -> None:
    known = {"ARG", "FROM", "WORKDIR", "RUN", "COPY", "ENV", "USER", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in instructions()} <= known
    assert instructions()[0] == ("ARG", "BASE=python:3.12-slim-bookworm")
    assert {rest.split()[0] for word, rest in instructions() if word == "FROM"} == {"${BASE}"}


def test_what_it_copies_is_there_and_is_not_ignored() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    sources = [
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from=")
        for source in rest.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        taken = False
        for pattern in ignored:
            if fnmatch.fnmatch(source, pattern.removeprefix("!")):
                taken = pattern.startswith("!")
        assert taken, f"{source} is left out by .dockerignore"
    stages = {rest.split()[2] for word, rest in instructions() if word == "FROM" and " AS " in rest}
    assert {rest.split()[0] for word, rest in instructions() if word == "COPY" and rest[:2] == "--"} == {
        f"--from={stage}" for stage in stages
    }


def test_its_scripts_can_be_parsed_and_it_starts_migrate_as_nobody_special() -> None:
    for word, rest in instructions():
        if word == "RUN":
            subprocess.run(["bash", "-n", "-c", rest], check=True)
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users[-1] not in ("root", "0")
    starts = {word: json.loads(rest) for word, rest in instructions() if word in ("ENTRYPOINT", "CMD")}
    assert starts == {"ENTRYPOINT": ["migrate"], "CMD": ["--help"]}
