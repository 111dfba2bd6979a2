"""The decisions of a release: their names in migration.yaml and in the noun, and what they may be."""

from __future__ import annotations

from migrate.model.plan import Decision, DecisionSource
from migrate.plan.ladder import BANDS, STEPS

FIELDS = {
    "domain": "domain",
    "tier": "tier",
    "componentType": "component_type",
    "rolloutPhase": "rollout_phase",
    "wave": "wave",
    "project": "project",
    "component": "component",
    "path": "path",
}
"""Name in migration.yaml → field of ReleasePlan, in the order of the file."""

TIERS = ("infra", "data", "apps", "platform", "qa")
PROJECTS = ("platform", "data-services", "apps")
CHOICES = {"domain": tuple(BANDS), "tier": TIERS, "componentType": tuple(STEPS), "project": PROJECTS}
"""Fields that are one of a few words."""

DEFAULT_REPO_URL = "https://git.example.com/platform/gitops.git"
"""Stands in for the target until a person names it."""

UNDECIDED = Decision("", DecisionSource.DEFAULT)


def is_decided(decision: Decision) -> bool:
    """Whether a person (or a file that a person brought) decided it, so that no rule may change it."""
    return bool(decision.value) and decision.source in (DecisionSource.PERSON, DecisionSource.FILE)
