"""Edges that no person wrote: an object of one release refers to what an object of another provides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from migrate.graph.kinds import is_cluster_scoped
from migrate.graph.provide import Thing, provided
from migrate.graph.use import used
from migrate.model.estate import Release
from migrate.model.manifest import Manifest

_EDGE_KINDS = {"clusterissuer": "issuer", "clustersecretstore": "secretstore"}
_LOOKED_UP_AS = {"webhook": "service", "apiservice": "service", "dns": "service"}


@dataclass(frozen=True)
class Reference:
    """One object that needs a thing which another release provides, in one environment."""

    before: str
    after: str
    kind: str
    evidence: str
    environment: str
    field: str
    """The path of the field that names the thing."""


@dataclass(frozen=True)
class Inferred:
    """What the renders of one environment show."""

    references: tuple[Reference, ...]
    mentions: tuple[Reference, ...] = ()
    """A Service of another release called by its DNS name: a hint, since nothing says that it is called at start."""
    missing: tuple[tuple[str, str], ...] = ()
    """``(release id, Kind.group)``: a custom resource whose definition no release ships."""
    shared: tuple[tuple[Thing, tuple[str, ...]], ...] = ()
    """A thing that is referred to, and the several releases that provide it."""


@dataclass(frozen=True)
class Deployed:
    """One release as it is applied in one environment."""

    release: Release
    manifests: tuple[Manifest, ...]


@dataclass
class _Collected:
    references: list[Reference] = field(default_factory=list)
    mentions: list[Reference] = field(default_factory=list)
    missing: set[tuple[str, str]] = field(default_factory=set)
    shared: dict[Thing, tuple[str, ...]] = field(default_factory=dict)


_TEST_HOOKS = frozenset({"test", "test-success", "test-failure"})
_NOT_AT_INSTALL = _TEST_HOOKS | {"pre-delete", "post-delete", "pre-rollback", "post-rollback"}


def hook_events(manifest: Manifest) -> frozenset[str]:
    """The Helm hook events of an object; empty where it is an ordinary one."""
    words = manifest.annotations.get("helm.sh/hook", "").split(",")
    return frozenset(word.strip() for word in words if word.strip())


def is_test(events: frozenset[str]) -> bool:
    """Whether an object with these hook events runs as a Helm test only."""
    return bool(events) and events <= _TEST_HOOKS


def namespace_of(manifest: Manifest, release: Release, defined: Mapping[str, bool]) -> str:
    """The namespace an object lands in; empty for a cluster-scoped one."""
    if is_cluster_scoped(manifest.key.group_kind, defined):
        return ""
    return manifest.key.namespace or release.namespace or "default"


def infer_references(deployed: Iterable[Deployed], environment: str, defined: Mapping[str, bool]) -> Inferred:
    """What each release of one environment takes from the others; releases of different clusters do not meet."""
    contexts: dict[str, list[Deployed]] = {}
    for item in deployed:
        contexts.setdefault(item.release.kube_context, []).append(item)
    found = _Collected()
    for items in contexts.values():
        _collect(items, environment, defined, found)
    return Inferred(
        tuple(found.references),
        tuple(found.mentions),
        tuple(sorted(found.missing)),
        tuple(sorted(found.shared.items())),
    )


def _collect(items: list[Deployed], environment: str, defined: Mapping[str, bool], found: _Collected) -> None:
    providers: dict[Thing, dict[str, Release]] = {}
    for item in items:
        for thing in _provisions(item, defined):
            providers.setdefault(thing, {})[item.release.id] = item.release
    for item in items:
        for thing, evidence, path in _needs_of(item, defined):
            lookup = Thing(_LOOKED_UP_AS.get(thing.kind, thing.kind), thing.namespace, thing.name)
            available = providers.get(lookup, {})
            if item.release.id in available:
                continue
            if not available and thing.kind == "crd":
                found.missing.add((item.release.id, thing.name))
            chosen = _same_layer_first(available, item.release)
            if len(chosen) > 1 and thing.kind != "dns":
                found.shared[lookup] = tuple(sorted(available))
                evidence += f" (also provided by {', '.join(sorted(set(chosen)))})"
            kind = _EDGE_KINDS.get(thing.kind, thing.kind)
            seen = found.mentions if thing.kind == "dns" else found.references
            for before in chosen:
                seen.append(Reference(before, item.release.id, kind, evidence, environment, path))


def _same_layer_first(available: Mapping[str, Release], release: Release) -> tuple[str, ...]:
    near = tuple(sorted(name for name, other in available.items() if other.layer == release.layer))
    return near or tuple(sorted(available))


def _provisions(item: Deployed, defined: Mapping[str, bool]) -> Iterator[Thing]:
    for manifest in _at_install(item):
        yield from provided(manifest, namespace_of(manifest, item.release, defined))


def _needs_of(item: Deployed, defined: Mapping[str, bool]) -> Iterator[tuple[Thing, str, str]]:
    """Each reference with its evidence and its field."""
    for manifest in _at_install(item):
        for thing, path in used(manifest, namespace_of(manifest, item.release, defined)):
            yield thing, f"{manifest.key.kind} {_place(manifest)} → {_told(thing)}", path


def _at_install(item: Deployed) -> tuple[Manifest, ...]:
    """The objects that count: tests and deletion hooks of a release that has others do not, since they are not
    there when it is installed."""
    events = [hook_events(manifest) for manifest in item.manifests]
    counts = [not event or not event <= _NOT_AT_INSTALL for event in events]
    if not any(counts):
        return item.manifests
    return tuple(manifest for manifest, count in zip(item.manifests, counts, strict=True) if count)


def _place(manifest: Manifest) -> str:
    key = manifest.key
    return f"{key.namespace}/{key.name}" if key.namespace else key.name


_WORDS = {
    "apiservice": "Service",
    "claim": "PersistentVolumeClaim",
    "clusterissuer": "ClusterIssuer",
    "clustersecretstore": "ClusterSecretStore",
    "configmap": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "dns": "Service",
    "gateway": "Gateway",
    "gatewayclass": "GatewayClass",
    "ingressclass": "IngressClass",
    "issuer": "Issuer",
    "middleware": "Middleware",
    "namespace": "Namespace",
    "priorityclass": "PriorityClass",
    "runtimeclass": "RuntimeClass",
    "secret": "Secret",
    "secretproviderclass": "SecretProviderClass",
    "secretstore": "SecretStore",
    "serviceaccount": "ServiceAccount",
    "storageclass": "StorageClass",
    "webhook": "Service",
}


def _told(thing: Thing) -> str:
    if thing.kind == "workload":
        kind, _, name = thing.name.partition("/")
        return f"{kind} {thing.namespace}/{name}"
    name = f"{thing.namespace}/{thing.name}" if thing.namespace else thing.name
    return f"{_WORDS[thing.kind]} {name}"
