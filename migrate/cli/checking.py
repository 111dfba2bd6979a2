"""``verify`` and ``lint``: the proof, and the rules that a tree must keep."""

from __future__ import annotations

import json
from pathlib import Path

import click

from migrate import pipeline
from migrate.cli.decisions import decided_plan
from migrate.cli.options import Settings, common_options
from migrate.cli.stages import planned
from migrate.cli.work import existing_folder, exit_code, over_environments, page, product, tell
from migrate.doors.files import read_tree, store_verdicts
from migrate.errors import ExitCode
from migrate.expand import expand_tree
from migrate.lint import inventory, inventory_markdown, lint_tree
from migrate.model.json import to_json
from migrate.model.report import Verdict
from migrate.report import findings_text, lint_json, report_json, report_text


@click.command()
@common_options("table", "json")
def verify(settings: Settings) -> int:
    """Prove that Argo CD would apply what Helmfile applied.

    Both sides are rendered: the helmfiles as Helmfile hands them to Helm, the tree's ApplicationSets expanded and
    rendered as Argo CD does. Each release is equal, explained (and by what), different, or unrendered (and why).

    \b
    Examples:
      migrate verify helmfiles
      migrate verify helmfiles -e production --output json
    """
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    read, plan = planned(settings)
    tree = read_tree(folder)
    report, _, _ = pipeline.prove(read, plan, tree, folder, console=settings.console, jobs=settings.jobs)
    tell(settings.console, (*read.findings, *report.findings))
    store_verdicts(Path(".migrate"), report.tree_hash, json.dumps(to_json(report), indent=1, ensure_ascii=False))
    if settings.output == "json":
        product(report_json(report))
    else:
        product(report_text(report, read.estate.environments, page(settings)))
    bad = any(row.verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED) for row in report.releases)
    return int(ExitCode.DIFFERENT if bad else exit_code((*read.findings, *report.findings)))


@click.command()
@click.argument("tree_folder", required=False, metavar="[OUT]", type=click.Path(path_type=Path))
@click.option("--inventory", "inventory_format", type=click.Choice(["markdown", "json"]), help="The phase inventory.")
@common_options("table", "json", estate="option")
def lint(settings: Settings, tree_folder: Path | None, inventory_format: str | None) -> int:
    """Check the tree OUT against the rules.

    \b
    Examples:
      migrate lint out
      migrate lint out --inventory markdown > INVENTORY.md
    """
    folder = existing_folder(tree_folder or settings.out, "the tree", "write it with: migrate convert")
    tree = read_tree(folder)
    expansion = expand_tree(tree, settings.request.environments)
    if inventory_format:
        found = inventory(tree, expansion)
        product(inventory_markdown(found) if inventory_format == "markdown" else json.dumps(found, indent=2) + "\n")
        return int(ExitCode.DONE)
    plan = decided_plan(settings)
    rendered = pipeline.render_applications(
        expansion,
        folder,
        clusters={cluster.name: cluster for cluster in plan.environments} if plan else {},
        plan=plan,
        scopes={},
        console=settings.console,
        jobs=settings.jobs,
    )
    findings = lint_tree(tree, expansion, rendered)
    if settings.output == "json":
        product(lint_json(findings))
    else:
        tell(settings.console, findings)
        product(f"{folder}: {len(tree.files)} files, {findings_text(over_environments(findings)) or 'no finding'}\n")
    return exit_code(findings)
