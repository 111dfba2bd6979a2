"""L64: definitions and Namespaces come before what needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.manifest import Manifest

Need = tuple[str, str]
"""(group, kind) that must be defined, or ("", namespace) that must exist."""


def check_order(subject: Subject) -> Iterator[Hit]:
    """L64: definitions and Namespaces that the tree brings come before what is made of them or lies in them."""
    for environment in sorted({one.environment for one in subject.expansion.applications}):
        placed = {
            one.name: (phase, one)
            for one in subject.expansion.applications
            if one.environment == environment and (phase := _phase(one)) is not None
        }
        given = _given(subject, placed)
        for phase, one in placed.values():
            own = set(_gives(subject, one))
            for need, manifest in _needs(subject, one).items():
                first = given.get(need)
                if need in own or first is None or first[0] < phase:
                    continue
                what = f"namespace {need[1]}" if not need[0] else f"the definition of {need[1]}.{need[0]}"
                relation = "in the same phase as" if first[0] == phase else "before"
                text = f"{one.name} comes {relation} {first[1]}, which brings {what} for its {manifest.key}"
                yield error(text, "Give it a later rolloutPhase.", subject.place(one, "rolloutPhase"), environment)


def _phase(one: GeneratedApplication) -> int | None:
    """The step that syncs it, else its phase as a person goes through them; None where neither is known."""
    if one.step is not None:
        return one.step if one.step > 0 else None
    label: Any = mapped(one.manifest, "metadata", "labels").get("rollout-phase")
    return int(label) if isinstance(label, str) and label.isdigit() else None


def _given(subject: Subject, placed: Mapping[str, tuple[int, GeneratedApplication]]) -> dict[Need, tuple[int, str]]:
    """What the Applications bring, with the first phase and the Application that does."""
    found: dict[Need, tuple[int, str]] = {}
    for phase, one in placed.values():
        for need in _gives(subject, one):
            found[need] = min(found.get(need, (phase, one.name)), (phase, one.name))
    return found


def _gives(subject: Subject, one: GeneratedApplication) -> Iterator[Need]:
    for manifest in subject.manifests(one):
        if manifest.key.kind == "CustomResourceDefinition":
            spec = mapped(manifest.document, "spec")
            yield str(spec.get("group")), str(mapped(spec, "names").get("kind"))
        elif manifest.key.kind == "Namespace" and not manifest.key.group:
            yield "", manifest.key.name


def _needs(subject: Subject, one: GeneratedApplication) -> dict[Need, Manifest]:
    """What its objects need, each with the first object that needs it."""
    found: dict[Need, Manifest] = {}
    creates = "CreateNamespace=true" in listed(one.manifest, "spec", "syncPolicy", "syncOptions")
    own = mapped(one.manifest, "spec", "destination").get("namespace")
    for manifest in subject.manifests(one):
        if manifest.key.group:
            found.setdefault((manifest.key.group, manifest.key.kind), manifest)
        if manifest.key.namespace and not (creates and manifest.key.namespace == own):
            found.setdefault(("", manifest.key.namespace), manifest)
    return found


RULE = Rule(
    id="L64",
    title="definitions and Namespaces come before what needs them",
    reason="the first sync of an object fails while its kind or its Namespace is not there",
    pointer="AC 3.13, 6.21, D 19",
    severity=Severity.ERROR,
    check=check_order,
    needs_render=True,
    example=Example(
        bad={
            WEB: """
                rolloutPhase: "100"  # <- here
            """,
            TEMPLATE: """
                apiVersion: example.com/v1
                kind: Thing
                metadata:
                  name: web
            """,
        },
        good={
            WEB: """
                rolloutPhase: "650"
            """,
            TEMPLATE: """
                apiVersion: example.com/v1
                kind: Thing
                metadata:
                  name: web
            """,
        },
    ),
)
