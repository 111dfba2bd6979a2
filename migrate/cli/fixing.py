"""``lint --fix``: edits that mend what rules found, in files that git can bring back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from migrate.doors.any_tree import replace_text, repository_above
from migrate.errors import RefusedError
from migrate.expand import expand_documents, expand_tree
from migrate.lint import (
    Documents,
    Edit,
    Fixed,
    Rule,
    edited_files,
    find_documents,
    fixes_for,
    own_repositories,
)
from migrate.model.application import Expansion
from migrate.model.linted import IgnoredFinding
from migrate.model.tree import FileTree
from migrate.model.words import few


def fixed_files(
    tree: FileTree, environments: tuple[str, ...], rules: Sequence[Rule], ignored: Sequence[IgnoredFinding]
) -> tuple[Mapping[str, bytes], int]:
    """Path → content of what the fixes change, and how many places that are; what is ignored stays."""
    documents = find_documents(tree)
    expansion = _expansion(tree, documents, environments)
    kept = {(one.finding.code, one.finding.source) for one in ignored}
    found: tuple[tuple[str, Fixed], ...] = fixes_for(tree, expansion, documents, rules)
    edits: set[Edit] = {edit for rule, (where, edit) in found if (rule, where) not in kept}
    return edited_files(tree, edits), len(edits)


def _expansion(tree: FileTree, documents: Documents, environments: tuple[str, ...]) -> Expansion:
    if documents.own:
        return expand_tree(tree, environments)
    pairs = [(one.origin, one.data) for one in (*documents.appsets, *documents.roots)]
    return expand_documents(pairs, tree, own_repositories(documents, tree))[0]


def difference(tree: FileTree, changed: Mapping[str, bytes]) -> str:
    """What would change, as ``git diff`` shows it."""
    return "".join(line for path, content in changed.items() for line in _one(path, tree.files[path], content))


def _one(path: str, before: bytes, after: bytes) -> Iterator[str]:
    old, new = (side.decode("utf-8").splitlines(keepends=True) for side in (before, after))
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def write_fixes(folder: Path, tree: FileTree, changed: Mapping[str, bytes], *, force: bool) -> None:
    """Write the files, each at once.

    Raises:
        RefusedError: git could not bring one of them back, and nobody said ``--force``.
    """
    if not force:
        _check_returnable(folder, changed)
    for path, content in changed.items():
        replace_text(folder, path, tree.files[path], content)


def _check_returnable(folder: Path, changed: Mapping[str, bytes]) -> None:
    root = repository_above(folder)
    hint = "commit them first, or say --force"
    if root is None:
        raise RefusedError(f"{folder} is in no git work tree, and so nothing could bring its files back", hint=hint)
    from migrate.doors.git import open_repository  # git is loaded where something is to be written

    inside = folder.resolve().relative_to(root).as_posix()
    mine = {path if inside == "." else f"{inside}/{path}" for path in changed}
    dirty = [place for place in open_repository(root).changed_paths() if _covers(place, mine)]
    if dirty:
        raise RefusedError(f"files to fix are not committed: {few(sorted(dirty), 3)}", hint=hint)


def _covers(place: str, paths: set[str]) -> bool:
    """Whether what git lists (an untracked folder ends in a slash) is one of the paths, or holds one."""
    return place in paths or (place.endswith("/") and any(path.startswith(place) for path in paths))
