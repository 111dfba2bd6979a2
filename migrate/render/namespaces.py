"""Objects as the cluster will hold them: with a namespace where one belongs, without one elsewhere."""

from __future__ import annotations

import dataclasses

from migrate.model.finding import Finding
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, Rendered
from migrate.render.scopes import Scopes, defined_scopes, settle_key


def settle_namespaces(rendered: Rendered, namespace: str, known: Scopes, *, remove: bool) -> Rendered:
    """Each object with its namespace filled in; ``remove`` also takes it from cluster-scoped objects, as Argo CD does.

    ``known`` are scopes that CRDs outside this render define.
    """
    scopes = {**known, **defined_scopes(m.document for m in rendered.manifests)}
    manifests = tuple(_settle(manifest, namespace, scopes, remove=remove) for manifest in rendered.manifests)
    unstable = tuple((settle_key(key, namespace, scopes), path) for key, path in rendered.unstable)
    return dataclasses.replace(rendered, manifests=manifests, unstable=unstable)


def _settle(manifest: Manifest, namespace: str, scopes: Scopes, *, remove: bool) -> Manifest:
    key = settle_key(manifest.key, namespace, scopes)
    if key.namespace == manifest.key.namespace:
        return manifest
    if not key.namespace and not remove:
        return dataclasses.replace(manifest, key=key)
    return dataclasses.replace(manifest, key=key, document=with_namespace(manifest.document, key.namespace))


def with_namespace(document: JsonObject, namespace: str) -> JsonObject:
    """A copy of the document in this namespace; in none if it is empty."""
    metadata = document.get("metadata")
    names = dict(metadata) if isinstance(metadata, dict) else {}
    names.pop("namespace", None)
    if namespace:
        names["namespace"] = namespace
    return {**document, "metadata": names}


def at_chart(
    findings: tuple[Finding, ...], folder: str, release: str = "", environment: str = ""
) -> tuple[Finding, ...]:
    """Findings about a chart's templates, with the chart's own folder in front of the template's path."""
    return tuple(
        dataclasses.replace(
            finding,
            source=dataclasses.replace(finding.source, file=f"{folder}/{finding.source.file}")
            if finding.source
            else None,
            release=release,
            environment=environment,
        )
        for finding in findings
    )
