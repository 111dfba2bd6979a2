"""`commit` in repositories of every kind: with hooks, bare, shallow, detached, pushed to, and killed half-way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from migrate.commit import commit_change, commit_layers, plan_branches, push_branches
from migrate.errors import RefusedError, UsageError
from tests.commit.test_commit_branches import emitted, files_of, git, planned, run, target

__all__ = ["target"]
ROOT = Path(__file__).parents[2]
BRANCHES = ["migrate/00-skeleton", "migrate/12-crds", "migrate/15-secrets", "migrate/50-services"]


@pytest.fixture(autouse=True)
def own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")


def hook(folder: Path, name: str, script: str) -> None:
    place = folder / ".git/hooks" / name if (folder / ".git").exists() else folder / "hooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("#!/bin/sh\n" + textwrap.dedent(script))
    place.chmod(0o755)


def branches(folder: Path) -> list[str]:
    return git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads/migrate").split()


def test_hooks_see_the_commit_and_not_the_work_tree(target: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    hook(
        target,
        "pre-commit",
        f"""
        pwd >> {log}; ls >> {log}
        test -f README.md && test ! -e unwanted || exit 1
        git ls-files | grep -q docs/theirs.md""",
    )
    hook(target, "commit-msg", 'grep -q "^Migrate-Layer: " "$1" && echo "Change-Id: I$(git hash-object "$1")" >> "$1"')
    index = (target / ".git/index").read_bytes()
    first = run(target, emitted())
    assert [o.action for o in first] == ["create"] * 4
    assert str(target) not in log.read_text()
    assert (target / ".git/index").read_bytes() == index
    assert "Change-Id: I" in git(target, "log", "-1", "--format=%B", "migrate/12-crds")
    assert [(o.action, o.commit) for o in run(target, emitted())] == [("keep", o.commit) for o in first]


@pytest.mark.parametrize(("name", "script"), [
    ("pre-commit", "echo no tabs here >&2; exit 1"),
    ("commit-msg", "echo a ticket is missing >&2; exit 1"),
    ("pre-commit", "echo more >> README.md; git add README.md"),
])  # fmt: skip
def test_a_hook_that_refuses_or_rewrites_stops_the_commit(target: Path, name: str, script: str) -> None:
    hook(target, name, script)
    with pytest.raises(RefusedError, match=f"the hook {name}") as caught:
        run(target, emitted())
    assert caught.value.hint
    assert branches(target) == []
    (target / ".git/hooks" / name).unlink()
    assert [o.action for o in run(target, emitted())] == ["create"] * 4


def test_hooks_elsewhere_and_trailers_from_the_configuration(target: Path, tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/commit-msg").write_text('#!/bin/sh\necho "Seen-By: hook" >> "$1"\n')
    (tmp_path / "hooks/commit-msg").chmod(0o755)
    git(target, "config", "core.hooksPath", str(tmp_path / "hooks"))
    git(target, "config", "trailer.team.key", "Team")
    git(target, "config", "trailer.team.command", "echo platform")
    outcome = run(target, emitted())
    told = git(target, "log", "-1", "--format=%B", "migrate/12-crds")
    assert "Team: platform" in told
    assert "Seen-By: hook" in told
    assert git(target, "log", "-1", "--format=%an <%ae>", "migrate/12-crds") == "Somebody <somebody@example.org>\n"
    assert [o.commit for o in run(target, emitted())] == [o.commit for o in outcome]


def test_a_bare_repository_gets_branches_past_its_hooks(target: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(target), str(bare)], check=True)
    git(bare, "config", "user.name", "Somebody")
    git(bare, "config", "user.email", "somebody@example.org")
    hook(bare, "pre-commit", "test -f README.md")
    run(bare, emitted())
    assert branches(bare) == BRANCHES
    assert files_of(bare, "migrate/50-services").keys() == {*emitted().files, "docs/theirs.md"}


def test_a_shallow_clone_and_a_detached_head(target: Path, tmp_path: Path) -> None:
    git(target, "commit", "-q", "--allow-empty", "-m", "more")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{target}", str(shallow)], check=True)
    git(shallow, "config", "user.name", "Somebody")
    git(shallow, "config", "user.email", "somebody@example.org")
    run(shallow, emitted())
    assert branches(shallow) == BRANCHES
    git(target, "checkout", "-q", "--detach")
    with pytest.raises(UsageError, match="on no branch"):
        run(target, emitted())
    made = commit_layers(target, plan_branches(emitted(), planned()), base="main")
    assert [o.action for o in made] == ["create"] * 4
    assert git(target, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD\n"


def test_branches_are_put_on_a_base_that_moved(target: Path) -> None:
    run(target, emitted())
    git(target, "commit", "-q", "--allow-empty", "-m", "they went on")
    again = run(target, emitted())
    assert [(o.action, o.rebased) for o in again] == [("update", True)] * 4
    assert "is rebased" in again[0].as_text()
    assert git(target, "merge-base", "main", "migrate/50-services") == git(target, "rev-parse", "main")


def test_nothing_is_pushed_unless_told_and_a_refusing_hook_keeps_all_back(target: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    git(target, "remote", "add", "origin", str(remote))
    outcome = run(target, emitted())
    assert branches(remote) == []
    hook(target, "pre-push", "echo frozen until Monday >&2; exit 1")
    with pytest.raises(RefusedError, match="frozen until Monday"):
        push_branches(target, "origin", outcome)
    assert branches(remote) == []
    (target / ".git/hooks/pre-push").unlink()
    push_branches(target, "origin", outcome)
    assert branches(remote) == BRANCHES
    # Somebody else moves a branch there: it is not overwritten, and no other branch is pushed either.
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", "-b", "migrate/12-crds", str(remote), str(other)], check=True)
    git(other, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "theirs")
    git(other, "push", "-q")
    theirs = git(remote, "rev-parse", "migrate/12-crds")
    git(target, "commit", "-q", "--allow-empty", "-m", "moved")
    with pytest.raises(RefusedError):
        push_branches(target, "origin", run(target, emitted()))
    assert git(remote, "rev-parse", "migrate/12-crds") == theirs


def test_a_change_to_the_estates_own_repository_is_a_branch_beside_the_work_tree(target: Path) -> None:
    files: dict[str, str | None] = {"docs/theirs.md": None, "helmfiles/a.yaml": "fenced: true\n"}
    made = commit_change(target, "migrate/12-crds-fenced", "12-crds", "Fence 12-crds", files)
    assert (made.added, made.removed) == (("helmfiles/a.yaml",), ("docs/theirs.md",))
    assert files_of(target, made.branch) == {"helmfiles/a.yaml": b"fenced: true\n"}
    assert git(target, "status", "--porcelain") == ""
    again = commit_change(target, "migrate/12-crds-fenced", "12-crds", "Fence 12-crds", files)
    assert (again.action, again.commit) == ("keep", made.commit)


KILLED = """
import os, signal, sys
from migrate.doors.git import GitRepository
from tests.commit.test_commit_branches import emitted, planned
from migrate.commit import commit_layers, plan_branches
point, folder = int(sys.argv[1]), sys.argv[2]
calls = 0
def dying(method):
    def call(self, *given, **named):
        global calls
        calls += 1
        if calls == point:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(self, *given, **named)
    return call
for name in ("store", "write_commit", "move_branch", "_past_hooks"):
    setattr(GitRepository, name, dying(getattr(GitRepository, name)))
commit_layers(folder, plan_branches(emitted(), planned()))
print(calls)
"""


def test_a_run_killed_at_ten_points_loses_nothing_and_the_next_one_completes(target: Path, tmp_path: Path) -> None:
    hook(target, "pre-commit", "exit 0")
    (target / "docs/theirs.md").write_text("stashed\n")
    git(target, "stash")
    whole = tmp_path / "whole"
    shutil.copytree(target, whole)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}

    def attempt(point: int, folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED, str(point), str(folder)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    counted = attempt(0, whole)
    assert counted.returncode == 0, counted.stderr
    calls = int(counted.stdout)
    assert calls >= 20
    wanted = {branch: files_of(whole, branch) for branch in BRANCHES}
    for number in range(10):
        folder = tmp_path / f"killed-{number}"
        shutil.copytree(target, folder)
        point = 1 + number * (calls - 1) // 9
        assert attempt(point, folder).returncode == -signal.SIGKILL
        assert git(folder, "status", "--porcelain") == ""
        assert git(folder, "stash", "list").count("\n") == 1
        assert git(folder, "rev-parse", "main") == git(target, "rev-parse", "main")
        git(folder, "fsck", "--strict")
        commit_layers(folder, plan_branches(emitted(), planned()))
        assert {branch: files_of(folder, branch) for branch in BRANCHES} == wanted
        assert git(folder, "stash", "list").count("\n") == 1
