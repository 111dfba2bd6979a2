"""The proof for an estate of any size: the pipeline's last third, cut into units that need no other release.

    Release ──render_side──▶ Side ──graph, plan──▶ Pairing ──judge_sides──▶ ReleaseVerdict
              (processes)          (here: outlines)          (processes)

A Side holds what the graph needs and the render itself as packed bytes, so that this process never has the objects of
the whole estate in memory. The verdicts are those of ``pipeline.prove``, whoever does the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path

from migrate import __version__
from migrate.console import Console, Stopwatch
from migrate.doors.blobs import Blobs
from migrate.doors.cluster import Cluster
from migrate.doors.helm import library_version
from migrate.doors.helm_binary import HelmBinary
from migrate.doors.release_records import Records
from migrate.doors.workers import Lost, Processes, Threads, Workers
from migrate.emit import contract_texts, secrets_in_releases
from migrate.errors import UsageError
from migrate.expand import expand_tree
from migrate.graph import build_graph
from migrate.model.estate import Estate, ReadRequest, Release
from migrate.model.finding import sort_findings
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES
from migrate.model.report import ReleaseVerdict, Report, Verdict
from migrate.model.tree import FileTree
from migrate.pipeline import Clusters, Reading, known_clusters, selected, with_figures
from migrate.plan import as_planned
from migrate.proof.deployed import with_deployed
from migrate.proof.plugin import copy_states
from migrate.proof.shard import Shard
from migrate.proof.units import (
    JudgeCommon,
    RenderCommon,
    Side,
    holds_no_secret,
    judge_sides,
    kept_side,
    may_define_kinds,
    render_side,
    without_secrets,
)
from migrate.read import read_estate
from migrate.render import KeptRenders, broken_render, settle_release
from migrate.verify import (
    CopyState,
    Pairing,
    expansion_findings,
    health_checks,
    is_by_plugin,
    judge_by_plugin,
    pair_releases,
    plugin_findings,
    row_findings,
    simulate_rollout,
    unjudged,
)

__all__ = ["Proof", "ProofOptions", "Shard"]

_TRIAL = 8
"""About so many releases are rendered here before it is decided who does the others."""
LARGE_ESTATE = 12_000_000
"""Characters of manifests above which processes pay for their start; measured with benchmarks/verifying.py."""
MOST_CACHED = 1024 * 1024 * 1024


@dataclass(frozen=True)
class ProofOptions:
    """How a proof is done; none of it changes a verdict."""

    jobs: int = 1
    scheduler: str = ""
    """The address of a Dask scheduler."""
    shard: Shard = field(default_factory=Shard)
    fail_fast: bool = False
    cache: str = ""
    """A folder that keeps renders from one run to the next."""
    deployed: Records | None = None
    """What Helm recorded, where the estate is to be compared with it."""
    rollout: bool = False
    """Whether the rollout is to be walked through; not for a shard."""
    helm: HelmBinary | None = None
    """A program that renders instead of the library; on a cluster it has to lie at the same path."""


class Proof:
    """One run of ``verify``: whoever does the units, and what they gave. Use it in a ``with`` statement.

    Raises:
        UsageError: the cluster cannot be reached.
    """

    def __init__(self, options: ProofOptions, console: Console) -> None:
        self._options, self._console = options, console
        self._workers: Workers = Cluster(options.scheduler) if options.scheduler else Threads(options.jobs)
        self._sides: dict[tuple[str, str], Side] = {}
        self._request: ReadRequest | None = None
        self._blobs = Blobs(str(Path(options.cache).resolve()), MOST_CACHED) if options.cache else None

    def __enter__(self) -> Proof:
        return self

    def __exit__(self, *error: object) -> None:
        self._workers.close()
        if self._blobs:
            self._blobs.trim()

    def read(self, request: ReadRequest, *, decided: Plan | None, clusters: Clusters) -> Reading:
        """As ``pipeline.read_and_render``, with outlines for renders; of a shard, only what it needs."""
        watch = Stopwatch()
        self._request = request
        with watch.measure("read"), self._console.progress(f"reading {request.path}", 0):
            estate = as_planned(read_estate(request), decided, request)
        environments = known_clusters(estate, decided, clusters)
        with watch.measure("render"):
            wanted = [release for release in estate.releases if self._is_needed(estate, release)]
            # Real secrets stay in this process; that there is one is all a verdict depends on.
            common = RenderCommon(
                replace(estate, releases=()), environments, self._renders(request, estate), helm=self._options.helm
            )
            sides = self._render(common, [without_secrets(release) for release in wanted])
            self._sides = {(r.environment, r.id): side for r, side in zip(wanted, sides, strict=True)}
        scopes: dict[str, dict[tuple[str, str], bool]] = {name: {} for name in estate.environments}
        for (environment, _), side in self._sides.items():
            scopes[environment].update(side.scopes)
        with watch.measure("graph"):
            rendered = {
                (r.environment, r.id): settle_release(side.outline, r, scopes[r.environment])
                for r, side in zip(wanted, sides, strict=True)
            }
            graph, found = build_graph(estate, rendered)
        broken = [broken_render(r, rendered[r.environment, r.id]) for r in wanted if r.deployed]
        told = [finding for key in rendered for finding in rendered[key].findings]
        # A shard does not see all objects, so what it would say about their order may be wrong.
        everything = (*estate.findings, *(() if self._options.shard.of > 1 else found), *told, *filter(None, broken))
        return Reading(
            estate, rendered, graph, sort_findings(everything), environments, scopes, request.selectors, watch.seconds
        )

    def prove(self, reading: Reading, plan: Plan, tree: FileTree, folder: Path) -> Report:
        """The report on the rows that are asked for, in the order of the estate.

        Raises:
            UsageError: a rollout is to be walked through, and a plugin renders the tree's Applications.
        """
        watch = Stopwatch(reading.timings)
        with watch.measure("expand"), self._console.progress("expanding the ApplicationSets", 0):
            expansion = selected(expand_tree(tree, reading.estate.environments), reading, plan)
        shard = self._options.shard
        pairings, excluded = pair_releases(reading.estate, plan, expansion)
        if self._options.rollout and any(is_by_plugin(pairing) for pairing in pairings):
            raise UsageError(
                "--rollout walks the phases of a ladder, and the layers that a plugin renders have none",
                hint="their order is that of the sync waves in environments/<env>/argocd/apps; leave --rollout out",
            )
        pairings = tuple(pairing for pairing in pairings if shard.holds(*_name(pairing)))
        kept = tuple(e for e in excluded if shard.holds(e.environment, e.id))
        watched = reading.estate.environments if self._options.rollout else ()
        checks = {name: health_checks(tree, name, plan.argocd_version) for name in watched}
        common = JudgeCommon(
            replace(plan, releases=()),
            str(folder.resolve()),
            reading.clusters,
            reading.scopes,
            KeptRenders(),
            checks,
            self._options.helm,
            replace(reading.estate, releases=()),
            contract_texts(reading.estate, plan),
        )
        with watch.measure("verify"):
            by_plugin = self._by_plugin(reading, plan, tree, folder, pairings)
            judged = iter(self._judge(common, [p for p in pairings if not is_by_plugin(p)]))
            # Where it stops at the first bad row, the rows after it are missing.
            given = (by_plugin.get(_name(pairing)) or next(judged, None) for pairing in pairings)
            rows = tuple(row for row in takewhile(lambda row: row is not None, given) if row)
        report = Report(rows, kept, (*expansion_findings(expansion), *row_findings(rows), *plugin_findings(pairings)))
        if self._options.rollout:
            gates = {(row.environment, row.application): row.gate for row in rows if row.gate}
            found = simulate_rollout(reading.estate, reading.graph, plan, expansion, gates)
            report = replace(report, rollout=found)
        if self._options.deployed is not None:
            with watch.measure("deployed"):
                report = with_deployed(report, reading, plan, self._options.deployed, self._sides, shard)
        versions = {name: cluster.kube_version for name, cluster in reading.clusters.items()}
        figures = with_figures(report, watch.seconds, tree, versions)
        return replace(
            figures,
            shard=str(shard),
            unjudged=len(pairings) - len(rows),
            deployed=report.deployed,
            rollout=report.rollout,
        )

    def _by_plugin(
        self, reading: Reading, plan: Plan, tree: FileTree, folder: Path, pairings: Sequence[Pairing]
    ) -> dict[tuple[str, str], ReleaseVerdict]:
        """The rows of Applications that a plugin renders; none without the request that was read."""
        pairings = [pairing for pairing in pairings if is_by_plugin(pairing)]
        if not pairings or self._request is None:
            return {}
        states = copy_states(self._request, reading.estate, folder, plan)
        layers = {layer.name: layer.file for layer in reading.estate.layers}
        copied = len(tree.under(SOURCES).files)
        rows = {}
        for pairing in pairings:
            key, release = _name(pairing), pairing.release
            left = reading.rendered.get(key, Rendered(error="it was not rendered"))
            file = layers.get(release.layer, "") if release else ""
            rows[key] = judge_by_plugin(pairing, plan, left, file, states.get(key, CopyState()), copied)
        return rows

    def _renders(self, request: ReadRequest, estate: Estate) -> KeptRenders:
        # With real secrets at hand nothing is written to a disk, whatever a render holds of them.
        blobs = None if request.secrets_dir else self._blobs
        known = {text for text, _ in estate.opened} if blobs else set()
        known |= secrets_in_releases(estate.root, estate.releases) if blobs else set()
        storable = partial(holds_no_secret, known=frozenset(known))
        return KeptRenders(blobs, storable=storable, salt=f"{__version__} {library_version()}")

    def _is_needed(self, estate: Estate, release: Release) -> bool:
        return self._options.shard.holds(release.environment, release.id) or may_define_kinds(estate, release)

    def _render(self, common: RenderCommon, releases: Sequence[Release]) -> list[Side]:
        # Here the first few, from all over the estate; how much they give says who does the rest.
        few = range(0, len(releases), max(1, len(releases) // _TRIAL)) if isinstance(self._workers, Threads) else ()
        with self._console.progress("rendering as Helmfile does", len(releases)) as advance:
            tried = self._workers.map(render_side, common, [releases[n] for n in few], advance)
            found = {n: kept_side(side) for n, side in zip(few, tried, strict=True)}
            size = sum(side.size for side in found.values()) * len(releases) // max(1, len(found))
            if size > LARGE_ESTATE and self._options.jobs > 1:
                self._workers = Processes(self._options.jobs)
            rest = [n for n in range(len(releases)) if n not in found]
            given = self._workers.map(render_side, common, [releases[n] for n in rest], advance)
            found |= {n: kept_side(side) for n, side in zip(rest, given, strict=True)}
        return [found[n] for n in range(len(releases))]

    def _judge(self, common: JudgeCommon, pairings: Sequence[Pairing]) -> tuple[ReleaseVerdict, ...]:
        tasks = [(_told(pairing), self._packed_side(pairing)) for pairing in pairings]
        rows: list[ReleaseVerdict] = []
        with (
            self._console.progress("rendering as Argo CD does, comparing", len(tasks)) as advance,
            closing(self._workers.map(judge_sides, common, tasks, advance)) as judged,
        ):
            for pairing, row in zip(pairings, judged, strict=True):
                rows.append(unjudged(pairing, row.reason) if isinstance(row, Lost) else row)
                if self._options.fail_fast and rows[-1].verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED):
                    break
        return tuple(rows)

    def _packed_side(self, pairing: Pairing) -> bytes | None:
        side = self._sides.get(_name(pairing))
        return side.packed if side else None


def _name(pairing: Pairing) -> tuple[str, str]:
    if pairing.release is not None:
        return pairing.environment, pairing.release.id
    return pairing.environment, f"Application {pairing.application.name if pairing.application else ''}"


def _told(pairing: Pairing) -> Pairing:
    return replace(pairing, release=without_secrets(pairing.release)) if pairing.release else pairing
