"""``plan``: where everything goes, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from migrate import pipeline
from migrate.cli.options import Settings, common_options
from migrate.cli.stages import reading, require_answers, whole_estate
from migrate.cli.work import exit_code, over_environments, page, product, tell
from migrate.doors.files import read_text, write_text
from migrate.errors import ExitCode, UsageError
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.plan import Plan
from migrate.pipeline import Reading
from migrate.plan import check_plan, dump_plan, settle_findings
from migrate.report import plan_explained, plan_table


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; say whether the plan is complete and consistent.")
@click.option(
    "--explain",
    "explained",
    multiple=True,
    metavar="RELEASE",
    help="Show a release's proposals with all their evidence, and write nothing; repeatable, * stands for anything.",
)
@common_options("table", "json")
def plan(settings: Settings, check: bool, explained: tuple[str, ...]) -> int:
    """Propose what is open and write migration.yaml.

    Proposals are accepted: each is written with its reason, so that a person can read and change it there. The file
    is written also where findings are left to mend, since many are mended in it; the exit code is 1 then.

    \b
    Examples:
      migrate plan helmfiles
      migrate plan helmfiles --check --batch      in CI
      migrate plan helmfiles --explain redis --explain 'monitoring/*'
    """
    whole_estate(settings, "a plan")
    read, decided = reading(settings)
    proposed = pipeline.plan_releases(read, decided)
    read = replace(read, findings=settle_findings(read.findings, proposed, read.rendered))
    if explained:
        return _explain(settings, proposed, explained)
    findings = sort_findings((*read.findings, *check_plan(proposed, read.estate, read.graph)))
    before = read_text(settings.plan_file) if settings.plan_file.is_file() else None
    after = dump_plan(proposed, before)
    tell(settings.console, findings)
    _show(settings, read, proposed)
    if check:
        require_answers(proposed)
        return _checked(settings, findings, changed=after != before)
    settings.console.say(_write_plan(settings, before, after) + _left(findings))
    if settings.batch:
        require_answers(proposed)
    return exit_code(findings)


def _show(settings: Settings, read: Reading, proposed: Plan) -> None:
    if settings.output == "json":
        product(
            json.dumps(
                {"schemaVersion": SCHEMA_VERSION, **to_json(replace(proposed, removed=()))},
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        product(plan_table(proposed, read.graph, page(settings)))


def _explain(settings: Settings, proposed: Plan, wanted: tuple[str, ...]) -> int:
    text, unknown = plan_explained(proposed, wanted, page(settings))
    if unknown:
        raise UsageError(f"no release is called {', '.join(unknown)}", hint="migrate inspect lists them")
    product(text)
    return int(ExitCode.DONE)


def _checked(settings: Settings, findings: tuple[Finding, ...], *, changed: bool) -> int:
    if changed:
        settings.console.finding(
            Finding(
                "PL090",
                Severity.ERROR,
                f"{settings.plan_file} is not what the estate and its decisions give",
                "run: migrate plan, and commit the file",
            )
        )
        return int(ExitCode.DIFFERENT)
    return exit_code(findings)


def _write_plan(settings: Settings, before: str | None, after: str) -> str:
    if before == after:
        return f"{settings.plan_file}: every decision stands as it is"
    write_text(settings.plan_file, after)
    return f"{settings.plan_file}: {'written' if before is None else 'brought up to date'}"


def _left(findings: tuple[Finding, ...]) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in over_environments(findings))
    return f"; {errors} error{'' if errors == 1 else 's'} above to mend" if errors else ""
