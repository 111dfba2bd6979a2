"""``commit`` and ``status``: branches to review, and the checklist of the migration."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from migrate.cli.decisions import decided_plan
from migrate.cli.options import Settings, common_options
from migrate.cli.work import existing_folder, page, product
from migrate.commit import commit_layers, layer_status, plan_branches
from migrate.doors.files import load_verdicts, read_tree
from migrate.doors.git import branches_of
from migrate.errors import ExitCode, UsageError
from migrate.model.json import from_json
from migrate.model.plan import Plan
from migrate.model.report import Report
from migrate.model.tree import FileTree
from migrate.pipeline import tree_hash
from migrate.read import read_estate
from migrate.report import folded, status_json, status_table


@click.command()
@click.option("--repo", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The target repository.")
@click.option("--base", default=None, metavar="BRANCH", help="Default: the branch that is checked out.")
@click.option("--independent", is_flag=True, help="Each branch from the skeleton, instead of one on the other.")
@click.option("--dry-run", is_flag=True, help="Show the branches; make none.")
@common_options("table", "json")
def commit(settings: Settings, repo: Path, base: str | None, independent: bool, dry_run: bool) -> int:
    """Commit the tree to --repo, one branch a layer.

    A skeleton branch comes first, then one branch a layer, each a reviewable diff.

    The work tree, the index and the stash of the repository are left as they are; nothing is pushed.

    \b
    Examples:
      migrate commit helmfiles --repo ../gitops --dry-run
      migrate commit helmfiles --repo ../gitops
    """
    tree, plan, report = _converted(settings)
    changes = plan_branches(tree, plan, report=report, stacked=not independent)
    outcome = commit_layers(repo, changes, base=base, dry_run=dry_run)
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
@common_options("table", "json")
def status(settings: Settings, repo: Path | None) -> int:
    """Show the checklist, layer by layer.

    What is planned, converted, verified, committed, fenced and removed.

    It is computed from what is there: the plan, the tree, the stored verdicts and the branches.

    \b
    Example:
      migrate status helmfiles --repo ../gitops
    """
    estate = read_estate(settings.request)
    plan = decided_plan(settings)
    tree = read_tree(settings.out) if settings.out.is_dir() else None
    report = _stored_report(settings, tree_hash(tree)) if tree else None
    branches = branches_of(repo) if repo else ()
    layers = layer_status(estate, plan, tree, report, branches)
    product(status_json(layers) if settings.output == "json" else status_table(layers, page(settings)))
    return int(ExitCode.DONE)


def _converted(settings: Settings) -> tuple[FileTree, Plan, Report | None]:
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    plan = decided_plan(settings)
    if plan is None:
        raise UsageError(f"{settings.plan_file} is not there", hint="write it with: migrate plan")
    tree = read_tree(folder)
    return tree, plan, _stored_report(settings, tree_hash(tree))


def _stored_report(settings: Settings, digest: str) -> Report | None:
    text = load_verdicts(Path(".migrate"), digest)
    try:
        return from_json(Report, json.loads(text)) if text else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # another version wrote it, or it is damaged: as if nobody had verified
