"""The proof: what helmfile applies against what Argo CD would apply, object by object, with a reason or a verdict."""

from migrate.verify.explain import RULES
from migrate.verify.releases import compare_release, verify_releases

__all__ = ["RULES", "compare_release", "verify_releases"]
