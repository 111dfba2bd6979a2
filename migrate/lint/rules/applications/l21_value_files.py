"""L21: value files are there and inside the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.json import JsonObject


def check_value_files_exist(subject: Subject) -> Iterator[Hit]:
    """L21: every value file lies in the repository, and is there."""
    inside = {*subject.folders, ""}
    for one in subject.expansion.applications:
        for source in sources(one):
            lenient = dig(source, "helm", "ignoreMissingValueFiles") is True
            yield from _referenced(subject, one, source, lenient=lenient)
            if source.get("chart") or str(source.get("path", "")).strip("/") not in inside:
                continue
            if not subject.own and not subject.reads_itself(source):
                continue
            entries = [str(entry) for entry in listed(source, "helm", "valueFiles")]
            entries += [str(dig(entry, "path") or "") for entry in listed(source, "helm", "fileParameters")]
            for entry in entries:
                fault = _file_fault(entry, str(source.get("path", "")), subject, lenient=lenient)
                if fault:
                    hint = "A leading / is the repository's root, anything else is relative to the chart."
                    where = subject.place(one, "valueFiles")
                    yield error(f"value file {entry} {fault}", hint, where, one.environment)


def _referenced(subject: Subject, one: GeneratedApplication, source: JsonObject, *, lenient: bool) -> Iterator[Hit]:
    """Value files behind a ``$ref`` to this tree."""
    own = {str(each.get("ref")) for each in sources(one) if each.get("ref") and subject.reads_itself(each)}
    for entry in (str(entry) for entry in listed(source, "helm", "valueFiles")):
        name, _, rest = entry.removeprefix("$").partition("/")
        if entry.startswith("$") and name in own and (fault := _file_fault("/" + rest, "", subject, lenient=lenient)):
            hint = "A path behind a reference starts at the root of its repository."
            yield error(f"value file {entry} {fault}", hint, subject.place(one, "valueFiles"), one.environment)


def _file_fault(entry: str, chart: str, subject: Subject, *, lenient: bool) -> str:
    if any(character in entry for character in "$*?["):
        return ""
    if "://" in entry:
        scheme = entry.partition("://")[0]
        return "" if scheme in ("http", "https") else f"has the scheme {scheme}, which Argo CD refuses by default"
    path = entry.lstrip("/") if entry.startswith("/") else posixpath.join(chart, entry)
    path = posixpath.normpath(path)
    if path.startswith("../") or path in ("..", "."):
        return "lies outside the repository"
    return "" if lenient or path in subject.tree.files else f"is not there (looked for {path})"


RULE = Rule(
    id="L21",
    title="value files are there and inside the repository",
    reason="a missing or escaping file fails the render",
    pointer="AC 5.6",
    severity=Severity.ERROR,
    check=check_value_files_exist,
    example=Example(
        bad={
            WEB: """
                valueFiles:  # <- here
                  - sources/values/dev/apps/web/11-values.yaml
            """,
        },
        good={
            WEB: """
                valueFiles:
                  - sources/values/dev/apps/web/10-values.yaml
            """,
        },
    ),
)
