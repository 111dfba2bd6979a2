"""Two trees compared: both expanded, each Application rendered on both sides by one unit, the rows put together here.

    tree ──expand──▶ Applications ──compare_sides──▶ ApplicationDiff ──moves, order──▶ TreeDiff
                                     (threads)

A unit renders both sides one after the other, so that what is the same on both is rendered once, and what a unit gave
is all that stays in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from migrate import __version__
from migrate.console import Console, Stopwatch
from migrate.diff import (
    Rendition,
    compare_renditions,
    manifest_of,
    settle_moves,
    unrendered,
)
from migrate.doors.blobs import Blobs
from migrate.doors.helm import library_version
from migrate.doors.helm_binary import HelmBinary
from migrate.doors.workers import Lost, Processes, Threads, Workers
from migrate.graph import outlined
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Finding, Severity
from migrate.model.json import as_object, objects_in
from migrate.model.manifest import Rendered
from migrate.model.plan import PlannedEnvironment
from migrate.model.tree import FileTree
from migrate.model.tree_diff import ApplicationDiff, TreeDiff
from migrate.pipeline import Clusters, source_urls
from migrate.proof.tree_rows import ordered_rows, settings_rows, settled_rows
from migrate.proof.tree_side import TreeSide
from migrate.proof.units import holds_no_secret
from migrate.render import KeptRenders, RenderCache, Scopes, defined_scopes, render_application

_LARGE = 1_000
"""Applications above which processes pay for their start."""
_MOST_CACHED = 1024 * 1024 * 1024
_DEFINITION = b"CustomResourceDefinition"
_WORDS = ("first", "second")


@dataclass(frozen=True)
class DiffOptions:
    """How two trees are compared."""

    jobs: int = 1
    cache: str = ""
    """A folder that keeps renders from one run to the next."""
    argocd_version: str = "3.3"
    clusters: Clusters = field(default_factory=dict)
    helm: HelmBinary | None = None
    applications: frozenset[str] = frozenset()
    """Only these; none: all of them, and the environments' own objects."""


@dataclass(frozen=True)
class _Common:
    """What every unit needs."""

    folders: tuple[str, str]
    options: DiffOptions
    scopes: tuple[Mapping[str, Scopes], Mapping[str, Scopes]]
    renders: KeptRenders


@dataclass(frozen=True)
class _Task:
    environment: str
    name: str
    sides: tuple[GeneratedApplication | None, GeneratedApplication | None]


@dataclass(frozen=True)
class _Compared:
    row: ApplicationDiff
    outline: Rendered | None
    """What the second side's objects need and provide."""


def compare_trees(before: TreeSide, after: TreeSide, options: DiffOptions, console: Console) -> TreeDiff:
    """Every Application of either side with what becomes of it; rows by environment and name."""
    watch = Stopwatch()
    blobs = Blobs(str(Path(options.cache).resolve()), _MOST_CACHED) if options.cache else None
    renders = KeptRenders(blobs, storable=holds_no_secret, salt=f"{__version__} {library_version()}")
    tasks, broken = _tasks(before, after, options)
    with watch.measure("find kinds"), console.progress("looking for custom kinds", 0):
        sides = tuple(_scopes(side, options, renders) for side in (before, after))
    common = _Common((before.folder, after.folder), options, (sides[0], sides[1]), renders)
    workers: Workers = Processes(options.jobs) if len(tasks) > _LARGE and options.jobs > 1 else Threads(options.jobs)
    rows, outlines = list(broken), dict[tuple[str, str], Rendered]()
    try:
        with (
            watch.measure("render, compare"),
            console.progress("rendering both sides", len(tasks)) as advance,
            closing(workers.map(compare_sides, common, tasks, advance)) as compared,
        ):
            for task, found in zip(tasks, compared, strict=True):
                if isinstance(found, Lost):
                    rows.append(unrendered(task.environment, task.name, found.reason))
                    continue
                rows.append(found.row)
                if found.outline is not None:
                    outlines[task.environment, task.name] = found.outline
    finally:
        workers.close()
        if blobs:
            blobs.trim()
    rows += [] if options.applications else settings_rows(before, after)
    rows.sort(key=lambda row: (row.environment, row.name))
    with watch.measure("order"):
        settled = ordered_rows(settle_moves(rows), before, after, outlines)
    versions = {e: _cluster(options, e).kube_version for e in dict.fromkeys(row.environment for row in settled)}
    told = tuple(settled_rows(settled, before, after))
    return TreeDiff(before.name, after.name, told, tuple(_errors(before, after)), watch.seconds, versions)


def compare_sides(common: _Common, task: _Task) -> _Compared:
    """The unit: one Application rendered on the sides that have it, and its row."""
    found = [_rendition(common, number, one) for number, one in enumerate(task.sides)]
    row = compare_renditions(task.environment, task.name, found[0], found[1])
    second = found[1]
    outline = None if second is None or second.rendered.error else outlined(second.rendered)
    return _Compared(row, outline)


def _rendition(common: _Common, number: int, application: GeneratedApplication | None) -> Rendition | None:
    if application is None:
        return None
    scopes = common.scopes[number].get(application.environment, {})
    rendered = _rendered(common.folders[number], application, common.options, common.renders, scopes)
    return Rendition(manifest_of(application), rendered)


def _rendered(
    folder: str, application: GeneratedApplication, options: DiffOptions, renders: KeptRenders, scopes: Scopes
) -> Rendered:
    cluster = _cluster(options, application.environment)
    return render_application(
        application.manifest,
        dict.fromkeys(source_urls(application), folder),
        kube_version=cluster.kube_version,
        api_versions=cluster.api_versions,
        argocd_version=options.argocd_version,
        scopes=scopes,
        cache=RenderCache(renders, helm=options.helm),
    )


def _cluster(options: DiffOptions, environment: str) -> PlannedEnvironment:
    return options.clusters.get(environment) or PlannedEnvironment(environment)


# ---------------------------------------------------------------- what is compared


def _tasks(before: TreeSide, after: TreeSide, options: DiffOptions) -> tuple[list[_Task], tuple[ApplicationDiff, ...]]:
    """A task an Application, and the rows of those of which one side fails to expand."""
    left, right = ({(a.environment, a.name): a for a in side.expansion.applications} for side in (before, after))
    tasks, broken = [], []
    failed = {(error.environment, error.application) for side in (before, after) for error in side.expansion.errors}
    named = {place for place in failed if place[1]}
    for place in sorted({*left, *right, *named}):
        if options.applications and place[1] not in options.applications:
            continue
        reason = _failure(place, left, before, 0) or _failure(place, right, after, 1)
        if reason:
            broken.append(unrendered(*place, reason))
        else:
            tasks.append(_Task(*place, (left.get(place), right.get(place))))
    return tasks, tuple(broken)


def _failure(place: tuple[str, str], known: Mapping[tuple[str, str], object], side: TreeSide, number: int) -> str:
    """Why a side lacks an Application that it may be meant to have: then nobody knows that it was removed."""
    if place in known:
        return ""
    for error in side.expansion.errors:
        if error.environment == place[0] and error.application in ("", place[1]):
            return f"the {_WORDS[number]} side does not generate it: {error.message}"
    return ""


def _errors(before: TreeSide, after: TreeSide) -> Iterator[Finding]:
    for word, side in zip(_WORDS, (before, after), strict=True):
        for error in side.expansion.errors:
            what = error.application or error.appset or "an ApplicationSet"
            text = f"the {word} side does not generate {what} in {error.environment}: {error.message}"
            hint = "mend it, then compare again"
            yield Finding("DF001", Severity.ERROR, text, hint, environment=error.environment)


def _scopes(side: TreeSide, options: DiffOptions, renders: KeptRenders) -> dict[str, Scopes]:
    """Environment → the custom kinds that its Applications define: where their objects belong."""
    defining: dict[str, bool] = {}
    found: dict[str, dict[tuple[str, str], bool]] = {}
    for application in side.expansion.applications:
        if any(_may_define(side.tree, path, defining) for path in _paths(application)):
            rendered = _rendered(side.folder, application, options, renders, {})
            documents = (manifest.document for manifest in rendered.manifests)
            found.setdefault(application.environment, {}).update(defined_scopes(documents))
    return dict(found)


def _paths(application: GeneratedApplication) -> Iterator[str]:
    """The folders and files that an Application reads, as its sources say it."""
    spec = as_object(application.manifest.get("spec"))
    for source in (as_object(spec.get("source")), *objects_in(spec.get("sources"))):
        yield str(source.get("path") or "").strip("/")
        files = as_object(source.get("helm")).get("valueFiles")
        for file in files if isinstance(files, list) else ():
            yield str(file).lstrip("/")


def _may_define(tree: FileTree, path: str, known: dict[str, bool]) -> bool:
    """Whether a folder or file may hold a CustomResourceDefinition; of an archive nobody knows before it is read."""
    if path not in known:
        within = f"{path}/"
        known[path] = any(
            _DEFINITION in content or name.endswith((".tgz", ".tar.gz"))
            for name, content in tree.files.items()
            if name == path or name.startswith(within)
        )
    return known[path]
