"""L60: a manual hand-over is manual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS, WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, dig
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity


def check_handover(subject: Subject) -> Iterator[Hit]:
    """L60: what a person hands over is synced by nobody else; one hit for each ApplicationSet."""
    automated: dict[tuple[str, str], list[GeneratedApplication]] = defaultdict(list)
    stepped: dict[tuple[str, str], list[GeneratedApplication]] = defaultdict(list)
    for one in subject.expansion.applications:
        component = subject.component_of(one)
        if component is None or component.get("handover") != "manual":
            continue
        policy: Any = dig(one.manifest, "spec", "syncPolicy", "automated")
        if isinstance(policy, dict) and policy.get("enabled") is not False:
            automated[one.environment, one.appset].append(one)
        if one.step is not None and one.step > 0:
            stepped[one.environment, one.appset].append(one)
    for found, what in ((automated, "automated sync"), (stepped, "a step that syncs it")):
        for applications in found.values():
            one = applications[0]
            more = f" (and {len(applications) - 1} more)" if len(applications) > 1 else ""
            text = f"{one.name}{more} is in manual hand-over, and has {what}"
            hint = "Remove what syncs it, or set handover: done in migration.yaml and convert again."
            appset = subject.appset_of(one)
            keys = ("spec", "strategy") if found is stepped else ("spec", "templatePatch")
            where = subject.line(appset, *keys) if appset else subject.place(one, "handover")
            yield error(text, hint, where, one.environment)


RULE = Rule(
    id="L60",
    title="a manual hand-over is manual",
    reason="what syncs by itself changes a cluster before anybody has compared",
    pointer="D 1",
    severity=Severity.ERROR,
    check=check_handover,
    own_tree=True,
    example=Example(
        bad={
            WEB: """
                handover: manual
            """,
            APPS: """
                spec:
                  templatePatch: |  # <- here
                    spec:
                      syncPolicy:
                        automated: {prune: true}
            """,
        },
        good={
            WEB: """
                handover: manual
            """,
            APPS: """
                spec:
                  templatePatch: |
                    spec:
                      syncPolicy:
                        syncOptions: {{ toJson .syncOptions }}
            """,
        },
    ),
)
