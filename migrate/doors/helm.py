"""The one door to Helm: its values parser, its ``--set`` parsers and its renderer, in process (Helm 4 SDK).

Two properties of the SDK shape this module. A render changes the chart handle it is given, so each takes a fresh
one from the chart's bytes. Values cross the border as JSON, where every number becomes a float; what ``--set``
made an integer is therefore made one again inside the render (see :func:`typed_values_template`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import helm_python
from helm_python import _native

from migrate.doors.charts import ChartError, ChartFiles, read_chart_files
from migrate.doors.fast_json import parse_json
from migrate.doors.helm_worker import RenderFailedError, WorkerDiedError, render_in_worker
from migrate.model.json import JsonObject, objects_in

ValuePath = tuple[str | int, ...]
"""A place inside values: map keys and list positions."""

_SETS = {
    "--set": "helm_strvals_parse",
    "--set-string": "helm_strvals_parse_string",
    "--set-file": "helm_strvals_parse_file",
    "--set-json": "helm_strvals_parse_json",
    "--set-literal": "helm_strvals_parse_literal",
}
# The first place that Helm names is the outermost: a helper's own line, where one failed, comes later.
_PLACE = re.compile(r"(?:\(|at <|template: )?(?P<file>[\w.\-]+(?:/[\w.\-@+]+)*/templates/[^\s:()]+):(?P<line>\d+)")


class HelmError(Exception):
    """What Helm says: ``template`` (path inside the chart) and ``line`` where it names them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        place = _PLACE.search(message)
        self.template = place["file"] if place else ""
        self.line = int(place["line"]) if place else 0


@dataclass(frozen=True)
class HelmOutput:
    """The rendered text of every template by its path (``chart/templates/x.yaml``), and the files of crds/."""

    templates: Mapping[str, str]
    crds: tuple[tuple[str, str], ...]


def parse_values(text: str) -> JsonObject:
    """A YAML text as Helm and Kubernetes read it: YAML 1.1, the first document, the last of equal keys.

    Raises:
        HelmError: it is no YAML, or no mapping.
    """
    _check_text(text)
    try:
        return cast("JsonObject", parse_json(_native.call_string("helm_values_from_yaml", text)))
    except helm_python.HelmError as error:
        raise HelmError(str(error)) from error
    except RecursionError as error:
        raise HelmError("it is nested too deep") from error


def _check_text(text: str) -> None:
    """Refuse a NUL: the border would end the text there and lose the rest without a word."""
    if "\0" in text:
        raise HelmError(f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}: control characters are not allowed")


def parse_set(flag: str, expression: str) -> JsonObject:
    """What one Helm flag sets, e.g. ``("--set", "a.b=1,c={x,y}")``, on top of nothing.

    Raises:
        HelmError: the expression is malformed, or the file of a ``--set-file`` cannot be read.
    """
    _check_text(expression)
    try:
        return cast("JsonObject", json.loads(_native.call_string(_SETS[flag], expression)))
    except helm_python.HelmError as error:
        raise HelmError(f"{flag} {expression}: {error}") from error


def library_version() -> str:
    """The versions of Helm's library: what the same chart and values may render to depends on them."""
    return f"{_native.helm_c_version()} {_native.helm_sdk_version()}"


def check_release_name(name: str) -> None:
    """Whether Helm takes this as the name of a release.

    Raises:
        HelmError: it does not.
    """
    try:
        _native.call_status("helm_release_name_validate", name)
    except helm_python.HelmError as error:
        raise HelmError(str(error)) from error


def load_chart(path: str) -> ChartFiles:
    """The chart at ``path`` with its ``file://`` dependencies, as ``helm dependency build`` would bring them.

    Helm packs such a folder as it lies there: what that depends on itself is left out, unless it is in its charts/.

    Raises:
        HelmError: there is no chart, or a dependency that is neither vendored nor a folder.
    """
    try:
        chart = read_chart_files(path)
    except ChartError as error:
        raise HelmError(str(error)) from error
    present = subchart_names(chart)
    missing = []
    for dependency in chart_dependencies(chart):
        name, repository = str(dependency.get("name", "")), str(dependency.get("repository", ""))
        if name in present:
            continue
        if not repository.startswith("file://") or not Path(path).is_dir():
            missing.append(name)
            continue
        try:
            inner = read_chart_files(str(Path(path) / repository.removeprefix("file://")))
        except ChartError as error:
            raise HelmError(str(error)) from error
        chart = chart.with_files({f"charts/{name}/{p}": data for p, data in inner.files.items()})
    if missing:
        names = ", ".join(missing)
        raise HelmError(f"found in Chart.yaml, but missing in charts/ directory: {names}")
    return chart


def chart_metadata(chart: ChartFiles) -> JsonObject:
    """The chart's ``Chart.yaml``.

    Raises:
        HelmError: it is no YAML.
    """
    return parse_values(chart.files["Chart.yaml"].decode("utf-8", "replace"))


def chart_dependencies(chart: ChartFiles) -> list[JsonObject]:
    """The dependencies that the chart states, in ``Chart.yaml`` or ``requirements.yaml``.

    Raises:
        HelmError: the file is no YAML.
    """
    found = chart_metadata(chart).get("dependencies")
    if found is None and "requirements.yaml" in chart.files:
        found = parse_values(chart.files["requirements.yaml"].decode("utf-8", "replace")).get("dependencies")
    return objects_in(found)


def subchart_names(chart: ChartFiles) -> set[str]:
    """The names of the charts that lie unpacked in the chart's own charts/.

    Raises:
        HelmError: a ``Chart.yaml`` is no YAML.
    """
    return {
        str(parse_values(data.decode("utf-8", "replace")).get("name") or "")
        for path, data in chart.files.items()
        if re.fullmatch(r"charts/[^/]+/Chart\.yaml", path)
    }


def render_chart(
    chart: ChartFiles,
    values: JsonObject,
    *,
    name: str,
    namespace: str,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    integers: Mapping[ValuePath, int] | None = None,
) -> HelmOutput:
    """Render every template, as ``helm template`` before it sorts and drops anything.

    ``integers`` are the places in ``values`` that ``--set`` made an integer.

    Raises:
        HelmError: with the template's file and line where Helm names them.
    """
    options: dict[str, object] = {"name": name}
    if namespace:
        options["namespace"] = namespace
    if kube_version:
        options["kube_version"] = kube_version
    if api_versions:
        options["api_versions"] = list(api_versions)
    added = ""
    if integers:
        added = _deepest_template(chart)
        chart = chart.with_files({added: typed_values_template(integers).encode()})
    try:
        rendered, crds = render_in_worker(chart.archive, json.dumps(values), json.dumps(options))
    except (RenderFailedError, WorkerDiedError) as error:
        raise HelmError(str(error)) from error
    templates = {path: body for path, body in rendered.items() if not (added and path.endswith("/" + added))}
    return HelmOutput(templates, tuple(crds))


def _deepest_template(chart: ChartFiles) -> str:
    """A path that Helm renders before any other: it takes the deepest first."""
    depth = max((path.count("/") for path in chart.files), default=0)
    return "templates/" + "typed/" * (depth + 1) + "values.yaml"


def typed_values_template(integers: Mapping[ValuePath, int]) -> str:
    """A template that turns numbers into the integers that Helm's own ``--set`` parser makes of them.

    It prints nothing. Helm renders it first (the deepest path), and every later template sees the same maps. A
    global value is set in every subchart too, since Helm gives each its own copy.
    """
    everywhere = {path: number for path, number in integers.items() if path[0] == "global"}
    lines = [_set_integer(path, number) for path, number in integers.items() if path not in everywhere]
    if everywhere:
        lines.append('{{- define "migrate.typed.globals" }}')
        lines += [_set_integer(path, number) for path, number in everywhere.items()]
        lines.append('{{- range .Subcharts }}{{- include "migrate.typed.globals" . }}{{- end }}{{- end }}')
        lines.append('{{- include "migrate.typed.globals" . }}')
    return "\n".join(lines)


def _set_integer(path: ValuePath, number: int) -> str:
    """The template text that puts ``number`` at ``path``; an element of a list replaces the list in its map."""
    last_key = max(at for at, step in enumerate(path) if isinstance(step, str))
    holder = ".Values"
    for step in path[:last_key]:
        holder = f"(index {holder} {json.dumps(step)})"
    key = json.dumps(path[last_key])
    new = f"(int64 {number})"
    for depth in range(len(path) - 1, last_key, -1):
        outer = f"(index {holder} {key})"
        for step in path[last_key + 1 : depth]:
            outer = f"(index {outer} {step})"
        at = cast("int", path[depth])
        new = f"(concat (slice {outer} 0 {at}) (list {new}) (slice {outer} {at + 1}))"
    return f"{{{{- $_ := set {holder} {key} {new} }}}}"
