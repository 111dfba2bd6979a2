"""The ApplicationSets: a git files generator over the components of one environment, and one template for them all.

What the template cannot say as text (booleans, lists) stands in the templatePatch.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement, cluster_name
from migrate.emit.runbook_releases import guard_is_lifted, guarded_names
from migrate.emit.shared import CLUSTERS, cluster_type
from migrate.emit.values import SHARED
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan, Step
from migrate.model.tree import Provenance

ARGOCD_NAMESPACE = "argocd"
TIERS = ("infra", "data", "platform", "apps", "qa")
"""The order in which ``--steps tier`` lets tiers sync; a tier of one's own comes last."""

_PATCH = """\
spec:
  source:
    helm:
      skipCrds: {{ .chart.skipCrds }}
      skipTests: {{ .skipTests }}
      skipSchemaValidation: {{ .skipSchemaValidation }}
{{- if .kubeVersion }}
      kubeVersion: {{ .kubeVersion | toJson }}
{{- end }}
{{- if .valueFiles }}<lenient>
      valueFiles:
{{- range .valueFiles }}
        - {{ printf "/%s" .<fill> | toJson }}
{{- end }}
{{- end }}
{{- if .parameters }}
      parameters: {{ .parameters | toJson }}
{{- end }}
{{- if .fileParameters }}
      fileParameters:
{{- range .fileParameters }}
        - name: {{ .name | toJson }}
          path: {{ printf "/%s" .path<fill> | toJson }}
{{- end }}
{{- end }}
{{- if .ignoreDifferences }}
  ignoreDifferences: {{ .ignoreDifferences | toJson }}
{{- end }}
{{- if .syncOptions }}
  syncPolicy:
    syncOptions: {{ .syncOptions | toJson }}
{{- end }}
"""


_FILLED_IN = ' | replace "{environment}" $.target.environment | replace "{clusterType}" $.target.clusterType'
_CLUSTER = "{{ if .cluster }}{{ .cluster }}{{ else }}{{ .target.cluster }}{{ end }}"
"""In the layout ``shared`` one list of files stands for all environments, and some may lack a file of it."""


_KEEPING = (
    "Applications outlive this ApplicationSet, and none is deleted because its component.yaml is gone:",
    "a mistake in the repository then costs nothing. Delete an Application by hand when it is meant.",
)
_REMOVING = (
    "An Application whose component.yaml is gone is deleted with its objects (migration.yaml: removal); those that the",
    "patch names hold data: they have no finalizer, so that their objects stay whatever happens to files.",
)


def make_appsets(environment: str, placements: Sequence[Placement], plan: Plan) -> Piece:
    """The ApplicationSets of one environment: one, or one a project."""
    if plan.appsets != "per-project":
        return _piece(environment, f"components-{cluster_name(environment)}", "", placements, plan)
    projects = dict.fromkeys(placement.plan.project.value for placement in placements)
    return join_pieces(
        _piece(environment, f"components-{cluster_name(environment)}-{project}", project, placements, plan)
        for project in sorted(projects)
    )


def _piece(environment: str, name: str, project: str, placements: Sequence[Placement], plan: Plan) -> Piece:
    handovers = {placement.handover for placement in placements} or {plan.handover}
    comment = list(_REMOVING if guard_is_lifted(placements, plan) else _KEEPING)
    if handovers == {"manual"}:
        comment.append("Hand-over is manual: nothing syncs until a person does it (migration.yaml: handover).")
    else:
        # With `automated`, a controller without progressive syncs would sync everything at once, in no order.
        comment.append(
            "RollingSync syncs, so there is no `automated`; what left git is pruned by hand: argocd app sync --prune."
        )
    return yaml_piece(
        f"environments/{environment}/argocd/apps/{name}.yaml",
        _document(environment, name, project, placements, plan, handovers),
        comment=comment,
        origins=(Provenance(0, "migrate: one ApplicationSet an environment", f"handover: {plan.handover}"),),
    )


def _document(
    environment: str, name: str, project: str, placements: Sequence[Placement], plan: Plan, handovers: set[str]
) -> JsonObject:
    spec: JsonObject = {
        "goTemplate": True,
        "goTemplateOptions": ["missingkey=error"],
        "generators": [_generator(environment, project, plan)],
    }
    if "done" in handovers:
        spec["strategy"] = _strategy(plan, placements, mixed=len(handovers) > 1)
    spec["syncPolicy"] = {
        "preserveResourcesOnDeletion": True,
        "applicationsSync": "sync" if guard_is_lifted(placements, plan) else "create-update",
    }
    spec["template"] = _template(plan, mixed=len(handovers) > 1)
    shared = plan.layout == "shared"
    lenient = "\n      ignoreMissingValueFiles: true" if shared else ""
    removing = _finalizers(placements) if guard_is_lifted(placements, plan) else ""
    spec["templatePatch"] = removing + _PATCH.replace("<lenient>", lenient).replace(
        "<fill>", _FILLED_IN if shared else ""
    )
    metadata: JsonObject = {
        "name": name,
        "namespace": ARGOCD_NAMESPACE,
        # Without it, deleting the ApplicationSet deletes its Applications in spite of create-update (rule 4.3).
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    }
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": metadata, "spec": spec}


def _finalizers(placements: Sequence[Placement]) -> str:
    """The start of the patch that lets an Application take its objects along, unless it holds data (decision 7).

    ``preserveResourcesOnDeletion`` keeps the controller from adding the finalizer to all of them.
    """
    finalizer = "  finalizers: [resources-finalizer.argocd.argoproj.io]\n"
    guarded = guarded_names(placements)
    if not guarded:
        return f"metadata:\n{finalizer}"
    names = " ".join(f'"{name}"' for name in guarded)
    return f"{{{{- if not (has .name (list {names})) }}}}\nmetadata:\n{finalizer}{{{{- end }}}}\n"


def _generator(environment: str, project: str, plan: Plan) -> JsonObject:
    folders = [environment]
    if plan.layout == "shared":
        # A type with a component set of its own gets nothing by itself: what it has stands in its folder.
        common = [] if plan.is_curated(environment) else [SHARED]
        folders = list(dict.fromkeys([*common, cluster_type(environment, plan), environment]))
    git: JsonObject = {
        "repoURL": plan.repo_url,
        "revision": plan.revision,
        "files": [{"path": f"environments/{folder}/components/**/component.yaml"} for folder in folders],
    }
    generator: JsonObject = {"git": git}
    if plan.layout == "shared":
        cluster: JsonObject = {
            "repoURL": plan.repo_url,
            "revision": plan.revision,
            "files": [{"path": f"{CLUSTERS}/{environment}.yaml"}],
            # Both children read files; without a prefix the first one's path would hide the component's.
            "pathParamPrefix": "clusterFile",
        }
        generator = {"matrix": {"generators": [{"git": cluster}, generator]}}
    return {**generator, "selector": {"matchLabels": {"project": project}}} if project else generator


def _template(plan: Plan, *, mixed: bool) -> JsonObject:
    labels: JsonObject = {
        "tier": "{{ .tier }}",
        "domain": "{{ .domain }}",
        "componentType": "{{ .componentType }}",
        "rollout-phase": "{{ .rolloutPhase }}",
        "wave": "{{ .wave }}",
    }
    if mixed:
        labels["handover"] = "{{ .handover }}"
    return {
        "metadata": {"name": "{{ .name }}", "labels": labels},
        "spec": {
            "project": "{{ .project }}",
            "source": {
                "repoURL": plan.repo_url,
                "targetRevision": plan.revision,
                "path": "{{ .chart.path }}",
                "helm": {"releaseName": "{{ .releaseName }}"},
            },
            "destination": {
                "name": _CLUSTER if plan.layout == "shared" else "{{ .cluster }}",
                "namespace": "{{ .namespace }}",
            },
        },
    }


def _strategy(plan: Plan, placements: Sequence[Placement], *, mixed: bool) -> JsonObject:
    """RollingSync over the ladder. An Application that matches no step is never synced by it (rule 3.7).

    That is how a layer still in manual hand-over stays untouched while others roll.
    """
    extra: list[JsonValue] = [{"key": "handover", "operator": "In", "values": ["done"]}] if mixed else []
    steps: list[JsonValue] = []
    for key, value, most in _steps(plan, placements):
        step: JsonObject = {"matchExpressions": [{"key": key, "operator": "In", "values": [value]}, *extra]}
        if most:
            step["maxUpdate"] = int(most) if most.isdigit() else most
        steps.append(step)
    return {"type": "RollingSync", "rollingSync": {"steps": steps}}


def _steps(plan: Plan, placements: Sequence[Placement]) -> list[tuple[str, str, str]]:
    """Label, value and maxUpdate of each step, in order."""
    if plan.steps == "tier":
        used = {placement.plan.tier.value for placement in placements}
        known = [tier for tier in TIERS if tier in used]
        return [("tier", tier, "") for tier in [*known, *sorted(used - set(TIERS))]]
    if plan.steps == "wave":
        waves = {placement.plan.wave.value for placement in placements}
        return [("wave", wave, "") for wave in sorted(waves, key=_wave_order)]
    ladder: Sequence[Step] = sorted(plan.ladder, key=lambda step: step.phase)
    return [("rollout-phase", step.phase, step.max_update) for step in ladder]


def _wave_order(wave: str) -> tuple[int, str]:
    return (int(wave), "") if wave.lstrip("-").isdigit() else (0, wave)
