"""L44: files below sources/ that nothing uses."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from migrate.lint.applications import sources
from migrate.lint.rule import Hit, warning
from migrate.lint.subject import Subject, dig, listed
from migrate.model.finding import SourceLocation


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
        files |= {str(entry).lstrip("/") for entry in listed(component.data, "valueFiles")}
        files |= {str(dig(entry, "path") or "").lstrip("/") for entry in listed(component.data, "fileParameters")}
    for application in subject.expansion.applications:
        for source in sources(application):
            folders.add(str(source.get("path") or "").strip("/"))
            for entry in listed(source, "helm", "valueFiles"):
                text = str(entry)
                chart = str(source.get("path") or "")
                files.add(text.lstrip("/") if text.startswith("/") else posixpath.normpath(f"{chart}/{text}"))
    return folders - {"", "."}, files


def _top(path: str, subject: Subject) -> str:
    """The chart that a file belongs to, else its folder."""
    folder = posixpath.dirname(path)
    while folder:
        if f"{folder}/Chart.yaml" in subject.tree.files:
            return folder
        folder = posixpath.dirname(folder)
    return posixpath.dirname(path)
