"""What is known about kinds before any render: which groups Kubernetes brings, and which kinds have no namespace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest, ObjectKey

BUILT_IN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "metrics.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
"""API groups that every cluster serves, or that no CRD can bring (metrics)."""

CLUSTER_SCOPED = frozenset(
    {
        "APIService.apiregistration.k8s.io",
        "CSIDriver.storage.k8s.io",
        "CSINode.storage.k8s.io",
        "CertificateSigningRequest.certificates.k8s.io",
        "ClusterRole.rbac.authorization.k8s.io",
        "ClusterRoleBinding.rbac.authorization.k8s.io",
        "CustomResourceDefinition.apiextensions.k8s.io",
        "FlowSchema.flowcontrol.apiserver.k8s.io",
        "IngressClass.networking.k8s.io",
        "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PodSecurityPolicy.policy",
        "PriorityClass.scheduling.k8s.io",
        "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
        "RuntimeClass.node.k8s.io",
        "StorageClass.storage.k8s.io",
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
        "VolumeAttachment.storage.k8s.io",
        # Custom kinds that are often used without their CRD being in the estate.
        "ClusterExternalSecret.external-secrets.io",
        "ClusterIssuer.cert-manager.io",
        "ClusterPolicy.kyverno.io",
        "ClusterSecretStore.external-secrets.io",
        "GatewayClass.gateway.networking.k8s.io",
    }
)


def is_custom(key: ObjectKey) -> bool:
    """Whether only a CustomResourceDefinition can bring this kind."""
    return key.group not in BUILT_IN_GROUPS


def is_crd(key: ObjectKey) -> bool:
    """Whether the object is a CustomResourceDefinition."""
    return key.kind == "CustomResourceDefinition" and key.group == "apiextensions.k8s.io"


def mapping_at(value: JsonValue, *path: str) -> JsonObject:
    """The mapping at ``path`` inside ``value``; empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_at(value: JsonValue, *path: str) -> str:
    """The text at ``path`` inside ``value``; empty where there is none."""
    found = mapping_at(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def items_at(value: JsonValue, *path: str) -> list[JsonValue]:
    """The list at ``path`` inside ``value``; empty where there is none."""
    found = mapping_at(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, list) else []


def defined_kind(manifest: Manifest) -> str:
    """``Kind.group`` that a CustomResourceDefinition defines; empty for any other object."""
    if not is_crd(manifest.key):
        return ""
    kind, group = text_at(manifest.document, "spec", "names", "kind"), text_at(manifest.document, "spec", "group")
    return f"{kind}.{group}" if kind and group else ""


def scopes(manifests: Iterable[Manifest]) -> dict[str, bool]:
    """``Kind.group`` → whether it is cluster-scoped, for every kind that these objects define."""
    return {
        defined: text_at(manifest.document, "spec", "scope") == "Cluster"
        for manifest in manifests
        if (defined := defined_kind(manifest))
    }


def is_cluster_scoped(kind: str, defined: Mapping[str, bool]) -> bool:
    """Whether objects of this kind have no namespace; kinds that nobody knows are taken as namespaced."""
    return defined.get(kind, kind in CLUSTER_SCOPED)
