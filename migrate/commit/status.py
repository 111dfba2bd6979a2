"""The checklist of a migration, computed from what is there: estate, plan, tree, verdicts, branches, fences, syncs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.commit.changes import SKELETON, layer_paths, tree_releases
from migrate.commit.gate import PROVEN
from migrate.doors.git import BranchState, blob_id
from migrate.model.estate import Estate, Release
from migrate.model.fence import is_fenced
from migrate.model.plan import Disposition, Plan
from migrate.model.report import Report
from migrate.model.tree import FileTree


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
    """Every release is gone from the helmfiles, and the plan says that cut-over took it out."""
    adopted: bool | None = None
    """Every Application of it had a full sync and is synced; None where nobody showed the Applications."""


@dataclass(frozen=True)
class Evidence:
    """What the checklist rests on."""

    estate: Estate
    """With what cut-over removed."""
    there: tuple[Release, ...] = ()
    """The releases that the helmfiles hold, fences included."""
    plan: Plan | None = None
    tree: FileTree | None = None
    report: Report | None = None
    branches: tuple[BranchState, ...] = ()
    synced: Mapping[tuple[str, str], bool] | None = None
    """``(environment, Application)`` → whether a full sync of it succeeded and it is synced."""


def layer_status(evidence: Evidence) -> tuple[LayerStatus, ...]:
    """One row a layer, in the estate's order; layers that only the plan still knows come last."""
    estate, plan, tree = evidence.estate, evidence.plan, evidence.tree
    planned_layers = dict.fromkeys(release.layer for release in plan.releases) if plan else {}
    names = dict.fromkeys((*(layer.name for layer in estate.layers), *planned_layers))
    both = plan is not None and tree is not None
    paths = layer_paths(tree, plan) if plan and tree and evidence.branches else {}
    deployed = (
        {(one.environment, one.release) for one in tree_releases(tree, plan) if not one.parked}
        if plan and tree
        else set()
    )
    fenced = {(r.environment, r.id): is_fenced(r) for r in evidence.there}
    return tuple(_status(name, evidence, paths, deployed if both else None, fenced) for name in names)


def _status(
    layer: str,
    evidence: Evidence,
    paths: Mapping[str, tuple[str, ...]],
    deployed: set[tuple[str, str]] | None,
    fences: Mapping[tuple[str, str], bool],
) -> LayerStatus:
    estate, plan, report = evidence.estate, evidence.plan, evidence.report
    in_estate = dict.fromkeys(release.id for release in estate.releases if release.layer == layer)
    in_plan = {release.id: release for release in plan.releases if release.layer == layer} if plan else {}
    releases = dict.fromkeys((*in_estate, *in_plan))
    planned = plan is not None and all(identity in in_plan for identity in in_estate)
    if plan is not None:
        planned = planned and not any(q.must_ask and q.layer == layer for q in plan.questions)
    wanted = _wanted(layer, estate, plan)
    converted = planned and deployed is not None and wanted <= deployed
    # Definitions that stand apart are no release of the helmfiles: they are fenced with the one that they belong to.
    owners = dict.fromkeys(plan.owner_of(identity) if plan else identity for identity in releases)
    there = {identity for _, identity in fences}
    gone = {i for i in owners if i not in there and i in in_plan and in_plan[i].state == "removed"}
    kept = {i for i in owners if i in there and all(held for (_, one), held in fences.items() if one == i)}
    return LayerStatus(
        layer,
        len(releases),
        planned,
        converted,
        converted and report is not None and _proven(wanted, report),
        converted and _committed(paths.get(layer, ()), evidence),
        bool(owners) and all(identity in gone or identity in kept for identity in owners),
        bool(owners) and all(identity in gone for identity in owners),
        _adopted(wanted, plan, report, evidence.synced),
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


def _proven(wanted: set[tuple[str, str]], report: Report) -> bool:
    return wanted <= {(row.environment, row.id) for row in report.releases if row.verdict in PROVEN}


def _committed(paths: tuple[str, ...], evidence: Evidence) -> bool:
    if not paths or evidence.tree is None:
        return any(branch.layer == SKELETON for branch in evidence.branches)
    wanted = {path: blob_id(evidence.tree.files[path]) for path in paths}
    return any(
        all(branch.files.get(path) == identity for path, identity in wanted.items()) for branch in evidence.branches
    )


def _adopted(
    wanted: set[tuple[str, str]],
    plan: Plan | None,
    report: Report | None,
    synced: Mapping[tuple[str, str], bool] | None,
) -> bool | None:
    """Applications are called as the report calls them; where there is none, as the plan does."""
    if synced is None or plan is None:
        return None
    names = {release.id: release.component.value for release in plan.releases}
    named = {(row.environment, row.id): row.application for row in report.releases if row.application} if report else {}
    return all(synced.get((e, named.get((e, identity), names.get(identity, ""))), False) for e, identity in wanted)
