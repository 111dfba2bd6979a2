"""Estate and ReleaseGraph → Plan: where every release goes, why, and the file that holds it."""

from migrate.plan.check import check_plan, lost_order, settle_unstable
from migrate.plan.dump import dump_plan
from migrate.plan.load import load_plan
from migrate.plan.propose import DEFAULT_REPO_URL, propose_plan

__all__ = ["DEFAULT_REPO_URL", "check_plan", "dump_plan", "load_plan", "lost_order", "propose_plan", "settle_unstable"]
