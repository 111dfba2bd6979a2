"""Charts: each one that a component uses is copied once, unpacked, with the dependencies that lie beside it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from migrate.doors.charts import ChartError, ChartFiles, unpack
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, is_folder, read_bytes, read_tree
from migrate.doors.helm import chart_dependencies
from migrate.doors.yaml import YamlError, load_yaml
from migrate.emit.pieces import Piece
from migrate.emit.placement import Carriage, Placement
from migrate.emit.secrets import secrets_in_values
from migrate.errors import EstateError
from migrate.model.charts import VENDOR_FOLDER
from migrate.model.estate import Release
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
    """Chart path in the estate → its copy, and the files of all copies and of what lies around them."""

    copies: Mapping[str, ChartCopy]
    piece: Piece
    wrappers: Mapping[tuple[str, str], ChartCopy] = field(default_factory=dict)
    """``(environment, release id)`` → the chart of the tree that lies around the release's own."""

    def of(self, placement: Placement) -> ChartCopy:
        """The chart that the component of a placement names."""
        own = self.copies[placement.release.chart_path or ""]
        return self.wrappers.get((placement.environment.name, placement.release.id), own)


@dataclass
class _Copying:
    """What is known while charts are copied one after the other."""

    root: str
    reserved: frozenset[str]
    copies: dict[str, ChartCopy] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    provenance: dict[str, tuple[Provenance, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def copy_charts(
    root: str,
    placements: Iterable[Placement],
    *,
    reserved: Iterable[str] = (),
    beside: Callable[[Placement], Iterable[tuple[str, str]]] = lambda placement: (),
) -> Charts:
    """Copy every chart that is carried as a chart; the first user in order decides the domain of one's own.

    ``reserved`` are folders that other charts of the tree take; ``beside`` gives the charts that a wrapper has beside
    the release's own, ``(path, what the estate calls it)``.
    """
    copying = _Copying(root, frozenset(reserved))
    for placement in placements:
        if placement.carriage is not Carriage.CHART:
            continue
        for path, chart in ((placement.release.chart_path or "", placement.release.chart), *beside(placement)):
            if path and path not in copying.copies:
                _copy(copying, placement, path, chart)
    return Charts(copying.copies, Piece(copying.files, copying.provenance, tuple(copying.findings)))


def secrets_in_releases(root: str, releases: Iterable[Release]) -> frozenset[str]:
    """What looks like a secret in the values of releases, and in their charts' own; ``root`` as for ``copy_charts``.

    For what holds them under another name: rendered manifests, and a copy of the estate.
    """
    known = tuple(releases)
    charts = sorted({release.chart_path for release in known if release.chart_path})
    return secrets_in_values(known, (text for path in charts for text in _default_values(root, path)))


def _default_values(root: str, path: str) -> Iterator[str]:
    """The texts of a chart's own values files, those of subcharts too; one that cannot be read has none."""
    with suppress(ChartError, EstateError):
        files = _chart_files(root, path)
        yield from (files[name].decode("utf-8", "replace") for name in files if _is_values_file(name))


def _is_values_file(name: str) -> bool:
    return posixpath.basename(name) == "values.yaml" and "templates" not in name.split("/")


def _copy(copying: _Copying, placement: Placement, path: str, called: str) -> None:
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
    target = _free_target(copying, chart_target(placement, path, name, called), version)
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


def chart_target(placement: Placement, path: str, name: str, called: str) -> str:
    """The folder a chart belongs to: by repository if somebody else wrote it, else by the domain that uses it.

    ``name`` is what the chart calls itself, ``called`` what the estate calls it.
    """
    release = placement.release
    repository = third_party_repository(called, path, version=release.version if called == release.chart else "")
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
    if path.startswith(f"{VENDOR_FOLDER}/"):
        return folders[VENDOR_FOLDER.count("/") + 1]  # as `charts pull` lays them out, below the alias
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
    for entry in chart_dependencies(ChartFiles(files)):
        name, repository = str(entry.get("name") or ""), str(entry.get("repository") or "")
        if _vendored(files, name):
            continue
        beside = posixpath.normpath(posixpath.join(path, repository.removeprefix("file://")))
        if repository.startswith("file://") and is_folder(absolute(beside, copying.root)):
            inner = _chart_files(copying.root, beside)
            files = {**files, **{f"charts/{name}/{inside}": content for inside, content in inner.items()}}
            copying.findings.extend(_left_out(placement, path, beside, inner))
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


def _left_out(placement: Placement, path: str, beside: str, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """What a dependency depends on itself: Helm packs a folder as it lies there, so helmfile installs none of it."""
    for entry in chart_dependencies(ChartFiles(files)):
        name = str(entry.get("name") or "")
        if not _vendored(files, name):
            text = (
                f"{beside}, on which the chart {path} depends, depends on {name}, which is not in its charts/ folder: "
                "helmfile does not install it, and neither will Argo CD"
            )
            hint = f"if it is wanted, run: helm dependency update {beside}"
            yield Finding("EM073", Severity.WARNING, text, hint, placement.release.source, placement.release.id)


def _vendored(files: Mapping[str, bytes], name: str) -> bool:
    pattern = re.compile(rf"charts/{re.escape(name)}(/Chart\.yaml|-[0-9v][^/]*\.tgz)")
    return any(pattern.fullmatch(inside) for inside in files)
