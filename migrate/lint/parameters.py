"""Files of a foreign tree that its git generators read parameters from."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.data import Document, generators, listed, mapped
from migrate.lint.subject import Subject
from migrate.model.globs import PatternError, pathspec_matches


def parameter_files(subject: Subject) -> Iterator[Document]:
    """The YAML files that git generators of a foreign tree pick up in the tree itself, by path; the first document."""
    for path in sorted(_picked(subject)):
        if path.endswith((".yaml", ".yml")):
            try:
                data = parse_values(subject.tree.text(path))
            except (HelmError, UnicodeDecodeError):
                continue
            yield Document(path, "", 0, data)


def _picked(subject: Subject) -> set[str]:
    found: set[str] = set()
    if subject.own:
        return found  # its component.yaml files are held to more than that
    for appset in subject.appsets:
        for git in generators(appset, "git"):
            if subject.reads_itself(git):
                entries = [mapped(entry) for entry in listed(git, "files")]
                taken = {path for entry in entries if not entry.get("exclude") for path in _matching(entry, subject)}
                found |= taken - {
                    path for entry in entries if entry.get("exclude") for path in _matching(entry, subject)
                }
    return found


def _matching(entry: dict[str, object], subject: Subject) -> Iterator[str]:
    pattern = str(entry.get("path") or "")
    try:
        yield from (path for path in subject.paths if "{{" not in pattern and pathspec_matches(pattern, path))
    except PatternError:
        return
