"""The whole flow, from helmfiles to a proof: the file to read first.

    helmfiles/ ──read──▶ Estate ──render──▶ manifests ──graph──▶ ReleaseGraph ──plan──▶ Plan
                                                                                         │
    Report ◀──verify── manifests ◀──render── Applications ◀──expand── FileTree ◀──emit───┘

A stage is a function from noun to noun and knows no other stage; they meet here, and in ``proof``, which cuts the last
third of this flow into units for estates of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from migrate import __version__
from migrate.console import Console, Stopwatch
from migrate.doors.helm_binary import HelmBinary
from migrate.emit import emit_tree
from migrate.expand import expand_tree
from migrate.graph import build_graph
from migrate.model.application import Expansion, GeneratedApplication
from migrate.model.estate import Estate, ReadRequest, Release
from migrate.model.finding import Finding, sort_findings
from migrate.model.graph import ReleaseGraph
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.plugin import application_name
from migrate.model.report import Report
from migrate.model.tree import FileTree
from migrate.model.tree import tree_hash as tree_hash
from migrate.plan import as_planned, propose_plan
from migrate.read import read_estate
from migrate.render import (
    RenderCache,
    Scopes,
    broken_render,
    defined_scopes,
    render_application,
    render_release,
    with_drawn,
)
from migrate.rerender import pinned_renders, renders_with_contract, renders_with_values, wrapper_trial
from migrate.verify import verify_releases

Task = TypeVar("Task")
Result = TypeVar("Result")
Clusters = Mapping[str, PlannedEnvironment]


@dataclass(frozen=True)
class Reading:
    """What helmfile would apply: the estate, the manifests by (environment, release id), the graph over them."""

    estate: Estate
    rendered: Mapping[tuple[str, str], Rendered]
    graph: ReleaseGraph
    findings: tuple[Finding, ...]
    clusters: Clusters
    scopes: Mapping[str, Scopes]
    selectors: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


def read_and_render(
    request: ReadRequest,
    *,
    decided: Plan | None,
    clusters: Clusters,
    console: Console,
    jobs: int,
    helm: HelmBinary | None = None,
) -> Reading:
    """Read the estate, render every release of every environment, and see what must come before what."""
    watch = Stopwatch()
    with watch.measure("read"), console.progress(f"reading {request.path}", 0):
        estate = as_planned(read_estate(request), decided, request)
    environments = known_clusters(estate, decided, clusters)

    cache = RenderCache(helm=helm)

    def render(release: Release, scopes: Scopes | None = None) -> Rendered:
        cluster = environments[release.environment]
        return render_release(
            estate,
            release,
            kube_version=release.kube_version or cluster.kube_version,
            api_versions=release.api_versions or cluster.api_versions,
            scopes=scopes,
            cache=cache,
        )

    with watch.measure("render"):
        first = _each("rendering as Helmfile does", render, estate.releases, console=console, jobs=jobs)
        # Which custom kinds have a namespace is known only when every CRD has been seen; renders are cached.
        scopes = {
            environment: defined_scopes(
                manifest.document
                for release, result in zip(estate.releases, first, strict=True)
                if release.environment == environment
                for manifest in result.manifests
            )
            for environment in estate.environments
        }
        rendered = {
            (r.environment, r.id): with_drawn(
                estate,
                r,
                render(r, scopes[r.environment]),
                kube_version=r.kube_version or environments[r.environment].kube_version,
                api_versions=r.api_versions or environments[r.environment].api_versions,
                cache=cache,
            )
            for r in estate.releases
        }
    with watch.measure("graph"):
        graph, findings = build_graph(estate, rendered)
    broken = tuple(broken_render(r, rendered[r.environment, r.id]) for r in estate.releases if r.deployed)
    told = (f for key in rendered for f in rendered[key].findings)
    everything = (*estate.findings, *findings, *told, *(f for f in broken if f))
    return Reading(
        estate, rendered, graph, sort_findings(everything), environments, scopes, request.selectors, watch.seconds
    )


def known_clusters(estate: Estate, decided: Plan | None, given: Clusters) -> dict[str, PlannedEnvironment]:
    """Environment → its cluster: what the command line says, else the plan, else the default."""
    planned = {e.name: e for e in decided.environments} if decided else {}
    return {name: given.get(name) or planned.get(name) or PlannedEnvironment(name) for name in estate.environments}


def plan_releases(reading: Reading, decided: Plan | None) -> Plan:
    """Propose what is open; what a person decided stays."""
    return propose_plan(reading.estate, reading.graph, decided, reading.rendered)


def build_tree(reading: Reading, plan: Plan, *, console: Console, helm: HelmBinary | None = None) -> FileTree:
    """The repository of Argo CD ApplicationSets, in memory."""
    with console.progress("writing the tree", 0):
        rendered = {**reading.rendered, **(pinned_renders(reading, plan, helm) if plan.layout == "kustomize" else {})}
        again = renders_with_values(reading, plan, helm)
        return emit_tree(
            reading.estate, plan, rendered, version=__version__, alike=wrapper_trial(reading, helm), again=again
        )


def prove(
    reading: Reading, plan: Plan, tree: FileTree, folder: Path, *, console: Console, jobs: int
) -> tuple[Report, Expansion, dict[tuple[str, str], Rendered]]:
    """Expand the tree's ApplicationSets, render each Application as Argo CD would, and compare with helmfile."""
    watch = Stopwatch(reading.timings)
    with watch.measure("expand"), console.progress("expanding the ApplicationSets", 0):
        expansion = selected(expand_tree(tree, reading.estate.environments), reading, plan)
    with watch.measure("render applications"):
        right = render_applications(
            expansion, folder, clusters=reading.clusters, plan=plan, scopes=reading.scopes, console=console, jobs=jobs
        )
    with watch.measure("verify"), console.progress("comparing", 0):
        contracts = renders_with_contract(reading, plan)
        report = verify_releases(reading.estate, plan, reading.rendered, expansion, right, contracts)
    versions = {name: cluster.kube_version for name, cluster in reading.clusters.items()}
    return with_figures(report, watch.seconds, tree, versions), expansion, right


def selected(expansion: Expansion, reading: Reading, plan: Plan) -> Expansion:
    """With selectors, only the Applications of the releases that were read; otherwise all of them."""
    if not reading.selectors:
        return expansion
    read = {release.id for release in reading.estate.releases}
    names = {release.component.value for release in plan.releases if release.id in read}
    names |= {application_name(release.layer) for release in plan.releases if release.id in read}
    return Expansion(tuple(a for a in expansion.applications if a.name in names), expansion.errors)


def render_applications(
    expansion: Expansion,
    folder: Path,
    *,
    clusters: Clusters,
    plan: Plan | None,
    scopes: Mapping[str, Scopes],
    console: Console,
    jobs: int,
    helm: HelmBinary | None = None,
) -> dict[tuple[str, str], Rendered]:
    """(environment, Application name) → what Argo CD would apply; ``folder`` holds every repository it reads."""
    cache = RenderCache(helm=helm)

    def render(application: GeneratedApplication) -> Rendered:
        cluster = clusters.get(application.environment, PlannedEnvironment(application.environment))
        return render_application(
            application.manifest,
            {url: str(folder.resolve()) for url in source_urls(application)},
            kube_version=cluster.kube_version,
            api_versions=cluster.api_versions,
            argocd_version=plan.argocd_version if plan else "3.3",
            scopes=scopes.get(application.environment),
            cache=cache,
        )

    results = _each("rendering as Argo CD does", render, expansion.applications, console=console, jobs=jobs)
    return {(a.environment, a.name): r for a, r in zip(expansion.applications, results, strict=True)}


def source_urls(application: GeneratedApplication) -> set[str]:
    """The repositories that an Application reads."""
    spec = application.manifest.get("spec")
    if not isinstance(spec, dict):
        return set()
    sources = [spec.get("source"), *(many if isinstance(many := spec.get("sources"), list) else ())]
    return {str(source["repoURL"]) for source in sources if isinstance(source, dict) and source.get("repoURL")}


def with_figures(report: Report, timings: Mapping[str, float], tree: FileTree, versions: Mapping[str, str]) -> Report:
    """The report with its timings, the hash of the tree that it judges and the cluster versions it assumed."""
    return Report(report.releases, report.excluded, report.findings, dict(timings), tree_hash(tree), dict(versions))


def _each(
    title: str, work: Callable[[Task], Result], tasks: Iterable[Task], *, console: Console, jobs: int
) -> list[Result]:
    """``work`` for every task on ``jobs`` threads (Helm runs outside the interpreter lock), results in order."""
    todo = list(tasks)
    with console.progress(title, len(todo)) as advance, ThreadPoolExecutor(max(1, jobs)) as pool:
        results = []
        for result in pool.map(work, todo):
            results.append(result)
            advance()
    return results
