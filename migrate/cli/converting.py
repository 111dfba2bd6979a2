"""``convert`` and ``expand``: the tree, and the Applications that it becomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from migrate import pipeline
from migrate.cli.options import Settings, common_options
from migrate.cli.reading import repositories_by_url
from migrate.cli.stages import planned, whole_estate
from migrate.cli.work import existing_folder, exit_code, page, product, stop_on_errors, tell
from migrate.doors.files import compare_tree, read_text, read_tree, read_yaml_documents, write_tree
from migrate.doors.secret_scan import masked
from migrate.emit import ledger_json, ledger_markdown
from migrate.errors import EstateError, ExitCode, RefusedError, UsageError
from migrate.expand import Cluster, expand_appset, expand_tree, load_appset, read_clusters, tree_environments
from migrate.model.application import Expansion
from migrate.model.finding import sort_findings
from migrate.model.json import JsonObject
from migrate.model.tree import FileTree
from migrate.plan import check_plan, lost_order
from migrate.report import conversion_text, expansion_json, expansion_table


@click.command()
@click.option(
    "--layout",
    type=click.Choice(["environments", "shared", "kustomize", "plugin"]),
    default=None,
    help="What the tree looks like (docs/how-to/layouts.md).",
)
@click.option("--appsets", type=click.Choice(["single", "per-project"]), default=None)
@click.option(
    "--steps", type=click.Choice(["phase", "tier", "wave"]), default=None, help="RollingSync selects by this."
)
@click.option(
    "--handover", type=click.Choice(["manual", "done"]), default=None, help="manual: nothing syncs by itself."
)
@click.option("--repo-url", default=None, metavar="URL", help="The repository that Argo CD will read.")
@click.option("--revision", default=None, metavar="REV", help="Branch or tag that Argo CD will read.")
@click.option(
    "--accept-lost-order", is_flag=True, help="Go on although the layout, or --appsets per-project, loses order."
)
@click.option(
    "--ledger",
    type=click.Choice(["json", "markdown"]),
    default=None,
    help="Print what became of every key of every release.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if writing would change something.")
@common_options("table")
def convert(
    settings: Settings,
    layout: str | None,
    appsets: str | None,
    steps: str | None,
    handover: str | None,
    repo_url: str | None,
    revision: str | None,
    accept_lost_order: bool,
    ledger: str | None,
    check: bool,
) -> int:
    """Write the tree of ApplicationSets, values and charts.

    A run that is killed leaves the old tree or the new one; a file that migrate did not write is never overwritten.

    \b
    Examples:
      migrate convert helmfiles
      migrate convert helmfiles --repo-url https://git.example.com/platform/gitops.git --handover manual
      migrate convert helmfiles --check --batch      in CI
      migrate convert helmfiles --check --ledger markdown > ledger.md
    """
    whole_estate(settings, "a conversion")
    read, plan = planned(settings)
    plan = replace(
        plan,
        layout=layout or plan.layout,
        appsets=appsets or plan.appsets,
        steps=steps or plan.steps,
        handover=handover or plan.handover,
        repo_url=repo_url or plan.repo_url,
        revision=revision or plan.revision,
    )
    tree = pipeline.build_tree(read, plan, console=settings.console, helm=settings.helm)
    lost = lost_order(plan, read.graph, accepted=accept_lost_order)
    findings = sort_findings((*read.findings, *check_plan(plan, read.estate, read.graph), *lost, *tree.findings))
    tell(settings.console, findings)
    stop_on_errors(findings, "the conversion")
    if settings.request.environments:
        refuse_to_drop(settings.out, tree, read.estate.environments)
    changes = compare_tree(settings.out, tree) if check else write_tree(settings.out, tree)
    done = conversion_text(len(tree.files), changes.counts(), str(settings.out), check=check)
    if ledger:
        settings.console.say(done.rstrip())
        done = ledger_json(tree.ledger) if ledger == "json" else ledger_markdown(tree.ledger)
    product(done)
    return int(ExitCode.DIFFERENT if check and any(changes.counts().values()) else ExitCode.DONE)


def refuse_to_drop(folder: Path, tree: FileTree, environments: tuple[str, ...]) -> None:
    """A conversion of some environments must not take the others out of the tree.

    Raises:
        RefusedError: the tree holds environments that were not asked for.
    """
    there = tree_environments(read_tree(folder)) if folder.is_dir() else ()
    lost = [environment for environment in there if environment not in environments]
    if lost:
        raise RefusedError(
            f"{folder} holds {', '.join(lost)} too, and converting only {', '.join(environments)} would remove them",
            hint="leave out --environment, or give another folder with --out",
        )


@click.command()
@click.argument("tree_folder", required=False, metavar="[OUT]", type=click.Path(path_type=Path))
@click.option("--appset", type=click.Path(path_type=Path), metavar="FILE", help="Any ApplicationSet instead.")
@click.option("--repo", "repos", multiple=True, metavar="[URL=]DIR", help="Where a repository URL lies on disk.")
@click.option("--clusters", type=click.Path(path_type=Path), metavar="FILE", help="Clusters that Argo CD knows.")
@click.option("--projects", metavar="NAME,…", help="AppProjects that exist beside default; any if not given.")
@click.option("--new-git-file-globbing", is_flag=True, help="As the controller's flag of that name.")
@common_options("table", "json", estate="option")
def expand(
    settings: Settings,
    tree_folder: Path | None,
    appset: Path | None,
    repos: tuple[str, ...],
    clusters: Path | None,
    projects: str | None,
    new_git_file_globbing: bool,
) -> int:
    """Show the Applications that the tree OUT becomes.

    \b
    Examples:
      migrate expand out -e production
      migrate expand --appset appset.yaml --repo . --output json
    """
    if appset:
        expansion = _expand_one(appset, repos, clusters, projects, new_git_file_globbing=new_git_file_globbing)
    else:
        if repos or projects is not None:
            raise UsageError("--repo and --projects belong to --appset", hint="a tree holds its own projects and files")
        folder = existing_folder(tree_folder or settings.out, "the tree", "write it with: migrate convert")
        tree = read_tree(folder)
        known = tree_environments(tree)
        for unknown in sorted(set(settings.request.environments) - set(known)):
            raise EstateError(f"{folder} has no environment {unknown}", hint=f"it has {', '.join(known) or 'none'}")
        expansion = expand_tree(
            tree,
            settings.request.environments,
            clusters=_clusters(clusters),
            new_git_file_globbing=new_git_file_globbing,
        )
    if settings.output == "json":
        expansion = replace(
            expansion,
            applications=tuple(replace(a, manifest=_masked(a.manifest)) for a in expansion.applications),
        )
    product(expansion_json(expansion) if settings.output == "json" else expansion_table(expansion, page(settings)))
    return int(ExitCode.DIFFERENT if expansion.errors else exit_code(()))


def _masked(manifest: JsonObject) -> JsonObject:
    """An Application as it may be shown: a secret in its parameters is not what was asked for (decision 25)."""
    found = masked("", manifest, by_name=False)
    return found if isinstance(found, dict) else {}


def _expand_one(
    appset: Path, repos: tuple[str, ...], clusters: Path | None, projects: str | None, *, new_git_file_globbing: bool
) -> Expansion:
    try:
        document = load_appset(read_text(appset))
    except ValueError as error:
        raise UsageError(f"{appset}: {error}", hint="give a file that holds one ApplicationSet") from error
    return expand_appset(
        document,
        {
            url: read_tree(existing_folder(Path(folder), f"the content of {url},", "give its folder: --repo URL=DIR"))
            for url, folder in repositories_by_url(repos, document).items()
        },
        clusters=_clusters(clusters) or (),
        projects=frozenset(projects.split(",")) if projects is not None else None,
        new_git_file_globbing=new_git_file_globbing,
    )


def _clusters(file: Path | None) -> tuple[Cluster, ...] | None:
    if file is None:
        return None
    try:
        return read_clusters(next(iter(read_yaml_documents(file)), None))
    except ValueError as error:
        raise UsageError(f"{file}: {error}", hint="write [{name: …, server: …, labels: {…}}]") from error
