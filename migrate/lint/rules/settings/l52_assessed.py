"""L52: custom resources that take their time have a health check."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import CM, SETTINGS, TEMPLATE
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.settings import setting_line, settings_of
from migrate.lint.subject import Subject
from migrate.model.assessments import assessed_kinds
from migrate.model.finding import Severity
from migrate.model.health import HEALTH_KEY


def check_assessed(subject: Subject) -> Iterator[Hit]:
    """L52: a custom resource that takes its time has a health check, or its phase is over at once."""
    for setting in settings_of(subject, "cm"):
        environment = setting.document.environment
        kinds = {
            (manifest.key.group, manifest.key.kind): one
            for one in reversed(subject.expansion.applications)
            if one.environment == environment
            for manifest in subject.manifests(one)
        }
        for group, kind in assessed_kinds(kinds, subject.argocd_version):
            key = f"{HEALTH_KEY}{group}_{kind}"
            if key not in setting.data:
                text = f"{kind}.{group} has no health check, and so {kinds[group, kind].name} is Healthy at once"
                yield warning(text, f"Add {key} to argocd-cm.", setting_line(subject, setting, key), environment)


RULE = Rule(
    id="L52",
    title="custom resources that take their time have a health check",
    reason="a kind without one counts as done at once, and the next phase starts too early",
    pointer="AC 8.11",
    severity=Severity.WARNING,
    check=check_assessed,
    needs_render=True,
    own_tree=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: temporal.io/v1beta1
                kind: TemporalCluster
                metadata:
                  name: web
            """,
            CM: """
                data:  # <- here
            """,
            SETTINGS: """
                configs:
                  cm:  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: temporal.io/v1beta1
                kind: TemporalCluster
                metadata:
                  name: web
            """,
            CM: """
                data:
                  resource.customizations.health.temporal.io_TemporalCluster: return {status = "Healthy"}
            """,
            SETTINGS: """
                configs:
                  cm:
                    resource.customizations.health.temporal.io_TemporalCluster: return {status = "Healthy"}
            """,
        },
    ),
)
