"""A chart with the dependencies that helmfile has ``helm dependency up`` bring into it where it chartifies."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence

from migrate.doors.charts import ChartError, ChartFiles, read_chart_files
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, is_folder
from migrate.doors.helm import HelmError, chart_metadata, parse_values, subchart_names
from migrate.model.json import JsonObject, JsonValue, objects_in
from migrate.render.versions import satisfies

# What chartify keeps of a dependency; ``tags`` are lost, so that nothing switches it off by them.
_FIELDS = ("name", "repository", "condition", "alias", "version", "import-values")


def chart_with_dependencies(
    root: str, path: str, dependencies: Sequence[JsonObject], chart: ChartFiles | None = None
) -> ChartFiles:
    """The chart at ``path`` (or what was made of it) as chartify writes it, with a release's ``dependencies``.

    Each is ``{chart, version, alias}``, its chart a folder or an archive seen from ``root``; a vendored one, whose
    folder is called after its version, has its ``name``, too. It is switched off by
    ``<alias or name>.enabled: false``.

    Raises:
        HelmError: a dependency is not on this disk, or has a version that does not fit.
    """
    chart = _read(path) if chart is None else chart
    metadata = chart_metadata(chart)
    own = objects_in(metadata.get("dependencies"))
    if "requirements.yaml" in chart.files:
        required = parse_values(chart.files["requirements.yaml"].decode("utf-8", "replace"))
        own += objects_in(required.get("dependencies"))
        for entry in objects_in(required.get("dependencies")):
            if re.match(r"file://(?!/)", str(entry.get("repository") or "")):
                raise HelmError(f"requirements.yaml: helmfile does not find {entry['repository']} where it chartifies")
    if not own and not dependencies:
        return chart
    files: dict[str, bytes] = {}
    present = subchart_names(chart)
    for entry in own:
        name, repository = str(entry.get("name") or ""), str(entry.get("repository") or "")
        if name in present:
            continue
        if not repository.startswith("file://"):
            raise HelmError(f"found in Chart.yaml, but missing in charts/ directory: {name}")
        files |= _brought(absolute(repository.removeprefix("file://"), path), name, str(entry.get("version") or ""))
    declared: list[JsonValue] = [{k: v for k, v in entry.items() if k in _FIELDS} for entry in own]
    for entry in dependencies:
        added, brought = _ad_hoc(root, entry)
        declared.append(added)
        files |= brought
    metadata["dependencies"] = declared
    # JSON is YAML, too, and says the same to every reader.
    files["Chart.yaml"] = json.dumps(metadata).encode()
    kept = {p: data for p, data in chart.files.items() if p not in ("requirements.yaml", "requirements.lock")}
    return ChartFiles(kept).with_files(files)


def _ad_hoc(root: str, entry: JsonObject) -> tuple[JsonObject, dict[str, bytes]]:
    given, alias = str(entry.get("chart") or ""), str(entry.get("alias") or "")
    path = absolute(given, root)
    if is_folder(path):
        name = str(entry.get("name") or "") or posixpath.basename(path.rstrip("/"))
    elif is_file(path):
        name = str(chart_metadata(_read(path)).get("name") or "")
    else:
        raise HelmError(f"the dependency {given} is not on this disk; vendor it or map its repository to a folder")
    version = str(entry.get("version") or "")
    added: JsonObject = {"name": name, "condition": f"{alias or name}.enabled", "version": version}
    return added | ({"alias": alias} if alias else {}), _brought(path, name, version)


def _brought(path: str, name: str, constraint: str) -> dict[str, bytes]:
    """The files of a dependency in charts/; its version has to fit, and its name to be that of the chart."""
    chart = _read(path)
    metadata = chart_metadata(chart)
    version = str(metadata.get("version") or "")
    if not constraint:
        raise HelmError(f"the dependency {name} has no version, which Helm demands; name one, e.g. {version}")
    try:
        fits = satisfies(version, constraint)
    except ValueError as error:
        raise HelmError(f"the dependency {name}: {error}") from error
    if not fits:
        raise HelmError(f"the dependency {name} has version {version}, which does not fit {constraint}")
    if metadata.get("name") != name:
        raise HelmError(f"found in Chart.yaml, but missing in charts/ directory: {name} ({path} is another chart)")
    return {f"charts/{name}/{inner}": data for inner, data in chart.files.items()}


def _read(path: str) -> ChartFiles:
    try:
        return read_chart_files(path)
    except ChartError as error:
        raise HelmError(str(error)) from error
