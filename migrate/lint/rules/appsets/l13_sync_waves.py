"""L13: no sync wave on generated Applications."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Subject, mapped
from migrate.model.finding import Severity

SYNC_WAVE = "argocd.argoproj.io/sync-wave"


def check_sync_waves(subject: Subject) -> Iterator[Hit]:
    """L13: a sync wave on a generated Application orders nothing."""
    hint = "Waves work among the objects of one Application. Use rollout phases (RollingSync) instead."
    told = set()
    for application in subject.expansion.applications:
        annotations = mapped(application.manifest, "metadata", "annotations")
        if application.appset and SYNC_WAVE in annotations and application.appset not in told:
            told.add(application.appset)
            appset = subject.appset_of(application)
            keys = ("spec", "template", "metadata", "annotations", SYNC_WAVE)
            where = subject.line(appset, *keys) if appset else subject.place(application)
            text = f"ApplicationSet {application.appset} sets {SYNC_WAVE} on its Applications, which orders nothing"
            tell = error if subject.own else warning
            yield tell(text, hint, where, application.environment)


RULE = Rule(
    id="L13",
    title="no sync wave on generated Applications",
    reason="waves order objects inside one Application only",
    pointer="AC 3.20",
    severity=Severity.ERROR,
    check=check_sync_waves,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    metadata:
                      annotations:
                        argocd.argoproj.io/sync-wave: '{{ .wave }}'  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    metadata:
                      labels:
                        rollout-phase: '{{ .rolloutPhase }}'
            """,
        },
    ),
)
