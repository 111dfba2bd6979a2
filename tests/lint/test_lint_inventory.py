"""The phase inventory of a tree, with and without a rolling sync."""

from __future__ import annotations

from typing import Any

from migrate.lint import inventory, inventory_markdown
from migrate.model.application import Expansion, GeneratedApplication
from migrate.model.tree import FileTree

APPSET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: components}
spec:
  strategy:
    type: RollingSync
    rollingSync:
      steps:
        - {matchExpressions: [{key: rollout-phase, operator: In, values: ["110"]}], maxUpdate: 1}
        - {matchExpressions: [{key: rollout-phase, operator: In, values: ["210"]}]}
        - {matchExpressions: [{key: rollout-phase, operator: In, values: ["650"]}], maxUpdate: 25%}
"""


def application(environment: str, name: str, phase: str, step: int | None) -> GeneratedApplication:
    manifest: Any = {
        "metadata": {"name": name, "labels": {"rollout-phase": phase, "domain": "apps"}},
        "spec": {"project": "apps", "destination": {"namespace": "shop"}, "source": {"path": "charts/x"}},
    }
    return GeneratedApplication(environment, "components", name, manifest, step)


def tree(*environments: str, rolling: bool) -> FileTree:
    files: dict[str, bytes] = {}
    for environment in environments:
        files[f"environments/{environment}/components/apps/web/component.yaml"] = b"name: web\ndomain: apps\n"
        if rolling:
            files[f"environments/{environment}/argocd/apps/components.yaml"] = APPSET.encode()
    return FileTree(files)


def test_steps_are_those_of_the_rolling_sync_also_empty_ones() -> None:
    expansion = Expansion((application("dev", "web", "650", 3), application("dev", "odd", "651", -1)))
    found = inventory(tree("dev", rolling=True), expansion)
    steps: Any = found["steps"]
    assert [(s["phase"], s["maxUpdate"], [c["name"] for c in s["components"]]) for s in steps] == [
        ("110", 1, []),
        ("210", None, []),
        ("650", "25%", ["web"]),
        ("", None, ["odd"]),
    ]
    assert steps[2]["components"][0] == {
        "name": "web",
        "domain": "apps",
        "project": "apps",
        "namespace": "shop",
        "path": "apps/web",
        "environments": ["dev"],
    }


def test_without_a_rolling_sync_the_phases_of_the_components_count() -> None:
    applications = (
        application("dev", "web", "650", None),
        application("dev", "db", "250", None),
        application("prod", "web", "650", None),
    )
    steps: Any = inventory(tree("dev", "prod", rolling=False), Expansion(applications))["steps"]
    assert [(s["phase"], [(c["name"], c["environments"]) for c in s["components"]]) for s in steps] == [
        ("250", [("db", ["dev"])]),
        ("650", [("web", ["dev", "prod"])]),
    ]


def test_markdown_has_a_row_a_component_and_names_empty_steps() -> None:
    expansion = Expansion((application("dev", "web", "650", 3),))
    text = inventory_markdown(inventory(tree("dev", rolling=True), expansion))
    assert "| 650 | 25% | web (`apps/web`) | apps | apps | shop | dev |" in text
    assert "Steps without a component: 110, 210." in text
