"""Helmfile's way: what a release hands to Helm, rendered, patched, and with the namespace Helm applies it in."""

from __future__ import annotations

import dataclasses

from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError
from migrate.doors.yaml import dump_yaml
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import HelmRequest, Manifest, Rendered
from migrate.render.chart import RenderCache, render_request
from migrate.render.namespaces import at_chart, settle_namespaces
from migrate.render.objects import object_key
from migrate.render.patches import Documents, apply_json_patches, apply_strategic_merge_patches
from migrate.render.scopes import Scopes


def release_request(
    estate: Estate,
    release: Release,
    *,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    secrets: bool = False,
) -> HelmRequest:
    """What helmfile asks Helm for (rules 12.5 to 12.7); ``secrets`` takes the supplied secrets instead of placeholders.

    Raises:
        HelmError: the chart is not on this disk.
    """
    if release.chart_path is None:
        raise HelmError(f"the chart {release.chart} is not on this disk; vendor it or map its repository to a folder")
    texts = [layer.secret_text if secrets and layer.secret_text is not None else layer.text for layer in release.values]
    sets = tuple(
        (s.flag, f"{s.name}={absolute(s.value, estate.root)}" if s.flag == "--set-file" else f"{s.name}={s.value}")
        for s in release.sets
    )
    return HelmRequest(
        chart=absolute(release.chart_path, estate.root),
        release_name=release.name,
        namespace=release.namespace,
        values=tuple(texts),
        value_names=tuple(layer.path or str(layer.source) for layer in release.values),
        sets=sets,
        kube_version=release.kube_version or kube_version,
        api_versions=tuple(dict.fromkeys((*api_versions, *release.api_versions))),
        include_crds=release.include_crds,
        skip_schema_validation=release.skip_schema_validation,
    )


def render_release(
    estate: Estate,
    release: Release,
    *,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    secrets: bool = False,
    scopes: Scopes | None = None,
    cache: RenderCache | None = None,
) -> Rendered:
    """The objects that helmfile would have Helm apply: hooks and tests included, crds/ marked, patches applied.

    ``scopes`` are those of CRDs outside this chart. A fault in chart or values is told in ``error``.
    """
    try:
        request = release_request(
            estate, release, kube_version=kube_version, api_versions=api_versions, secrets=secrets
        )
        rendered = render_request(request, cache)
        if rendered.error:
            return rendered
        rendered = dataclasses.replace(rendered, manifests=_patched(release, rendered.manifests))
        rendered = settle_namespaces(rendered, release.namespace or "default", scopes or {}, remove=False)
    except HelmError as error:
        return Rendered(error=error.message)
    findings = at_chart(rendered.findings, release.chart_path or "", release.id, release.environment)
    return dataclasses.replace(rendered, findings=findings)


def _patched(release: Release, manifests: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    if not release.json_patches and not release.strategic_merge_patches:
        return manifests
    documents: Documents = [manifest.document for manifest in manifests]
    documents = apply_strategic_merge_patches(documents, release.strategic_merge_patches)
    documents = apply_json_patches(documents, release.json_patches)
    patched = []
    for manifest, document in zip(manifests, documents, strict=True):
        if document is None:
            continue
        key = manifest.key if document is manifest.document else object_key(document)
        text = manifest.text if document is manifest.document else dump_yaml(document)
        patched.append(dataclasses.replace(manifest, key=key, document=document, text=text))
    return tuple(patched)


def broken_render(release: Release, rendered: Rendered) -> Finding | None:
    """The finding for a deployed release that does not render."""
    if not rendered.error:
        return None
    return Finding(
        "RD001",
        Severity.ERROR,
        f"{release.id} does not render: {rendered.error}",
        "mend its chart or values; helmfile would fail here too",
        release.source,
        release.id,
        release.environment,
    )
