"""`make e2e` on a cluster that may be thrown away: it proves, refuses, and leaves the cluster as it was.

RIG_KUBECONFIG as in test_rig_argocd; where the cluster has no Nodes, the script plays the controllers.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
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
PATIENCE = 300.0
SMOKE = {
    "helmfiles/charts/smoke/Chart.yaml": "apiVersion: v2\nname: smoke\nversion: 1.0.0\n",
    "helmfiles/charts/smoke/templates/job.yaml": """\
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}
  annotations: {helm.sh/hook: test}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: look, image: "example.org/look:1"}]
""",
    "helmfiles/charts/hooked/Chart.yaml": "apiVersion: v2\nname: hooked\nversion: 1.0.0\n",
    "helmfiles/charts/hooked/templates/all.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: hooked
data: {a: b}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: before
  annotations: {helm.sh/hook: "pre-install,pre-upgrade"}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: after
  annotations: {helm.sh/hook: "post-install,post-upgrade", helm.sh/hook-delete-policy: hook-succeeded}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: look, image: "example.org/look:1"}]
""",
    "helmfiles/20-smoke.yaml": """\
environments:
  dev: {}
---
releases:
  - name: hooked
    namespace: web
    chart: ./charts/hooked
  - name: smoke
    namespace: web
    chart: ./charts/smoke
""",
}
KINDS = ("namespaces", "crd", "deployments", "jobs", "services", "applications", "applicationsets", "appprojects")


def kubectl(*arguments: str, told: str | None = None) -> str:
    command = ["kubectl", "--kubeconfig", KUBECONFIG, *arguments]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def cluster() -> Any:
    """What there is, without what changes by itself."""
    there: dict[str, Any] = {}
    for kind in KINDS:
        for item in json.loads(kubectl("get", kind, "--all-namespaces", "--output", "json"))["items"]:
            metadata = item["metadata"]
            kept = {k: metadata.get(k) or {} for k in ("labels", "annotations")}
            there[f"{kind} {metadata.get('namespace', '')}/{metadata['name']}"] = kept
    settings = json.loads(kubectl("get", "configmaps", "--namespace", "argocd", "--output", "json"))["items"]
    there |= {item["metadata"]["name"]: item.get("data") or {} for item in settings}
    return there


def script(folder: Path, *options: str) -> subprocess.Popen[str]:
    played = [] if json.loads(kubectl("get", "nodes", "--output", "json"))["items"] else ["--play-controllers"]
    command = [sys.executable, "-m", "tests.e2e", "--kubeconfig", KUBECONFIG, *played, *options]
    with (folder / "log").open("w") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, text=True)


def said(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8")


def wait_until_said(folder: Path, text: str) -> None:
    end = time.monotonic() + PATIENCE
    while text not in said(folder):
        assert time.monotonic() < end, said(folder)
        time.sleep(0.2)


@pytest.fixture
def estate(migrate: Migrate, tmp_path: Path) -> Path:
    """Two Deployments, the second in need of the first, a release with hooks, and one of nothing but a test hook."""
    folder = write_files(tmp_path / "project", SMALL | SMOKE)
    git(folder, "init", "--quiet")
    assert migrate(folder, "plan", "--batch").code == 0
    return folder / "helmfiles"


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """The cluster after the test is the cluster before it."""
    before = cluster()
    yield
    assert cluster() == before


@pytest.mark.usefixtures("as_it_was")
def test_an_environment_goes_out_step_by_step_as_foretold(estate: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = script(tmp_path, "--estate", str(estate), "--environment", "dev", "--report", str(report))
    assert run.wait(PATIENCE) == 0, said(tmp_path)
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["faults"] == []
    assert figures["rows"]["synced and healthy, by steps alone"] == "4 of 4, in 4 steps"
    # The Job of the smoke, once a hook, is an object that ran; the hooks beside objects stay hooks.
    assert figures["rows"]["live objects as render says"] == "4 of 4"
    assert figures["rows"]["hooks that ran and succeeded, as foretold"] == "2 of 2"
    assert [one["name"] for one in figures["order"]] == ["front", "back", "hooked", "smoke"]
    assert all(one["began"] for one in figures["order"])


@pytest.mark.usefixtures("as_it_was")
def test_a_run_that_is_interrupted_leaves_nothing(estate: Path, tmp_path: Path) -> None:
    run = script(tmp_path, "--estate", str(estate), "--environment", "dev")
    wait_until_said(tmp_path, "1 of 4 Applications")
    run.send_signal(signal.SIGINT)
    assert run.wait(PATIENCE) == 130, said(tmp_path)


@pytest.mark.usefixtures("as_it_was")
def test_a_run_that_is_killed_is_finished_by_clean_and_no_other_begins(estate: Path, tmp_path: Path) -> None:
    options = ("--estate", str(estate), "--environment", "dev")
    run = script(tmp_path, *options)
    wait_until_said(tmp_path, "1 of 4 Applications")
    run.kill()
    run.wait(PATIENCE)
    assert script(tmp_path, *options).wait(PATIENCE) == 5
    assert "another run" in said(tmp_path)
    assert script(tmp_path, "--clean").wait(PATIENCE) == 0, said(tmp_path)


@pytest.mark.usefixtures("as_it_was")
def test_a_cluster_that_has_such_an_application_is_not_touched(estate: Path, tmp_path: Path) -> None:
    spec = {"project": "default", "source": {"repoURL": "file:///nowhere", "path": "."}, "destination": {"name": "x"}}
    metadata = {"name": "back", "namespace": "argocd"}
    one = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
    kubectl("create", "--filename", "-", told=json.dumps(one))
    there = cluster()
    try:
        assert script(tmp_path, "--estate", str(estate), "--environment", "dev").wait(PATIENCE) == 5
        assert "argocd/back exists already" in said(tmp_path)
        assert cluster() == there
    finally:
        kubectl("delete", "application", "back", "--namespace", "argocd")


@pytest.mark.usefixtures("as_it_was")
def test_hooks_alone_would_be_called_healthy_without_having_run(tmp_path: Path) -> None:
    # Why decision 2 makes Jobs of them: this is the chart as it was, under RollingSync.
    chart = {name.removeprefix("helmfiles/"): text for name, text in SMOKE.items() if "/charts/smoke/" in name}
    chart["charts/smoke/templates/job.yaml"] = chart["charts/smoke/templates/job.yaml"].replace(
        "hook: test", "hook: post-install"
    )
    repository = write_files(tmp_path / "repository", chart)
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", "--all")
    git(repository, "commit", "--message", "a chart of hooks alone")
    source = {"repoURL": f"file://{repository}", "targetRevision": "main", "path": "charts/smoke"}
    destination = {"name": "in-cluster", "namespace": "default"}
    template = {
        "metadata": {"name": "hooks-alone", "labels": {"phase": "1"}},
        "spec": {"project": "default", "source": source, "destination": destination},
    }
    step = {"matchExpressions": [{"key": "phase", "operator": "In", "values": ["1"]}]}
    appset = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "hooks-alone", "namespace": "argocd"},
        "spec": {
            "generators": [{"list": {"elements": [{"a": "b"}]}}],
            "strategy": {"type": "RollingSync", "rollingSync": {"steps": [step]}},
            "template": template,
        },
    }
    kubectl("create", "--filename", "-", told=json.dumps(appset))
    try:
        path = "--output=jsonpath={.status.applicationStatus[*].status}"
        end = time.monotonic() + PATIENCE
        while kubectl("get", "applicationset", "hooks-alone", "--namespace", "argocd", path) != "Healthy":
            assert time.monotonic() < end
            time.sleep(1)
        live = json.loads(kubectl("get", "application", "hooks-alone", "--namespace", "argocd", "--output", "json"))
        assert "operationState" not in live["status"]
        assert json.loads(kubectl("get", "jobs", "--namespace", "default", "--output", "json"))["items"] == []
    finally:
        kubectl("delete", "applicationset", "hooks-alone", "--namespace", "argocd", "--wait=true", "--timeout=60s")
        kubectl("delete", "application", "hooks-alone", "--namespace", "argocd", "--ignore-not-found")


@pytest.mark.parametrize("layout", ["environments", "shared"])
@pytest.mark.usefixtures("as_it_was")
def test_the_sample_goes_out_whole(tmp_path: Path, layout: str) -> None:
    report = tmp_path / "report.json"
    assert script(tmp_path, "--layout", layout, "--report", str(report)).wait() == 0, said(tmp_path)
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert figures["faults"] == []
    assert len(figures["order"]) > 60
