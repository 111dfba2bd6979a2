"""Changes that get a line at the top: each of them, and the change beside it that is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from migrate.diff import Rendition, compare_renditions
from migrate.diff.dangers import quantity
from migrate.diff.settings import settings_manifest
from migrate.model.manifest import Manifest, Rendered
from migrate.model.tree_diff import ApplicationDiff

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}
STATEFUL = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "x"}}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}}
CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"}}
CLASS = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "x"}}
BINDING = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "x"}}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.org"},
}
APPSET = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "x"}}
CLUSTER = {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "x"}}
REPLACED = "Force=true,Replace=true"


def rendered(document: dict[str, Any] | None, **more: Any) -> Rendition:
    if document is None:
        return Rendition({}, Rendered())
    plain = settings_manifest("x.yaml", 0, document, "")
    return Rendition({}, Rendered((Manifest(plain.key, plain.document, "", **more),)))


def row(before: dict[str, Any] | None, after: dict[str, Any] | None, **more: Any) -> ApplicationDiff:
    return compare_renditions("dev", "x", rendered(before, **more), rendered(after, **more))


def rules(before: dict[str, Any] | None, after: dict[str, Any] | None, **more: Any) -> list[str]:
    return [danger.rule for danger in row(before, after, **more).dangers]


def spec(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**document, "spec": fields}


def asking(storage: str) -> dict[str, Any]:
    return spec(CLAIM, resources={"requests": {"storage": storage}})


def annotated(document: dict[str, Any], **annotations: str) -> dict[str, Any]:
    found = {name.replace("_", "-"): text for name, text in annotations.items()}
    noted = {f"argocd.argoproj.io/{name}": text for name, text in found.items()}
    return {**document, "metadata": {**document["metadata"], "annotations": noted}}


def versions(*entries: tuple[str, bool, bool]) -> dict[str, Any]:
    return spec(CRD, versions=[{"name": n, "served": served, "storage": stored} for n, served, stored in entries])


@pytest.mark.parametrize("document", [NAMESPACE, CLAIM, STATEFUL, CRD, CLUSTER], ids=lambda d: str(d["kind"]))
def test_what_holds_data_is_told_when_it_goes(document: dict[str, Any]) -> None:
    assert rules(document, None) == ["guarded-removed"]
    assert rules(None, document) == []


@pytest.mark.parametrize("document", [DEPLOYMENT, CONFIG, JOB, SERVICE], ids=lambda d: str(d["kind"]))
def test_what_holds_none_may_go(document: dict[str, Any]) -> None:
    assert rules(document, None) == []


def test_a_removed_object_that_prune_spares_is_said_to_stay() -> None:
    (danger,) = row(annotated(NAMESPACE, sync_options="Prune=false"), None).dangers
    assert "keeps it on the cluster" in danger.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (spec(JOB, template={"spec": {"a": 1}}), spec(JOB, template={"spec": {"a": 2}})),
        (spec(JOB, template={"metadata": {"labels": {"helm.sh/chart": "x-1.0.0"}}}),
         spec(JOB, template={"metadata": {"labels": {"helm.sh/chart": "x-1.1.0"}}})),
        (spec(DEPLOYMENT, selector={"matchLabels": {"a": 1}}), spec(DEPLOYMENT, selector={"matchLabels": {"a": 2}})),
        (spec(STATEFUL, serviceName="a"), spec(STATEFUL, serviceName="b")),
        (spec(STATEFUL, volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"storageClassName": "a"}}]),
         spec(STATEFUL, volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"storageClassName": "b"}}])),
        (spec(SERVICE, clusterIP="10.0.0.1"), spec(SERVICE, clusterIP="10.0.0.2")),
        (spec(SERVICE, ports=[]), spec(SERVICE, ports=[], clusterIP="None")),
        (spec(CLAIM, storageClassName="a"), spec(CLAIM, storageClassName="b")),
        (asking("2Gi"), asking("1Gi")),
        ({**CLASS, "parameters": {"type": "ssd"}}, {**CLASS, "parameters": {"type": "hdd"}}),
        ({**BINDING, "roleRef": {"name": "a"}}, {**BINDING, "roleRef": {"name": "b"}}),
        ({**CONFIG, "immutable": True, "data": {"a": "1"}}, {**CONFIG, "immutable": True, "data": {"a": "2"}}),
        ({**SECRET, "immutable": True, "data": {"a": "MQ=="}}, {**SECRET, "data": {"a": "MQ=="}}),
        ({**SECRET, "type": "Opaque"}, {**SECRET, "type": "kubernetes.io/tls"}),
        (spec(CRD, scope="Namespaced"), spec(CRD, scope="Cluster")),
    ],
)  # fmt: skip
def test_a_field_that_the_api_server_keeps_is_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert rules(before, after) == ["immutable-field"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (spec(JOB, ttlSecondsAfterFinished=1), spec(JOB, ttlSecondsAfterFinished=2)),
        (spec(DEPLOYMENT, template={"a": 1}), spec(DEPLOYMENT, template={"a": 2})),
        (spec(STATEFUL, template={"a": 1}), spec(STATEFUL, template={"a": 2})),
        (spec(STATEFUL, replicas=2), spec(STATEFUL, replicas=3)),
        (spec(SERVICE, type="ExternalName"), spec(SERVICE, type="ClusterIP", clusterIP="10.0.0.1")),
        (spec(SERVICE, clusterIP="10.0.0.1"), spec(SERVICE, type="ExternalName", externalName="x.example.com")),
        (spec(SERVICE, ports=[]), spec(SERVICE, ports=[{"port": 1}])),
        (asking("1Gi"), asking("2Gi")),
        ({**CLASS, "allowVolumeExpansion": True}, {**CLASS, "allowVolumeExpansion": False}),
        ({**BINDING, "subjects": [{"name": "a"}]}, {**BINDING, "subjects": [{"name": "b"}]}),
        ({**CONFIG, "data": {"a": "1"}}, {**CONFIG, "immutable": True, "data": {"a": "2"}}),
        (annotated(spec(JOB, template={"a": 1}), sync_options=REPLACED),
         annotated(spec(JOB, template={"a": 2}), sync_options=REPLACED)),
    ],
)  # fmt: skip
def test_a_change_that_goes_through_is_no_danger(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert rules(before, after) == []
    assert row(before, after).effect == "changed"


def test_a_hook_is_made_anew_and_may_change() -> None:
    assert rules(spec(JOB, template={"a": 1}), spec(JOB, template={"a": 2}), phases=("PreSync",)) == []
    hook = {"metadata": {"name": "x", "annotations": {"helm.sh/hook": "pre-upgrade"}}}
    assert rules(spec(JOB | hook, template={"a": 1}), spec(JOB | hook, template={"a": 2})) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (versions(("v1", True, True)), versions(("v1", False, True)), ["crd-version"]),
        (versions(("v1", True, True), ("v2", True, False)), versions(("v2", True, True)), ["crd-version"] * 2),
        (versions(("v1", False, False), ("v2", True, True)), versions(("v2", True, True)), []),
        (versions(("v1", True, True)), versions(("v1", True, False), ("v2", True, True)), []),
    ],
)  # fmt: skip
def test_a_version_of_a_definition_may_come_and_not_go(before: Any, after: Any, expected: list[str]) -> None:
    assert rules(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (spec(DEPLOYMENT, replicas=2), spec(DEPLOYMENT, replicas=0), ["scaled-to-zero"]),
        (spec(DEPLOYMENT, a=1), spec(DEPLOYMENT, replicas=0), ["scaled-to-zero"]),
        (spec(CLUSTER, instances=3), spec(CLUSTER, instances=0), ["scaled-to-zero"]),
        (spec(DEPLOYMENT, replicas=0), spec(DEPLOYMENT, replicas=0, a=1), []),
        (spec(DEPLOYMENT, replicas=0), spec(DEPLOYMENT, replicas=2), []),
    ],
)
def test_nothing_of_it_runs_any_more(before: Any, after: Any, expected: list[str]) -> None:
    assert rules(before, after) == expected


def test_a_guard_that_goes_is_told_and_one_that_comes_is_not() -> None:
    guarded = annotated(NAMESPACE, sync_options="Prune=false,Delete=false")
    assert rules(guarded, NAMESPACE) == ["guard-lifted"]
    assert rules(NAMESPACE, guarded) == []
    kept = spec(APPSET, syncPolicy={"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"})
    assert rules(kept, spec(APPSET, syncPolicy={})) == ["guard-lifted", "guard-lifted"]
    assert rules(spec(APPSET, syncPolicy={}), kept) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1), ("1Gi", 2**30), ("1.5Ki", 1536), ("2k", 2000), ("500m", Decimal("0.5")), (3, 3), ("x", None),
     ("1.2.3", None), ("1Qi", None), (None, None)],
)  # fmt: skip
def test_quantities(text: Any, expected: Any) -> None:
    assert quantity(text) == expected
