"""Argo CD's way: an Application as its repo-server renders it, and as its controller then wants it in the cluster."""

from __future__ import annotations

import dataclasses
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping

from migrate.doors.checkout import Checkout, CheckoutError
from migrate.doors.helm import HelmError
from migrate.doors.yaml import dump_yaml
from migrate.model.json import JsonObject, as_object
from migrate.model.manifest import Manifest, Rendered
from migrate.render.chart import RenderCache
from migrate.render.hooks import is_skipped, sync_phases
from migrate.render.namespaces import settle_namespaces, with_namespace
from migrate.render.objects import object_key
from migrate.render.repeated import keep_last
from migrate.render.scopes import Scopes, cluster_scoped, defined_scopes
from migrate.render.source_type import SourceError
from migrate.render.sources import Rendering, find_checkout, render_source, text_of

TRACKING = "argocd.argoproj.io/tracking-id"
_CONTROL_PLANE = "argocd"


def render_application(
    manifest: JsonObject,
    repositories: Mapping[str, str],
    *,
    kube_version: str,
    api_versions: tuple[str, ...] = (),
    argocd_version: str = "3.3",
    scopes: Scopes | None = None,
    cache: RenderCache | None = None,
) -> Rendered:
    """What syncing the Application applies: hooks with their phases, namespaces settled, no tracking annotation.

    ``repositories``: repoURL → absolute folder. Objects that Argo CD never applies (tests, unknown hooks) are not
    there; of an object that is there twice the last counts, with a finding. A fault is told in ``error``.
    """
    rendered = _rendered_sources(manifest, repositories, kube_version, api_versions, _version(argocd_version), cache)
    if rendered.error:
        return rendered
    namespace = _destination_namespace(manifest)
    homeless = _without_namespace(rendered, namespace, scopes or {})
    if homeless:
        return Rendered(error=homeless)
    settled = settle_namespaces(rendered, namespace, scopes or {}, remove=True)
    once, repeated = keep_last(settled.manifests, _instance_name(manifest))
    hooks = ((item, sync_phases(item, _version(argocd_version))) for item in once)
    kept = (dataclasses.replace(item, phases=phases or ()) for item, phases in hooks if phases is None or phases)
    return dataclasses.replace(settled, manifests=tuple(kept), findings=(*settled.findings, *repeated))


def render_repository(
    manifest: JsonObject,
    repositories: Mapping[str, str],
    *,
    kube_version: str,
    api_versions: tuple[str, ...] = (),
    argocd_version: str = "3.3",
    cache: RenderCache | None = None,
) -> Rendered:
    """What the repo-server answers: all sources together, lists expanded, tracked, namespaces as rendered."""
    rendered = _rendered_sources(manifest, repositories, kube_version, api_versions, _version(argocd_version), cache)
    instance, namespace = _instance_name(manifest), _destination_namespace(manifest)
    tracked = tuple(_tracked(item, instance, item.key.namespace or namespace) for item in rendered.manifests)
    return dataclasses.replace(rendered, manifests=tracked)


def render_targets(
    manifest: JsonObject,
    repositories: Mapping[str, str],
    *,
    kube_version: str,
    api_versions: tuple[str, ...] = (),
    argocd_version: str = "3.3",
    scopes: Scopes | None = None,
    cache: RenderCache | None = None,
) -> Rendered:
    """What the controller compares with the cluster: tracked, namespaces settled, without hooks."""
    version = _version(argocd_version)
    rendered = _rendered_sources(manifest, repositories, kube_version, api_versions, version, cache)
    if rendered.error:
        return rendered
    instance, namespace = _instance_name(manifest), _destination_namespace(manifest)
    homeless = _without_namespace(rendered, namespace, scopes or {})
    if homeless:
        return Rendered(error=homeless)
    settled = settle_namespaces(rendered, namespace, scopes or {}, remove=True)
    once, repeated = keep_last(settled.manifests, instance)
    kept = tuple(
        _tracked(_with_encoded_text(item), instance, item.key.namespace or namespace)
        for item in once
        if sync_phases(item, version) is None or is_skipped(item)
    )
    return dataclasses.replace(settled, manifests=kept, findings=(*settled.findings, *repeated))


def _with_encoded_text(manifest: Manifest) -> Manifest:
    """A Secret with its ``stringData`` put into ``data``, as the API server and the controller do it."""
    text = manifest.document.get("stringData")
    if manifest.key.kind != "Secret" or manifest.key.group or not isinstance(text, dict):
        return manifest
    encoded: JsonObject = {key: b64encode(str(value).encode()).decode() for key, value in text.items()}
    document = {key: value for key, value in manifest.document.items() if key != "stringData"}
    document["data"] = {**as_object(document.get("data")), **encoded}
    return dataclasses.replace(manifest, document=document)


def _rendered_sources(
    manifest: JsonObject,
    repositories: Mapping[str, str],
    kube_version: str,
    api_versions: tuple[str, ...],
    argocd_version: tuple[int, int],
    cache: RenderCache | None,
) -> Rendered:
    """All sources one after the other, lists expanded."""
    spec = as_object(manifest.get("spec"))
    several = isinstance(spec.get("sources"), list) and bool(spec.get("sources"))
    stated = spec.get("sources") if several else [spec.get("source")]
    sources = [as_object(source) for source in stated if isinstance(source, dict)] if isinstance(stated, list) else []
    if not sources:
        return Rendered(error="the Application has no source")
    checkouts = {url: Checkout(folder) for url, folder in repositories.items()}
    parts: list[Rendered] = []
    for position, source in enumerate(sources, 1):
        if text_of(source, "ref") and not text_of(source, "path") and not text_of(source, "chart"):
            continue
        try:
            rendering = Rendering(
                application=text_of(as_object(manifest.get("metadata")), "name"),
                project=text_of(spec, "project") or "default",
                namespace=_destination_namespace(manifest),
                repositories=checkouts,
                references=_references(sources, checkouts) if several else {},
                several=several,
                kube_version=kube_version,
                api_versions=api_versions,
                argocd_version=argocd_version,
                cache=cache,
            )
            part = render_source(rendering, source)
        except (SourceError, CheckoutError, HelmError) as error:
            return Rendered(error=f"source {position} of {len(sources)}: {error}")
        if part.error:
            return Rendered(error=f"source {position} of {len(sources)}: {part.error}")
        parts.append(part)
    manifests = tuple(item for part in parts for manifest_ in part.manifests for item in _expanded(manifest_))
    return Rendered(
        manifests,
        findings=tuple(finding for part in parts for finding in part.findings),
        digest=parts[0].digest if len(parts) == 1 else "",
        unstable=tuple(place for part in parts for place in part.unstable),
    )


def _references(sources: list[JsonObject], checkouts: Mapping[str, Checkout]) -> dict[str, Checkout]:
    found: dict[str, Checkout] = {}
    for source in sources:
        name = text_of(source, "ref")
        if not name:
            continue
        if not re.fullmatch(r"[a-zA-Z0-9_-]+", name):
            raise SourceError(f"the ref {name!r} may only have letters, digits, - and _")
        if "$" + name in found:
            raise SourceError(f"two sources have the ref {name}")
        if text_of(source, "chart"):
            raise SourceError(f"the source with the ref {name} is a chart, which cannot be referenced")
        found["$" + name] = find_checkout(checkouts, text_of(source, "repoURL"))
    return found


def _expanded(manifest: Manifest) -> Iterator[Manifest]:
    """The items of a list, each as an object of its own; anything else as it is."""
    items = manifest.document.get("items")
    if "items" in manifest.document and manifest.key.kind.endswith("List") and items is None:
        return
    if not isinstance(items, list):
        yield manifest
        return
    for item in items:
        if isinstance(item, dict):
            yield Manifest(object_key(item), item, dump_yaml(item), manifest.template, manifest.crd_file)


def _without_namespace(rendered: Rendered, namespace: str, known: Scopes) -> str:
    """The controller's refusal of an object that has no namespace and gets none (rule 6.6)."""
    if namespace:
        return ""
    scopes = {**known, **defined_scopes(item.document for item in rendered.manifests)}
    for item in rendered.manifests:
        key = item.key
        if not key.namespace and not cluster_scoped(key, scopes):
            version = text_of(item.document, "apiVersion").rpartition("/")[2]
            return f"Namespace for {key.name} {key.group}/{version}, Kind={key.kind} is missing."
    return ""


def _tracked(manifest: Manifest, instance: str, namespace: str) -> Manifest:
    """The object with its tracking annotation; definitions get none (rules 6.6 and 7.1)."""
    key = manifest.key
    if key.kind == "CustomResourceDefinition" and key.group == "apiextensions.k8s.io":
        return manifest
    document = with_namespace(manifest.document, key.namespace)
    metadata = as_object(document["metadata"])
    metadata["annotations"] = {
        **as_object(metadata.get("annotations")),
        TRACKING: f"{instance}:{key.group}/{key.kind}:{namespace}/{key.name}",
    }
    return dataclasses.replace(manifest, document=document)


def _instance_name(manifest: JsonObject) -> str:
    metadata = as_object(manifest.get("metadata"))
    name, namespace = text_of(metadata, "name"), text_of(metadata, "namespace")
    return name if namespace in ("", _CONTROL_PLANE) else f"{namespace}_{name}"


def _destination_namespace(manifest: JsonObject) -> str:
    return text_of(as_object(as_object(manifest.get("spec")).get("destination")), "namespace")


def _version(text: str) -> tuple[int, int]:
    numbers = [int(part) for part in re.findall(r"\d+", text)[:2]]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (3, 3)
