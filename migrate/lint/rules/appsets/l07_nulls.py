"""L07: no null in valuesObject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import APPS
from migrate.lint.patches import KEY
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Document, Key, Subject, listed
from migrate.model.finding import Severity


def check_nulls(subject: Subject) -> Iterator[Hit]:
    """L07: a null below valuesObject never arrives, and so the chart's default stays."""
    hint = "Write it into a value file, or into values as text: only there null removes a chart's default."
    for appset in subject.appsets:
        for keys in _values_objects(appset):
            for place in _nulls(appset.get(*keys), keys):
                said = f"{'.'.join(map(str, place[len(keys) - 1 :]))} is null, which Argo CD drops"
                yield error(said, hint, subject.line(appset, *place), appset.environment)
        for key in _patched_nulls(str(appset.get("spec", "templatePatch") or "")):
            said = f"valuesObject in templatePatch: {key} is null, which Argo CD drops"
            yield error(said, hint, subject.line(appset, "spec", "templatePatch"), appset.environment)


def _values_objects(appset: Document) -> Iterator[tuple[Key, ...]]:
    template: tuple[Key, ...] = ("spec", "template", "spec")
    yield (*template, "source", "helm", "valuesObject")
    for index in range(len(listed(appset.data, *template, "sources"))):
        yield (*template, "sources", index, "helm", "valuesObject")


def _nulls(value: Any, keys: tuple[Key, ...]) -> Iterator[tuple[Key, ...]]:
    """Places of null entries of mappings; a null in a list survives (rule 2.8)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if item is None:
                yield (*keys, key)
            yield from _nulls(item, (*keys, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nulls(item, (*keys, index))


def _patched_nulls(patch: str) -> Iterator[str]:
    inside = -1
    for line in patch.splitlines():
        found = KEY.match(line)
        if found is None:
            continue
        depth, key, value = len(found[1]), found[2], found[3]
        if depth <= inside:
            inside = -1
        if inside >= 0 and value in ("null", "~", "Null", "NULL"):
            yield key
        if key == "valuesObject":
            inside = depth


RULE = Rule(
    id="L07",
    title="no null in valuesObject",
    reason="null entries are dropped, and the chart's default stays",
    pointer="AC 2.8, 2.13",
    severity=Severity.ERROR,
    check=check_nulls,
    example=Example(
        bad={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          valuesObject:
                            ingress: null  # <- here
            """,
        },
        good={
            APPS: """
                spec:
                  template:
                    spec:
                      source:
                        helm:
                          values: 'ingress: null'
            """,
        },
    ),
)
