"""``lint``: the rules that a tree of Argo CD must keep, whoever wrote it."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import click

from migrate import __version__, pipeline
from migrate.cli.decisions import decided_plan
from migrate.cli.fixing import difference, fixed_files, write_fixes
from migrate.cli.foreign import read_foreign
from migrate.cli.options import Settings, common_options
from migrate.cli.work import existing_folder, exit_code, over_environments, page, product, tell
from migrate.console import Console
from migrate.doors.any_tree import AnyTree, read_any_tree, repository_above
from migrate.doors.files import read_text
from migrate.doors.helm_binary import HelmBinary
from migrate.errors import ExitCode, UsageError
from migrate.expand import expand_tree
from migrate.lint import (
    IGNORE_FILE,
    Ignore,
    Left,
    Rule,
    all_rules,
    apply_ignores,
    check_known,
    find_documents,
    ignore_of,
    ignores_in,
    inventory,
    inventory_markdown,
    lint_tree,
    rule_texts,
)
from migrate.model.application import Expansion
from migrate.model.finding import Finding
from migrate.model.linted import Linted
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.model.words import many
from migrate.report.linting import lint_json, lint_markdown, lint_sarif, lint_sentence, lint_table


@dataclass(frozen=True)
class LintOptions:
    """How a tree is linted."""

    environments: tuple[str, ...] = ()
    plan: Plan | None = None
    argocd_version: str = "3.3"
    render: bool = True
    jobs: int = 1
    helm: HelmBinary | None = None
    rules: tuple[Rule, ...] | None = None


@click.command()
@click.argument("tree_folder", required=False, metavar="[TREE]", type=click.Path(path_type=Path))
@click.option("--rule", "chosen", multiple=True, metavar="ID", help="Only this rule, or all that begin so; repeatable.")
@click.option(
    "--ignore", "ignored", multiple=True, metavar="ID[:PATH]=REASON", help="Count it, and no more; repeatable."
)
@click.option("--fix", is_flag=True, help="Mend what can be mended safely: spans of lines, and nothing else.")
@click.option("--check", is_flag=True, help="With --fix: write nothing, print what would change.")
@click.option("--force", is_flag=True, help="With --fix: also where git could not bring the files back.")
@click.option("--no-render", is_flag=True, help="Look at the files alone: seconds for a thousand components.")
@click.option("--inventory", "inventory_format", type=click.Choice(["markdown", "json"]), help="The phase inventory.")
@common_options("table", "json", "sarif", "markdown", estate="option")
def lint(
    settings: Settings,
    tree_folder: Path | None,
    chosen: tuple[str, ...],
    ignored: tuple[str, ...],
    fix: bool,
    check: bool,
    force: bool,
    no_render: bool,
    inventory_format: str | None,
) -> int:
    """Check a tree against the rules: one that convert wrote, or any other of Argo CD.

    A rule's id, its reason and an example stand in docs/reference/lint.md. What a person ignores is counted and shown;
    the tree keeps it in .migrate-lint.yaml, in its own folder or above it up to the root of the repository:

    \b
      ignore:
        - {rule: L53, path: "clusters/**", reason: one team runs this cluster}

    \b
    Examples:
      migrate lint out
      migrate lint out --inventory markdown > INVENTORY.md
      migrate lint ../gitops --no-render --output sarif > lint.sarif
      migrate lint out --rule L28 --fix --check
    """
    folder = existing_folder(tree_folder or settings.out, "the tree", "write it with: migrate convert")
    if (check or force) and not fix:
        raise UsageError("--check and --force go with --fix", hint="add --fix, or leave them out")
    read = read_any_tree(folder)
    if inventory_format:
        steps = inventory(read.tree, expand_tree(read.tree, settings.request.environments))
        product(inventory_markdown(steps) if inventory_format == "markdown" else json.dumps(steps, indent=2) + "\n")
        return int(ExitCode.DONE)
    rules = _chosen(chosen)
    ignores = (*(ignore_of(option) for option in ignored), *_kept_ignores(folder))
    check_known(ignores, (rule.id for rule in all_rules()))
    plan = decided_plan(settings)
    options = LintOptions(
        settings.request.environments,
        plan,
        settings.argocd_version_in(plan),
        not no_render,
        settings.jobs,
        settings.helm,
        rules,
    )
    findings, apart = apply_ignores(
        lint_folder(folder, read, options, settings.console), ignores, (rule.id for rule in rules)
    )
    if fix:
        changed, places = fixed_files(read.tree, options.environments, rules, apart)
        told = f"{many(places, 'place')} in {many(len(changed), 'file')}"
        if check:
            product(difference(read.tree, changed) or "nothing to fix\n")
            return int(ExitCode.DIFFERENT if changed else ExitCode.DONE)
        write_fixes(folder, read.tree, changed, force=force)
        settings.console.say(f"fixed: {told}" if changed else "nothing to fix")
        read = read_any_tree(folder)
        findings, apart = apply_ignores(
            lint_folder(folder, read, options, settings.console), ignores, (rule.id for rule in rules)
        )
    linted = Linted(str(folder), len(read.tree.files), findings, apart, rule_texts(rules))
    if settings.quiet and settings.output == "table":
        tell(settings.console, findings)
    product(_told(linted, settings))
    return exit_code(findings)


def _told(linted: Linted, settings: Settings) -> str:
    match settings.output:
        case "json":
            return lint_json(linted)
        case "sarif":
            return lint_sarif(linted, __version__)
        case "markdown":
            return lint_markdown(_joined(linted))
        case _ if settings.quiet:
            return lint_sentence(_joined(linted)) + "\n"
        case _:
            return lint_table(_joined(linted), page(settings))


def _joined(linted: Linted) -> Linted:
    return replace(linted, findings=tuple(over_environments(linted.findings)))


def _chosen(ids: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules to run: all, or those whose id begins with one of ``ids``.

    Raises:
        UsageError: no rule does.
    """
    wanted = [name.upper() for name in ids]
    for name in wanted:
        if not any(rule.id.startswith(name) for rule in all_rules()):
            raise UsageError(f"--rule {name}: there is no such rule", hint="docs/reference/lint.md lists them")
    return tuple(rule for rule in all_rules() if not wanted or rule.id.startswith(tuple(wanted)))


def _kept_ignores(folder: Path) -> tuple[Ignore, ...]:
    """The ignores that the tree keeps: in its folder, else in the nearest one above it up to the repository's root."""
    start, root = folder.resolve(), repository_above(folder)
    for place in (start, *start.parents):
        file = place / IGNORE_FILE
        if file.is_file() and not file.is_symlink():
            return ignores_in(read_text(file), IGNORE_FILE)
        if root is None or place == root:
            return ()
    return ()


def lint_folder(folder: Path, read: AnyTree, options: LintOptions, console: Console) -> tuple[Finding, ...]:
    """What the rules find in a folder; nothing is fetched, and nothing is written."""
    documents = find_documents(read.tree)
    left: tuple[Left, ...] = ()
    rendered: dict[tuple[str, str], Rendered] | None = None
    if documents.own:
        expansion = expand_tree(read.tree, options.environments)
        if options.render:
            rendered = _rendered(expansion, folder=folder, options=options, console=console)
    else:
        render = functools.partial(_rendered, folder=folder, options=options, console=console)
        foreign = read_foreign(read.tree, documents, render if options.render else None, options.argocd_version)
        documents, expansion, rendered, left = foreign.documents, foreign.expansion, foreign.rendered, foreign.left
    assumed = {one.name: one.api_versions for one in options.plan.environments} if options.plan else {}
    return lint_tree(
        read.tree,
        expansion,
        rendered,
        api_versions=assumed,
        argocd_version=options.argocd_version,
        documents=documents,
        left=left,
        unread=read.unread,
        rules=options.rules,
    )


def _rendered(
    expansion: Expansion, *, folder: Path, options: LintOptions, console: Console
) -> dict[tuple[str, str], Rendered]:
    plan = options.plan
    return pipeline.render_applications(
        expansion,
        folder,
        clusters={cluster.name: cluster for cluster in plan.environments} if plan else {},
        plan=plan,
        scopes={},
        console=console,
        jobs=options.jobs,
        helm=options.helm,
    )
