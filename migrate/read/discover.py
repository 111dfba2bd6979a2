"""Which state files an estate consists of, in helmfile's order (rules 1.1 to 1.5)."""

from __future__ import annotations

import re

from migrate.doors.estate_files import EstateFiles, absolute
from migrate.errors import EstateError

_ENTRY_FILES = ("helmfile.yaml", "helmfile.yaml.gotmpl")
PLAN_FILE = "migration.yaml"


def discover(files: EstateFiles, path: str) -> tuple[str, ...]:
    """The root state files of ``path``: a file itself; of a folder what helmfile would find in it.

    A folder with ``helmfile.yaml`` or ``helmfile.d/`` is read as if helmfile ran in it, any other as a folder
    of state files. Our own ``migration.yaml`` is none. Empty for a folder that was emptied by a migration.

    Raises:
        EstateError: nothing there, nothing in it, or two entry points.
    """
    found = absolute(path)
    if files.is_file(found):
        return (found,)
    if not files.is_dir(found):
        if _was_emptied(files, found):
            return ()
        raise EstateError(f"there is no estate at {path}", hint="give a helmfile, or a folder of helmfiles")
    entries = [f"{found}/{name}" for name in _ENTRY_FILES if files.is_file(f"{found}/{name}")]
    folder = f"{found}/helmfile.d"
    if len(entries) > 1 or (entries and files.is_dir(folder)):
        raise EstateError(
            f"{path} holds several of helmfile.yaml, helmfile.yaml.gotmpl and helmfile.d",
            hint="helmfile reads one of them: name the one that is meant",
        )
    if entries:
        return tuple(entries)
    state_files = scan(files, folder if files.is_dir(folder) else found)
    if not state_files and not files.is_file(f"{files.root}/{PLAN_FILE}"):
        raise EstateError(f"{path} holds no helmfile", hint="state files end in .yaml, .yml or .yaml.gotmpl")
    return state_files


def _was_emptied(files: EstateFiles, folder: str) -> bool:
    """Whether our plan says that this folder's helmfiles were removed: git keeps no empty folder."""
    plan = f"{files.root}/{PLAN_FILE}"
    if not files.is_file(plan):
        return False
    text = files.read(plan)
    named = re.search(r"(?m)^estate: *[\"']?([^\"'\s]+)", text)
    return named is not None and absolute(named[1], files.root) == folder and "    state: removed\n" in text


def scan(files: EstateFiles, folder: str) -> tuple[str, ...]:
    """The state files directly in a folder, sorted by bytes (rule 1.3)."""
    found = {
        path
        for pattern in ("*.y*ml", "*.y*ml.gotmpl")
        for path in files.glob(f"{folder}/{pattern}")
        if files.is_file(path) and not path.endswith(f"/{PLAN_FILE}")
    }
    return tuple(sorted(found, key=lambda path: path.encode()))


def layer_name(path: str) -> str:
    """The name of a root state file without extensions.

    >>> layer_name("/estate/40-data-plane.yaml.gotmpl")
    '40-data-plane'
    """
    return re.sub(r"\.y[^.]*ml(\.gotmpl)?$", "", path.rpartition("/")[2]).removesuffix(".gotmpl")
