"""Layers → branches of the target repository, and the checklist of the migration."""

from __future__ import annotations

from migrate.commit.branches import BranchOutcome, commit_layers
from migrate.commit.changes import LayerChange, plan_branches
from migrate.commit.status import LayerStatus, layer_status

__all__ = ["BranchOutcome", "LayerChange", "LayerStatus", "commit_layers", "layer_status", "plan_branches"]
