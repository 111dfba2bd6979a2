"""What charts of the layout ``plugin`` need beside themselves: the folders that their ``file://`` dependencies name.

helmfile has Helm pack them into ``charts/`` before it renders; the plugin does so for those that are not there yet.
Helm packs a folder as it lies there, so dependencies of dependencies are none of it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from migrate.doors.charts import ChartError
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, is_folder, read_bytes, read_tree
from migrate.doors.yaml import YamlError, load_yaml
from migrate.errors import EstateError
from migrate.model.json import JsonObject, as_object, objects_in

_LOCAL = "file://"


def local_dependencies(root: str, chart: str | None) -> tuple[str, ...]:
    """The folders that the chart at ``chart`` names with ``file://``, as paths like its own; none of an archive."""
    found = (_repository(entry) for entry in _dependencies(root, chart))
    places = (repository.removeprefix(_LOCAL) for repository in found if repository.startswith(_LOCAL))
    return tuple(dict.fromkeys(posixpath.normpath(posixpath.join(chart or "", place)) for place in places))


def charts_to_build(root: str, charts: Iterable[str | None]) -> tuple[str, ...]:
    """Of ``charts``, sorted, those that lack nothing but dependencies that Helm can pack from folders of the estate."""
    inside = sorted({chart for chart in charts if chart and not chart.startswith(("/", "../"))})
    return tuple(chart for chart in inside if _lacks_local_ones_alone(root, chart))


def _lacks_local_ones_alone(root: str, chart: str) -> bool:
    entries = _dependencies(root, chart)
    packed = _packed(root, chart) if entries else ()
    missing = [entry for entry in entries if not _is_among(packed, str(entry.get("name") or ""))]
    return bool(missing) and all(_repository(entry).startswith(_LOCAL) for entry in missing)


def _repository(dependency: JsonObject) -> str:
    return str(dependency.get("repository") or "")


def _dependencies(root: str, chart: str | None) -> list[JsonObject]:
    """The dependencies of a chart; none where its file cannot be read, which copying it tells."""
    for name in ("Chart.yaml", "requirements.yaml") if chart else ():
        file = absolute(f"{chart}/{name}", root)
        try:
            document = as_object(load_yaml(read_bytes(file).decode("utf-8"))) if is_file(file) else {}
        except (YamlError, EstateError, UnicodeDecodeError):
            document = {}
        if "dependencies" in document:
            return objects_in(document["dependencies"])
    return []


def _packed(root: str, chart: str) -> tuple[str, ...]:
    """The files of its ``charts/``."""
    folder = absolute(f"{chart}/charts", root)
    try:
        return tuple(read_tree(folder, within=root).files) if is_folder(folder) else ()
    except (ChartError, EstateError):
        return ()


def _is_among(packed: Iterable[str], name: str) -> bool:
    pattern = re.compile(rf"{re.escape(name)}(/Chart\.yaml|-[0-9v][^/]*\.tgz)")
    return any(pattern.fullmatch(path) for path in packed)
