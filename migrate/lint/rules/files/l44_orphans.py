"""L44: no orphaned files."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from migrate.lint.charts import with_dependencies
from migrate.lint.example import Example
from migrate.lint.good_tree import WEB
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed
from migrate.model.finding import Severity, SourceLocation


def check_orphans(subject: Subject) -> Iterator[Hit]:
    """One hit a folder: the charts and values that no component, parked or not, and no Application names."""
    if not subject.components:
        return
    folders, files = _used(subject)
    unused = [
        path
        for path in subject.tree.paths()
        if path.startswith("sources/") and path not in files and not any(path.startswith(f"{f}/") for f in folders)
    ]
    counted = Counter(_top(path, subject) for path in unused)
    for folder, count in sorted(counted.items()):
        first = next(path for path in unused if _top(path, subject) == folder)
        text = f"nothing uses {folder} ({count} file{'s' if count > 1 else ''})"
        yield warning(text, "Remove it, or name it in the component that needs it.", SourceLocation(first))


def _used(subject: Subject) -> tuple[set[str], set[str]]:
    folders: set[str] = set()
    files: set[str] = set()
    for component in subject.components:
        folders.add(str(component.get("chart", "path") or "").strip("/"))
        entries = [str(entry) for entry in listed(component.data, "valueFiles")]
        entries += [str(dig(entry, "path") or "") for entry in listed(component.data, "fileParameters")]
        files |= {path for entry in entries for path in _filled(entry.lstrip("/"), subject)}
    for application in subject.expansion.applications:
        for source in sources(application):
            folders.add(str(source.get("path") or "").strip("/"))
            for entry in listed(source, "helm", "valueFiles"):
                text = str(entry)
                chart = str(source.get("path") or "")
                files.add(text.lstrip("/") if text.startswith("/") else posixpath.normpath(f"{chart}/{text}"))
    named = folders - {"", "."}
    return {inner for folder in named for inner in with_dependencies(subject, folder)}, files


def _filled(entry: str, subject: Subject) -> set[str]:
    """The files that a path of a shared component may mean: its ``{environment}`` is filled in by a template."""
    if "{environment}" not in entry and "{clusterType}" not in entry:
        return {entry}
    folders = {name for taken in subject.component_folders.values() for name in taken} | subject.environments
    return {entry.replace("{environment}", name).replace("{clusterType}", name) for name in folders}


def _top(path: str, subject: Subject) -> str:
    """The chart that a file belongs to, else its folder."""
    folder = posixpath.dirname(path)
    while folder:
        if f"{folder}/Chart.yaml" in subject.tree.files:
            return folder
        folder = posixpath.dirname(folder)
    return posixpath.dirname(path)


RULE = Rule(
    id="L44",
    title="no orphaned files",
    reason="what nothing uses is read by nobody and changed by nobody",
    pointer="D 4",
    severity=Severity.WARNING,
    check=check_orphans,
    own_tree=True,
    example=Example(
        bad={
            "sources/values/dev/apps/web/20-more.yaml": """
                replicas: 2  # <- here
            """,
        },
        good={
            "sources/values/dev/apps/web/20-more.yaml": """
                replicas: 2
            """,
            WEB: """
                valueFiles:
                  - sources/values/dev/apps/web/10-values.yaml
                  - sources/values/dev/apps/web/20-more.yaml
            """,
        },
    ),
)
