"""Rules over an emitted tree, or over any other tree of Argo CD ApplicationSets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.lint.inventory import inventory, inventory_markdown
from migrate.lint.reference import rules_markdown
from migrate.lint.rules import RULES
from migrate.lint.subject import take_apart
from migrate.model.application import Expansion
from migrate.model.finding import Finding, sort_findings
from migrate.model.manifest import Rendered
from migrate.model.tree import FileTree

__all__ = ["RULES", "inventory", "inventory_markdown", "lint_tree", "rules_markdown"]


def lint_tree(
    tree: FileTree,
    expansion: Expansion,
    rendered: Mapping[tuple[str, str], Rendered] | None = None,
    *,
    api_versions: Mapping[str, tuple[str, ...]] | None = None,
    argocd_version: str = "3.3",
) -> tuple[Finding, ...]:
    """What the rules find, by place.

    ``rendered`` maps (environment, Application) to what Argo CD would render; without it the rules over rendered
    objects say nothing. ``api_versions`` maps an environment to the API versions that this render assumed;
    ``argocd_version`` decides what Argo CD can tell the health of by itself.
    """
    subject = replace(take_apart(tree, expansion, rendered, api_versions), argocd_version=argocd_version)
    found = (
        Finding(rule.id, hit.severity, hit.message, hit.hint, hit.source, environment=hit.environment)
        for rule in RULES
        for hit in rule.check(subject)
    )
    return sort_findings(tuple(found))
