"""One release's share of a proof: what runs on a thread, a process or another machine.

A unit takes what all units share and a task of its own, both frozen and small, and gives back bytes or a verdict.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from migrate import __version__
from migrate.doors.estate_files import absolute
from migrate.doors.fast_json import json_bytes, parse_json
from migrate.doors.helm import HelmError, load_chart
from migrate.doors.helm_binary import HelmBinary
from migrate.doors.secret_scan import sayable, scan_text
from migrate.doors.workers import Lost
from migrate.errors import UsageError
from migrate.graph import outlined
from migrate.model.estate import Estate, Release
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, Rendered
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.report import ReleaseVerdict
from migrate.pipeline import Clusters, source_urls
from migrate.render import (
    KeptRenders,
    RenderCache,
    Scopes,
    defined_scopes,
    render_application,
    render_release,
    render_unsettled,
    settle_release,
    text_size,
)
from migrate.rerender import with_first_layer
from migrate.verify import HealthChecks, Pairing, gate_of, judge


@dataclass(frozen=True)
class Side:
    """What Helmfile applies for one release, as far as other releases must know it, and all of it packed."""

    outline: Rendered
    scopes: Scopes
    packed: bytes
    size: int


@dataclass(frozen=True)
class RenderCommon:
    """What every ``render_side`` needs."""

    estate: Estate
    """Without its releases."""
    clusters: Clusters
    renders: KeptRenders
    builds: dict[str, str] = field(default_factory=dict)
    version: str = __version__
    helm: HelmBinary | None = None


@dataclass(frozen=True)
class JudgeCommon:
    """What every ``judge_sides`` needs."""

    plan: Plan
    """Without its releases."""
    folder: str
    clusters: Clusters
    scopes: Mapping[str, Scopes]
    renders: KeptRenders
    checks: Mapping[str, HealthChecks] = field(default_factory=dict)
    """Environment → its health checks, where a rollout is asked for."""
    helm: HelmBinary | None = None
    estate: Estate | None = None
    """Without its releases."""
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Environment → its fleet contract; empty while there is none."""


def render_side(common: RenderCommon, release: Release) -> Side:
    """The unit of the left side.

    Raises:
        UsageError: a cluster runs it that has another version of migrate.
    """
    if common.version != __version__:
        raise UsageError(
            f"the cluster's workers run migrate {__version__}, and this is {common.version}",
            hint="install the same version on both",
        )
    cluster = common.clusters[release.environment]
    rendered = render_unsettled(
        common.estate,
        release,
        kube_version=release.kube_version or cluster.kube_version,
        api_versions=release.api_versions or cluster.api_versions,
        cache=RenderCache(common.renders, common.builds, common.helm),
    )
    scopes = defined_scopes(manifest.document for manifest in rendered.manifests)
    return Side(outlined(rendered), scopes, packed(rendered), text_size(rendered))


def judge_sides(common: JudgeCommon, task: tuple[Pairing, bytes | None]) -> ReleaseVerdict:
    """The unit of the right side and the verdict.

    Where both sides hand the same chart, values and options to the same Helm, one render stands for both, unless the
    chart draws something anew each time.
    """
    pairing, packed = task
    left = unpacked(packed) if packed is not None else None
    if left is not None and pairing.release is not None:
        if left.digest and not (left.error or left.unstable or left.chartified):
            common.renders.remember(left.digest, left)
        left = settle_release(left, pairing.release, common.scopes.get(pairing.environment))
    right = _applied(common, pairing)
    row = judge(pairing, common.plan, left, right, lambda release: _with_contract(common, release))
    checks = common.checks.get(pairing.environment)
    if checks is None or right is None or right.error:
        return row
    return replace(row, gate=gate_of(right.manifests, checks))


def _with_contract(common: JudgeCommon, release: Release) -> Rendered | None:
    if common.estate is None or not common.contracts.get(release.environment):
        return None
    cluster = common.clusters[release.environment]
    return render_release(
        common.estate,
        with_first_layer(release, common.contracts[release.environment]),
        kube_version=release.kube_version or cluster.kube_version,
        api_versions=release.api_versions or cluster.api_versions,
        scopes=common.scopes.get(release.environment),
        cache=RenderCache(common.renders, helm=common.helm),
    )


def _applied(common: JudgeCommon, pairing: Pairing) -> Rendered | None:
    if pairing.application is None:
        return None
    cluster = common.clusters.get(pairing.environment, PlannedEnvironment(pairing.environment))
    return render_application(
        pairing.application.manifest,
        dict.fromkeys(source_urls(pairing.application), common.folder),
        kube_version=cluster.kube_version,
        api_versions=cluster.api_versions,
        argocd_version=common.plan.argocd_version,
        scopes=common.scopes.get(pairing.environment),
        cache=RenderCache(common.renders, helm=common.helm),
    )


def packed(rendered: Rendered) -> bytes:
    """The render as bytes, a fraction of its size in memory; JSON for the documents is the quickest to read back."""
    documents = [_document_bytes(manifest.document) for manifest in rendered.manifests]
    bare = tuple(_with_document(manifest, {}) for manifest in rendered.manifests)
    content = (replace(rendered, manifests=bare), documents)
    return zlib.compress(pickle.dumps(content, pickle.HIGHEST_PROTOCOL), 1)


def unpacked(content: bytes) -> Rendered:
    """The render that :func:`packed` made bytes of."""
    rendered: Rendered
    rendered, documents = pickle.loads(zlib.decompress(content))  # noqa: S301 - our own, from this run
    manifests = (
        _with_document(manifest, parse_json(document) if isinstance(document, bytes) else document)
        for manifest, document in zip(rendered.manifests, documents, strict=True)
    )
    return replace(rendered, manifests=tuple(manifests))


def _document_bytes(document: JsonObject) -> bytes | JsonObject:
    try:
        return json_bytes(document)
    except TypeError:
        return document  # a number of more than 64 bits


def _with_document(manifest: Manifest, document: JsonObject) -> Manifest:
    # Spelt out: `dataclasses.replace` takes ten times as long, and there are very many.
    return Manifest(manifest.key, document, manifest.text, manifest.template, manifest.crd_file, manifest.phases)


def kept_side(result: Side | Lost) -> Side:
    """The side; for a unit that was lost, one that says so."""
    if isinstance(result, Side):
        return result
    lost = Rendered(error=result.reason)
    return Side(lost, {}, packed(lost), 0)


def without_secrets(release: Release) -> Release:
    """The release without the secrets that a person supplied; that there is one can still be seen."""
    if all(layer.secret_text is None for layer in release.values):
        return release
    layers = (replace(v, secret_text=None if v.secret_text is None else "") for v in release.values)
    return replace(release, values=tuple(layers))


def may_define_kinds(estate: Estate, release: Release) -> bool:
    """Whether a release's render may hold a CustomResourceDefinition, which says where others' objects belong."""
    if release.chart_path is None:
        return False
    word = "CustomResourceDefinition"
    if release.dependencies or any(word in layer.text for layer in release.values):
        return True
    try:
        chart = load_chart(absolute(release.chart_path, estate.root))
    except HelmError:
        return True
    return any(word.encode() in content for content in chart.files.values())


def holds_no_secret(rendered: Rendered, *, known: Collection[str] = ()) -> bool:
    """Whether a render may be written to a disk: no Secret with contents, nothing that looks like one, none known."""
    for manifest in rendered.manifests:
        document = manifest.document
        if manifest.key.kind == "Secret" and (document.get("data") or document.get("stringData")):
            return False
        if scan_text(manifest.text) or sayable(manifest.text, known) != manifest.text:
            return False
    return True
