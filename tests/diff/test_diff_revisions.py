"""``migrate diff --repo DIR A..B``: real repositories of every kind, and nothing of them is touched."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Migrate, Outcome, git, write_files
from tests.diff.trees import application, configmap, tree


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a folder, git's own among them, with the moment of its last change."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def committed(folder: Path, value: str, *, place: str = "") -> str:
    tree(folder / place, {"x": application("x")}, {"x": [configmap("c", a=value)]})
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", value)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Three commits on main, and a branch that left after the first."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    committed(folder, "one")
    git(folder, "tag", "v1")
    git(folder, "checkout", "-q", "-b", "side")
    committed(folder, "side")
    git(folder, "checkout", "-q", "main")
    committed(folder, "two")
    committed(folder, "three")
    return folder


def values(outcome: Outcome) -> tuple[str, str]:
    """What the one ConfigMap says on either side."""
    rows: list[dict[str, Any]] = json.loads(outcome.out)["applications"]
    (row,) = [row for row in rows if row["application"] == "x"]
    (field,) = row["objects"][0]["fields"]
    return json.loads(field["before"]), json.loads(field["after"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1..main", ("one", "three")),
        ("v1..", ("one", "three")),
        ("..v1", ("three", "one")),
        ("main~1..main", ("two", "three")),
        ("side..main", ("side", "three")),
        ("main..side", ("three", "side")),
        ("main...side", ("one", "side")),
        ("side...", ("one", "three")),
        ("v1", ("one", "three")),
    ],
)
def test_ranges_mean_what_git_means_by_them(
    text: str, expected: tuple[str, str], repo: Path, tmp_path: Path, migrate: Migrate
) -> None:
    before = snapshot(repo)
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), text, "--output", "json")
    assert outcome.code == 1, outcome.err
    assert values(outcome) == expected
    assert snapshot(repo) == before


def test_a_dirty_work_tree_its_index_and_its_stash_stay_as_they_are(
    repo: Path, tmp_path: Path, migrate: Migrate
) -> None:
    git(repo, "config", "core.autocrlf", "true")
    (repo / "apps/x/0.yaml").write_text("kind: broken [\n")
    git(repo, "stash", "-q")
    write_files(repo, {"apps/x/0.yaml": "staged: [\n", "untracked.txt": "mine\n"})
    git(repo, "add", "apps/x/0.yaml")
    (repo / "environments/dev/argocd/apps/x.yaml").unlink()
    before = snapshot(repo)
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), "v1..main", "--output", "json")
    assert values(outcome) == ("one", "three")
    assert snapshot(repo) == before


def test_one_revision_is_compared_with_the_files_on_the_disk(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    tree(repo, {}, {"x": [configmap("c", a="not committed")]})
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), "HEAD", "--output", "json")
    assert values(outcome) == ("three", "not committed")


def test_a_bare_repository_has_revisions_and_no_files(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    before = snapshot(bare)
    outcome = migrate(tmp_path, "diff", "--repo", str(bare), "v1..main", "--output", "json")
    assert values(outcome) == ("one", "three")
    files = migrate(tmp_path, "diff", "--repo", str(bare), "v1")
    assert (files.code, "is bare and has no files" in files.err) == (2, True)
    assert snapshot(bare) == before


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_what_a_partial_clone_lacks_is_said_and_not_fetched(
    kind: str, repo: Path, tmp_path: Path, migrate: Migrate
) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--no-checkout", f"--filter={kind}", f"file://{repo}", str(partial))
    before = snapshot(partial)
    outcome = migrate(tmp_path, "diff", "--repo", str(partial), "v1..origin/main")
    assert (outcome.code, "the clone is partial" in outcome.err) == (3, True)
    assert snapshot(partial) == before


def test_a_shallow_clone_says_what_it_lacks_and_fetches_nothing(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{repo}", str(shallow))
    assert values(migrate(tmp_path, "diff", "--repo", str(shallow), "HEAD~1..HEAD", "--output", "json")) == (
        "two", "three",
    )  # fmt: skip
    first = git(repo, "rev-parse", "v1")
    before = snapshot(shallow)
    for text in (f"{first}..HEAD", "v1..HEAD"):
        outcome = migrate(tmp_path, "diff", "--repo", str(shallow), text)
        assert outcome.code == 2
        assert f"has no revision {text.partition('..')[0]}" in outcome.err
        assert "git fetch --unshallow" in outcome.err
    assert snapshot(shallow) == before


def test_histories_without_a_common_commit_are_told(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    git(repo, "checkout", "-q", "--orphan", "other")
    committed(repo, "other")
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), "main...other")
    assert outcome.code == 2
    assert "no commit in common" in outcome.err
    assert values(migrate(tmp_path, "diff", "--repo", str(repo), "main..other", "--output", "json")) == (
        "three", "other",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["nowhere..main", "main..nowhere", "--all..main", "HEAD:apps..main", "0" * 40 + ".."])
def test_a_revision_that_is_not_there_is_wrong_usage(text: str, repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), "--", text)
    assert outcome.code == 2
    assert "revision" in outcome.err


def test_no_repository_is_wrong_usage(tmp_path: Path, migrate: Migrate) -> None:
    outcome = migrate(tmp_path, "diff", "--repo", str(tmp_path), "a..b")
    assert (outcome.code, "is no git repository" in outcome.err) == (2, True)


def test_the_tree_is_found_in_its_folder_or_named(tmp_path: Path, migrate: Migrate) -> None:
    folder = tmp_path / "mono"
    folder.mkdir()
    git(folder, "init", "-q")
    write_files(folder, {"helmfiles/README.md": "an estate\n"})
    committed(folder, "one", place="deploy/out")
    committed(folder, "two", place="deploy/out")
    outcome = migrate(tmp_path, "diff", "--repo", str(folder), "HEAD~1..", "--output", "json")
    assert values(outcome) == ("one", "two")
    assert json.loads(outcome.out)["before"].endswith(":deploy/out")
    committed(folder, "three", place="second")
    several = migrate(tmp_path, "diff", "--repo", str(folder), "HEAD~2..HEAD")
    assert (several.code, "deploy/out, second" in several.err) == (2, True)
    named = migrate(tmp_path, "diff", "--repo", str(folder), "HEAD~2..HEAD", "--output", "json", "--", "deploy/out")
    assert values(named) == ("one", "two")
    added = json.loads(migrate(tmp_path, "diff", "--repo", str(folder), "HEAD~1..", "second", "--output", "json").out)
    assert added["summary"]["added"] == 2
    nowhere = migrate(tmp_path, "diff", "--repo", str(folder), "HEAD~1..HEAD", "--", "nowhere")
    assert nowhere.code == 3


def test_a_commit_that_holds_no_tree_is_unreadable(tmp_path: Path, migrate: Migrate) -> None:
    folder = write_files(tmp_path / "repo", {"README.md": "nothing\n"})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "nothing")
    assert migrate(tmp_path, "diff", "--repo", str(folder), "HEAD..HEAD").code == 3


def test_links_of_a_commit_lead_nowhere_and_a_submodule_is_empty(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    secret = write_files(tmp_path / "mine", {"key.txt": "kept to myself\n"})
    (repo / "apps/x/1.yaml").symlink_to(secret / "key.txt")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "a link")
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), "HEAD~1..HEAD")
    assert (outcome.code, "leads outside" in outcome.err) == (3, True)
    assert "kept to myself" not in outcome.out + outcome.err
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{head},apps/module")
    git(repo, "commit", "-q", "-m", "a module")
    assert migrate(tmp_path, "diff", "--repo", str(repo), "HEAD~1..HEAD").code == 0


def test_a_name_that_leads_out_is_refused(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    blob = git(repo, "rev-parse", "HEAD:apps/x/0.yaml")
    listed = f"100644 blob {blob}\t..\n"
    bad = subprocess.run(["git", "mktree"], cwd=repo, input=listed, text=True, capture_output=True, check=True)
    entries = git(repo, "ls-tree", "HEAD") + f"\n040000 tree {bad.stdout.strip()}\tzz\n"
    top = subprocess.run(["git", "mktree"], cwd=repo, input=entries, text=True, capture_output=True, check=True)
    commit = git(repo, "commit-tree", top.stdout.strip(), "-m", "bad")
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), f"HEAD..{commit}")
    assert (outcome.code, "holds the name 'zz/..'" in outcome.err) == (3, True)


def test_a_lost_object_is_said(repo: Path, tmp_path: Path, migrate: Migrate) -> None:
    blob = git(repo, "rev-parse", "HEAD:apps/x/0.yaml")
    (repo / ".git/objects" / blob[:2] / blob[2:]).unlink()
    outcome = migrate(tmp_path, "diff", "--repo", str(repo), "v1..HEAD")
    assert (outcome.code, "git has no content of apps/x/0.yaml" in outcome.err) == (3, True)
