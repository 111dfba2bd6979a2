"""The fence against the real helmfile, and the whole way out of the sample estate by the commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Migrate, git

pytestmark = [pytest.mark.rig, pytest.mark.slow]
REAL = pytest.mark.skipif(not (shutil.which("helmfile") and shutil.which("helm")), reason="no helmfile or helm on PATH")
# A helm that renders, and writes down all it is asked; what needs a cluster it answers as one that has the releases.
HELM = """\
#!/bin/sh
echo "$@" >> "$HELM_LOG"
case "$1" in
  version|plugin|template|repo|dependency|show) exec {helm} "$@" ;;
  diff) exit 2 ;;
  list) echo "NAME NAMESPACE REVISION UPDATED STATUS CHART VERSION"; echo "$3 x 1 now deployed c-1 1" | tr -d '^$' ;;
esac
"""
CLUSTER = ("upgrade", "uninstall", "delete", "rollback")


@REAL
def test_a_fence_stops_what_changes_a_cluster_and_nothing_else(sample: Path, migrate: Migrate, tmp_path: Path) -> None:
    assert migrate(sample, "verify", "--quiet").code == 0
    assert migrate(sample, "cutover", "12-crds", "--no-deployed", "--quiet").code == 0
    helm, log = tmp_path / "bin/helm", tmp_path / "log"
    helm.parent.mkdir()
    helm.write_text(HELM.format(helm=shutil.which("helm")))
    helm.chmod(0o755)
    environment = {**os.environ, "HELM_LOG": str(log), "KUBECONFIG": "/nowhere"}

    def helmfile(*arguments: str) -> tuple[int, str, list[str]]:
        log.write_text("")
        command = ["helmfile", "-b", str(helm), "-f", "helmfiles/12-crds.yaml.gotmpl", "-e", "dev", *arguments]
        done = subprocess.run(command, cwd=sample, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, [line.split()[0] for line in log.read_text().splitlines()]

    code, said, asked = helmfile("sync")
    assert (code != 0, "RENDER-ONLY" in said) == (True, True)
    # It says no before anything that would ask a cluster.
    assert set(asked) <= {"version", "plugin", "dependency", "repo"}
    for command in (["apply"], ["apply", "--skip-diff-on-install"], ["destroy"]):
        code, said, asked = helmfile(*command)
        assert (command, code != 0, "RENDER-ONLY" in said) == (command, True, True), said
        assert not set(asked) & set(CLUSTER), said
    assert helmfile("list")[0] == 0
    code, rendered, _ = helmfile("template")
    assert (code, rendered.count("kind: CustomResourceDefinition") > 6) == (0, True)


def test_all_layers_of_the_sample_estate_in_order(sample: Path, migrate: Migrate) -> None:
    (sample / ".gitignore").write_text(".migrate\n")
    git(sample, "add", "-A")
    git(sample, "commit", "-q", "-m", "start")
    assert migrate(sample, "verify", "--quiet").code == 0
    order = [row["layer"] for row in json.loads(migrate(sample, "cutover", "--output", "json").out)["layers"]]
    assert len(order) == 14
    for layer in order:
        for option in ("--no-deployed", "--remove"):
            done = migrate(sample, "cutover", layer, option, "--quiet")
            assert done.code == 0, done.err
        assert migrate(sample, "convert", "--quiet").code == 0
        proof = migrate(sample, "verify", "--quiet", "--output", "json")
        assert proof.code == 0, proof.err
        assert json.loads(proof.out)["summary"] == {"equal": 171, "explained": 76, "different": 0, "unrendered": 0}
        git(sample, "add", "-A")
        git(sample, "commit", "-q", "-m", f"Cut {layer} over")
    assert [path.name for path in (sample / "helmfiles").iterdir() if path.is_file()] == ["README.md"]
    rows = json.loads(migrate(sample, "status", "--output", "json").out)["layers"]
    assert [row["layer"] for row in rows if row["verified"] and row["fenced"] and row["removed"]] == sorted(order)
    assert migrate(sample, "convert", "--check", "--quiet").code == 0
