"""State values: what templates see as ``.Values``, from environments, files, parents and the command line (rule 4)."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.template import Fields
from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.finding import Severity, SourceLocation
from migrate.read.merge import merge_layers, merge_override
from migrate.read.schema import Entry, Section
from migrate.read.secrets import open_secret
from migrate.read.session import Session


@dataclass(frozen=True)
class StateValues:
    """helmfile's Environment: its name and the three maps that ``.Values`` is merged from (rule 4.1)."""

    name: str
    kube_context: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)

    def merged(self) -> dict[str, Any]:
        """``.Values``; a fresh mapping whose inner values are shared."""
        return merge_layers(merge_layers(self.defaults, self.values), self.overrides, element_wise=True)

    def with_values(self, passed: dict[str, Any]) -> StateValues:
        """The same with ``passed`` laid over the values (rule 9.B)."""
        return replace(self, values=merge_layers(self.values, passed)) if passed else self


def state_data(env: StateValues, namespace: str = "") -> Fields:
    """The dot of state files and of environment values files; private to one render (rule 5.6)."""
    values = copy.deepcopy(env.merged())
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
        values = load_environment(session, entry, env, base)
        context = env.kube_context or entry.get("kubeContext", "")
        env = replace(env, values=merge_layers(env.values, values), kube_context=context)
    if entries := spec.get("values"):
        defaults = load_entries(session, entries, base, env, what="the default values")
        env = replace(env, defaults=merge_override(env.defaults, defaults))
    check_keys(env.merged(), spec.at("environments"))
    return env


def load_environment(session: Session, entry: Section, env: StateValues, base: str) -> dict[str, Any]:
    """The values of one environment entry, secrets over values (rule 4.7)."""
    strategy = entry.get("mergeStrategy", "")
    if strategy not in ("", "override", "fallback"):
        raise EstateError(
            f"mergeStrategy is {strategy!r}", hint="it is override or fallback", source=entry.at("mergeStrategy")
        )
    values = load_entries(
        session,
        entry.get("values", []),
        base,
        env,
        handler=entry.get("missingFileHandler", ""),
        fallback=strategy == "fallback",
        what=f"environment {env.name!r}",
    )
    for secret in entry.get("secrets", []):
        opened = open_secret(session, str(secret.value), base, secret.place)
        if opened is None:
            _missing(
                session,
                f"the secrets of environment {env.name!r}",
                str(secret.value),
                secret.place,
                entry.get("missingFileHandler", ""),
            )
            continue
        values = merge_override(values, opened.data)
        session.stand_ins.update((p.text, p.reference) for p in opened.placeholders)
        if opened.placeholders:
            session.tell(
                "HF021",
                Severity.WARNING,
                f"the secrets of environment {env.name!r} in {secret.value} stay closed: placeholders stand in",
                hint="give decrypted twins with --secrets-dir, if templates need the values",
                source=secret.place,
            )
    return values


def load_entries(
    session: Session,
    entries: Iterable[Entry],
    base: str,
    env: StateValues,
    *,
    handler: str = "",
    fallback: bool = False,
    what: str,
) -> dict[str, Any]:
    """A list of files and mappings folded into one mapping, later entries over earlier ones (rules 4.4 to 4.8)."""
    found: dict[str, Any] = {}
    for entry in entries:
        for layer in _entry_layers(session, entry, base, env, found if fallback else {}, handler, what):
            found = merge_layers(layer, found) if fallback else merge_override(found, layer)
    return found


def _entry_layers(
    session: Session,
    entry: Entry,
    base: str,
    env: StateValues,
    seen: dict[str, Any],
    handler: str,
    what: str,
) -> Iterable[dict[str, Any]]:
    if isinstance(entry.value, dict):
        yield entry.value
        return
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
        return
    paths = session.files.glob(absolute(entry.value, base))
    if not paths:
        _missing(session, what, entry.value, entry.place, handler)
    context = replace(env, values=merge_layers(seen, env.values)) if seen else env
    for path in paths:
        yield load_file(session, path, context, entry.place)


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


def load_file(session: Session, path: str, env: StateValues, place: SourceLocation) -> dict[str, Any]:
    """One values file as plain data (rule 4.5).

    Raises:
        EstateError: broken YAML or template, or no mapping at the top.
    """
    if path.endswith(".hcl"):
        raise EstateError(
            f"{session.files.shown(path)} is HCL, which is not read",
            hint="write the values as YAML; `helmfile print-env` shows them",
            source=place,
        )
    text = session.read(path, source=place)
    if path.endswith(".gotmpl"):
        data = state_data(env)
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
    value = plain_value(documents[0]) if documents else None
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


def command_line_overrides(expressions: Sequence[str]) -> dict[str, Any]:
    """``--state-values-set`` as a mapping (rule 4.15).

    Raises:
        EstateError: an item without ``=``.
    """
    found: dict[str, Any] = {}
    for expression in expressions:
        for item in expression.split(","):
            key, equals, text = item.partition("=")
            if not equals or not key:
                raise EstateError(
                    f"--state-values-set {expression!r}: {item!r} is no KEY=VALUE", hint="write a.b=c,d=e"
                )
            parts = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", key)]
            nested = _nested(parts, _typed(text))
            found = merge_layers(found, nested, element_wise=True)
    return found


def _typed(text: str) -> Any:
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if lowered == "null":
        return None
    if re.fullmatch(r"0|-?[1-9][0-9]*", text):
        return int(text)
    return text


def _nested(parts: list[str], value: Any) -> dict[str, Any]:
    name, *rest = parts
    inner = _nested(rest, value) if rest else value
    match = re.fullmatch(r"(.*)\[(\d+)\]", name)
    if match:
        return {match[1]: [None] * int(match[2]) + [inner]}
    return {name: inner}
