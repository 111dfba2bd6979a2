"""The two charts of an upgrade: the one that a release has, and the new one, from this disk or its repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, chart_metadata, load_chart
from migrate.doors.vendored import read_record
from migrate.errors import DifferenceError, EstateError, UsageError
from migrate.model.charts import VENDOR_FOLDER, ChartSource, VendoredChart
from migrate.model.estate import Estate, Release
from migrate.read.vendoring import ChartState, vendor_charts


@dataclass(frozen=True)
class UpgradeRequest:
    """What is to be tried."""

    chart: str
    """``alias/name`` as the state file has it, or a release's name or id."""
    version: str
    source: str = ""
    """A folder or archive that holds the new chart; empty: it is looked for, and fetched."""
    scratch: str = ""
    """A folder of this run's own, for what is fetched."""


def new_chart(
    estate: Estate, releases: Sequence[Release], request: UpgradeRequest, chart_map: Mapping[str, str]
) -> str:
    """The absolute path of the new chart, checked to be that chart in that version."""
    alias, _, name = releases[0].chart.removeprefix("oci://").partition("/")
    path = absolute(request.source) if request.source else _there(estate, alias, name, request.version, chart_map)
    if not path:
        source = _source(estate, releases)
        if source is None:
            raise UsageError(
                f"nothing here says where {releases[0].chart} {request.version} comes from",
                hint="unpack it, and name its folder or archive: --from PATH",
            )
        path = _fetched(replace(source, version=request.version, digest=""), request.scratch)
    _check(path, releases[0], request.version)
    return path


def _there(estate: Estate, alias: str, name: str, version: str, chart_map: Mapping[str, str]) -> str:
    """Where the version lies already: vendored, or below the folder that --chart-map names; empty where it does not."""
    mapped = absolute(chart_map[alias]) if alias in chart_map else ""
    homes = [mapped.rpartition("/")[0]] if mapped else [absolute(VENDOR_FOLDER, estate.root)]
    for home in homes:
        for entry in _recorded(home):
            if (entry.alias, entry.chart, entry.version) == (alias, name, version):
                return absolute(entry.path, home)
    places = (name, f"{name}-{version}.tgz", f"{name}-{version}", f"{name}/{version}") if mapped else ()
    return next((path for place in places if _is_version(path := absolute(place, mapped), version)), "")


def _recorded(home: str) -> tuple[VendoredChart, ...]:
    """The record of a folder; none where its charts.yaml is of another kind."""
    try:
        return read_record(home)
    except EstateError:
        return ()


def _is_version(path: str, version: str) -> bool:
    try:
        return str(chart_metadata(load_chart(path)).get("version", "")) == version
    except HelmError:
        return False


def _source(estate: Estate, releases: Sequence[Release]) -> ChartSource | None:
    """Where the releases' chart comes from; None where it is a folder, or mapped to one."""
    ids = {release.id for release in releases}
    chart = releases[0].chart.removeprefix("oci://")
    named = (s for s in estate.chart_sources if s.release in ids and _names(chart, f"{s.alias}/{s.name}"))
    return next(named, None)


def _names(chart: str, name: str) -> bool:
    """Whether a reference is to this chart, be it with a ``:tag`` or a ``@digest``."""
    return chart == name or chart.startswith((f"{name}:", f"{name}@"))


def _fetched(source: ChartSource, folder: str) -> str:
    """The chart fetched into a folder with a record.

    Raises:
        DifferenceError: it cannot be had.
    """
    (outcome,) = vendor_charts([source], folder)
    if outcome.entry is None or outcome.state not in (ChartState.FETCHED, ChartState.PRESENT):
        finding = outcome.finding
        message = finding.message if finding else f"{source.reference} cannot be fetched"
        raise DifferenceError(message, hint=finding.hint if finding else "unpack it, and name it: --from PATH")
    return absolute(outcome.entry.path, folder)


def old_chart(estate: Estate, release: Release, request: UpgradeRequest) -> str | None:
    """The chart as the release has it now: on this disk, else fetched for this comparison alone."""
    if release.chart_path is not None:
        return release.chart_path
    source = _source(estate, [release])
    return _fetched(source, request.scratch) if source is not None else None


def _check(path: str, release: Release, version: str) -> None:
    """Raises: UsageError: the path holds another chart, or another version."""
    try:
        metadata = chart_metadata(load_chart(path))
    except HelmError as error:
        raise UsageError(f"{path} holds no chart: {error.message}", hint="name its folder or archive") from error
    found = str(metadata.get("version", ""))
    if found != version:
        raise UsageError(f"{path} holds {metadata.get('name')} {found}, not {version}", hint="name the right one")


def keep_chart(estate: Estate, releases: Sequence[Release], request: UpgradeRequest) -> str:
    """Put the new chart beside the estate, as ``charts pull`` does, where it was fetched; its folder, else empty.

    Raises:
        DifferenceError: it cannot be had any more.
    """
    alias, _, name = releases[0].chart.removeprefix("oci://").partition("/")
    source = _source(estate, releases)
    if request.source or source is None or _there(estate, alias, name, request.version, {}):
        return ""
    return _fetched(replace(source, version=request.version, digest=""), absolute(VENDOR_FOLDER, estate.root))
