"""``graph``, ``plan`` and ``wizard``: what depends on what, and where everything goes."""

from __future__ import annotations

import json
import os
import sys

import click

from migrate import pipeline
from migrate.cli.options import Settings, common_options
from migrate.cli.stages import planned, reading, require_answers, whole_estate
from migrate.cli.work import exit_code, page, product, tell
from migrate.doors.files import read_text, write_text
from migrate.errors import AnswersMissingError, ExitCode
from migrate.graph import graph_text
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.model.json import SCHEMA_VERSION, to_json
from migrate.model.plan import Plan
from migrate.plan import check_plan, dump_plan
from migrate.report import folded, graph_json, plan_table
from migrate.wizard import Asker, NumberedAsker, is_settled, run_wizard, terminal_asker


@click.command()
@common_options("table", "json", "dot", "mermaid", "svg")
def graph(settings: Settings) -> int:
    """Show what must come before what, and the evidence.

    \b
    Examples:
      migrate graph helmfiles
      migrate graph --output svg > graph.svg
      migrate graph -e production --output json | jq '.edges[] | select(.kind == "crd")'
    """
    read, _ = reading(settings)
    tell(settings.console, read.findings)
    if settings.output == "json":
        product(graph_json(read.graph))
    else:
        text = graph_text(read.graph, settings.output)
        # A drawing, a log and a pipe get every line whole; a person at a terminal gets them folded between words.
        product(folded(text, page(settings).width) if settings.output == "table" and sys.stdout.isatty() else text)
    return exit_code(read.findings)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; say whether the plan is complete and consistent.")
@common_options("table", "json")
def plan(settings: Settings, check: bool) -> int:
    """Propose what is open and write migration.yaml.

    Proposals are accepted: each is written with its reason, so that a person can read and change it there.

    \b
    Examples:
      migrate plan helmfiles
      migrate plan helmfiles --check --batch      in CI
    """
    whole_estate(settings, "a plan")
    read, proposed = planned(settings)
    findings = sort_findings((*read.findings, *check_plan(proposed, read.estate, read.graph)))
    before = read_text(settings.plan_file) if settings.plan_file.is_file() else None
    after = dump_plan(proposed, before)
    tell(settings.console, findings)
    if settings.output == "json":
        product(json.dumps({"schemaVersion": SCHEMA_VERSION, **to_json(proposed)}, indent=2, ensure_ascii=False))
    else:
        product(plan_table(proposed, read.graph, page(settings)))
    if check:
        return _checked(settings, findings, changed=after != before)
    if exit_code(findings) == ExitCode.DONE:
        settings.console.say(_write_plan(settings, before, after))
    return exit_code(findings)


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


@click.command()
@common_options("table")
def wizard(settings: Settings) -> int:
    """Ask a person, layer by layer; every answer is saved.

    Start it again to go on where you stopped. Ctrl-C loses nothing.
    """
    whole_estate(settings, "a plan")
    read, decided = reading(settings)
    tell(settings.console, [f for f in read.findings if f.severity is Severity.ERROR])
    proposed = pipeline.plan_releases(read, decided)
    if settings.batch or not (sys.stdin.isatty() and sys.stdout.isatty()):
        require_answers(proposed)
        raise AnswersMissingError(
            "the wizard needs a terminal, and --batch or a pipe is none",
            hint="run: migrate plan (it accepts every proposal), or start the wizard in a terminal",
        )

    def save(current: Plan) -> None:
        before = read_text(settings.plan_file) if settings.plan_file.is_file() else None
        write_text(settings.plan_file, dump_plan(current, before))

    def propose(current: Plan) -> Plan:
        return pipeline.plan_releases(read, current)

    moves = os.environ.get("TERM") != "dumb"
    asker: Asker = terminal_asker(color=settings.color) if moves else NumberedAsker(sys.stdin, sys.stdout)
    try:
        answered = run_wizard(proposed, read.graph, asker, save, propose)
    except KeyboardInterrupt:
        settings.console.say(f"stopped; what you answered is in {settings.plan_file}. Go on with: migrate wizard")
        return int(ExitCode.INTERRUPTED)
    left = sum(not is_settled(release) for release in answered.releases)
    rest = f" (it takes {left} releases as proposed), or go on with: migrate wizard" if left else ""
    settings.console.say(f"saved in {settings.plan_file}; next: migrate convert{rest}")
    return int(ExitCode.DONE)
