"""What the command line refuses, since it would lose something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Migrate, write_files


def names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_converting_one_environment_does_not_remove_the_others(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "convert").code == 0
    before = names(small / "out")
    outcome = migrate(small, "convert", "-e", "dev")
    assert outcome.code == 5
    assert "prod" in outcome.err
    assert names(small / "out") == before
    assert migrate(small, "convert", "-e", "dev", "--out", "only-dev").code == 0


@pytest.mark.parametrize("command", ["plan", "convert", "wizard"])
def test_a_plan_or_a_tree_of_some_releases_is_refused(small: Path, migrate: Migrate, command: str) -> None:
    outcome = migrate(small, command, "-l", "name=front")
    assert outcome.code == 2
    assert "--selector" in outcome.err


def test_verify_with_a_selector_judges_the_selected_releases_only(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "plan").code == 0
    assert migrate(small, "convert").code == 0
    outcome = migrate(small, "verify", "-l", "name=front", "--output", "json")
    assert outcome.code == 0, outcome.err
    assert {row["id"] for row in json.loads(outcome.out)["releases"]} == {"web/front"}


def test_a_placeholder_is_never_handed_over(small: Path, migrate: Migrate) -> None:
    state = (small / "helmfiles/10-base.yaml").read_text()
    write_files(small, {"helmfiles/10-base.yaml": state.replace("replicas: 3", "colour: ref+vault://secret/colour")})
    assert migrate(small, "convert").code == 0
    outcome = migrate(small, "convert", "--handover", "done")
    assert outcome.code == 1
    assert "EM014" in outcome.err
    assert "layerHandover: {10-base: manual}" in outcome.err


def test_what_stands_in_for_a_plaintext_secret_is_never_handed_over(small: Path, migrate: Migrate) -> None:
    state = (small / "helmfiles/10-base.yaml").read_text()
    secret = "password: qX7-vR2m9-Lk4tB8w"  # pragma: allowlist secret
    write_files(small, {"helmfiles/10-base.yaml": state.replace("replicas: 3", secret)})
    assert migrate(small, "plan").code == 0
    with (small / "migration.yaml").open("a") as plan:
        plan.write("secrets:\n  helmfiles/10-base.yaml: externalise\n")
    assert migrate(small, "convert").code == 0
    outcome = migrate(small, "convert", "--handover", "done")
    assert outcome.code == 1
    told = [line for line in outcome.err.splitlines() if line.startswith("error EM")]
    assert len(told) == 1, told
    assert "EM014 helmfiles/10-base.yaml:11 [dev, prod]: web/back" in told[0]
    assert "externalised-secret in place of a secret (sources/values/" in outcome.err
    with (small / "migration.yaml").open("a") as plan:
        plan.write("layerHandover: {10-base: manual}\n")
    assert migrate(small, "convert", "--handover", "done").code == 0


def test_a_plugins_copy_is_explained_where_a_secret_was_externalised(small: Path, migrate: Migrate) -> None:
    state = (small / "helmfiles/10-base.yaml").read_text()
    secret = "password: qX7-vR2m9-Lk4tB8w"  # pragma: allowlist secret
    write_files(small, {"helmfiles/10-base.yaml": state.replace("replicas: 3", secret)})
    write_files(small, {"helmfiles/charts/web/values.yaml": "colour: blue\n" + secret + "\n"})
    assert migrate(small, "plan").code == 0
    with (small / "migration.yaml").open("a") as plan:
        plan.write("secrets:\n")
        plan.write("  helmfiles/10-base.yaml: externalise\n  helmfiles/charts/web/values.yaml: externalise\n")
    plan_file = small / "migration.yaml"
    plan_file.write_text(
        plan_file.read_text().replace("layout: {value: environments, source: default}", "layout: plugin")
    )
    assert migrate(small, "convert", "--accept-lost-order").code == 0
    outcome = migrate(small, "verify", "--output", "json")
    assert outcome.code == 0, outcome.out
    rows = {
        row["id"]: {one["kind"]: one["count"] for one in row["explanations"]}
        for row in json.loads(outcome.out)["releases"]
        if row["environment"] == "dev"
    }
    assert rows == {"web/front": {"plugin": 1, "externalised": 1}, "web/back": {"plugin": 1, "externalised": 2}}
    state_file = next((small / "out/sources/helmfile").rglob("10-base.yaml"))
    state_file.write_text(state_file.read_text().replace("externalised-secret", "another"))
    assert migrate(small, "verify").code == 1


def test_an_edge_over_projects_is_refused_until_it_is_accepted(sample: Path, migrate: Migrate) -> None:
    outcome = migrate(sample, "convert", "--appsets", "per-project", "--out", "other")
    assert outcome.code == 1
    assert "PL011" in outcome.err
    assert not (sample / "other").exists()
    assert migrate(sample, "convert", "--appsets", "per-project", "--out", "other", "--accept-lost-order").code == 0


def test_what_is_drawn_at_random_is_a_note_once_the_plan_pins_it(sample: Path, migrate: Migrate) -> None:
    assert "RN001" not in migrate(sample, "plan", "--check").err
    plan = sample / "migration.yaml"
    lines = plan.read_text().splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.strip() == "pins:")
    plan.write_text("".join(lines[:start] + lines[start + 5 :]))
    outcome = migrate(sample, "plan")
    assert outcome.code == 0, outcome.err
    assert "warning RN001 helmfiles/charts/third_party/grafana" in outcome.err


def test_an_order_that_is_lost_has_to_be_accepted(small: Path, migrate: Migrate) -> None:
    lost = migrate(small, "convert", "--layout", "kustomize")
    assert (lost.code, "web/front" in lost.err) == (1, True)
    assert not (small / "out").exists()
    assert migrate(small, "convert", "--layout", "kustomize", "--accept-lost-order").code == 0
