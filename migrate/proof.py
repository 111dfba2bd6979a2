"""The proof for an estate of any size: the pipeline's last third, cut into units that need no other release.

    Release ──render_side──▶ Side ──graph, plan──▶ Pairing ──judge_sides──▶ ReleaseVerdict
              (processes)          (here: outlines)          (processes)

A Side holds what the graph needs and the render itself as packed bytes, so that this process never has the objects of
the whole estate in memory. The verdicts are those of ``pipeline.prove``, whoever does the work.
"""

from __future__ import annotations

import hashlib
import pickle
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrate import __version__
from migrate.console import Console, Stopwatch
from migrate.doors.blobs import Blobs
from migrate.doors.cluster import Cluster
from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, library_version, load_chart
from migrate.doors.workers import Lost, Processes, Threads, Workers
from migrate.emit.secrets import scan_text
from migrate.errors import UsageError
from migrate.expand import expand_tree
from migrate.graph import build_graph, outlined
from migrate.model.estate import Estate, ReadRequest, Release
from migrate.model.finding import sort_findings
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.report import ReleaseVerdict, Report, Verdict
from migrate.model.tree import FileTree
from migrate.pipeline import Clusters, Reading, known_clusters, selected, source_urls, with_figures
from migrate.read import read_estate
from migrate.render import (
    KeptRenders,
    RenderCache,
    Scopes,
    broken_render,
    defined_scopes,
    render_application,
    render_unsettled,
    settle_release,
    text_size,
)
from migrate.verify import Pairing, expansion_findings, judge, pair_releases, unjudged

_TRIAL = 8
"""About so many releases are rendered here before it is decided who does the others."""
LARGE_ESTATE = 12_000_000
"""Characters of manifests above which processes pay for their start; measured with benchmarks/verifying.py."""
MOST_CACHED = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Shard:
    """One of several runs that share the work: which rows are its own depends on nothing but their names."""

    number: int = 1
    of: int = 1

    def holds(self, environment: str, name: str) -> bool:
        """Whether a row belongs to this shard."""
        digest = hashlib.sha256(f"{environment}\0{name}".encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}" if self.of > 1 else ""


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


@dataclass(frozen=True)
class Side:
    """What Helmfile applies for one release, as far as other releases must know it, and all of it packed."""

    outline: Rendered
    scopes: Scopes
    packed: bytes
    size: int


@dataclass(frozen=True)
class RenderCommon:
    """What every ``render_side`` needs."""

    estate: Estate
    """Without its releases."""
    clusters: Clusters
    renders: KeptRenders
    builds: dict[str, str] = field(default_factory=dict)
    version: str = __version__


@dataclass(frozen=True)
class JudgeCommon:
    """What every ``judge_sides`` needs."""

    plan: Plan
    """Without its releases."""
    folder: str
    clusters: Clusters
    scopes: Mapping[str, Scopes]
    renders: KeptRenders


def render_side(common: RenderCommon, release: Release) -> Side:
    """The unit of the left side.

    Raises:
        UsageError: a cluster runs it that has another version of migrate.
    """
    if common.version != __version__:
        raise UsageError(
            f"the cluster's workers run migrate {__version__}, and this is {common.version}",
            hint="install the same version on both",
        )
    cluster = common.clusters[release.environment]
    rendered = render_unsettled(
        common.estate,
        release,
        kube_version=release.kube_version or cluster.kube_version,
        api_versions=release.api_versions or cluster.api_versions,
        cache=RenderCache(common.renders, common.builds),
    )
    scopes = defined_scopes(manifest.document for manifest in rendered.manifests)
    return Side(outlined(rendered), scopes, _packed(rendered), text_size(rendered))


def judge_sides(common: JudgeCommon, task: tuple[Pairing, bytes | None]) -> ReleaseVerdict:
    """The unit of the right side and the verdict.

    Where both sides hand the same chart, values and options to the same Helm, one render stands for both, unless the
    chart draws something anew each time.
    """
    pairing, packed = task
    left = _unpacked(packed) if packed is not None else None
    if left is not None and pairing.release is not None:
        if left.digest and not (left.error or left.unstable or left.chartified):
            common.renders.remember(left.digest, left)
        left = settle_release(left, pairing.release, common.scopes.get(pairing.environment))
    return judge(pairing, common.plan, left, _applied(common, pairing))


def _applied(common: JudgeCommon, pairing: Pairing) -> Rendered | None:
    if pairing.application is None:
        return None
    cluster = common.clusters.get(pairing.environment, PlannedEnvironment(pairing.environment))
    return render_application(
        pairing.application.manifest,
        dict.fromkeys(source_urls(pairing.application), common.folder),
        kube_version=cluster.kube_version,
        api_versions=cluster.api_versions,
        argocd_version=common.plan.argocd_version,
        scopes=common.scopes.get(pairing.environment),
        cache=RenderCache(common.renders),
    )


def _packed(rendered: Rendered) -> bytes:
    return zlib.compress(pickle.dumps(rendered, pickle.HIGHEST_PROTOCOL), 1)


def _unpacked(packed: bytes) -> Rendered:
    rendered: Rendered = pickle.loads(zlib.decompress(packed))  # noqa: S301 - our own, from this run
    return rendered


class Proof:
    """One run of ``verify``: whoever does the units, and what they gave. Use it in a ``with`` statement.

    Raises:
        UsageError: the cluster cannot be reached.
    """

    def __init__(self, options: ProofOptions, console: Console) -> None:
        self._options, self._console = options, console
        self._workers: Workers = Cluster(options.scheduler) if options.scheduler else Threads(options.jobs)
        self._sides: dict[tuple[str, str], Side] = {}
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
        with watch.measure("read"), self._console.progress(f"reading {request.path}", 0):
            estate = read_estate(request)
        environments = known_clusters(estate, decided, clusters)
        with watch.measure("render"):
            wanted = [release for release in estate.releases if self._is_needed(estate, release)]
            # Real secrets stay in this process; that there is one is all a verdict depends on.
            common = RenderCommon(replace(estate, releases=()), environments, self._renders(request))
            sides = self._render(common, [_without_secrets(release) for release in wanted])
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
        """The report on the rows that are asked for, in the order of the estate."""
        watch = Stopwatch(reading.timings)
        with watch.measure("expand"), self._console.progress("expanding the ApplicationSets", 0):
            expansion = selected(expand_tree(tree, reading.estate.environments), reading, plan)
        shard = self._options.shard
        pairings, excluded = pair_releases(reading.estate, plan, expansion)
        pairings = tuple(pairing for pairing in pairings if shard.holds(*_name(pairing)))
        kept = tuple(e for e in excluded if shard.holds(e.environment, e.id))
        common = JudgeCommon(
            replace(plan, releases=()), str(folder.resolve()), reading.clusters, reading.scopes, KeptRenders()
        )
        with watch.measure("verify"):
            rows = self._judge(common, pairings)
        report = Report(rows, kept, expansion_findings(expansion))
        versions = {name: cluster.kube_version for name, cluster in reading.clusters.items()}
        report = with_figures(report, watch.seconds, tree, versions)
        return replace(report, shard=str(shard), unjudged=len(pairings) - len(rows))

    def _renders(self, request: ReadRequest) -> KeptRenders:
        # With real secrets at hand nothing is written to a disk, whatever a render holds of them.
        blobs = None if request.secrets_dir else self._blobs
        return KeptRenders(blobs, storable=holds_no_secret, salt=f"{__version__} {library_version()}")

    def _is_needed(self, estate: Estate, release: Release) -> bool:
        return self._options.shard.holds(release.environment, release.id) or may_define_kinds(estate, release)

    def _render(self, common: RenderCommon, releases: Sequence[Release]) -> list[Side]:
        # Here the first few, from all over the estate; how much they give says who does the rest.
        few = range(0, len(releases), max(1, len(releases) // _TRIAL)) if isinstance(self._workers, Threads) else ()
        with self._console.progress("rendering as Helmfile does", len(releases)) as advance:
            tried = self._workers.map(render_side, common, [releases[n] for n in few], advance)
            found = {n: _side(side) for n, side in zip(few, tried, strict=True)}
            size = sum(side.size for side in found.values()) * len(releases) // max(1, len(found))
            if size > LARGE_ESTATE and self._options.jobs > 1:
                self._workers = Processes(self._options.jobs)
            rest = [n for n in range(len(releases)) if n not in found]
            given = self._workers.map(render_side, common, [releases[n] for n in rest], advance)
            found |= {n: _side(side) for n, side in zip(rest, given, strict=True)}
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


def _side(result: Side | Lost) -> Side:
    if isinstance(result, Side):
        return result
    lost = Rendered(error=result.reason)
    return Side(lost, {}, _packed(lost), 0)


def _name(pairing: Pairing) -> tuple[str, str]:
    if pairing.release is not None:
        return pairing.environment, pairing.release.id
    return pairing.environment, f"Application {pairing.application.name if pairing.application else ''}"


def _told(pairing: Pairing) -> Pairing:
    return replace(pairing, release=_without_secrets(pairing.release)) if pairing.release else pairing


def _without_secrets(release: Release) -> Release:
    if all(layer.secret_text is None for layer in release.values):
        return release
    layers = (replace(v, secret_text=None if v.secret_text is None else "") for v in release.values)
    return replace(release, values=tuple(layers))


def may_define_kinds(estate: Estate, release: Release) -> bool:
    """Whether a release's render may hold a CustomResourceDefinition, which says where others' objects belong."""
    if release.chart_path is None:
        return False
    word = "CustomResourceDefinition"
    if release.dependencies or any(word in layer.text for layer in release.values):
        return True
    try:
        chart = load_chart(absolute(release.chart_path, estate.root))
    except HelmError:
        return True
    return any(word.encode() in content for content in chart.files.values())


def holds_no_secret(rendered: Rendered) -> bool:
    """Whether a render may be written to a disk: no Secret with contents, and nothing that looks like one."""
    for manifest in rendered.manifests:
        document = manifest.document
        if manifest.key.kind == "Secret" and (document.get("data") or document.get("stringData")):
            return False
        if scan_text(manifest.text):
            return False
    return True
