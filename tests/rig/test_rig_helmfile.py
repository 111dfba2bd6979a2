"""The sample estate read by the real helmfile: the same list, the same values, release by release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.doors.yaml import load_yaml
from migrate.model.estate import Estate, ReadRequest
from migrate.read import read_estate
from migrate.render import fold_values, release_request
from tests.conftest import ROOT, write_files

pytestmark = [
    pytest.mark.rig,
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("helmfile") and shutil.which("helm")), reason="no helmfile or helm on PATH"),
]
ENVIRONMENTS = ("local", "dev", "staging", "production")
# Stands in for helm-secrets: prints the file as it is, so that no key is needed.
PLUGIN = {
    "secrets/plugin.yaml": "name: secrets\nversion: 4.6.5\ndescription: prints\ncommand: $HELM_PLUGIN_DIR/run.sh\n",
    "secrets/run.sh": '#!/bin/sh\n[ "$1" = -t ] && shift\ncat "$2"\n',
}
UNKNOWABLE = {"operators/registry-pull-secret"}
"""Its values are encrypted: the plugin above prints the ciphertext, where the tool has placeholders."""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_files(tmp_path_factory.mktemp("plugins"), PLUGIN)
    (folder / "secrets/run.sh").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def estate() -> Estate:
    return read_estate(ReadRequest(str(ROOT / "helmfiles")))


def helmfile(plugins: Path, *arguments: str) -> str:
    environ = {**os.environ, "HELM_PLUGINS": str(plugins)}
    command = ["helmfile", "--sequential-helmfiles", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_list_is_helmfiles(environment: str, estate: Estate, plugins: Path) -> None:
    listed = json.loads(helmfile(plugins, "-f", "helmfiles", "-e", environment, "list", "--output", "json"))
    ours = [
        {
            "name": r.name,
            "namespace": r.namespace,
            "enabled": r.enabled,
            "installed": r.installed,
            "labels": ",".join(f"{key}:{value}" for key, value in sorted(r.labels.items())),
            "chart": r.chart,
            "version": r.version,
        }
        for r in estate.in_environment(environment)
    ]
    assert sorted(ours, key=lambda r: (str(r["namespace"]), str(r["name"]))) == listed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_values_are_helmfiles(environment: str, estate: Estate, plugins: Path, tmp_path: Path) -> None:
    # Layer 24 holds a ref+vault:// value, which helmfile cannot write without that Vault.
    files = [layer.file for layer in estate.layers if layer.name != "24-auth"]
    for file in files:
        target = f"{tmp_path}/{{{{ .Release.Namespace }}}}--{{{{ .Release.Name }}}}.yaml"
        helmfile(plugins, "-f", file, "-e", environment, "write-values", "--output-file-template", target)
    compared = 0
    for release in estate.in_environment(environment):
        written = tmp_path / f"{release.namespace}--{release.name}.yaml"
        if not release.deployed or release.layer == "24-auth" or release.id in UNKNOWABLE:
            continue
        request = release_request(estate, release)
        ours = fold_values(request.values, request.value_names, ())
        # helmfile writes YAML 1.2; what Helm would read from the files is compared as data.
        assert ours == load_yaml(written.read_text()) or ours == parse_values(written.read_text()), release.id
        compared += 1
    assert compared > 50
