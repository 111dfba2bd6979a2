"""L33: no Application of hooks alone."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.objects import is_hook
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_hooks_alone(subject: Subject) -> Iterator[Hit]:
    """L33: an Application of hooks alone is Synced and Healthy at birth, and never runs."""
    for one in subject.expansion.applications:
        manifests = subject.manifests(one)
        if manifests and all(is_hook(manifest) for manifest in manifests):
            text = f"Application {one.name} consists of hooks alone, and RollingSync passes it without running anything"
            hint = "Make its Jobs plain objects with the sync options Force=true,Replace=true."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


RULE = Rule(
    id="L33",
    title="no Application of hooks alone",
    reason="it is Synced at birth, and RollingSync passes it without running anything",
    pointer="D 2",
    severity=Severity.ERROR,
    check=check_hooks_alone,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: migrations
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
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: migrations
                  annotations:
                    argocd.argoproj.io/sync-options: Force=true,Replace=true
            """,
        },
    ),
)
