"""L10: names are unique and can be used."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from migrate.lint.charts import is_chart
from migrate.lint.data import PLACEHOLDER
from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import release_name
from migrate.lint.subject import Document, Subject, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity

_DNS_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_LONGEST_RELEASE = 53


def check_names(subject: Subject) -> Iterator[Hit]:
    """L10: names that clash, or that Kubernetes or Helm refuses."""
    yield from _twice(subject)
    users: dict[tuple[str, ...], list[GeneratedApplication]] = defaultdict(list)
    for one in subject.expansion.applications:
        name = release_name(one)
        if not is_chart(subject, one) or PLACEHOLDER.search(name):
            continue
        if len(name) > _LONGEST_RELEASE or not _DNS_NAME.match(name):
            text = f"Helm refuses the release name {name!r} ({len(name)} characters)"
            hint = f"At most {_LONGEST_RELEASE} lower-case letters, digits and dashes."
            yield error(text, hint, subject.place(one, "releaseName"), one.environment)
        destination = mapped(one.manifest, "spec", "destination")
        cluster = str(destination.get("server") or destination.get("name") or "")
        users[(subject.scope(one), cluster, str(destination.get("namespace") or ""), name)].append(one)
    for (_, _, namespace, name), applications in users.items():
        for one in applications[1:]:
            if not subject.own and one.name == applications[0].name:
                continue  # two files for one Application are alternatives
            text = f"release {name} in namespace {namespace} is also that of Application {applications[0].name}"
            hint = "Two Applications would fight over the same objects. Give one another releaseName or namespace."
            yield error(text, hint, subject.place(one, "releaseName"), one.environment)


def _twice(subject: Subject) -> Iterator[Hit]:
    seen: dict[tuple[str, ...], Document] = {}
    for document in (*subject.appsets, *subject.projects, *subject.roots):
        place = (document.environment, str(document.get("kind")), str(document.get("metadata", "namespace")))
        first = seen.setdefault((*place, document.name), document)
        if first is not document and document.environment:
            text = f"{place[1]} {document.name} also stands in {first.path}"
            where = subject.line(document, "metadata", "name")
            yield error(text, "The one overwrites the other. Keep one.", where, document.environment)
    makers: dict[tuple[str, str], GeneratedApplication] = {}
    for one in subject.expansion.applications:
        maker = makers.setdefault((subject.scope(one), one.name), one)
        if maker.appset != one.appset:
            text = f"Application {one.name} is made by ApplicationSet {maker.appset} as well as by {one.appset}"
            hint = "Only the first comes to be. Let one of them pick it up."
            appset = subject.appset_of(one)
            where = subject.line(appset, "spec", "generators") if appset else subject.place(one)
            yield error(text, hint, where, one.environment)
    for component in subject.active_components:
        key = (component.environment, component.name)
        if component.name and key in seen and seen[key] is not component:
            text = f"the name {component.name} is also that of {seen[key].path}"
            hint = "Argo CD withholds both Applications. Give one another name."
            yield error(text, hint, subject.line(component, "name"), component.environment)
        seen.setdefault(key, component)


RULE = Rule(
    id="L10",
    title="names are unique and can be used",
    reason="duplicates withhold both Applications; Helm takes at most 53 characters",
    pointer="AC 2.16, 2.18",
    severity=Severity.ERROR,
    check=check_names,
    example=Example(
        bad={
            WEB: """
                releaseName: Web  # <- here
            """,
        },
        good={
            WEB: """
                releaseName: web
            """,
        },
    ),
)
