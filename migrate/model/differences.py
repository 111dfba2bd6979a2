"""Fields that others than Git write: who writes which, told by the rendered objects. Emission and lint ask the same.

A kind-wide mutation is one that a controller does to every object of a kind; one component's own has a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.model.json import JsonObject, JsonValue, as_object, objects_in
from migrate.model.manifest import Manifest
from migrate.model.words import few

DIFFERENCES_KEY = "resource.customizations.ignoreDifferences."
"""How a key of argocd-cm begins that says what is not compared; ``<group>_<kind>`` follows."""
COMPARE_KEY = "resource.compareoptions"
RESPECT = "RespectIgnoreDifferences=true"
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_BLANK_BUNDLES = ("", "Cg==", "IA==", "Cgo=")
"""Base64 of nothing but blanks: charts write it where a field must not be empty."""
_INJECTORS = (
    (re.compile(r"cert-manager\.io/inject-(?:ca-from(?:-secret)?|apiserver-ca)"), "cert-manager's injector writes it"),
    (re.compile(r"service\.(?:beta|alpha)\.openshift\.io/inject-cabundle"), "OpenShift's service CA writes it"),
)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Ignored:
    """Fields of a kind that are not compared; of one object where ``name`` is given."""

    group: str
    kind: str
    pointers: tuple[str, ...] = ()
    """JSON pointers."""
    expressions: tuple[str, ...] = ()
    """Paths as jq writes them."""
    managers: tuple[str, ...] = ()
    """Field managers whose fields are not compared."""
    reasons: tuple[str, ...] = ()
    name: str = ""

    @property
    def setting(self) -> str:
        """The key of argocd-cm for its kind; the core group has no part in it, ``*`` is every kind."""
        if self.group == "*" and self.kind == "*":
            return f"{DIFFERENCES_KEY}all"
        return f"{DIFFERENCES_KEY}{self.group}_{self.kind}" if self.group else f"{DIFFERENCES_KEY}{self.kind}"

    def fields(self) -> JsonObject:
        """What is ignored, as Argo CD's settings and Applications write it."""
        lists = {
            "jsonPointers": self.pointers,
            "jqPathExpressions": self.expressions,
            "managedFieldsManagers": self.managers,
        }
        return {key: list(values) for key, values in lists.items() if values}


def kind_wide(manifests: Iterable[Manifest]) -> tuple[Ignored, ...]:
    """What controllers, and the API server by a definition's defaults, write into every object of a kind, by kind.

    ``manifests`` are all that an environment applies; kinds that nothing renders get none.
    """
    there = list(manifests)
    found: dict[tuple[str, str], dict[str, dict[str, list[str]]]] = {}
    for manifest in there:
        for path, reason in _bundles(manifest):
            paths = found.setdefault((manifest.key.group, manifest.key.kind), {})
            paths.setdefault(path, {}).setdefault(reason, []).append(manifest.key.name)
    for key, left in _defaulted(there).items():
        for path in left:
            found.setdefault(key, {}).setdefault(path, {})["the API server writes the definition's default"] = []
    return tuple(_ignored(*key, found[key]) for key in sorted(found))


def _ignored(group: str, kind: str, paths: Mapping[str, Mapping[str, Sequence[str]]]) -> Ignored:
    reasons = (
        f"{path}: {reason}" + (f" ({few(sorted(set(names)))})" if names else "")
        for path in sorted(paths)
        for reason, names in paths[path].items()
    )
    return Ignored(group, kind, expressions=tuple(sorted(paths)), reasons=tuple(reasons))


def aggregated_roles(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Names of the ClusterRoles whose rules Kubernetes gathers from others."""
    key = ("rbac.authorization.k8s.io", "ClusterRole")
    return tuple(
        sorted({m.key.name for m in manifests if (m.key.group, m.key.kind) == key and "aggregationRule" in m.document})
    )


def scaled_workloads(manifests: Sequence[Manifest]) -> tuple[Ignored, ...]:
    """The workloads whose replicas an autoscaler beside them sets, though the chart writes a number."""
    written = {
        (m.key.group, m.key.kind, m.key.name): m
        for m in manifests
        if as_object(m.document.get("spec")).get("replicas") is not None
    }
    found = {}
    for manifest in manifests:
        target = _scaled_by(manifest)
        if target in written:
            group, kind, name = target
            reason = f"{manifest.key.kind} {manifest.key.name} sets it"
            found[target] = Ignored(group, kind, ("/spec/replicas",), reasons=(reason,), name=name)
    return tuple(found[key] for key in sorted(found))


def _scaled_by(manifest: Manifest) -> tuple[str, str, str] | None:
    if (manifest.key.group, manifest.key.kind) not in (
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
    ):
        return None
    target = as_object(as_object(manifest.document.get("spec")).get("scaleTargetRef"))
    version = str(target.get("apiVersion") or "apps/v1")
    group = version.rpartition("/")[0]
    return group, str(target.get("kind") or "Deployment"), str(target.get("name") or "")


# Certificates that somebody writes


def _bundles(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """``(path, who writes it)`` of each certificate bundle that the manifest leaves open."""
    group, kind, document = manifest.key.group, manifest.key.kind, manifest.document
    spec = as_object(document.get("spec"))
    if group == "admissionregistration.k8s.io" and kind in _WEBHOOKS:
        clients = [as_object(hook.get("clientConfig")) for hook in objects_in(document.get("webhooks"))]
        path = ".webhooks[]?.clientConfig.caBundle"
    elif (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
        webhook = as_object(as_object(spec.get("conversion")).get("webhook"))
        clients = [as_object(webhook["clientConfig"])] if "clientConfig" in webhook else []
        path = ".spec.conversion.webhook.clientConfig.caBundle"
    elif (group, kind) == ("apiregistration.k8s.io", "APIService"):
        clients = [spec] if spec.get("service") and not spec.get("insecureSkipTLSVerify") else []
        path = ".spec.caBundle"
    else:
        return
    if any(str(client.get("caBundle") or "").strip() in _BLANK_BUNDLES for client in clients):
        yield path, _writer(manifest.annotations)


def _writer(annotations: Mapping[str, str]) -> str:
    for pattern, who in _INJECTORS:
        if any(pattern.fullmatch(name) for name in annotations):
            return who
    return "rendered without one, so whoever serves it writes it"


# Defaults of definitions


def _defaulted(manifests: Sequence[Manifest]) -> dict[tuple[str, str], list[str]]:
    """Fields inside lists that objects leave out and their definition has a default for.

    A list of a custom resource is compared as a whole; elsewhere a field that only the cluster has is no difference.
    Where one object writes the field, nothing is told of its kind: that one is to be compared.
    """
    schemas = dict(_schemas(manifests))
    left: dict[tuple[str, str], dict[str, None]] = {}
    given: dict[tuple[str, str], set[str]] = {}
    for manifest in manifests:
        version = str(manifest.document.get("apiVersion", "")).rpartition("/")[2]
        key = (manifest.key.group, manifest.key.kind)
        schema = schemas.get((*key, version))
        for path, written in _walk(manifest.document, schema or {}, "", in_list=False):
            if written:
                given.setdefault(key, set()).add(path)
            else:
                left.setdefault(key, {})[path] = None
    return {key: [path for path in paths if path not in given.get(key, set())] for key, paths in left.items()}


def _schemas(manifests: Iterable[Manifest]) -> Iterator[tuple[tuple[str, str, str], JsonObject]]:
    for manifest in manifests:
        if (manifest.key.group, manifest.key.kind) != ("apiextensions.k8s.io", "CustomResourceDefinition"):
            continue
        spec = as_object(manifest.document.get("spec"))
        kind = str(as_object(spec.get("names")).get("kind"))
        for version in objects_in(spec.get("versions")):
            schema = as_object(as_object(version.get("schema")).get("openAPIV3Schema"))
            yield (str(spec.get("group")), kind, str(version.get("name"))), schema


def _walk(value: JsonValue, schema: JsonObject, path: str, *, in_list: bool) -> Iterator[tuple[str, bool]]:
    """``(path, whether it is written)`` of each field with a default inside a list."""
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, as_object(schema.get("items")), f"{path}[]?", in_list=True)
        return
    if not isinstance(value, dict):
        return
    for name, inner in as_object(schema.get("properties")).items():
        below = f"{path}{_step(name)}"
        if in_list and "default" in as_object(inner):
            yield below, name in value
        if name in value and (path or name not in ("metadata", "status")):
            yield from _walk(value[name], as_object(inner), below, in_list=in_list)


def _step(name: str) -> str:
    return f".{name}" if _PLAIN_KEY.fullmatch(name) else f'["{name}"]'
