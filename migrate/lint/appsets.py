"""Pieces of ApplicationSets that several rules look at: patterns, templates, and what they keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.lint.subject import Document, Subject, dig, generators, texts

KEEPING = ("create-only", "create-update")


def patterns(subject: Subject, key: str) -> Iterator[tuple[Document, str]]:
    """Every path of the git generators' ``files`` or ``directories``, with its ApplicationSet."""
    for appset in subject.appsets:
        for git in generators(appset, "git"):
            entries: Any = git.get(key)
            for entry in entries if isinstance(entries, list) else []:
                yield appset, str(dig(entry, "path") or "")


def line_with(subject: Subject, appset: Document, text: str) -> Any:
    """Where a text stands in an ApplicationSet."""
    for keys, found in texts(appset.data):
        if found == text:
            return subject.line(appset, *keys)
    return subject.line(appset)


def templates(appset: Document) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text that the controller runs as a template, with its place."""
    for key in ("template", "templatePatch"):
        yield from texts(appset.get("spec", key), ("spec", key))


def keeps_resources(appset: Document | None) -> bool:
    """Whether an ApplicationSet leaves resources alone whatever happens to its files."""
    if appset is None:
        return False
    preserved = appset.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is True
    return preserved and appset.get("spec", "syncPolicy", "applicationsSync") in KEEPING
