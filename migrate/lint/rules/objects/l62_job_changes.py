"""L62: the next change of a Job that holds a step can be applied."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.jobs import jobs
from migrate.lint.objects import SYNC_OPTIONS, object_options
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject, listed, mapped
from migrate.model.finding import Severity

_HASHED = re.compile(r"[-.](?=[0-9a-f]*[0-9])[0-9a-f]{6,64}$")


def check_changes(subject: Subject) -> Iterator[Hit]:
    """L62: a plain Job changes its name with its spec, or is replaced; nobody can change its template."""
    for job in jobs(subject):
        key = job.manifest.key
        if job.hook or _HASHED.search(key.name):
            continue
        own = listed(job.application.manifest, "spec", "syncPolicy", "syncOptions")
        if {"Force=true", "Replace=true"} <= object_options(job.manifest) | {str(option) for option in own}:
            continue
        chart = mapped(job.spec, "template", "metadata", "labels").get("helm.sh/chart")
        soon = f"; its label helm.sh/chart ({chart}) changes with every version of the chart" if chart else ""
        text = f"{key} keeps its name when its template changes, which Kubernetes refuses (field is immutable){soon}"
        hint = f"End its name with a hash of its spec, or add {SYNC_OPTIONS}: Force=true,Replace=true."
        yield warning(text, hint, subject.place(job.application, "chart", "path"), job.application.environment)


_JOB = """
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: {name}
    spec:
      activeDeadlineSeconds: 900
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: migrate, image: "acme/migrate:1.4"}}]
"""

RULE = Rule(
    id="L62",
    title="the next change of a Job that holds a step can be applied",
    reason="the template of a Job is immutable: the sync fails, again and again, and the step never ends",
    pointer="D 2",
    severity=Severity.WARNING,
    check=check_changes,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: _JOB.format(name="migrate"),
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={TEMPLATE: _JOB.format(name="migrate-3f2a91c0")},
    ),
)
