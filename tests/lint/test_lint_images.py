"""Rules over images, beyond their examples: what they say, of what, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.lint.good_tree import GOOD, TEMPLATE
from migrate.model.image_facts import POLICY_PATH, TABLE_PATH
from tests.lint.test_lint_examples import lint_rendered

DIGEST = "sha256:" + "a" * 64
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      initContainers: [{{name: a, image: "{first}"}}]
      containers: [{{name: b, image: "{second}", args: ["--side-image={third}"]}}]
"""


def found(folder: Path, code: str, *images: str, policy: str = "", table: str = "") -> list[tuple[str, str]]:
    """(severity, message) of what one rule says about a Deployment with three images."""
    first, second, third = images
    files = {**GOOD, TEMPLATE: DEPLOYMENT.format(first=first, second=second, third=third)}
    files |= {POLICY_PATH: policy} if policy else {}
    files |= {TABLE_PATH: table} if table else {}
    return [(str(f.severity), f.message) for f in lint_rendered(files, folder) if f.code == code]


def of(image: str) -> str:
    """An image as findings name it."""
    return f"{image} (Deployment.apps web/web)"


MIRROR = "environments: {dev: {source: mirror, mirror: m.example.com, allow: [own.example.com/a]}}\n"


def test_containers_are_errors_and_arguments_worth_knowing(tmp_path: Path) -> None:
    assert found(tmp_path, "L80", "busybox:1", "m.example.com/web:1", "quay.io/side:1", policy=MIRROR) == [
        (
            "error",
            f"{of('busybox:1')} comes from docker.io: the policy wants m.example.com/library/busybox:1",
        ),
        (
            "info",
            "quay.io/side:1 (Deployment.apps web/web) comes from quay.io: the policy wants m.example.com/side:1",
        ),
    ]


def test_an_allowed_path_is_no_prefix_of_a_word(tmp_path: Path) -> None:
    said = found(
        tmp_path, "L80", "own.example.com/a/x:1", "own.example.com/ab/x:1", "own.example.com/a:1", policy=MIRROR
    )
    assert [message.split(" ")[0] for _, message in said] == ["own.example.com/ab/x:1"]


def test_upstream_with_a_list_of_registries(tmp_path: Path) -> None:
    policy = "environments: {'*': {source: upstream, allow: [quay.io]}}\n"
    said = found(tmp_path, "L80", "quay.io/a:1", "ghcr.io/b:1", "quay.io/c:1", policy=policy)
    assert said == [("error", "ghcr.io/b:1 (Deployment.apps web/web) comes from ghcr.io: allowed: quay.io")]


def test_without_a_policy_no_registry_is_wrong(tmp_path: Path) -> None:
    assert found(tmp_path, "L80", "a:1", "ghcr.io/b:1", "c:1") == []


def test_a_digest_is_a_version_and_a_tag_is_no_digest(tmp_path: Path) -> None:
    images = ("a", f"quay.io/b@{DIGEST}", "c:latest")
    assert [m.split(" ")[0] for _, m in found(tmp_path, "L81", *images)] == ["a"]
    policy = "environments: {dev: {digests: true}}\n"
    table = f"images: {{docker.io/library/a: {{digest: '{DIGEST}', architectures: [amd64]}}}}\n"
    said = found(tmp_path, "L82", *images, policy=policy, table=table)
    assert said == [
        (
            "error",
            f"a (Deployment.apps web/web) has no digest, and the image policy demands one; the table says {DIGEST}",
        )
    ]


@pytest.mark.parametrize("name", ["m.example.com/a:1", "quay.io/a:1"])
def test_the_table_may_name_the_image_or_the_one_it_mirrors(tmp_path: Path, name: str) -> None:
    policy = "environments: {dev: {source: mirror, mirror: m.example.com, architectures: [arm64]}}\n"
    table = f"images: {{'{name}': {{architectures: [amd64]}}, 'm.example.com/b:1': {{architectures: [arm64/v8]}}}}\n"
    said = found(
        tmp_path, "L83", "m.example.com/a:1", "m.example.com/b:1", "m.example.com/c:1", policy=policy, table=table
    )
    assert said == [
        ("error", "m.example.com/a:1 (Deployment.apps web/web) is not there for arm64, only for amd64"),
        ("info", "unknown whether there for arm64: m.example.com/c:1"),
    ]


def test_a_table_of_another_shape_says_nothing(tmp_path: Path) -> None:
    policy = "environments: {dev: {architectures: [arm64]}}\n"
    said = found(tmp_path, "L83", "a:1", "a:1", "a:1", policy=policy, table="images: [1]\n")
    assert said == [("info", "unknown whether there for arm64: a:1")]
