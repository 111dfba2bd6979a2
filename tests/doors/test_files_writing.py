"""Writing a tree: ownership, refusal, comparison, links, and what a killed run leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.doors import swap
from migrate.doors.files import (
    MANIFEST_PATH,
    PROVENANCE_PATH,
    TreeChanges,
    compare_tree,
    load_provenance,
    load_verdicts,
    read_text,
    read_tree,
    read_yaml_documents,
    seal_tree,
    store_verdicts,
    write_text,
    write_texts,
    write_tree,
)
from migrate.errors import EstateError, ExitCode, RefusedError
from migrate.model.tree import FileTree, Provenance

ONE = FileTree({"a.yaml": b"a: 1\n", "sub/b.yaml": b"b: 1\n"})
TWO = FileTree({"a.yaml": b"a: 2\n", "sub/c.yaml": b"c: 1\n"})


def contents(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in read_tree(folder).files.items() if not path.startswith(".migrate/")}


def test_a_tree_is_written_and_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    first = write_tree(out, ONE)
    assert first.added == (MANIFEST_PATH, PROVENANCE_PATH, "a.yaml", "sub/b.yaml")
    assert contents(out) == dict(ONE.files)
    second = write_tree(out, TWO)
    assert contents(out) == dict(TWO.files)
    assert second == TreeChanges(("sub/c.yaml",), (MANIFEST_PATH, "a.yaml"), ("sub/b.yaml",))
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_the_same_tree_again_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    before = (out / "a.yaml").stat()
    assert not write_tree(out, ONE).any
    assert (out / "a.yaml").stat().st_ino == before.st_ino


def test_comparing_says_what_writing_would_do_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    foreseen = compare_tree(out, TWO)
    assert contents(out) == dict(ONE.files)
    assert write_tree(out, TWO) == foreseen


def test_a_foreign_file_is_refused_and_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for number in range(12):
        (out / f"mine-{number:02}.txt").write_text("keep")
    with pytest.raises(RefusedError, match=r"12 file\(s\).*mine-00.txt.*mine-09.txt and 2 more") as caught:
        write_tree(out, ONE)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert sorted(contents(out)) == [f"mine-{number:02}.txt" for number in range(12)]


def test_a_foreign_file_added_to_our_tree_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    (out / "notes.md").write_text("mine")
    with pytest.raises(RefusedError, match=r"did not write: notes\.md"):
        write_tree(out, TWO)
    assert (out / "a.yaml").read_bytes() == b"a: 1\n"


def test_our_file_changed_by_hand_is_refused_even_where_the_new_tree_drops_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    (out / "sub/b.yaml").write_text("b: by hand\n")
    with pytest.raises(RefusedError, match=r"changed by hand: sub/b.yaml"):
        write_tree(out, TWO)
    with pytest.raises(RefusedError):
        compare_tree(out, ONE)


def test_a_change_by_hand_that_equals_the_new_content_is_no_obstacle(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    (out / "a.yaml").write_bytes(b"a: 2\n")
    write_tree(out, TWO)
    assert contents(out) == dict(TWO.files)


def test_a_file_of_ours_that_was_deleted_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    (out / "a.yaml").unlink()
    assert write_tree(out, ONE).added == ("a.yaml",)


def test_a_git_work_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out/.git").mkdir(parents=True)
    with pytest.raises(RefusedError, match="git work tree"):
        write_tree(tmp_path / "out", ONE)
    assert not (tmp_path / "out/a.yaml").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RefusedError, match="is a file"):
        write_tree(tmp_path / "out", ONE)


def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    (out / MANIFEST_PATH).write_text("[]")
    with pytest.raises(RefusedError, match="nobody knows"):
        write_tree(out, TWO)


def test_a_link_is_never_taken_for_our_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    (tmp_path / "elsewhere").write_bytes(b"a: 1\n")
    (out / "a.yaml").unlink()
    (out / "a.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError):
        write_tree(out, TWO)


def test_a_link_to_the_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    write_tree(tmp_path / "out", ONE)
    assert (tmp_path / "out").is_symlink()
    assert contents(tmp_path / "real") == dict(ONE.files)


def test_a_file_saved_while_the_tree_is_written_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    real = swap.replace_folder
    saved = False

    def saving(new: Path, folder: Path) -> None:
        nonlocal saved
        if not saved:
            (folder / "saved-now.txt").write_text("mine")
            saved = True
        real(new, folder)

    monkeypatch.setattr("migrate.doors.files.replace_folder", saving)
    with pytest.raises(RefusedError, match="while it was being written"):
        write_tree(out, TWO)
    assert contents(out) == {**ONE.files, "saved-now.txt": b"mine"}


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "a/./b", "", "a\\b"])
def test_a_path_that_leaves_the_tree_is_a_bug(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        write_tree(tmp_path / "out", FileTree({path: b""}))


def test_a_path_that_is_file_and_folder_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="both a file and a folder"):
        write_tree(tmp_path / "out", FileTree({"a": b"", "a/b": b""}))


def test_a_second_run_is_refused_while_one_writes(tmp_path: Path) -> None:
    with swap.folder_lock(tmp_path / "out"), pytest.raises(RefusedError, match="another run"):
        write_tree(tmp_path / "out", ONE)


def test_the_seal_lists_every_other_file_and_where_it_came_from() -> None:
    origin = {"a.yaml": (Provenance(1, "helmfiles/x.yaml:3", "a note"),)}
    sealed = seal_tree(FileTree(ONE.files, origin))
    listed = json.loads(sealed.text(MANIFEST_PATH))["files"]
    assert sorted(listed) == [PROVENANCE_PATH, "a.yaml", "sub/b.yaml"]
    assert load_provenance(sealed) == origin
    assert seal_tree(sealed).files == sealed.files


def test_links_are_followed_inside_and_refused_outside(tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "shared.tpl").write_text("shared")
    (tmp_path / "chart/_shared.tpl").symlink_to("../shared.tpl")
    with pytest.raises(EstateError, match="leads outside"):
        read_tree(tmp_path / "chart")
    assert read_tree(tmp_path / "chart", within=tmp_path).files == {"_shared.tpl": b"shared"}


def test_a_link_in_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart/again").symlink_to(tmp_path / "chart")
    with pytest.raises(EstateError, match="back into a folder above"):
        read_tree(tmp_path / "chart")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(EstateError, match=r"not UTF-8 text \(byte 3\)"):
        read_text(tmp_path / "latin.txt")
    with pytest.raises(EstateError, match="cannot read"):
        read_text(tmp_path / "missing")
    with pytest.raises(EstateError, match="there is no folder"):
        read_tree(tmp_path / "missing")


def test_one_file_is_written_at_once_and_only_where_it_differs(tmp_path: Path) -> None:
    target = tmp_path / "new/migration.yaml"
    assert write_text(target, "a: 1\n") is True
    assert write_text(target, "a: 1\n") is False
    assert write_text(target, "a: 2\r\n") is True
    assert target.read_bytes() == b"a: 2\r\n"
    assert [path.name for path in target.parent.iterdir()] == ["migration.yaml"]


def test_texts_are_written_beside_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    write_texts(tmp_path, {"dev/a.yaml": "a", "b.yaml": "b"})
    assert contents(tmp_path) == {"b.yaml": b"b", "dev/a.yaml": b"a", "mine": b"mine"}


def test_verdicts_belong_to_one_tree(tmp_path: Path) -> None:
    store_verdicts(tmp_path, "abc", "{}")
    assert load_verdicts(tmp_path, "abc") == "{}"
    assert load_verdicts(tmp_path, "abd") is None


def test_documents_are_read_as_kubernetes_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text("---\nanswer: yes\ntext: |\n  one\n\n  two\n---\n# nothing\n---\n- name: in-cluster\n")
    assert read_yaml_documents(path) == ({"answer": True, "text": "one\n\ntwo\n"}, [{"name": "in-cluster"}])
    path.write_text("a: [")
    with pytest.raises(EstateError, match="is no YAML"):
        read_yaml_documents(path)


# One process writes TWO over ONE and kills itself at the n-th thing it does on the disk, so that every moment of a
# write can be hit on purpose; with n = 0 it only counts them.
KILLER = """
import os, signal, sys
from pathlib import Path
from migrate.doors import swap
from migrate.doors.files import write_tree
from migrate.model.tree import FileTree

folder, moment, exchange, text = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "yes", sys.argv[4].encode()
if not exchange:
    swap._exchange = lambda one, other: False
seen = 0

def watch(event, arguments):
    global seen
    if event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "ctypes.dlsym"}:
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)

tree = FileTree({f"folder-{n % 7}/file-{n}.yaml": text * 40 for n in range(40)})
sys.addaudithook(watch)
write_tree(folder, tree)
print(seen)
"""


def run_killer(folder: Path, moment: int, exchange: bool, text: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", KILLER, str(folder), str(moment), "yes" if exchange else "no", text]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "two renames"])
def test_a_killed_run_leaves_the_old_tree_or_the_new_one(tmp_path: Path, exchange: bool) -> None:
    trees = {text: {f"folder-{n % 7}/file-{n}.yaml": text.encode() * 40 for n in range(40)} for text in ("old", "new")}
    assert run_killer(tmp_path / "count", 0, exchange, "old").returncode == 0
    moments = int(run_killer(tmp_path / "count", 0, exchange, "new").stdout)
    out = tmp_path / "out"
    left = []
    # Ten moments spread over the run, and every one of the last, where the swap happens.
    swap_moments = range(moments - 70, moments, 6)
    for moment in sorted({*(1 + (moments - 2) * step // 9 for step in range(10)), *swap_moments}):
        assert run_killer(out, 0, exchange, "old").returncode == 0
        assert run_killer(out, moment, exchange, "new").returncode == -signal.SIGKILL
        if exchange or out.exists():
            assert contents(out) in trees.values()
            left.append("new" if contents(out) == trees["new"] else "old")
        else:
            left.append("between")
        assert run_killer(out, 0, exchange, "new").returncode == 0
        assert contents(out) == trees["new"]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["count", "out"]
    assert {"old", "new"} <= set(left)


def test_a_run_that_died_between_two_renames_is_undone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tree(out, ONE)
    out.rename(tmp_path / "out.migrate-old-123")
    (tmp_path / "out.migrate-new-123").mkdir()
    with pytest.raises(EstateError, match="there is no folder") as caught:
        read_tree(out)
    assert "run `migrate convert` again" in caught.value.hint
    assert write_tree(out, TWO).changed == (MANIFEST_PATH, "a.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
