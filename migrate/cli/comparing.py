"""``diff`` and ``upgrade``: what a change of the tree, or of a chart's version, does to what is applied."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from migrate.cli.decisions import decided_plan
from migrate.cli.options import Settings, common_options
from migrate.cli.work import existing_folder, page, product, tell
from migrate.doors.git import open_repository
from migrate.doors.revisions import export_tree, files_of, read_revisions, tree_place
from migrate.errors import ExitCode, UsageError
from migrate.model.estate import Estate
from migrate.model.finding import Severity
from migrate.model.plan import PlannedEnvironment
from migrate.model.tree_diff import TreeDiff
from migrate.model.upgrade import Upgrade
from migrate.pipeline import known_clusters
from migrate.proof.new_chart import UpgradeRequest, keep_chart
from migrate.proof.tree_side import check_sides, read_side
from migrate.proof.trees import DiffOptions, compare_trees
from migrate.proof.upgrade import try_upgrade, using, write_versions
from migrate.read import read_estate
from migrate.report.diff import diff_json, diff_text, upgrade_json, version_text
from migrate.report.diff_markdown import diff_markdown


@click.command()
@click.argument("what", nargs=-1, metavar="A B | A..B [-- PATH]")
@click.option("--repo", type=click.Path(path_type=Path), metavar="DIR", help="The git repository of the revisions.")
@click.option("--application", "names", multiple=True, metavar="NAME", help="Only this Application; repeatable.")
@click.option("--cache", default="", metavar="DIR", help="Keep renders without secrets here from run to run (1 GiB).")
@common_options("table", "json", "markdown", estate="option")
def diff(settings: Settings, what: tuple[str, ...], repo: Path | None, names: tuple[str, ...], cache: str) -> int:
    """Show what changes, rendered, between two trees.

    A and B are folders. With --repo they are two revisions of a repository, as git writes them: A..B, A...B (what B
    changed since it left A), A.. (up to HEAD), or A alone (up to the files on the disk). PATH is the tree's folder in
    it; it is found where there is only one. Nothing is checked out.

    Both sides are rendered as Argo CD does, and compared Application by Application: same, noise only, changed,
    added, removed, or unrendered (and why). Noise is what a chart's upgrade changes everywhere, such as the label
    with its version; it is named and counted. Dangerous changes stand at the top: what holds data and is removed,
    fields that cannot be changed, versions of a CRD that go, what is scaled to 0, phases that break the order.

    Exits 0 where nothing changes, 1 where something does, be it noise (it is applied, and may restart pods), 3 where a
    side cannot be read. What a chart draws anew in each render counts for no change.

    \b
    Examples:
      migrate diff out ../other/out
      migrate diff --repo . main...HEAD
      migrate diff --repo ../gitops v1.2.0..v1.3.0 -e production
      migrate diff --repo . origin/main...HEAD --output markdown > comment.md
    """  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="migrate-diff-") as scratch:
        sides = _revisions(repo, what, Path(scratch)) if repo else _folders(what)
        difference = _compared(settings, sides, names, cache)
    tell(settings.console, difference.findings)
    product(_in_form(settings, difference))
    bad = difference.changes or any(finding.severity is Severity.ERROR for finding in difference.findings)
    return int(ExitCode.DIFFERENT if bad else ExitCode.DONE)


Sides = tuple[tuple[str, Path], tuple[str, Path]]
"""Name and folder of either side."""


def _folders(what: tuple[str, ...]) -> Sides:
    if len(what) != 2:
        hint = "for example: migrate diff old/out out; two revisions: migrate diff --repo DIR A..B"
        raise UsageError("two trees are needed", hint=hint)
    hint = "name a tree that `migrate convert` wrote; revisions need --repo"
    first, second = ((name, existing_folder(Path(name), "the tree", hint)) for name in what)
    return first, second


def _revisions(repo: Path, what: tuple[str, ...], scratch: Path) -> Sides:
    """Both sides as folders below ``scratch``; the second may be the one on the disk."""
    if len(what) not in (1, 2):
        raise UsageError("one range of revisions is needed", hint="for example: migrate diff --repo . main...HEAD")
    repository = open_repository(repo)
    revisions = read_revisions(repository, what[0])
    commits = [commit for commit in (revisions.before, revisions.after) if commit]
    entries = {commit: files_of(repository, commit) for commit in commits}
    place = what[1].strip("/").removeprefix("./") if len(what) == 2 else tree_place(entries)
    place = "" if place == "." else place
    found = []
    for number, commit in enumerate(commits):
        folder = scratch / str(number)
        export_tree(repository, entries[commit], place, folder)
        found.append((f"{commit[:12]}:{place}" if place else commit[:12], folder))
    if revisions.after is None:
        here = Path(repository.folder) / place
        found.append((str(here), existing_folder(here, "the tree", "it is in the revision alone: name two, A..B")))
    return found[0], found[1]


def _compared(settings: Settings, sides: Sides, names: tuple[str, ...], cache: str) -> TreeDiff:
    plan = decided_plan(settings)
    version = settings.argocd_version_in(plan)
    environments = tuple(settings.request.environments)
    with settings.console.progress("reading both trees", 0):
        before, after = (read_side(name, folder, environments, version) for name, folder in sides)
    check_sides(before, after, environments)
    given = settings.clusters()
    planned = {cluster.name: cluster for cluster in plan.environments} if plan else {}
    there = dict.fromkeys((*before.environments, *after.environments))
    clusters = {name: given.get(name) or planned.get(name) or PlannedEnvironment(name) for name in there}
    options = DiffOptions(settings.jobs, cache, version, clusters, settings.helm, frozenset(names))
    difference = compare_trees(before, after, options, settings.console)
    missing = sorted(set(names) - {row.name for row in difference.applications})
    if missing:
        raise UsageError(f"neither side has an Application {', '.join(missing)}", hint="see: migrate expand")
    return difference


def _in_form(settings: Settings, difference: TreeDiff) -> str:
    """The diff as --output asks."""
    match settings.output:
        case "json":
            return diff_json(difference)
        case "markdown":
            return diff_markdown(difference)
        case _:
            return diff_text(difference, page(settings))


@click.command()
@click.argument("chart")
@click.argument("version")
@click.option("--from", "source", default="", metavar="PATH", help="The new chart's folder or archive on this disk.")
@click.option("--write", is_flag=True, help="Write the version into the helmfiles, if all renders.")
@common_options("table", "json", "markdown", estate="option")
def upgrade(settings: Settings, chart: str, version: str, source: str, write: bool) -> int:
    """Try VERSION of CHART on the releases that use it: render old and new, show what changes.

    CHART is the chart as the helmfiles name it (alias/name, or a path), or a release's name or id. The new one is
    taken from --from, the vendored charts or --chart-map; else it is fetched as `migrate charts pull` does, the only
    case that needs a network. Beside the diff it tells values that the new chart no longer knows, values that it now
    requires, and new CRDs.

    Nothing is written without --write, which changes the text of the version and not a byte beside it, where it is
    plain text in a helmfile, or in the one values file that a template takes it from; what it cannot change it names.
    The edited estate is read again: if anything but these versions changed, all goes back. A fetched chart is put
    beside the estate.

    Exits 0 where nothing changes or all was written, 1 where something changes, does not render, or is left to you.

    \b
    Examples:
      migrate upgrade jetstack/cert-manager v1.16.2
      migrate upgrade vault/vault 0.29.1 --from ./vault-0.29.1.tgz -e production
      migrate upgrade jetstack/cert-manager v1.16.2 --write
    """  # fmt: skip
    with settings.console.progress(f"reading {settings.request.path}", 0):
        estate = read_estate(settings.request)
    environments = known_clusters(estate, decided_plan(settings), settings.clusters())
    with tempfile.TemporaryDirectory(prefix="migrate-upgrade-") as scratch:
        request = UpgradeRequest(chart, version, source, scratch)
        chart_map = settings.request.chart_map
        found = try_upgrade(estate, request, environments, settings.console, chart_map, settings.helm)
    tell(settings.console, found.findings)
    written = write and _written(settings, estate, request, found)
    match settings.output:
        case "json":
            product(upgrade_json(found, written=written))
        case "markdown":
            product(diff_markdown(found.difference))
        case _:
            product(
                f"{diff_text(found.difference, page(settings))}\n{version_text(found, page(settings), written=written)}"
            )
    open_ends = found.broken or found.by_hand
    return int(ExitCode.DIFFERENT if open_ends or (found.difference.changes and not written) else ExitCode.DONE)


def _written(settings: Settings, estate: Estate, request: UpgradeRequest, found: Upgrade) -> bool:
    """Whether lines were written; nothing is where a release would no longer render."""
    if found.broken:
        settings.console.say(f"nothing is written: {', '.join(found.broken)} would not render")
        return False
    if not found.lines:
        return False
    # All of it is read anew, so that no release that was not tried takes the version along unseen.
    whole = replace(settings.request, environments=(), selectors=())
    tried = {(release.environment, release.id) for release in using(estate, request.chart)}
    write_versions(read_estate(whole), whole, found, request.version, tried)
    kept = keep_chart(estate, using(estate, request.chart), request)
    if kept:
        settings.console.say(f"the new chart is in {kept}: commit it, too")
    if request.source:
        settings.console.say(f"now put {request.source} where the helmfiles look for the chart")
    return True
