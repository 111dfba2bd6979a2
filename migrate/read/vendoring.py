"""Charts from elsewhere brought beside the estate: what is there, what was changed, what must be fetched.

Only ``migrate charts pull`` calls it, on an Estate that was read; the record lets the next reading find the charts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from migrate.doors.estate_files import absolute
from migrate.doors.registry import ChartFetch, FetchedChart, FetchError
from migrate.doors.vendored import chart_place, files_digest, read_record, store_chart, tree_digest, write_record
from migrate.errors import EstateError
from migrate.model.charts import RECORD_FILE, ChartSource, VendoredChart
from migrate.model.finding import Finding, Severity


class ChartState(StrEnum):
    """How it stands with one chart."""

    PRESENT = "present"
    FETCHED = "fetched"
    MISSING = "missing"
    CHANGED = "changed"
    """It is there, and not as it was fetched."""
    FAILED = "failed"


@dataclass(frozen=True)
class ChartOutcome:
    """One chart that releases ask for, and what became of it."""

    source: ChartSource
    state: ChartState
    entry: VendoredChart | None = None
    finding: Finding | None = None


def vendor_charts(
    sources: Iterable[ChartSource],
    folder: str,
    *,
    check: bool = False,
    force: bool = False,
    advance: Callable[[str], None] | None = None,
) -> tuple[ChartOutcome, ...]:
    """Bring every chart into ``folder`` and its record; what is there and unchanged is not fetched, and not written.

    ``check`` only looks; ``force`` fetches a changed chart again, in the version of the record. A fault of one
    chart is its finding, the others go on. The record is written after each chart, so that a run can be stopped.

    Raises:
        EstateError: the record cannot be read.
        UsageError: the folder cannot be written.
    """
    record = {entry.key: entry for entry in read_record(folder)}
    outcomes = []
    with ChartFetch() as fetching:
        for asked in _by_key(sources):
            source = asked[0]
            outcome = _conflict(asked) or _as_recorded(source, record.get(source.key), folder)
            if outcome.state in (ChartState.MISSING, *([ChartState.CHANGED] if force else [])) and not check:
                outcome = _fetch(fetching, source, outcome.entry, record, folder, force=force)
                if outcome.entry is not None:
                    record[source.key] = outcome.entry
                    write_record(folder, record.values())
            outcomes.append(outcome)
            if advance:
                advance(source.reference)
    return tuple(outcomes)


def _by_key(sources: Iterable[ChartSource]) -> list[list[ChartSource]]:
    found: dict[tuple[str, str, str], list[ChartSource]] = {}
    for source in sorted(sources, key=lambda s: (s.key, s.source)):
        found.setdefault(source.key, []).append(source)
    return list(found.values())


def _conflict(asked: list[ChartSource]) -> ChartOutcome | None:
    """One name for two repositories, or for none: nobody knows which is meant."""
    source = asked[0]
    other = next((s for s in asked if s.url != source.url), None)
    if other is not None:
        said = f"{source.alias} is {source.url or 'not declared'} at {source.source} and {other.url or 'not declared'}"
        return _failed(source, f"{said} at {other.source}", "give one of the two repositories another name")
    if not source.url:
        said = f"the repository {source.alias} is not declared in the state file of {source.release}"
        return _failed(source, said, "list it there with its url: what a machine's own helm knows is not looked up")
    return None


def _failed(source: ChartSource, message: str, hint: str) -> ChartOutcome:
    finding = Finding("CV003", Severity.ERROR, message, hint, source.source, source.release)
    return ChartOutcome(source, ChartState.FAILED, finding=finding)


def _as_recorded(source: ChartSource, entry: VendoredChart | None, folder: str) -> ChartOutcome:
    if entry is not None and entry.repository == source.url:
        digest = tree_digest(absolute(entry.path, folder))
        if digest == entry.tree:
            return ChartOutcome(source, ChartState.PRESENT, entry)
        if digest:
            message = f"the vendored chart {source.reference} is not as it was fetched: {absolute(entry.path, folder)}"
            hint = "restore it from git, or fetch it again: migrate charts pull --force"
            finding = Finding("CV002", Severity.ERROR, message, hint, source.source, source.release)
            return ChartOutcome(source, ChartState.CHANGED, entry, finding)
    else:
        entry = None
    message = f"the chart {source.reference} of {source.release} is not vendored"
    finding = Finding("CV001", Severity.ERROR, message, "run: migrate charts pull", source.source, source.release)
    return ChartOutcome(source, ChartState.MISSING, entry, finding)


def _fetch(
    fetching: ChartFetch,
    source: ChartSource,
    entry: VendoredChart | None,
    record: dict[tuple[str, str, str], VendoredChart],
    folder: str,
    *,
    force: bool,
) -> ChartOutcome:
    """The chart fetched and stored: in the record's version where there is one, else in the one that is asked for."""
    try:
        fetched = fetching.fetch(source, entry.version if entry else source.version)
        place = chart_place(source.alias, source.name, fetched.version)
    except FetchError as error:
        message = f"the chart {source.reference} of {source.release} cannot be fetched: {error}"
        return _failed(source, message, f"see {source.url}, or unpack it by hand: --chart-map {source.alias}=DIR")
    except EstateError as error:
        return _failed(source, error.message, error.hint)
    if entry is not None and entry.archive != fetched.archive:
        message = f"{source.url} gives another archive for {source.reference} than the one in {RECORD_FILE}"
        return _failed(source, message, "ask who published it; to take the new one, remove its entry from the record")
    done = VendoredChart(
        *(source.alias, source.name, source.url, source.asked, fetched.version, fetched.archive),
        tree=files_digest(fetched.files),
        path=place,
    )
    target = absolute(place, folder)
    there = tree_digest(target)
    ours = {other.tree for other in record.values() if other.path == place}
    if there not in ("", done.tree, *ours) and not force:
        message = f"{target} holds other files than the chart {source.reference}"
        return _failed(source, message, "move them away, or replace them: migrate charts pull --force")
    if there != done.tree:
        store_chart(target, fetched.files)
    return ChartOutcome(source, ChartState.FETCHED, done, _unchecked(source, fetched))


def _unchecked(source: ChartSource, fetched: FetchedChart) -> Finding | None:
    if fetched.checked:
        return None
    message = f"the index of {source.url} has no digest of {source.name} {fetched.version} to hold the archive against"
    return Finding("CV004", Severity.WARNING, message, "look at the chart before you use it", source.source)
