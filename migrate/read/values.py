"""What Helm gets from a release: values layers, set flags, patches (rules 12.5, 12.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, parse_values
from migrate.doors.yaml import GoTime, dump_yaml
from migrate.errors import EstateError
from migrate.model.estate import Placeholder, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import Severity, SourceLocation
from migrate.read.environment import is_remote, parse_mapping
from migrate.read.references import References, expand, go_text
from migrate.read.releases import ReleaseContext
from migrate.read.schema import Entry, Section
from migrate.read.secrets import open_secret, placeholder_text, stand_ins_in


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
    data, placeholders = expand(context.session, jsonable(entry.value), entry.place)
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


def entry_file(context: ReleaseContext, release: Section, entry: Entry, handler: str) -> str | None:
    """The one file that an entry of values or secrets names, behind the ``valuesPathPrefix``; see :func:`one_file`."""
    name = f"{release.get('valuesPathPrefix', '')}{entry.value}"
    return one_file(context, release, name, entry.place, handler)


def release_handler(context: ReleaseContext, release: Section) -> str:
    """What the release, else its file, wants for a missing file (rule 7, missingFileHandler)."""
    return str(release.get("missingFileHandler") or context.state.spec.get("missingFileHandler", ""))


def one_file(context: ReleaseContext, release: Section, name: str, place: SourceLocation, handler: str) -> str | None:
    """The one file that a name stands for; None with a finding (or silently, as the handler says) where absent.

    Raises:
        EstateError: several files match, or the handler is none.
    """
    session = context.session
    identity = _identity(release)
    if is_remote(name):
        session.tell(
            "HF030",
            Severity.ERROR,
            f"{name} is remote and was not read",
            hint="vendor the file and name the local path",
            source=place,
            release=identity,
        )
        return None
    paths = session.files.glob(absolute(name, context.state.base))
    if len(paths) > 1:
        raise EstateError(
            f"{name} matches {len(paths)} files", hint="an entry of values may match one file", source=place
        )
    if paths:
        return paths[0]
    if handler in ("Warn", "Info", "Debug"):
        return None
    if handler not in ("", "Error"):
        hint = "it is Error, Warn, Info or Debug"
        raise EstateError(f"invalid missingFileHandler {handler!r}", hint=hint, source=place)
    session.tell(
        "HF011",
        Severity.ERROR,
        f"{identity} takes values from {name}, which is not there",
        hint="add the file, drop the entry, or set missingFileHandler: Warn",
        source=place,
        release=identity,
    )
    return None


def _identity(release: Section) -> str:
    return "/".join(filter(None, (release.get("namespace", ""), release.get("name", ""))))


def _file_layer(context: ReleaseContext, release: Section, entry: Entry) -> Iterator[ValuesLayer]:
    session = context.session
    if "ref+" in entry.value and is_remote(f"{release.get('valuesPathPrefix', '')}{entry.value}"):
        yield from _referred_layer(context, release, entry)
        return
    path = entry_file(context, release, entry, release_handler(context, release))
    if path is None:
        return
    kind, text, place = ValuesKind.FILE, session.read(path, source=entry.place), session.place(path)
    if path.endswith(".gotmpl"):
        kind = ValuesKind.TEMPLATE
        base = path.rpartition("/")[0]
        text = session.render(path, text, base=base, data=context.data(release), source=place)
    placeholders: tuple[Placeholder, ...] = ()
    if "ref+" in text:
        # helmfile reads such a file itself and writes it anew.
        data, placeholders = expand(session, jsonable(parse_mapping(session, path, text)), place)
        text = dump_yaml(data)
    else:
        _check_yaml(session.place(path), text, kind)
    if any(stand_in in text for stand_in in session.stand_ins):
        placeholders += stand_ins_in(session, parse_mapping(session, path, text), place)
    yield ValuesLayer(kind, session.files.shown(path), text, place, placeholders)


def _referred_layer(context: ReleaseContext, release: Section, entry: Entry) -> Iterator[ValuesLayer]:
    """An entry that is a reference: to a mapping, to the path of a file, or to something closed (rule 12.5)."""
    name = f"{release.get('valuesPathPrefix', '')}{entry.value}"
    references = References(context.session, entry.place)
    value = references.expanded(name)
    if references.placeholders:
        yield ValuesLayer(ValuesKind.SECRET, "", "{}\n", entry.place, (_root(references.placeholders[0]),))
    elif isinstance(value, dict):
        yield ValuesLayer(ValuesKind.INLINE, "", dump_yaml(jsonable(value)), entry.place)
    elif isinstance(value, str):
        plain = release.copy()
        plain["valuesPathPrefix"] = ""
        yield from _file_layer(context, plain, Entry(value, entry.place))
    else:
        raise EstateError(f"{name} gives neither a path nor a mapping", source=entry.place)


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
        entry_file(context, release, entry, str(release.get("missingFileHandler", "")))
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

    A variable of ``env`` that is not given is a finding and a placeholder.
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
            found.append(_unknown_variable(context, _identity(release), name, variable, entry.place))
        else:
            found.append(SetValue("--set", escape_set(name), escape_set(value), entry.place))
    return tuple(found)


def _unknown_variable(
    context: ReleaseContext, identity: str, name: str, variable: str, place: SourceLocation
) -> SetValue:
    """A flag whose variable is not given: helmfile refuses it, or knows what we cannot."""
    context.session.tell(
        "HF025",
        Severity.ERROR,
        f"{identity} sets {name} from the variable {variable}, which is not given: a placeholder stands in",
        hint=f"give it on the command line: --set-env {variable}=VALUE",
        source=place,
        release=identity,
    )
    placeholder = Placeholder(name, f"env {variable}", placeholder_text(f"env-{variable}"), place)
    return SetValue("--set", escape_set(name), placeholder.text, place, (placeholder,))


def _set_flags(context: ReleaseContext, entry: Section, flag: str) -> Iterator[SetValue]:
    name = escape_set(str(entry.get("name", "")))
    if value := entry.get("value", ""):
        closed, placeholders = _expanded_text(context, value, entry.place)
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
        pairs = [_expanded_text(context, item, entry.place) for item in items]
        inside = tuple(replace(p, path=str(entry.get("name", ""))) for _, found in pairs for p in found)
        texts = ",".join(escape_set(text) for text, _ in pairs)
        yield SetValue(flag, name, "{" + texts + "}", entry.place, inside)


def _expanded_text(context: ReleaseContext, value: Any, place: SourceLocation) -> tuple[str, tuple[Placeholder, ...]]:
    """An item of ``set`` as the text helmfile puts on the command line: references resolved, other kinds as JSON."""
    if not isinstance(value, str):
        return json.dumps(jsonable(value), separators=(",", ":")), ()
    found, placeholders = expand(context.session, value, place)
    return go_text(found), placeholders


def escape_set(text: str) -> str:
    """Text as helmfile escapes it for ``--set``.

    >>> escape_set("a,b{c}")
    'a\\\\,b\\\\{c\\\\}'
    """
    return re.sub(r"([{},])", r"\\\1", text)
