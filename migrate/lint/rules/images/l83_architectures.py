"""L83: an image is there for the architectures of its cluster."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.images import image_table, policies, policy_of, used_images
from migrate.lint.rule import Hit, Rule, error, info
from migrate.lint.subject import Subject
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity
from migrate.model.image_facts import POLICY_PATH, TABLE_PATH, facts_of


def check_architectures(subject: Subject) -> Iterator[Hit]:
    """L83: an image that is known to lack an architecture is an error; what nobody knows is told as unknown."""
    rules, table = policies(subject), image_table(subject)
    unknown: dict[int, tuple[GeneratedApplication, list[str]]] = {}
    for used in used_images(subject) if any(policy.architectures for policy in rules.values()) else ():
        one, policy = used.application, policy_of(used.application, rules)
        if policy is None or not policy.architectures:
            continue
        facts = facts_of(used.image, table, policy)
        if facts is None or not facts.architectures:
            unknown.setdefault(id(one), (one, []))[1].append(used.image)
            continue
        lacking = [name for name in policy.architectures if not _has(facts.architectures, name)]
        if lacking:
            text = f"{used} is not there for {', '.join(lacking)}, only for {', '.join(facts.architectures)}"
            hint = "Take an image that is, build it, or keep the component off these clusters."
            yield error(text, hint, subject.place(one, "chart", "path"), one.environment)
    for one, images in unknown.values():
        wanted = policy_of(one, rules)
        text = f"unknown whether there for {', '.join(wanted.architectures if wanted else ())}: {', '.join(images)}"
        hint = f"migrate images pull asks their registries, or write what you know into {TABLE_PATH}."
        yield info(text, hint, subject.place(one, "chart", "path"), one.environment)


def _has(architectures: tuple[str, ...], name: str) -> bool:
    """Whether one of them is ``name``; ``arm64`` is there as ``arm64/v8``, too."""
    return any(known == name or known.startswith(f"{name}/") for known in architectures)


_POLICY = """
    environments:
      dev:
        architectures: [arm64]
"""
_POD = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: quay.io/acme/web:1.4
"""
_TABLE = """
    images:
      quay.io/acme/web:1.4: {{architectures: [{}]}}
"""

RULE = Rule(
    id="L83",
    title="an image is there for the architectures of its cluster",
    reason="on a node of another architecture the container never starts (exec format error, no match for platform)",
    pointer="docs/how-to/images.md",
    severity=Severity.ERROR,
    check=check_architectures,
    needs_render=True,
    example=Example(
        bad={
            POLICY_PATH: _POLICY,
            TABLE_PATH: _TABLE.format("amd64"),
            TEMPLATE: _POD,
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={POLICY_PATH: _POLICY, TABLE_PATH: _TABLE.format("amd64, arm64"), TEMPLATE: _POD},
    ),
)
