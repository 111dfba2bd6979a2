"""Rules over the files themselves: what nothing uses, and what is no longer as migrate wrote it."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections import Counter
from collections.abc import Iterator
from typing import Any

from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed, mapped
from migrate.model.finding import SourceLocation

_MANIFEST = ".migrate/manifest.json"


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


def check_written(subject: Subject) -> Iterator[Hit]:
    """L61: the files that migrate wrote are there, and as it wrote them."""
    manifest = subject.tree.files.get(_MANIFEST)
    if manifest is None:
        if any(path.startswith(".migrate/") for path in subject.tree.files):
            text = "it is not there, and so nothing says which files migrate wrote"
            yield warning(text, "Take it from Git, or convert again.", SourceLocation(_MANIFEST))
        return
    written: Any = _written(manifest)
    if not written:
        hint = "migrate no longer knows which files are its own. Take it from Git, or convert again."
        yield warning("it lists no files, or is no JSON", hint, SourceLocation(_MANIFEST))
        return
    for path in sorted(written):
        content = subject.tree.files.get(path)
        if content is None:
            text = "migrate wrote this file, and it is not there"
            yield warning(text, "Take it from Git, or convert again.", SourceLocation(path))
        elif hashlib.sha256(content).hexdigest() != written[path]:
            text = "this file is not as migrate wrote it"
            hint = "Meant: change the helmfiles or migration.yaml instead, while migrate still converts this tree."
            yield info(text, hint, SourceLocation(path))
    for path in sorted(set(subject.tree.files) - set(written) - {_MANIFEST}):
        if path.startswith(("environments/", "sources/")):
            yield info("migrate did not write this file", "Meant, or a copy left behind?", SourceLocation(path))


def _written(manifest: bytes) -> dict[str, Any]:
    try:
        return mapped(json.loads(manifest), "files")
    except ValueError:
        return {}


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
    return folders - {"", "."}, files


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


RULES = (
    Rule(
        "L44",
        "no orphaned files",
        "what nothing uses is read by nobody and changed by nobody",
        "D 4",
        check_orphans,
    ),
    Rule(
        "L61",
        "files are as migrate wrote them",
        "what was changed by hand is not proven, and a lost file is lost without a word",
        "D 21",
        check_written,
    ),
)
