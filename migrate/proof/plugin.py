"""The layout ``plugin``: the tree's copy of the estate read once more, and held against the estate."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from migrate.doors.charts import ChartError
from migrate.doors.estate_files import absolute, working_directory
from migrate.doors.files import is_folder, read_bytes, read_tree
from migrate.emit.plugin_charts import local_dependencies
from migrate.errors import EstateError, UsageError
from migrate.model.estate import Estate, ReadRequest, Release, ValuesKind, ValuesLayer
from migrate.model.finding import Severity
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES
from migrate.plan import keep_removed, split_definitions
from migrate.read import read_estate
from migrate.verify import CopyState, stands_in


def copy_states(
    request: ReadRequest, estate: Estate, folder: Path, plan: Plan | None = None
) -> Mapping[tuple[str, str], CopyState]:
    """(environment, release id) → how it reads in the copy below ``folder``.

    The plugin gets no state values, no variables and no secrets from this command line, so the copy is read without.
    What ``plan`` splits off a release is split off here, too.
    """
    top = str((folder / SOURCES).resolve())
    start = os.path.relpath(
        os.path.realpath(absolute(request.path, working_directory())), os.path.realpath(estate.root)
    )
    plain = ReadRequest(
        path=os.path.normpath(f"{top}/{start}"),
        environments=estate.environments,
        selectors=request.selectors,
        allow_exec=request.allow_exec,
        allow_paths=(*request.allow_paths, top),
        chart_map=request.chart_map,
        helmfile_version=request.helmfile_version,
    )
    keys = [(release.environment, release.id) for release in estate.releases]
    try:
        copy = split_definitions(keep_removed(read_estate(plain), None, plain), plan)
    except (EstateError, UsageError) as error:
        return dict.fromkeys(keys, CopyState(f"it cannot be read: {error}"))
    twins = {(release.environment, release.id): release for release in copy.releases}
    known = {(f.code, f.release, f.message) for f in estate.findings}
    told = {
        finding.release: finding.message
        for finding in copy.findings
        if finding.severity is Severity.ERROR and (finding.code, finding.release, finding.message) not in known
    }
    charts: dict[str, CopyState] = {}
    states = {}
    for key, release in zip(keys, estate.releases, strict=True):
        twin = twins.get(key)
        state = CopyState("it has no such release") if twin is None else _state(release, twin, estate, copy, charts)
        states[key] = replace(state, fault=state.fault or told.get(release.id, "") or told.get("", ""))
    return states


def _state(release: Release, twin: Release, estate: Estate, copy: Estate, charts: dict[str, CopyState]) -> CopyState:
    plain, other = (_without_places(one) for one in (release, twin))
    names = [name for name in vars(plain) if not _alike(getattr(plain, name), getattr(other, name))]
    if names:
        return CopyState(f"{', '.join(names)} of {release.id} differ")
    texts = (*zip(plain.values, other.values, strict=True), *zip(plain.sets, other.sets, strict=True))
    externalised = sum(before != after for before, after in texts)
    pairs = [(release.chart_path, twin.chart_path), *_other_files(release, twin)]
    for mine, theirs in [*pairs, *_dependencies(release, twin, estate, copy)]:
        if mine is None or mine.startswith(("/", "../")):
            continue  # not in the estate: helmfile fetches it, here and there
        if mine not in charts:
            there = None if theirs is None else _content(theirs, copy.root)
            charts[mine] = _content_state(mine, _content(mine, estate.root), there)
        if charts[mine].fault:
            return charts[mine]
        externalised += charts[mine].externalised
    return CopyState(externalised=externalised)


def _content_state(path: str, mine: Mapping[str, bytes] | None, theirs: Mapping[str, bytes] | None) -> CopyState:
    if mine is None or theirs is None or mine.keys() != theirs.keys():
        return CopyState("" if mine == theirs else f"{path} differs")
    other = [file for file in mine if mine[file] != theirs[file]]
    texts = [(mine[file].decode("utf-8", "replace"), theirs[file].decode("utf-8", "replace")) for file in other]
    return CopyState(externalised=len(other)) if all(_alike(*pair) for pair in texts) else CopyState(f"{path} differs")


def _alike(mine: Any, theirs: Any) -> bool:
    """Whether both are the same but for what stands in for plaintext secrets."""
    if isinstance(mine, str) and isinstance(theirs, str):
        return mine == theirs or stands_in(mine, theirs)
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return mine.keys() == theirs.keys() and all(_alike(mine[key], theirs[key]) for key in mine)
    if isinstance(mine, (list, tuple)) and isinstance(theirs, (list, tuple)):
        return len(mine) == len(theirs) and all(_alike(a, b) for a, b in zip(mine, theirs, strict=True))
    if is_dataclass(mine) and type(mine) is type(theirs):
        return all(_alike(getattr(mine, f.name), getattr(theirs, f.name)) for f in fields(mine))
    return bool(mine == theirs)


def _other_files(release: Release, twin: Release) -> list[tuple[str | None, str | None]]:
    """What no text of the release shows: files of ``set``, and secrets, which are encrypted here and there."""
    sets = zip(release.sets, twin.sets, strict=True)
    layers = zip(release.values, twin.values, strict=True)
    found: list[tuple[str | None, str | None]] = [(a.value, b.value) for a, b in sets if a.flag == "--set-file"]
    found += [(str(a["chart"]), str(b["chart"])) for a, b in zip(release.dependencies, twin.dependencies, strict=True)]
    return found + [(a.path, b.path) for a, b in layers if a.kind is ValuesKind.SECRET and a.path]


def _dependencies(release: Release, twin: Release, estate: Estate, copy: Estate) -> list[tuple[str | None, str | None]]:
    """The folders that both charts, which are alike, name with ``file://``."""
    mine = local_dependencies(estate.root, release.chart_path)
    theirs = local_dependencies(copy.root, twin.chart_path)
    return list(zip(mine, theirs, strict=False))


def _without_places(release: Release) -> Release:
    """The release without the paths that differ because the copy lies elsewhere, and what helmfile never has."""
    somewhere = replace(release.source, file="")
    sets = tuple(
        replace(one, value="" if one.flag == "--set-file" else one.value, source=somewhere, placeholders=())
        for one in release.sets
    )
    values = tuple(
        replace(one, path="", text=_unnamed(one), source=somewhere, placeholders=(), secret_text=None)
        for one in release.values
    )
    keys = tuple(replace(key, source=somewhere) for key in release.keys)
    chart = None if release.chart_path is None else ""
    beside = tuple({**entry, "chart": str(entry["chart"]).rpartition("/")[2]} for entry in release.dependencies)
    return replace(
        release, source=somewhere, sets=sets, values=values, keys=keys, chart_path=chart, dependencies=beside, added=()
    )


def _unnamed(layer: ValuesLayer) -> str:
    """The text of a layer; a placeholder names the file that it stands for, which lies elsewhere here."""
    text = layer.text
    for placeholder in layer.placeholders:
        text = text.replace(placeholder.text, f"<{placeholder.path}>")
    return text


def _content(path: str, root: str) -> Mapping[str, bytes] | None:
    full = absolute(path, root)
    try:
        return read_tree(full, within=root).files if is_folder(full) else {"": read_bytes(full)}
    except (ChartError, EstateError):
        return None
