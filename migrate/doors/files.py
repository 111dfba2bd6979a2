"""The door to the disk: reads trees and files, and writes an emitted tree whole, or not at all.

A written tree owns its files: ``.migrate/manifest.json`` lists each with its hash. What is not in that list, or
was changed by hand since, is never overwritten and never removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.doors.helm import HelmError, parse_values
from migrate.doors.swap import (
    folder_lock,
    recover_swap,
    replace_folder,
    staging_path,
    swap_leftovers,
    sync_tree,
)
from migrate.errors import EstateError, RefusedError, UsageError
from migrate.model.json import SCHEMA_VERSION
from migrate.model.tree import FileTree, Provenance

MANIFEST_PATH = ".migrate/manifest.json"
PROVENANCE_PATH = ".migrate/provenance.json"
_SHOWN = 10


@dataclass(frozen=True)
class TreeChanges:
    """Paths that writing a tree adds, changes and removes; each sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many files are added, changed and removed."""
        return {"added": len(self.added), "changed": len(self.changed), "removed": len(self.removed)}

    @property
    def any(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.added or self.changed or self.removed)


# ---------------------------------------------------------------- reading


def read_bytes(path: str | Path) -> bytes:
    """The content of a file.

    Raises:
        EstateError: it is not there or may not be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        hint = "mend the path, or give a file that can be read"
        raise EstateError(f"cannot read {path}: {error.strerror or error}", hint=hint) from error


def read_text(path: str | Path) -> str:
    """The content of a UTF-8 file, line ends as they are.

    Raises:
        EstateError: it is not there, may not be read, or is no UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EstateError(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from error


def read_yaml_documents(path: str | Path) -> tuple[Any, ...]:
    """The documents of a file as Kubernetes reads them (YAML 1.1), empty ones left out.

    Raises:
        EstateError: the file cannot be read or is no YAML.
    """
    found = []
    for text in re.split(r"(?m)^---(?=\s|$)", read_text(path)):
        # Helm's parser takes mappings alone, so that a list too becomes the value of a key.
        indented = "".join(f" {line}" if line.strip() else line for line in text.splitlines(keepends=True))
        try:
            value = parse_values(f"document:\n{indented}\n").get("document")
        except HelmError as error:
            raise EstateError(f"{path} is no YAML: {error}", hint="mend it, or give another file") from error
        if value is not None:
            found.append(value)
    return tuple(found)


def is_file(path: str | Path) -> bool:
    """Whether a file (or a link to one) is there."""
    return Path(path).is_file()


def is_folder(path: str | Path) -> bool:
    """Whether a folder (or a link to one) is there."""
    return Path(path).is_dir()


def read_tree(folder: str | Path, *, within: str | Path | None = None) -> FileTree:
    """Every file below ``folder`` except ``.git``; links are followed as long as they stay inside ``within``.

    ``within`` is ``folder`` itself where not given: a chart may link to a file beside it, an emitted tree may not.

    Raises:
        EstateError: no such folder, a link that leads outside or in circles, or a file that cannot be read.
    """
    root = Path(folder)
    if not root.is_dir():
        hint = "A run was killed half-way: run `migrate convert` again." if swap_leftovers(root) else ""
        raise EstateError(f"there is no folder {folder}", hint=hint)
    boundary = Path(within if within is not None else folder).resolve()
    found = dict(_walk(str(root), "", boundary, (root.resolve(),)))
    return FileTree({path: found[path] for path in sorted(found)})


def _walk(folder: str, relative: str, boundary: Path, above: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    with os.scandir(folder) as listed:  # tells links and folders without a call for each
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name == ".git":
            continue
        if not _is_text(entry.name):
            raise EstateError(f"the name of {entry.path!a} is no UTF-8", hint="Rename it, or move it away.")
        place, is_link = f"{relative}{entry.name}", entry.is_symlink()
        if is_link and not _resolved(Path(entry.path)).is_relative_to(boundary):
            raise EstateError(
                f"the link {entry.path} leads outside {boundary}", hint="Replace it by what it points to."
            )
        if entry.is_dir():
            real = Path(entry.path).resolve() if is_link else above[-1] / entry.name
            if real in above:
                hint = "Replace it by what it points to."
                raise EstateError(f"the link {entry.path} leads back into a folder above it", hint=hint)
            yield from _walk(entry.path, f"{place}/", boundary, (*above, real))
        elif not entry.is_file() and Path(entry.path).exists():
            raise EstateError(f"{entry.path} is a pipe, a socket or a device, not a file", hint="Move it away.")
        else:
            yield place, read_bytes(entry.path)


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8: Python carries other bytes as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _resolved(path: Path) -> Path:
    """The path with links followed.

    Raises:
        EstateError: a link leads to itself.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise EstateError(f"the link {path} leads to itself", hint="Replace it by what it should point to.") from error


# ---------------------------------------------------------------- ownership


def seal_tree(tree: FileTree, *, version: str = "") -> FileTree:
    """The tree with ``.migrate/provenance.json`` and ``.migrate/manifest.json``, which tell later whose a file is.

    ``version`` is that of the tool.
    """
    files = {path: tree.files[path] for path in tree.paths() if path != MANIFEST_PATH}
    files[PROVENANCE_PATH] = _provenance_bytes(tree.provenance)
    hashes = {path: _digest(files[path]) for path in sorted(files)}
    files[MANIFEST_PATH] = _json_bytes({"schemaVersion": SCHEMA_VERSION, "migrate": version, "files": hashes})
    return FileTree({path: files[path] for path in sorted(files)}, tree.provenance, tree.ledger, tree.findings)


def load_provenance(tree: FileTree) -> Mapping[str, tuple[Provenance, ...]]:
    """What ``.migrate/provenance.json`` of a tree says; empty where there is none."""
    if PROVENANCE_PATH not in tree.files:
        return {}
    data = json.loads(tree.text(PROVENANCE_PATH))
    return {path: tuple(Provenance(*entry) for entry in entries) for path, entries in data["files"].items()}


def _provenance_bytes(provenance: Mapping[str, tuple[Provenance, ...]]) -> bytes:
    """A line a file, ``[line, origin, note]`` an entry: small, and a change of one file is a change of one line."""
    lines = []
    for path in sorted(provenance):
        entries = [[p.line, p.origin, p.note] if p.note else [p.line, p.origin] for p in provenance[path]]
        lines.append(f" {json.dumps(path)}: {json.dumps(entries, ensure_ascii=False)}")
    body = ",\n".join(lines)
    return f'{{"schemaVersion": {SCHEMA_VERSION}, "files": {{\n{body}\n}}}}\n'.encode()


def _json_bytes(data: object) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---------------------------------------------------------------- writing


def compare_tree(folder: str | Path, tree: FileTree) -> TreeChanges:
    """What :func:`write_tree` would change; writes nothing.

    Raises:
        RefusedError: writing would be refused, for the same reasons.
    """
    sealed = seal_tree(tree) if MANIFEST_PATH not in tree.files else tree
    _check_paths(sealed)
    with _writing(folder):
        return _compare(Path(folder).absolute().resolve(), sealed)


def write_tree(folder: str | Path, tree: FileTree) -> TreeChanges:
    """Make ``folder`` hold exactly ``tree``, at once; returns what changed.

    Raises:
        RefusedError: the folder is a git work tree, holds files that are not ours, or ours changed by hand.
        UsageError: the place cannot be written.
    """
    sealed = tree if MANIFEST_PATH in tree.files else seal_tree(tree)
    _check_paths(sealed)
    with _writing(folder):
        target = Path(folder).absolute().resolve()  # a link to a folder stays a link
        target.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(target):
            recover_swap(target)
            changes = _compare(target, sealed)
            if changes.any:
                _replace(target, sealed)
    return changes


@contextlib.contextmanager
def _writing(place: str | Path) -> Iterator[None]:
    """What the system says while ``place`` is written, as a message for people.

    Raises:
        UsageError: the place cannot be written.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise UsageError(
            f"cannot write {place}: {reason}", hint="Give a place that can be written, or make room there."
        ) from error


def write_text(path: str | Path, text: str) -> bool:
    """Write one file at once (as UTF-8, line ends as given); False where it already holds that text.

    Raises:
        RefusedError: a folder or a device is in its place.
        UsageError: the place cannot be written.
    """
    with _writing(path):
        target = Path(path).absolute().resolve()
        if target.exists() and not target.is_file():
            raise RefusedError(f"{path} is no regular file, and would be replaced by one", hint="Give another name.")
        return _write_file(target, text.encode("utf-8"))


def _write_file(target: Path, content: bytes) -> bool:
    if target.is_file() and target.read_bytes() == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.migrate-{os.getpid()}")
    try:
        with staged.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, staged)
        staged.replace(target)
    finally:
        with contextlib.suppress(OSError):
            staged.unlink()
    return True


def write_texts(folder: str | Path, texts: Mapping[str, str]) -> None:
    """Write texts below ``folder`` by relative path; other files there stay as they are.

    Raises:
        RefusedError: a path leads out of the folder; nothing was written.
    """
    for path in sorted(texts):
        if not is_inside(path):
            raise RefusedError(f"{path!r} leads out of {folder}", hint="Rename what it is named after.")
    for path in sorted(texts):
        write_text(Path(folder) / path, texts[path])


def store_verdicts(folder: str | Path, tree_hash: str, text: str) -> None:
    """Keep the verdicts (JSON) on the tree with that hash."""
    write_text(Path(folder) / "verdicts" / f"{tree_hash}.json", text)


def load_verdicts(folder: str | Path, tree_hash: str) -> str | None:
    """The verdicts on the tree with that hash; None where it was never verified."""
    path = Path(folder) / "verdicts" / f"{tree_hash}.json"
    return read_text(path) if path.is_file() else None


def _replace(folder: Path, tree: FileTree) -> None:
    staged = staging_path(folder)
    try:
        for path in tree.paths():
            target = staged / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(tree.files[path])
        staged.mkdir(exist_ok=True)
        if folder.exists():
            shutil.copymode(folder, staged)
        sync_tree(staged)
        before = _listing(folder)
        replace_folder(staged, folder)
        # Somebody may have saved a file into the old folder while the new one was written: then all goes back.
        if staged.exists() and _listing(staged) != before:
            replace_folder(staged, folder)
            raise RefusedError(f"files in {folder} changed while it was being written", hint="Run again.")
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _compare(folder: Path, tree: FileTree) -> TreeChanges:
    if folder.exists() and not folder.is_dir():
        raise RefusedError(f"{folder} is a file, not a folder", hint="Give another --out.")
    if Path.cwd().is_relative_to(folder) and not (folder / MANIFEST_PATH).exists() and not (folder / ".git").exists():
        raise RefusedError(f"{folder} holds the folder you work in", hint="Give an --out of its own.")
    if (folder / ".git").exists():
        raise RefusedError(
            f"{folder} is a git work tree; writing the tree over it could lose its history",
            hint="Give an --out inside or outside of it, and use `migrate commit --repo` to put the tree there.",
        )
    there = _listing(folder)
    owned = _owned(folder) if there else {}
    foreign, edited = [], []
    for path, digest in there.items():
        wanted = tree.files.get(path)
        if path == MANIFEST_PATH or (wanted is not None and _digest(wanted) == digest):
            continue
        if path not in owned:
            foreign.append(path)
        elif owned[path] != digest:
            edited.append(path)
    _refuse(folder, foreign, "that migrate did not write", "Move them away, or give another --out.")
    _refuse(
        folder,
        edited,
        "that were changed by hand",
        "Bring the change into the helmfiles or migration.yaml, or restore the files; then run again.",
    )
    return TreeChanges(
        added=tuple(path for path in tree.paths() if path not in there),
        changed=tuple(p for p in tree.paths() if p in there and _digest(tree.files[p]) != there[p]),
        removed=tuple(path for path in there if path not in tree.files),
    )


def _refuse(folder: Path, paths: list[str], what: str, hint: str) -> None:
    if not paths:
        return
    shown = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    raise RefusedError(f"{folder} holds {len(paths)} file(s) {what}: {shown}", hint=hint)


def _owned(folder: Path) -> dict[str, str]:
    manifest = folder / MANIFEST_PATH
    if not manifest.is_file():
        return {}
    try:
        files = json.loads(manifest.read_bytes())["files"]
        return {str(path): str(digest) for path, digest in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError(
            f"{manifest} cannot be read, so nobody knows which files are ours",
            hint="Restore it from git, or move the folder away.",
        ) from error


def _listing(folder: Path) -> dict[str, str]:
    """Path → hash of everything in the folder that is no folder, sorted; a link or device has no hash."""
    found: dict[str, str] = {}
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if (Path(place) / f).is_symlink())]):
            path = Path(place) / name
            regular = stat.S_ISREG(path.lstat().st_mode)
            found[path.relative_to(folder).as_posix()] = _digest(path.read_bytes()) if regular else "-"
    return dict(sorted(found.items()))


def is_inside(path: str) -> bool:
    """Whether a relative path stays below its folder."""
    return "\\" not in path and "\0" not in path and not any(part in ("", ".", "..") for part in path.split("/"))


def _check_paths(tree: FileTree) -> None:
    """A path that leaves the tree, or is both a file and a folder, is a bug of the emitter."""
    folders: set[str] = set()
    for path in tree.paths():
        parts = path.split("/")
        if not is_inside(path):
            raise ValueError(f"not a path inside a tree: {path!r}")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    clash = sorted(folders & set(tree.files))
    if clash:
        raise ValueError(f"both a file and a folder: {clash[0]}")
