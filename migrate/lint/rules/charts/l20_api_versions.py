"""L20: charts know the APIs of the cluster that they are rendered for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.lint.charts import chart_folders, chart_texts, text_place, used_charts
from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed, mapped
from migrate.model.finding import Severity, SourceLocation

_ASKED = re.compile(r"\.Capabilities\.APIVersions\.Has\s*\(?\s*[\"`]([^\"`]+)[\"`]")
_KUBERNETES = re.compile(
    r"^(?:[^/.]+/)?v\d\w*(?:/\w+)?$|^(?:admissionregistration|apiextensions|apiregistration|authentication"
    r"|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|internal\.apiserver|networking"
    r"|node|rbac\.authorization|resource|scheduling|storage)\.k8s\.io/"
)


def check_api_versions(subject: Subject) -> Iterator[Hit]:
    """L20: a chart that asks for an API gets the answer that the cluster will give."""
    asked = {folder: list(_questions(subject, folder)) for folder in used_charts(subject)}
    told = set()
    for one in subject.expansion.applications:
        assumed = {*subject.api_versions.get(one.environment, ())}
        for source in sources(one):
            assumed |= {str(version) for version in listed(source, "helm", "apiVersions")}
        for folder in chart_folders(one, subject):
            for api, where in asked[folder]:
                if any(known == api or known.startswith(f"{api}/") for known in assumed):
                    continue
                if (one.environment, api, where) in told:
                    continue
                told.add((one.environment, api, where))
                yield from _unanswered(subject, one.environment, api, where)


def _questions(subject: Subject, folder: str) -> Iterator[tuple[str, SourceLocation]]:
    for path, text in chart_texts(subject, folder):
        for found in _ASKED.finditer(text):
            if not _KUBERNETES.match(found[1]):
                yield found[1], text_place(path, text, found.start())


def _unanswered(subject: Subject, environment: str, api: str, where: SourceLocation) -> Iterator[Hit]:
    hint = f"Name it for this environment in migration.yaml (apiVersions: [{api}]), if it is there."
    if api in _defined(subject, environment):
        text = f"the template asks for {api}, which this tree installs, and the render assumed a cluster without it"
        yield warning(text, hint, where, environment)
    elif not subject.api_versions.get(environment):
        text = f"the template asks for {api}, and the render assumed a cluster without it"
        yield info(text, hint, where, environment)


def _defined(subject: Subject, environment: str) -> set[str]:
    """``group/version`` and ``group/version/Kind`` of every definition that an environment's Applications render."""
    found: set[str] = set()
    for one in subject.expansion.applications:
        for manifest in subject.manifests(one) if one.environment == environment else ():
            if manifest.key.kind == "CustomResourceDefinition":
                spec = mapped(manifest.document, "spec")
                for version in listed(spec, "versions"):
                    name = f"{spec.get('group')}/{dig(version, 'name')}"
                    found |= {name, f"{name}/{dig(spec, 'names', 'kind')}"}
    return found


RULE = Rule(
    id="L20",
    title="charts know the APIs of the cluster that they are rendered for",
    reason="a chart drops objects without a word where an API that it asks for is not named",
    pointer="AC 5.18, 5.19",
    severity=Severity.WARNING,
    check=check_api_versions,
    example=Example(
        bad={
            TEMPLATE: """
                {{- if .Capabilities.APIVersions.Has "example.com/v1" }}  # <- here
                apiVersion: example.com/v1
                kind: Thing
                metadata:
                  name: web
                {{- end }}
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
