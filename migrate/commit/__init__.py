"""Layers → branches of the target repository, the way out of the helmfiles, and the checklist of the migration."""

from __future__ import annotations

from migrate.commit.branches import BranchOutcome, commit_change, commit_layers, push_branches
from migrate.commit.changes import LayerChange, branch_name, plan_branches
from migrate.commit.cutover import CutOver, Files, fence_releases, remove_releases
from migrate.commit.gate import cutover_order, refuse_open_needs, refuse_undeployed, refuse_unproven
from migrate.commit.status import Evidence, LayerStatus, layer_status
from migrate.commit.steps import Step, cutover_steps, retire_steps, steps_text

__all__ = [
    "BranchOutcome",
    "CutOver",
    "Evidence",
    "Files",
    "LayerChange",
    "LayerStatus",
    "Step",
    "branch_name",
    "commit_change",
    "commit_layers",
    "cutover_order",
    "cutover_steps",
    "fence_releases",
    "layer_status",
    "plan_branches",
    "push_branches",
    "refuse_open_needs",
    "refuse_undeployed",
    "refuse_unproven",
    "remove_releases",
    "retire_steps",
    "steps_text",
]
