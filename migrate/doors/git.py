"""The door to git: reads a repository and adds branches to it, beside the work tree, the index and the stash.

Commits are made from objects alone (blobs, trees, ``commit-tree``). Where the repository has hooks for a commit, they
run in a work tree and on an index of our own. Author, signature, date and trailers are git's own business, from the
person's configuration; nothing is pushed unless :meth:`GitRepository.push` is called.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import git
from gitdb import LooseObjectDB  # type: ignore[import-untyped]
from gitdb.base import IStream  # type: ignore[import-untyped]
from gitdb.exc import ODBError  # type: ignore[import-untyped]

from migrate.doors.swap import folder_lock
from migrate.errors import MigrateError, RefusedError, UsageError

_FILE_MODE = "100644"
_TREE_MODE = "40000"
_COMMIT_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg")
_TRAILER = re.compile(r"^Migrate-Layer: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class TreeEntry:
    """One file, link or submodule of a commit."""

    mode: str
    id: str


@dataclass(frozen=True)
class Commit:
    """One commit, as far as branches are compared."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str

    @property
    def layer(self) -> str:
        """The layer that our trailer names; empty for a commit that is not ours."""
        found = _TRAILER.findall(self.message)
        return found[-1].strip() if found else ""


@dataclass(frozen=True)
class BranchState:
    """A branch as it is: its layer (empty for one that is not ours) and its files."""

    name: str
    layer: str
    commit: str
    files: Mapping[str, str] = field(default_factory=dict)
    """Path → blob id."""


def blob_id(content: bytes) -> str:
    """The id that git gives to a file's content."""
    return _object_id("blob", content)


def _object_id(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def tree_objects(entries: Mapping[str, TreeEntry]) -> tuple[str, dict[str, bytes]]:
    """The id of the tree that holds ``entries`` (paths with slashes), and every tree object by its id."""
    objects: dict[str, bytes] = {}
    folders: dict[str, dict[str, TreeEntry]] = {"": {}}
    for path, entry in entries.items():
        parent, _, name = path.rpartition("/")
        folders.setdefault(parent, {})[name] = entry
        while parent and parent.rpartition("/")[0] not in folders:
            parent = parent.rpartition("/")[0]
            folders.setdefault(parent, {})
    # Deepest first, so that a folder's id is known when its parent is written.
    for folder in sorted(folders, key=lambda path: path.count("/") + bool(path), reverse=True):
        content = _tree_content(folders[folder])
        identity = _object_id("tree", content)
        objects[identity] = content
        if folder:
            parent, _, name = folder.rpartition("/")
            folders[parent][name] = TreeEntry(_TREE_MODE, identity)
    return _object_id("tree", _tree_content(folders[""])), objects


def _tree_content(children: Mapping[str, TreeEntry]) -> bytes:
    """git sorts a folder as if its name ended in a slash."""

    def order(name: str) -> bytes:
        return _name_bytes(name) + (b"/" if children[name].mode == _TREE_MODE else b"")

    return b"".join(
        f"{children[name].mode} ".encode() + _name_bytes(name) + b"\0" + bytes.fromhex(children[name].id)
        for name in sorted(children, key=order)
    )


def _name_bytes(name: str) -> bytes:
    """A file's name as git holds it: any bytes, as the door decoded them."""
    return name.encode("utf-8", "surrogateescape")


class GitRepository:
    """A repository that branches are added to; made by :func:`open_repository`."""

    def __init__(self, repository: git.Repo) -> None:
        self._repository = repository
        self._stored: set[str] = set()
        # Loose objects are written in process; asking git for each would start it thousands of times.
        self._objects = LooseObjectDB(str(Path(repository.common_dir) / "objects"))
        self.folder = str(repository.working_tree_dir or repository.git_dir)
        # A git that called us (a hook, an alias) may have left its own places in the environment.
        environment = {"GIT_DIR": str(repository.git_dir), "GIT_INDEX_FILE": str(Path(repository.git_dir) / "index")}
        if repository.working_tree_dir:
            environment["GIT_WORK_TREE"] = str(repository.working_tree_dir)
        repository.git.update_environment(**environment)

    def run(self, *arguments: str, text: str | None = None) -> str:
        """git's answer to a command.

        Raises:
            MigrateError: git refuses, in its own words.
        """
        with tempfile.TemporaryFile() as given:
            given.write((text or "").encode())
            given.seek(0)
            try:
                answer = self._repository.git.execute(["git", *arguments], istream=given, strip_newline_in_stdout=False)
            except git.GitCommandError as error:
                raise _explained(arguments, str(error.stderr)) from error
        return str(answer)

    def stay_offline(self) -> None:
        """From now on git gets nothing from elsewhere, not even what a partial clone lacks."""
        self._repository.git.update_environment(GIT_ALLOW_PROTOCOL="none", GIT_NO_LAZY_FETCH="1")

    def commit(self, name: str) -> Commit | None:
        """The commit that a branch, tag or id names; None if there is none."""
        try:
            found = self._repository.commit(name)
        except (git.BadName, git.BadObject, ValueError, IndexError, ODBError):
            return None
        message = found.message if isinstance(found.message, str) else found.message.decode("utf-8", "replace")
        return Commit(found.hexsha, found.tree.hexsha, tuple(p.hexsha for p in found.parents), message)

    def branch(self, name: str) -> Commit | None:
        """The tip of a local branch; None if there is no such branch."""
        return self.commit(f"refs/heads/{name}") if f"refs/heads/{name}" in self._heads() else None

    def _heads(self) -> dict[str, str]:
        listed = self.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
        return dict(line.split(" ") for line in listed.splitlines() if line)

    def branch_names(self) -> tuple[str, ...]:
        """Every local branch, sorted."""
        return tuple(sorted(name.removeprefix("refs/heads/") for name in self._heads()))

    def current_branch(self) -> str | None:
        """The branch of HEAD, also where it has no commit yet; None for a detached HEAD."""
        try:
            return self.run("symbolic-ref", "--quiet", "--short", "HEAD").strip()
        except MigrateError:
            return None

    def checked_out_branches(self) -> frozenset[str]:
        """Branches that some work tree of the repository shows."""
        listed = self.run("worktree", "list", "--porcelain")
        return frozenset(
            line.removeprefix("branch refs/heads/") for line in listed.splitlines() if line.startswith("branch ")
        )

    def changed_paths(self) -> tuple[str, ...]:
        """What ``git status`` lists: changed, staged and untracked files; none in a bare repository."""
        if self._repository.bare:
            return ()
        listed = self.run("status", "--porcelain", "-z", "--untracked-files=normal")
        return tuple(entry[3:] for entry in listed.split("\0") if len(entry) > 3)

    def entries(self, commit: str) -> dict[str, TreeEntry]:
        """Every file of a commit by its path."""
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", commit)
        found = {}
        for line in listed.split("\0"):
            if line:
                head, _, path = line.partition("\t")
                mode, _, identity = head.split(" ")[:3]
                found[path] = TreeEntry(mode, identity)
        return found

    def content(self, blob: str) -> bytes:
        """The bytes of a blob."""
        return bytes(self._repository.odb.stream(bytes.fromhex(blob)).read())

    def commits_between(self, base: str | None, tip: str) -> tuple[Commit, ...]:
        """Commits of ``tip`` that ``base`` does not hold, newest first."""
        listed = self.run("rev-list", tip, *([f"^{base}"] if base else []))
        return tuple(commit for line in listed.split() if (commit := self.commit(line)) is not None)

    def last_commit_at(self, commit: str, path: str) -> Commit:
        """The newest commit in the history of ``commit`` that changed ``path``, merges aside."""
        identity = self.run("rev-list", "-1", "--no-merges", commit, "--", path).strip()
        return self.commit(identity) or Commit("", "", (), "")

    def store(self, kind: str, content: bytes) -> str:
        """Write an object, once a run; its id."""
        identity = _object_id(kind, content)
        if identity not in self._stored:
            self._objects.store(IStream(kind, len(content), io.BytesIO(content)))
            self._stored.add(identity)
        return identity

    def write_commit(self, tree: str, parent: str | None, message: str) -> str:
        """Make a commit, past the repository's hooks, signed where the person's configuration says so; its id.

        Raises:
            RefusedError: git does not know who commits, or a hook says no.
        """
        if self._has_trailers():
            message = self.run("interpret-trailers", text=message)
        hooks = self._hooks()
        if hooks:
            with tempfile.TemporaryDirectory(prefix="migrate-commit-") as place:
                message = self._past_hooks(hooks, tree, message, Path(place).resolve())
        sign = self.run("config", "--type=bool", "--default=false", "--get", "commit.gpgsign").strip() == "true"
        parents = ["-p", parent] if parent else []
        return self.run("commit-tree", tree, *parents, *(["-S"] if sign else []), "-F", "-", text=message).strip()

    def _has_trailers(self) -> bool:
        listed = self.run("config", "--list", "--name-only")
        return any(line.startswith("trailer.") for line in listed.splitlines())

    def _hooks(self) -> tuple[str, ...]:
        """The hooks for a commit that the repository has, in the order in which git runs them."""
        place = self.run("rev-parse", "--git-path", "hooks").strip()
        folder = Path(self._repository.git.working_dir or self._repository.git_dir) / place
        found = (folder / name for name in _COMMIT_HOOKS)
        return tuple(path.name for path in found if path.is_file() and os.access(path, os.X_OK))

    def _past_hooks(self, hooks: tuple[str, ...], tree: str, message: str, place: Path) -> str:
        """The message as the hooks leave it; they see the commit's files, never those of the person.

        Raises:
            RefusedError: a hook says no, or changes files.
        """
        files, note = place / "tree", place / "COMMIT_EDITMSG"
        files.mkdir()
        note.write_text(message, encoding="utf-8")
        own = {"GIT_WORK_TREE": str(files), "GIT_INDEX_FILE": str(place / "index")}
        with self._repository.git.custom_environment(**own):
            self.run("read-tree", tree)
            self.run("-C", str(files), "checkout-index", "--all")
            for name in hooks:
                given = {"pre-commit": (), "prepare-commit-msg": (str(note), "message")}.get(name, (str(note),))
                try:
                    self.run("-C", str(files), "hook", "run", name, *(("--", *given) if given else ()))
                except MigrateError as error:
                    said = error.message.partition("failed: ")[2] or error.message
                    hint = "mend what it names in the helmfiles or migration.yaml, or the hook; nothing was committed"
                    raise RefusedError(f"the hook {name} refused the commit: {said}", hint=hint) from error
            if self.run("write-tree").strip() != tree:
                hint = "let it leave emitted files alone: what is committed must be what was verified"
                raise RefusedError("the hook pre-commit changed files", hint=hint)
        return note.read_text(encoding="utf-8")

    def push(self, remote: str, branches: Iterable[str]) -> None:
        """Push branches, all or none; one that somebody else moved in the remote is not overwritten.

        Raises:
            RefusedError: git, the remote or a hook says no.
        """
        names = [f"refs/heads/{name}:refs/heads/{name}" for name in branches]
        if names:
            self.run("push", "--quiet", "--atomic", "--force-with-lease", remote, *names)

    def move_branch(self, name: str, commit: str, before: str | None) -> None:
        """Point a branch at a commit, if it still is where it was seen.

        Raises:
            MigrateError: somebody moved it meanwhile.
        """
        self.run("update-ref", "-m", "migrate commit", f"refs/heads/{name}", commit, before or "0" * 40)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Only one run at a time; the lock goes with the process that holds it.

        Raises:
            RefusedError: another run is at work.
        """
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(folder_lock(Path(self._repository.common_dir) / "refs"))
            except RefusedError as error:
                hint = "wait until it is done"
                raise RefusedError(f"another run of migrate is at work in {self.folder}", hint=hint) from error
            yield


def _explained(arguments: tuple[str, ...], said: str) -> MigrateError:
    text = said.replace("stderr: ", "").strip().strip("'").strip()
    if "tell me who you are" in text.lower() or "empty ident" in text or "unable to auto-detect email" in text:
        return RefusedError(
            "git does not know who commits: user.name or user.email is not set",
            hint='git config user.name "Your Name" && git config user.email you@example.org',
        )
    if "dubious ownership" in text:
        return UsageError(f"git: {text}", hint="git config --global --add safe.directory <the repository>")
    return RefusedError(f"git {arguments[0]} failed: {text or 'no reason given'}")


def open_repository(folder: str | Path) -> GitRepository:
    """The git repository at ``folder``, its root or a bare one.

    Raises:
        UsageError: there is none, or of a kind that is not known here.
    """
    hint = "name a repository with --repo, or make one: git init"
    try:
        repository = git.Repo(str(folder))
    except git.NoSuchPathError as error:
        raise UsageError(f"{folder} is not there", hint=hint) from error
    except git.InvalidGitRepositoryError as error:
        raise UsageError(f"{folder} is no git repository", hint=hint) from error
    opened = GitRepository(repository)
    if opened.run("rev-parse", "--show-object-format").strip() != "sha1":
        raise UsageError(f"{folder} uses SHA-256 object names, which is not supported")
    return opened


def branches_of(folder: str | Path) -> tuple[BranchState, ...]:
    """The branches that hold a layer of ours, and the branch that is checked out; sorted by name.

    Raises:
        UsageError: there is no repository.
    """
    repository = open_repository(folder)
    current = repository.current_branch()
    found = []
    for name in repository.branch_names():
        tip = repository.branch(name)
        if tip is None or not (tip.layer or name == current):
            continue
        files = {path: entry.id for path, entry in repository.entries(tip.id).items()}
        found.append(BranchState(name, tip.layer, tip.id, files))
    return tuple(found)
