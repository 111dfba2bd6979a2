"""The estate against what Helm recorded of the cluster: a column beside the verdicts (decision 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.doors.release_records import Records
from migrate.emit.secrets import scan_text
from migrate.errors import UsageError
from migrate.model.deployed import DeployedRelease
from migrate.model.estate import Release
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.model.report import Report
from migrate.pipeline import Reading
from migrate.proof.shard import Shard
from migrate.proof.units import Side, unpacked
from migrate.render import render_recorded, settle_release
from migrate.verify import Recorded, assign_records, compare_deployed, without_record


def with_deployed(
    report: Report,
    reading: Reading,
    plan: Plan,
    records: Records,
    sides: Mapping[tuple[str, str], Side],
    shard: Shard,
) -> Report:
    """The report with the estate against Helm's records; they hold real secrets, and stay in this process.

    Raises:
        UsageError: there is no record of any environment that was read.
    """
    estate, whole = reading.estate, not reading.selectors
    recorded = assign_records(estate, plan, records.releases, records.faults, whole=whole)
    if records.releases and not recorded.environments:
        raise UsageError(
            f"--deployed has no record of {', '.join(estate.environments)}",
            hint="put the files of each environment into a folder with its name",
        )
    rows = [
        _deployed(reading, release, recorded, sides.get((release.environment, release.id)))
        for release in estate.releases
        if release.deployed and shard.holds(release.environment, release.id)
    ]
    rows += [row for row in recorded.apart if shard.holds(row.environment, row.id)]
    return replace(report, deployed=tuple(rows), findings=(*report.findings, *recorded.findings))


def _deployed(reading: Reading, release: Release, recorded: Recorded, side: Side | None) -> DeployedRelease:
    record = recorded.of.get((release.environment, release.id))
    if record is None:
        return without_record(release, recorded)
    scopes = reading.scopes.get(release.environment)
    left = unpacked(side.packed) if side else Rendered(error="it was not rendered")
    right = render_recorded(f"{record.manifest}\n---\n{record.hooks or ''}", record.where)
    left, right = (settle_release(rendered, release, scopes) for rendered in (left, right))
    return compare_deployed(release, record, left, right, lambda text: bool(scan_text(text)))
