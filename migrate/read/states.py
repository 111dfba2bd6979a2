"""State files as helmfile itself prints them: the walk of ``visit`` with another end (rules 12.1 to 12.6).

Beside :func:`migrate.read.read_estate`; both load, resolve and select through the same steps.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrate.doors.estate_files import EstateFiles, absolute, working_directory
from migrate.doors.yaml import GoTime
from migrate.errors import EstateError
from migrate.model.estate import Release, ValuesKind, ValuesLayer
from migrate.model.state import Candidate, Choose, StatedRelease, StateFile
from migrate.read.charts import lock_version, locked_versions
from migrate.read.discover import scan
from migrate.read.environment import is_remote, parse_mapping
from migrate.read.releases import ReleaseContext, condition_holds, resolve_releases
from migrate.read.schema import Entry, Section
from migrate.read.selectors import selects
from migrate.read.session import Session
from migrate.read.state import State
from migrate.read.values import entry_file, values_layers
from migrate.read.visit import Visit, release_noun, tell_placeholders, with_values

_DEFAULT_FILES = ("helmfile.yaml", "helmfile.yaml.gotmpl")
_DEFAULT_FOLDER = "helmfile.d"


@dataclass(frozen=True)
class Wanted:
    """What a command needs to know of each state file."""

    choose: Choose
    values: bool = False
    """Whether the values of chosen releases are read."""
    manifests: bool = False
    """Whether the rest of what a render takes is read, too: set flags, patches, charts that must be there."""
    embed: bool = False
    """Whether files in ``values`` and ``secrets`` are replaced by what they hold (``build --embed-values``)."""
    lock: str = "chosen"
    """Whose versions the lock file must satisfy: ``chosen``, ``all`` or ``none`` (rule 13.5)."""


def entry_files(files: EstateFiles, path: str) -> tuple[str, ...]:
    """The root state files for ``--file PATH``; with an empty path what helmfile finds by itself (rules 1.1 to 1.3).

    Raises:
        EstateError: nothing there, or two entry points.
    """
    if path:
        found = absolute(path)
        if is_remote(path):
            raise EstateError(f"{path} is remote and is not fetched", hint="check it out and name the local path")
        if files.is_file(found):
            return (found,)
        if not files.is_dir(found):
            raise EstateError(f"specified state file {path} is not found", hint="name a helmfile or a folder of them")
        return scan(files, found)
    here = working_directory()
    entries = [name for name in _DEFAULT_FILES if files.is_file(f"{here}/{name}")]
    if len(entries) > 1:
        raise EstateError(f"both {' and '.join(entries)} exist", hint="remove one of them, or name one with --file")
    if not files.is_dir(f"{here}/{_DEFAULT_FOLDER}"):
        if entries:
            return (f"{here}/{entries[0]}",)
        raise EstateError(
            f"no state file found: neither {_DEFAULT_FILES[0]}, {_DEFAULT_FILES[1]} nor {_DEFAULT_FOLDER}/ is here",
            hint="name one with --file, or set HELMFILE_FILE_PATH",
        )
    if entries:
        raise EstateError(f"both {entries[0]} and {_DEFAULT_FOLDER} exist", hint="remove one, or name one with --file")
    return scan(files, f"{here}/{_DEFAULT_FOLDER}")


def state_file(session: Session, visited: Visit, state: State, wanted: Wanted) -> Iterator[StateFile]:
    """One state file with the releases that the command chooses, their values read as far as it wants them.

    Raises:
        EstateError: whatever makes helmfile refuse the file for that command.
    """
    context, sections = resolve_releases(session, state)
    candidates = tuple(_candidate(context, section, visited) for section in sections)
    chosen = wanted.choose(candidates)
    _lock(session, state, sections, chosen.positions, wanted.lock)
    releases = tuple(_stated(context, sections[at], candidates[at].release, visited, wanted) for at in chosen.positions)
    env = state.env
    name = visited.path.rpartition("/")[2]
    here = working_directory()
    yield StateFile(
        path=visited.path,
        file_path=name if visited.single else visited.path,
        source=visited.path if visited.single else os.path.normpath(f"{here}/{visited.path}"),
        spec=_shown_spec(session, visited, context.state),
        releases=releases,
        values=context.values,
        environment={"Name": env.name, "KubeContext": env.kube_context, "Values": env.values},
        matched=chosen.matched,
    )


def _candidate(context: ReleaseContext, section: Section, visited: Visit) -> Candidate:
    enabled = condition_holds(section, context.values)
    return Candidate(
        release_noun(context, section, visited, enabled=enabled, told=False),
        selects(visited.selectors, section["labels"]),
        bool(visited.selectors),
        section.at("needs"),
    )


def _lock(session: Session, state: State, sections: tuple[Section, ...], chosen: tuple[int, ...], which: str) -> None:
    locked = locked_versions(session, state) if which != "none" else None
    if locked is None:
        return
    for at in chosen if which == "chosen" else range(len(sections)):
        lock_version(sections[at], locked, state.spec)


def _stated(
    context: ReleaseContext, section: Section, release: Release, visited: Visit, wanted: Wanted
) -> StatedRelease:
    if wanted.manifests:
        noun = release_noun(context, section, visited, enabled=True)
        release = replace(with_values(context, section, noun), enabled=release.enabled)
    else:
        layers = values_layers(context, section) if wanted.values else ()
        tell_placeholders(context.session, release, layers)
        release = replace(release, version=section.get("version", ""), values=layers)
    fields = {name: shown_data(value) for name, value in section.items()}
    if wanted.embed:
        for key in ("values", "secrets"):
            if key in fields:
                fields[key] = list(_embedded(context, section, section[key]))
    return StatedRelease(release, fields, typed_values(context.session, section, release.values))


def _shown_spec(session: Session, visited: Visit, state: State) -> dict[str, Any]:
    """The sections as ``build`` shows them, entries of ``helmfiles`` with their paths expanded (rule 12.2)."""
    spec = {name: shown_data(value) for name, value in state.spec.items() if name != "releases"}
    if "helmfiles" not in spec:
        return spec
    entries = []
    for entry in state.spec["helmfiles"]:
        shown = shown_data(entry)
        paths = session.files.glob(absolute(entry["path"], state.base)) if not is_remote(entry["path"]) else ()
        for path in paths or ([entry["path"]] if is_remote(entry["path"]) else ()):
            relative = os.path.relpath(path, state.base) if visited.single and not is_remote(path) else path
            entries.append({**shown, "path": relative if not entry["path"].startswith("/") else path})
    spec["helmfiles"] = entries
    return spec


def shown_data(value: Any) -> Any:
    """Sections and entries as plain data; numbers and times stay what they are."""
    if isinstance(value, Entry):
        return shown_data(value.value)
    if isinstance(value, Mapping):
        return {key: shown_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown_data(item) for item in value]
    return value


def _embedded(context: ReleaseContext, section: Section, entries: list[Entry]) -> Iterator[Any]:
    """The entries with each file replaced by what it holds, secrets as they lie there (rule 12.3)."""
    session = context.session
    for entry in entries:
        if not isinstance(entry.value, str):
            yield shown_data(entry.value)
            continue
        path = entry_file(context, section, entry, str(section.get("missingFileHandler", "")))
        if path is None:
            continue
        text, place = session.read(path, source=entry.place), session.place(path)
        if path.endswith(".gotmpl"):
            data = context.data(section)
            text = session.render(path, text, base=path.rpartition("/")[0], data=data, source=place)
        yield shown_data(parse_mapping(session, path, text))


def typed_values(session: Session, section: Section, layers: tuple[ValuesLayer, ...]) -> tuple[dict[str, Any], ...]:
    """The layers as helmfile reads them back: YAML 1.2, and the times of inline mappings still times (rule 14)."""
    inline = iter([entry.value for entry in section.get("values", []) if isinstance(entry.value, dict)])
    found = []
    for layer in layers:
        data = parse_mapping(session, absolute(layer.path or layer.source.file, session.files.root), layer.text)
        found.append(_with_times(data, next(inline)) if layer.kind is ValuesKind.INLINE else data)
    return tuple(found)


def _with_times(written: Any, meant: Any) -> Any:
    """``written`` with the times of ``meant``, which is the same data before it became text."""
    if isinstance(meant, GoTime) and isinstance(written, str):
        return meant
    if isinstance(written, dict) and isinstance(meant, dict):
        by_text = {str(key): item for key, item in meant.items()}
        return {key: _with_times(item, by_text.get(str(key))) for key, item in written.items()}
    if isinstance(written, list) and isinstance(meant, list) and len(written) == len(meant):
        return [_with_times(*pair) for pair in zip(written, meant, strict=True)]
    return written
