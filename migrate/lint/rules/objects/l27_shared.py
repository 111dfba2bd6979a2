"""L27: no object in two Applications, or twice in one."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.objects import is_hook, rendered_objects
from migrate.lint.rule import Hit, Rule, error, warning
from migrate.lint.subject import Subject, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.manifest import ObjectKey


def check_shared(subject: Subject) -> Iterator[Hit]:
    """L27: one object in two Applications, or twice in one."""
    for application in subject.expansion.applications:
        found = subject.render_of(application)
        for finding in found.findings if found else ():
            if finding.code == "RN006":
                where = subject.place(application, "chart", "path")
                yield warning(finding.message, finding.hint, where, application.environment)
    owners: dict[tuple[str, str, ObjectKey], GeneratedApplication] = {}
    for one, manifest in rendered_objects(subject):
        if is_hook(manifest):
            continue
        destination = mapped(one.manifest, "spec", "destination")
        cluster = str(destination.get("server") or destination.get("name") or "")
        owner = owners.setdefault((subject.scope(one), cluster, manifest.key), one)
        if owner.name != one.name:
            text = f"{manifest.key} is also part of Application {owner.name}"
            hint = "They would overwrite each other. Leave it in one of them."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)


RULE = Rule(
    id="L27",
    title="no object in two Applications, or twice in one",
    reason="two overwrite each other for ever; of what is twice in one, Argo CD warns and applies the last",
    pointer="AC 5.26, 7.9",
    severity=Severity.ERROR,
    check=check_shared,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata:
                  name: things.example.com
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {kind: Thing, plural: things}
                  versions:
                    - {name: v1, served: true, storage: true}
            """,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={
            TEMPLATE: """
                apiVersion: example.com/v1
                kind: Thing
                metadata:
                  name: web
            """,
        },
    ),
)
