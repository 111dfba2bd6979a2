"""Charts: each one that a component uses is copied once, unpacked, with the dependencies that lie beside it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrate.doors.charts import ChartError, unpack
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, is_folder, read_bytes, read_tree
from migrate.doors.yaml import YamlError, load_yaml
from migrate.emit.pieces import Piece
from migrate.emit.placement import Carriage, Placement
from migrate.errors import EstateError
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject
from migrate.model.tree import Provenance

_VENDOR_FOLDERS = {"third_party", "third-party", "vendor", "vendored", "upstream"}


@dataclass(frozen=True)
class ChartCopy:
    """Where a chart of the estate lies in the tree."""

    path: str
    version: str


@dataclass(frozen=True)
class Charts:
    """Chart path in the estate → its copy, and the files of all copies."""

    copies: Mapping[str, ChartCopy]
    piece: Piece


@dataclass
class _Copying:
    """What is known while charts are copied one after the other."""

    root: str
    reserved: frozenset[str]
    copies: dict[str, ChartCopy] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    provenance: dict[str, tuple[Provenance, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def copy_charts(root: str, placements: Iterable[Placement], *, reserved: Iterable[str] = ()) -> Charts:
    """Copy every chart that is carried as a chart; the first user in order decides the domain of one's own.

    ``reserved`` are folders that other charts of the tree take.
    """
    copying = _Copying(root, frozenset(reserved))
    for placement in placements:
        path = placement.release.chart_path
        if placement.carriage is Carriage.CHART and path is not None and path not in copying.copies:
            _copy(copying, placement, path)
    return Charts(copying.copies, Piece(copying.files, copying.provenance, tuple(copying.findings)))


def _copy(copying: _Copying, placement: Placement, path: str) -> None:
    release = placement.release
    try:
        files = _chart_files(copying.root, path)
        files = _with_dependencies(copying, placement, path, files)
        chart = _chart_document(files)
    except (ChartError, EstateError, YamlError) as error:
        copying.findings.append(
            Finding(
                "EM008",
                Severity.ERROR,
                f"the chart {path} cannot be copied: {error}",
                "mend or replace the chart",
                release.source,
                release.id,
            )
        )
        copying.copies[path] = ChartCopy("", "")
        return
    name, version = str(chart.get("name") or posixpath.basename(path)), str(chart.get("version") or "")
    target = _free_target(copying, chart_target(placement, path, name), version)
    copying.copies[path] = ChartCopy(target, version)
    archive = is_file(absolute(path, copying.root))
    for inside, content in files.items():
        copying.files[f"{target}/{inside}"] = content
        origin = f"{path} ({inside})" if archive else posixpath.normpath(f"{path}/{inside}")
        copying.provenance[f"{target}/{inside}"] = (Provenance(0, origin, "copied as it is"),)


def _free_target(copying: _Copying, target: str, version: str) -> str:
    """``target``, or with the version (then a number) behind it where another chart has that name already."""
    taken = {copy.path for copy in copying.copies.values()} | copying.reserved
    candidates = [target, f"{target}-{version}", *(f"{target}-{number}" for number in range(2, len(taken) + 3))]
    return next(candidate for candidate in candidates if candidate not in taken)


def chart_target(placement: Placement, path: str, name: str) -> str:
    """The folder a chart belongs to: by repository if somebody else wrote it, else by the domain that uses it."""
    release = placement.release
    repository = third_party_repository(release.chart, path, version=release.version)
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    if repository:
        return f"sources/charts/third_party/{re.sub(r'[^A-Za-z0-9._-]+', '-', repository)}/{slug}"
    return f"sources/charts/{placement.plan.domain.value}/{slug}"


def third_party_repository(chart: str, path: str, *, version: str = "") -> str:
    """The repository of a chart that somebody else wrote, empty for one of one's own.

    A vendor folder in its path, a repository alias or an address in ``chart:``, or an archive tell it. ``jetstack/x``
    may be an alias or a folder: one that has a version comes from a repository, since a folder needs none.
    """
    folders = path.split("/")
    for position, folder in enumerate(folders[:-1]):
        if folder in _VENDOR_FOLDERS:
            return folders[position + 1] if position + 2 < len(folders) else _alias(chart) or "vendored"
    alias = _alias(chart)
    if alias and (version or not path.rstrip("/").endswith(chart)):
        return alias
    return (alias or "vendored") if path.endswith((".tgz", ".tar.gz")) else ""


def _alias(chart: str) -> str:
    """``jetstack`` of ``jetstack/cert-manager``, the last folder of an address; empty for a path (rule 13.1)."""
    if "://" in chart:
        parts = chart.split("://", 1)[1].rstrip("/").split("/")
        return parts[-2] if len(parts) > 1 else ""
    segments = chart.split("/")
    return segments[0] if not chart.startswith((".", "/")) and len(segments) in (2, 3) else ""


def _chart_files(root: str, path: str) -> dict[str, bytes]:
    full = absolute(path, root)
    if is_folder(full):
        # Helm follows links, and a chart may share a file with its neighbours: inside the estate that is fine.
        return dict(read_tree(full, within=root).files)
    return unpack(read_bytes(full))


def _chart_document(files: Mapping[str, bytes]) -> JsonObject:
    if "Chart.yaml" not in files:
        raise ChartError("it has no Chart.yaml")
    document = load_yaml(files["Chart.yaml"].decode("utf-8", errors="replace"))
    return document if isinstance(document, dict) else {}


def _with_dependencies(copying: _Copying, placement: Placement, path: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """The chart with the dependencies of ``file://`` inside charts/, since their paths hold no longer in the tree."""
    document = _chart_document(files)
    listed = document.get("dependencies")
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or _vendored(files, str(entry.get("name"))):
            continue
        name, repository = str(entry.get("name")), str(entry.get("repository") or "")
        beside = posixpath.normpath(posixpath.join(path, repository.removeprefix("file://")))
        if repository.startswith("file://") and is_folder(absolute(beside, copying.root)):
            inner = _with_dependencies(copying, placement, beside, _chart_files(copying.root, beside))
            files = {**files, **{f"charts/{name}/{inside}": content for inside, content in inner.items()}}
            continue
        release = placement.release
        copying.findings.append(
            Finding(
                "EM007",
                Severity.ERROR,
                f"the chart {path} depends on {name} {entry.get('version', '')}, which is not in its charts/ folder",
                f"run: helm dependency update {path}",
                release.source,
                release.id,
            )
        )
    return {inside: files[inside] for inside in sorted(files)}


def _vendored(files: Mapping[str, bytes], name: str) -> bool:
    pattern = re.compile(rf"charts/{re.escape(name)}(/Chart\.yaml|-[0-9v][^/]*\.tgz)")
    return any(pattern.fullmatch(inside) for inside in files)
