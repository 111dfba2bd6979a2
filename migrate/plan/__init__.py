"""Estate and ReleaseGraph → Plan: where every release goes, why, and the file that holds it."""

from migrate.plan.apart import split_definitions
from migrate.plan.check import check_plan, lost_order, settle_findings
from migrate.plan.dump import dump_plan
from migrate.plan.fields import DEFAULT_REPO_URL
from migrate.plan.load import load_plan
from migrate.plan.propose import propose_plan
from migrate.plan.removed import as_planned, keep_removed
from migrate.plan.schema import plan_schema

__all__ = [
    "DEFAULT_REPO_URL",
    "as_planned",
    "check_plan",
    "dump_plan",
    "keep_removed",
    "load_plan",
    "lost_order",
    "plan_schema",
    "propose_plan",
    "settle_findings",
    "split_definitions",
]
