"""The decisions of a release: their names in migration.yaml and in the noun."""

from __future__ import annotations

from migrate.model.plan import Decision, DecisionSource

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

UNDECIDED = Decision("", DecisionSource.DEFAULT)


def is_decided(decision: Decision) -> bool:
    """Whether a person (or a file that a person brought) decided it, so that no rule may change it."""
    return bool(decision.value) and decision.source in (DecisionSource.PERSON, DecisionSource.FILE)
