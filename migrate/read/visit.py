"""The walk over state files: children first, then a file's own releases (rules 1.6 to 1.11, 4.13, 11.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from migrate.doors.estate_files import absolute, working_directory
from migrate.errors import EstateError
from migrate.model.estate import UNREAD, Placeholder, Release, ReleaseKey, ValuesLayer
from migrate.model.finding import Severity, SourceLocation
from migrate.read.chart_sources import chart_source, dependency_folder
from migrate.read.chartify import dependencies, patches, transformers
from migrate.read.charts import chart_folder, lock_version, locked_versions, tell_missing_chart, tell_outside_chart
from migrate.read.discover import scan
from migrate.read.environment import StateValues, is_remote, load_entries
from migrate.read.merge import fill_section
from migrate.read.releases import (
    ReleaseContext,
    condition_holds,
    opaque_reasons,
    resolve_releases,
)
from migrate.read.schema import Entry, Section
from migrate.read.selectors import Selector, compatible, parse_selector, selects
from migrate.read.session import NotAllowedError, Session
from migrate.read.state import PassedValues, State, load_state
from migrate.read.values import jsonable, set_values, values_layers

Found = TypeVar("Found")
INHERITABLE = (
    "repositories",
    "helmDefaults",
    "commonLabels",
    "apiVersions",
    "kubeVersion",
    "templates",
    "environments",
)
_DEEPEST = 50
"""Files may list each other and still end, by a condition in a template; helmfile itself would go on for ever."""


@dataclass(frozen=True)
class Visit:
    """How one state file is to be visited."""

    path: str
    layer: str
    passed: PassedValues
    selectors: tuple[Selector, ...] = ()
    single: bool = True
    """Whether helmfile would stand in the file's folder (rule 1.5)."""
    parent: State | None = None
    inherits: tuple[str, ...] = ()
    depth: int = 0
    """How many files stand above it."""


@dataclass(frozen=True)
class Visited:
    """A release with the state file that lists it."""

    release: Release
    file: str


Converge: TypeAlias = "Callable[[Session, Visit, State], Iterable[Found]]"
"""What is done with one loaded state file after its children were visited."""


def visit(session: Session, visited: Visit) -> tuple[Visited, ...] | None:
    """The releases of a state file and its children in helmfile's order; None where the file is skipped.

    Raises:
        EstateError: whatever makes helmfile refuse the file or a child.
    """
    return walk(session, visited, _own_releases)


def walk(session: Session, visited: Visit, converge: Converge[Found]) -> tuple[Found, ...] | None:
    """What ``converge`` finds in each state file, children first (rule 1.6); None where the file is skipped.

    Raises:
        EstateError: whatever makes helmfile refuse the file or a child.
    """
    directory = visited.path.rpartition("/")[0] if visited.single else working_directory()
    session.directory = directory
    state = load_state(session, visited.path, visited.passed)
    if state is None:
        return None
    if visited.parent is not None:
        state = replace(state, spec=_inherited_spec(state.spec, visited.parent.spec, visited.inherits))
    found: list[Found] = []
    for entry in state.spec.get("helmfiles", []):
        for child in _children(session, visited, state, entry):
            found += walk(session, child, converge) or ()
    session.directory = directory
    found += converge(session, visited, state)
    return tuple(found)


# --- children


def _children(session: Session, visited: Visit, state: State, entry: Section) -> Iterator[Visit]:
    place = entry.at("path")
    _check_entry(entry, place)
    path = entry["path"]
    if is_remote(path):
        session.tell(
            "HF030", Severity.ERROR, f"the helmfile {path} is remote and was not read", hint="vendor it", source=place
        )
        return
    paths = session.files.glob(absolute(path, state.base))
    if not paths:
        if state.spec.get("missingFileHandler", "Error") == "Error":
            raise EstateError(f"no helmfile matches {path}", hint="mend the path, or drop the entry", source=place)
        session.tell("HF010", Severity.WARNING, f"no helmfile matches {path}", source=place)
    selectors = tuple(parse_selector(text) for text in entry.get("selectors", []))
    request = session.request
    if selectors and not compatible([parse_selector(text) for text in request.selectors], selectors):
        return
    given = ("selectors" in entry or request.explicit_selectors) and not entry.get("selectorsInherited")
    passed = _passed(session, state, entry)
    for files in (_state_files(session, found) for found in paths):
        for file in files:
            if file == visited.path:
                raise EstateError("a helmfile lists itself", hint="drop the entry", source=place)
            if visited.depth == _DEEPEST:
                again = session.files.shown(file)
                message = f"helmfiles list each other, {_DEEPEST} deep: {again} comes again and again"
                raise EstateError(message, hint="drop the entry that closes the circle", source=place)
            yield Visit(
                file,
                visited.layer,
                passed,
                selectors if given else visited.selectors,
                single=len(files) == 1,
                parent=state,
                inherits=tuple(entry.get("inherits", [])),
                depth=visited.depth + 1,
            )


def _check_entry(entry: Section, place: SourceLocation) -> None:
    if not entry.get("path"):
        raise EstateError("an entry of `helmfiles` has no `path`", hint="name a helmfile", source=entry.place)
    if entry.get("selectorsInherited") and entry.get("selectors"):
        raise EstateError("an entry of `helmfiles` has selectors and selectorsInherited", hint="keep one", source=place)
    for name in entry.get("inherits", []):
        if name not in INHERITABLE:
            raise EstateError(
                f"`inherits` holds {name!r}",
                hint=f"it allows {', '.join(INHERITABLE)}",
                source=entry.at("inherits"),
            )


def _state_files(session: Session, path: str) -> tuple[str, ...]:
    return scan(session.files, path) if session.files.is_dir(path) else (path,)


def _passed(session: Session, state: State, entry: Section) -> PassedValues:
    """What the entry hands to the child (rules 1.11, 4.12, 4.14)."""
    inherits = "environments" in entry.get("inherits", [])
    env = state.env if inherits else StateValues(state.env.name)
    values: dict[str, Any] = {}
    if entries := entry.get("values"):
        values = load_entries(
            session, entries, state.base, StateValues(state.env.name), what="the values of a helmfiles entry"
        )
    return PassedValues(env, values, inherits or bool(entries))


def _inherited_spec(spec: Section, parent: Section, inherits: Sequence[str]) -> Section:
    """The child's sections with the parent's filling the gaps (rule 4.14)."""
    filled = spec.copy()
    for name in inherits:
        ours, theirs = filled.get(name), parent.get(name)
        if not theirs or name == "environments":
            continue
        if name == "repositories":
            own = {repository.get("name") for repository in ours or []}
            filled[name] = [r for r in theirs if r.get("name") not in own] + (ours or [])
        elif name == "apiVersions":
            filled[name] = list(dict.fromkeys([*theirs, *(ours or [])]))
        elif isinstance(theirs, Section):
            filled[name] = fill_section(ours, theirs) if isinstance(ours, Section) else theirs
        elif isinstance(theirs, dict):
            filled[name] = {**theirs, **(ours or {})}
        elif not ours:
            filled[name] = theirs
        filled.places.setdefault(name, parent.at(name))
    return filled


# --- a file's own releases


def _own_releases(session: Session, visited: Visit, state: State) -> list[Visited]:
    context, sections = resolve_releases(session, state)
    locked = locked_versions(session, state)
    found: list[Visited] = []
    places: dict[str, SourceLocation] = {}
    for section in sections:
        enabled = condition_holds(section, context.values)
        if not selects(visited.selectors, section["labels"]) or (visited.selectors and not enabled):
            continue
        if locked is not None:
            lock_version(section, locked, state.spec)
        release = release_noun(context, section, visited, enabled=enabled)
        if release.id in places:
            session.tell(
                "HF042",
                Severity.ERROR,
                f"two releases are called {release.id}; the other stands at {places[release.id]}",
                hint="rename one, or give it another namespace",
                source=release.source,
                release=release.id,
            )
        places.setdefault(release.id, release.source)
        found.append(Visited(release, visited.path))
    return found


def release_noun(
    context: ReleaseContext, section: Section, visited: Visit, *, enabled: bool, told: bool = True
) -> Release:
    """The resolved release as a noun, its values included where the session reads them.

    ``told``: whether a chart that is not there is a finding; who asks for no chart need not hear of it.
    """
    session, spec = context.session, context.state.spec
    defaults: Section = spec.get("helmDefaults", Section(section.place))
    installed = section.get("installed") is not False
    release = Release(
        environment=context.state.env.name,
        namespace=section.get("namespace", ""),
        name=section.get("name", ""),
        kube_context=section.get("kubeContext", ""),
        layer=visited.layer,
        source=section.place,
        enabled=enabled,
        installed=installed,
        chart=section["chart"],
        chart_path=None,
        version=section.get("version", ""),
        labels=dict(sorted(section["labels"].items())),
        needs=tuple(dict.fromkeys(section.get("needs", []))),
        keys=_keys(section, defaults),
        kube_version=section.get("kubeVersion", ""),
        api_versions=tuple(section.get("apiVersions", [])),
        skip_schema_validation=bool(section.get("skipSchemaValidation", defaults.get("skipSchemaValidation", False))),
        include_crds=not defaults.get("skipCRDs", False),
        force_namespace=section.get("forceNamespace", ""),
        opaque=opaque_reasons(section, defaults),
    )
    # A chart that stands for every release's replaces what is rendered, not what `list` shows (rule 2.10).
    wanted = section.copy()
    wanted["chart"] = spec.get("chart") or section["chart"]
    origin = chart_source(session, wanted, spec, release.id)
    folder = chart_folder(session, wanted["chart"], context.state.base, single=visited.single, origin=origin)
    if folder is not None and session.files.allows(folder):
        release = _with_chart(session, release, folder)
    elif told and folder is not None:
        tell_outside_chart(session, wanted, release.id, folder)
    elif told:
        tell_missing_chart(session, wanted, release.id, deployed=release.deployed)
    for item in section.get("dependencies", []) if not session.with_values else ():
        dependency_folder(session, section, item, spec)  # a reading without values notes where it comes from, too
    return with_values(context, section, release) if session.with_values else release


def _with_chart(session: Session, release: Release, folder: str) -> Release:
    opaque = release.opaque
    if session.files.is_dir(folder) and not session.files.is_file(f"{folder}/Chart.yaml"):
        opaque = (*opaque, "a chart folder without Chart.yaml")
    return replace(release, chart_path=session.files.shown(folder), opaque=opaque)


def with_values(context: ReleaseContext, section: Section, release: Release) -> Release:
    """The release with its values, set flags and patches.

    Where one of them cannot be read, that is a finding, and the release stays in the list without them: helmfile
    lists it, too, and the other releases are not to suffer.
    """
    try:
        layers = values_layers(context, section)
        tell_placeholders(context.session, release, layers)
        return replace(
            release,
            values=layers,
            sets=set_values(context, section),
            json_patches=patches(context, section, "jsonPatches", layers),
            strategic_merge_patches=patches(context, section, "strategicMergePatches", layers),
            transformers=transformers(context, section, layers),
            dependencies=dependencies(context, section),
        )
    except EstateError as error:
        context.session.tell(
            "HF012",
            Severity.ERROR if release.deployed else Severity.INFO,
            f"the values of {release.id} cannot be read{_why_unread(context, release, error)}: {error.message}",
            hint=error.hint,
            source=error.source or release.source,
            release=release.id,
        )
        return replace(release, opaque=(*release.opaque, UNREAD)) if release.deployed else release


def _why_unread(context: ReleaseContext, release: Release, error: EstateError) -> str:
    if not release.deployed:
        return ", and it is not deployed here"
    if isinstance(error, NotAllowedError):
        return ", as something is not allowed"
    return " with placeholders for secrets" if context.session.stand_ins else ""


def tell_placeholders(session: Session, release: Release, layers: tuple[ValuesLayer, ...]) -> None:
    """Say which values stay closed, once for each source of them."""
    by_reference: dict[str, list[Placeholder]] = {}
    for placeholder in (p for layer in layers for p in layer.placeholders):
        by_reference.setdefault(placeholder.reference, []).append(placeholder)
    for reference, placeholders in by_reference.items():
        paths = ", ".join(p.path or "all of it" for p in placeholders)
        if reference.startswith(("exec ", "env ")):
            message = f"{release.id} takes a value from {reference} ({paths}): a placeholder stands in"
            session.tell("HF020", Severity.INFO, message, source=placeholders[0].source, release=release.id)
            continue
        session.tell(
            "HF020",
            Severity.INFO if session.reveal else Severity.WARNING,
            f"{release.id} takes a secret from {reference} ({paths}): a placeholder stands in",
            hint="supply it in the cluster, e.g. by an ExternalSecret; --secrets-dir shows it to `values`",
            source=placeholders[0].source,
            release=release.id,
        )


def _keys(section: Section, defaults: Section) -> tuple[ReleaseKey, ...]:
    """Every key with its final value, then what only helmDefaults sets."""
    own = [
        ReleaseKey(name, _plain(value), section.at(name), name in section.inherited) for name, value in section.items()
    ]
    inherited = [
        ReleaseKey(name, _plain(value), defaults.at(name), inherited=True)
        for name, value in defaults.items()
        if name not in section
    ]
    return (*own, *inherited)


def _plain(value: Any) -> Any:
    if isinstance(value, Entry):
        return _plain(value.value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return jsonable(value)
