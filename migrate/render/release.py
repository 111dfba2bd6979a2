"""Helmfile's way: what a release hands to Helm, rendered, chartified, and with the namespace Helm applies it in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.doors.charts import glob_pattern
from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError
from migrate.doors.secret_scan import decrypted_texts, sayable, secrets_among
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import HelmRequest, Manifest, Rendered
from migrate.render.chart import RenderCache, render_request
from migrate.render.chartified import chartified_by, render_chartified
from migrate.render.faults import placed
from migrate.render.namespaces import at_chart, settle_namespaces
from migrate.render.objects import arranged, object_key, parse_documents
from migrate.render.scopes import Scopes


@dataclass(frozen=True)
class RenderOptions:
    """What ``helmfile template`` is told on its command line, and whether real secrets go in."""

    include_crds: bool = False
    skip_tests: bool = False
    hooks: bool = True
    """False is ``--no-hooks``."""
    kube_version: str = ""
    """Wins over the release's own."""
    api_versions: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    """``(flag, "name=value")``, behind the release's own."""
    values: tuple[str, ...] = ()
    """YAML texts of ``--values``, behind the release's own; before them where helmfile chartifies."""
    value_names: tuple[str, ...] = ()
    show_only: tuple[str, ...] = ()
    """Paths of templates as Helm's ``--show-only`` takes them; none: everything."""
    secrets: bool = False


@dataclasses.dataclass(frozen=True)
class ReleaseValues:
    """The values files and set flags of a release, in the order in which Helm merges them."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    sets: tuple[tuple[str, str], ...]


def release_values(estate: Estate, release: Release, *, secrets: bool = False) -> ReleaseValues:
    """What helmfile hands to Helm beside the chart (rule 12.5); ``secrets`` as for :func:`release_request`."""
    texts = [layer.secret_text if secrets and layer.secret_text is not None else layer.text for layer in release.values]
    sets = tuple(
        (s.flag, f"{s.name}={absolute(s.value, estate.root)}" if s.flag == "--set-file" else f"{s.name}={s.value}")
        for s in release.sets
    )
    return ReleaseValues(tuple(texts), tuple(layer.path or str(layer.source) for layer in release.values), sets)


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
    values = release_values(estate, release, secrets=secrets)
    return HelmRequest(
        chart=absolute(release.chart_path, estate.root),
        release_name=release.part_of or release.name,
        namespace=release.namespace,
        values=values.texts,
        value_names=values.names,
        sets=values.sets,
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
    """The objects that helmfile would have Helm apply: hooks and tests included, crds/ marked, chartified (rule 12.9).

    ``scopes`` are those of CRDs outside this chart. A fault in chart or values is told in ``error``; ``chartified``
    says what was done to the chart's own render.
    """
    rendered = render_unsettled(
        estate, release, kube_version=kube_version, api_versions=api_versions, secrets=secrets, cache=cache
    )
    return settle_release(rendered, release, scopes)


def render_unsettled(
    estate: Estate,
    release: Release,
    *,
    kube_version: str = "",
    api_versions: tuple[str, ...] = (),
    secrets: bool = False,
    cache: RenderCache | None = None,
) -> Rendered:
    """As ``render_release``, namespaces as the chart writes them: all that needs no other release of the estate."""
    try:
        request = release_request(
            estate, release, kube_version=kube_version, api_versions=api_versions, secrets=secrets
        )
        return _with_added(own_part(_rendered(estate, release, request, cache), release), release)
    except HelmError as error:
        return Rendered(error=_sayable(error.message, estate, release))


def own_part(rendered: Rendered, release: Release) -> Rendered:
    """Of a release whose definitions are apart, its own part; without a digest, since the chart renders more."""
    if not release.part_of and not release.definitions_apart:
        return rendered
    kept = tuple(m for m in rendered.manifests if (m.key.kind == "CustomResourceDefinition") is bool(release.part_of))
    return dataclasses.replace(rendered, manifests=kept, digest="")


def _with_added(rendered: Rendered, release: Release) -> Rendered:
    """The render with the objects that migration.yaml adds; without a digest, since the chart renders less.

    Raises:
        HelmError: a file of them is no YAML.
    """
    if not release.added or rendered.error:
        return rendered
    objects = (
        Manifest(object_key(document), document, text, file.path)
        for file in release.added
        for document, text in parse_documents(file.text, file.path)
    )
    return dataclasses.replace(rendered, manifests=arranged((*rendered.manifests, *objects)), digest="")


def settle_release(rendered: Rendered, release: Release, scopes: Scopes | None) -> Rendered:
    """The second half of ``render_release``, for what ``render_unsettled`` gave or an outline of it."""
    if rendered.error:
        return rendered
    return _told(settle_namespaces(rendered, release.namespace or "default", scopes or {}, remove=False), release)


def render_as_helmfile(
    estate: Estate, release: Release, options: RenderOptions, cache: RenderCache | None = None
) -> Rendered:
    """The objects that ``helmfile template`` prints for one release, in Helm's order, namespaces as they are written.

    A fault in chart or values is told in ``error``, also where the release needs what is not on this machine.
    """
    try:
        request = release_request(
            estate, release, kube_version=options.kube_version, api_versions=options.api_versions,
            secrets=options.secrets,
        )  # fmt: skip
        values, names = (options.values, request.values), (_names(options), request.value_names)
        if set(chartified_by(estate, release)) <= {"dependencies"}:
            values, names = values[::-1], names[::-1]
        request = dataclasses.replace(
            request,
            values=(*values[0], *values[1]),
            value_names=(*names[0], *names[1]),
            sets=(*request.sets, *options.sets),
            kube_version=options.kube_version or request.kube_version,
            include_crds=options.include_crds,
            skip_tests=options.skip_tests,
        )
        rendered = _rendered(estate, release, request, cache)
        manifests = _shown(arranged(rendered.manifests, hooks=options.hooks), options.show_only)
    except HelmError as error:
        return Rendered(error=_sayable(error.message, estate, release))
    return _told(dataclasses.replace(rendered, manifests=manifests), release)


def _names(options: RenderOptions) -> tuple[str, ...]:
    given = options.value_names
    return tuple(given[i] if i < len(given) else f"--values {i + 1}" for i in range(len(options.values)))


def _rendered(estate: Estate, release: Release, request: HelmRequest, cache: RenderCache | None) -> Rendered:
    reasons = chartified_by(estate, release)
    if reasons:
        # One cache at least for the two or three renders of a single release.
        rendered = render_chartified(estate, release, request, reasons, cache or RenderCache())
        rendered = dataclasses.replace(rendered, chartified=reasons)
    else:
        rendered = render_request(request, cache)
    if rendered.error:
        return dataclasses.replace(rendered, error=_sayable(rendered.error, estate, release))
    return rendered


def _sayable(error: str, estate: Estate, release: Release) -> str:
    """What a person is told: the chart's folder in place of its name, and no secret that the estate knows of."""
    secrets = {text for text, _ in estate.opened}
    for layer in release.values:
        if layer.secret_text is not None:
            secrets |= decrypted_texts(layer.secret_text, layer.text)
    secrets |= secrets_among(layer.text for layer in release.values)
    return placed(sayable(error, secrets), release.chart_path or "")


def _shown(manifests: tuple[Manifest, ...], show_only: Sequence[str]) -> tuple[Manifest, ...]:
    """Helm's ``--show-only``: patterns for the path inside the chart, each of which has to match.

    Raises:
        HelmError: one matches nothing.
    """
    if not show_only:
        return manifests
    shown: list[Manifest] = []
    for pattern in show_only:
        found = [m for m in manifests if _matches(pattern, m.template.partition("/")[2])]
        if not found:
            raise HelmError(f"could not find template {pattern} in chart")
        shown += [manifest for manifest in found if manifest not in shown]
    return tuple(shown)


def _matches(pattern: str, path: str) -> bool:
    try:
        return re.fullmatch(glob_pattern(pattern), path) is not None
    except re.error:
        return False


def _told(rendered: Rendered, release: Release) -> Rendered:
    """The render with its findings at the chart's place in the estate."""
    findings = at_chart(rendered.findings, release.chart_path or "", release.id, release.environment)
    return dataclasses.replace(rendered, findings=findings)


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
