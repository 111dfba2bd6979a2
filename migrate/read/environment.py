"""State values: what templates see as ``.Values``, from environments, files, parents and the command line (rule 4)."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.template_functions import Fields
from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.finding import Severity, SourceLocation
from migrate.read.legacy import legacy_document
from migrate.read.merge import merge_layers, merge_override
from migrate.read.schema import Entry, Section
from migrate.read.secrets import OpenedSecret, has_twin, open_secret
from migrate.read.session import Session


@dataclass(frozen=True)
class StateValues:
    """helmfile's Environment: its name and the three maps that ``.Values`` is merged from (rule 4.1)."""

    name: str
    kube_context: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    legacy: bool = False
    """Whether layers are merged as helmfile 0 does: by rule 9.A (rule 17.3)."""

    def merged(self) -> dict[str, Any]:
        """``.Values``; a fresh mapping whose inner values are shared."""
        if self.legacy:
            return merge_override(merge_override(self.defaults, self.values), self.overrides)
        return merge_layers(merge_layers(self.defaults, self.values), self.overrides, element_wise=True)

    def over(self, values: dict[str, Any]) -> dict[str, Any]:
        """``values`` over the values so far."""
        return merge_override(self.values, values) if self.legacy else merge_layers(self.values, values)

    def with_values(self, passed: dict[str, Any]) -> StateValues:
        """The same with ``passed`` laid over the values (rule 9.B)."""
        return replace(self, values=self.over(passed)) if passed else self


def state_data(env: StateValues, namespace: str = "", *, values: dict[str, Any] | None = None) -> Fields:
    """The dot of state files and of environment values files; private to one render (rule 5.6)."""
    values = copy.deepcopy(env.merged() if values is None else values)
    return Fields(
        Environment=Fields(
            Name=env.name,
            KubeContext=env.kube_context,
            Values=copy.deepcopy(merge_layers(env.values, env.overrides, element_wise=True)),
            Defaults=copy.deepcopy(env.defaults),
            CLIOverrides=copy.deepcopy(env.overrides),
        ),
        Namespace=namespace,
        Values=values,
        StateValues=values,
    )


def is_remote(path: str) -> bool:
    """Whether a path is fetched from elsewhere (rule 13.4)."""
    return not path.startswith("/") and ("://" in path or re.match(r"^[a-z0-9]+::", path) is not None)


def apply_environment(session: Session, spec: Section, env: StateValues, base: str) -> StateValues:
    """The state values after a part: its environment laid over the context, then its defaults (rule 4.2).

    Raises:
        EstateError: a values file is missing, broken, or no mapping.
    """
    entry: Section | None = spec.get("environments", {}).get(env.name)
    if entry is not None:
        handler = spec.get("missingFileHandler", "")
        values = load_environment(session, entry, env, base, handler=handler)
        own = entry.get("kubeContext", "")
        context = (own or env.kube_context) if env.legacy else (env.kube_context or own)
        env = replace(env, values=env.over(values), kube_context=context)
    if entries := spec.get("values"):
        defaults = load_entries(session, entries, base, env, what="the default values")
        env = replace(env, defaults=merge_override(env.defaults, defaults))
    check_keys(env.merged(), spec.at("environments"))
    return env


def load_environment(
    session: Session, entry: Section, env: StateValues, base: str, *, handler: str = ""
) -> dict[str, Any]:
    """The values of one environment entry, secrets over values (rule 4.7).

    ``handler`` is the file's own missingFileHandler: it counts for secrets only (rule 4.10).
    """
    strategy = entry.get("mergeStrategy", "")
    if strategy not in ("", "override", "fallback"):
        raise EstateError(
            f"mergeStrategy is {strategy!r}", hint="it is override or fallback", source=entry.at("mergeStrategy")
        )
    what = f"the secrets of environment {env.name!r}"
    in_hcl: list[tuple[str, str]] = []
    secrets: dict[str, Any] = {}
    for secret in entry.get("secrets", []):
        paths = _paths(session, secret, base, what, entry.get("missingFileHandler") or handler)
        for opened in filter(None, (open_secret(session, path, base, secret.place) for path in paths)):
            if opened.path.endswith(".hcl") and opened.text:
                in_hcl.append((opened.path, opened.text))
            secrets = merge_override(secrets, opened.data)
            _tell_closed(session, what, secret, opened)
    values = load_entries(
        session,
        entry.get("values", []),
        base,
        env,
        handler=entry.get("missingFileHandler", ""),
        fallback=strategy == "fallback",
        what=f"environment {env.name!r}",
        in_hcl=in_hcl,
    )
    return merge_override(values, secrets)


def _tell_closed(session: Session, what: str, secret: Entry, opened: OpenedSecret) -> None:
    session.stand_ins.update((p.text, p.reference) for p in opened.placeholders)
    if opened.placeholders:
        session.tell(
            "HF021",
            Severity.WARNING,
            f"{what} in {secret.value} stay closed: placeholders stand in",
            hint="give decrypted twins with --secrets-dir, if templates need the values",
            source=secret.place,
        )


def load_entries(
    session: Session,
    entries: Iterable[Entry],
    base: str,
    env: StateValues,
    *,
    handler: str = "",
    fallback: bool = False,
    what: str,
    in_hcl: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """A list of files and mappings folded into one mapping, later entries over earlier ones (rules 4.4 to 4.9).

    HCL files, and decrypted ones given as path and text in ``in_hcl``, are one unit that comes last.
    """
    found: dict[str, Any] = {}
    hcl = list(in_hcl)

    def lay(layer: dict[str, Any]) -> dict[str, Any]:
        return merge_layers(layer, found) if fallback else merge_override(found, layer)

    for entry in entries:
        if isinstance(entry.value, dict):
            found = lay(entry.value)
            continue
        for path in _paths(session, entry, base, what, handler):
            if path.endswith(".hcl"):
                hcl.append((path, session.read(path, source=entry.place)))
                continue
            seen = merge_override(found, env.merged()) if fallback and found else None
            found = lay(load_file(session, path, env, entry.place, values=seen))
    if not hcl:
        return found
    from migrate.read.hcl import load_hcl  # here, as its parser takes a while to import and few need it

    return lay(load_hcl(session, hcl))


def _paths(session: Session, entry: Entry, base: str, what: str, handler: str) -> tuple[str, ...]:
    """The files that an entry names; none with a finding where it is remote, or missing with leave."""
    if not isinstance(entry.value, str):
        raise EstateError(f"an entry of {what} is neither a path nor a mapping: {entry.value!r}", source=entry.place)
    if is_remote(entry.value):
        session.tell(
            "HF030",
            Severity.ERROR,
            f"{entry.value} is remote and was not read",
            hint="vendor the file and name the local path",
            source=entry.place,
        )
        return ()
    path = absolute(entry.value, base)
    paths = session.files.glob(path)
    if not paths and has_twin(session, path, base):
        return (path,)
    if not paths:
        _missing(session, what, entry.value, entry.place, handler)
    return paths


def _missing(session: Session, what: str, path: str, place: SourceLocation, handler: str) -> None:
    """Act as helmfile's missingFileHandler says (rule 4.10)."""
    if handler in ("Warn", "Info", "Debug"):
        if handler == "Warn":
            session.tell("HF010", Severity.INFO, f"{what}: {path} is not there", source=place)
        return
    if handler not in ("", "Error"):
        raise EstateError(
            f"invalid missingFileHandler {handler!r}", hint="it is Error, Warn, Info or Debug", source=place
        )
    raise EstateError(
        f"{what}: {path} is not there", hint="add the file, or set missingFileHandler: Warn", source=place
    )


def load_file(
    session: Session, path: str, env: StateValues, place: SourceLocation, *, values: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One values file as plain data (rule 4.5); ``values`` is what its template sees as ``.Values``, if not all.

    Raises:
        EstateError: broken YAML or template, or no mapping at the top.
    """
    text = session.read(path, source=place)
    if path.endswith(".gotmpl"):
        data = state_data(env, values=values)
        text = session.render(path, text, base=path.rpartition("/")[0], data=data, source=session.place(path))
    return parse_mapping(session, path, text)


def parse_mapping(session: Session, path: str, text: str) -> dict[str, Any]:
    """The first document of a values file, a mapping or empty.

    Raises:
        EstateError: no YAML, or something else at the top.
    """
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise EstateError(f"broken YAML: {error}", source=session.place(path, error.line or 1)) from error
    first = documents[0] if documents else None
    value = plain_value(legacy_document(first) if session.legacy else first) if first else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EstateError(
            "a values file must hold a mapping at its top",
            hint=f"it holds a {documents[0].kind}",
            source=session.place(path, documents[0].line),
        )
    return value


def check_keys(value: Any, place: SourceLocation) -> None:
    """Refuse keys that are no text: helmfile does too (rule 4.1)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise EstateError(f"a key of the values is no text: {key!r}", hint=f'quote it: "{key}"', source=place)
            check_keys(item, place)
    elif isinstance(value, list):
        for item in value:
            check_keys(item, place)
