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
from migrate.model.estate import Estate, Layer, ReadRequest, Release, ValuesLayer
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.read.discover import discover, layer_name
from migrate.read.environment import StateValues, command_line_overrides, load_entries
from migrate.read.schema import Entry
from migrate.read.secrets import placeholder_text
from migrate.read.selectors import parse_selector
from migrate.read.session import Session
from migrate.read.state import PassedValues, load_state
from migrate.read.visit import Visit, Visited, visit

__all__ = ["read_estate"]


def read_estate(request: ReadRequest, *, with_values: bool = True) -> Estate:
    """Every release of the estate in every environment asked for, as helmfile would see it.

    Where ``secrets_dir`` is given, layers carry both a text with placeholders and the secret text.
    ``with_values=False`` leaves values, sets and patches out, as ``helmfile list`` does.

    Raises:
        EstateError: the estate is missing, an environment is unknown, or a file cannot be read; the first
            fault is raised, further ones are its findings.
    """
    estate = _read(request, reveal=False, with_values=with_values)
    if request.secrets_dir is None or not with_values:
        return estate
    return _with_secrets(estate, _read(request, reveal=True, with_values=True))


def _read(request: ReadRequest, *, reveal: bool, with_values: bool) -> Estate:
    files = _files(request)
    paths = discover(files, request.path)
    environments = request.environments or _declared_environments(request, files, paths)
    found: dict[str, tuple[Release, ...]] = {}
    findings: list[Finding] = []
    errors: list[EstateError] = []
    pending = list(environments)
    while pending:
        name = pending.pop(0)
        session = _session(request, files, name, reveal=reveal, with_values=with_values)
        found[name] = _read_environment(session, paths, errors)
        findings += session.findings
        if not request.environments:
            declared = (e for names in session.declared.values() for e in names)
            pending += [e for e in dict.fromkeys(declared) if e not in found and e not in pending]
    if errors:
        raise _together(errors)
    return Estate(
        path=request.path,
        root=files.root,
        environments=tuple(found),
        layers=tuple(Layer(layer_name(p), files.shown(p), order) for order, p in enumerate(paths)),
        releases=tuple(release for releases in found.values() for release in releases),
        findings=sort_findings(_once(findings, tuple(found))),
    )


def _files(request: ReadRequest) -> EstateFiles:
    named = [absolute(path).rpartition("/")[0] for path in request.state_values_files]
    secrets = [request.secrets_dir] if request.secrets_dir else []
    allowed = (*request.allow_paths, *named, *secrets, *request.chart_map.values())
    return EstateFiles(estate_root(request.path), allowed)


def _session(request: ReadRequest, files: EstateFiles, environment: str, *, reveal: bool, with_values: bool) -> Session:
    stand_ins: dict[str, str] = {}

    def stand_in(reference: str) -> str:
        text = placeholder_text(reference)
        stand_ins[text] = reference
        return text

    templates = HelmfileTemplates(files, request.set_env, request.allow_exec, stand_in)
    return Session(request, files, templates, reveal, with_values, environment=environment, stand_ins=stand_ins)


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
    _tell_needs(session, found)
    _tell_unstable(session)
    _tell_twice(session, found)
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
    overrides = command_line_overrides(request.state_values_set)
    return PassedValues(replace(env, overrides=overrides), values, bool(overrides or entries))


def _unknown_environment(session: Session) -> EstateError:
    declared = list(dict.fromkeys(name for names in session.declared.values() for name in names))
    close = get_close_matches(session.environment, declared, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    known = ", ".join(declared) or "none"
    return EstateError(
        f"no state file knows the environment {session.environment!r}", hint=f"{hint}declared are: {known}"
    )


# --- findings over several files


def _tell_needs(session: Session, found: list[Visited]) -> None:
    """Needs that name nothing in their own file: helmfile refuses them when it plans (rule 11.6, decision 17)."""
    anywhere = {item.release.id: item for item in found}
    by_file: dict[str, dict[str, Release]] = {}
    for item in found:
        by_file.setdefault(item.file, {})[item.release.id] = item.release
    filtered = bool(session.request.selectors)
    for item in found:
        for need in item.release.needs:
            if need == item.release.id:
                _tell_self_need(session, item.release)
            if need in by_file[item.file] or (filtered and need not in anywhere):
                continue
            _tell_need(session, item.release, need, anywhere.get(need))


def _tell_self_need(session: Session, release: Release) -> None:
    place = next((key.source for key in release.keys if key.name == "needs"), release.source)
    severity = Severity.ERROR if release.deployed else Severity.WARNING
    message, hint = f"{release.id} needs itself", "drop the need: helmfile calls it a cycle"
    session.tell("HF044", severity, message, hint=hint, source=place, release=release.id)


def _tell_need(session: Session, release: Release, need: str, other: Visited | None) -> None:
    place = next((key.source for key in release.keys if key.name == "needs"), release.source)
    severity = Severity.ERROR if release.deployed else Severity.WARNING
    if other is not None:
        message = f"{release.id} needs {need}, which stands in another file ({other.release.source})"
        hint = "helmfile knows needs within one file only: drop it, or move one of the two"
        session.tell("HF041", severity, message, hint=hint, source=place, release=release.id)
        return
    message = f"{release.id} needs {need}, and no release is called so"
    hint = "write namespace/name of a release of the same file, or drop the need"
    session.tell("HF040", severity, message, hint=hint, source=place, release=release.id)


def _tell_unstable(session: Session) -> None:
    told = {(n.text, n.file) for n in session.templates.notes if n.kind == "unstable"}
    for function, file in sorted(told):
        place = session.place(file) if file.startswith("/") else None
        session.tell(
            "HF060",
            Severity.WARNING,
            f"a template calls `{function}`, which gives something else each time",
            hint="write the value down, or take it from a secret",
            source=place,
        )


def _tell_twice(session: Session, found: list[Visited]) -> None:
    """The same release from two files, or from one file listed twice: two owners on the cluster."""
    first: dict[str, Visited] = {}
    for item in found:
        other = first.setdefault(item.release.id, item)
        if other is not item and (other.file != item.file or other.release.source == item.release.source):
            session.tell(
                "HF043",
                Severity.ERROR,
                f"{item.release.id} comes twice: also from {other.release.source}",
                hint="list it once; helmfile would apply both, one over the other",
                source=item.release.source,
                release=item.release.id,
            )


def _once(findings: list[Finding], environments: tuple[str, ...]) -> tuple[Finding, ...]:
    """A finding that every environment has is told once, for all."""
    where: dict[Finding, list[str]] = {}
    for finding in findings:
        where.setdefault(replace(finding, environment=""), []).append(finding.environment)
    told: list[Finding] = []
    for finding, names in where.items():
        everywhere = set(names) == set(environments)
        told += [finding] if everywhere else [replace(finding, environment=name) for name in names]
    return tuple(told)


def _together(errors: list[EstateError]) -> EstateError:
    """The first fault, with the others as its findings, each once."""
    distinct = {(error.message, error.source): error for error in errors}
    first, *others = distinct.values()
    findings = tuple(Finding("HF001", Severity.ERROR, error.message, error.hint, error.source) for error in others)
    return EstateError(first.message, hint=first.hint, source=first.source, findings=sort_findings(findings))


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
