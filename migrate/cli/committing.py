"""``commit`` and ``status``: branches to review, and the checklist of the migration."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from migrate.cli.decisions import decided_plan, journal_file
from migrate.cli.options import Settings, common_options
from migrate.cli.verdicts import stored_report
from migrate.cli.work import existing_folder, page, product
from migrate.commit import Evidence, commit_layers, layer_status, plan_branches, push_branches
from migrate.doors.files import read_tree
from migrate.doors.git import branches_of
from migrate.doors.live_applications import synced_applications
from migrate.errors import ExitCode, UsageError
from migrate.model.plan import Plan
from migrate.model.report import Report
from migrate.model.tree import FileTree, tree_hash
from migrate.plan import keep_removed, split_definitions
from migrate.read import read_estate
from migrate.report import folded, status_json, status_markdown, status_table


@click.command()
@click.option("--repo", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The target repository.")
@click.option("--base", default=None, metavar="BRANCH", help="Default: the branch that is checked out.")
@click.option("--independent", is_flag=True, help="Each branch from the skeleton, instead of one on the other.")
@click.option("--dry-run", is_flag=True, help="Show the branches; make none.")
@click.option("--push", default=None, metavar="REMOTE", help="Push the branches there, all or none.")
@common_options("table", "json")
def commit(settings: Settings, repo: Path, base: str | None, independent: bool, dry_run: bool, push: str | None) -> int:
    """Commit the tree to --repo, one branch a layer.

    A skeleton branch comes first, then one branch a layer, each a reviewable diff.

    The work tree, the index and the stash of the repository are left as they are, and its hooks run. Run again, it
    makes no new commit; where the base moved, the branches are put on it. Nothing is pushed without --push.

    \b
    Examples:
      migrate commit helmfiles --repo ../gitops --dry-run
      migrate commit helmfiles --repo ../gitops
    """
    tree, plan, report = _converted(settings)
    changes = plan_branches(tree, plan, report=report, stacked=not independent)
    outcome = commit_layers(repo, changes, base=base, dry_run=dry_run)
    if push and not dry_run:
        push_branches(repo, push, outcome)
    if settings.output == "json":
        product(
            json.dumps(
                {"schemaVersion": 1, "branches": [branch.as_json() for branch in outcome]}, indent=2, ensure_ascii=False
            )
        )
    else:
        text = "".join(f"{branch.as_text()}\n" for branch in outcome)
        product(folded(text, page(settings).width) if sys.stdout.isatty() else text)
    return int(ExitCode.DONE)


@click.command()
@click.option("--repo", type=click.Path(path_type=Path), default=None, metavar="DIR", help="The target repository.")
@click.option(
    "--applications",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="ENVIRONMENT.json each: `kubectl -n argocd get applications -o json`; says what is adopted.",
)
@common_options("table", "json", "markdown")
def status(settings: Settings, repo: Path | None, applications: Path | None) -> int:
    """Show the checklist, layer by layer.

    What is planned, converted, verified, committed, fenced, removed and adopted.

    It is computed from what is there: the plan, the tree, the stored verdicts, the branches (--repo), the fences in
    the helmfiles, and the Applications that somebody exported (--applications). No cluster is asked.

    \b
    Examples:
      migrate status helmfiles --repo ../gitops
      migrate status --output markdown > STATUS.md
    """
    plan = decided_plan(settings)
    if journal_file(settings.plan_file).is_file():
        settings.console.say("a cutover was killed half-way: run it again, and it finishes what it began")
    there = read_estate(settings.request, with_values=False)
    tree = read_tree(settings.out) if settings.out.is_dir() else None
    evidence = Evidence(
        split_definitions(keep_removed(there, plan, settings.request), plan),
        there.releases,
        plan,
        tree,
        stored_report(tree_hash(tree)) if tree else None,
        branches_of(repo) if repo else (),
        synced_applications(applications) if applications else None,
    )
    layers = layer_status(evidence)
    # Names of state files and facts about them: there is nothing to mask, and the patterns take long to load.
    match settings.output:
        case "json":
            product(status_json(layers), asked=True)
        case "markdown":
            product(status_markdown(layers), asked=True)
        case _:
            product(status_table(layers, page(settings)), asked=True)
    return int(ExitCode.DONE)


def _converted(settings: Settings) -> tuple[FileTree, Plan, Report | None]:
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    plan = decided_plan(settings)
    if plan is None:
        raise UsageError(f"{settings.plan_file} is not there", hint="write it with: migrate plan")
    tree = read_tree(folder)
    return tree, plan, stored_report(tree_hash(tree))
