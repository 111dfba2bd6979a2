"""The checklist of a migration, computed from what is there: estate, plan, tree, stored verdicts and branches."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.commit.changes import SKELETON, layer_paths, tree_components
from migrate.doors.git import BranchState, blob_id
from migrate.model.estate import Estate
from migrate.model.plan import Disposition, Plan
from migrate.model.plugin import application_name
from migrate.model.report import Report, Verdict
from migrate.model.tree import FileTree

_PROVEN = (Verdict.EQUAL, Verdict.EXPLAINED)


@dataclass(frozen=True)
class LayerStatus:
    """How far one layer is; each step is a fact about now, not a memory."""

    layer: str
    releases: int
    planned: bool
    """Every release has a place in the plan, and no question of the layer waits for a person."""
    converted: bool
    """The tree has a component for every release in every environment that deploys it."""
    verified: bool
    """The verdicts stored for exactly this tree say equal or explained for all of them."""
    committed: bool
    """A branch (or what is checked out) holds the layer's files as they are in the tree."""
    fenced: bool
    """Every release is fenced in the helmfiles, or removed from them."""
    removed: bool


def layer_status(
    estate: Estate,
    plan: Plan | None,
    tree: FileTree | None,
    report: Report | None,
    branches: tuple[BranchState, ...] = (),
) -> tuple[LayerStatus, ...]:
    """One row a layer, in the estate's order; layers that only the plan still knows come last."""
    planned_layers = dict.fromkeys(release.layer for release in plan.releases) if plan else {}
    names = dict.fromkeys((*(layer.name for layer in estate.layers), *planned_layers))
    return tuple(_status(name, estate, plan, tree, report, branches) for name in names)


def _status(
    layer: str,
    estate: Estate,
    plan: Plan | None,
    tree: FileTree | None,
    report: Report | None,
    branches: tuple[BranchState, ...],
) -> LayerStatus:
    in_estate = dict.fromkeys(release.id for release in estate.releases if release.layer == layer)
    in_plan = {release.id: release for release in plan.releases if release.layer == layer} if plan else {}
    releases = dict.fromkeys((*in_estate, *in_plan))
    planned = plan is not None and all(identity in in_plan for identity in in_estate)
    if plan is not None:
        planned = planned and not any(q.must_ask and q.layer == layer for q in plan.questions)
    wanted = _wanted(layer, estate, plan)
    converted = planned and tree is not None and wanted <= _components(tree, plan)
    states = [in_plan[identity].state if identity in in_plan else "" for identity in releases]
    return LayerStatus(
        layer,
        len(releases),
        planned,
        converted,
        converted and report is not None and _proven(wanted, report),
        converted and plan is not None and tree is not None and _committed(layer, tree, plan, branches),
        bool(states) and all(state in ("fenced", "removed") for state in states),
        bool(states) and all(state == "removed" for state in states),
    )


def _wanted(layer: str, estate: Estate, plan: Plan | None) -> set[tuple[str, str]]:
    """``(environment, release id)`` that must have a component."""
    planned = plan.by_id() if plan else {}
    return {
        (release.environment, release.id)
        for release in estate.releases
        if release.layer == layer
        and release.deployed
        and release.id in planned
        and planned[release.id].disposition is Disposition.COMPONENT
    }


def _components(tree: FileTree, plan: Plan | None) -> set[tuple[str, str]]:
    """(environment, release id) of what the tree deploys, in any layout."""
    found: set[tuple[str, str]] = set()
    planned = plan.environments if plan else ()
    shared: dict[str, list[str]] = {"_shared": [environment.name for environment in planned]}
    for environment in planned:
        shared.setdefault(environment.cluster_type or environment.name, []).append(environment.name)
    for one in tree_components(tree):
        if not one.parked:
            found |= {(name, one.release) for name in shared.get(one.environment, [one.environment])}
    for release in plan.releases if plan else ():
        folder = f"argocd/{release.project.value}/{release.component.value}/envs"
        found |= {(e.name, release.id) for e in planned if f"{folder}/{e.name}/kustomization.yaml" in tree.files}
        file = f"argocd/apps/{application_name(release.layer)}.yaml"
        found |= {(e.name, release.id) for e in planned if f"environments/{e.name}/{file}" in tree.files}
    return found


def _proven(wanted: set[tuple[str, str]], report: Report) -> bool:
    return wanted <= {(row.environment, row.id) for row in report.releases if row.verdict in _PROVEN}


def _committed(layer: str, tree: FileTree, plan: Plan, branches: tuple[BranchState, ...]) -> bool:
    paths = layer_paths(tree, plan).get(layer, ())
    if not paths:
        return any(branch.layer == SKELETON for branch in branches)
    wanted = {path: blob_id(tree.files[path]) for path in paths}
    return any(all(branch.files.get(path) == identity for path, identity in wanted.items()) for branch in branches)
