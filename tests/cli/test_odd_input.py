"""Odd input: links that loop, pipes, bytes that are no text, files that a hand or another version damaged.

Each is a message that says what to do, never a traceback, and nothing outside the named places is touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_bad_input import STATE, assert_told, changed
from tests.conftest import SMALL, Migrate, write_files

WEB = "helmfiles/charts/web"
FRONT_COMPONENT = "component.yaml"


def looping_link(folder: Path) -> None:
    (folder / WEB / "loop").symlink_to("..", target_is_directory=True)


def link_to_itself(folder: Path) -> None:
    (folder / WEB / "files").symlink_to("files")


def dangling_link(folder: Path) -> None:
    (folder / WEB / "templates/gone.yaml").symlink_to("nowhere.yaml")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / WEB / "templates/pipe.yaml")


def no_helm_pattern(folder: Path) -> None:
    write_files(folder, {f"{WEB}/.helmignore": "a[\n"})


@pytest.mark.parametrize("damage", [looping_link, link_to_itself, dangling_link, pipe, no_helm_pattern])
def test_a_chart_folder_that_is_no_plain_folder(small: Path, migrate: Migrate, damage: Callable[[Path], None]) -> None:
    damage(small)
    assert_told(migrate(small, "convert"), 1, "charts/web")
    assert not (small / "out").exists()


@pytest.mark.parametrize(
    "content", [b"", b"no archive", b"\x1f\x8b\x08\x00broken", b"\xfd7zXZ\x00broken", b"BZh9broken"]
)
def test_a_chart_archive_that_cannot_be_unpacked(small: Path, migrate: Migrate, content: bytes) -> None:
    (small / "helmfiles/charts/web.tgz").write_bytes(content)
    changed(small, "chart: ./charts/web\n    values", "chart: ./charts/web.tgz\n    values")
    assert_told(migrate(small, "convert"), 1, "web.tgz")
    assert not (small / "out").exists()


@pytest.mark.parametrize("file", ["helmfiles/10-base.yaml", "helmfiles/values/front.yaml", f"{WEB}/Chart.yaml"])
def test_bytes_that_are_no_text(small: Path, migrate: Migrate, file: str) -> None:
    (small / file).write_bytes(b"name: \xff\xfe\n")
    outcome = migrate(small, "convert")
    assert outcome.code in (1, 3)
    assert Path(file).name in outcome.err
    assert "Traceback" not in outcome.err
    assert not (small / "out").exists()


def test_a_chart_outside_of_the_estate_is_not_read_unless_allowed(small: Path, migrate: Migrate) -> None:
    (small / WEB).rename(small.parent / "elsewhere")
    text = SMALL[STATE].replace("./charts/web", "../../elsewhere")
    write_files(small, {STATE: text})
    assert_told(migrate(small, "convert"), 1, "HF052", f"{STATE}:8", "--allow-path")
    outcome = migrate(small, "convert", "--allow-path", str(small.parent / "elsewhere"))
    assert outcome.code == 0, outcome.err


def test_a_release_that_needs_itself(small: Path, migrate: Migrate) -> None:
    changed(small, "needs: [web/front]", "needs: [web/back]")
    assert_told(migrate(small, "convert"), 1, "HF044", f"{STATE}:14", "web/back needs itself")


def test_an_environment_that_no_application_can_be_called_after(small: Path, migrate: Migrate) -> None:
    changed(small, "  prod: {}", "  prod+1: {}")
    assert_told(migrate(small, "convert"), 1, "EM009", "prod+1")
    assert not (small / "out").exists()
    assert migrate(small, "convert", "-e", "dev").code == 0


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("argocdVersion: newest\n", "argocdVersion"),
        ("environments: {dev: {kubeVersion: latest}}\n", "kubeVersion"),
        ("ladder: [{phase: '²00'}]\n", "three digits"),
        ("insertedSteps: ['1000']\n", "three digits"),
        ("ladder: [{phase: '100', maxUpdate: many}]\n", "maxUpdate"),
        ("releases: {web/front: {ignoreDifferences: [{kind: .nan}]}}\n", "JSON"),
        ("releases: {}\n---\nreleases: {}\n", "2 documents"),
        ("a: &a [1, 1]\nb: &b [*a, *a]\n" + "".join(
            f"{chr(99 + i)}: &{chr(99 + i)} [*{chr(98 + i)}, *{chr(98 + i)}]\n" for i in range(22)
        ), "excessive aliasing"),
        ("releases: " + "[" * 5000 + "]" * 5000, "nested too deep"),
    ],
)  # fmt: skip
def test_a_plan_with_a_value_that_nothing_can_use(small: Path, migrate: Migrate, text: str, fact: str) -> None:
    write_files(small, {"migration.yaml": text})
    assert_told(migrate(small, "convert"), 2, "migration.yaml:", fact)
    assert not (small / "out").exists()


def test_a_plan_that_is_a_folder(small: Path, migrate: Migrate) -> None:
    (small / "migration.yaml").mkdir()
    assert_told(migrate(small, "convert"), 2, "migration.yaml")


def test_a_version_that_is_none(small: Path, migrate: Migrate) -> None:
    assert_told(migrate(small, "convert", "--kube-version", "newest"), 2, "--kube-version newest")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', '{"schemaVersion": "1", "files": {"a": {}}}'])
def test_a_manifest_that_is_damaged_counts_as_foreign(small: Path, migrate: Migrate, text: str) -> None:
    assert migrate(small, "convert").code == 0
    manifest = small / "out/.migrate/manifest.json"
    manifest.write_text(text)
    write_files(small, {"out/notes.txt": "mine"})
    assert_told(migrate(small, "convert"), 5)
    assert (small / "out/notes.txt").read_text() == "mine"
    assert manifest.read_text() == text


def test_out_over_the_folder_one_works_in(small: Path, migrate: Migrate) -> None:
    (small / "work").mkdir()
    outcome = migrate(small / "work", "convert", "../helmfiles", "--out", ".")
    assert_told(outcome, 5)
    assert list((small / "work").iterdir()) == []


def test_an_out_below_a_file(small: Path, migrate: Migrate) -> None:
    assert_told(migrate(small, "convert", "--out", f"{STATE}/out"), 2, f"{STATE}/out")


BROKEN = {
    "component": "components/foundation/back/component.yaml",
    "appset": "argocd/apps/components-dev.yaml",
    "project": "argocd/projects/platform.yaml",
}


@pytest.mark.parametrize(
    "text", ["", "[]\n", "3\n", "a: [\n", "name: [1]\nnamespace: {}\n", "valueFiles: 3\nparameters: yes\n", "\x00"]
)
@pytest.mark.parametrize("file", BROKEN)
@pytest.mark.parametrize("command", ["lint", "expand", "verify"])
def test_a_tree_that_a_hand_broke(small: Path, migrate: Migrate, file: str, text: str, command: str) -> None:
    assert migrate(small, "plan").code == 0
    assert migrate(small, "convert").code == 0
    (small / "out/environments/dev" / BROKEN[file]).write_text(text)
    outcome = migrate(small, command, *(["out"] if command != "verify" else []))
    assert "Traceback" not in outcome.err
    assert "bug" not in outcome.err
    if command == "lint" or (command == "verify" and file != "project"):
        assert outcome.code in (1, 3), "what is broken is never passed"


def test_a_verdict_that_another_version_stored(small: Path, migrate: Migrate) -> None:
    for command in ("plan", "convert", "verify"):
        assert migrate(small, command).code == 0
    for stored in (small / ".migrate").rglob("*.json"):
        stored.write_text(json.dumps({"releases": 3}))
    outcome = migrate(small, "status")
    assert outcome.code in (0, 1)
    assert "Traceback" not in outcome.err
    assert "bug" not in outcome.err


def test_the_last_line_counts_the_errors_that_are_shown(small: Path, migrate: Migrate) -> None:
    """Two releases fail alike in both environments: two errors are shown, each with its environments."""
    write_files(small, {f"{WEB}/templates/deployment.yaml": "{{ fail .Release.Name }}\n"})
    outcome = migrate(small, "plan")
    assert outcome.err.count("error RD001") == 2
    assert "; 2 errors above to mend" in outcome.err
    outcome = migrate(small, "convert")
    told = sum(line.startswith("error ") for line in outcome.err.splitlines())
    assert f"stopped: {told} errors above" in outcome.err
