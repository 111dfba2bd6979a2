"""The proof: what helmfile applies against what Argo CD would apply, object by object, with a reason or a verdict."""

from migrate.model.health import HealthChecks
from migrate.verify.deployed import Recorded, assign_records, compare_deployed, without_record
from migrate.verify.explain import RULES
from migrate.verify.externalised import stands_in
from migrate.verify.health import gate_of, health_checks
from migrate.verify.hiding import without_texts
from migrate.verify.plugin import CopyState, is_by_plugin, judge_by_plugin, plugin_findings
from migrate.verify.releases import (
    Pairing,
    compare_release,
    expansion_findings,
    judge,
    pair_releases,
    row_findings,
    unjudged,
    verify_releases,
)
from migrate.verify.rollout import simulate_rollout

__all__ = [
    "RULES",
    "CopyState",
    "HealthChecks",
    "Pairing",
    "Recorded",
    "assign_records",
    "compare_deployed",
    "compare_release",
    "expansion_findings",
    "gate_of",
    "health_checks",
    "is_by_plugin",
    "judge",
    "judge_by_plugin",
    "pair_releases",
    "plugin_findings",
    "row_findings",
    "simulate_rollout",
    "stands_in",
    "unjudged",
    "verify_releases",
    "without_record",
    "without_texts",
]
