"""``charts``: those of repositories and registries brought beside the estate, and the library chart for Jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from migrate.cli.options import Settings, common_options
from migrate.cli.work import exit_code, page, product, tell
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, read_text, write_texts
from migrate.emit.job_library import FILES as LIBRARY_FILES
from migrate.emit.job_library import NAME as JOB_LIBRARY
from migrate.errors import ExitCode, RefusedError
from migrate.model.charts import VENDOR_FOLDER
from migrate.model.json import SCHEMA_VERSION, JsonObject
from migrate.model.words import many
from migrate.read import read_estate
from migrate.read.vendoring import ChartOutcome, vendor_charts
from migrate.report.reading import charts_table
from migrate.report.shapes import finding_json


@click.group()
def charts() -> None:
    """Bring charts beside the estate: from repositories and registries, and the library chart for Jobs."""


@charts.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"Where they go. Default: {VENDOR_FOLDER} in the estate's root (its git work tree, else its folder), "
    "where every command finds them; for another place say --chart-map ALIAS=DIR/ALIAS.",
)
@click.option("--check", is_flag=True, help="Only say whether all are there and unchanged; no network.")
@click.option("--force", is_flag=True, help="Fetch again what was changed by hand.")
@common_options("table", "json")
def pull(settings: Settings, to: Path | None, check: bool, force: bool) -> int:
    """Fetch the charts that releases take from chart repositories and registries.

    Each is unpacked into DIR/<repository>/<chart>/<version>/ and written into DIR/charts.yaml with its digests.
    What is there and unchanged is not fetched again; commit the folder, and nothing needs a network any more.
    A login comes from the state file, from <NAME>_USERNAME and <NAME>_PASSWORD (--set-env, --allow-environment), or
    from helm's own registry login.

    \b
    Examples:
      migrate charts pull
      migrate charts pull helmfiles --set-env PRIVATE_USERNAME=ci --set-env PRIVATE_PASSWORD="$TOKEN"
      migrate charts pull --check
    """  # fmt: skip
    with settings.console.progress(f"reading {settings.request.path}", 0):
        estate = read_estate(replace(settings.request, helmfile_binary=None), with_values=False)
    folder = absolute(str(to)) if to else absolute(VENDOR_FOLDER, estate.root)
    names = {source.key for source in estate.chart_sources}
    with settings.console.progress("looking at charts" if check else "fetching charts", len(names)) as advance:
        outcomes = vendor_charts(estate.chart_sources, folder, check=check, force=force, advance=advance)
    findings = [outcome.finding for outcome in outcomes if outcome.finding]
    tell(settings.console, findings)
    if settings.output == "json":
        data: JsonObject = {
            "schemaVersion": SCHEMA_VERSION,
            "folder": estate_relative(folder, estate.root),
            "charts": [_outcome_json(outcome) for outcome in outcomes],
            "findings": [finding_json(finding) for finding in findings],
        }
        product(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        product(charts_table(outcomes_rows(outcomes), estate_relative(folder, estate.root), page(settings)))
    return exit_code(findings)


@charts.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"Its folder, named {JOB_LIBRARY}. Default: charts/library/{JOB_LIBRARY} in the estate.",
)
@click.option("--force", is_flag=True, help="Write over files that say something else.")
@common_options("table")
def library(settings: Settings, to: Path | None, force: bool) -> int:
    """Write the library chart for bootstrap Jobs, which charts of one's own depend on.

    A Job of it waits for what it needs, within limits, tries a few times, and runs once for each change of its spec.

    \b
    Examples:
      migrate charts library
      migrate charts library --to charts/bootstrap-job
    """  # fmt: skip
    folder = to or Path(settings.request.path) / "charts" / "library" / JOB_LIBRARY
    changed = [name for name in LIBRARY_FILES if is_file(folder / name) and not _says(folder, name)]
    if changed and not force:
        raise RefusedError(f"{folder} holds another {', '.join(changed)}", hint="give another --to, or say --force")
    write_texts(folder, LIBRARY_FILES)
    product(f"{folder}: {many(len(LIBRARY_FILES), 'file')}; README.md there says how a chart uses it\n")
    return int(ExitCode.DONE)


def _says(folder: Path, name: str) -> bool:
    return read_text(folder / name) == LIBRARY_FILES[name]


def estate_relative(folder: str, root: str) -> str:
    """The folder relative to the estate's root where it lies below it."""
    return folder.removeprefix(root.rstrip("/") + "/")


def outcomes_rows(outcomes: tuple[ChartOutcome, ...]) -> list[tuple[str, str, str, str]]:
    """Chart, what was asked, the version, the state: a row a chart."""
    return [
        (f"{o.source.alias}/{o.source.name}", o.source.asked, o.entry.version if o.entry else "", str(o.state))
        for o in outcomes
    ]


def _outcome_json(outcome: ChartOutcome) -> JsonObject:
    source, entry = outcome.source, outcome.entry
    return {
        "alias": source.alias,
        "chart": source.name,
        "repository": source.url,
        "asked": source.asked,
        "version": entry.version if entry else "",
        "path": entry.path if entry else "",
        "state": str(outcome.state),
    }
