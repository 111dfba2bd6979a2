"""Tree objects are git's own, byte for byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.commit.changes import branch_name
from migrate.doors.git import TreeEntry, blob_id, tree_objects

NAMES = st.sampled_from(["a", "a.b", "a-b", "a0", "b", "é", "Z", "a b"])
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=12, unique=True)


def git_tree(folder: Path, files: dict[str, bytes]) -> str:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
    return subprocess.run(
        ["git", "-C", str(folder), "write-tree"], check=True, capture_output=True, text=True
    ).stdout.strip()


def without_clashes(paths: list[str]) -> list[str]:
    return [p for p in paths if not any(other.startswith(p + "/") for other in paths)]


@settings(max_examples=25, deadline=None)
@given(paths=PATHS)
def test_the_id_of_a_tree_is_gits(paths: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    files = {path: path.encode() for path in without_clashes(paths)}
    entries = {path: TreeEntry("100644", blob_id(content)) for path, content in files.items()}
    root, objects = tree_objects(entries)
    assert root == git_tree(tmp_path_factory.mktemp("tree"), files)
    assert root in objects


def test_the_empty_tree_has_its_well_known_id() -> None:
    assert tree_objects({})[0] == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.parametrize(
    ("layer", "branch"),
    [
        ("40-data-plane", "migrate/40-data-plane"),
        ("my layer", "migrate/my-layer"),
        ("a..b.lock", "migrate/a.b"),
        ("~^:", "migrate/layer"),
    ],
)
def test_branch_names_are_names_that_git_takes(layer: str, branch: str) -> None:
    assert branch_name(layer) == branch
    assert subprocess.run(["git", "check-ref-format", f"refs/heads/{branch}"], check=False).returncode == 0
