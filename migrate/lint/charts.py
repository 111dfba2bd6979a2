"""Charts that the tree holds, as several rules look at them: folders, templates, places."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed
from migrate.model.application import GeneratedApplication
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject

VENDORED = "sources/charts/third_party/"
"""Where migrate puts charts that somebody else wrote."""


def chart_folders(one: GeneratedApplication, subject: Subject) -> Iterator[str]:
    """The folders of this tree that an Application is rendered from as charts."""
    for source in sources(one):
        folder = str(source.get("path") or "").strip("/")
        if not source.get("chart") and f"{folder}/Chart.yaml" in subject.tree.files:
            yield folder


def is_chart(subject: Subject, one: GeneratedApplication) -> bool:
    """Whether Helm renders an Application; what lies elsewhere and says nothing of Helm may be anything."""
    return any(source.get("chart") or source.get("helm") for source in sources(one)) or any(chart_folders(one, subject))


def used_charts(subject: Subject) -> list[str]:
    """The chart folders of this tree that its Applications are rendered from, sorted."""
    return sorted({folder for one in subject.expansion.applications for folder in chart_folders(one, subject)})


def chart_texts(subject: Subject, folder: str) -> Iterator[tuple[str, str]]:
    """Templates of a chart, of its subcharts and of the charts that it wraps, and manifests that it carries."""
    for chart in with_dependencies(subject, folder):
        for path in subject.below(chart):
            rest = path.removeprefix(f"{chart}/")
            if "templates/" in rest or rest.startswith("manifests/"):
                yield path, subject.tree.files[path].decode("utf-8", "replace")


def with_dependencies(subject: Subject, folder: str) -> tuple[str, ...]:
    """The folder of a chart, and those of this tree that it depends on by ``file://``, at any depth."""
    found = [folder.strip("/")]
    for chart in found:
        for entry in listed(chart_data(subject, chart), "dependencies"):
            repository = str(dig(entry, "repository") or "")
            inner = posixpath.normpath(posixpath.join(chart, repository.removeprefix("file://")))
            if repository.startswith("file://") and inner not in found:
                found.append(inner)
    return tuple(found)


def chart_around(subject: Subject, path: str) -> str:
    """The folder of the outermost chart that a file belongs to; empty for a file of none."""
    parts = path.split("/")[:-1]
    folders = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return next((folder for folder in folders if f"{folder}/Chart.yaml" in subject.tree.files), "")


def text_place(path: str, text: str, offset: int) -> SourceLocation:
    """The line of a position in a file's text."""
    return SourceLocation(path, text.count("\n", 0, offset) + 1)


def chart_data(subject: Subject, folder: str) -> JsonObject:
    """What Chart.yaml of a folder says; empty where it is missing or broken."""
    try:
        return parse_values(subject.tree.files[f"{folder}/Chart.yaml"].decode("utf-8", "replace"))
    except (HelmError, KeyError):
        return {}
