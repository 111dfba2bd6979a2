"""The Lua checks as the real `argocd` on PATH runs them; it needs no cluster for that."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from migrate.doors.yaml import dump_yaml
from migrate.emit.health import health_script
from migrate.model.assessments import ASSESSMENTS
from migrate.model.json import JsonObject
from tests.emit.health_objects import KINDS, Kind, fails, status_of

pytestmark = [
    pytest.mark.rig,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("argocd"), reason="argocd is not on PATH"),
]
# One kind for each script: kinds that are told by the same fields have the same.
ONE_EACH = list({health_script(ASSESSMENTS[kind]): kind for kind in KINDS}.values())
NAMED: JsonObject = {"name": "argocd-cm", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"}}


@pytest.mark.parametrize("kind", ONE_EACH, ids="/".join)
def test_argo_cd_says_what_the_script_should(kind: Kind, tmp_path: Path) -> None:
    states = {"good": "Healthy", "unready": "Progressing", **({"bad": "Degraded"} if fails(kind) else {})}
    for how, expected in states.items():
        assert asked(kind, status_of(kind, how), tmp_path) == expected
    assert asked(kind, status_of(kind, "good", seen=1), tmp_path) == "Progressing" or not fails(kind)
    assert asked(kind, {}, tmp_path) == ("Healthy" if ASSESSMENTS[kind].silent else "Progressing")


def asked(kind: Kind, status: JsonObject, folder: Path) -> str:
    group, name = kind
    script = {f"resource.customizations.health.{group}_{name}": health_script(ASSESSMENTS[kind])}
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": NAMED, "data": script}
    metadata = {"name": "a", "namespace": "x", "generation": 2}
    obj = {"apiVersion": f"{group}/v1", "kind": name, "metadata": metadata, "spec": {"replicas": 3}, "status": status}
    (folder / "cm.yaml").write_text(dump_yaml(settings))
    (folder / "object.yaml").write_text(dump_yaml(obj))
    command = ["argocd", "admin", "settings", "resource-overrides", "health", str(folder / "object.yaml")]
    command += ["--argocd-cm-path", str(folder / "cm.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^STATUS: (\w+)$", done.stdout, re.MULTILINE)
    assert found, done.stderr
    return found[1]
