"""L24: keep comes with Prune=false."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.objects import SYNC_OPTIONS, object_options, rendered_objects
from migrate.lint.rule import Hit, Rule, info
from migrate.lint.subject import Subject, listed
from migrate.model.finding import Severity

_KEEP = "helm.sh/resource-policy"


def check_keep(subject: Subject) -> Iterator[Hit]:
    """L24: Helm's keep policy protects from deletion, not from pruning."""
    for one, manifest in rendered_objects(subject):
        kept = manifest.annotations.get(_KEEP) == "keep"
        is_crd = manifest.key.kind == "CustomResourceDefinition"
        options = object_options(manifest) | {str(o) for o in listed(one.manifest, "spec", "syncPolicy", "syncOptions")}
        if kept and not is_crd and "Prune=false" not in options:
            hint = f"Add {SYNC_OPTIONS}: Prune=false to it."
            text = f"{manifest.key} is to be kept, but a sync would prune it once it leaves the chart"
            yield info(text, hint, subject.place(one, "chart", "path"), one.environment)


RULE = Rule(
    id="L24",
    title="keep comes with Prune=false",
    reason="Helm's policy protects from deletion, not from pruning",
    pointer="AC 6.13",
    severity=Severity.INFO,
    check=check_keep,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: state
                  annotations:
                    helm.sh/resource-policy: keep
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
                  name: state
                  annotations:
                    helm.sh/resource-policy: keep
                    argocd.argoproj.io/sync-options: Prune=false
            """,
        },
    ),
)
