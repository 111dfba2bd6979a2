"""Where an Application reads and writes: this tree's repository, and the cluster that helmfile would reach."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.model.application import GeneratedApplication
from migrate.model.estate import Release
from migrate.model.json import JsonObject, as_object
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.report import Difference

_LOCAL = PlannedEnvironment("")
"""The cluster that Argo CD itself runs in, under both its names."""


def aim_differences(application: GeneratedApplication, release: Release, plan: Plan) -> Iterator[Difference]:
    """What makes equal manifests worthless: another cluster, or sources that are not the tree that was rendered."""
    spec = as_object(application.manifest.get("spec"))
    name = f"Application {application.name}"
    yield from _cluster_differences(name, as_object(spec.get("destination")), release, plan)
    several = spec.get("sources")
    sources = several if isinstance(several, list) and several else [spec.get("source")]
    for position, source in enumerate(sources):
        path = f"spec.sources[{position}]" if sources is several else "spec.source"
        repository = str(as_object(source).get("repoURL") or "")
        revision = str(as_object(source).get("targetRevision") or "")
        if _plain(repository) != _plain(plan.repo_url):
            yield Difference(name, f"{path}.repoURL", plan.repo_url, repository, "migration.yaml: target.repoURL")
        elif revision != plan.revision:
            yield Difference(name, f"{path}.targetRevision", plan.revision, revision, "migration.yaml: target.revision")


def _cluster_differences(name: str, destination: JsonObject, release: Release, plan: Plan) -> Iterator[Difference]:
    planned = {environment.name: environment for environment in plan.environments}
    environment = planned.get(release.environment, PlannedEnvironment(release.environment))
    context = release.kube_context
    cluster = environment.contexts.get(context, "") if context not in ("", environment.cluster) else environment.cluster
    servers = {environment.server} if cluster == environment.cluster else set()
    if cluster == _LOCAL.cluster:
        servers.add(_LOCAL.server)
    found_name, server = str(destination.get("name") or ""), str(destination.get("server") or "")
    if found_name and found_name != cluster:
        yield Difference(name, "spec.destination.name", cluster, found_name, "migration.yaml: environments")
    elif not found_name and server not in servers:
        yield Difference(name, "spec.destination.server", cluster, server, "migration.yaml: environments")


def _plain(url: str) -> str:
    return url.rstrip("/").removesuffix(".git")
