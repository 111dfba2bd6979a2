"""What is done to a release's chart before Helm gets it: patches, transformers, ad-hoc dependencies (rule 12.9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.doors.estate_files import absolute
from migrate.doors.yaml import YamlError, YamlNode, compose_yaml, plain_value
from migrate.errors import EstateError
from migrate.model.estate import ValuesKind, ValuesLayer
from migrate.model.finding import Severity, SourceLocation
from migrate.model.json import JsonObject, as_object
from migrate.read.chart_sources import dependency_folder
from migrate.read.environment import is_remote
from migrate.read.merge import merge_layers
from migrate.read.references import expand
from migrate.read.releases import ReleaseContext
from migrate.read.schema import Entry, Section
from migrate.read.values import jsonable, one_file, release_handler


def patches(
    context: ReleaseContext, release: Section, key: str, layers: tuple[ValuesLayer, ...]
) -> tuple[JsonObject, ...]:
    """The entries of ``jsonPatches`` or ``strategicMergePatches`` as mappings, files read and rendered.

    A ``patch`` that is a text is parsed.

    Raises:
        EstateError: a file that is no YAML, or a template that fails.
    """
    return tuple(_parsed_patch(item, place) for item, place in _entries(context, release, key, layers))


def transformers(context: ReleaseContext, release: Section, layers: tuple[ValuesLayer, ...]) -> tuple[JsonObject, ...]:
    """The entries of ``transformers`` as mappings, files read and rendered, nothing in them parsed further.

    Raises:
        EstateError: a file that is no YAML, or a template that fails.
    """
    return tuple(as_object(item) for item, _ in _entries(context, release, "transformers", layers))


def _entries(
    context: ReleaseContext, release: Section, key: str, layers: tuple[ValuesLayer, ...]
) -> Iterator[tuple[dict[str, Any], SourceLocation]]:
    for entry in release.get(key, []):
        if isinstance(entry.value, dict):
            yield jsonable(entry.value), entry.place
        elif isinstance(entry.value, str):
            yield from _file_entries(context, release, entry, layers)
        else:
            raise EstateError(f"an entry of {key} is neither path nor mapping: {entry.value!r}", source=entry.place)


def _file_entries(
    context: ReleaseContext, release: Section, entry: Entry, layers: tuple[ValuesLayer, ...]
) -> Iterator[tuple[dict[str, Any], SourceLocation]]:
    session = context.session
    path = one_file(context, release, entry.value, entry.place, release_handler(context, release))
    if path is None:
        return
    text = session.read(path, source=entry.place)
    place = session.place(path)
    if path.endswith(".gotmpl"):
        data = context.data(release, _with_release_values(context, layers))
        text = session.render(path, text, base=path.rpartition("/")[0], data=data, source=place)
    for document in _documents(text, place):
        value = jsonable(plain_value(document))
        if "ref+" in text:
            value, _ = expand(session, value, place)
        for item in value if isinstance(value, list) else [value]:
            if item is None:
                continue
            if not isinstance(item, dict):
                raise EstateError("a patch is no mapping", hint="jsonPatches hold target and patch", source=place)
            yield item, place


def _documents(text: str, place: SourceLocation) -> tuple[YamlNode, ...]:
    try:
        return compose_yaml(text)
    except YamlError as error:
        raise EstateError(
            f"broken YAML: {error}", source=SourceLocation(place.file, error.line or place.line)
        ) from error


def _parsed_patch(value: dict[str, Any], place: SourceLocation) -> JsonObject:
    if isinstance(value.get("patch"), str):
        documents = _documents(value["patch"], place)
        return {**value, "patch": jsonable(plain_value(documents[0])) if documents else []}
    return as_object(value)


def _with_release_values(context: ReleaseContext, layers: tuple[ValuesLayer, ...]) -> dict[str, Any]:
    """The state values with the release's own over them, its secrets left out."""
    own: dict[str, Any] = {}
    for layer in layers:
        if layer.kind is ValuesKind.SECRET:
            continue
        documents = _documents(layer.text, layer.source)
        value = plain_value(documents[0]) if documents else None
        own = merge_layers(own, value if isinstance(value, dict) else {})
    return merge_layers(context.values, own)


def dependencies(context: ReleaseContext, release: Section) -> tuple[JsonObject, ...]:
    """``dependencies`` as ``{chart, version, alias}``; a folder of the estate is named by its root-relative path."""
    session = context.session
    found: list[JsonObject] = []
    for item in release.get("dependencies", []):
        chart = str(item.get("chart", ""))
        folder = absolute(chart, context.state.base)
        vendored = (
            None if session.files.is_dir(folder) else dependency_folder(session, release, item, context.state.spec)
        )
        named: JsonObject = {}
        if vendored is not None:
            named, folder = {"name": chart.partition("@")[0].rpartition("/")[2].partition(":")[0]}, vendored
        if session.files.is_dir(folder):
            chart = session.files.shown(folder)
        elif is_remote(chart):
            session.tell(
                "HF030",
                Severity.ERROR,
                f"the dependency {chart} of {release.get('name', '')} is remote and was not read",
                hint="vendor the chart and name its folder",
                source=item.at("chart"),
                release=release.get("name", ""),
            )
        asked = {"chart": chart, "version": item.get("version", ""), "alias": item.get("alias", "")}
        found.append(asked | named)
    return tuple(found)
