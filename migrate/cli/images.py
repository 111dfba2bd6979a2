"""``images pull``: what registries say of the images that a tree renders, kept in a file that lint reads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from migrate import pipeline
from migrate.cli.decisions import decided_plan
from migrate.cli.options import Settings, common_options
from migrate.cli.work import existing_folder, exit_code, page, product, tell
from migrate.doors.files import is_file, read_text, read_tree, write_text
from migrate.doors.image_registry import ImageRegistries, registry_logins
from migrate.doors.registry import FetchError
from migrate.doors.yaml import YamlError, dump_yaml, load_yaml
from migrate.errors import UsageError
from migrate.expand import expand_tree
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.image_facts import TABLE_FILE, ImageFacts, Table, table_from, table_json
from migrate.model.images import ImageReference, image_places, parse_image
from migrate.model.json import SCHEMA_VERSION, JsonObject
from migrate.report.reading import images_table
from migrate.report.shapes import finding_json

_HEAD = (
    "# What registries say of images. migrate images pull adds what is missing; a person may write what they know.\n"
)
_MOST_AT_ONCE = 8


@dataclass(frozen=True)
class _Outcome:
    """One image, what is known of it, and what became of the asking."""

    image: ImageReference
    state: str
    facts: ImageFacts | None = None
    reason: str = ""


@click.group()
def images() -> None:
    """Learn from registries what the images of a tree are there for."""


@images.command()
@click.argument("tree_folder", required=False, metavar="[OUT]", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path), metavar="FILE", help=f"The table. Default: {TABLE_FILE} beside the plan."
)
@click.option("--login", type=click.Path(path_type=Path), metavar="FILE", help="A config.json of docker or helm.")
@click.option("--check", is_flag=True, help="Only say which images the table does not know; no network.")
@click.option("--force", is_flag=True, help="Ask for images that the table knows, too.")
@common_options("table", "json", estate="option")
def pull(
    settings: Settings, tree_folder: Path | None, to: Path | None, login: Path | None, check: bool, force: bool
) -> int:
    """Ask registries for which architectures the images of the tree OUT are there.

    Only manifests are read, no image is pulled. What they say is added to images.yaml beside migration.yaml; commit
    it: convert copies it into the tree, and lint says which images a cluster of another architecture cannot run.
    A proxy is taken from --set-env HTTPS_PROXY=…, a login from FILE.

    \b
    Examples:
      migrate images pull
      migrate images pull out -e edge --login ~/.docker/config.json
      migrate images pull --check                                     in CI
    """  # fmt: skip
    folder = existing_folder(tree_folder or settings.out, "the tree", "write it with: migrate convert")
    file = to or settings.plan_file.parent / TABLE_FILE
    table = _table(file)
    found = _images_of(settings, folder)
    open_ = [image for image in found if force or str(image) not in table]
    if check:
        asked = [_Outcome(image, "unknown") for image in open_]
    else:
        registries = ImageRegistries(_logins(login), _proxies(settings))
        with settings.console.progress("asking registries", len(open_)) as advance:
            asked = []
            with ThreadPoolExecutor(max(1, min(settings.jobs, _MOST_AT_ONCE))) as pool:
                for outcome in pool.map(lambda image: _ask(registries, image), open_):
                    asked.append(outcome)
                    advance()
    learnt = {str(outcome.image): outcome.facts for outcome in asked if outcome.facts}
    if learnt:
        write_text(file, _written(read_text(file) if is_file(file) else "", table, learnt))
    outcomes = [*(_Outcome(i, "known", table[str(i)]) for i in found if i not in open_), *asked]
    outcomes.sort(key=lambda outcome: str(outcome.image))
    findings = [_finding(outcome, file) for outcome in outcomes if outcome.state in ("unknown", "failed")]
    tell(settings.console, findings)
    product(_shown(settings, outcomes, findings, file))
    return exit_code(findings)


def _images_of(settings: Settings, folder: Path) -> list[ImageReference]:
    """Every image that the tree's Applications render, once, by name."""
    plan = decided_plan(settings)
    rendered = pipeline.render_applications(
        expand_tree(read_tree(folder), settings.request.environments),
        folder,
        clusters={cluster.name: cluster for cluster in plan.environments} if plan else {},
        plan=plan,
        scopes={},
        console=settings.console,
        jobs=settings.jobs,
        helm=settings.helm,
    )
    texts = {place.image for side in rendered.values() for m in side.manifests for place in image_places(m.document)}
    parsed = (parse_image(text) for text in texts)
    return sorted({str(image): image for image in parsed if image}.values(), key=str)


def _ask(registries: ImageRegistries, image: ImageReference) -> _Outcome:
    try:
        return _Outcome(image, "fetched", registries.facts(image))
    except FetchError as error:
        return _Outcome(image, "failed", reason=str(error))


def _table(file: Path) -> Table:
    try:
        return table_from(load_yaml(read_text(file))) if is_file(file) else {}
    except YamlError as error:
        raise UsageError(f"{file} is no YAML: {error}", hint="mend it, or take it away") from error


def _written(text: str, table: Table, learnt: Table) -> str:
    """The file with what was learnt: added at its end, so that a person's comments stay, or else written anew."""
    added = f"{text.rstrip()}\n{dump_yaml(table_json(learnt)).partition(chr(10))[2]}"
    try:
        if text and table_from(load_yaml(added)) == {**table, **learnt}:
            return added
    except YamlError:
        pass
    return _HEAD + dump_yaml(table_json({**table, **learnt}))


def _logins(file: Path | None) -> dict[str, tuple[str, str]]:
    if file is None:
        return {}
    try:
        return registry_logins(read_text(file))
    except ValueError:
        raise UsageError(f"{file} is no config.json of docker or helm", hint="docker login writes one") from None


def _proxies(settings: Settings) -> dict[str, str]:
    given = settings.request.set_env
    named = ((scheme, f"{scheme}_proxy") for scheme in ("http", "https"))
    found = {scheme: given.get(name.upper()) or given.get(name) or "" for scheme, name in named}
    return {scheme: proxy for scheme, proxy in found.items() if proxy}


def _finding(outcome: _Outcome, file: Path) -> Finding:
    if outcome.state == "unknown":
        text, hint = f"the table does not know {outcome.image}", "run: migrate images pull"
    else:
        text = f"{outcome.image}: {outcome.reason}"
        hint = f"mend it and run again, or write into {file} what you know: architectures: [amd64]"
    return Finding("IM001", Severity.ERROR, text, hint, SourceLocation(str(file)))


def _shown(settings: Settings, outcomes: list[_Outcome], findings: list[Finding], file: Path) -> str:
    if settings.output == "json":
        data: JsonObject = {
            "schemaVersion": SCHEMA_VERSION,
            "file": str(file),
            "images": [
                {
                    "image": str(outcome.image),
                    "state": outcome.state,
                    "architectures": [*outcome.facts.architectures] if outcome.facts else [],
                    "digest": outcome.facts.digest if outcome.facts else "",
                }
                for outcome in outcomes
            ],
            "findings": [finding_json(finding) for finding in findings],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)
    rows = [(str(o.image), ", ".join(o.facts.architectures) if o.facts else "", o.state) for o in outcomes]
    return images_table(rows, str(file), page(settings))
