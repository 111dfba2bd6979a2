"""Helmfile files → Estate: the first stage.

    discover ─▶ for each environment, each root file:  parts ─▶ bases ─▶ environment ─▶ children ─▶ releases ─▶ values

Nothing is fetched, started or decrypted unless the request allows it; what cannot be known is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from migrate.doors.estate_files import EstateFiles, absolute, estate_root, working_directory
from migrate.doors.template import HelmfileTemplates
from migrate.errors import EstateError
from migrate.model.charts import ChartSource
from migrate.model.estate import Estate, Layer, ReadRequest, Release, ValuesLayer
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.model.state import StateFile, StateFiles
from migrate.read.across import once, tell_needs, tell_twice, tell_unknown, tell_unstable, tell_variables, together
from migrate.read.binary import binary_releases
from migrate.read.command_line import command_line_overrides
from migrate.read.discover import discover, layer_name
from migrate.read.environment import StateValues, load_entries
from migrate.read.merge import merge_override
from migrate.read.references import expand
from migrate.read.schema import Entry
from migrate.read.secrets import placeholder_text
from migrate.read.selectors import parse_selector
from migrate.read.session import Session
from migrate.read.state import PassedValues, load_state
from migrate.read.states import Wanted, entry_files, state_file
from migrate.read.two_pass import betrays_legacy
from migrate.read.visit import Visit, Visited, visit, walk

__all__ = ["Wanted", "read_estate", "read_states"]


def read_estate(request: ReadRequest, *, with_values: bool = True) -> Estate:
    """Every release of the estate in every environment asked for, as helmfile would see it.

    Where ``secrets_dir`` is given, layers carry both a text with placeholders and the secret text.
    ``with_values=False`` leaves values, sets and patches out, as ``helmfile list`` does.

    Raises:
        EstateError: the estate is missing, an environment is unknown, or a file cannot be read; the first
            fault is raised, further ones are its findings.
        UsageError: a real helmfile is asked for, and executing is not allowed or there is none.
    """
    estate = _read(request, reveal=False, with_values=with_values)
    if request.secrets_dir is None or not with_values or request.helmfile_binary is not None:
        return estate
    return _with_secrets(estate, _read(request, reveal=True, with_values=True))


def read_states(request: ReadRequest, wanted: Wanted) -> StateFiles:
    """Every state file of one environment (the request's last, else ``default``), children before their parents.

    ``request.path`` is helmfile's ``--file``; empty, helmfile's own names are looked for in the working directory.
    Secrets appear with their real values where ``secrets_dir`` gives them. Files where the environment is not
    defined are left out.

    Raises:
        EstateError: the first fault that makes helmfile refuse a file.
        UsageError: a selector that is none.
    """
    files = _state_files(request)
    paths = entry_files(files, request.path)
    environment = request.environments[-1] if request.environments else "default"
    reveal = request.secrets_dir is not None
    session = _session(request, files, environment, reveal=reveal, with_values=False, strict=True)
    selectors = tuple(parse_selector(text) for text in request.selectors)
    found: list[StateFile] = []
    for path in paths:
        single = len(paths) == 1
        passed = _command_line(session, path, single=single)
        visited = Visit(path, layer_name(path), passed, selectors, single)
        found += walk(session, visited, lambda s, v, state: state_file(s, v, state, wanted)) or ()
    tell_unstable(session)
    return StateFiles(files.root, tuple(found), sort_findings(tuple(session.findings)), tuple(sorted(session.opened)))


def _state_files(request: ReadRequest) -> EstateFiles:
    """As for an estate; where that is no work tree, the working directory above it may be read, too."""
    here, path = working_directory(), request.path or "."
    root = estate_root(path)
    if root.startswith(f"{here}/") and not EstateFiles(root).exists(f"{root}/.git"):
        path = here
    return _files(replace(request, path=path))


def _read(request: ReadRequest, *, reveal: bool, with_values: bool) -> Estate:
    files = _files(request)
    paths = discover(files, request.path)
    request, findings = _versioned(request, files, paths)
    environments = request.environments or _declared_environments(request, files, paths)
    found: dict[str, tuple[Release, ...]] = {}
    sources: dict[ChartSource, None] = {}
    errors: list[EstateError] = []
    opened: set[tuple[str, str]] = set()
    templates = _templates(request, files)
    pending = list(environments)
    while pending:
        name = pending.pop(0)
        session = _session(request, files, name, reveal=reveal, with_values=with_values, templates=templates)
        through_binary = request.helmfile_binary is not None
        found[name] = _through_binary(session, paths) if through_binary else _read_environment(session, paths, errors)
        findings += session.findings
        sources |= dict.fromkeys(session.chart_sources)
        opened |= session.opened
        if not request.environments:
            declared = (e for names in session.declared.values() for e in names)
            pending += [e for e in dict.fromkeys(declared) if e not in found and e not in pending]
    if errors:
        raise together(errors)
    return Estate(
        path=request.path,
        root=files.root,
        environments=tuple(found),
        layers=tuple(Layer(layer_name(p), files.shown(p), order) for order, p in enumerate(paths)),
        releases=tuple(release for releases in found.values() for release in releases),
        findings=sort_findings(once(findings, tuple(found))),
        chart_sources=tuple(sources),
        files=files.texts_read(),
        opened=tuple(sorted(opened)),
    )


def _through_binary(session: Session, paths: tuple[str, ...]) -> tuple[Release, ...]:
    """The releases of one environment as a real helmfile gives them; our own reading goes as far as it can."""
    request = replace(session.request, helmfile_binary=None, secrets_dir=None)
    twin = _session(request, session.files, session.environment, reveal=False, with_values=session.with_values)
    found = binary_releases(session, paths, _read_environment(twin, paths, []))
    tell_needs(session, found)
    tell_twice(session, found)
    return tuple(item.release for item in found)


def _versioned(request: ReadRequest, files: EstateFiles, paths: tuple[str, ...]) -> tuple[ReadRequest, list[Finding]]:
    """The request with a version of helmfile, and what a person should know where it was guessed (rule 17.1)."""
    if request.helmfile_version is not None:
        return request, []
    betrayal = betrays_legacy(files, paths)
    if betrayal is None:
        return replace(request, helmfile_version=1), []
    place, reason = betrayal
    message = f"read as helmfile 0 reads it: {reason}"
    hint = "say --helmfile-version 1 if that is wrong"
    return replace(request, helmfile_version=0), [Finding("HF002", Severity.INFO, message, hint, place)]


def _files(request: ReadRequest) -> EstateFiles:
    named = [absolute(path).rpartition("/")[0] for path in request.state_values_files]
    secrets = [request.secrets_dir] if request.secrets_dir else []
    allowed = (*request.allow_paths, *named, *secrets, *request.chart_map.values())
    return EstateFiles(estate_root(request.path), allowed, trusted=request.allow_exec, overlay=request.overlay)


def _templates(request: ReadRequest, files: EstateFiles) -> HelmfileTemplates:
    return HelmfileTemplates(files, request.set_env, request.allow_exec, disabled=request.disable_insecure)


def _session(
    request: ReadRequest,
    files: EstateFiles,
    environment: str,
    *,
    reveal: bool,
    with_values: bool,
    templates: HelmfileTemplates | None = None,
    strict: bool = False,
) -> Session:
    """A session of one environment; ``templates`` may come from an earlier one that has ended.

    ``strict``: what a template may not run or see is an error, and no placeholder.
    """

    def expanded(value: object, file: str) -> object:
        found, placeholders = expand(session, value, session.place(file))
        session.stand_ins.update((p.text, p.reference) for p in placeholders)
        return found

    def stand_in(reference: str) -> str:
        text = placeholder_text(reference)
        session.stand_ins[text] = reference
        return text

    templates = templates or _templates(request, files)
    templates.begin(expanded, None if strict else stand_in)
    session = Session(request, files, templates, reveal, with_values, environment=environment)
    session.legacy = request.helmfile_version == 0
    return session


# --- environments


def _declared_environments(request: ReadRequest, files: EstateFiles, paths: Iterable[str]) -> tuple[str, ...]:
    """The environments of the first file that declares any, else ``default``; a probe that forgives all faults."""
    for path in paths:
        session = _session(request, files, "default", reveal=False, with_values=False)
        passed = PassedValues(StateValues("default"), given=True)
        try:
            state = load_state(session, path, passed)
            if state is not None and not any(session.declared.values()):
                visit(session, Visit(path, "", passed))
        except EstateError:
            pass
        declared = dict.fromkeys(name for names in session.declared.values() for name in names)
        if declared:
            return tuple(declared)
    return ("default",)


def _read_environment(session: Session, paths: tuple[str, ...], errors: list[EstateError]) -> tuple[Release, ...]:
    """The releases of one environment; faults that stop a file are collected, the other files are read."""
    found: list[Visited] = []
    used = False
    before = len(errors)
    selectors = tuple(parse_selector(text) for text in session.request.selectors)
    for path in paths:
        single = len(paths) == 1
        try:
            passed = _command_line(session, path, single=single)
            visited = visit(session, Visit(path, layer_name(path), passed, selectors, single))
        except EstateError as error:
            errors.append(error)
            continue
        used = used or visited is not None
        found += visited or ()
    if paths and not used and len(errors) == before and session.environment != "default":
        errors.append(_unknown_environment(session))
    tell_needs(session, found)
    tell_unstable(session)
    tell_variables(session)
    tell_unknown(session, found)
    tell_twice(session, found)
    return tuple(item.release for item in found)


def _command_line(session: Session, path: str, *, single: bool) -> PassedValues:
    """The context that a root file starts with: what the command line gives (rules 4.12, 4.15)."""
    request = session.request
    env = StateValues(session.environment)
    base = path.rpartition("/")[0] if single else working_directory()
    place = session.place(path)
    entries = []
    for name in request.state_values_files:
        beside = absolute(name, base)
        entries.append(Entry(beside if session.files.exists(beside) else absolute(name), place))
    values = load_entries(session, entries, base, env, what="--state-values-file")
    overrides = command_line_overrides(request.state_values_set, request.state_values_set_string)
    if session.legacy:
        return PassedValues(env, merge_override(values, overrides), bool(overrides or entries))
    return PassedValues(replace(env, overrides=overrides), values, bool(overrides or entries))


def _unknown_environment(session: Session) -> EstateError:
    declared = list(dict.fromkeys(name for names in session.declared.values() for name in names))
    close = get_close_matches(session.environment, declared, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    known = ", ".join(declared) or "none"
    return EstateError(
        f"no state file knows the environment {session.environment!r}", hint=f"{hint}declared are: {known}"
    )


# --- secrets


def _with_secrets(estate: Estate, revealed: Estate) -> Estate:
    """The estate with each layer's secret text beside the one that may be shown."""
    twins: dict[tuple[str, str], list[Release]] = {}
    for release in revealed.releases:
        twins.setdefault((release.environment, release.id), []).append(release)
    releases = []
    for release in estate.releases:
        candidates = twins.get((release.environment, release.id), [])
        twin = candidates.pop(0) if candidates else None
        same = twin is not None and len(twin.values) == len(release.values)
        releases.append(_reveal(release, twin.values) if twin is not None and same else release)
    return replace(estate, releases=tuple(releases))


def _reveal(release: Release, layers: tuple[ValuesLayer, ...]) -> Release:
    pairs = zip(release.values, layers, strict=True)
    values = tuple(
        replace(ours, secret_text=theirs.text) if ours.text != theirs.text else ours for ours, theirs in pairs
    )
    return replace(release, values=values)
