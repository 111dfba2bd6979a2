"""One ``helm template``: a request becomes objects, or an error that says what stands in the way."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.charts import ChartFiles
from migrate.doors.helm import HelmError, ValuePath, chart_metadata, check_release_name, load_chart, render_chart
from migrate.doors.helm_binary import HelmBinary, render_by_binary
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import HelmRequest, Manifest, ObjectKey, Rendered
from migrate.render.faults import explained, key_line
from migrate.render.helm3 import as_helm3
from migrate.render.objects import helm_manifests
from migrate.render.unstable import Mention, at_another_moment, compare_renders, find_mentions
from migrate.render.values import fold_values, integers
from migrate.render.versions import full_version, satisfies

HELM_3, HELM_4 = 3, 4
_MOST_TOLD = 5
_OWN_NULL = ("keeps it as a value", "takes the key for absent")


@dataclass
class RenderCache:
    """Renders by the hash of all that goes into them, and the Helm of a run; made by whoever runs it."""

    renders: MutableMapping[str, Rendered] = field(default_factory=dict)
    builds: dict[str, str] = field(default_factory=dict)
    """What kustomize built, by a hash of its own."""
    helm: HelmBinary | None = None
    """A program that renders instead of the library, where its version is the one that is asked for."""


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
    given = cache.helm if cache is not None else None
    major = request.helm_major or (given.major if given else HELM_3)
    program = given if given and given.major == major else None
    try:
        job = _job(request, chart, major, program)
        kept = cache.renders.get(job.digest) if cache is not None else None
        rendered = kept if kept is not None else _render(job)
        if cache is not None and kept is None:
            cache.renders[job.digest] = rendered
        if request.helm_major == HELM_4:
            return dataclasses.replace(rendered, findings=(*rendered.findings, *_helm_findings(job, rendered)))
    except HelmError as error:
        return Rendered(error=explained(error.message, request, chart))
    return rendered


@dataclass(frozen=True)
class _Job:
    """A request with all that was found out about it."""

    request: HelmRequest
    source: ChartFiles
    """The chart as it is."""
    chart: ChartFiles
    """The chart as it is rendered."""
    values: JsonObject
    typed: dict[ValuePath, int]
    program: HelmBinary | None
    digest: str


def _job(request: HelmRequest, chart: ChartFiles, major: int, program: HelmBinary | None) -> _Job:
    folded = fold_values(request.values, request.value_names, request.sets)
    typed = dict(integers(folded))
    prepared, values = chart, folded
    if program is None and major == HELM_3:
        prepared, values, _ = as_helm3(chart, folded)
    digest = _digest(request, prepared, values, typed, program)
    return _Job(request, chart, prepared, values, typed, program, digest)


def _digest(
    request: HelmRequest,
    chart: ChartFiles,
    values: JsonObject,
    typed: dict[ValuePath, int],
    program: HelmBinary | None,
) -> str:
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
    if program is not None:
        options.append([program.version, request.values, request.sets])
    return hashlib.sha256(f"{chart.digest}\0{json.dumps([values, options], sort_keys=True)}".encode()).hexdigest()


def _render(job: _Job) -> Rendered:
    request, chart = job.request, job.chart
    check_release_name(request.release_name)
    metadata = chart_metadata(chart)
    _check_kube_version(metadata, request.kube_version)
    if job.typed and job.program is None and _imports_values(metadata):
        places = ", ".join(".".join(map(str, path)) for path in job.typed)
        raise HelmError(
            f"--set makes {places} an integer and the chart imports values of its subcharts, where Helm in process "
            "knows only floats; write the number into a values file, or name a helm with --helm-binary"
        )
    manifests = _manifests(job, chart)
    texts = dict(chart.templates)
    texts.update({f"values {n + 1}": text for n, text in enumerate(request.values) if "{{" in text})
    mentions = find_mentions(texts)
    unstable: tuple[tuple[ObjectKey, str], ...] = ()
    if mentions:
        unstable = compare_renders(manifests, _manifests(job, at_another_moment(chart)))
    findings = (*_unstable_findings(mentions if unstable else ()), *_lookup_findings(texts))
    return Rendered(manifests, findings=findings, digest=job.digest, unstable=unstable)


def _manifests(job: _Job, chart: ChartFiles) -> tuple[Manifest, ...]:
    request = job.request
    if job.program is not None:
        output = render_by_binary(
            job.program, chart.archive, request.values, request.value_names, _flags(request), request.release_name
        )
    else:
        output = render_chart(
            chart.without_schemas() if request.skip_schema_validation else chart,
            job.values,
            name=request.release_name,
            namespace=request.namespace or "default",
            kube_version=full_version(request.kube_version),
            api_versions=request.api_versions,
            integers=job.typed,
        )
    return helm_manifests(output, include_crds=request.include_crds, skip_tests=request.skip_tests)


def _flags(request: HelmRequest) -> list[str]:
    """What ``helm template`` is told beside the chart and its values files."""
    flags = [part for flag in request.sets for part in flag]
    flags += ["--namespace", request.namespace or "default"]
    if request.kube_version:
        flags += ["--kube-version", full_version(request.kube_version)]
    flags += [part for version in request.api_versions for part in ("--api-versions", version)]
    switches = {
        "--include-crds": request.include_crds,
        "--skip-tests": request.skip_tests,
        "--skip-schema-validation": request.skip_schema_validation,
    }
    return [*flags, *(switch for switch, on in switches.items() if on)]


def _helm_findings(job: _Job, rendered: Rendered) -> Iterator[Finding]:
    """What Helm 3 would render otherwise, of what Helm 4 rendered here (rules 0.3 and 0.4)."""
    chart, values, nulls = as_helm3(job.source, job.values)
    if not nulls:
        return
    other = dataclasses.replace(job, chart=chart, values=values, program=None)
    try:
        manifests = _manifests(other, chart)
    except HelmError:
        manifests = ()
    if not compare_renders(rendered.manifests, manifests):
        return
    nulls = tuple(null for null in nulls if null.over_subchart) or nulls
    for null in nulls[:_MOST_TOLD]:
        name = ".".join(null.path)
        three, four = ("takes the subchart's default away", "keeps it") if null.over_subchart else _OWN_NULL
        yield Finding(
            "RN004",
            Severity.WARNING,
            f"{name} is null: Helm 3 {three}, Helm 4 (Argo CD from 3.5 on) {four}",
            "write the value that is meant into a values layer, so that both render the same",
            SourceLocation(null.file, key_line(job.source.files[null.file].decode("utf-8", "replace"), null.path) or 1),
        )


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
