"""The door to vendored charts: the record ``charts.yaml``, and the folders of the charts that it lists.

The reader looks charts up in it; ``migrate charts pull`` writes it. Nothing here talks to a network.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from migrate.doors.files import is_inside, write_text
from migrate.doors.swap import folder_lock, recover_swap, replace_folder, staging_path, sync_tree
from migrate.doors.yaml import YamlError, dump_yaml, load_yaml
from migrate.errors import EstateError, RefusedError, UsageError
from migrate.model.charts import RECORD_FILE, VendoredChart
from migrate.model.json import SCHEMA_VERSION

_FIELDS = tuple(field.name for field in dataclasses.fields(VendoredChart))
_HEADER = "# Written by `migrate charts pull`; commit it together with the charts beside it.\n"


@functools.lru_cache(maxsize=8)
def parse_record(text: str, name: str) -> tuple[VendoredChart, ...]:
    """The entries of a record.

    Raises:
        EstateError: it is no record, or an entry leads out of the record's folder.
    """
    hint = "restore it from git, or remove it and run `migrate charts pull`"
    try:
        data: Any = load_yaml(text)
        entries = data["charts"] or []
        found = tuple(VendoredChart(**{field: str(entry[field]) for field in _FIELDS}) for entry in entries)
    except (YamlError, KeyError, TypeError, ValueError) as error:
        raise EstateError(f"{name} is no record of vendored charts", hint=hint) from error
    for entry in found:
        if not is_inside(entry.path):
            raise EstateError(f"{name}: the path {entry.path!r} leads out of its folder", hint=hint)
    return found


def read_record(folder: str | Path) -> tuple[VendoredChart, ...]:
    """The record in ``folder``; empty where there is none.

    Raises:
        EstateError: it cannot be read.
    """
    path = Path(folder) / RECORD_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise EstateError(f"{path} cannot be read", hint="restore it from git") from error
    return parse_record(text, str(path))


def write_record(folder: str | Path, entries: Iterable[VendoredChart]) -> bool:
    """Write the record at once, sorted; False where it already says the same."""
    charts = [dataclasses.asdict(entry) for entry in sorted(entries, key=lambda entry: entry.key)]
    text = _HEADER + dump_yaml({"schemaVersion": SCHEMA_VERSION, "charts": charts})
    return write_text(Path(folder) / RECORD_FILE, text)


def chart_place(alias: str, name: str, version: str) -> str:
    """The folder of a chart below the record's: ``alias/chart/version``, in characters that every disk takes.

    Raises:
        EstateError: the names lead out of the folder.
    """
    path = "/".join(re.sub(r"[^0-9A-Za-z._+-]", "_", part) for part in (alias, *name.split("/"), version))
    if not is_inside(path):
        raise EstateError(f"{alias}/{name} {version} is no name of a folder", hint="mend the chart's name")
    return path


def tree_digest(folder: str | Path) -> str:
    """SHA-256 over every file below ``folder``; empty where there is no such folder. A link has its own mark."""
    root = Path(folder)
    if not root.is_dir():
        return ""
    files: dict[str, bytes] = {}
    for place, folders, names in os.walk(root):
        for name in [*names, *(f for f in folders if (Path(place) / f).is_symlink())]:
            path = Path(place) / name
            shown = path.relative_to(root).as_posix()
            if path.is_symlink() or not path.is_file():
                files[shown + "\0link"] = b""
            else:
                files[shown] = path.read_bytes()
    return files_digest(files)


def files_digest(files: Mapping[str, bytes]) -> str:
    """The digest that :func:`tree_digest` gives for these files on disk."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode("utf-8", "surrogateescape"))
        digest.update(files[path])
    return digest.hexdigest()


def store_chart(folder: str | Path, files: Mapping[str, bytes]) -> None:
    """Put a chart's files into ``folder`` at once, in place of what is there.

    Raises:
        RefusedError: a path leads out of the folder, or is both a file and a folder.
        UsageError: the place cannot be written.
    """
    target = Path(folder)
    for path in files:
        if not is_inside(path) or any(other.startswith(path + "/") for other in files):
            raise RefusedError(f"the archive holds {path!r}, which cannot be unpacked", hint="look at the archive")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(target):
            recover_swap(target)
            _write(target, files)
    except OSError as error:
        hint = "give a place that can be written, or make room there"
        raise UsageError(f"cannot write {target}: {error.strerror or error}", hint=hint) from error


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    staged = staging_path(target)
    try:
        for path in sorted(files):
            file = staged / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files[path])
        sync_tree(staged)
        replace_folder(staged, target)
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(staged)
