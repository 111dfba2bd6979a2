"""Helm 3's defaults, for the Helm 4 that renders here: the two treat a null in a chart's ``values.yaml`` differently.

Helm 3 keeps such a null as a value, and one that stands over a subchart's default takes the default away. Helm 4
drops both, so that the key is absent and the default stays. Nulls in values files mean the same to both. Here the
nulls of defaults are taken out of the chart and put among the values, where Helm 4 treats them as Helm 3 would.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject, JsonValue

Path = tuple[str, ...]


class _Absent:
    """Stands for a place that is not there, which null is not."""


_ABSENT = _Absent()


@dataclass(frozen=True)
class NullDefault:
    """A null in a ``values.yaml`` that Helm 3 and Helm 4 read differently."""

    file: str
    """Path inside the chart."""
    path: Path
    """The keys that lead to it in that file."""
    over_subchart: bool
    """It stands over a subchart's default, which Helm 3 takes away and Helm 4 keeps."""


@dataclass(frozen=True)
class _Node:
    """A chart and its subcharts by the key that their values have."""

    folder: str
    defaults: JsonObject
    nulls: tuple[Path, ...]
    subcharts: tuple[tuple[str, _Node], ...]
    declares: bool
    """Whether its Chart.yaml lists dependencies."""


@dataclass(frozen=True)
class _Tree:
    top: _Node
    chart: ChartFiles
    """The chart with no null in any ``values.yaml``."""


def as_helm3(chart: ChartFiles, values: JsonObject) -> tuple[ChartFiles, JsonObject, tuple[NullDefault, ...]]:
    """The chart and values with which Helm 4 sees what Helm 3 would, and the nulls that made a difference.

    Raises:
        HelmError: a ``Chart.yaml`` or ``values.yaml`` is no YAML.
    """
    tree = _tree(_Chart(chart))
    if tree is None:
        return chart, values, ()
    found: list[NullDefault] = []
    changed = _visited(tree.top, (), (values,), values, found)
    return tree.chart, changed, tuple(found)


def _visited(
    node: _Node,
    prefix: Path,
    above: tuple[JsonObject, ...],
    values: JsonObject,
    found: list[NullDefault],
    *,
    twice: bool = False,
) -> JsonObject:
    """The values with the nulls of a chart and its subcharts; ``above`` are the layers that win over its defaults.

    ``twice``: a chart above declares dependencies, so Helm 3 merges the defaults of this one two times, and a null
    that meets itself takes its key away.
    """
    file = posixpath.join(node.folder, "values.yaml")
    subcharts = dict(node.subcharts)
    for path in node.nulls:
        place = (*prefix, *path)
        higher = next((there for layer in above if (there := _at(layer, place)) is not _ABSENT), _ABSENT)
        over = path[0] in subcharts
        if over and _at_owner(subcharts[path[0]], path[1:]) is None:
            continue
        if higher is None and not over:
            # A null over a null: Helm 3 takes the key away, and so must the values.
            values = _without(values, place)
            found.append(NullDefault(file, path, over))
        elif twice and not over:
            found.append(NullDefault(file, path, over))
        elif higher is _ABSENT and _at(values, place) is _ABSENT:
            values = _with_null(values, place)
            found.append(NullDefault(file, path, over))
    own = _nested(node.defaults, prefix)
    for name, subchart in node.subcharts:
        layers = (*above, own)
        values = _visited(subchart, (*prefix, name), layers, values, found, twice=twice or node.declares)
    return values


def _at_owner(node: _Node, path: Path) -> JsonValue | _Absent:
    """What the chart that owns a place says of it by default."""
    for name, subchart in node.subcharts:
        if path and path[0] == name and len(path) > 1:
            return _at_owner(subchart, path[1:])
    return _at(node.defaults, path)


def _at(layer: JsonValue, path: Path) -> JsonValue | _Absent:
    """What a layer says of a place; something that is no map stands for all below it, as an empty text."""
    for step in path:
        if not isinstance(layer, dict):
            return ""
        if step not in layer:
            return _ABSENT
        layer = layer[step]
    return layer


def _nested(value: JsonObject, prefix: Path) -> JsonObject:
    for step in reversed(prefix):
        value = {step: value}
    return value


def _with_null(values: JsonObject, path: Path) -> JsonObject:
    below = values.get(path[0])
    inner: JsonValue = None
    if len(path) > 1:
        inner = _with_null(below if isinstance(below, dict) else {}, path[1:])
    return {**values, path[0]: inner}


def _without(values: JsonObject, path: Path) -> JsonObject:
    if path[0] not in values:
        return values
    if len(path) == 1:
        return {key: value for key, value in values.items() if key != path[0]}
    below = values[path[0]]
    return {**values, path[0]: _without(below, path[1:])} if isinstance(below, dict) else values


# ---------------------------------------------------------------- the chart


@dataclass(frozen=True)
class _Chart:
    """A chart by its digest, to remember what was seen in it."""

    chart: ChartFiles

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Chart) and self.chart.digest == other.chart.digest

    def __hash__(self) -> int:
        return hash(self.chart.digest)


@lru_cache(maxsize=64)
def _tree(wrapped: _Chart) -> _Tree | None:
    """The tree of a chart; None where no default is null."""
    chart = wrapped.chart
    stripped: dict[str, bytes] = {}
    top = _node(chart.files, "", stripped)
    return _Tree(top, chart.with_files(stripped)) if stripped else None


def _node(files: Mapping[str, bytes], folder: str, stripped: dict[str, bytes]) -> _Node:
    path = posixpath.join(folder, "values.yaml")
    defaults = _parsed(files, path)
    subcharts: list[tuple[str, _Node]] = []
    for key, below in _subcharts(files, folder):
        subcharts.append((key, _node(files, below, stripped)))
    names = {name for name, _ in subcharts}
    # A null for a whole subchart is a fault to Helm 3 and nothing to Helm 4; it stays. So do globals of subcharts.
    nulls = tuple(
        place
        for place in _nulls(defaults)
        if not (len(place) == 1 and place[0] in names) and not (folder and place[0] == "global")
    )
    if nulls:
        kept = defaults
        for place in nulls:
            kept = _without(kept, place)
        stripped[path] = json.dumps(kept).encode()
    return _Node(folder, defaults, nulls, tuple(subcharts), bool(_dependencies(files, folder)))


def _nulls(value: JsonObject, prefix: Path = ()) -> Iterator[Path]:
    for key, item in value.items():
        if item is None:
            yield (*prefix, key)
        elif isinstance(item, dict):
            yield from _nulls(item, (*prefix, key))


def _subcharts(files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, str]]:
    """Key in the values → folder, once for every name that a dependency gives a subchart."""
    pattern = re.compile(re.escape(posixpath.join(folder, "charts") + "/") + r"([^/]+)/Chart\.yaml")
    aliases = [
        (str(entry.get("name", "")), str(entry.get("alias") or entry.get("name", "")))
        for entry in _dependencies(files, folder)
    ]
    for path in sorted(files):
        if pattern.fullmatch(path):
            name = str(_parsed(files, path).get("name", ""))
            keys = [alias for known, alias in aliases if known == name] or [name]
            yield from ((key, posixpath.dirname(path)) for key in dict.fromkeys(keys))


def _dependencies(files: Mapping[str, bytes], folder: str) -> Sequence[JsonObject]:
    for name in ("Chart.yaml", "requirements.yaml"):
        found = _parsed(files, posixpath.join(folder, name)).get("dependencies")
        if isinstance(found, list):
            return [entry for entry in found if isinstance(entry, dict)]
    return ()


def _parsed(files: Mapping[str, bytes], path: str) -> JsonObject:
    if path not in files:
        return {}
    try:
        return parse_values(files[path].decode("utf-8", "replace"))
    except HelmError as error:
        raise HelmError(f"{path}: {error.message}") from error
