"""L87: Jobs do not pile up, and none vanishes that Git still names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.jobs import jobs
from migrate.lint.objects import is_hook, rendered_objects
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.subject import Subject, dig
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity, SourceLocation
from migrate.model.manifest import Manifest

_MOST_KEPT = 10
_BY_REVISION = re.compile(r"^\s*name:.*\.Release\.(Revision|IsUpgrade|IsInstall)\b")
_JOB_KIND = re.compile(r"(?m)^kind:\s*Job\s*$")


def check_piling(subject: Subject) -> Iterator[Hit]:
    """L87: names that are drawn, histories that are long, Jobs that delete themselves, names by revision."""
    for one, manifest in rendered_objects(subject):
        where = subject.place(one, "chart", "path")
        if dig(manifest.document, "metadata", "generateName") and not dig(manifest.document, "metadata", "name"):
            text = f"a {manifest.key.group_kind} with generateName is made anew by every sync, and none is deleted"
            hint = "Give it a name; as a hook it may keep generateName with a hook-delete-policy."
            if not (is_hook(manifest) and _is_deleted(manifest)):
                yield warning(text, hint, where, one.environment)
        if (manifest.key.group, manifest.key.kind) == ("batch", "CronJob"):
            yield from _history(one, manifest, where)
    for job in jobs(subject):
        seconds = dig(job.spec, "ttlSecondsAfterFinished")
        if seconds is not None and not job.hook:
            text = (
                f"{job.manifest.key} deletes itself {seconds} s after its end (ttlSecondsAfterFinished): then its "
                "Application is OutOfSync, and the next sync runs it again"
            )
            hint = "Take the TTL out: a Job of another name is pruned, one of the same name is replaced."
            where = subject.place(job.application, "chart", "path")
            yield warning(text, hint, where, job.application.environment)
    yield from _by_revision(subject)


def _is_deleted(manifest: Manifest) -> bool:
    policies = ("argocd.argoproj.io/hook-delete-policy", "helm.sh/hook-delete-policy")
    return any(manifest.annotations.get(policy) for policy in policies)


def _history(one: GeneratedApplication, manifest: Manifest, where: SourceLocation) -> Iterator[Hit]:
    for key in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        kept = dig(manifest.document, "spec", key)
        if isinstance(kept, (int, float)) and kept > _MOST_KEPT:
            hint = "Kubernetes keeps 3 that worked and 1 that failed by itself; logs belong into a log store."
            yield info(f"{manifest.key} keeps {int(kept)} Jobs ({key})", hint, where, one.environment)


def _by_revision(subject: Subject) -> Iterator[Hit]:
    """Templates of Jobs whose name goes by the release's revision: it is 1 in every render of Argo CD."""
    for path in subject.below("sources/charts"):
        if "/templates/" not in path or b".Release." not in subject.tree.files[path]:
            continue
        text = subject.tree.files[path].decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines() if _JOB_KIND.search(text) else (), 1):
            if match := _BY_REVISION.search(line):
                said = f"the name of a Job goes by .Release.{match[1]}, which never changes in Argo CD"
                hint = "End the name with a hash of the Job's spec."
                yield warning(said, hint, SourceLocation(path, number))


_JOB = """
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: {name}  {mark}
    spec:
      activeDeadlineSeconds: 900
      {ttl}template:
        spec:
          restartPolicy: Never
          containers: [{{name: migrate, image: "acme/migrate:1.4"}}]
"""

RULE = Rule(
    id="L87",
    title="Jobs do not pile up, and none vanishes that Git still names",
    reason="Argo CD deletes what leaves Git alone: what gets new names stays, and what deletes itself is missing",
    pointer="AC 6.10, 8.9",
    severity=Severity.WARNING,
    check=check_piling,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: _JOB.format(
                name="migrate-{{ .Release.Revision }}", mark="# <- here", ttl="ttlSecondsAfterFinished: 600\n      "
            ),
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={TEMPLATE: _JOB.format(name="migrate-{{ .Values | toJson | sha256sum | trunc 8 }}", mark="", ttl="")},
    ),
)
