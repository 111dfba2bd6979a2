"""L46: every ApplicationSet makes an Application."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, info
from migrate.lint.subject import Subject
from migrate.model.finding import Severity


def check_empty_result(subject: Subject) -> Iterator[Hit]:
    """L46: an ApplicationSet that makes no Application is usually a misspelt path."""
    done = {(one.origin, one.environment, one.appset) for one in subject.expansion.applications}
    done |= {(one.origin, one.environment, one.appset) for one in subject.expansion.errors}
    left = {one.origin for one in subject.left}
    for appset in subject.appsets:
        key = ("" if subject.own else appset.origin, appset.environment, appset.name)
        if key not in done and appset.origin not in left and (appset.environment or not subject.own):
            text = f"ApplicationSet {appset.name} makes no Application"
            hint = "Compare the generator's path with the folders of the tree."
            yield info(text, hint, subject.line(appset), appset.environment)


RULE = Rule(
    id="L46",
    title="every ApplicationSet makes an Application",
    reason="a generator that finds nothing is no error to Argo CD",
    pointer="AC 1.13",
    severity=Severity.INFO,
    check=check_empty_result,
    example=Example(
        bad={
            APPS: """
                apiVersion: argoproj.io/v1alpha1  # <- here
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        files:
                          - path: environments/prod/components/**/component.yaml
            """,
        },
        good={
            APPS: """
                spec:
                  generators:
                    - git:
                        repoURL: https://git.example.com/platform/gitops.git
                        revision: main
                        files:
                          - path: environments/dev/components/**/component.yaml
            """,
        },
    ),
)
