"""Wrapper charts through the real programs: `helm dependency build` and `template` give what helmfile applies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.helm import parse_values
from migrate.render.objects import split_documents
from tests.conftest import Migrate
from tests.emit.wrapper_estate import ADDED_CHART, FILES, NOTE, STATE, WEB, write_estate

pytestmark = [
    pytest.mark.rig,
    pytest.mark.skipif(not (shutil.which("helmfile") and shutil.which("helm")), reason="no helmfile or helm on PATH"),
]
KUBE = ("--kube-version", "1.34.0")
ADDING = "wrapper: {gate: true, manifests: [extra/rules.yaml]}"


def run(folder: Path, *command: str) -> str:
    environ = {**os.environ, **{f"HELM_{name}_HOME": str(folder / f".helm-{name}") for name in ("CACHE", "CONFIG")}}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(text: str) -> list[Any]:
    found = [parse_values(document) for document in split_documents(text)]
    return sorted((one for one in found if one), key=lambda one: (one["kind"], one["metadata"]["name"]))


def by_argocd(migrate: Migrate, folder: Path, *more: str) -> list[Any]:
    """What helm makes of the Application ``web`` of dev, where Argo CD would have it build the dependencies first."""
    application = json.loads(migrate(folder, "expand", "-e", "dev", "--output", "json").out)["applications"][0]
    tree, source = folder / "out", application["spec"]["source"]
    chart = tree / source["path"]
    run(chart, "helm", "dependency", "build")
    flags = [f"--values={tree / path.lstrip('/')}" for path in source["helm"]["valueFiles"]]
    parameters = source["helm"].get("parameters", ())
    flags += [f"--set{'-string' * bool(one.get('forceString'))}={one['name']}={one['value']}" for one in parameters]
    command = ("helm", "template", "web", ".", "--namespace", "web", "--include-crds", *KUBE, *flags, *more)
    return objects(run(chart, *command))


def by_helmfile(folder: Path) -> list[Any]:
    command = ("helmfile", "-f", "helmfiles/10-base.yaml", "-e", "dev", "-q", "template", "--include-crds", *KUBE[:1])
    return objects(run(folder, *command, KUBE[1]))


@pytest.mark.parametrize("plan", ["", "wrapper: {gate: true}"], ids=["helmfile's dependencies", "with a gate"])
def test_helm_makes_of_a_wrapper_what_helmfile_applies(migrate: Migrate, tmp_path: Path, plan: str) -> None:
    folder = write_estate(tmp_path, {"helmfiles/10-base.yaml": STATE + ADDED_CHART}, plan)
    assert migrate(folder, "convert").code == 0
    assert len(by_helmfile(folder)) == 4
    assert by_argocd(migrate, folder) == by_helmfile(folder)


def test_helm_adds_the_manifests_and_the_gate_takes_all_away(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_estate(tmp_path, plan=ADDING)
    assert migrate(folder, "convert").code == 0
    assert by_argocd(migrate, folder) == sorted(
        [*by_helmfile(folder), *objects(FILES["extra/rules.yaml"])],
        key=lambda one: (one["kind"], one["metadata"]["name"]),
    )
    assert by_argocd(migrate, folder, "--set", "web.enabled=false") == []


def test_helm_loses_the_null_that_forbids_a_wrapper(migrate: Migrate, tmp_path: Path) -> None:
    """What the finding says of nulls is what helm does: the chart alone knows the key, below a wrapper it does not."""
    asks = NOTE.replace("{{ .Values.note | quote }}", '"{{ hasKey .Values `pull` }}"')
    files = {f"{WEB}/templates/note.yaml": asks, f"{WEB}/values.yaml": FILES[f"{WEB}/values.yaml"] + "pull: null\n"}
    folder = write_estate(tmp_path, files)
    alone = objects(run(folder / WEB, "helm", "template", "web", "."))
    wrapper = (
        "apiVersion: v2\nname: w\nversion: 0.1.0\ndependencies: [{name: web, version: v1.4.0, repository: '%s'}]\n"
    )
    (folder / "w").mkdir()
    (folder / "w/Chart.yaml").write_text(wrapper % f"file://../{WEB}")
    run(folder / "w", "helm", "dependency", "build")
    below = objects(run(folder / "w", "helm", "template", "web", "."))
    assert [found[0]["data"]["note"] for found in (alone, below)] == ["true", "false"]
    (folder / "migration.yaml").write_text("estate: helmfiles\nreleases:\n  web/web: {wrapper: {gate: true}}\n")
    assert "EM070" in migrate(folder, "convert").err
