"""Bad input: a message with file, line and what to do, the right exit code, no traceback, nothing half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SMALL, Migrate, Outcome, git, write_files

STATE = "helmfiles/10-base.yaml"


def changed(folder: Path, old: str, new: str, file: str = STATE) -> Path:
    text = SMALL[file]
    assert old in text
    return write_files(folder, {file: text.replace(old, new)})


def assert_told(outcome: Outcome, code: int, *facts: str) -> None:
    assert outcome.code == code, outcome.err
    for fact in facts:
        assert fact in outcome.err
    assert "→" in outcome.err, "says what to do"
    assert "Traceback" not in outcome.err


def test_a_missing_estate(small: Path, migrate: Migrate) -> None:
    assert_told(migrate(small, "convert", "nowhere"), 3, "nowhere")
    assert not (small / "out").exists()


def test_a_folder_without_helmfiles(small: Path, migrate: Migrate) -> None:
    (small / "empty").mkdir()
    assert_told(migrate(small, "inspect", "empty"), 3, "empty")


def test_broken_yaml_is_told_with_its_line_in_the_file(small: Path, migrate: Migrate) -> None:
    changed(small, "  - name: back\n", "  - name: back\n   broken\n")
    assert_told(migrate(small, "convert"), 3, f"{STATE}:12")
    assert not (small / "out").exists()


def test_an_unknown_key_is_told_with_its_line(small: Path, migrate: Migrate) -> None:
    changed(small, "    needs:", "    neeeds:")
    assert_told(migrate(small, "inspect"), 3, f"{STATE}:14", "neeeds")


def test_a_broken_template_is_told_with_its_line(small: Path, migrate: Migrate) -> None:
    (small / STATE).unlink()
    text = SMALL[STATE].replace("replicas: 3", "replicas: {{ .Values.copies }}")
    write_files(small, {f"{STATE}.gotmpl": text})
    assert_told(migrate(small, "inspect"), 3, f"{STATE}.gotmpl:16", "copies")


def test_a_template_that_does_not_parse(small: Path, migrate: Migrate) -> None:
    (small / STATE).unlink()
    text = SMALL[STATE].replace("replicas: 3", "replicas: {{ if }}")
    write_files(small, {f"{STATE}.gotmpl": text})
    assert_told(migrate(small, "inspect"), 3, f"{STATE}.gotmpl:16")


def test_an_unknown_environment(small: Path, migrate: Migrate) -> None:
    assert_told(migrate(small, "inspect", "-e", "prd"), 3, "prd", "prod")


def test_a_need_that_names_no_release(small: Path, migrate: Migrate) -> None:
    changed(small, "needs: [web/front]", "needs: [web/fornt]")
    assert_told(migrate(small, "convert"), 1, f"{STATE}:", "web/fornt")
    assert not (small / "out").exists()


def test_a_cycle_shows_its_edges(small: Path, migrate: Migrate) -> None:
    changed(small, "    values:\n      - values/front.yaml", "    needs: [web/back]\n    values: [values/front.yaml]")
    outcome = migrate(small, "convert")
    assert_told(outcome, 1, "web/front", "web/back", STATE)
    assert "cycle" in outcome.err
    assert not (small / "out").exists()


def test_a_chart_that_is_not_there(small: Path, migrate: Migrate) -> None:
    changed(
        small, "  - name: back\n    namespace: web\n    chart: ./charts/web", "  - name: back\n    chart: ./charts/wbe"
    )
    assert_told(migrate(small, "convert"), 1, f"{STATE}:", "charts/wbe")
    assert not (small / "out").exists()


def test_a_values_file_that_is_not_there(small: Path, migrate: Migrate) -> None:
    changed(small, "values/front.yaml", "values/frunt.yaml")
    outcome = migrate(small, "convert")
    assert outcome.code in (1, 3)
    assert "values/frunt.yaml" in outcome.err
    assert STATE in outcome.err
    assert not (small / "out").exists()


def test_a_chart_that_fails_names_its_template(small: Path, migrate: Migrate) -> None:
    write_files(small, {"helmfiles/charts/web/templates/bad.yaml": '{{ fail "no colour" }}\n'})
    assert_told(migrate(small, "convert"), 1, "web/templates/bad.yaml", "no colour", "web/front")
    assert not (small / "out").exists()


def test_an_out_with_foreign_files_is_refused_and_left_alone(small: Path, migrate: Migrate) -> None:
    write_files(small, {"out/notes.txt": "mine"})
    assert_told(migrate(small, "convert"), 5, "notes.txt")
    assert sorted(p.name for p in (small / "out").iterdir()) == ["notes.txt"]


def test_a_file_changed_by_hand_is_refused_and_left_alone(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "convert").code == 0
    target = small / "out/README.md"
    target.write_text("my own words\n")
    changed(small, "replicas: 3", "replicas: 4")
    assert_told(migrate(small, "convert"), 5, "README.md")
    assert target.read_text() == "my own words\n"


def test_a_dirty_target_repository(small: Path, migrate: Migrate) -> None:
    target = small / "gitops"
    target.mkdir()
    git(target, "init")
    write_files(target, {"README.md": "one\n"})
    git(target, "add", ".")
    git(target, "commit", "-m", "one")
    write_files(target, {"README.md": "two\n"})
    assert migrate(small, "plan").code == 0
    assert migrate(small, "convert").code == 0
    assert_told(migrate(small, "commit", "--repo", "gitops"), 5, "README.md")
    assert git(target, "branch", "--format=%(refname:short)") == "main"


@pytest.mark.parametrize("target", ["nowhere", "helmfiles"])
def test_a_target_that_is_no_repository(small: Path, migrate: Migrate, target: str) -> None:
    assert migrate(small, "plan").code == 0
    assert migrate(small, "convert").code == 0
    assert_told(migrate(small, "commit", "--repo", target), 2, target)


def test_a_tree_that_is_not_there(small: Path, migrate: Migrate) -> None:
    outcome = migrate(small, "verify")
    assert outcome.code == 2
    assert "migrate convert" in outcome.err


@pytest.mark.parametrize(
    "text", ["releases: [", "version: 99\n", "[]\n", "releases:\n  web/front: {rolloutPhase: [1]}\n"]
)
def test_a_broken_plan(small: Path, migrate: Migrate, text: str) -> None:
    write_files(small, {"migration.yaml": text})
    outcome = migrate(small, "convert")
    assert outcome.code in (1, 2, 3)
    assert "migration.yaml" in outcome.err
    assert "Traceback" not in outcome.err
    assert "bug" not in outcome.err


def test_a_wrong_option_is_wrong_usage(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "convert", "--layot", "shared").code == 2
    assert migrate(small, "convert", "--set-env", "NOVALUE").code == 2
    assert migrate(small, "values", "web/frnt").code == 2


def test_no_terminal_means_no_prompt(small: Path, migrate: Migrate) -> None:
    assert_told(migrate(small, "wizard"), 4, "terminal")


def test_values_need_no_chart(small: Path, migrate: Migrate) -> None:
    changed(small, "chart: ./charts/web", "chart: ./charts/gone")
    outcome = migrate(small, "values", "back", "--output", "json")
    assert outcome.code == 0
    assert '"replicas"' in outcome.out
    assert "./charts/gone" in outcome.err


def test_values_that_cannot_be_read_are_told_with_the_place(small: Path, migrate: Migrate) -> None:
    write_files(small, {"helmfiles/values/broken.yaml": "a: [\n"})
    changed(small, "    values:\n", "    values:\n      - values/broken.yaml\n")
    assert_told(migrate(small, "values", "back"), 3, "helmfiles/values/broken.yaml:", "cannot be read")
