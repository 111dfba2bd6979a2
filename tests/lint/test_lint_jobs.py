"""Rules over Jobs, beyond their examples: whom they call, in which order, and what piles up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.yaml import dump_yaml
from migrate.lint.good_tree import GOOD, TEMPLATE
from tests.lint.test_lint_examples import lint_rendered

OTHER = "sources/charts/own/crds/templates/db.yaml"
SERVICE: Mapping[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}, "spec": {"ports": []}}


def job(url: str = "postgres://db:5432/app", **changes: Any) -> dict[str, Any]:
    """A Job that calls a host; ``annotations``, ``pod`` and the rest of its spec where a test gives them."""
    metadata = {"name": changes.pop("name", "migrate-3f2a91c0"), "annotations": changes.pop("annotations", {})}
    container = {
        "name": "a",
        "image": "acme/migrate:1",
        "env": [{"name": "URL", "value": url}],
        **changes.pop("pod", {}),
    }
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    spec = {"backoffLimit": 0, "activeDeadlineSeconds": 600, **changes, "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def found(
    folder: Path, code: str, web: tuple[Mapping[str, Any], ...], other: tuple[Mapping[str, Any], ...] = ()
) -> list[str]:
    """What one rule says of the objects of Application web (phase 650) and crds (110)."""
    files = {**GOOD, TEMPLATE: "---\n".join(map(dump_yaml, web))}
    files |= {OTHER: "---\n".join(map(dump_yaml, other))} if other else {}
    return [f"{f.severity}: {f.message}" for f in lint_rendered(files, folder) if f.code == code]


def test_a_job_before_its_database_can_never_work(tmp_path: Path) -> None:
    (said,) = found(tmp_path, "L85", (SERVICE,), (job("http://db.web.svc.cluster.local:80/ready", backoffLimit=6),))
    assert said == (
        "error: Job.batch crds/migrate-3f2a91c0 calls Service web/db of web, "
        "which comes later (phase 650, and this is 110)"
    )


def test_a_job_after_its_database_needs_no_wait(tmp_path: Path) -> None:
    assert found(tmp_path, "L85", (job("db.crds:5432"),), (SERVICE,)) == []


WAIT = {"command": ["sh", "-c", "until nc -z db 5432; do sleep 1; done"]}


@pytest.mark.parametrize(
    ("made", "heard"),
    [
        (job(), True),
        (job(backoffLimit=6), False),
        (job(pod=WAIT), False),
        (job(annotations={"argocd.argoproj.io/sync-wave": "1"}), False),
        (job(annotations={"argocd.argoproj.io/hook": "PostSync"}), False),
        (job(annotations={"argocd.argoproj.io/hook": "PreSync"}), True),
        (job("https://example.com/db"), False),
        (job("a database is a db"), False),
        (job("db"), True),
        (job("dba.web:5432"), False),
        (job("postgres://user:word@db.web/app"), True),
    ],
    ids=["at once", "patient", "loops", "later wave", "PostSync", "PreSync", "path", "prose", "bare", "other", "login"],
)
def test_what_races(tmp_path: Path, made: Mapping[str, Any], heard: bool) -> None:
    assert bool(found(tmp_path, "L85", (SERVICE, made))) is heard


def test_the_seconds_of_all_retries_are_told(tmp_path: Path) -> None:
    (said,) = found(tmp_path, "L85", (SERVICE, job(backoffLimit=3)))
    assert said.endswith("gives up after 70 s of retries")


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ({"name": "migrate"}, True),
        ({"name": "migrate-facade"}, True),
        ({"name": "migrate-3f2a91c0"}, False),
        ({"name": "m", "annotations": {"argocd.argoproj.io/sync-options": "Force=true,Replace=true"}}, False),
        ({"name": "m", "annotations": {"argocd.argoproj.io/sync-options": "Replace=true"}}, True),
        ({"name": "m", "annotations": {"argocd.argoproj.io/hook": "Sync"}}, False),
    ],
)
def test_which_jobs_cannot_change(tmp_path: Path, changes: dict[str, Any], heard: bool) -> None:
    assert bool(found(tmp_path, "L62", (job(**changes),))) is heard


def test_a_label_that_changes_with_the_chart_is_named(tmp_path: Path) -> None:
    made = job(name="migrate")
    made["spec"]["template"]["metadata"] = {"labels": {"helm.sh/chart": "web-1.10"}}
    (said,) = found(tmp_path, "L62", (made,))
    assert said.endswith("its label helm.sh/chart (web-1.10) changes with every version of the chart")


def test_a_deadline_of_the_pods_is_one_too(tmp_path: Path) -> None:
    made = job(activeDeadlineSeconds=None)
    assert len(found(tmp_path / "a", "L86", (made,))) == 1
    made["spec"]["template"]["spec"]["activeDeadlineSeconds"] = 60
    assert found(tmp_path / "b", "L86", (made,)) == []


def cron_job(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tidy"},
        "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"ttlSecondsAfterFinished": 60}}, **spec},
    }


def test_what_piles_up_or_vanishes(tmp_path: Path) -> None:
    drawn = job()
    drawn["metadata"] = {"generateName": "migrate-"}
    vanishing = job(ttlSecondsAfterFinished=0)
    hook = job(name="hook", annotations={"argocd.argoproj.io/hook": "Sync"}, ttlSecondsAfterFinished=60)
    kept = cron_job(successfulJobsHistoryLimit=100, failedJobsHistoryLimit=1)
    said = found(tmp_path, "L87", (drawn, vanishing, hook, kept))
    assert len(said) == 3
    assert any("generateName is made anew by every sync" in text for text in said)
    assert any("migrate-3f2a91c0 deletes itself 0 s after its end" in text for text in said)
    assert "info: CronJob.batch web/tidy keeps 100 Jobs (successfulJobsHistoryLimit)" in said
