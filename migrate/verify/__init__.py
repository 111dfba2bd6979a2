"""The proof: what helmfile applies against what Argo CD would apply, object by object, with a reason or a verdict."""

from migrate.verify.deployed import Recorded, assign_records, compare_deployed, without_record
from migrate.verify.explain import RULES
from migrate.verify.health import HealthChecks, gate_of, health_checks
from migrate.verify.releases import (
    Pairing,
    compare_release,
    expansion_findings,
    helm_findings,
    judge,
    pair_releases,
    unjudged,
    verify_releases,
)
from migrate.verify.rollout import simulate_rollout

__all__ = [
    "RULES",
    "HealthChecks",
    "Pairing",
    "Recorded",
    "assign_records",
    "compare_deployed",
    "compare_release",
    "expansion_findings",
    "gate_of",
    "health_checks",
    "helm_findings",
    "judge",
    "pair_releases",
    "simulate_rollout",
    "unjudged",
    "verify_releases",
    "without_record",
]
