"""What an object refers to: each reference as the thing that has to be there first."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.graph.kinds import is_crd, is_custom, items_at, kind_of, mapping_at, text_at
from migrate.graph.provide import Thing
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest


def used(manifest: Manifest, namespace: str) -> Iterator[Thing]:
    """Everything that ``manifest`` refers to; ``namespace`` is its own, empty for a cluster-scoped object.

    A CustomResourceDefinition refers to nothing: its conversion webhook comes with the controller, later.
    """
    if is_crd(manifest.key):
        return
    if namespace:
        yield Thing("namespace", "", namespace)
    if is_custom(manifest.key):
        yield Thing("crd", "", kind_of(manifest.key))
    yield from _backends(manifest)
    yield from _annotated(manifest, namespace)
    kind = kind_of(manifest.key)
    for name, value in manifest.document.items():
        if name not in ("apiVersion", "kind", "metadata", "status"):
            yield from _walk(name, value, namespace, kind)


def _backends(manifest: Manifest) -> Iterator[Thing]:
    kind = kind_of(manifest.key)
    if kind == "APIService.apiregistration.k8s.io":
        services = [("apiservice", mapping_at(manifest.document, "spec", "service"))]
    elif manifest.key.group == "admissionregistration.k8s.io":
        hooks = items_at(manifest.document, "webhooks")
        services = [("webhook", mapping_at(hook, "clientConfig", "service")) for hook in hooks]
    else:
        return
    for edge_kind, service in services:
        if name := text_at(service, "name"):
            yield Thing(edge_kind, text_at(service, "namespace") or "default", name)


_ANNOTATIONS = {
    "cert-manager.io/issuer": "issuer",
    "cert-manager.io/cluster-issuer": "clusterissuer",
    "kubernetes.io/ingress.class": "ingressclass",
}


def _annotated(manifest: Manifest, namespace: str) -> Iterator[Thing]:
    for name, kind in _ANNOTATIONS.items():
        if value := manifest.annotations.get(name):
            yield Thing(kind, namespace if kind == "issuer" else "", value)


CLASS_TEXTS = {
    "storageClassName": "storageclass",
    "storageClass": "storageclass",
    "priorityClassName": "priorityclass",
    "ingressClassName": "ingressclass",
    "gatewayClassName": "gatewayclass",
}
NAMESPACED_TEXTS = {"secretName": "secret", "serviceAccountName": "serviceaccount"}


def _walk(name: str, value: JsonValue, namespace: str, kind: str) -> Iterator[Thing]:
    """References below ``value``, which stands under the key ``name`` of an object of ``kind``."""
    if isinstance(value, str):
        yield from _named_by_text(name, value, namespace, kind)
    elif isinstance(value, list):
        for item in value:
            yield from _listed(name, item, namespace)
            yield from _walk("", item, namespace, kind)
    elif isinstance(value, dict):
        if value.get("optional") is not True:
            yield from named_by_mapping(name, value, namespace)
        for key in sorted(value):
            yield from _walk(key, value[key], namespace, kind)


def _named_by_text(name: str, value: str, namespace: str, kind: str) -> Iterator[Thing]:
    if not value:
        return
    if name in CLASS_TEXTS:
        yield Thing(CLASS_TEXTS[name], "", value)
    # What a Certificate names it makes; with an Ingress, cert-manager or a person may make it.
    elif name in NAMESPACED_TEXTS and kind != "Certificate.cert-manager.io":
        yield Thing(NAMESPACED_TEXTS[name], namespace, value)


def _listed(name: str, item: JsonValue, namespace: str) -> Iterator[Thing]:
    target = text_at(item, "name") or (item if isinstance(item, str) else "")
    if not target:
        return
    place = text_at(item, "namespace") or namespace
    if name == "imagePullSecrets":
        yield Thing("secret", namespace, target)
    elif name == "parentRefs" and text_at(item, "kind") in ("", "Gateway"):
        yield Thing("gateway", place, target)
    elif name == "certificateRefs" and text_at(item, "kind") in ("", "Secret"):
        yield Thing("secret", place, target)


def named_by_mapping(name: str, value: JsonObject, namespace: str) -> Iterator[Thing]:
    """What a mapping under the key ``name`` refers to by its own texts."""
    if name == "storage" and value.get("type") == "persistent-claim" and (storage := text_at(value, "class")):
        yield Thing("storageclass", "", storage)
    target = text_at(value, "name")
    if not target:
        return
    place = text_at(value, "namespace") or namespace
    match name:
        case "configMap" | "configMapRef" | "configMapKeyRef":
            yield Thing("configmap", namespace, target)
        case "issuerRef":
            cluster_wide = value.get("kind") == "ClusterIssuer"
            yield Thing("clusterissuer", "", target) if cluster_wide else Thing("issuer", namespace, target)
        case "secretStoreRef":
            cluster_wide = value.get("kind") == "ClusterSecretStore"
            yield Thing("clustersecretstore", "", target) if cluster_wide else Thing("secretstore", namespace, target)
        case _ if _names_a_secret(name):
            yield Thing("secret", place, target)


def _names_a_secret(name: str) -> bool:
    """``secretKeyRef``, ``secretRef``, ``secret`` (projected volumes), and ``passwordSecret: {name, key}`` of CRs."""
    return name in ("secret", "secretKeyRef", "secretRef") or name.endswith(("Secret", "SecretRef", "SecretKeyRef"))
