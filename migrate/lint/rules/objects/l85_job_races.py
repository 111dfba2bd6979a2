"""L85: a Job waits for what it calls."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.jobs import Job, Service, called, jobs, phase, services, wave
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity

_SHORT = 240
"""Seconds within which many a database is not there yet."""


def check_races(subject: Subject) -> Iterator[Hit]:
    """L85: what a Job calls is there before it, or it waits for it, or it tries for some minutes."""
    known = services(subject)
    for job in jobs(subject) if known else ():
        for service in called(subject, job, known):
            one, other = job.application, service.application
            where = subject.place(one, "chart", "path")
            name = f"{job.manifest.key} calls {service.manifest.key}"
            if one.name != other.name and phase(one) and phase(other) > phase(one):
                text = f"{name} of {other.name}, which comes later (phase {phase(other)}, and this is {phase(one)})"
                hint = (
                    f"Put {one.name} into phase {phase(other)} or a later one; no wait helps, since the step waits too."
                )
                yield error(text, hint, where, one.environment)
            elif why := _race(job, service):
                text = f"{name}, {why}, has nothing that waits for it, and gives up after {job.patience} s of retries"
                hint = "Let an init container wait with a limit, or raise backoffLimit (docs/how-to/jobs.md)."
                yield warning(text, hint, where, one.environment)


def _race(job: Job, service: Service) -> str:
    """Why the Service may not answer yet when the Job starts; empty where that is no matter."""
    if job.waits or job.patience >= _SHORT:
        return ""
    one, other = job.application, service.application
    if one.name == other.name:
        if "PreSync" in job.manifest.phases:
            return "which is applied only after this hook"
        later = wave(job.manifest) > wave(service.manifest) or "PostSync" in job.manifest.phases
        return "" if later else "which comes at the same time"
    return f"which {other.name} brings in the same phase" if phase(one) and phase(one) == phase(other) else ""


_SERVICE = """
    apiVersion: v1
    kind: Service
    metadata:
      name: db
    spec:
      ports: [{port: 5432}]
    ---
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: migrate-3f2a91c0
    spec:
      backoffLimit: 1
      activeDeadlineSeconds: 900
      template:
        spec:
          restartPolicy: Never
"""
_MAIN = """\
          containers:
            - name: migrate
              image: acme/migrate:1.4
              env: [{name: DATABASE_URL, value: "postgres://db:5432/app"}]
"""
_WAIT = """\
          initContainers:
            - name: wait
              image: busybox:1.37
              command: [sh, -c, "for i in $(seq 60); do nc -z db 5432 && exit 0; sleep 5; done; exit 1"]
"""

RULE = Rule(
    id="L85",
    title="a Job waits for what it calls",
    reason="a step is applied at once: a Job whose retries are used up before its database is there holds it for good",
    pointer="AC 6.21, 3.14",
    severity=Severity.ERROR,
    check=check_races,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: _SERVICE + _MAIN,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={TEMPLATE: _SERVICE + _WAIT + _MAIN},
    ),
)
