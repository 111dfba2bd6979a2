"""Settings of Argo CD itself: merge patches that a person applies, and the same as values for its chart.

The root Application does not sync them: where a chart installs Argo CD, that chart owns these ConfigMaps.
"""

from __future__ import annotations

from collections.abc import Iterable

from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.model.json import JsonObject
from migrate.model.tree import Provenance

# Without this check an Application inside another is never waited for (Argo CD dropped its own in 1.8).
_APPLICATION_HEALTH = """\
local health = obj.status ~= nil and obj.status.health or nil
if health == nil or health.status == nil then
  return {status = "Progressing", message = "not assessed yet"}
end
return {status = health.status, message = health.message or ""}
"""

_CONDITION_HEALTH = """\
local conditions = obj.status ~= nil and obj.status.conditions or {{}}
for _, condition in ipairs(conditions) do
  if condition.type == "{failed}" and condition.status == "True" then
    return {{status = "Degraded", message = condition.message or ""}}
  end
end
for _, condition in ipairs(conditions) do
  if condition.type == "{ready}" and condition.status == "True" then
    return {{status = "Healthy", message = condition.message or ""}}
  end
end
return {{status = "Progressing", message = "waiting for the condition {ready}"}}
"""

# Custom resources that Argo CD has no check for, so that their phase would count as done at once:
# (group, kind) → the condition that says it works, and the one that says it failed.
_CONDITIONS = {
    ("k8s.keycloak.org", "KeycloakRealmImport"): ("Done", "HasErrors"),
    ("temporal.io", "TemporalCluster"): ("Ready", "ReconcileError"),
    ("temporal.io", "TemporalNamespace"): ("Ready", "ReconcileError"),
}


def make_ops(environment: str, kinds: Iterable[tuple[str, str]], *, by_chart: bool) -> Piece:
    """The settings for one environment; ``kinds`` are those that it renders, ``by_chart``: a chart installs Argo CD."""
    folder = f"environments/{environment}/argocd/ops"
    settings = cm_settings(kinds)
    # Read by the ApplicationSet controller when it starts: restart it after a change.
    parameters: JsonObject = {"applicationsetcontroller.enable.progressive.syncs": "true"}
    pieces = [
        _config_map(folder, "argocd-cm", settings),
        _config_map(folder, "argocd-cmd-params-cm", parameters),
    ]
    if by_chart:
        pieces.append(
            yaml_piece(
                f"{folder}/argocd-values.yaml",
                {"configs": {"cm": settings, "params": parameters}},
                comment=["The same settings as values for the chart argo-cd, which owns these ConfigMaps here."],
                origins=(Provenance(0, "migrate: settings that the tree needs"),),
            )
        )
    return join_pieces(pieces)


def cm_settings(kinds: Iterable[tuple[str, str]]) -> JsonObject:
    """The data of argocd-cm that the tree relies on."""
    settings: JsonObject = {
        # Objects that Helm made carry the instance label; tracking by it would take them for our own.
        "application.resourceTrackingMethod": "annotation",
        "resource.customizations.health.argoproj.io_Application": _APPLICATION_HEALTH,
    }
    for group, kind in sorted(set(kinds) & set(_CONDITIONS)):
        ready, failed = _CONDITIONS[group, kind]
        script = _CONDITION_HEALTH.format(ready=ready, failed=failed)
        settings[f"resource.customizations.health.{group}_{kind}"] = script
    return settings


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
