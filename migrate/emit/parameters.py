"""``set`` entries become Helm parameters of the Application, ``--set-file`` becomes a file parameter."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrate.doors.files import read_bytes
from migrate.emit.pieces import Piece
from migrate.emit.placement import Placement
from migrate.emit.values import SUPPLY, VALUES_FOLDER
from migrate.errors import EstateError
from migrate.model.estate import SetValue
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonValue
from migrate.model.tree import Provenance


@dataclass(frozen=True)
class Parameters:
    """``parameters`` and ``fileParameters`` of one component, with the files that the latter name."""

    parameters: tuple[dict[str, JsonValue], ...]
    file_parameters: tuple[dict[str, JsonValue], ...]
    piece: Piece


def make_parameters(root: str, placement: Placement) -> Parameters:
    """The parameters of one placement.

    Helm reads all ``--set`` before all ``--set-string`` before all ``--set-file``, and so does Argo CD; inside a
    family Argo CD keeps one value a name (the last), and passes them in no stated order.
    """
    last = {(entry.flag, entry.name): entry for entry in placement.release.sets}
    entries = [entry for entry in placement.release.sets if last[entry.flag, entry.name] is entry]
    files: dict[str, bytes] = {}
    provenance: dict[str, tuple[Provenance, ...]] = {}
    findings = _overlaps(placement, entries)
    parameters: list[dict[str, JsonValue]] = []
    file_parameters: list[dict[str, JsonValue]] = []
    for entry in entries:
        if entry.placeholders:
            what = "its value is kept elsewhere, and a placeholder stands in"
            findings.append(_finding(placement, entry, "EM010", Severity.WARNING, what, SUPPLY))
        if entry.flag != "--set-file":
            # `$` starts a variable of Argo CD's build environment there, `$$` is a plain one.
            value = entry.value.replace("$", "$$")
            parameters.append({"name": entry.name, "value": value, "forceString": entry.flag == "--set-string"})
            continue
        path = _file_path(placement, entry)
        try:
            files[path] = read_bytes(posixpath.join(root, entry.value))
        except EstateError as error:
            findings.append(_finding(placement, entry, "EM013", Severity.ERROR, str(error), "put the file there"))
            continue
        provenance[path] = (Provenance(0, entry.value, "copied as it is"),)
        file_parameters.append({"name": entry.name, "path": path})
    return Parameters(tuple(parameters), tuple(file_parameters), Piece(files, provenance, tuple(findings)))


def _file_path(placement: Placement, entry: SetValue) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{entry.name}-{posixpath.basename(entry.value)}").strip("-.")
    return f"{VALUES_FOLDER}/{placement.environment.name}/{placement.folder}/files/{name}"


def _overlaps(placement: Placement, entries: Sequence[SetValue]) -> list[Finding]:
    """A name that lies inside another of its family: which of them wins depends on an order that Argo CD lacks."""
    by_flag: Mapping[str, list[SetValue]] = {
        flag: [entry for entry in entries if entry.flag == flag] for flag in ("--set", "--set-string")
    }
    return [
        _finding(
            placement,
            inner,
            "EM012",
            Severity.WARNING,
            f"{inner.name} lies inside {outer.name}; Argo CD passes the two in no stated order",
            "set one of them, or put both into a values file",
        )
        for family in by_flag.values()
        for outer in family
        for inner in family
        if inner.name.startswith((f"{outer.name}.", f"{outer.name}["))
    ]


def _finding(placement: Placement, entry: SetValue, code: str, severity: Severity, message: str, hint: str) -> Finding:
    release = placement.release
    return Finding(
        code, severity, f"{release.id} sets {entry.name}: {message}", hint, entry.source, release.id,
        release.environment,
    )  # fmt: skip
