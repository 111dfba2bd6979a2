"""The estate through a real helmfile: what its ``list``, ``build`` and ``write-values`` say, as the same noun.

The other reader: the program resolves everything; our own reading lends what the program does not tell - the line
of a release, and which of its values are secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from migrate.doors.helmfile_binary import helmfile_program
from migrate.errors import EstateError
from migrate.model.estate import Release, ReleaseKey
from migrate.model.finding import SourceLocation
from migrate.read.binary_answers import (
    BuiltFile,
    built_files,
    global_arguments,
    layers_of,
    listed_rows,
    seen_variables,
    selected,
)
from migrate.read.binary_values import (
    SECRET_KEYS,
    BinaryRelease,
    release_holds_secrets,
    state_holds_secrets,
    with_written_values,
)
from migrate.read.environment import StateValues
from migrate.read.masking import whole_placeholder
from migrate.read.releases import ReleaseContext, condition_holds
from migrate.read.schema import Section
from migrate.read.session import Session
from migrate.read.state import PassedValues, State
from migrate.read.visit import Visit, Visited, release_noun


def binary_releases(session: Session, paths: Sequence[str], ours: Sequence[Release]) -> list[Visited]:
    """The releases of one environment as the real helmfile gives them, in its order.

    ``paths`` are the root state files, ``ours`` our own reading of the same environment as far as it went. Values
    come as one inline layer per release; a value that is secret is masked, where it is one by our own reading, or
    all of a release's, where ours knows nothing of it and a secret could be among them.

    Raises:
        UsageError: executing is not allowed, or the program is not there.
        EstateError: helmfile refuses, or knows no such environment.
    """
    request = session.request
    with helmfile_program(
        request.helmfile_binary or "", seen_variables(session), allowed=request.allow_exec
    ) as program:
        arguments = global_arguments(session, paths)
        rows = listed_rows(program, [*arguments, *selected(session)])
        files = built_files(session, program, [*arguments, *selected(session)])
        layers = layers_of(session, program, arguments, paths, files)
        for file in files:
            session.declared.setdefault(file.path, list(file.spec.get("environments", {})))
        if not files and session.environment != "default" and not request.selectors:
            raise EstateError(
                f"helmfile knows no environment {session.environment!r} here", hint="see: migrate inspect"
            )
        found = []
        twins = _Twins(ours)
        shared = any(state_holds_secrets(session, file) for file in files)
        for file in files:
            context = _context(session, file)
            for section in file.spec.get("releases", []):
                key = (section.get("namespace", ""), section.get("name", ""))
                enabled = _enabled(rows.get(key, []), section, file)
                visited = Visit(file.path, layers[file.path], PassedValues(context.state.env), single=file.single)
                item = _noun(context, section, visited, twins, enabled=enabled)
                secretive = shared or release_holds_secrets(session, item)
                found.append(_closed(replace(item, secretive=True)) if secretive else item)
        if session.with_values:
            found = with_written_values(session, program, arguments, found)
        return [Visited(item.release, item.path) for item in found]


class _Twins:
    """Our own releases by id, handed out in order."""

    def __init__(self, ours: Iterable[Release]) -> None:
        self._found: dict[str, list[Release]] = {}
        for release in ours:
            self._found.setdefault(release.id, []).append(release)

    def take(self, identity: str) -> Release | None:
        """The next one with that id."""
        found = self._found.get(identity)
        return found.pop(0) if found else None


def _context(session: Session, file: BuiltFile) -> ReleaseContext:
    env = StateValues(session.environment, values=file.values)
    base = file.path.rpartition("/")[0]
    return ReleaseContext(session, State(file.path, base, file.spec, env), file.values)


def _enabled(listed: list[bool], section: Section, file: BuiltFile) -> bool:
    if listed and len(set(listed)) == 1:
        return listed[0]
    return condition_holds(section, file.values)  # two releases of one name: the row does not say which it is


def _noun(context: ReleaseContext, section: Section, visited: Visit, twins: _Twins, *, enabled: bool) -> BinaryRelease:
    session = context.session
    section.setdefault("labels", {})
    values, session.with_values = session.with_values, False
    try:
        release = release_noun(context, section, visited, enabled=enabled)
    finally:
        session.with_values = values
    twin = twins.take(release.id)
    if twin is not None:
        keys = {key.name: key for key in twin.keys}
        release = replace(release, source=twin.source, keys=tuple(_placed(key, keys) for key in release.keys))
    else:
        place = _line_of(session, visited.path, release.name)
        release = replace(release, source=place, keys=tuple(replace(key, source=place) for key in release.keys))
    section.place = release.source
    section.places.clear()
    return BinaryRelease(release, twin, context, section, visited.path)


def _closed(item: BinaryRelease) -> BinaryRelease:
    """The release with those keys that a secret may have gone into as our own reading has them, or without."""
    text = whole_placeholder(item.release.id, item.release.source).text
    ours = {key.name: key.value for key in item.twin.keys} if item.twin else {}
    keys = (
        replace(key, value=ours.get(key.name, text)) if key.name in SECRET_KEYS else key for key in item.release.keys
    )
    return replace(item, release=replace(item.release, keys=tuple(keys)))


def _placed(key: ReleaseKey, ours: Mapping[str, ReleaseKey]) -> ReleaseKey:
    """The key where our own reading saw it."""
    other = ours.get(key.name)
    return replace(key, source=other.source, inherited=other.inherited) if other else key


def _line_of(session: Session, path: str, name: str) -> SourceLocation:
    """The line of a state file that names the release; its first where a template makes the name."""
    pattern = re.compile(rf"^\s*(?:-\s+)?name:\s*[\"']?{re.escape(name)}[\"']?\s*(?:#.*)?$")
    try:
        lines = session.read(path).splitlines()
    except EstateError:
        lines = []
    for number, line in enumerate(lines, 1):
        if pattern.match(line):
            return session.place(path, number)
    return replace(session.place(path), generated=True)
