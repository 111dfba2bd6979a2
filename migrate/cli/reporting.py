"""``report``: the proof with all that stands around it, as one page to read, keep and hand on."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli.options import Settings, common_options
from migrate.cli.stages import planned_by_units, whole_estate
from migrate.cli.work import existing_folder, exit_code, over_environments, product, tell_helm
from migrate.doors.files import read_tree, write_text
from migrate.doors.git import branches_of
from migrate.doors.live_applications import synced_applications
from migrate.doors.secret_shapes import shown
from migrate.emit import secrets_in_releases
from migrate.errors import ExitCode, UsageError
from migrate.model.page import ReportPage, SourceLinks, links_into
from migrate.model.plan import Plan
from migrate.model.report import Verdict
from migrate.plan import DEFAULT_REPO_URL
from migrate.proof import Proof, ProofOptions
from migrate.proof.page import PageSources, gather_page
from migrate.read import read_estate
from migrate.report.html import report_html
from migrate.report.page_markdown import page_markdown
from migrate.verify import without_texts


@click.command()
@click.option(
    "--file", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write it here; default: print it."
)
@click.option(
    "--repo", type=click.Path(path_type=Path), metavar="DIR", help="The target repository, for the checklist."
)
@click.option(
    "--source-url", default="", metavar="URL", help="Where lines can be read: an address with {file}, {line}."
)
@click.option(
    "--applications", type=click.Path(path_type=Path), metavar="DIR", help="What is adopted, as for `migrate status`."
)
@click.option("--cache", default="", metavar="DIR", help="Keep renders without secrets here from run to run (1 GiB).")
@common_options("html", "markdown")
def report(
    settings: Settings, file: Path | None, repo: Path | None, source_url: str, applications: Path | None, cache: str
) -> int:
    """Write the proof as one HTML page, or as markdown.

    The page has everything in it and loads nothing: verdicts, the rollout ladder, the graph, both sides of what is
    explained or different, every key and what became of it, findings, and the checklist. It reads without a script,
    which only searches and folds, on a phone, by keyboard and screen reader, in the dark and on paper. The same estate
    gives the same bytes. No secret is in it.

    Places lead to lines of the repository that migration.yaml names, if a person named one and its host is known; where
    the helmfiles lie in another, give --source-url.

    Exits as verify does: 1 where a release is different or unrendered.

    \b
    Examples:
      migrate report helmfiles --file report.html
      migrate report --repo ../gitops --file report.html
      migrate report --source-url 'https://git.example.com/team/estate/blob/main/{file}#L{line}' --file report.html
      migrate report --output markdown > report.md
    """
    whole_estate(settings, "a report")
    links = _links(source_url)
    folder = existing_folder(settings.out, "the tree", "write it with: migrate convert")
    tree = read_tree(folder)
    with Proof(ProofOptions(settings.jobs, cache=cache, helm=settings.helm), settings.console) as proof:
        read, plan = planned_by_units(settings, proof, ProofOptions().shard)
        proven = proof.prove(read, plan, tree, folder)
    secrets = {text for text, _ in read.estate.opened}
    secrets |= secrets_in_releases(read.estate.root, read.estate.releases)
    proven = without_texts(proven, secrets)
    findings = (*read.findings, *proven.findings)
    sources = PageSources(
        tree=tree,
        folder=folder,
        there=read_estate(settings.request, with_values=False).releases,
        branches=branches_of(repo) if repo else (),
        synced=synced_applications(applications) if applications else None,
        findings=tuple(over_environments(findings)),
        links=links or _links_of(plan),
        secrets=secrets,
        helm=settings.helm,
    )
    page = gather_page(read, plan, proven, sources, settings.console)
    tell_helm(settings)
    _give(settings, page, file)
    bad = any(row.verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED) for row in proven.releases)
    return int(ExitCode.DIFFERENT if bad else exit_code(findings))


def _give(settings: Settings, page: ReportPage, file: Path | None) -> None:
    if settings.output == "markdown":
        if file is None:
            product(page_markdown(page))
        else:
            write_text(file, shown(page_markdown(page)))
    elif file is None:
        # Every text in it is masked where it becomes markup; the hash of its script must not be.
        product(report_html(page), asked=True)
    else:
        write_text(file, report_html(page))
    if file is not None:
        settings.console.say(f"wrote {file}")


def _links(template: str) -> SourceLinks | None:
    """What --source-url gives.

    Raises:
        UsageError: no file can be named with it, or a browser would run it.
    """
    if not template:
        return None
    if not template.startswith(("https://", "http://")) or "{file}" not in template:
        hint = "for example --source-url 'https://git.example.com/team/estate/blob/main/{file}#L{line}'"
        raise UsageError(f"--source-url {template}: a web address with {{file}} in it is expected", hint=hint)
    return SourceLinks(template)


def _links_of(plan: Plan) -> SourceLinks:
    return SourceLinks() if plan.repo_url == DEFAULT_REPO_URL else links_into(plan.repo_url, plan.revision)
