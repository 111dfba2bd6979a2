"""The proof: what helmfile applies against what Argo CD would apply, object by object, with a reason or a verdict."""

from migrate.verify.explain import RULES
from migrate.verify.releases import (
    Pairing,
    compare_release,
    expansion_findings,
    judge,
    pair_releases,
    unjudged,
    verify_releases,
)

__all__ = [
    "RULES",
    "Pairing",
    "compare_release",
    "expansion_findings",
    "judge",
    "pair_releases",
    "unjudged",
    "verify_releases",
]
