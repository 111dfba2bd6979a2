"""What an object provides to other objects, and the things that references are looked up by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.graph.kinds import defined_kind, items_at, mapping_at, text_at
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
    kind = key.group_kind
    if (edge_kind := _NAMED.get(kind)) is not None:
        yield Thing(edge_kind, namespace, key.name)
    if (edge_kind := _CLUSTER_WIDE.get(kind)) is not None:
        yield Thing(edge_kind, "", key.name)
    if defined := defined_kind(manifest):
        yield Thing("crd", "", defined)
    if kind in SCALED:
        yield Thing("workload", namespace, f"{key.kind}/{key.name}")
    for name in generated_secrets(manifest):
        yield Thing("secret", namespace, name)
    for suffix in _SERVICES.get(kind, ()):
        yield Thing("service", namespace, key.name + suffix)
    if kind == "ObjectBucketClaim.objectbucket.io":
        yield Thing("configmap", namespace, key.name)
    if kind == "ClusterExternalSecret.external-secrets.io":
        name = text_at(manifest.document, "spec", "externalSecretName") or key.name
        target = text_at(manifest.document, "spec", "externalSecretSpec", "target", "name") or name
        for place in items_at(manifest.document, "spec", "namespaces"):
            yield Thing("secret", str(place), target)


ISSUER_ANNOTATIONS = frozenset({"cert-manager.io/issuer", "cert-manager.io/cluster-issuer"})

_NAMED = {
    "Secret": "secret",
    "ConfigMap": "configmap",
    "ServiceAccount": "serviceaccount",
    "Service": "service",
    "Issuer.cert-manager.io": "issuer",
    "SecretStore.external-secrets.io": "secretstore",
    "Gateway.gateway.networking.k8s.io": "gateway",
    "PersistentVolumeClaim": "claim",
    "Middleware.traefik.io": "middleware",
    "SecretProviderClass.secrets-store.csi.x-k8s.io": "secretproviderclass",
}
_CLUSTER_WIDE = {
    "Namespace": "namespace",
    "ClusterIssuer.cert-manager.io": "clusterissuer",
    "ClusterSecretStore.external-secrets.io": "clustersecretstore",
    "IngressClass.networking.k8s.io": "ingressclass",
    "GatewayClass.gateway.networking.k8s.io": "gatewayclass",
    "StorageClass.storage.k8s.io": "storageclass",
    "PriorityClass.scheduling.k8s.io": "priorityclass",
    "RuntimeClass.node.k8s.io": "runtimeclass",
}
_SERVICES = {
    "Cluster.postgresql.cnpg.io": ("-rw", "-ro", "-r"),
    "Kafka.kafka.strimzi.io": ("-kafka-bootstrap",),
    "Keycloak.k8s.keycloak.org": ("-service",),
    "RabbitmqCluster.rabbitmq.com": ("",),
    "Elasticsearch.elasticsearch.k8s.elastic.co": ("-es-http",),
}
"""Services that operators make, by what they add to the name."""
SCALED = frozenset(
    {"Deployment.apps", "StatefulSet.apps", "ReplicaSet.apps", "ReplicationController", "Rollout.argoproj.io"}
)
"""Kinds that an autoscaler may aim at."""


def _external_secret(manifest: Manifest) -> tuple[str, ...]:
    # With Merge the Secret has to be there already, with None nobody writes one.
    if text_at(manifest.document, "spec", "target", "creationPolicy") in ("Merge", "None"):
        return ()
    return (text_at(manifest.document, "spec", "target", "name") or manifest.key.name,)


def _sealed_secret(manifest: Manifest) -> tuple[str, ...]:
    return (text_at(manifest.document, "spec", "template", "metadata", "name") or manifest.key.name,)


def _at(*path: str) -> Callable[[Manifest], tuple[str, ...]]:
    """The name that stands at ``path``, if one does."""
    return lambda manifest: tuple(filter(None, (text_at(manifest.document, *path),)))


def _each(field: str, *path: str) -> Callable[[Manifest], tuple[str, ...]]:
    """The name in ``field`` of every item of the list at ``path``."""
    return lambda manifest: tuple(name for i in items_at(manifest.document, *path) if (name := text_at(i, field)))


def _vault_secret(manifest: Manifest) -> tuple[str, ...]:
    destination = mapping_at(manifest.document, "spec", "destination")
    return (text_at(destination, "name"),) if destination.get("create") is True else ()


def _crunchy_users(manifest: Manifest) -> tuple[str, ...]:
    users = _each("name", "spec", "users")(manifest) or (manifest.key.name,)
    return tuple(f"{manifest.key.name}-pguser-{user}" for user in users)


def _zalando_users(manifest: Manifest) -> tuple[str, ...]:
    users = ("postgres", "standby", *sorted(mapping_at(manifest.document, "spec", "users")))
    name = manifest.key.name
    return tuple(f"{user.replace('_', '-')}.{name}.credentials.postgresql.acid.zalan.do" for user in users)


def _of_ingress(manifest: Manifest) -> tuple[str, ...]:
    """cert-manager makes the certificates of an Ingress that names an issuer."""
    if not manifest.annotations.keys() & ISSUER_ANNOTATIONS:
        return ()
    return _each("secretName", "spec", "tls")(manifest)


def _of_gateway(manifest: Manifest) -> tuple[str, ...]:
    if not manifest.annotations.keys() & ISSUER_ANNOTATIONS:
        return ()
    listeners = items_at(manifest.document, "spec", "listeners")
    references = (item for listener in listeners for item in items_at(listener, "tls", "certificateRefs"))
    return tuple(name for r in references if (name := text_at(r, "name")) and not text_at(r, "namespace"))


def _suffixed(*suffixes: str) -> Callable[[Manifest], tuple[str, ...]]:
    return lambda manifest: tuple(manifest.key.name + suffix for suffix in suffixes)


_SECRET_MAKERS: dict[str, Callable[[Manifest], tuple[str, ...]]] = {
    "ExternalSecret.external-secrets.io": _external_secret,
    "Certificate.cert-manager.io": _at("spec", "secretName"),
    "Ingress.networking.k8s.io": _of_ingress,
    "Gateway.gateway.networking.k8s.io": _of_gateway,
    "SealedSecret.bitnami.com": _sealed_secret,
    "VaultStaticSecret.secrets.hashicorp.com": _vault_secret,
    "VaultDynamicSecret.secrets.hashicorp.com": _vault_secret,
    "VaultPKISecret.secrets.hashicorp.com": _vault_secret,
    "SecretProviderClass.secrets-store.csi.x-k8s.io": _each("secretName", "spec", "secretObjects"),
    "SopsSecret.isindir.github.com": _each("name", "spec", "secretTemplates"),
    "AzureKeyVaultSecret.spv.no": _at("spec", "output", "secret", "name"),
    # Secrets that operators make, by the names that their documentation promises.
    "Cluster.postgresql.cnpg.io": _suffixed("-app", "-superuser", "-ca", "-server", "-replication"),
    "Kafka.kafka.strimzi.io": _suffixed("-cluster-ca-cert", "-clients-ca-cert"),
    "KafkaUser.kafka.strimzi.io": _suffixed(""),
    "OnePasswordItem.onepassword.com": _suffixed(""),
    "ObjectBucketClaim.objectbucket.io": _suffixed(""),
    "PostgresCluster.postgres-operator.crunchydata.com": _crunchy_users,
    "postgresql.acid.zalan.do": _zalando_users,
    "Keycloak.k8s.keycloak.org": _suffixed("-initial-admin"),
    "RabbitmqCluster.rabbitmq.com": _suffixed("-default-user"),
    "Elasticsearch.elasticsearch.k8s.elastic.co": _suffixed("-es-elastic-user", "-es-http-certs-public"),
}


def generated_secrets(manifest: Manifest) -> tuple[str, ...]:
    """Names of the Secrets that a controller makes from this object, in its namespace."""
    maker = _SECRET_MAKERS.get(manifest.key.group_kind)
    return maker(manifest) if maker else ()
