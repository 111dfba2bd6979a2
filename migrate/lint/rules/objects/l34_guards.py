"""L34: what holds data is guarded against deletion."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.appsets import keeps_resources
from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.objects import SYNC_OPTIONS, object_options
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, listed
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.guards import is_guarded


def check_guards(subject: Subject) -> Iterator[Hit]:
    """L34: what holds data is kept, whatever happens to the files."""
    for one in subject.expansion.applications:
        guarded = sorted({m.key.group_kind for m in subject.manifests(one) if is_guarded(m.key)})
        if guarded and one.appset and not keeps_resources(subject.appset_of(one)) and not _leaves_objects(subject, one):
            text = f"Application {one.name} holds {', '.join(guarded)}, and its ApplicationSet may delete them"
            hint = "Use an ApplicationSet with preserveResourcesOnDeletion: true and applicationsSync: create-update."
            yield error(text, hint, subject.place(one), one.environment)
        for manifest in subject.manifests(one):
            if manifest.key.kind == "Namespace" and not manifest.key.group:
                lacking = [
                    option for option in ("Prune=false", "Delete=false") if option not in object_options(manifest)
                ]
                if lacking:
                    text = f"{manifest.key} lacks the sync options {', '.join(lacking)}"
                    hint = f"Add {SYNC_OPTIONS}: Prune=false,Delete=false: a Namespace takes all in it along."
                    yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


def _leaves_objects(subject: Subject, one: GeneratedApplication) -> bool:
    """Whether the Application goes without its objects: its ApplicationSet says of each which go, and not of this."""
    appset = subject.appset_of(one)
    if appset is None or appset.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is not True:
        return False
    chosen = "finalizers:" in str(appset.get("spec", "templatePatch") or "")
    return chosen and not listed(one.manifest, "metadata", "finalizers")


RULE = Rule(
    id="L34",
    title="what holds data is guarded against deletion",
    reason="Namespaces, CRDs, claims, StatefulSets and databases must survive a mistake in Git",
    pointer="D 7",
    severity=Severity.ERROR,
    check=check_guards,
    needs_render=True,
    own_tree=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: shop
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: shop
                  annotations:
                    argocd.argoproj.io/sync-options: Prune=false,Delete=false
            """,
        },
    ),
)
