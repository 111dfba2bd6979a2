"""The real argocd reads what is not to be compared as it is meant; offline, without a cluster."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from migrate.doors.yaml import dump_yaml
from migrate.emit.differences import difference_settings
from migrate.model.differences import Ignored
from migrate.model.json import JsonObject
from tests.small_estates import manifests

pytestmark = [
    pytest.mark.rig,
    pytest.mark.skipif(shutil.which("argocd") is None, reason="argocd is not on PATH"),
]
HOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: shop}
webhooks:
  - {name: a.example.com, clientConfig: {caBundle: BUNDLE, service: {name: a, namespace: b}}}
"""
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                parts:
                  type: array
                  items: {properties: {re-try: {default: 3}}}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: a}
spec: {parts: [{name: one}FILLED]}
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {written: QUJD}\n"


def ignored(folder: Path, settings: JsonObject, live: JsonObject) -> tuple[list[str], list[str]]:
    """The lines that argocd takes out of an object before it compares, and those that it puts in."""
    config: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": settings}
    (folder / "argocd-cm.yaml").write_text(dump_yaml(config), encoding="utf-8")
    (folder / "live.yaml").write_text(dump_yaml(live), encoding="utf-8")
    command = ["argocd", "admin", "settings", "resource-overrides", "ignore-differences", "live.yaml"]
    done = subprocess.run(
        [*command, "--argocd-cm-path", "argocd-cm.yaml"], cwd=folder, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    return [line for line in lines if line.startswith("<")], [line for line in lines if line.startswith(">")]


def test_a_bundle_that_a_controller_wrote_is_ignored(tmp_path: Path) -> None:
    settings = difference_settings(manifests(HOOK.replace("BUNDLE", "''")), ())
    (live,) = manifests(HOOK.replace("BUNDLE", "QUJD"))
    out, put = ignored(tmp_path, settings, live.document)
    assert [line for line in out if "caBundle: QUJD" in line]
    assert not [line for line in put if "caBundle" in line]


def test_a_default_inside_a_list_is_ignored(tmp_path: Path) -> None:
    settings = difference_settings(manifests(DEFINITION.replace("FILLED", "")), ())
    _, live = manifests(DEFINITION.replace("FILLED", ", {name: two, re-try: 3}"))
    out, put = ignored(tmp_path, settings, live.document)
    assert [line for line in out if "re-try: 3" in line]
    assert not [line for line in put if "re-try" in line]


def test_the_core_group_has_no_part_in_the_key(tmp_path: Path) -> None:
    (live,) = manifests(SECRET)
    out, _ = ignored(tmp_path, difference_settings((), (Ignored("", "Secret", ("/data",)),)), live.document)
    assert [line for line in out if "written: QUJD" in line]
