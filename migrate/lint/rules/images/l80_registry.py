"""L80: images come from where the policy wants them."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.images import policies, policy_of, used_images
from migrate.lint.rule import Hit, Rule, error, info
from migrate.lint.subject import Subject
from migrate.model.finding import Severity
from migrate.model.image_facts import POLICY_PATH
from migrate.model.images import ImageUse, parse_image


def check_registries(subject: Subject) -> Iterator[Hit]:
    """L80: every image comes from a registry that the policy allows; what an argument names is worth knowing."""
    rules = policies(subject)
    for used in used_images(subject) if rules else ():
        policy, image = policy_of(used.application, rules), parse_image(used.image)
        if policy is None or image is None or policy.is_allowed(image):
            continue
        wanted = policy.mirrored(used.image)
        better = f"the policy wants {wanted}" if wanted != used.image else f"allowed: {', '.join(policy.places)}"
        text = f"{used} comes from {image.registry}: {better}"
        hint = (
            "Let the chart take it from a value (EM080 of convert says why none does), or allow it: imagePolicy.allow."
        )
        tell = info if used.use is ImageUse.ARGUMENT else error
        yield tell(text, hint, subject.place(used.application, "chart", "path"), used.application.environment)


_POLICY = """
    environments:
      dev:
        source: mirror
        mirror: registry.example.com/mirror
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

RULE = Rule(
    id="L80",
    title="images come from where the policy wants them",
    reason="a cluster that reaches the mirror alone cannot pull any other image",
    pointer="docs/how-to/images.md",
    severity=Severity.ERROR,
    check=check_registries,
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
        good={
            POLICY_PATH: _POLICY,
            TEMPLATE: _POD.replace("{image}", "registry.example.com/mirror/acme/web:1.4"),
        },
    ),
)
