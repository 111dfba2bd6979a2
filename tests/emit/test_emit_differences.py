"""What Argo CD is told not to compare: in its settings, and in a component's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from migrate.doors.yaml import load_yaml
from migrate.model.differences import Ignored
from migrate.model.manifest import Manifest
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import document, emit, make_manifest, make_plan, make_release, make_rendered, plan_release

CM = "environments/dev/argocd/ops/argocd-cm.yaml"
COMPONENT = "environments/dev/components/data/redis/component.yaml"
HOOKS = "resource.customizations.ignoreDifferences.admissionregistration.k8s.io_ValidatingWebhookConfiguration"
CA = ".webhooks[]?.clientConfig.caBundle"


def made(kind: str, name: str, group: str, **fields: Any) -> Manifest:
    found = make_manifest(kind, name, group=group, namespace="data" if group in ("apps", "autoscaling") else "")
    found.document.update(fields)
    return found


def hook() -> Manifest:
    return made(
        "ValidatingWebhookConfiguration", "shop", "admissionregistration.k8s.io", webhooks=[{"clientConfig": {}}]
    )


def scaled() -> tuple[Manifest, Manifest]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return (
        made("Deployment", "web", "apps", spec={"replicas": 1}),
        made("HorizontalPodAutoscaler", "web", "autoscaling", spec={"scaleTargetRef": target}),
    )


def tree_of(root: Path, *manifests: Manifest, own: tuple[Ignored, ...] = (), **plan: Any) -> FileTree:
    release = make_release()
    planned = make_plan(plan_release(release, project="platform", **plan), ignore_differences=own)
    return emit(root, [release], plan=planned, rendered={"redis": make_rendered(*manifests)})


def settings(tree: FileTree) -> dict[str, Any]:
    data: dict[str, Any] = document(tree, CM)["data"]
    return data


def test_what_controllers_write_is_in_argocd_cm_with_its_reason(tmp_path: Path) -> None:
    text = settings(tree_of(tmp_path, hook()))[HOOKS]
    assert load_yaml(text) == {"jqPathExpressions": [CA]}
    assert text.startswith(f"# {CA}: rendered without one, so whoever serves it writes it (shop)\n")


def test_kinds_that_nothing_renders_get_nothing(tmp_path: Path) -> None:
    found = settings(tree_of(tmp_path, make_manifest("Service", "redis")))
    assert [key for key in found if "ignoreDifferences" in key or "compareoptions" in key] == []


def test_a_persons_entry_takes_the_place_of_a_proposal(tmp_path: Path) -> None:
    own = Ignored(
        "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", ("/webhooks",), reasons=("ours writes all",)
    )
    text = settings(tree_of(tmp_path, hook(), own=(own,)))[HOOKS]
    assert text == "# ours writes all\njsonPointers:\n  - /webhooks\n"
    nothing = Ignored("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")
    assert HOOKS not in settings(tree_of(tmp_path, hook(), own=(nothing,)))


def test_roles_that_kubernetes_fills_are_compared_without_their_rules(tmp_path: Path) -> None:
    role = made("ClusterRole", "all-views", "rbac.authorization.k8s.io", aggregationRule={}, rules=[])
    text = settings(tree_of(tmp_path, role))["resource.compareoptions"]
    assert load_yaml(text) == {"ignoreAggregatedRoles": True}
    assert "all-views" in text


def test_replicas_that_an_autoscaler_sets_are_the_components_own(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, *scaled())
    component = document(tree, COMPONENT)
    entry = {"group": "apps", "kind": "Deployment", "name": "web", "jsonPointers": ["/spec/replicas"]}
    assert component["ignoreDifferences"] == [entry]
    assert "RespectIgnoreDifferences=true" in component["syncOptions"]
    assert not [key for key in settings(tree) if "ignoreDifferences" in key]


def test_a_persons_word_on_replicas_stands(tmp_path: Path) -> None:
    theirs = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec"]}
    tree = tree_of(tmp_path, *scaled(), ignore_differences=(theirs,), sync_options=("RespectIgnoreDifferences=false",))
    component = document(tree, COMPONENT)
    assert component["ignoreDifferences"] == [theirs]
    assert component["syncOptions"] == ["RespectIgnoreDifferences=false"]
