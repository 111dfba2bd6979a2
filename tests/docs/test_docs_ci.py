"""The ready workflows work: each of their scripts runs with bash in a git clone of the sample estate."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Migrate, git
from tests.docs.pipelines import Ran, Runner, github_steps, gitlab_steps, workflow

VALUES = "helmfiles/values/redis-operator/production.yaml"
ALWAYS = "${{ !cancelled() }}"
OWN = "${{ !cancelled() && github.event.pull_request.head.repo.full_name == github.repository }}"
GITLAB = {
    "CI_API_V4_URL": "https://git.example.com/api/v4",
    "CI_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_IID": "12",
    "MIGRATE_TOKEN": "not-a-token",
}


def context(base: str) -> dict[str, str]:
    return {
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.number": "12",
        "github.token": "not-a-token",
    }


def committed(folder: Path, message: str) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def clone(_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A clone of the sample estate's repository with a change and its tree committed; and the commit before."""
    scratch = tmp_path_factory.mktemp("clone")
    origin = scratch / "origin"
    shutil.copytree(_sample, origin, symlinks=True)
    for setting in ("user.name=Robin", "user.email=robin@example.org"):
        git(origin, "config", *setting.split("="))
    base = committed(origin, "The sample estate")
    (origin / VALUES).write_text("replicas: 3\n", encoding="utf-8")
    subprocess.run([Path(sys.executable).with_name("migrate"), "convert", "--quiet"], cwd=origin, check=True)
    committed(origin, "Three redis operators")
    subprocess.run(["git", "clone", "--quiet", str(origin), str(scratch / "clone")], check=True)
    return scratch / "clone", base


@pytest.fixture
def converted(small: Path, migrate: Migrate) -> tuple[Path, str]:
    """The small estate, planned and converted, in its first commit; and that commit."""
    assert migrate(small, "plan", "--quiet").code == 0
    assert migrate(small, "convert", "--quiet").code == 0
    return small, committed(small, "The small estate")


def codes(ran: dict[str, Ran]) -> dict[str, int]:
    return {name: one.code for name, one in ran.items()}


@pytest.mark.slow
def test_github_passes_a_change_that_is_converted_and_comments_what_it_does(
    clone: tuple[Path, str], tmp_path: Path
) -> None:
    folder, base = clone
    steps = github_steps(context(base))
    runner = Runner(folder, tmp_path / "ci")
    ran = runner.run_all(steps)
    assert codes(ran) == {step.name: 0 for step in steps}, ran
    body = runner.posted.read_text(encoding="utf-8")
    assert body.startswith("<!-- migrate diff -->")
    assert "redis-operator" in body
    assert "- 2\n+ 3\n" in body
    assert len(body) < 65_536
    summary = runner.summary.read_text(encoding="utf-8")
    assert body in summary
    assert "**Proven:** all 247 releases" in summary
    assert [line.split(" ")[0] for line in runner.calls.read_text(encoding="utf-8").splitlines()] == ["pip", "gh", "gh"]


@pytest.mark.slow
def test_gitlab_passes_a_change_that_is_converted_and_notes_what_it_does(
    clone: tuple[Path, str], tmp_path: Path
) -> None:
    folder, base = clone
    runner = Runner(folder, tmp_path / "ci", existing="[]")
    ran = runner.run_all(gitlab_steps(), CI_MERGE_REQUEST_DIFF_BASE_SHA=base, **GITLAB)
    assert codes(ran) == {"migrate:tree": 0, "migrate:verify": 0, "migrate:diff": 0}, ran
    assert "- 2\n+ 3\n" in runner.posted.read_text(encoding="utf-8")
    assert (folder / "verify.xml").read_text(encoding="utf-8").startswith("<?xml")
    post = runner.calls.read_text(encoding="utf-8").splitlines()[-1]
    assert "--request POST" in post
    assert post.endswith("https://git.example.com/api/v4/projects/7/merge_requests/12/notes")


def test_a_change_that_is_not_converted_fails_the_tree_and_the_proof(
    converted: tuple[Path, str], tmp_path: Path
) -> None:
    folder, base = converted
    (folder / "helmfiles/values/front.yaml").write_text("colour: green\n", encoding="utf-8")
    committed(folder, "A green front")
    ran = Runner(folder, tmp_path / "ci").run_all(github_steps(context(base)))
    failed = {name: one.code for name, one in ran.items() if one.code}
    assert failed == {"The tree is what the helmfiles give": 1, "Argo CD would apply what helmfile applies": 1}, ran


def test_a_tree_that_was_edited_fails(converted: tuple[Path, str], tmp_path: Path) -> None:
    folder, base = converted
    values = next((folder / "out/sources/values").rglob("*front*/*.yaml"))
    values.write_text("colour: green\n", encoding="utf-8")
    committed(folder, "A green front, by hand")
    runner = Runner(folder, tmp_path / "ci")
    ran = runner.run_all(gitlab_steps(), CI_MERGE_REQUEST_DIFF_BASE_SHA=base, **GITLAB | {"MIGRATE_TOKEN": ""})
    assert codes(ran) == {"migrate:tree": 5, "migrate:verify": 1, "migrate:diff": 0}, ran
    assert "no MIGRATE_TOKEN" in ran["migrate:diff"].out
    assert "curl" not in runner.calls.read_text(encoding="utf-8")
    assert "green" in (folder / "comment.md").read_text(encoding="utf-8")


def test_a_diff_that_fails_is_no_comment(converted: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = converted
    runner = Runner(folder, tmp_path / "ci")
    steps = {step.name: step for step in github_steps(context("0" * 40))}
    assert runner.run(steps["What it changes on the clusters"]).code != 0
    assert runner.run(steps["Comment"]).code != 0
    assert not runner.posted.exists()


def test_a_comment_that_is_there_is_renewed(converted: tuple[Path, str], tmp_path: Path) -> None:
    folder, base = converted
    (folder / "comment.md").write_text("<!-- migrate diff -->\nnothing\n", encoding="utf-8")
    steps = {step.name: step for step in github_steps(context(base))}
    runner = Runner(folder, tmp_path / "github", existing="31\n45\n")
    assert runner.run(steps["Comment"]).code == 0
    call = runner.calls.read_text(encoding="utf-8").splitlines()[-1]
    assert "--method PATCH repos/team/gitops/issues/comments/31 --field body=@comment.md" in call

    notes = '[{"id": 5, "body": "hello"}, {"id": 6, "body": "<!-- migrate diff -->\\nold"}]'
    runner = Runner(folder, tmp_path / "gitlab", existing=notes)
    diff = {step.name: step for step in gitlab_steps()}["migrate:diff"]
    assert runner.run(diff, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, **GITLAB).code == 0
    assert runner.calls.read_text(encoding="utf-8").splitlines()[-1].endswith("/merge_requests/12/notes/6")


def test_every_check_runs_though_another_failed_and_forks_get_no_comment() -> None:
    conditions = {step.name: step.condition for step in github_steps(context("x"))}
    assert conditions.pop("Install migrate") == ""
    assert conditions.pop("The plan is complete and current") == ""
    assert conditions.pop("Comment") == OWN
    assert set(conditions.values()) == {ALWAYS}


def test_actions_are_named_by_version_and_rights_are_least() -> None:
    github = workflow("github.yml")
    used = [step["uses"] for step in github["jobs"]["migrate"]["steps"] if "uses" in step]
    assert used == ["actions/checkout@v4", "actions/setup-python@v5"]
    assert github["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert list(github["on"]) == ["pull_request"]
