"""The library chart for bootstrap Jobs: it waits within limits, runs once a change, and breaks no rule of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, parse_values, render_chart
from migrate.doors.yaml import dump_yaml
from migrate.emit.job_library import FILES
from tests.conftest import Migrate, git, write_files

CHART = (
    "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    "dependencies: [{name: bootstrap-job, version: 1.0.0, repository: file://../library/bootstrap-job}]\n"
)
TEMPLATE = '{{ include "bootstrap-job.job" (dict "root" $ "job" .Values.job) }}\n'
JOB: Mapping[str, Any] = {
    "name": "migrate",
    "image": "acme/migrate:1.4",
    "command": ["migrate", "up"],
    "waitFor": [{"tcp": "db.data:5432"}, {"http": "http://web.data:8080/ready"}],
    "wait": {"image": "busybox:1.37"},
}


def rendered(job: Mapping[str, Any], *, version: str = "1.0.0") -> Any:
    files = {"Chart.yaml": CHART.replace("1.0.0", version, 1), "templates/job.yaml": TEMPLATE, "values.yaml": "{}\n"}
    files |= {f"charts/bootstrap-job/{path}": text for path, text in FILES.items()}
    chart = ChartFiles({path: text.encode() for path, text in files.items()})
    output = render_chart(chart, {"job": dict(job)}, name="web", namespace="data")
    return parse_values(output.templates["web/templates/job.yaml"])


def test_a_job_is_bounded_and_waits_first() -> None:
    spec = rendered(JOB)["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (4, 1800)
    assert "ttlSecondsAfterFinished" not in spec
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert [one["image"] for one in pod["initContainers"]] == ["busybox:1.37"] * 2
    assert pod["containers"] == [{"name": "job", "image": "acme/migrate:1.4", "command": ["migrate", "up"]}]


def test_no_retries_are_no_retries() -> None:
    assert rendered({**JOB, "retries": 0})["spec"]["backoffLimit"] == 0


def test_everything_else_of_a_container_is_passed_on() -> None:
    more = {
        "args": ["--all"],
        "env": [{"name": "A", "value": "b"}],
        "resources": {"limits": {"memory": "64Mi"}},
        "securityContext": {"runAsNonRoot": True},
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
        "envFrom": [{"secretRef": {"name": "s"}}],
    }
    around = {
        "volumes": [{"name": "v", "emptyDir": {}}],
        "serviceAccountName": "web",
        "imagePullSecrets": [{"name": "r"}],
    }
    pod = rendered({**JOB, **more, **around, "podSecurityContext": {"fsGroup": 1}})["spec"]["template"]["spec"]
    assert pod["containers"][0] == {"name": "job", "image": "acme/migrate:1.4", "command": ["migrate", "up"], **more}
    assert {key: pod[key] for key in around} == around
    assert pod["securityContext"] == {"fsGroup": 1}


def test_its_name_goes_by_its_spec_alone() -> None:
    name = rendered(JOB)["metadata"]["name"]
    assert rendered(JOB, version="2.0.0")["metadata"]["name"] == name
    assert rendered({**JOB, "labels": {"a": "b"}})["metadata"]["name"] == name
    assert rendered({**JOB, "image": "acme/migrate:1.5"})["metadata"]["name"] != name
    long = rendered({**JOB, "name": "m" * 80})["metadata"]["name"]
    assert len(long) <= 63


def test_a_job_that_always_runs_is_replaced_at_each_sync() -> None:
    metadata = rendered({**JOB, "run": "always", "annotations": {"a": "b"}})["metadata"]
    assert metadata["name"] == "migrate"
    assert metadata["annotations"] == {"argocd.argoproj.io/sync-options": "Force=true,Replace=true", "a": "b"}


@pytest.mark.parametrize("number", [0, 1], ids=["tcp", "http"])
@pytest.mark.parametrize(("up_after", "code"), [(3, 0), (99, 1)], ids=["comes up", "never"])
def test_a_wait_ends(tmp_path: Path, number: int, up_after: int, code: int) -> None:
    """The script itself, with programs that fail a while instead of a network."""
    pod = rendered({**JOB, "wait": {"image": "x", "attempts": 5, "seconds": 0}})["spec"]["template"]["spec"]
    command = pod["initContainers"][number]["command"]
    count = tmp_path / "count"
    stub = f'#!/bin/sh\necho x >> {count}\n[ "$(wc -l < {count})" -ge {up_after} ]\n'
    for program in ("nc", "wget"):
        (tmp_path / program).write_text(stub)
        (tmp_path / program).chmod(0o755)
    done = subprocess.run(
        command, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False, capture_output=True, text=True
    )
    assert done.returncode == code
    assert len(count.read_text().split()) == min(up_after, 5)
    assert ("gave up after 5 attempts" in done.stderr) is (code == 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "job.name is missing"),
        ({"image": None}, "job.image is missing"),
        ({"command": []}, "job.command is missing"),
        ({"ttlSecondsAfterFinished": 60}, "no ttlSecondsAfterFinished"),
        ({"run": "sometimes"}, "once or always"),
        ({"wait": {}}, "job.wait.image is missing"),
        ({"waitFor": [{"tcp": "db"}]}, "host:port, not db"),
        ({"waitFor": [{"tcp": "$(reboot):1"}]}, "host:port"),
        ({"waitFor": [{"http": "http://a/'; reboot; '"}]}, "a URL, not"),
        ({"waitFor": [{}]}, "either tcp or http"),
        ({"deadlineSeconds": 600}, "waiting alone would take"),
    ],
)
def test_what_cannot_be_is_refused(change: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(HelmError, match=reason.replace("$", r"\$")):
        rendered({**JOB, **change})


def test_an_estate_uses_it_and_lint_has_nothing_to_say(migrate: Migrate, tmp_path: Path) -> None:
    values = dump_yaml({"job": dict(JOB)})
    files = {
        "helmfiles/10-base.yaml": (
            "environments: {dev: {}}\n---\nreleases:\n  - {name: web, namespace: data, chart: ./charts/web}\n"
        ),
        "helmfiles/charts/web/Chart.yaml": CHART,
        "helmfiles/charts/web/values.yaml": values,
        "helmfiles/charts/web/templates/job.yaml": TEMPLATE,
        "helmfiles/charts/web/templates/service.yaml": (
            "apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {ports: [{port: 5432}]}\n"
        ),
    }
    folder = write_files(tmp_path, files)
    git(folder, "init", "--quiet")
    assert migrate(folder, "charts", "library").code == 0
    for command in ("convert", "verify"):
        outcome = migrate(folder, command)
        assert outcome.code == 0, outcome.err
    findings = json.loads(migrate(folder, "lint", "out", "--output", "json").out)["findings"]
    assert [f for f in findings if f["code"] in ("L62", "L85", "L86", "L87")] == []


def test_what_a_person_changed_is_not_written_over(migrate: Migrate, tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"helmfiles/x": ""})
    assert migrate(folder, "charts", "library", "--to", "lib").code == 0
    (folder / "lib/Chart.yaml").write_text("mine\n")
    assert migrate(folder, "charts", "library", "--to", "lib").code == 5
    assert (folder / "lib/Chart.yaml").read_text() == "mine\n"
    assert migrate(folder, "charts", "library", "--to", "lib", "--force").code == 0
    assert (folder / "lib/Chart.yaml").read_text() == FILES["Chart.yaml"]
