"""No secret of any input stands in any output: sixty are planted, every command is run, and all it says is searched."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from tests.cli.planted import Planting, planted
from tests.conftest import Migrate, git, write_files

STATE = "helmfiles/10-apps.yaml.gotmpl"
COMMANDS = (
    ("inspect",),
    ("inspect", "--output", "json"),
    ("graph",),
    *(("graph", "--output", form) for form in ("json", "dot", "mermaid", "svg")),
    ("plan",),
    ("plan", "--output", "json"),
    ("plan", "--explain", "plain"),
    ("convert", "--check"),
    ("convert",),
    ("status",),
)
ON_A_TREE = (
    ("convert", "--check", "--ledger", "json"),
    ("convert", "--check", "--ledger", "markdown"),
    ("expand",),
    ("expand", "--output", "json"),
    *(("verify", "--output", form) for form in ("table", "json", "junit", "markdown")),
    ("verify", "--cache", "cache", "--jobs", "1"),
    ("verify", "--rollout"),
    ("lint",),
    ("lint", "--output", "json"),
    ("lint", "--inventory", "markdown"),
    ("status", "--output", "json"),
    ("commit", "--repo", "target", "--dry-run"),
)


@pytest.fixture(scope="module")
def planting() -> Planting:
    return planted()


@pytest.fixture
def project(tmp_path: Path, planting: Planting) -> Path:
    folder = write_files(tmp_path / "project", {f"helmfiles/{name}": text for name, text in planting.files.items()})
    write_files(tmp_path / "twins", planting.twins)
    write_files(tmp_path / "twins/helmfiles", planting.twins)
    git(folder, "init", "--quiet")
    return folder


def options(planting: Planting) -> list[str]:
    return ["--secrets-dir", "../twins", *(f"--set-env={name}={text}" for name, text in planting.variables.items())]


def leaks(planting: Planting, text: str) -> list[str]:
    """The places whose secrets stand in a text, as they are or encoded."""
    return [
        place
        for place, secret in planting.secrets.items()
        if secret in text or base64.b64encode(secret.encode()).decode() in text
    ]


def written(folder: Path) -> dict[str, str]:
    """What commands wrote: everything but the estate, names included."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"helmfiles", ".git"} & set(path.relative_to(folder).parts[:2])
    }


def assert_clean(planting: Planting, project: Path, said: str, command: object) -> None:
    assert leaks(planting, said) == [], command
    for name, text in written(project).items():
        assert leaks(planting, name) == [], (command, "the name of a file")
        assert leaks(planting, text) == [], (command, name)


def test_sixty_are_planted(planting: Planting) -> None:
    assert len(planting.secrets) >= 60
    assert len(set(planting.secrets.values())) == len(planting.secrets)


def test_the_search_finds_what_was_asked_for(project: Path, migrate: Migrate, planting: Planting) -> None:
    """``values`` and ``render`` print secrets: so the search works, and the secrets are really read."""
    shown = migrate(project, "values", "closed", "--estate", "helmfiles", *options(planting)).out
    shown += migrate(project, "values", "referring", *options(planting)).out
    shown += migrate(project, "values", "plain", *options(planting)).out
    shown += migrate(project, "render", *options(planting)).out
    shown += migrate(project, "helmfile", "--secrets-dir", "../twins", "build", "-f", STATE).out
    missing = set(planting.secrets) - set(leaks(planting, shown))
    # What Helm never gets: comments, names of files, and what belongs to helmfile alone.
    assert missing <= {
        "comment of a chart", "comment of a values file", "file of a chart", "name of a file",
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_says_or_writes_one(
    project: Path, migrate: Migrate, planting: Planting, command: tuple[str, ...]
) -> None:
    code = 0
    for more in ([], ["--debug"], options(planting)):
        outcome = migrate(project, *command, *more)
        assert_clean(planting, project, outcome.out + outcome.err, (command, more))
        code = outcome.code
    if command[0] == "convert":
        assert code == 5
        assert not (project / "out").exists()


def externalise_all(project: Path, migrate: Migrate, planting: Planting) -> None:
    """Do what the findings say until the conversion works."""
    (named,) = [name for name in planting.files if "AKIA" in name]
    (project / "helmfiles" / named).rename(project / "helmfiles/values/renamed.yaml")
    state = project / "helmfiles/10-apps.yaml.gotmpl"
    state.write_text(state.read_text().replace(named, "values/renamed.yaml"))
    assert migrate(project, "plan", *options(planting)).code == 0
    outcome = migrate(project, "convert", *options(planting))
    assert outcome.code == 5
    places = sorted(set(re.findall(r"under secrets, `([^`]+): externalise`", outcome.err)))
    plan = project / "migration.yaml"
    text = re.sub(r"(?m)^secrets:.*\n", "", plan.read_text())
    plan.write_text(f"{text}secrets:\n" + "".join(f"  {json.dumps(place)}: externalise\n" for place in places))
    outcome = migrate(project, "convert", *options(planting))
    assert outcome.code == 0, outcome.err
    assert_clean(planting, project, outcome.out + outcome.err, "convert")


def test_nor_once_all_are_externalised(project: Path, migrate: Migrate, planting: Planting) -> None:
    externalise_all(project, migrate, planting)
    (project / "target").mkdir()
    git(project / "target", "init", "--quiet")
    for command in ON_A_TREE:
        outcome = migrate(project, *command, *options(planting))
        assert_clean(planting, project, outcome.out + outcome.err, command)
        assert outcome.code == 0 or command[0] in ("status", "commit"), (command, outcome.out)
    for path in ("README.md", *sorted(name[4:] for name in written(project) if name.startswith("out/sources/values"))):
        outcome = migrate(project, "why", f"{path}:1")
        assert outcome.code == 0, outcome.err
        assert leaks(planting, outcome.out + outcome.err) == []


@pytest.mark.parametrize("layout", ["shared", "plugin"])
def test_nor_in_another_layout(project: Path, migrate: Migrate, planting: Planting, layout: str) -> None:
    externalise_all(project, migrate, planting)
    plan = project / "migration.yaml"
    command = ("convert", "--layout", layout, "--accept-lost-order", "--out", "other", *options(planting))
    outcome = migrate(project, *command)
    while outcome.code == 5:
        assert_clean(planting, project, outcome.out + outcome.err, command)
        places = re.findall(r"under secrets, `([^`]+): externalise`", outcome.err)
        assert not any(f"{json.dumps(place)}:" in plan.read_text() for place in places), "it asks again"
        plan.write_text(plan.read_text() + "".join(f"  {json.dumps(place)}: externalise\n" for place in set(places)))
        outcome = migrate(project, *command)
    assert outcome.code == 0, outcome.err
    assert_clean(planting, project, outcome.out + outcome.err, command)


def test_nor_in_the_layout_kustomize(project: Path, migrate: Migrate, planting: Planting) -> None:
    """What stands in a patch cannot always be replaced there: then nothing is written."""
    externalise_all(project, migrate, planting)
    command = ("convert", "--layout", "kustomize", "--accept-lost-order", "--out", "other", *options(planting))
    outcome = migrate(project, *command)
    assert_clean(planting, project, outcome.out + outcome.err, command)
    assert outcome.code == 5
    assert "nothing can stand in for it" in outcome.err
    assert not (project / "other").exists()


def test_a_trace_of_a_bug_holds_none(
    project: Path, migrate: Migrate, planting: Planting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = planting.secrets["chart template"]

    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"cannot take {secret}")

    monkeypatch.setattr("migrate.cli.reading.read_estate", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    outcome = migrate(project, "inspect", "--debug")
    assert outcome.code == 70
    (trace,) = tmp_path.glob("migrate-trace-*")
    assert "cannot take ***" in trace.read_text()
    assert secret not in outcome.err + trace.read_text()
