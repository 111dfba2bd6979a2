"""The table of all rules: each family of rules is a module, and ends with its own part of this table.

Pointers: ``AC`` is the specification of Argo CD's semantics, ``D`` a decision of this project.
"""

from __future__ import annotations

from types import ModuleType

from migrate.lint import (
    applications,
    appsets,
    charts,
    components,
    fields,
    files,
    gates,
    objects,
    order,
    patches,
    projects,
    repositories,
    rollout,
    roots,
    settings,
    sources,
)
from migrate.lint.rule import Rule

FAMILIES = (
    applications,
    appsets,
    charts,
    components,
    fields,
    files,
    gates,
    objects,
    order,
    patches,
    projects,
    repositories,
    rollout,
    roots,
    settings,
    sources,
)
"""Modules of rules, in the order of the reference page."""
RULES: tuple[Rule, ...] = tuple(
    sorted((rule for family in FAMILIES for rule in family.RULES), key=lambda rule: rule.id)
)


def family_title(family: ModuleType) -> str:
    """``Rules over the charts that the tree holds``: the first words of the module's docstring."""
    return str(family.__doc__).splitlines()[0].rstrip(".").partition(":")[0]
