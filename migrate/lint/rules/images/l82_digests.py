"""L82: an image says its digest where the policy demands it."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.images import image_table, policies, policy_of, used_images
from migrate.lint.rule import Hit, Rule, error
from migrate.lint.subject import Subject
from migrate.model.finding import Severity
from migrate.model.image_facts import POLICY_PATH, facts_of
from migrate.model.images import ImageUse, parse_image


def check_digests(subject: Subject) -> Iterator[Hit]:
    """L82: where ``digests`` are required every image that a container runs has one."""
    rules, table = policies(subject), image_table(subject)
    for used in used_images(subject) if any(policy.digests for policy in rules.values()) else ():
        policy, image = policy_of(used.application, rules), parse_image(used.image)
        if policy is None or not policy.digests or image is None or image.digest:
            continue
        if used.use is not ImageUse.CONTAINER:
            continue
        facts = facts_of(used.image, table, policy)
        known = f"; the table says {facts.digest}" if facts and facts.digest else ""
        text = f"{used} has no digest, and the image policy demands one{known}"
        hint = "Give the chart the digest beside the tag; migrate images pull writes digests into the table."
        yield error(text, hint, subject.place(used.application, "chart", "path"), used.application.environment)


_POLICY = """
    environments:
      dev:
        digests: true
"""
_POD = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
        - name: web
          image: {image}
"""
_DIGEST = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

RULE = Rule(
    id="L82",
    title="an image says its digest where the policy demands it",
    reason="a tag can be moved to another image; a digest cannot",
    pointer="docs/how-to/images.md",
    severity=Severity.ERROR,
    check=check_digests,
    needs_render=True,
    example=Example(
        bad={
            POLICY_PATH: _POLICY,
            TEMPLATE: _POD.replace("{image}", "quay.io/acme/web:1.4"),
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={POLICY_PATH: _POLICY, TEMPLATE: _POD.replace("{image}", f"quay.io/acme/web:1.4@{_DIGEST}")},
    ),
)
