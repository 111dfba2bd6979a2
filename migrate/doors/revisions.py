"""Revisions of a git repository as folders, read from its objects: no checkout, index or stash is used.

A link becomes a link, and a submodule an empty folder, as in a fresh clone. Nothing is fetched: what a shallow or a
partial clone lacks is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.doors.files import is_inside
from migrate.doors.git import GitRepository, TreeEntry
from migrate.errors import EstateError, MigrateError, UsageError

_RANGE = re.compile(r"(.*?)(\.\.\.?)(.*)")
_TREE = re.compile(r"(?:(.*)/)?environments/[^/]+/argocd/apps/[^/]+\.(?:ya?ml|json)")
_LINK, _SUBMODULE = "120000", "160000"
_FETCH_ALL = "the clone is partial or damaged: fetch all of it, then compare again"


@dataclass(frozen=True)
class Revisions:
    """Two commits by their ids; no second one where the files on this disk are meant."""

    before: str
    after: str | None


def read_revisions(repository: GitRepository, text: str) -> Revisions:
    """``A..B``, ``A...B`` (B against what it has in common with A), ``A..`` (to HEAD), or ``A`` (to the files here).

    Raises:
        UsageError: a revision is not there, or the files of a bare repository are meant.
    """
    repository.stay_offline()
    found = _RANGE.fullmatch(text)
    if found is None:
        before = commit_id(repository, text)
        if repository.run("rev-parse", "--is-bare-repository").strip() == "true":
            raise UsageError(f"{repository.folder} is bare and has no files", hint=f"name two revisions: {text}..main")
        return Revisions(before, None)
    first, second = (commit_id(repository, name or "HEAD") for name in (found[1], found[3]))
    return Revisions(_common(repository, first, second, text) if found[2] == "..." else first, second)


def commit_id(repository: GitRepository, name: str) -> str:
    """The id of the commit that a branch, tag, id or expression (``main~3``) names.

    Raises:
        UsageError: there is none.
    """
    if name.startswith("-"):
        raise UsageError(f"{name} is no revision", hint="name two revisions, for example main..HEAD")
    try:
        return repository.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()
    except MigrateError as error:
        hint = "fetch it first: git fetch --unshallow" if _is_shallow(repository) else "see: git log --oneline --all"
        raise UsageError(f"{repository.folder} has no revision {name}", hint=hint) from error


def _common(repository: GitRepository, first: str, second: str, text: str) -> str:
    try:
        return repository.run("merge-base", first, second).strip()
    except MigrateError as error:
        shallow = _is_shallow(repository)
        hint = "fetch more history: git fetch --unshallow" if shallow else "compare the two themselves: A..B"
        raise UsageError(f"the revisions of {text} have no commit in common here", hint=hint) from error


def _is_shallow(repository: GitRepository) -> bool:
    return repository.run("rev-parse", "--is-shallow-repository").strip() == "true"


def files_of(repository: GitRepository, commit: str) -> Mapping[str, TreeEntry]:
    """Every file of a commit by its path.

    Raises:
        EstateError: git does not have all of it.
    """
    try:
        return repository.entries(commit)
    except MigrateError as error:
        raise EstateError(f"git cannot list the files of {commit[:12]}: {error.message}", hint=_FETCH_ALL) from error


def tree_place(sides: Mapping[str, Mapping[str, TreeEntry]]) -> str:
    """The folder of the emitted tree in a repository, empty for its root; ``sides``: revision → files.

    Raises:
        EstateError: there is none.
        UsageError: there are several.
    """
    found = {match[1] or "" for entries in sides.values() for path in entries if (match := _TREE.fullmatch(path))}
    if not found:
        raise EstateError(
            f"neither {' nor '.join(sides)} holds a tree of ApplicationSets",
            hint="commit the one that `migrate convert` writes, or name its folder: A..B -- PATH",
        )
    if len(found) > 1 and "" not in found:
        listed = ", ".join(sorted(found))
        raise UsageError(f"the repository holds several trees: {listed}", hint="say which: A..B -- PATH")
    return "" if "" in found else found.pop()


def export_tree(repository: GitRepository, entries: Mapping[str, TreeEntry], place: str, folder: Path) -> None:
    """Write the files of a commit that lie below ``place`` into ``folder``, which is made.

    Raises:
        EstateError: a name leads out of the folder, or git lacks a file of its own.
    """
    folder.mkdir(parents=True)
    prefix = f"{place}/" if place else ""
    chosen = {path.removeprefix(prefix): entry for path, entry in entries.items() if path.startswith(prefix)}
    # Links last: no file is ever written through one.
    for path, entry in sorted(chosen.items(), key=lambda item: (item[1].mode == _LINK, item[0])):
        if not is_inside(path) or ".git" in path.split("/"):
            raise EstateError(
                f"the commit holds the name {path!r}", hint="no honest tool writes it: look at the commit"
            )
        target = folder / path
        if entry.mode == _SUBMODULE:
            target.mkdir(parents=True, exist_ok=True)
            continue
        content = _content(repository, path, entry)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == _LINK:
                target.symlink_to(content.decode("utf-8", "surrogateescape"))
            else:
                target.write_bytes(content)
        except (OSError, ValueError) as error:
            raise EstateError(f"{path} of the commit cannot be written: {error}", hint="look at the commit") from error


def _content(repository: GitRepository, path: str, entry: TreeEntry) -> bytes:
    try:
        return repository.content(entry.id)
    except Exception as error:
        # GitPython raises what its database, a pipe or git says; all of it means that the object is not to be had.
        raise EstateError(f"git has no content of {path} ({entry.id[:12]})", hint=_FETCH_ALL) from error
