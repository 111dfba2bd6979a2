"""One ``helm template``: a request becomes objects, or an error that says what stands in the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, ValuePath, chart_metadata, check_release_name, load_chart, render_chart
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import HelmRequest, Manifest, ObjectKey, Rendered
from migrate.render.objects import helm_manifests
from migrate.render.unstable import Mention, at_another_moment, compare_renders, find_mentions
from migrate.render.values import fold_values, integers
from migrate.render.versions import full_version, satisfies


@dataclass
class RenderCache:
    """Renders by the hash of all that goes into them; one for a run, made by whoever runs it."""

    renders: MutableMapping[str, Rendered] = field(default_factory=dict)
    builds: dict[str, str] = field(default_factory=dict)
    """What kustomize built, by a hash of its own."""


def render_request(request: HelmRequest, cache: RenderCache | None = None) -> Rendered:
    """The objects of one chart in Helm's order, namespaces as the chart writes them.

    A chart that draws something at random, or asks for the time, is rendered twice to see what it touches. Nothing
    is raised for a fault in the chart or its values: ``Rendered.error`` says it.
    """
    try:
        chart = load_chart(request.chart)
    except HelmError as error:
        return Rendered(error=error.message)
    return render_files(request, chart, cache)


def render_files(request: HelmRequest, chart: ChartFiles, cache: RenderCache | None = None) -> Rendered:
    """The same for a chart in memory, whatever lies at ``request.chart``."""
    try:
        values = fold_values(request.values, request.value_names, request.sets)
        typed = dict(integers(values))
        digest = _digest(request, chart, values, typed)
        kept = cache.renders.get(digest) if cache is not None else None
        if kept is not None:
            return kept
        rendered = _render(request, chart, values, typed, digest)
    except HelmError as error:
        return Rendered(error=error.message)
    if cache is not None:
        cache.renders[digest] = rendered
    return rendered


def _digest(request: HelmRequest, chart: ChartFiles, values: JsonObject, typed: dict[ValuePath, int]) -> str:
    options = [
        request.release_name,
        request.namespace,
        full_version(request.kube_version),
        request.api_versions,
        request.include_crds,
        request.skip_tests,
        request.skip_schema_validation,
        sorted(map(str, typed)),
    ]
    return hashlib.sha256(f"{chart.digest}\0{json.dumps([values, options], sort_keys=True)}".encode()).hexdigest()


def _render(
    request: HelmRequest, chart: ChartFiles, values: JsonObject, typed: dict[ValuePath, int], digest: str
) -> Rendered:
    check_release_name(request.release_name)
    metadata = chart_metadata(chart)
    _check_kube_version(metadata, request.kube_version)
    if typed and _imports_values(metadata):
        places = ", ".join(".".join(map(str, path)) for path in typed)
        raise HelmError(
            f"--set makes {places} an integer and the chart imports values of its subcharts, where Helm in process "
            "knows only floats; write the number into a values file"
        )
    if request.skip_schema_validation:
        chart = chart.without_schemas()
    manifests = _manifests(request, chart, values, typed)
    texts = dict(chart.templates)
    texts.update({f"values {n + 1}": text for n, text in enumerate(request.values) if "{{" in text})
    mentions = find_mentions(texts)
    unstable: tuple[tuple[ObjectKey, str], ...] = ()
    if mentions:
        unstable = compare_renders(manifests, _manifests(request, at_another_moment(chart), values, typed))
    findings = (*_unstable_findings(mentions if unstable else ()), *_lookup_findings(texts))
    return Rendered(manifests, findings=findings, digest=digest, unstable=unstable)


def _manifests(
    request: HelmRequest, chart: ChartFiles, values: JsonObject, typed: dict[ValuePath, int]
) -> tuple[Manifest, ...]:
    output = render_chart(
        chart,
        values,
        name=request.release_name,
        namespace=request.namespace or "default",
        kube_version=full_version(request.kube_version),
        api_versions=request.api_versions,
        integers=typed,
    )
    return helm_manifests(output, include_crds=request.include_crds, skip_tests=request.skip_tests)


def _check_kube_version(metadata: JsonObject, kube_version: str) -> None:
    constraint = metadata.get("kubeVersion")
    if not constraint or not kube_version:
        return
    version = full_version(kube_version)
    try:
        fits = satisfies(version, str(constraint))
    except ValueError as error:
        raise HelmError(str(error)) from error
    if not fits:
        raise HelmError(f"chart requires kubeVersion: {constraint} which is incompatible with Kubernetes v{version}")


def _imports_values(metadata: JsonObject) -> bool:
    dependencies = metadata.get("dependencies")
    return isinstance(dependencies, list) and any(isinstance(d, dict) and d.get("import-values") for d in dependencies)


def _unstable_findings(mentions: Sequence[Mention]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "RN001",
            Severity.WARNING,
            f"{mention.function} gives something else in each render, so Argo CD would change the object each time",
            "pin the value in the plan, e.g. an existing Secret, so that the chart draws none",
            SourceLocation(mention.template, mention.line),
        )
        for mention in mentions
    )


def _lookup_findings(texts: dict[str, str]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "RN002",
            Severity.INFO,
            "lookup finds nothing in a render without a cluster: Argo CD always takes the way of a first install",
            "see whether the chart keeps something alive with it, and pin that in the plan",
            SourceLocation(mention.template, mention.line),
        )
        for mention in find_mentions(texts, lookups=True)
    )
