"""FileTree × Plan → the branches to make, as data: what each one brings and what its message says.

Pure; :mod:`migrate.commit.branches` and ``--dry-run`` take the same values.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.doors.helm import HelmError, parse_values
from migrate.model.fleet import CONTRACT_FOLDER
from migrate.model.json import JsonObject
from migrate.model.plan import Disposition, Plan
from migrate.model.plugin import application_name
from migrate.model.report import Report
from migrate.model.tree import FileTree

SKELETON = "00-skeleton"
BRANCH_FOLDER = "migrate"
TRAILER = "Migrate-Layer"
_COMPONENT_FILES = ("component.yaml", "component.disabled.yaml")


@dataclass(frozen=True)
class LayerChange:
    """One branch: the files it brings, on top of ``parent`` (a branch's name; empty: the base)."""

    branch: str
    layer: str
    parent: str
    message: str
    files: Mapping[str, bytes]
    releases: tuple[str, ...] = ()
    """Ids of the releases whose components it brings, in the plan's order."""
    whole_tree: frozenset[str] = frozenset()
    """Every path of the emitted tree, so that what was ours before and is no more can be told."""


@dataclass(frozen=True)
class Component:
    """One component file of a tree."""

    path: str
    environment: str
    release: str
    """Id of the release it stands for; empty where the file does not say."""
    sources: tuple[str, ...]
    """Value files and other single files it reads."""
    chart: str
    """Folder of its chart; empty for a chart from elsewhere."""

    @property
    def parked(self) -> bool:
        """Whether no ApplicationSet picks it up."""
        return self.path.endswith(".disabled.yaml")


@dataclass(frozen=True)
class TreeRelease:
    """A release of one environment that the tree holds, in whatever layout."""

    environment: str
    release: str
    parked: bool = False


def plan_branches(
    tree: FileTree, plan: Plan, *, report: Report | None = None, stacked: bool = True
) -> tuple[LayerChange, ...]:
    """The skeleton's branch, then one branch a layer in the estate's order; a layer without files has none.

    ``stacked``: each branch stands on the one before, a chart comes with the first layer that uses it, and the last
    branch holds the emitted tree exactly. Otherwise each stands on the skeleton and brings every chart it uses.
    """
    owned = layer_paths(tree, plan, share_charts=not stacked)
    claimed = frozenset(path for paths in owned.values() for path in paths)
    whole = frozenset(tree.files)
    skeleton = LayerChange(
        branch_name(SKELETON),
        SKELETON,
        "",
        _message("Add the skeleton of the Argo CD repository", SKELETON, _skeleton_body(plan)),
        _chosen(tree, whole - claimed),
        (),
        whole,
    )
    held = tree_releases(tree, plan)
    emitted = {one.release for one in held}
    changes = [skeleton]
    for layer, paths in owned.items():
        if not paths:
            continue
        releases = tuple(r.id for r in plan.releases if r.layer == layer and r.id in emitted)
        parent = changes[-1].branch if stacked else skeleton.branch
        message = _message(f"Migrate {layer} to Argo CD", layer, _layer_body(layer, releases, held, plan, report))
        files = _chosen(tree, paths)
        changes.append(LayerChange(branch_name(layer), layer, parent, message, files, releases, whole))
    return tuple(changes)


def branch_name(layer: str) -> str:
    """``migrate/<layer>`` with what git does not take in a name replaced."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", layer)
    plain = re.sub(r"\.{2,}", ".", plain).strip(".-").removesuffix(".lock")
    return f"{BRANCH_FOLDER}/{plain or 'layer'}"


def layer_paths(tree: FileTree, plan: Plan, *, share_charts: bool = False) -> dict[str, tuple[str, ...]]:
    """Layer → the paths that belong to it, sorted; layers in the plan's order, also those without any.

    A file that two layers use belongs to the first; a chart to every layer that uses it if ``share_charts``.
    """
    layer_of = {release.id: release.layer for release in plan.releases}
    folders: dict[str, set[str]] = {}
    for path in tree.files:
        folders.setdefault(posixpath.dirname(path), set()).add(path)
    components = tree_components(tree)
    copies = {chart: set(tree.under(chart).files) for chart in {c.chart for c in components} if chart}
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for layer in dict.fromkeys(layer_of.values()):
        charts: set[str] = set()
        own: set[str] = set()
        for component in components:
            if layer_of.get(component.release) == layer:
                charts |= copies.get(component.chart, set())
                own |= {component.path, *_value_folder_files(tree, component, folders)}
        own |= _without_components(tree, plan, layer)
        paths = (own - taken) | (charts if share_charts else charts - taken)
        taken |= paths
        found[layer] = tuple(sorted(paths))
    return found


def _without_components(tree: FileTree, plan: Plan, layer: str) -> set[str]:
    """What a layer has in the layouts without component.yaml: folders of resources, or an Application of its own."""
    if plan.layout == "plugin":
        name = f"{application_name(layer)}.yaml"
        return {path for path in tree.files if re.fullmatch(rf"environments/[^/]+/argocd/apps/{re.escape(name)}", path)}
    if plan.layout != "kustomize":
        return set()
    members = [release for release in plan.releases if release.layer == layer]
    folders = [f"argocd/{release.project.value}/{release.component.value}" for release in members]
    return {path for folder in folders for path in tree.under(folder).files}


def tree_releases(tree: FileTree, plan: Plan) -> tuple[TreeRelease, ...]:
    """What the tree holds, in any layout: component files, folders of resources, Applications of a whole layer."""
    found: dict[TreeRelease, None] = {}
    environments = [environment.name for environment in plan.environments]
    of_type: dict[str, list[str]] = {"_shared": [name for name in environments if not plan.is_curated(name)]}
    for name in environments:
        of_type.setdefault(plan.cluster_type(name), []).append(name)
    for one in tree_components(tree):
        names = of_type.get(one.environment, [one.environment])
        found |= {TreeRelease(name, one.release, one.parked): None for name in names}
    for release in plan.releases:
        if release.disposition is not Disposition.COMPONENT:
            continue
        folder = f"argocd/{release.project.value}/{release.component.value}"
        file = f"argocd/apps/{application_name(release.layer)}.yaml"
        for name in environments:
            if f"{folder}/envs-disabled/{name}/kustomization.yaml" in tree.files:
                found[TreeRelease(name, release.id, parked=True)] = None
            by_layer = f"environments/{name}/{file}" in tree.files
            if f"{folder}/envs/{name}/kustomization.yaml" in tree.files or by_layer:
                found[TreeRelease(name, release.id)] = None
    return tuple(found)


def tree_components(tree: FileTree) -> tuple[Component, ...]:
    """Every component file of the tree, parked ones too; a file that is no YAML is left out (lint tells)."""
    found = []
    for path in tree.paths():
        if posixpath.basename(path) not in _COMPONENT_FILES:
            continue
        try:
            data = parse_values(tree.text(path))
        except (HelmError, UnicodeDecodeError):
            continue
        found.append(_component(path, data))
    return tuple(found)


def _component(path: str, data: JsonObject) -> Component:
    content: dict[str, Any] = dict(data)
    parts = path.split("/")
    source, chart = content.get("source") or {}, content.get("chart") or {}
    files = [str(entry) for entry in content.get("valueFiles") or ()]
    files += [str(entry.get("path", "")) for entry in content.get("fileParameters") or () if isinstance(entry, dict)]
    return Component(
        path,
        parts[1] if parts[0] == "environments" and len(parts) > 2 else "",
        str(source.get("release", "")) if isinstance(source, dict) else "",
        tuple(file.lstrip("/") for file in files),
        str(chart.get("path", "")).strip("/") if isinstance(chart, dict) else "",
    )


def _value_folder_files(tree: FileTree, component: Component, folders: Mapping[str, set[str]]) -> set[str]:
    """The value files a component reads, and the files beside them: they were written for the same release."""
    read = {path for source in component.sources for path in _filled(source, tree) if path in tree.files}
    # All layers read the fleet contract, so it comes with the skeleton.
    own = {folder for folder in map(posixpath.dirname, read) if not folder.endswith(f"/{CONTRACT_FOLDER}")}
    return {path for folder in own for path in folders[folder]}


def _filled(source: str, tree: FileTree) -> set[str]:
    """The files that a path means; in the layout shared the ApplicationSet fills in environments and cluster types."""
    if "{environment}" not in source and "{clusterType}" not in source:
        return {source}
    names = {path.split("/")[2] for path in tree.under("sources/values").files}
    return {source.replace("{environment}", name).replace("{clusterType}", name) for name in names}


def _chosen(tree: FileTree, paths: Iterable[str]) -> dict[str, bytes]:
    return {path: tree.files[path] for path in sorted(paths)}


def _message(title: str, layer: str, body: list[str]) -> str:
    return "\n".join([title, "", *body, "", f"{TRAILER}: {layer}", ""])


def _skeleton_body(plan: Plan) -> list[str]:
    environments = ", ".join(environment.name for environment in plan.environments)
    return [
        "Projects, ApplicationSets, root Applications, settings and the runbook: all that belongs to no layer.",
        f"Environments: {environments or 'none'}. Hand-over: {plan.handover}.",
        "",
        "Nothing runs by it alone: the components come with the branches of the layers.",
    ]


def _layer_body(
    layer: str, releases: tuple[str, ...], held: tuple[TreeRelease, ...], plan: Plan, report: Report | None
) -> list[str]:
    planned = plan.by_id()
    lines = [f"{len(releases)} releases become components:", ""]
    for release in releases:
        where = [one.environment for one in held if one.release == release and not one.parked]
        parked = [one.environment for one in held if one.release == release and one.parked]
        text = f"- {release} -> {planned[release].path.value} ({', '.join(where) or 'no environment'})"
        lines.append(text + (f", parked in {', '.join(parked)}" if parked else ""))
    return [*lines, "", _verdicts(layer, set(releases), report)]


def _verdicts(layer: str, releases: set[str], report: Report | None) -> str:
    if report is None:
        return "Not verified: migrate verify has not judged this tree."
    rows = [row for row in report.releases if row.layer == layer or row.id in releases]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.verdict.value] = counts.get(row.verdict.value, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"Verified against Helmfile: {told or 'no release'}."
