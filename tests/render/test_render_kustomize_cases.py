"""Patch cases with what kustomize 5.8 made of them: recorded for every run, asked again where it is on PATH."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest
from migrate.render.objects import object_key, split_documents
from migrate.render.resources import patch_manifests

RECORDED = json.loads((Path(__file__).parent / "data" / "kustomize_cases.json").read_text("utf-8"))
CASES: list[dict[str, Any]] = RECORDED["cases"]


def manifests_of(texts: list[str]) -> list[Manifest]:
    return [Manifest(object_key(parse_values(text)), parse_values(text), text) for text in texts]


def check(case: dict[str, Any], found: list[JsonObject]) -> None:
    assert not case.get("refused"), "kustomize refuses it"
    assert len(found) == case["objectsAfter"]
    assert [document for document in case["changed"] if document not in found] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_patches_are_kustomizes(case: dict[str, Any]) -> None:
    patches = case.get("jsonPatches", ()), case.get("strategicMergePatches", ())
    objects = manifests_of(case.get("objects", RECORDED["objects"]))
    if case.get("refused"):
        with pytest.raises(HelmError):
            patch_manifests(objects, *patches)
        return
    patched = patch_manifests(objects, *patches)
    check(case, [manifest.document for manifest in patched])
    check(case, [parse_values(manifest.text) for manifest in patched])


def test_most_recorded_cases_change_an_object() -> None:
    told = [case for case in CASES if case.get("refused") or case["changed"]]
    assert len(told) >= 100


@pytest.mark.rig
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_record_is_what_kustomize_says(case: dict[str, Any], tmp_path: Path) -> None:
    kustomize = shutil.which("kustomize")
    if kustomize is None:
        pytest.skip("there is no kustomize on PATH")
    files: dict[str, object] = {}
    patches: list[object] = []
    for number, text in enumerate(case.get("objects", RECORDED["objects"])):
        files[f"object{number}.yaml"] = text
    resources = list(files)
    for number, patch in enumerate(case.get("jsonPatches", ())):
        files[f"json{number}.yaml"] = json.dumps(patch["patch"])
        patches.append({"target": patch["target"], "path": f"json{number}.yaml"})
    for number, patch in enumerate(case.get("strategicMergePatches", ())):
        files[f"merge{number}.yaml"] = json.dumps(patch)
        patches.append({"path": f"merge{number}.yaml"})
    files["kustomization.yaml"] = json.dumps({"resources": resources, "patches": patches})
    for name, content in files.items():
        (tmp_path / name).write_text(str(content), encoding="utf-8")
    done = subprocess.run([kustomize, "build", str(tmp_path)], capture_output=True, text=True, check=False)
    if case.get("refused"):
        assert done.returncode
    else:
        check(case, [parse_values(text) for text in split_documents(done.stdout)])
