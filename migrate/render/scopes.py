"""Which kinds live in a namespace: Kubernetes' own, well-known definitions, and what a chart's own CRDs say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.model.json import JsonObject
from migrate.model.manifest import ObjectKey

Scopes = Mapping[tuple[str, str], bool]
"""``(group, kind)`` → whether it is cluster-scoped."""

# Group → kinds without a namespace. Kinds that are not named here live in one, as Argo CD assumes too.
_CLUSTER_SCOPED = {
    "": "Namespace Node PersistentVolume ComponentStatus",
    "admissionregistration.k8s.io": (
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy "
        "ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
    ),
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "authentication.k8s.io": "TokenReview SelfSubjectReview",
    "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "internal.apiserver.k8s.io": "StorageVersion",
    "networking.k8s.io": "IngressClass IPAddress ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "policy": "PodSecurityPolicy",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "StorageClass CSIDriver CSINode VolumeAttachment VolumeAttributesClass",
    # Definitions of other projects, for renders that do not hold the CRD itself.
    "cert-manager.io": "ClusterIssuer",
    "trust.cert-manager.io": "Bundle",
    "external-secrets.io": "ClusterSecretStore ClusterExternalSecret ClusterPushSecret",
    "gateway.networking.k8s.io": "GatewayClass",
    "snapshot.storage.k8s.io": "VolumeSnapshotClass VolumeSnapshotContent",
    "karpenter.sh": "NodePool NodeClaim",
    "karpenter.k8s.aws": "EC2NodeClass",
    "kyverno.io": "ClusterPolicy ClusterCleanupPolicy",
    "cilium.io": "CiliumClusterwideNetworkPolicy CiliumLoadBalancerIPPool CiliumNode",
    "operator.tigera.io": "Installation APIServer",
    "crd.projectcalico.org": "GlobalNetworkPolicy IPPool FelixConfiguration BGPConfiguration BGPPeer",
    "policies.kyverno.io": "ValidatingPolicy MutatingPolicy",
    "keda.sh": "ClusterTriggerAuthentication",
}
BUILT_IN: Scopes = {(group, kind): True for group, kinds in _CLUSTER_SCOPED.items() for kind in kinds.split()}


def defined_scopes(documents: Iterable[JsonObject]) -> dict[tuple[str, str], bool]:
    """The scopes that the CRDs among these documents define."""
    found: dict[tuple[str, str], bool] = {}
    for document in documents:
        if document.get("kind") != "CustomResourceDefinition":
            continue
        spec = document.get("spec")
        if not isinstance(spec, dict):
            continue
        names = spec.get("names")
        if isinstance(names, dict):
            found[str(spec.get("group", "")), str(names.get("kind", ""))] = spec.get("scope") == "Cluster"
    return found


def cluster_scoped(key: ObjectKey, defined: Scopes) -> bool:
    """Whether the object has no namespace."""
    kind = (key.group, key.kind)
    return defined.get(kind, BUILT_IN.get(kind, False))


def settle_key(key: ObjectKey, namespace: str, defined: Scopes) -> ObjectKey:
    """The key on the cluster: a namespace where one belongs (``namespace`` if it names none), none elsewhere."""
    settled = "" if cluster_scoped(key, defined) else key.namespace or namespace
    return ObjectKey(key.group, key.kind, settled, key.name)
