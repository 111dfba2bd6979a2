"""Settings of Argo CD itself: merge patches that a person applies, and the same as values for its chart.

The root Application does not sync them: where a chart installs Argo CD, that chart owns these ConfigMaps.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.differences import difference_settings
from migrate.emit.facts import applied_manifests
from migrate.emit.health import health_settings
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement
from migrate.model.assessments import unassessed_kinds
from migrate.model.finding import Finding, Severity
from migrate.model.health import HEALTH_KEY
from migrate.model.json import JsonObject
from migrate.model.plan import Disposition, Plan
from migrate.model.tree import Provenance


def make_ops(environment: str, placements: Sequence[Placement], plan: Plan) -> Piece:
    """The settings for one environment, by what its deployed ``placements`` render.

    Where the bootstrap installs Argo CD with a chart, the same settings are there as values for it.
    """
    folder = f"environments/{environment}/argocd/ops"
    manifests = [manifest for placement in placements for manifest in applied_manifests(placement)]
    kinds = {(manifest.key.group, manifest.key.kind) for manifest in manifests}
    settings: JsonObject = {
        # Objects that Helm made carry the instance label; tracking by it would take them for our own.
        "application.resourceTrackingMethod": "annotation",
        **health_settings(kinds, plan.argocd_version),
        **difference_settings(manifests, plan.ignore_differences),
    }
    # Read by the ApplicationSet controller when it starts: restart it after a change.
    parameters: JsonObject = {"applicationsetcontroller.enable.progressive.syncs": "true"}
    pieces = [
        _config_map(folder, "argocd-cm", settings),
        _config_map(folder, "argocd-cmd-params-cm", parameters),
        Piece(findings=tuple(_unassessed(environment, placements, plan.argocd_version))),
    ]
    if any(release.disposition is Disposition.BOOTSTRAP for release in plan.releases):
        pieces.append(
            yaml_piece(
                f"{folder}/argocd-values.yaml",
                {"configs": {"cm": settings, "params": parameters}},
                comment=["The same settings as values for the chart argo-cd, which owns these ConfigMaps here."],
                origins=(Provenance(0, "migrate: settings that the tree needs"),),
            )
        )
    return join_pieces(pieces)


def _unassessed(environment: str, placements: Sequence[Placement], argocd_version: str) -> list[Finding]:
    """Custom kinds that nobody can tell the health of, each once, at the first release that brings it."""
    first: dict[tuple[str, str], Placement] = {}
    for placement in placements:
        kinds = {(m.key.group, m.key.kind) for m in applied_manifests(placement)}
        for kind in unassessed_kinds(kinds, argocd_version):
            first.setdefault(kind, placement)
    return [
        Finding(
            "EM033",
            Severity.INFO,
            f"{placement.release.id}: nobody can tell the health of {kind}.{group}: "
            "its phase counts as done as soon as it is applied",
            f"if others wait for what comes of it, add {HEALTH_KEY}{group}_{kind} to Argo CD's argocd-cm",
            placement.release.source,
            placement.release.id,
            environment,
        )
        for (group, kind), placement in sorted(first.items())
    ]


def _config_map(folder: str, name: str, data: JsonObject) -> Piece:
    return yaml_piece(
        f"{folder}/{name}.yaml",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": ARGOCD_NAMESPACE},
            "data": data,
        },
        comment=[
            "A merge patch; other keys of the ConfigMap stay:",
            f"  kubectl -n {ARGOCD_NAMESPACE} patch configmap {name} --type merge --patch-file {name}.yaml",
        ],
        origins=(Provenance(0, "migrate: settings that the tree needs"),),
    )
