"""Where a release's chart lies on this disk, and which version the lock file holds (rules 13.1, 13.5)."""

from __future__ import annotations

import re
from typing import Any

from migrate.doors.estate_files import absolute, working_directory
from migrate.doors.template import version_satisfies
from migrate.errors import EstateError
from migrate.model.charts import ChartSource
from migrate.model.finding import Severity
from migrate.read.chart_sources import mapped_folder, vendored_folder
from migrate.read.environment import parse_mapping
from migrate.read.schema import Section
from migrate.read.session import Session
from migrate.read.state import State


def is_local(chart: str) -> bool:
    """Whether helmfile takes the text for a path rather than ``repository/chart``."""
    if chart.startswith(("./", "../")):
        return True
    if "://" in chart:
        return False
    return chart == "" or chart.startswith("/") or not 2 <= len(chart.split("/")) <= 3


def chart_folder(
    session: Session, chart: str, base: str, *, single: bool, origin: ChartSource | None = None
) -> str | None:
    """Absolute path of the chart's folder or archive, or None where it is not on this disk.

    A mapped folder wins over the record of vendored charts; ``origin`` is what the record is asked for.
    """
    if is_local(chart):
        path = absolute(chart, base)
        return path if session.files.exists(path) else None
    if "://" not in chart:
        beside = absolute(chart, base if single else working_directory())
        if session.files.is_dir(beside):
            return beside
    alias, _, rest = chart.removeprefix("oci://").partition("/")
    folder = session.request.chart_map.get(alias)
    if folder is None:
        if origin is not None:
            session.chart_sources.append(origin)
        return vendored_folder(session, origin)
    mapped = absolute(folder)
    path = absolute(rest.partition("@")[0], mapped)
    return mapped_folder(session, origin, mapped) or (path if session.files.exists(path) else None)


def tell_missing_chart(session: Session, release: Section, identity: str, *, deployed: bool) -> None:
    """Note that a chart is not there; an error only where the release is deployed."""
    severity = Severity.ERROR if deployed else Severity.WARNING
    chart = release["chart"]
    if is_local(chart):
        session.tell(
            "HF050",
            severity,
            f"the chart {chart} of {identity} is not there",
            hint="mend the path, or put the chart there",
            source=release.at("chart"),
            release=identity,
        )
        return
    alias = chart.removeprefix("oci://").partition("/")[0]
    session.tell(
        "HF051",
        severity,
        f"the chart {chart} of {identity} is not on this disk",
        hint=f"fetch it with `migrate charts pull`, or unpack it and say where: --chart-map {alias}=DIR",
        source=release.at("chart"),
        release=identity,
    )


def tell_outside_chart(session: Session, release: Section, identity: str, folder: str) -> None:
    """Note that a chart lies where nothing may be read."""
    session.tell(
        "HF052",
        Severity.ERROR,
        f"the chart {release['chart']} of {identity} lies outside the estate's root",
        hint=f"allow the folder: --allow-path {folder.rpartition('/')[0]}",
        source=release.at("chart"),
        release=identity,
    )


def locked_versions(session: Session, state: State) -> list[dict[str, Any]] | None:
    """The entries of the state file's lock file; None where there is none.

    Raises:
        EstateError: the lock file is no YAML mapping.
    """
    name = re.sub(r"\.gotmpl$", "", state.path.rpartition("/")[2])
    default = re.sub(r"\.ya?ml$", "", name) + ".lock"
    path = absolute(state.spec.get("lockFilePath") or default, state.base)
    if not session.files.is_file(path):
        return None
    entries = parse_mapping(session, path, session.read(path)).get("dependencies") or []
    return [entry for entry in entries if isinstance(entry, dict)]


def lock_version(release: Section, locked: list[dict[str, Any]], spec: Section) -> None:
    """Replace the version of a chart from a declared repository by the locked one.

    Raises:
        EstateError: no entry of the lock file satisfies the release.
    """
    alias, slash, chart = release["chart"].partition("/")
    declared = {repository.get("name") for repository in spec.get("repositories", [])}
    if is_local(release["chart"]) or not slash or alias not in declared:
        return
    wanted = release.get("version", "") or "*"
    for entry in locked:
        version = str(entry.get("version", ""))
        if entry.get("name") in (chart, chart.rpartition("/")[2]) and version_satisfies(wanted, version):
            release["version"] = version
            return
    raise EstateError(
        f"the lock file has no version of {chart} that satisfies {wanted!r}",
        hint="run `helmfile deps` again",
        source=release.at("chart"),
    )
