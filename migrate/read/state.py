"""A state file with its bases as one section and its state values (rules 2.7 to 2.9, 3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.errors import EstateError
from migrate.model.estate import ReadRequest
from migrate.model.finding import Severity, SourceLocation
from migrate.read.environment import StateValues, apply_environment, is_remote
from migrate.read.merge import complete_section, merge_sections
from migrate.read.parts import Part, check_policy, read_part, split_parts
from migrate.read.schema import Section
from migrate.read.session import Session
from migrate.read.two_pass import first_pass


@dataclass(frozen=True)
class State:
    """One loaded state file. ``base`` is the folder that its relative paths start from."""

    path: str
    base: str
    spec: Section
    env: StateValues


@dataclass(frozen=True)
class PassedValues:
    """What a state file is given from outside: the context of its first part (rules 2.4, 4.3)."""

    env: StateValues
    """The context of the first part; with ``inherits: [environments]`` the parent's own."""
    values: dict[str, Any] = field(default_factory=dict)
    """What lies over it again before every part: state-values files, or ``values`` of the helmfiles entry."""
    given: bool = False
    """Whether values or an environment were passed in, so that the file needs no ``environments:`` (rule 1.11)."""


def load_state(session: Session, path: str, passed: PassedValues) -> State | None:
    """The state file at ``path``; None where the environment is not defined in it (rule 1.10).

    Raises:
        EstateError: whatever makes helmfile refuse the file.
    """
    base = path.rpartition("/")[0]
    text = session.read(path).replace("\r\n", "\n")
    check_policy(session, path, text)
    merged, env = Section(session.place(path)), replace(passed.env, legacy=session.legacy)
    for part in split_parts(text):
        spec, env = _load_part(session, path, part, env, base, passed=passed.values)
        merged = merge_sections(merged, spec, append=False)
        if _undefined(session, path, merged, env.name):
            return None
    if not merged.get("environments") and env.name != "default" and not passed.given:
        return None
    _check_releases(merged)
    _override(session.request, merged)
    return State(path, base, merged, env)


def _override(request: ReadRequest, spec: Section) -> None:
    """What the command line lays over a whole file (rule 2.10).

    Raises:
        EstateError: the file says it, too.
    """
    given = (("namespace", request.namespace), ("kubeContext", request.kube_context), ("chart", request.chart))
    for name, value in given:
        if not value:
            continue
        if spec.get(name):
            option = "--kube-context" if name == "kubeContext" else f"--{name}"
            raise EstateError(
                f"{option} {value} is given, and the file sets `{name}`", hint="use one of them", source=spec.at(name)
            )
        spec[name] = value
    if request.kube_context:
        defaults = spec.get("helmDefaults", Section(spec.place)).copy()
        defaults["kubeContext"] = request.kube_context
        spec["helmDefaults"] = defaults


def _undefined(session: Session, path: str, spec: Section, name: str) -> bool:
    declared = session.declared.setdefault(path, [])
    declared += [found for found in spec.get("environments", {}) if found not in declared]
    return name != "default" and bool(declared) and name not in declared


def _load_part(
    session: Session, path: str, part: Part, env: StateValues, base: str, *, passed: dict[str, Any] | None = None
) -> tuple[Section, StateValues]:
    """One part over the values so far; ``passed`` lies over them, and is None in a base."""
    context = env.with_values(passed or {})
    shown = first_pass(session, path, part, env, passed or {}, base) if session.legacy else context
    spec = read_part(session, path, part, shown, base)
    if bases := spec.get("bases"):
        if passed is None:
            raise EstateError(
                "a base may not have bases of its own",
                hint="list them where this file is listed",
                source=spec.at("bases"),
            )
        spec = _with_bases(session, spec, bases, context, base)
    return spec, apply_environment(session, spec, context, base)


def _with_bases(session: Session, spec: Section, bases: list[str], context: StateValues, base: str) -> Section:
    """The part with its bases below it, in their order (rule 3.3); they do not see each other's values."""
    layers = [_load_base(session, name, context, base, spec.at("bases")) for name in bases]
    merged, *rest = [*layers, spec]
    for layer in rest:
        if session.legacy:
            merged = complete_section(merged, layer)
            continue
        environments = _merge_environments(merged, layer)
        merged = merge_sections(merged, layer, append=True)
        if environments:
            merged["environments"] = environments
    return merged


def _load_base(session: Session, name: str, context: StateValues, base: str, place: SourceLocation) -> Section:
    if is_remote(name):
        session.tell(
            "HF030", Severity.ERROR, f"the base {name} is remote and was not read", hint="vendor it", source=place
        )
        return Section(place)
    path = absolute(name, base)
    text = session.read(path, source=place).replace("\r\n", "\n")
    check_policy(session, path, text)
    merged, env = Section(session.place(path)), context
    for part in split_parts(text):
        spec, env = _load_part(session, path, part, env, base)
        merged = merge_sections(merged, spec, append=False)
    return merged


def _merge_environments(below: Section, over: Section) -> dict[str, Section]:
    """Environments of a base and of what stands over it: lists concatenated, scalars later wins (rule 3.4)."""
    merged: dict[str, Section] = dict(below.get("environments", {}))
    for name, entry in over.get("environments", {}).items():
        base = merged.get(name)
        if base is None:
            merged[name] = entry
            continue
        joined = merge_sections(base, entry, append=True)
        if "fallback" in (base.get("mergeStrategy"), entry.get("mergeStrategy")):
            joined["values"] = [*entry.get("values", []), *base.get("values", [])]
        merged[name] = joined
    return merged


def _check_releases(spec: Section) -> None:
    for release in spec.get("releases", []):
        if release.get("updateStrategy", "") not in ("", "reinstallIfForbidden"):
            raise EstateError(
                f"updateStrategy {release['updateStrategy']!r} is unknown",
                hint="it is reinstallIfForbidden, or absent",
                source=release.at("updateStrategy"),
            )
