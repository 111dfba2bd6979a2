"""LayerChanges → branches of the target repository; a second run with the same content changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.commit.changes import TRAILER, LayerChange
from migrate.doors.git import Commit, GitRepository, TreeEntry, blob_id, open_repository, tree_objects
from migrate.errors import RefusedError, UsageError

_MANIFEST = ".migrate/manifest.json"
_SHOWN = 10
_FILE = "100644"
_README, _RUNBOOK = "README.md", "RUNBOOK.md"
_LEFT = {
    "create": "is new",
    "update": "is rewritten",
    "keep": "is up to date",
    "nothing": "would be empty, its parent holds all of it",
}


@dataclass(frozen=True)
class BranchOutcome:
    """What becomes of one branch. ``action`` is ``create``, ``update``, ``keep`` or ``nothing`` (nothing to commit)."""

    branch: str
    layer: str
    parent: str
    action: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    releases: tuple[str, ...]
    message: str
    commit: str = ""
    """Id of the branch's tip; empty in a dry run that would make one, and where there is nothing to commit."""
    rebased: bool = False
    """Whether the branch stood on something else before, since what is below it moved."""

    def as_json(self) -> dict[str, object]:
        """For ``commit --output json``."""
        return {
            "branch": self.branch,
            "layer": self.layer,
            "parent": self.parent,
            "action": self.action,
            "commit": self.commit,
            "rebased": self.rebased,
            "releases": list(self.releases),
            "files": {"added": list(self.added), "changed": list(self.changed), "removed": list(self.removed)},
            "message": self.message,
        }

    def as_text(self) -> str:
        """One line for a person."""
        counts = f"+{len(self.added)} ~{len(self.changed)} -{len(self.removed)} files"
        noun = "release" if len(self.releases) == 1 else "releases"
        releases = f", {len(self.releases)} {noun}" if self.releases else ""
        done = "is rebased" if self.rebased else _LEFT[self.action]
        return f"{self.branch} {done} (on {self.parent}: {counts}{releases})"


@dataclass(frozen=True)
class _Tip:
    """Where a branch stands while the stack is built: its files, and its commit where that is known already."""

    name: str
    commit: str | None
    entries: Mapping[str, TreeEntry]
    settled: bool
    """False where a dry run would make the commit, so that its id is not known."""


def commit_layers(
    repo: str | Path, changes: tuple[LayerChange, ...], *, base: str | None = None, dry_run: bool = False
) -> tuple[BranchOutcome, ...]:
    """Make (or with ``dry_run`` only say) the branches; files of the repository that are not ours stay.

    Raises:
        UsageError: no such repository or base.
        RefusedError: uncommitted changes, foreign files in the way, foreign commits on a branch, no identity, or
            another run at work. Nothing is moved then, except branches that were made before a later one failed.
    """
    repository = open_repository(repo)
    with contextlib.nullcontext() if dry_run else repository.lock():
        _refuse_uncommitted(repository)
        start = _base(repository, base)
        changes = _beside_their_readme(repository, start, changes)
        first = changes[0] if changes else None
        removed = _no_longer_ours(repository, start, changes) if first else ()
        for change in changes:
            _refuse_foreign_commits(repository, change.branch, start.commit)
        tips = {"": start}
        outcomes = []
        for change in changes:
            parent = tips[change.parent]
            gone = removed if change is first else ()
            outcome, tips[change.branch] = _settle(repository, change, parent, gone, dry_run=dry_run)
            outcomes.append(outcome)
    return tuple(outcomes)


def commit_change(
    repo: str | Path, branch: str, layer: str, title: str, files: Mapping[str, str | None], *, dry_run: bool = False
) -> BranchOutcome:
    """Put changes to some files of a repository (None: the file goes) on a branch, on top of what is checked out.

    Raises:
        UsageError, RefusedError: as :func:`commit_layers`.
    """
    repository = open_repository(repo)
    message = f"{title}\n\n{TRAILER}: {layer}\n"
    texts = {path: text.encode("utf-8") for path, text in files.items() if text is not None}
    with contextlib.nullcontext() if dry_run else repository.lock():
        _refuse_uncommitted(repository)
        start = _base(repository, None)
        _refuse_foreign_commits(repository, branch, start.commit)
        gone = tuple(path for path, text in files.items() if text is None and path in start.entries)
        change = LayerChange(branch, layer, "", message, texts)
        return _settle(repository, change, start, gone, dry_run=dry_run)[0]


def push_branches(repo: str | Path, remote: str, outcomes: tuple[BranchOutcome, ...]) -> None:
    """Push the branches that were made or kept, all or none.

    Raises:
        RefusedError: git, the remote or a hook says no.
    """
    open_repository(repo).push(remote, [outcome.branch for outcome in outcomes if outcome.commit])


def _refuse_uncommitted(repository: GitRepository) -> None:
    changed = repository.changed_paths()
    if changed:
        raise RefusedError(
            f"{repository.folder} has uncommitted changes: {_listed(changed)}",
            hint="commit them, or put them away with: git stash --include-untracked",
        )


def _listed(paths: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def _base(repository: GitRepository, base: str | None) -> _Tip:
    """Where the first branch begins: ``base``, else the branch that is checked out, which may be unborn."""
    name = base or repository.current_branch()
    if name is None:
        raise UsageError(f"{repository.folder} is on no branch", hint="name where to begin with --base BRANCH")
    found = repository.branch(name) or (repository.commit(name) if base else None)
    if found is None and base and base != repository.current_branch():
        known = ", ".join(repository.branch_names()) or "none"
        raise UsageError(f"{repository.folder} has no branch {name}", hint=f"branches: {known}")
    if found is None:
        return _Tip(name, None, {}, settled=True)
    return _Tip(name, found.id, repository.entries(found.id), settled=True)


def _beside_their_readme(
    repository: GitRepository, base: _Tip, changes: tuple[LayerChange, ...]
) -> tuple[LayerChange, ...]:
    """Nearly every repository has a README.md of its own: it stays, and the runbook moves beside it."""
    if not changes or _README not in changes[0].files or _README not in base.entries:
        return changes
    first = changes[0]
    theirs = repository.content(base.entries[_README].id)
    if theirs == first.files[_README] or _sha256(theirs) == _owned(repository, base).get(_README):
        return changes
    files = {_RUNBOOK if path == _README else path: content for path, content in first.files.items()}
    message = first.message.replace(f"\n\n{TRAILER}:", f"\n\nThe runbook is {_RUNBOOK}.\n\n{TRAILER}:")
    whole = first.whole_tree - {_README} | {_RUNBOOK}
    return (replace(first, files=dict(sorted(files.items())), whole_tree=whole, message=message), *changes[1:])


def _no_longer_ours(repository: GitRepository, base: _Tip, changes: tuple[LayerChange, ...]) -> tuple[str, ...]:
    """Paths of the base that an earlier tree of ours brought and this one does not have.

    Raises:
        RefusedError: a path of ours is taken by a file that is not, or that was changed by hand.
    """
    whole = changes[0].whole_tree
    owned = _owned(repository, base)
    if _RUNBOOK in whole:
        owned.pop(_README, None)
    gone = tuple(sorted(p for p in owned if p not in whole and p in base.entries))
    new = {path: content for change in changes for path, content in change.files.items()}
    touched = [path for path in (*sorted(whole), *gone) if _taken(repository, path, base, owned, new.get(path))]
    if touched:
        raise RefusedError(
            f"{base.name} holds files that migrate did not write as they are now: {_listed(touched)}",
            hint="move them elsewhere, or take your changes over into the helmfiles or migration.yaml",
        )
    return gone


def _owned(repository: GitRepository, base: _Tip) -> dict[str, str]:
    """Path → SHA-256 of what the base's own manifest lists."""
    entry = base.entries.get(_MANIFEST)
    if entry is None:
        return {}
    try:
        listed = json.loads(repository.content(entry.id))["files"]
        owned = {str(path): str(digest) for path, digest in listed.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "restore it from history"
        raise RefusedError(f"{base.name}:{_MANIFEST} cannot be read: {error}", hint=hint) from error
    runbook = {_RUNBOOK: owned[_README]} if _README in owned else {}
    return owned | runbook | {_MANIFEST: ""}


def _taken(repository: GitRepository, path: str, base: _Tip, owned: Mapping[str, str], new: bytes | None) -> bool:
    """Whether something foreign is at ``path``, or where one of its folders must be.

    A file is ours if the manifest lists it as it is, or if the last commit that touched it was ours: after a merge
    of the skeleton alone, the manifest is newer than the files of the layers.
    """
    parts = path.split("/")
    if any("/".join(parts[:depth]) in base.entries for depth in range(1, len(parts))):
        return True
    entry = base.entries.get(path)
    if entry is None:
        return any(other.startswith(path + "/") for other in base.entries)
    if entry.mode != _FILE:
        return True
    content = repository.content(entry.id)
    if content == new or path == _MANIFEST:
        return False
    if path not in owned:
        return True
    return _sha256(content) != owned[path] and not repository.last_commit_at(str(base.commit), path).layer


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _refuse_foreign_commits(repository: GitRepository, branch: str, base: str | None) -> None:
    tip = repository.branch(branch)
    if tip is None:
        return
    foreign = [commit for commit in repository.commits_between(base, tip.id) if not commit.layer]
    if foreign:
        first_line = foreign[0].message.partition("\n")[0]
        raise RefusedError(
            f"branch {branch} holds a commit that migrate did not make: {foreign[0].id[:10]} {first_line}",
            hint=f"merge it first, or rename the branch: git branch -m {branch} <another name>",
        )


def _settle(
    repository: GitRepository, change: LayerChange, parent: _Tip, gone: tuple[str, ...], *, dry_run: bool
) -> tuple[BranchOutcome, _Tip]:
    entries = {path: entry for path, entry in parent.entries.items() if path not in gone}
    entries |= {path: TreeEntry(_FILE, blob_id(content)) for path, content in change.files.items()}
    added = tuple(sorted(entries.keys() - parent.entries.keys()))
    changed = tuple(sorted(p for p in entries.keys() & parent.entries.keys() if entries[p] != parent.entries[p]))
    tree, objects = tree_objects(entries)
    tip = repository.branch(change.branch)
    action = _action(change, parent, tip, tree, unchanged=not (added or changed or gone))
    commit = tip.id if action == "keep" and tip else ""
    if action in ("create", "update") and not dry_run:
        commit = _write(repository, change, parent, tip, (tree, objects))
    stood = tip.parents if tip else ()
    outcome = BranchOutcome(
        change.branch,
        change.layer,
        parent.name,
        action,
        added,
        changed,
        gone,
        change.releases,
        change.message,
        commit,
        rebased=action == "update" and stood != ((parent.commit,) if parent.commit else ()),
    )
    if action == "nothing":
        return outcome, parent
    return outcome, _Tip(change.branch, commit or None, entries, settled=bool(commit))


def _action(change: LayerChange, parent: _Tip, tip: Commit | None, tree: str, *, unchanged: bool) -> str:
    if unchanged:
        return "nothing"
    if tip is None:
        return "create"
    expected = (parent.commit,) if parent.commit else ()
    same = parent.settled and tip.parents == expected and tip.tree == tree
    return "keep" if same and _says(tip.message, change.message) else "update"


def _says(message: str, ours: str) -> bool:
    """Whether a commit's message holds all lines of ours in order: hooks and trailers may have added some."""
    lines = iter(line.rstrip() for line in message.splitlines())
    return all(any(line == wanted.rstrip() for line in lines) for wanted in ours.splitlines() if wanted.strip())


def _write(
    repository: GitRepository,
    change: LayerChange,
    parent: _Tip,
    tip: Commit | None,
    built: tuple[str, Mapping[str, bytes]],
) -> str:
    if tip is not None and change.branch in repository.checked_out_branches():
        raise RefusedError(
            f"branch {change.branch} is checked out, and would change under its work tree",
            hint="switch to another branch: git switch -",
        )
    known = {entry.id for entry in parent.entries.values()}
    for content in change.files.values():
        if blob_id(content) not in known:
            repository.store("blob", content)
    tree, objects = built
    for content in objects.values():
        repository.store("tree", content)
    commit = repository.write_commit(tree, parent.commit, change.message)
    repository.move_branch(change.branch, commit, tip.id if tip else None)
    return commit
