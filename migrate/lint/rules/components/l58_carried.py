"""L58: Applications carry what their components say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, dig
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity

_CARRIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("rolloutPhase", ("metadata", "labels", "rollout-phase")),
    ("tier", ("metadata", "labels", "tier")),
    ("domain", ("metadata", "labels", "domain")),
    ("componentType", ("metadata", "labels", "componentType")),
    ("wave", ("metadata", "labels", "wave")),
    ("project", ("spec", "project")),
    ("namespace", ("spec", "destination", "namespace")),
    ("syncOptions", ("spec", "syncPolicy", "syncOptions")),
    ("ignoreDifferences", ("spec", "ignoreDifferences")),
)
"""Key of component.yaml → where the Application has it."""


def check_carried(subject: Subject) -> Iterator[Hit]:
    """L58: an Application carries what its component says; one hit for each ApplicationSet and key."""
    lost: dict[tuple[str, str, str], list[tuple[GeneratedApplication, str, str]]] = defaultdict(list)
    for one in subject.expansion.applications:
        component = subject.component_of(one)
        for key, place in _CARRIED if component else ():
            stated, found = component.get(key) if component else None, dig(one.manifest, *place)
            optional = place[-2:-1] == ("labels",) and key != "rolloutPhase"
            if stated in (None, "", []) or (optional and found is None) or _same(stated, found):
                continue
            lost[one.environment, one.appset, key].append((one, str(stated), str(found)))
    for (environment, _, key), cases in sorted(lost.items(), key=lambda entry: entry[0]):
        one, stated, found = cases[0]
        place = dict(_CARRIED)[key]
        more = f" (and {len(cases) - 1} more)" if len(cases) > 1 else ""
        text = f"{one.name}{more}: component.yaml says {key} {stated}, and the Application {place[-1]} {found}"
        hint = "Rollouts, projects and syncs go by the Application. Correct the template of the ApplicationSet."
        appset = subject.appset_of(one)
        where = subject.line(appset, "spec", "template", *place) if appset else subject.place(one, key)
        yield error(text, hint, where, environment)


def _same(stated: Any, found: Any) -> bool:
    if isinstance(stated, list):
        return isinstance(found, list) and all(item in found for item in stated)
    return not isinstance(stated, str) or bool(stated == found)


RULE = Rule(
    id="L58",
    title="Applications carry what their components say",
    reason="steps select by label, a project is a fence, and a lost sync option is lost without a word",
    pointer="AC 2.11, 3.6",
    severity=Severity.ERROR,
    check=check_carried,
    own_tree=True,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    metadata:
                      labels:
                        rollout-phase: '{{ .wave }}'  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    metadata:
                      labels:
                        rollout-phase: '{{ .rolloutPhase }}'
            """,
        },
    ),
)
