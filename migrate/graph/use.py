"""What an object refers to: each reference as the thing that has to be there first, and the field that names it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.graph.kinds import is_crd, is_custom, items_at, mapping_at, text_at
from migrate.graph.provide import Thing
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest

Use = tuple[Thing, str]
"""A thing and the path of the field that names it, ``[]`` for the items of a list."""

FOREIGN = frozenset(
    {
        "ConfigMap",
        "Secret",
        "Application.argoproj.io",
        "ApplicationSet.argoproj.io",
        "HelmChart.helm.cattle.io",
        "HelmRelease.helm.toolkit.fluxcd.io",
    }
)
"""Kinds whose contents are texts or objects of somebody else: a ``secretName`` in there refers to nothing here."""


def used(manifest: Manifest, namespace: str) -> Iterator[Use]:
    """Everything that ``manifest`` refers to; ``namespace`` is its own, empty for a cluster-scoped object.

    A CustomResourceDefinition refers to nothing: its conversion webhook comes with the controller, later.
    References that may stay open (``optional: true``) are none.
    """
    if is_crd(manifest.key):
        return
    kind = manifest.key.group_kind
    if namespace:
        yield Thing("namespace", "", namespace), "metadata.namespace"
    if is_custom(manifest.key):
        yield Thing("crd", "", kind), "kind"
    yield from _backends(manifest, kind)
    yield from _annotated(manifest, namespace)
    yield from _merged_into(manifest, namespace, kind)
    if kind in FOREIGN:
        return
    for name, value in manifest.document.items():
        if name not in ("apiVersion", "kind", "metadata", "status"):
            for thing, path in _walk(name, value, namespace, name):
                # What a Certificate names it makes; with an Ingress, cert-manager or a person may make it.
                if not (path == "spec.secretName" and kind == "Certificate.cert-manager.io"):
                    yield thing, path


def _backends(manifest: Manifest, kind: str) -> Iterator[Use]:
    if kind == "APIService.apiregistration.k8s.io":
        services = [("apiservice", mapping_at(manifest.document, "spec", "service"), "spec.service")]
    elif manifest.key.group == "admissionregistration.k8s.io":
        hooks = items_at(manifest.document, "webhooks")
        path = "webhooks[].clientConfig.service"
        services = [("webhook", mapping_at(hook, "clientConfig", "service"), path) for hook in hooks]
    else:
        return
    for edge_kind, service, path in services:
        if name := text_at(service, "name"):
            yield Thing(edge_kind, text_at(service, "namespace") or "default", name), path


def _annotated(manifest: Manifest, namespace: str) -> Iterator[Use]:
    found = manifest.annotations
    issuer, cluster = found.get("cert-manager.io/issuer"), found.get("cert-manager.io/cluster-issuer")
    if issuer and found.get("cert-manager.io/issuer-group", _CERT_MANAGER) == _CERT_MANAGER:
        everywhere = found.get("cert-manager.io/issuer-kind") == "ClusterIssuer"
        thing = Thing("clusterissuer", "", issuer) if everywhere else Thing("issuer", namespace, issuer)
        yield thing, _annotation("cert-manager.io/issuer")
    if cluster:
        yield Thing("clusterissuer", "", cluster), _annotation("cert-manager.io/cluster-issuer")
    if ingress_class := found.get("kubernetes.io/ingress.class"):
        yield Thing("ingressclass", "", ingress_class), _annotation("kubernetes.io/ingress.class")


_CERT_MANAGER = "cert-manager.io"


def _annotation(name: str) -> str:
    return f"metadata.annotations[{name}]"


def _merged_into(manifest: Manifest, namespace: str, kind: str) -> Iterator[Use]:
    """An ExternalSecret that only adds to a Secret needs it."""
    target = mapping_at(manifest.document, "spec", "target")
    if kind == "ExternalSecret.external-secrets.io" and text_at(target, "creationPolicy") == "Merge":
        yield Thing("secret", namespace, text_at(target, "name") or manifest.key.name), "spec.target.name"


CLASS_TEXTS = {
    "storageClassName": "storageclass",
    "storageClass": "storageclass",
    "priorityClassName": "priorityclass",
    "ingressClassName": "ingressclass",
    "gatewayClassName": "gatewayclass",
    "runtimeClassName": "runtimeclass",
}
NAMESPACED_TEXTS = {
    "secretName": "secret",
    "serviceAccountName": "serviceaccount",
    "claimName": "claim",
    "secretProviderClass": "secretproviderclass",
}


def _walk(name: str, value: JsonValue, namespace: str, path: str) -> Iterator[Use]:
    """References below ``value``, which stands at ``path`` under the key ``name``."""
    if isinstance(value, list):
        inner = f"{path}[]"
        for item in value:
            if thing := _listed(name, item, namespace):
                yield thing, inner
            yield from _called(name, item, inner)
            yield from _walk("", item, namespace, inner)
    elif isinstance(value, dict):
        optional = value.get("optional") is True
        if not optional and (thing := named_by_mapping(name, value, namespace)):
            yield thing, path
        for key in sorted(value):
            item = value[key]
            if isinstance(item, str):
                if not optional and (thing := _named_by_text(key, item, value, namespace)):
                    yield thing, f"{path}.{key}"
            elif isinstance(item, (dict, list)):
                yield from _walk(key, item, namespace, f"{path}.{key}")


def _named_by_text(name: str, text: str, beside: JsonObject, namespace: str) -> Thing | None:
    if not text:
        return None
    if name in CLASS_TEXTS:
        return Thing(CLASS_TEXTS[name], "", text)
    if name in NAMESPACED_TEXTS:
        return Thing(NAMESPACED_TEXTS[name], text_at(beside, "namespace") or namespace, text)
    return None


def _listed(name: str, item: JsonValue, namespace: str) -> Thing | None:
    """What an item of the list ``name`` refers to."""
    target = text_at(item, "name") or (item if isinstance(item, str) else "")
    if not target:
        return None
    place, kind = text_at(item, "namespace") or namespace, text_at(item, "kind")
    match name:
        case "imagePullSecrets":
            return Thing("secret", namespace, target)
        case "parentRefs" if kind in ("", "Gateway"):
            return Thing("gateway", place, target)
        case "targetRefs" if kind == "Gateway":
            return Thing("gateway", place, target)
        case "certificateRefs" if kind in ("", "Secret"):
            return Thing("secret", place, target)
        case "secretStoreRefs" if isinstance(item, dict):
            return _store(item, target, namespace)
        case "middlewares":
            return Thing("middleware", place, target)
    return None


_CALLED = re.compile(r"((?:[a-z0-9-]+\.){2,})svc(?![a-z0-9-])")


def services_called(text: str) -> tuple[tuple[str, str], ...]:
    """``(namespace, name)`` of each Service that ``text`` names by its DNS name ``name.namespace.svc``.

    In front may stand a pod's name, behind the cluster's domain.
    """
    found = (match.split(".")[-3:-1] for match in _CALLED.findall(text))
    return tuple(dict.fromkeys((namespace, name) for name, namespace in found))


def _called(name: str, item: JsonValue, path: str) -> Iterator[Use]:
    if name == "env" and (text := text_at(item, "value")) and ".svc" in text:
        for namespace, service in services_called(text):
            yield Thing("dns", namespace, service), f"{path}.value"


def named_by_mapping(name: str, value: JsonObject, namespace: str) -> Thing | None:
    """What a mapping under the key ``name`` refers to by its own texts."""
    if name == "storage" and value.get("type") == "persistent-claim" and (storage := text_at(value, "class")):
        return Thing("storageclass", "", storage)
    target = text_at(value, "name")
    if not target:
        return None
    place, kind = text_at(value, "namespace") or namespace, text_at(value, "kind")
    match name:
        case "configMap" | "configMapRef" | "configMapKeyRef":
            return Thing("configmap", namespace, target)
        case "issuerRef":
            return _issuer(value, target, namespace)
        case "secretStoreRef" | "storeRef":
            return _store(value, target, namespace)
        case "serviceAccountRef":
            return Thing("serviceaccount", place, target)
        case "caProvider":
            kinds = {"Secret": "secret", "ConfigMap": "configmap"}
            return Thing(kinds[text_at(value, "type")], place, target) if text_at(value, "type") in kinds else None
        case "scaleTargetRef":
            return Thing("workload", namespace, f"{kind or 'Deployment'}/{target}")
        case "targetRef":
            if kind == "Gateway":
                return Thing("gateway", place, target)
            return Thing("workload", namespace, f"{kind}/{target}")
        case _ if _names_a_secret(name):
            return Thing("secret", place, target)
    return None


def _issuer(value: JsonObject, name: str, namespace: str) -> Thing | None:
    if (text_at(value, "group") or _CERT_MANAGER) != _CERT_MANAGER:
        return None
    kind = text_at(value, "kind") or "Issuer"
    if kind == "ClusterIssuer":
        return Thing("clusterissuer", "", name)
    return Thing("issuer", namespace, name) if kind == "Issuer" else None


def _store(value: JsonObject, name: str, namespace: str) -> Thing | None:
    kind = text_at(value, "kind") or "SecretStore"
    if kind == "ClusterSecretStore":
        return Thing("clustersecretstore", "", name)
    return Thing("secretstore", namespace, name) if kind == "SecretStore" else None


_WRITTEN = ("target", "output", "destination", "generated", "write")


def _names_a_secret(name: str) -> bool:
    """``secretKeyRef``, ``secretRef``, ``secret`` (projected volumes), and ``passwordSecret: {name, key}`` of CRs.

    A name like ``targetSecret`` is that of a Secret which is made.
    """
    if name in ("secret", "secretKeyRef", "secretRef"):
        return True
    return name.endswith(("Secret", "SecretRef", "SecretKeyRef")) and not name.startswith(_WRITTEN)
