"""L31: a manual hand-over preserves resources."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.appsets import KEEPING
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Document, Subject, listed
from migrate.model.finding import Severity

_CASCADE = "resources-finalizer.argocd.argoproj.io"


def check_preserved(subject: Subject) -> Iterator[Hit]:
    """L31: while a person still hands over, no mistake in Git may delete what Helm installed."""
    for appset in subject.appsets:
        preserved = appset.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is True
        policy = appset.get("spec", "syncPolicy", "applicationsSync")
        # Whether people still hand over is known of a tree that migrate wrote alone. Once it is done it has a strategy,
        # or (layout kustomize) leaves the policy of each Application to people.
        manual = appset.get("spec", "strategy") is None and appset.get("spec", "ignoreApplicationDifferences") is None
        if subject.own and manual and not (preserved and policy in KEEPING):
            lacking = [] if preserved else ["preserveResourcesOnDeletion: true"]
            lacking += [] if policy in KEEPING else ["applicationsSync: create-update"]
            text = f"ApplicationSet {appset.name} has a manual hand-over and no {' and no '.join(lacking)}"
            hint = "Without both, an Application that leaves Git takes all its resources with it."
            yield error(text, hint, subject.line(appset, "spec", "syncPolicy"), appset.environment)
        yield from _finalizers(subject, appset, preserved=preserved, keeping=policy in KEEPING)


def _finalizers(subject: Subject, appset: Document, *, preserved: bool, keeping: bool) -> Iterator[Hit]:
    """The ApplicationSet needs the finalizer so that its Applications stay; they must not have it (4.3, 2.9)."""
    if keeping and _CASCADE not in listed(appset.data, "metadata", "finalizers"):
        text = f"ApplicationSet {appset.name} lacks the finalizer {_CASCADE}"
        hint = "Add it: without it Kubernetes deletes the Applications together with their ApplicationSet."
        yield warning(text, hint, subject.line(appset, "metadata"), appset.environment)
    given = [str(one) for one in listed(appset.data, "spec", "template", "metadata", "finalizers")]
    if preserved and any(one.startswith(_CASCADE) for one in given):
        text = f"the template gives every Application the finalizer {_CASCADE}, in spite of preserveResourcesOnDeletion"
        hint = "Remove it: an Application that is deleted would take its resources with it."
        where = subject.line(appset, "spec", "template", "metadata", "finalizers")
        yield error(text, hint, where, appset.environment)


RULE = Rule(
    id="L31",
    title="a manual hand-over preserves resources",
    reason="an Application that leaves Git would take its resources along",
    pointer="AC 4.4, 4.5, D 1",
    severity=Severity.ERROR,
    check=check_preserved,
    example=Example(
        bad={
            APPS: """
                spec:
                  syncPolicy:  # <- here
                    preserveResourcesOnDeletion: false
            """,
        },
        good={
            APPS: """
                spec:
                  syncPolicy:
                    preserveResourcesOnDeletion: true
                    applicationsSync: create-update
            """,
        },
    ),
)
