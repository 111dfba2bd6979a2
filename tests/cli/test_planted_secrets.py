"""No secret of any input stands in any output: sixty are planted, every command is run, and all it says is searched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.planted import Planting
from tests.cli.searching import assert_clean, externalise_all, leaks, options, written
from tests.conftest import Migrate, git

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


@pytest.mark.parametrize("layout", ["shared", "kustomize", "plugin"])
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
    for command in (("verify", "--output", "json"), ("expand", "--output", "json"), ("lint",)):
        outcome = migrate(project, *command, "--out", "other", *options(planting))
        assert_clean(planting, project, outcome.out + outcome.err, command)
        assert outcome.code in (0, 1), (command, outcome.err)


@pytest.mark.parametrize("place", ["chart template", "release secret: password", "ref+echo inline"])
def test_a_trace_of_a_bug_holds_none(
    project: Path, migrate: Migrate, planting: Planting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    secret = planting.secrets[place]

    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"cannot take {secret!r}")

    monkeypatch.setattr("migrate.cli.reading.read_estate", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    outcome = migrate(project, "inspect", "--debug")
    assert outcome.code == 70
    (trace,) = tmp_path.glob("migrate-trace-*")
    assert "cannot take '***'" in trace.read_text()
    assert secret not in outcome.err + trace.read_text()
