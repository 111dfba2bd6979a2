"""Where kustomize merges a list by keys instead of replacing it: Kubernetes' own definitions, as it has them built in.

Kustomize carries the definitions of Kubernetes 1.21. A kind or version that came later (``autoscaling/v2``), and every
custom resource, has none: its lists are replaced whole.
"""

from __future__ import annotations

from dataclasses import dataclass

_KINDS = {
    "v1": (
        "Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume "
        "PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount"
    ),
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1beta1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiextensions.k8s.io/v1beta1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apiregistration.k8s.io/v1beta1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler Scale",
    "autoscaling/v2beta1": "HorizontalPodAutoscaler",
    "autoscaling/v2beta2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "batch/v1beta1": "CronJob",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "certificates.k8s.io/v1beta1": "CertificateSigningRequest",
    "coordination.k8s.io/v1": "Lease",
    "coordination.k8s.io/v1beta1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "discovery.k8s.io/v1beta1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "events.k8s.io/v1beta1": "Event",
    "extensions/v1beta1": "Ingress",
    "flowcontrol.apiserver.k8s.io/v1beta1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "networking.k8s.io/v1beta1": "Ingress IngressClass",
    "node.k8s.io/v1": "RuntimeClass",
    "node.k8s.io/v1beta1": "RuntimeClass",
    "policy/v1": "PodDisruptionBudget",
    "policy/v1beta1": "Eviction PodDisruptionBudget PodSecurityPolicy",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "rbac.authorization.k8s.io/v1beta1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
    "scheduling.k8s.io/v1beta1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment",
    "storage.k8s.io/v1beta1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment",
}
_CLUSTER_SCOPED = """
    ComponentStatus Namespace Node NodeProxyOptions PersistentVolume MutatingWebhookConfiguration
    ValidatingWebhookConfiguration CustomResourceDefinition APIService CertificateSigningRequest FlowSchema
    PriorityLevelConfiguration IngressClass RuntimeClass PodSecurityPolicy ClusterRole ClusterRoleBinding
    PriorityClass CSIDriver CSINode StorageClass VolumeAttachment
"""
# Shape → field → (merge keys of a list, or None; shape of what is inside). No keys at all: a list of plain values.
_SHAPES: dict[str, dict[str, tuple[tuple[str, ...] | None, str]]] = {
    "Meta": {"finalizers": ((), ""), "ownerReferences": (("uid",), "")},
    "Conditions": {"conditions": (("type",), "")},
    "Workload": {"template": (None, "PodTemplate")},
    "Pods": {"spec": (None, "Workload"), "status": (None, "Conditions")},
    "PodTemplate": {"metadata": (None, "Meta"), "spec": (None, "PodSpec")},
    "PodSpec": {
        "containers": (("name",), "Container"),
        "initContainers": (("name",), "Container"),
        "ephemeralContainers": (("name",), "EphemeralContainer"),
        "hostAliases": (("ip",), ""),
        "imagePullSecrets": (("name",), ""),
        "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"), ""),
        "volumes": (("name",), "Volume"),
    },
    "EphemeralContainer": {
        "env": (("name",), ""),
        "volumeDevices": (("devicePath",), ""),
        "volumeMounts": (("mountPath",), ""),
    },
    "Volume": {"ephemeral": (None, "EphemeralVolume")},
    "EphemeralVolume": {"volumeClaimTemplate": (None, "Claim")},
    "Claim": {"metadata": (None, "Meta")},
    "Pod": {"spec": (None, "PodSpec"), "status": (None, "PodStatus")},
    "PodStatus": {"conditions": (("type",), ""), "podIPs": (("ip",), "")},
    "PodTemplateObject": {"template": (None, "PodTemplate")},
    "Jobs": {"jobTemplate": (None, "JobTemplate")},
    "JobTemplate": {"metadata": (None, "Meta"), "spec": (None, "Workload")},
    "CronJob": {"spec": (None, "Jobs")},
    "ServiceSpec": {"ports": (("port", "protocol"), "")},
    "Service": {"spec": (None, "ServiceSpec"), "status": (None, "Conditions")},
    "ServiceAccount": {"secrets": (("name",), "")},
    "Webhooks": {"webhooks": (("name",), "")},
    "Status": {"status": (None, "Conditions")},
    "NodeSpec": {"podCIDRs": ((), "")},
    "NodeStatus": {"addresses": (("type",), ""), "conditions": (("type",), "")},
    "Node": {"spec": (None, "NodeSpec"), "status": (None, "NodeStatus")},
    "CSINodeSpec": {"drivers": (("name",), "")},
    "CSINode": {"spec": (None, "CSINodeSpec")},
}
_SHAPES["Container"] = {**_SHAPES["EphemeralContainer"], "ports": (("containerPort", "protocol"), "")}
_KINDS_OF = {
    "Pods": "DaemonSet Deployment ReplicaSet StatefulSet Job ReplicationController",
    "Status": "Namespace PersistentVolumeClaim PodDisruptionBudget APIService",
    "Webhooks": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "PodTemplateObject": "PodTemplate",
    "Conditions": "ComponentStatus",
    **{kind: kind for kind in ("Pod", "CronJob", "Service", "ServiceAccount", "Node", "CSINode")},
}
_SHAPE_OF = {kind: shape for shape, kinds in _KINDS_OF.items() for kind in kinds.split()}


@dataclass(frozen=True)
class Place:
    """A position in an object: the keys of a list that merges (None: it is replaced), and the shape inside it."""

    shape: str = ""
    keys: tuple[str, ...] | None = None
    kind: bool = False
    """True at the object itself, which has metadata."""

    def field(self, name: str) -> Place:
        """The position of one field."""
        if self.kind and name == "metadata":
            return Place("Meta")
        keys, shape = _SHAPES.get(self.shape, {}).get(name, (None, ""))
        return Place(shape, keys)

    @property
    def element(self) -> Place:
        """The position of a list's element."""
        return Place(self.shape)


def place_of(api_version: str, kind: str) -> Place:
    """The position of an object, by its type; one that merges no list where the type is not built in."""
    if kind not in _KINDS.get(api_version, "").split():
        return Place()
    return Place(_SHAPE_OF.get(kind, ""), kind=True)


def certainly_cluster_scoped(api_version: str, kind: str) -> bool:
    """Whether kustomize knows that objects of the type have no namespace."""
    return kind in _CLUSTER_SCOPED.split() and kind in _KINDS.get(api_version, "").split()
