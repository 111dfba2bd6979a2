"""``inspect``, ``values`` and ``render``: the estate as Helmfile sees it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from migrate.cli.decisions import decided_plan
from migrate.cli.options import Settings, common_options
from migrate.cli.work import exit_code, page, product, tell, tell_helm
from migrate.doors.files import read_yaml_documents, write_texts
from migrate.doors.helm import HelmError
from migrate.doors.yaml import dump_yaml
from migrate.errors import DifferenceError, EstateError, ExitCode, UsageError
from migrate.model.estate import Estate, Release
from migrate.model.json import SCHEMA_VERSION, JsonObject, JsonValue
from migrate.model.manifest import Rendered
from migrate.model.plan import PlannedEnvironment
from migrate.read import read_estate
from migrate.read.compare import compare_with_helmfile
from migrate.render import (
    RenderCache,
    broken_render,
    fold_values,
    release_values,
    render_release,
    render_repository,
    render_targets,
)
from migrate.report import estate_json, estate_table
from migrate.report.reading import comparison_table


@click.command()
@click.option(
    "--compare-with-helmfile",
    "compare",
    is_flag=True,
    help="Read the estate with the real helmfile, too (--helmfile-binary, else the one on PATH), and show "
    "where the two differ; needs --allow-exec.",
)
@common_options("table", "json")
def inspect(settings: Settings, compare: bool) -> int:
    """Show the releases as Helmfile sees them, per environment.

    \b
    Examples:
      migrate inspect
      migrate inspect helmfiles -e production -l layer=40-data-plane
      migrate inspect --output json | jq '.releases[].name'
      migrate inspect --compare-with-helmfile --allow-exec
    """  # fmt: skip
    if compare:
        return _compare(settings)
    with settings.console.progress(f"reading {settings.request.path}", 0):
        estate = read_estate(settings.request)
    tell(settings.console, estate.findings)
    if settings.output == "json":
        product(estate_json(estate, estate.findings))
    else:
        product(estate_table(estate, page(settings)))
    return exit_code(estate.findings)


def _compare(settings: Settings) -> int:
    """Both readers, side by side; 1 where they differ."""
    request = replace(settings.request, helmfile_binary=settings.request.helmfile_binary or "helmfile")
    with settings.console.progress(f"reading {request.path} twice", 0):
        found = compare_with_helmfile(request)
    counts = {name: getattr(found, name) for name in ("environments", "releases", "values", "refused")}
    if settings.output == "json":
        data = {
            "schemaVersion": SCHEMA_VERSION,
            "differences": [vars(difference) for difference in found.differences],
            "unknown": [vars(unknown) for unknown in found.unknown],
            "compared": counts,
        }
        product(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        sides = [(d.environment, d.id, d.field, _told(d.ours), _told(d.helmfile)) for d in found.differences]
        unknown = [(u.environment, u.id, u.field, u.reason) for u in found.unknown]
        product(comparison_table(sides, unknown, counts, page(settings)))
    return int(ExitCode.DIFFERENT if found.differences else ExitCode.DONE)


def _told(value: JsonValue) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@click.command()
@click.argument("release")
@common_options("yaml", "json", estate="option")
def values(settings: Settings, release: str) -> int:
    """Print the merged values that Helm gets for RELEASE.

    RELEASE is namespace/name, or the name where it is the only one.

    \b
    Examples:
      migrate values data/clickhouse -e production
      migrate values grafana -e dev --output json
    """
    with settings.console.progress(f"reading {settings.request.path}", 0):
        estate = read_estate(settings.request)
    found = _find(estate, release)
    ids = {r.id for r in found}
    tell(settings.console, [f for f in estate.findings if f.release in ids or not f.release])
    merged = {r.environment: _merged(estate, r) for r in found}
    content = next(iter(merged.values())) if len(merged) == 1 else merged
    text = json.dumps(content, indent=2, ensure_ascii=False) if settings.output == "json" else dump_yaml(content)
    product(text, asked=True)
    return 0


def _merged(estate: Estate, release: Release) -> JsonObject:
    if release.unread:
        raise EstateError(
            f"the values of {release.id} in {release.environment} cannot be read",
            hint="see: migrate inspect",
            source=release.source,
        )
    values = release_values(estate, release, secrets=True)
    try:
        return fold_values(values.texts, values.names, values.sets)
    except HelmError as error:
        message = f"the values of {release.id} in {release.environment} do not merge: {error.message}"
        raise EstateError(message, hint="mend that file; Helm would refuse it too", source=release.source) from error


def _find(estate: Estate, wanted: str) -> list[Release]:
    found = [r for r in estate.releases if wanted in (r.id, r.name, f"{r.namespace}/{r.name}")]
    if not found:
        near = difflib.get_close_matches(wanted, [*estate.by_id(), *{r.name for r in estate.releases}], 1)
        meant = f"did you mean {near[0]}?" if near else "see: migrate inspect"
        raise UsageError(f"no release is called {wanted}", hint=meant)
    if len({r.id for r in found}) > 1:
        raise UsageError(
            f"{wanted} could be any of {', '.join(sorted({r.id for r in found}))}", hint="name it with its namespace"
        )
    return found


@click.command()
@click.option("--output-dir", type=click.Path(path_type=Path), metavar="DIR", help="A file a release below DIR.")
@click.option("--application", type=click.Path(path_type=Path), metavar="FILE", help="Any one Application instead.")
@click.option("--repo", "repos", multiple=True, metavar="[URL=]DIR", help="Where a repository URL lies on disk.")
@click.option("--targets", is_flag=True, help="With --application: what the controller wants, not the repo-server.")
@common_options("yaml", "json")
def render(
    settings: Settings, output_dir: Path | None, application: Path | None, repos: tuple[str, ...], targets: bool
) -> int:
    """Render as Helmfile does, or one Application as Argo CD.

    \b
    Examples:
      migrate render helmfiles -e dev --output-dir /tmp/manifests
      migrate render --application app.yaml --repo https://git.example.com/gitops.git=.
    """
    if application:
        return _render_application(settings, application, repos, targets=targets)
    with settings.console.progress(f"reading {settings.request.path}", 0):
        estate = read_estate(settings.request)
    errors = list(estate.findings)
    plan = decided_plan(settings)
    clusters = {cluster.name: cluster for cluster in plan.environments} if plan else {}
    deployed = [release for release in estate.releases if release.deployed]
    done: list[tuple[Release, Rendered]] = []
    cache = RenderCache(helm=settings.helm)
    with settings.console.progress("rendering as Helmfile does", len(deployed)) as advance:
        for release in deployed:
            cluster = clusters.get(release.environment, PlannedEnvironment(release.environment))
            rendered = render_release(
                estate,
                release,
                kube_version=settings.kube_version or release.kube_version or cluster.kube_version,
                api_versions=settings.api_versions or release.api_versions or cluster.api_versions,
                secrets=True,
                cache=cache,
            )
            broken = broken_render(release, rendered)
            if broken:
                errors.append(broken)
            else:
                done.append((release, rendered))
            advance(release.id)
    tell(settings.console, errors)
    tell_helm(settings)
    if output_dir:
        texts = {f"{r.environment}/{r.namespace}--{r.name}.yaml": _documents(rendered) for r, rendered in done}
        write_texts(output_dir, texts)
        settings.console.say(f"{len(texts)} files in {output_dir}")
    elif settings.output == "json":
        product(_json("releases", [_rendered_json(release, rendered) for release, rendered in done]), asked=True)
    else:
        product("".join(_documents(rendered) for _, rendered in done), asked=True)
    return exit_code(errors)


def _documents(rendered: Rendered) -> str:
    return "".join(f"---\n{manifest.text.strip()}\n" for manifest in rendered.manifests)


def _rendered_json(release: Release, rendered: Rendered) -> JsonObject:
    objects: list[JsonValue] = [manifest.document for manifest in rendered.manifests]
    return {"environment": release.environment, "id": release.id, "manifests": objects}


def _json(key: str, items: list[JsonObject]) -> str:
    return json.dumps({"schemaVersion": SCHEMA_VERSION, key: items}, indent=2, ensure_ascii=False)


def _render_application(settings: Settings, file: Path, repos: tuple[str, ...], *, targets: bool) -> int:
    documents = read_yaml_documents(file)
    if len(documents) != 1:
        raise UsageError(f"{file} holds {len(documents)} documents", hint="give a file with one Application")
    plan = decided_plan(settings)
    repositories = repositories_by_url(repos, documents[0])
    answer = render_targets if targets else render_repository
    rendered = answer(
        documents[0],
        repositories,
        kube_version=settings.kube_version or PlannedEnvironment("").kube_version,
        api_versions=settings.api_versions,
        argocd_version=settings.argocd_version_in(plan),
        cache=RenderCache(helm=settings.helm),
    )
    if rendered.error:
        raise DifferenceError(f"{file} does not render: {rendered.error}")
    tell(settings.console, [finding for finding in rendered.findings if finding.code != "RN002"])
    tell_helm(settings)
    if settings.output == "json":
        product(_json("manifests", [manifest.document for manifest in rendered.manifests]), asked=True)
    else:
        product("".join(f"---\n{dump_yaml(manifest.document)}" for manifest in rendered.manifests), asked=True)
    return 0


def repositories_by_url(repos: tuple[str, ...], application: object) -> dict[str, str]:
    """``--repo URL=DIR`` as a mapping; a bare ``DIR`` serves every URL that the document names."""
    named = sorted(set(_repository_urls(application)))
    found: dict[str, str] = {}
    for repo in repos:
        url, separator, folder = repo.rpartition("=")
        for target in [url] if separator else named:
            found[target] = str(Path(folder).resolve())
    return found


def _repository_urls(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        url = value.get("repoURL")
        if isinstance(url, str):
            yield url
        for item in value.values():
            yield from _repository_urls(item)
    elif isinstance(value, list):
        for item in value:
            yield from _repository_urls(item)
