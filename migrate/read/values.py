"""What Helm gets from a release: values layers, set flags, patches (rules 12.5, 12.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, as_object, parse_values
from migrate.doors.yaml import GoTime, YamlError, compose_yaml, dump_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.estate import Placeholder, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import Severity, SourceLocation
from migrate.model.json import JsonObject
from migrate.read.environment import is_remote, parse_mapping
from migrate.read.merge import merge_layers
from migrate.read.releases import ReleaseContext
from migrate.read.schema import Entry, Section
from migrate.read.secrets import close_references, open_secret, stand_ins_in


def values_layers(context: ReleaseContext, release: Section) -> tuple[ValuesLayer, ...]:
    """One layer for each ``values:`` entry, then one for each secret, in helmfile's order (rule 12.5).

    A file that is missing without leave is a finding of severity error, and its layer is left out.

    Raises:
        EstateError: broken YAML or a template that fails.
    """
    found: list[ValuesLayer] = []
    for entry in release.get("values", []):
        if isinstance(entry.value, str):
            found += _file_layer(context, release, entry)
        elif isinstance(entry.value, dict):
            found.append(_inline_layer(context, entry))
        else:
            raise EstateError(f"a values entry is neither path nor mapping: {entry.value!r}", source=entry.place)
    for entry in release.get("secrets", []):
        found += _secret_layer(context, release, entry)
    return tuple(found)


def _inline_layer(context: ReleaseContext, entry: Entry) -> ValuesLayer:
    data, placeholders = close_references(jsonable(entry.value), entry.place)
    if context.session.stand_ins:
        placeholders += stand_ins_in(context.session, data, entry.place)
    return ValuesLayer(ValuesKind.INLINE, "", dump_yaml(data), entry.place, placeholders)


def jsonable(value: Any) -> Any:
    """Data as it comes out of helmfile's encoder and Helm's parser: text keys, dates as text (rule 14)."""
    if isinstance(value, dict):
        return {_key(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    if isinstance(value, GoTime):
        return value.rfc3339()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1_000_000:
        return int(value)
    return value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return str(key).lower()
    return "null" if key is None else str(key)


def _resolved(context: ReleaseContext, release: Section, entry: Entry, handler: str) -> str | None:
    """The one file that an entry names; None with a finding (or silently, as the handler says) where absent."""
    session = context.session
    name = f"{release.get('valuesPathPrefix', '')}{entry.value}"
    identity = _identity(release)
    if is_remote(name):
        session.tell(
            "HF030",
            Severity.ERROR,
            f"{name} is remote and was not read",
            hint="vendor the file and name the local path",
            source=entry.place,
            release=identity,
        )
        return None
    paths = session.files.glob(absolute(name, context.state.base))
    if len(paths) > 1:
        raise EstateError(
            f"{name} matches {len(paths)} files", hint="an entry of values may match one file", source=entry.place
        )
    if paths:
        return paths[0]
    if handler in ("Warn", "Info", "Debug"):
        return None
    if handler not in ("", "Error"):
        hint = "it is Error, Warn, Info or Debug"
        raise EstateError(f"invalid missingFileHandler {handler!r}", hint=hint, source=entry.place)
    session.tell(
        "HF011",
        Severity.ERROR,
        f"{identity} takes values from {name}, which is not there",
        hint="add the file, drop the entry, or set missingFileHandler: Warn",
        source=entry.place,
        release=identity,
    )
    return None


def _identity(release: Section) -> str:
    return "/".join(filter(None, (release.get("namespace", ""), release.get("name", ""))))


def _file_layer(context: ReleaseContext, release: Section, entry: Entry) -> Iterator[ValuesLayer]:
    session = context.session
    if entry.value.startswith("ref+"):
        whole = close_references(entry.value, entry.place)[1]
        if whole:
            yield ValuesLayer(ValuesKind.SECRET, "", "{}\n", entry.place, (_root(whole[0]),))
        return
    handler = release.get("missingFileHandler") or context.state.spec.get("missingFileHandler", "")
    path = _resolved(context, release, entry, str(handler))
    if path is None:
        return
    kind, text, place = ValuesKind.FILE, session.read(path, source=entry.place), session.place(path)
    if path.endswith(".gotmpl"):
        kind = ValuesKind.TEMPLATE
        base = path.rpartition("/")[0]
        text = session.render(path, text, base=base, data=context.data(release), source=place)
    placeholders: tuple[Placeholder, ...] = ()
    if "ref+" in text:
        data, placeholders = close_references(jsonable(parse_mapping(session, path, text)), place)
        text = dump_yaml(data) if placeholders else text
    else:
        _check_yaml(session.place(path), text, kind)
    if any(stand_in in text for stand_in in session.stand_ins):
        placeholders += stand_ins_in(session, parse_mapping(session, path, text), place)
    yield ValuesLayer(kind, session.files.shown(path), text, place, placeholders)


def _root(placeholder: Placeholder) -> Placeholder:
    return Placeholder("", placeholder.reference, placeholder.text, placeholder.source)


def _check_yaml(place: SourceLocation, text: str, kind: ValuesKind) -> None:
    """Refuse a layer that Helm cannot parse here, where its file is known."""
    try:
        parse_values(text)
    except HelmError as error:
        line = re.search(r"line (\d+)", str(error))
        rendered = " (line as rendered)" if kind is ValuesKind.TEMPLATE else ""
        at = place if line is None or rendered else SourceLocation(place.file, int(line[1]))
        raise EstateError(f"broken YAML: {error}{rendered}", source=at) from error


def _secret_layer(context: ReleaseContext, release: Section, entry: Entry) -> Iterator[ValuesLayer]:
    """A ``secrets:`` file: what is encrypted becomes placeholders; revealed, the decrypted twin itself."""
    session = context.session
    name = f"{release.get('valuesPathPrefix', '')}{entry.value}"
    opened = open_secret(session, name, context.state.base, entry.place)
    if opened is None:
        _resolved(context, release, entry, str(release.get("missingFileHandler", "")))
        return
    text = dump_yaml(jsonable(opened.data)) if not opened.text else opened.text
    if opened.text and opened.path.endswith(".gotmpl"):
        base = opened.path.rpartition("/")[0]
        place = session.place(opened.path)
        text = session.render(opened.path, text, base=base, data=context.data(release), source=place)
    place = session.place(opened.path)
    yield ValuesLayer(ValuesKind.SECRET, session.files.shown(opened.path), text, place, opened.placeholders)


# --- set flags


def set_values(context: ReleaseContext, release: Section) -> tuple[SetValue, ...]:
    """The flags of ``set``, ``setString`` and ``env``, family by family (rule 12.7).

    Raises:
        EstateError: ``env`` names a variable that is not set.
    """
    found: list[SetValue] = []
    for entry in release.get("set", []):
        found += _set_flags(context, entry, "--set")
    for entry in release.get("setString", []):
        found += [flag for flag in _set_flags(context, entry, "--set-string") if flag.flag == "--set-string"]
    for entry in release.get("env", []):
        name, variable = entry.get("name", ""), entry.get("value", "")
        value = context.session.request.set_env.get(variable)
        if value is None:
            raise EstateError(
                f"env: the variable {variable} is not set",
                hint=f"give it on the command line: --set-env {variable}=VALUE",
                source=entry.place,
            )
        found.append(SetValue("--set", escape_set(name), escape_set(value), entry.place))
    return tuple(found)


def _set_flags(context: ReleaseContext, entry: Section, flag: str) -> Iterator[SetValue]:
    name = escape_set(str(entry.get("name", "")))
    if value := entry.get("value", ""):
        closed, placeholders = close_references(value, entry.place)
        for placeholder in placeholders:
            context.session.tell(
                "HF022",
                Severity.WARNING,
                f"{entry.get('name')} is set to a secret from {placeholder.reference}: a placeholder stands in",
                hint="move it into values, or supply it in the cluster",
                source=entry.place,
            )
        named = tuple(replace(placeholder, path=str(entry.get("name", ""))) for placeholder in placeholders)
        yield SetValue(flag, name, escape_set(closed), entry.place, named)
    elif file := entry.get("file", ""):
        path = context.session.files.shown(absolute(file, context.state.base))
        yield SetValue("--set-file", name, path, entry.place)
    elif items := entry.get("values"):
        texts = [item if isinstance(item, str) else json.dumps(jsonable(item)) for item in items]
        yield SetValue(flag, name, "{" + ",".join(map(escape_set, texts)) + "}", entry.place)


def escape_set(text: str) -> str:
    """Text as helmfile escapes it for ``--set``.

    >>> escape_set("a,b{c}")
    'a\\\\,b\\\\{c\\\\}'
    """
    return re.sub(r"([{},])", r"\\\1", text)


# --- patches


def patches(
    context: ReleaseContext, release: Section, key: str, layers: tuple[ValuesLayer, ...]
) -> tuple[JsonObject, ...]:
    """The entries of ``jsonPatches`` or ``strategicMergePatches`` as mappings, files read and rendered.

    Raises:
        EstateError: a file that is not there, or is no YAML.
    """
    found: list[JsonObject] = []
    for entry in release.get(key, []):
        if isinstance(entry.value, dict):
            found.append(_patch(jsonable(entry.value), entry.place))
        else:
            found += _patch_file(context, release, entry, layers)
    return tuple(found)


def _patch_file(
    context: ReleaseContext, release: Section, entry: Entry, layers: tuple[ValuesLayer, ...]
) -> Iterator[JsonObject]:
    session = context.session
    path = _resolved(context, release, entry, str(release.get("missingFileHandler", "")))
    if path is None:
        return
    text = session.read(path, source=entry.place)
    place = session.place(path)
    if path.endswith(".gotmpl"):
        data = context.data(release, _with_release_values(context, layers))
        text = session.render(path, text, base=path.rpartition("/")[0], data=data, source=place)
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise EstateError(f"broken YAML: {error}", source=session.place(path, error.line or 1)) from error
    for document in documents:
        value = jsonable(plain_value(document))
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield _patch(item, place)


def _patch(value: Any, place: SourceLocation) -> JsonObject:
    if not isinstance(value, dict):
        raise EstateError("a patch is no mapping", hint="jsonPatches hold target and patch", source=place)
    if isinstance(value.get("patch"), str):
        documents = compose_yaml(value["patch"])
        return {**value, "patch": jsonable(plain_value(documents[0])) if documents else []}
    return as_object(value)


def _with_release_values(context: ReleaseContext, layers: tuple[ValuesLayer, ...]) -> dict[str, Any]:
    merged = dict(context.values)
    for layer in layers:
        documents = compose_yaml(layer.text)
        value = plain_value(documents[0]) if documents else None
        merged = merge_layers(merged, value if isinstance(value, dict) else {})
    return merged
