"""The main job on the sample estate, as a person runs it: what comes out, and that it comes out the same again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Migrate

LAYERS = [
    "00-argocd",
    "10-bootstrap",
    "12-crds",
    "15-secrets-certificates",
    "18-coredns-config",
    "20-core-operators",
    "22-control-plane",
    "24-auth",
    "40-data-plane",
    "42-db-migrations",
    "45-data-plane-ext",
    "50-product-services",
    "55-observability",
    "60-qa",
]
ENVIRONMENTS = ["local", "dev", "staging", "production"]


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def convert_in_a_process(folder: Path, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrate", "convert", "helmfiles", "--batch", *arguments]
    environ = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_out_is_what_converting_the_estate_gives(sample: Path, migrate: Migrate) -> None:
    outcome = migrate(sample, "convert", "--check", "--batch")
    assert outcome.code == 0, outcome.err + outcome.out
    assert "all as they should be" in outcome.out


def test_the_plan_is_complete_and_what_the_estate_gives(sample: Path, migrate: Migrate) -> None:
    assert migrate(sample, "plan", "--check", "--batch").code == 0


def test_fourteen_layers_and_four_environments_are_read(sample: Path, migrate: Migrate) -> None:
    found = json.loads(migrate(sample, "inspect", "--output", "json").out)
    assert list(dict.fromkeys(r["layer"] for r in found["releases"])) == LAYERS
    assert list(dict.fromkeys(r["environment"] for r in found["releases"])) == ENVIRONMENTS


def test_every_release_has_a_verdict_and_none_is_different_or_unrendered(sample: Path, migrate: Migrate) -> None:
    outcome = migrate(sample, "verify", "--output", "json")
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert report["summary"]["different"] == 0
    assert report["summary"]["unrendered"] == 0
    judged = {(row["environment"], row["id"]) for row in report["releases"] + report["excluded"]}
    releases = json.loads(migrate(sample, "inspect", "--output", "json").out)["releases"]
    assert judged == {(r["environment"], r["id"]) for r in releases}
    assert {row["id"] for row in report["releases"] if row["unstable"]} == {"observability/grafana"}


def test_one_changed_value_is_named_with_release_object_and_field(sample: Path, migrate: Migrate) -> None:
    values = sample / "out/sources/values"
    target = next(p for p in sorted(values.rglob("*.yaml")) if "replicaCount: 2" in p.read_text())
    target.write_text(target.read_text().replace("replicaCount: 2", "replicaCount: 7"))
    outcome = migrate(sample, "verify", "--output", "json")
    assert outcome.code == 1
    rows = [row for row in json.loads(outcome.out)["releases"] if row["verdict"] == "different"]
    assert rows
    for row in rows:
        assert target.relative_to(values).parts[-2] in row["application"]
        assert [(d["path"], d["left"], d["right"]) for d in row["differences"]] == [("spec.replicas", "2", "7")]
        assert row["differences"][0]["object"].startswith("Deployment.apps ")


def test_converting_twice_gives_the_same_bytes_under_two_hash_seeds(sample: Path) -> None:
    one = convert_in_a_process(sample, "--out", "one", seed="1")
    two = convert_in_a_process(sample, "--out", "two", seed="4242")
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert contents(sample / "one") == contents(sample / "two")


@pytest.mark.slow
def test_a_killed_conversion_leaves_the_old_tree_or_the_new_one(sample: Path) -> None:
    values = sample / "helmfiles/values"
    chosen = next(p for p in sorted(values.rglob("*.yaml")) if "replicaCount: 2" in p.read_text())
    chosen.write_text(chosen.read_text().replace("replicaCount: 2", "replicaCount: 3"))
    old = contents(sample / "out")
    assert convert_in_a_process(sample, "--out", "new").returncode == 0
    new = contents(sample / "new")
    assert old != new
    # The last tenth of a run is where it writes: kill at ten moments around the first write to disk.
    command = [sys.executable, "-c", KILLED, "{moment}"]
    seen = set()
    for moment in (1, 2, 3, 5, 20, 200, 600, 1100, 1200, 1300):
        command[-1] = str(moment)
        done = subprocess.run(
            command, cwd=sample, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
        )
        assert done.returncode in (-signal.SIGKILL, 0), done.stderr.decode()
        now = contents(sample / "out")
        assert now in (old, new)
        seen.add(done.returncode)
        if now == new:
            break
    assert -signal.SIGKILL in seen
    again = convert_in_a_process(sample)
    assert again.returncode == 0, again.stderr
    assert contents(sample / "out") == new
    assert sorted(p.name for p in sample.iterdir() if "migrate-" in p.name) == []


KILLED = """
import os, signal, sys
from migrate.cli import run
moment, seen = int(sys.argv[1]), 0
def watch(event, arguments):
    global seen
    writes = event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]
    if writes or event in ("os.mkdir", "os.rename", "os.remove"):
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
sys.exit(run(["convert", "helmfiles", "--batch"]))
"""


def test_lint_finds_no_error_in_the_tree(sample: Path, migrate: Migrate) -> None:
    outcome = migrate(sample, "lint", "out", "--output", "json")
    assert outcome.code == 0, outcome.out
    assert [f for f in json.loads(outcome.out)["findings"] if f["severity"] == "error"] == []


def test_status_says_what_is_done(sample: Path, migrate: Migrate) -> None:
    assert migrate(sample, "verify").code == 0
    layers = json.loads(migrate(sample, "status", "--output", "json").out)["layers"]
    assert [layer["layer"] for layer in layers] == LAYERS
    for layer in layers:
        assert (layer["planned"], layer["converted"], layer["verified"]) == (True, True, True), layer
        assert (layer["committed"], layer["fenced"], layer["removed"]) == (False, False, False), layer


def test_json_carries_its_schema_version(sample: Path, migrate: Migrate) -> None:
    for command in (["inspect"], ["graph"], ["plan", "--check"], ["expand", "out"], ["lint", "out"], ["status"]):
        outcome = migrate(sample, *command, "--output", "json")
        assert json.loads(outcome.out)["schemaVersion"] == 1, command
