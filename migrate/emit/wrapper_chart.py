"""One wrapper chart: its Chart.yaml, its gate, and the manifests that it brings.

Whatever a wrapper adds is a file of it: what else it may bring one day is one more entry of ``_files``.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.doors.charts import read_chart_files
from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, chart_metadata, parse_values
from migrate.doors.template import version_satisfies
from migrate.doors.yaml import dump_yaml
from migrate.emit.charts import Charts
from migrate.emit.nesting import AT_ROOT
from migrate.emit.pieces import Piece
from migrate.emit.placement import Placement
from migrate.model.estate import Release
from migrate.model.json import JsonObject, JsonValue
from migrate.model.tree import Provenance

WRAPPER_VERSION = "0.1.0"
_MANIFESTS = """\
{{- /* What migration.yaml adds, as it is: a brace in it is text, and nothing of it is computed. */ -}}
{{- range $path, $_ := .Files.Glob "manifests/*" }}
---
{{ $.Files.Get $path }}
{{- end }}
"""


@dataclass(frozen=True)
class InnerChart:
    """A chart that a wrapper depends on."""

    path: str
    """Its folder or archive in the estate."""
    chart: str
    """As the estate names it: where it comes from decides where its copy lies."""
    name: str
    version: str
    alias: str = ""
    condition: str = ""

    @property
    def key(self) -> str:
        """Where its values lie in the wrapper's."""
        return self.alias or self.name


@dataclass(frozen=True)
class Wrapper:
    """One wrapper chart; the release's own chart comes first among the ``charts``."""

    path: str
    """Its folder in the tree."""
    charts: tuple[InnerChart, ...]
    files: Mapping[str, bytes]
    """What it adds, by path inside it: everything but Chart.yaml."""
    origins: Mapping[str, str]
    """Path inside it → what that comes from."""
    description: str
    kube_version: str = ""
    defaults: JsonObject = field(default_factory=dict)
    """The values that the release's own chart has by itself."""

    @property
    def at_root(self) -> frozenset[str]:
        """The keys of values that do not go below the chart's own."""
        return AT_ROOT | {chart.key for chart in self.charts[1:]}

    def document(self, repositories: Mapping[str, str]) -> JsonObject:
        """Its Chart.yaml; ``repositories`` say for a chart's path in the estate where it lies."""
        listed: list[JsonValue] = []
        for chart in self.charts:
            entry: JsonObject = {"name": chart.name, "version": chart.version, "repository": repositories[chart.path]}
            entry |= {"alias": chart.alias} if chart.alias else {}
            listed.append(entry | ({"condition": chart.condition} if chart.condition else {}))
        document: JsonObject = {"apiVersion": "v2", "name": posixpath.basename(self.path), "version": WRAPPER_VERSION}
        document["description"] = self.description
        if self.kube_version:
            document["kubeVersion"] = self.kube_version  # Helm looks at that of the outermost chart alone
        return document | {"dependencies": listed}


def make_wrapper(root: str, placement: Placement, suffix: str) -> Wrapper:
    """The wrapper of one component.

    Raises:
        ChartError, HelmError: a chart cannot be read, or Helm would not take it as a dependency.
    """
    release, asked = placement.release, placement.plan.wrapper
    own = _inner(root, str(release.chart_path), release.chart)
    gate = f"{own.key}.enabled" if asked.gate else ""
    charts = [replace(own, condition=gate)]
    for entry in release.dependencies:
        alias = str(entry.get("alias") or "")
        found = _inner(root, str(entry.get("chart") or ""), str(entry.get("chart") or ""))
        # Of several conditions the first that the values know decides.
        conditions = [f"{alias or found.name}.enabled", *([gate] if gate else [])]
        charts.append(replace(found, alias=alias, condition=",".join(conditions)))
    _check_keys(charts)
    if gate and "." in own.key:
        raise HelmError(f"the dot in its name {own.key} splits the path of a condition")
    files, origins = _files(placement, own.key)
    chart = read_chart_files(absolute(own.path, root))
    return Wrapper(
        f"sources/charts/{placement.plan.domain.value}/{placement.name}-wrapper{suffix}",
        tuple(charts),
        files,
        origins,
        f"{own.name} with {_described(placement)}",
        str(chart_metadata(chart).get("kubeVersion") or ""),
        parse_values(chart.files.get("values.yaml", b"").decode("utf-8", "replace")),
    )


def _inner(root: str, path: str, chart: str) -> InnerChart:
    metadata = chart_metadata(read_chart_files(absolute(path, root)))
    name, version = str(metadata.get("name") or ""), str(metadata.get("version") or "")
    if not name or not version_satisfies(version, version):
        raise HelmError(f"the chart {path} has no name or version that a dependency can state")
    return InnerChart(path, chart, name, version)


def _check_keys(charts: Sequence[InnerChart]) -> None:
    keys, places = [chart.key for chart in charts], {chart.name: chart.path for chart in charts}
    twice = sorted({key for key in keys if keys.count(key) > 1 or key in AT_ROOT})
    if twice:
        raise HelmError(f"two of its charts have the key {', '.join(twice)}; an alias tells them apart")
    if any(places[chart.name] != chart.path for chart in charts):
        raise HelmError("two different charts of it have one name")


def _described(placement: Placement) -> str:
    asked = placement.plan.wrapper
    parts = [str(entry.get("alias") or entry.get("name") or _last(entry)) for entry in placement.release.dependencies]
    parts += ["a gate"] * asked.gate + ["manifests of its own"] * bool(asked.manifests)
    return ", ".join(parts)


def _last(entry: JsonObject) -> str:
    return posixpath.basename(str(entry.get("chart") or "").rstrip("/"))


def _files(placement: Placement, key: str) -> tuple[dict[str, bytes], dict[str, str]]:
    asked, decided = placement.plan.wrapper, f"migration.yaml#releases/{placement.release.id}/wrapper"
    files: dict[str, bytes] = {}
    origins: dict[str, str] = {}
    if asked.gate:
        head = f"# false switches the whole component off; everything below {key} are values of that chart.\n"
        files["values.yaml"] = (head + dump_yaml({key: {"enabled": True}})).encode()
        origins["values.yaml"] = f"{decided}/gate"
    for number, added in enumerate(placement.release.added, start=1):
        path = f"manifests/{10 * number:02}-{posixpath.basename(added.path)}"
        files[path], origins[path] = added.text.encode(), added.path
    if placement.release.added:
        opened, closed = (
            (f"{{{{- if (index .Values {json.dumps(key)}).enabled }}}}\n", "{{- end }}\n") if asked.gate else ("", "")
        )
        files["templates/manifests.yaml"] = f"{opened}{_MANIFESTS}{closed}".encode()
        origins["templates/manifests.yaml"] = f"{decided}/manifests"
    return files, origins


def wrapper_piece(wrapper: Wrapper, placement: Placement, charts: Charts) -> Piece:
    """The files of a wrapper around ``charts``."""
    places = {path: f"file://{posixpath.relpath(copy.path, wrapper.path)}" for path, copy in charts.copies.items()}
    head = "# What is added lies here; the charts below stay as their authors wrote them.\n"
    files = {"Chart.yaml": (head + dump_yaml(wrapper.document(places))).encode(), **wrapper.files}
    asked = placement.plan.wrapper.asked
    own = f"migration.yaml#releases/{placement.release.id}/wrapper" if asked else _key_place(placement.release)
    origins = {"Chart.yaml": own, **wrapper.origins}
    copied = "copied as it is"
    return Piece(
        {f"{wrapper.path}/{path}": content for path, content in files.items()},
        {
            f"{wrapper.path}/{path}": (
                Provenance(0, origin, copied if path.startswith("manifests/") else "a chart around the release's own"),
            )
            for path, origin in origins.items()
        },
    )


def _key_place(release: Release) -> str:
    places = [key.source for key in release.keys if key.name == "dependencies"]
    return str(places[0] if places else release.source)
