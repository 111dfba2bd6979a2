"""Fields that the API server refuses to change: the sync fails, or somebody deletes the object to get it through."""

from __future__ import annotations

from migrate.diff.structure import FieldDifference
from migrate.model.json import as_object
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.structure import ABSENT

_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("batch", "Job"): (
        "spec.template", "spec.selector", "spec.completionMode", "spec.completions", "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex", "spec.successPolicy", "spec.managedBy",
    ),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("", "Service"): ("spec.clusterIP", "spec.clusterIPs"),
    ("", "Secret"): ("type",),
    ("", "PersistentVolume"): ("spec.csi", "spec.hostPath", "spec.local", "spec.nfs", "spec.nodeAffinity"),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    ("networking.k8s.io", "IngressClass"): ("spec.controller",),
    ("node.k8s.io", "RuntimeClass"): ("handler",),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("spec.scope", "spec.names.kind", "spec.names.plural"),
}  # fmt: skip
"""Group and kind → dotted fields; what is inside of them is meant, too."""
_ALL_BUT: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "StatefulSet"): (
        "spec.replicas", "spec.template", "spec.updateStrategy", "spec.ordinals", "spec.minReadySeconds",
        "spec.persistentVolumeClaimRetentionPolicy", "spec.revisionHistoryLimit",
    ),
    ("", "PersistentVolumeClaim"): ("spec.resources", "spec.volumeAttributesClassName"),
}  # fmt: skip
"""Kinds whose spec is fixed but for these fields."""
_CONTENTS = {"data", "binaryData", "stringData", "immutable"}
_HOOK = "helm.sh/hook"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"


def is_immutable(difference: FieldDifference, before: Manifest, after: Manifest) -> bool:
    """Whether the API server refuses this change of an object that is there."""
    if not difference.steps or is_replaced(after):
        return False
    key, path = after.key, ".".join(difference.steps)
    kind = (key.group, key.kind)
    if kind in (("", "Secret"), ("", "ConfigMap")) and before.document.get("immutable") is True:
        return difference.steps[0] in _CONTENTS or _within(path, _FIELDS.get(kind, ()))
    if kind == ("", "Service") and not _keeps_address(before, after, difference):
        return False
    if kind in _ALL_BUT:
        return path.startswith("spec.") and not _within(path, _ALL_BUT[kind])
    return _within(path, _FIELDS.get(kind, ()))


def is_replaced(manifest: Manifest) -> bool:
    """Whether a sync deletes the object and makes it anew, so that it may change in any field."""
    if manifest.phases or _HOOK in manifest.annotations:
        return True  # the hook before it is deleted first, by Helm as by Argo CD, unless its policy keeps it
    options = {word.strip() for word in manifest.annotations.get(_SYNC_OPTIONS, "").split(",")}
    return {"Force=true", "Replace=true"} <= options


def _keeps_address(before: Manifest, after: Manifest, difference: FieldDifference) -> bool:
    """Whether a Service has an address on both sides, stated or not: one of type ExternalName has none."""
    types = [as_object(manifest.document.get("spec")).get("type") for manifest in (before, after)]
    stated = difference.before is not ABSENT or difference.after in ("None", ["None"])
    return stated and "ExternalName" not in types


def _within(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == field or path.startswith(f"{field}.") for field in fields)


def fixed_by(key: ObjectKey) -> str:
    """What a person does about it."""
    if key.kind == "Job":
        return "give the Job another name, or the sync options Force=true,Replace=true"
    if key.kind in ("StatefulSet", "PersistentVolumeClaim"):
        return "delete it with --cascade=orphan and let Argo CD make it anew, so that its volumes stay"
    return "delete it by hand at a moment of your choice, and let Argo CD make it anew"
