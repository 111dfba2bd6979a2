"""``verify``: the proof."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import click

from migrate.cli.options import Settings, common_options
from migrate.cli.stages import planned_by_units, whole_estate
from migrate.cli.work import existing_folder, exit_code, page, product, tell, tell_helm
from migrate.doors.files import read_tree, store_verdicts
from migrate.doors.release_records import Records, read_release_records
from migrate.emit import secrets_in_releases
from migrate.errors import ExitCode, UsageError
from migrate.model.json import to_json
from migrate.model.report import Report, Verdict
from migrate.proof import Proof, ProofOptions, Shard
from migrate.report import report_json, report_markdown, report_text
from migrate.report.junit import report_junit
from migrate.verify import without_texts


@click.command()
@click.option("--shard", "shard", metavar="I/N", default=None, help="Only this part of the rows; N runs have them all.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first release that is different or unrendered.")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Render on the Dask cluster of this scheduler.")
@click.option("--cache", default="", metavar="DIR", help="Keep renders without secrets here from run to run (1 GiB).")
@click.option(
    "--deployed",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Compare the estate with Helm's records in DIR/ENVIRONMENT/, too.",
)
@click.option("--rollout", is_flag=True, help="Walk through the steps: what syncs together, and which edges hold.")
@common_options("table", "json", "junit", "markdown")
def verify(
    settings: Settings,
    shard: str | None,
    fail_fast: bool,
    scheduler: str,
    cache: str,
    deployed: Path | None,
    rollout: bool,
) -> int:
    """Prove that Argo CD would apply what Helmfile applied.

    Both sides are rendered: the helmfiles as Helmfile hands them to Helm, the tree's ApplicationSets expanded and
    rendered as Argo CD does. Each release is equal, explained (and by what), different, or unrendered (and why).

    --deployed compares the estate with what Helm recorded: <namespace>--<name>.yaml holds what `helm get manifest`
    prints, <namespace>--<name>.hooks.yaml `helm get hooks`; any other name what `kubectl get secret -l owner=helm
    -o yaml` prints. A release that drifted or is not deployed makes it exit 1: the first sync would change it.

    --rollout exits 1 where the order breaks an edge of the graph, or an Application is in no step.

    \b
    Examples:
      migrate verify helmfiles
      migrate verify helmfiles -e production --output json
      migrate verify -e production --deployed recorded
      migrate verify --rollout
      migrate verify --shard 2/4 --output junit > verify-2.xml      in CI
    """
    part = _shard(shard)
    if rollout and (part.of > 1 or fail_fast):
        raise UsageError("--rollout looks at the whole estate", hint="leave out --shard and --fail-fast")
    if rollout:
        whole_estate(settings, "a rollout")
    options = ProofOptions(settings.jobs, scheduler, part, fail_fast, cache, _records(deployed), rollout, settings.helm)
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    with Proof(options, settings.console) as proof:
        read, plan = planned_by_units(settings, proof, options.shard)
        report = proof.prove(read, plan, read_tree(folder), folder)
    secrets = {text for text, _ in read.estate.opened}
    if any(row.differences for row in report.releases) or any(row.differences for row in report.deployed):
        secrets |= secrets_in_releases(read.estate.root, read.estate.releases)
    report = without_texts(report, secrets)
    tell(settings.console, (*read.findings, *report.findings))
    tell_helm(settings)
    if not report.shard and not report.unjudged:
        # What is deployed and what rolls is no property of the tree, whose hash this is kept by.
        kept = to_json(replace(report, deployed=(), rollout=()))
        store_verdicts(Path(".migrate"), report.tree_hash, json.dumps(kept, indent=1, ensure_ascii=False))
    product(_report_in(settings, report, read.estate.environments))
    bad = any(row.verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED) for row in report.releases)
    bad = bad or any(row.bad for row in report.deployed) or not all(found.sound for found in report.rollout)
    return int(ExitCode.DIFFERENT if bad else exit_code((*read.findings, *report.findings)))


def _records(folder: Path | None) -> Records | None:
    """Helm's records below ``folder``.

    Raises:
        UsageError: there are none.
    """
    if folder is None:
        return None
    found = read_release_records(existing_folder(folder, "the folder of records", "see: migrate verify --help"))
    if not found.releases and not found.faults:
        raise UsageError(f"{folder} holds no record of a release", hint="see: migrate verify --help")
    return found


def _report_in(settings: Settings, report: Report, environments: tuple[str, ...]) -> str:
    match settings.output:
        case "json":
            return report_json(report)
        case "junit":
            return report_junit(report)
        case "markdown":
            return report_markdown(report, environments)
        case _:
            return report_text(report, environments, page(settings))


def _shard(text: str | None) -> Shard:
    found = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text or "1/1")
    if found is None or int(found[1]) > int(found[2]):
        raise UsageError(f"--shard {text}: a part of a whole is expected", hint="for example --shard 1/4")
    return Shard(int(found[1]), int(found[2]))
