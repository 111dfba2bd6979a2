"""L66: all of the tree can be looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from migrate.doors.any_tree import Reason
from migrate.lint.example import Example
from migrate.lint.rule import Hit, Rule, info, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity, SourceLocation
from migrate.model.words import few, many

_LINKS = (Reason.OUTSIDE, Reason.ABSOLUTE, Reason.CIRCLE)
"""A matter of L67."""


def check_seen(subject: Subject) -> Iterator[Hit]:
    """L66: what no rule could look at is said, so that silence about it means nothing."""
    for unread in subject.unread:
        if unread.reason not in _LINKS:
            text = f"it was not read: {unread.reason}"
            tell = info if unread.reason in (Reason.LARGE, Reason.NOWHERE) else warning
            yield tell(text, "No rule looked at it.", SourceLocation(unread.path))
    for fault in subject.documents.faults:
        if fault.is_template:
            text = "it is filled in by something else before it is applied, and so it is no YAML yet"
            hint = "Lint what comes out of it."
            yield info(text, hint, SourceLocation(fault.path, fault.line))
    reasons: dict[str, list[str]] = defaultdict(list)
    for left in subject.left:
        reasons[left.reason].append(left.origin)
    lines = {one.origin: one for one in (*subject.appsets, *subject.roots)}
    for reason, origins in sorted(reasons.items()):
        first = lines.get(origins[0])
        where = subject.line(first, "spec") if first else SourceLocation(origins[0].partition("#")[0])
        others = sorted({origin.partition("#")[0] for origin in origins[1:]} - {where.file})
        more = f"; the same in {many(len(others), 'other file')}: {few(others, 3)}" if others else ""
        yield info(f"{reason}{more}", "What comes of it is not looked at here.", where)


RULE = Rule(
    id="L66",
    title="all of the tree can be looked at",
    reason="where nothing could be looked at, silence means nothing",
    pointer="AC 1.23-1.32, 5.21",
    severity=Severity.WARNING,
    check=check_seen,
    example=Example(
        base={},
        bad={
            "apps.yaml": """
                apiVersion: argoproj.io/v1alpha1
                kind: ApplicationSet
                metadata:
                  name: apps
                spec:  # <- here
                  generators:
                    - pullRequest:
                        github: {owner: acme, repo: shop}
                  template:
                    metadata:
                      name: shop-{{number}}
                    spec: {}
            """,
        },
        good={
            "apps.yaml": """
                apiVersion: argoproj.io/v1alpha1
                kind: ApplicationSet
                metadata:
                  name: apps
                spec:
                  generators:
                    - list:
                        elements: [{number: "1"}]
                  template:
                    metadata:
                      name: shop-{{number}}
                    spec:
                      project: default
                      source: {repoURL: https://git.example.com/shop.git, path: shop}
                      destination: {name: in-cluster, namespace: shop}
            """,
            "shop/service.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: shop
            """,
        },
    ),
)
