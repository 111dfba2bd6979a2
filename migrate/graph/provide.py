"""What an object provides to other objects, and the things that references are looked up by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.graph.kinds import defined_kind, items_at, kind_of, text_at
from migrate.model.manifest import Manifest


@dataclass(frozen=True, order=True)
class Thing:
    """Something that one object provides and others refer to; ``namespace`` is empty for what all can see."""

    kind: str
    """The kind of edge it makes: ``secret``, ``crd``, ``namespace`` …"""
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def provided(manifest: Manifest, namespace: str) -> Iterator[Thing]:
    """Everything that ``manifest`` provides, made by itself or by the controller that acts on it."""
    key = manifest.key
    kind = kind_of(key)
    if (edge_kind := _NAMED.get(kind)) is not None:
        yield Thing(edge_kind, namespace, key.name)
    if (edge_kind := _CLUSTER_WIDE.get(kind)) is not None:
        yield Thing(edge_kind, "", key.name)
    if defined := defined_kind(manifest):
        yield Thing("crd", "", defined)
    for name in generated_secrets(manifest):
        yield Thing("secret", namespace, name)
    if kind == "ClusterExternalSecret.external-secrets.io":
        name = text_at(manifest.document, "spec", "externalSecretName") or key.name
        target = text_at(manifest.document, "spec", "externalSecretSpec", "target", "name") or name
        for place in items_at(manifest.document, "spec", "namespaces"):
            yield Thing("secret", str(place), target)


_NAMED = {
    "Secret": "secret",
    "ConfigMap": "configmap",
    "ServiceAccount": "serviceaccount",
    "Service": "service",
    "Issuer.cert-manager.io": "issuer",
    "SecretStore.external-secrets.io": "secretstore",
    "Gateway.gateway.networking.k8s.io": "gateway",
}
_CLUSTER_WIDE = {
    "Namespace": "namespace",
    "ClusterIssuer.cert-manager.io": "clusterissuer",
    "ClusterSecretStore.external-secrets.io": "clustersecretstore",
    "IngressClass.networking.k8s.io": "ingressclass",
    "GatewayClass.gateway.networking.k8s.io": "gatewayclass",
    "StorageClass.storage.k8s.io": "storageclass",
    "PriorityClass.scheduling.k8s.io": "priorityclass",
}


def _external_secret(manifest: Manifest) -> tuple[str, ...]:
    return (text_at(manifest.document, "spec", "target", "name") or manifest.key.name,)


def _certificate(manifest: Manifest) -> tuple[str, ...]:
    name = text_at(manifest.document, "spec", "secretName")
    return (name,) if name else ()


def _sealed_secret(manifest: Manifest) -> tuple[str, ...]:
    return (text_at(manifest.document, "spec", "template", "metadata", "name") or manifest.key.name,)


def _suffixed(*suffixes: str) -> Callable[[Manifest], tuple[str, ...]]:
    return lambda manifest: tuple(manifest.key.name + suffix for suffix in suffixes)


_SECRET_MAKERS: dict[str, Callable[[Manifest], tuple[str, ...]]] = {
    "ExternalSecret.external-secrets.io": _external_secret,
    "Certificate.cert-manager.io": _certificate,
    "SealedSecret.bitnami.com": _sealed_secret,
    # Secrets that operators make, by the names that their documentation promises.
    "Cluster.postgresql.cnpg.io": _suffixed("-app", "-superuser", "-ca", "-server", "-replication"),
    "Kafka.kafka.strimzi.io": _suffixed("-cluster-ca-cert", "-clients-ca-cert"),
    "KafkaUser.kafka.strimzi.io": _suffixed(""),
    "Keycloak.k8s.keycloak.org": _suffixed("-initial-admin"),
    "RabbitmqCluster.rabbitmq.com": _suffixed("-default-user"),
    "Elasticsearch.elasticsearch.k8s.elastic.co": _suffixed("-es-elastic-user", "-es-http-certs-public"),
}


def generated_secrets(manifest: Manifest) -> tuple[str, ...]:
    """Names of the Secrets that a controller makes from this object, in its namespace."""
    maker = _SECRET_MAKERS.get(kind_of(manifest.key))
    return maker(manifest) if maker else ()
