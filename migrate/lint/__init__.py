"""Rules over an emitted tree, or over any other tree of Argo CD ApplicationSets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.doors.any_tree import Unread
from migrate.lint.data import PLACEHOLDER, Document
from migrate.lint.documents import Documents, find_documents
from migrate.lint.edits import Edit, edited_files
from migrate.lint.ignores import FILE as IGNORE_FILE
from migrate.lint.ignores import Ignore, apply_ignores, check_known, ignore_of, ignores_in
from migrate.lint.inventory import inventory, inventory_markdown
from migrate.lint.own_repositories import own_repositories
from migrate.lint.reference import rule_texts, rules_markdown
from migrate.lint.rule import Fixed, Rule
from migrate.lint.rules import all_rules
from migrate.lint.subject import Left, take_apart
from migrate.model.application import Expansion
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.model.manifest import Rendered
from migrate.model.tree import FileTree
from migrate.model.words import few

__all__ = [
    "IGNORE_FILE",
    "PLACEHOLDER",
    "Document",
    "Documents",
    "Edit",
    "Fixed",
    "Ignore",
    "Left",
    "Rule",
    "all_rules",
    "apply_ignores",
    "check_known",
    "edited_files",
    "find_documents",
    "fixes_for",
    "ignore_of",
    "ignores_in",
    "inventory",
    "inventory_markdown",
    "lint_tree",
    "own_repositories",
    "rule_texts",
    "rules_markdown",
]


def lint_tree(
    tree: FileTree,
    expansion: Expansion,
    rendered: Mapping[tuple[str, str], Rendered] | None = None,
    *,
    api_versions: Mapping[str, tuple[str, ...]] | None = None,
    argocd_version: str = "3.3",
    documents: Documents | None = None,
    left: tuple[Left, ...] = (),
    unread: tuple[Unread, ...] = (),
    rules: Sequence[Rule] | None = None,
) -> tuple[Finding, ...]:
    """What the rules find, by place.

    ``rendered`` maps (environment, Application) to what Argo CD would render, in a foreign tree (origin, Application);
    without it the rules over rendered objects say nothing. ``api_versions`` maps an environment to the API versions
    that this render assumed; ``argocd_version`` decides what Argo CD can tell the health of by itself. ``documents``
    are those of :func:`find_documents` where they are known already; ``left`` is what nobody could look at, and
    ``unread`` what was not read from the disk.
    """
    subject = take_apart(
        tree,
        expansion,
        rendered,
        api_versions,
        documents=documents,
        argocd_version=argocd_version,
        left=left,
        unread=unread,
    )
    found = (
        Finding(rule.id, hit.severity, hit.message, hit.hint, hit.source, environment=hit.environment)
        for rule in (all_rules() if rules is None else rules)
        if subject.own or not rule.own_tree
        for hit in rule.check(subject)
    )
    findings = sort_findings(tuple(found))
    return findings if subject.own else _once_a_tree(_once_a_place(findings))


_MOST_AT_A_PLACE = _MOST_IN_A_TREE = 3
_NAMED = re.compile(r"\b(Application|ApplicationSet|AppProject|project) \S+")


def _once_a_place(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What one line of a foreign tree, an ApplicationSet's template say, gives many times told a few times."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.severity, finding.source, finding.hint), []).append(finding)
    told: list[Finding] = []
    for group in groups.values():
        kept = group if len(group) <= _MOST_AT_A_PLACE else group[:1]
        rest = f" (and {len(group) - 1} more like it here)" if len(kept) < len(group) else ""
        told += [replace(finding, message=f"{finding.message}{rest}") for finding in kept]
    return sort_findings(tuple(told))


def _once_a_tree(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is a habit of a foreign tree, and information, told once; errors and warnings keep each its own place."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.INFO:
            shape = _NAMED.sub(r"\1", finding.message)
            groups.setdefault((finding.code, finding.hint, shape), []).append(finding)
    told = [finding for finding in findings if finding.severity is not Severity.INFO]
    for group in groups.values():
        if len(group) <= _MOST_IN_A_TREE:
            told += group
            continue
        places = few(sorted({str(finding.source) for finding in group[1:]}), 3)
        told.append(replace(group[0], message=f"{group[0].message}; {len(group) - 1} more like it: {places}"))
    return sort_findings(tuple(told))


def fixes_for(
    tree: FileTree, expansion: Expansion, documents: Documents, rules: Sequence[Rule]
) -> tuple[tuple[str, Fixed], ...]:
    """(rule, where it is heard and the edit) of what ``--fix`` can mend; no render is needed for any."""
    subject = take_apart(tree, expansion, None, documents=documents)
    return tuple(
        (rule.id, fixed)
        for rule in rules
        if rule.fix is not None and (subject.own or not rule.own_tree)
        for fixed in rule.fix.edits(subject)
    )
