"""The emitted tree on a real Argo CD: what the controllers make of it is what `expand` and `render` foretold.

RIG_KUBECONFIG names the kubeconfig of a cluster that may be thrown away, with an Argo CD 3.3 that runs on this machine
(it reads `file://` repositories) and with progressive syncs on. It is a variable of its own, so that no test ever
touches the cluster that a person works with.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SMALL, Migrate, git, write_files

KUBECONFIG = os.environ.get("RIG_KUBECONFIG", "")
pytestmark = [
    pytest.mark.rig,
    pytest.mark.slow,
    pytest.mark.skipif(not KUBECONFIG, reason="RIG_KUBECONFIG names no cluster that may be thrown away"),
]
APPSETS = ("single", "per-project")
PATIENCE = 60.0
"""Seconds until a controller must have answered; a rollout would have begun long before."""


def kubectl(*arguments: str) -> str:
    command = ["kubectl", "--kubeconfig", KUBECONFIG, "--namespace", "argocd", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(*what: str) -> list[Any]:
    found: list[Any] = json.loads(kubectl("get", *what, "--output", "json"))["items"]
    return found


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "the controller did not get there"
        time.sleep(1)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """An empty git repository that Argo CD reads; Applications and ApplicationSets are gone before and after."""
    clear()
    folder = tmp_path / "gitops"
    folder.mkdir()
    git(folder, "init", "--initial-branch", "main")
    yield folder
    clear()


def clear() -> None:
    for kind in ("applicationsets", "applications"):
        kubectl("delete", kind, "--all", "--wait=true", "--timeout=60s")
    kubectl("delete", "appprojects", "--field-selector", "metadata.name!=default")


def sample(folder: Path, handover: str = "handover: manual") -> Path:
    """A copy of the sample estate with its decisions."""
    shutil.copytree(ROOT / "helmfiles", folder / "estate" / "helmfiles")
    decisions = (ROOT / "migration.yaml").read_text(encoding="utf-8")
    decisions, found = re.subn(r"(?m)^handover: .*$", handover, decisions)
    assert found == 1
    return write_files(folder / "estate", {"migration.yaml": decisions})


CLOSED = {
    "spec": {"syncWindows": [{"kind": "deny", "schedule": "* * * * *", "duration": "24h", "applications": ["*"]}]}
}
"""A project whose Applications nobody may sync: steps can be seen, and nothing reaches the cluster."""


def publish(migrate: Migrate, estate: Path, repository: Path, *options: str, closed: bool = False) -> Any:
    """Convert for `dev`, commit, apply the projects and ApplicationSets, and give what `expand` says."""
    url = f"file://{repository}"
    out = migrate(estate, "convert", "--batch", "-e", "dev", "--repo-url", url, "--out", "tree", *options)
    assert out.code == 0, out.err
    shutil.copytree(estate / "tree", repository, dirs_exist_ok=True)
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--message", "tree")
    for folder in ("projects", "apps"):
        kubectl("apply", "--validate=strict", "--filename", str(repository / "environments/dev/argocd" / folder))
        if closed and folder == "projects":
            for project in objects("appprojects"):
                if project["metadata"]["name"] != "default":
                    name = project["metadata"]["name"]
                    kubectl("patch", "appproject", name, "--type=merge", "--patch", json.dumps(CLOSED))
    foretold = migrate(estate, "expand", "tree", "-e", "dev", "--output", "json")
    assert foretold.code == 0, foretold.err
    return json.loads(foretold.out)


def essence(application: Any) -> Any:
    metadata = application["metadata"]
    return {key: metadata.get(key) for key in ("labels", "annotations", "finalizers")} | {"spec": application["spec"]}


def by_name(applications: list[Any]) -> dict[str, Any]:
    return {application["metadata"]["name"]: essence(application) for application in applications}


@pytest.mark.parametrize("layout", ["environments", "shared", "kustomize", "plugin"])
def test_the_api_server_takes_every_argo_cd_object_strictly(migrate: Migrate, tmp_path: Path, layout: str) -> None:
    estate = sample(tmp_path)
    options = ("--layout", layout, "--accept-lost-order")
    assert migrate(estate, "convert", "--batch", "--out", "tree", *options).code == 0
    folders = sorted((estate / "tree/environments").glob("*/argocd"))
    assert len(folders) == 4
    for folder in folders:
        for part in ("parent", "projects", "apps", "repos"):
            if (folder / part).is_dir():
                kubectl("apply", "--dry-run=server", "--validate=strict", "--filename", str(folder / part))


@pytest.mark.parametrize("layout", ["environments", "shared", "kustomize"])
def test_the_controller_makes_what_expand_foretells_and_syncs_nothing_of_it(
    migrate: Migrate, tmp_path: Path, repository: Path, layout: str
) -> None:
    options = ("--layout", layout, "--accept-lost-order")
    foretold = by_name(publish(migrate, sample(tmp_path), repository, *options)["applications"])
    assert foretold
    wait_for(lambda: len(objects("applications")) >= len(foretold))
    assert by_name(objects("applications")) == foretold
    wait_for(lambda: all(one.get("status", {}).get("sync", {}).get("status") for one in objects("applications")))
    time.sleep(PATIENCE)
    touched = [
        one["metadata"]["name"]
        for one in objects("applications")
        if "operation" in one or one["status"].get("operationState")
    ]
    assert touched == []


@pytest.mark.parametrize(
    ("layout", "steps", "appsets"),
    [
        *(("environments", steps, appsets) for steps in ("phase", "tier", "wave") for appsets in APPSETS),
        ("shared", "phase", "single"),
    ],
)
def test_rolling_sync_puts_each_application_into_the_step_that_expand_foretells(
    migrate: Migrate, tmp_path: Path, repository: Path, layout: str, steps: str, appsets: str
) -> None:
    layers = "layerHandover: {15-secrets-certificates: manual, 24-auth: manual}"
    options = ("--layout", layout, "--steps", steps, "--appsets", appsets, "--accept-lost-order")
    foretold = publish(migrate, sample(tmp_path, f"handover: done\n{layers}"), repository, *options, closed=True)
    assert -1 in foretold["steps"].values()

    def live() -> dict[str, int]:
        entries = [e for one in objects("applicationsets") for e in one.get("status", {}).get("applicationStatus", [])]
        return {entry["application"]: int(entry["step"]) for entry in entries}

    wait_for(lambda: len(live()) == len(foretold["steps"]))
    assert live() == foretold["steps"]
    assert by_name(objects("applications")) == by_name(foretold["applications"])
    assert len(objects("applicationsets")) == (1 if appsets == "single" else 3)
    assert not [one["metadata"]["name"] for one in objects("applications") if syncs_by_itself(one)]


def syncs_by_itself(application: Any) -> bool:
    automated = application["spec"].get("syncPolicy", {}).get("automated")
    return automated is not None and automated.get("enabled") is not False


def paused(name: str) -> bool:
    return not syncs_by_itself(json.loads(kubectl("get", "application", name, "--output", "json")))


def made_anew(name: str, mark: str) -> None:
    """Have the controller write every Application once more, and wait until this one shows that it did."""
    (appset,) = objects("applicationsets")
    template = {"spec": {"template": {"metadata": {"labels": {"written": mark}}}}}
    kubectl("patch", "applicationset", appset["metadata"]["name"], "--type=merge", "--patch", json.dumps(template))
    path = "--output=jsonpath={.metadata.labels.written}"
    wait_for(lambda: kubectl("get", "application", name, path) == mark)


def test_the_application_that_a_person_paused_stays_so_in_the_layout_kustomize(
    migrate: Migrate, tmp_path: Path, repository: Path
) -> None:
    estate = write_files(tmp_path / "estate", SMALL)
    assert migrate(estate, "plan", "--batch").code == 0
    options = ("--layout", "kustomize", "--handover", "done", "--accept-lost-order")
    foretold = publish(migrate, estate, repository, *options, closed=True)["applications"]
    assert [syncs_by_itself(one) for one in foretold] == [True, True]
    wait_for(lambda: by_name(objects("applications")) == by_name(foretold))

    pause = json.dumps({"spec": {"syncPolicy": {"automated": None}}})
    kubectl("patch", "application", "front", "--type=merge", "--patch", pause)
    made_anew("front", "once")
    assert (paused("front"), paused("back")) == (True, False)

    (appset,) = objects("applicationsets")
    without = json.dumps([{"op": "remove", "path": "/spec/ignoreApplicationDifferences"}])
    kubectl("patch", "applicationset", appset["metadata"]["name"], "--type=json", "--patch", without)
    made_anew("front", "twice")
    assert not paused("front"), "without the setting the controller puts it back: then the test above shows nothing"


ODD_CHART = {
    "charts/odd/Chart.yaml": "apiVersion: v2\nname: odd\nversion: 1.0.0\n",
    "charts/odd/templates/map.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  {{- range $key, $value := .Values }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
""",
}
ODD_VALUES = {
    "comma": "a,b,c",
    "dollar": "pa$word-${HOME}-$$-$ARGOCD_APP_NAME",
    "both": "x,$y,z",
    "braces": "{one,two}",
    "quotes": 'it\'s "quoted"',
    "equals": "k=v",
}


def test_parameters_reach_the_cluster_as_helmfile_means_them(
    migrate: Migrate, tmp_path: Path, repository: Path
) -> None:
    entries = [{"name": name, "value": value} for name, value in ODD_VALUES.items()]
    release = {"name": "odd", "namespace": "default", "chart": "./charts/odd", "set": entries}
    text = f'environments: {{"dev": {{}}}}\n---\nreleases: {json.dumps([release])}\n'
    estate = write_files(
        tmp_path / "estate", {"helmfiles/helmfile.yaml": text} | {f"helmfiles/{k}": v for k, v in ODD_CHART.items()}
    )
    assert migrate(estate, "plan", "--batch").code == 0
    publish(migrate, estate, repository)
    wait_for(lambda: [one["metadata"]["name"] for one in objects("applications")] == ["odd"])
    kubectl("patch", "application", "odd", "--type=merge", "--patch", '{"operation": {"sync": {}}}')
    wait_for(lambda: objects("applications")[0].get("status", {}).get("operationState", {}).get("phase") == "Succeeded")
    live = json.loads(kubectl("get", "configmap", "odd", "--namespace", "default", "--output", "json"))
    assert live["data"] == ODD_VALUES
