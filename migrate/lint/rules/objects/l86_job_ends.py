"""L86: a Job that holds a step comes to an end."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.jobs import jobs
from migrate.lint.rule import Hit, Rule, info
from migrate.lint.subject import Subject, dig, listed
from migrate.model.finding import Severity


def check_ends(subject: Subject) -> Iterator[Hit]:
    """L86: a plain Job has a deadline, for itself or for its Pods: else it can be Progressing for ever."""
    for job in jobs(subject):
        deadline = dig(job.spec, "activeDeadlineSeconds") or dig(job.pod, "activeDeadlineSeconds")
        if job.hook or deadline or not listed(job.pod, "containers"):
            continue
        text = (
            f"{job.manifest.key} has no activeDeadlineSeconds: while it hangs its step waits, and nothing looks wrong"
        )
        hint = "Give it one: then it fails, the Application is Degraded, and somebody is told."
        yield info(text, hint, subject.place(job.application, "chart", "path"), job.application.environment)


_JOB = """
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: migrate-3f2a91c0
    spec:
      {deadline}backoffLimit: 6
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: migrate, image: "acme/migrate:1.4"}}]
"""

RULE = Rule(
    id="L86",
    title="a Job that holds a step comes to an end",
    reason="a Progressing Job holds its step for ever and raises no alarm; a failed one is Degraded",
    pointer="AC 3.14, 8.9",
    severity=Severity.INFO,
    check=check_ends,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: _JOB.format(deadline=""),
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={TEMPLATE: _JOB.format(deadline="activeDeadlineSeconds: 900\n      ")},
    ),
)
