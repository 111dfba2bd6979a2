"""The door through which several files of a person change together: each is old or new, and a killed run is finished.

What is to be written is first written down beside them; the next run goes on from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from migrate.doors.files import read_text, write_text
from migrate.errors import EstateError, RefusedError


def change_files(files: Mapping[Path, str | None], journal: Path) -> None:
    """Write the files (None: remove) in the order given.

    Raises:
        UsageError: a place cannot be written; what is missing is written by :func:`finish_changes`.
    """
    places = {path.absolute(): text for path, text in files.items()}
    listed = [{"path": str(path), "before": _digest(path), "text": text} for path, text in places.items()]
    write_text(journal, json.dumps({"files": listed}, ensure_ascii=False))
    finish_changes(journal)


def finish_changes(journal: Path) -> tuple[Path, ...]:
    """Do what an earlier run wrote down and did not end; the files that it changed.

    Raises:
        RefusedError: somebody changed one of the files since.
    """
    if not journal.is_file():
        return ()
    try:
        told = json.loads(read_text(journal))
        files = [(Path(f["path"]), str(f["before"]), f["text"]) for f in told["files"]]
    except (EstateError, ValueError, TypeError, KeyError) as error:
        hint = f"look at what git says of the helmfiles, then delete {journal}"
        raise RefusedError(f"{journal} of a killed run cannot be read", hint=hint) from error
    for path, before, text in files:
        if _digest(path) not in (before, _digest_of(text)):
            hint = f"bring it back to what a killed run of cutover saw, or delete {journal} and restore all from git"
            raise RefusedError(f"{path} was changed after a run was killed that meant to change it", hint=hint)
    changed = []
    for path, _, text in files:
        if text is None:
            if path.is_file():
                path.unlink()
                changed.append(path)
        elif write_text(path, text):
            changed.append(path)
    journal.unlink()
    return tuple(changed)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _digest_of(text: str | None) -> str:
    return "" if text is None else hashlib.sha256(text.encode("utf-8")).hexdigest()
