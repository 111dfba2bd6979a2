"""L81: an image says its version."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.lint.example import Example
from migrate.lint.good_tree import TEMPLATE, WEB
from migrate.lint.images import used_images
from migrate.lint.rule import Hit, Rule, warning
from migrate.lint.subject import Subject
from migrate.model.finding import Severity
from migrate.model.images import ImageUse, parse_image


def check_tags(subject: Subject) -> Iterator[Hit]:
    """L81: every image that a container runs has a tag other than latest, or a digest."""
    for used in used_images(subject):
        image = parse_image(used.image)
        if image is None or used.use is not ImageUse.CONTAINER or image.digest or image.tag not in ("", "latest"):
            continue
        what = "has the tag latest" if image.tag else "has no tag, which is latest"
        text = f"{used} {what}: what runs changes with no commit"
        hint = "Name a version, or better a digest."
        yield warning(text, hint, subject.place(used.application, "chart", "path"), used.application.environment)


_POD = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      initContainers:
        - name: wait
          image: {image}
"""

RULE = Rule(
    id="L81",
    title="an image says its version",
    reason="two nodes may run two images of the tag latest, and no commit says when it changed",
    pointer="docs/how-to/images.md",
    severity=Severity.WARNING,
    check=check_tags,
    needs_render=True,
    example=Example(
        bad={
            TEMPLATE: _POD.replace("{image}", "busybox"),
            WEB: """
                chart:
                  path: sources/charts/own/web  # <- here
            """,
        },
        good={TEMPLATE: _POD.replace("{image}", "busybox:1.37")},
    ),
)
