"""L65: a step is held by more than a hook after the sync."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.settings import settings_of
from migrate.lint.subject import Subject
from migrate.model.finding import Severity
from migrate.model.health import HEALTH_KEY, HealthChecks, built_in_checks


def check_gates(subject: Subject) -> Iterator[Hit]:
    """L65: an Application whose only check is a hook after the sync holds nothing back."""
    for one in subject.expansion.applications:
        manifests = subject.manifests(one)
        plain = [manifest for manifest in manifests if not manifest.phases]
        late = sorted({str(manifest.key) for manifest in manifests if "PostSync" in manifest.phases})
        checks = _checks(subject, one.environment)
        # Without a plain object it is a matter of L33.
        if not plain or not late or any(checks.watches(manifest.key) for manifest in plain):
            continue
        text = (
            f"nothing but {', '.join(late)} tells whether {one.name} works, and no step waits for a hook after the sync"
        )
        hint = "Make the Job a plain object (sync options Force=true,Replace=true): then its health holds the step."
        tell = warning if one.step is not None and one.step > 0 else info
        yield tell(text, hint, subject.place(one, "chart", "path"), one.environment)


def _checks(subject: Subject, environment: str) -> HealthChecks:
    """What has a health check in an environment: Argo CD's own, and those that the tree's settings add."""
    built_in = built_in_checks(subject.argocd_version)
    own = set()
    for setting in settings_of(subject, "cm"):
        if setting.document.environment == environment:
            for key in setting.data:
                group, _, kind = key.removeprefix(HEALTH_KEY).rpartition("_")
                own |= {f"{group}/{kind}" if group else kind} if key.startswith(HEALTH_KEY) else set()
    return HealthChecks(built_in.kinds | own, built_in.patterns)


RULE = Rule(
    id="L65",
    title="a step is held by more than a hook after the sync",
    reason="RollingSync goes on once an Application is Synced and Healthy, while its PostSync hooks may still run",
    pointer="AC 3.12, 6.11, 8.11",
    severity=Severity.WARNING,
    check=check_gates,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                ---
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: check
                  annotations:
                    helm.sh/hook: post-install
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                ---
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: check
                  annotations:
                    argocd.argoproj.io/sync-options: Force=true,Replace=true
            """,
        },
    ),
)
