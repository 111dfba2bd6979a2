"""The layout ``kustomize``: what Helmfile applies as plain resources, and what an environment has otherwise as patches.

    manifests of each environment ──▶ argocd/<project>/<name>/base + envs/<environment>
                                                                        ▲
    ApplicationSet a project: a git directories generator over argocd/<project>/*/envs/<environment>

A folder's path is all that its generator gives, so what else an Application needs stands in a table of the template.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.components import sync_options
from migrate.emit.facts import EnvironmentFacts, applied_manifests
from migrate.emit.kustomization import Resource, write_kustomization
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement, cluster_name
from migrate.emit.rendered import SYNC_OPTIONS, SYNC_WAVE, carried_manifests
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest
from migrate.model.plan import Plan
from migrate.model.sync import with_own_options
from migrate.model.tree import Provenance

FOLDER = "argocd"
SKIP_DRY_RUN = "SkipDryRunOnMissingResource=true"
NO_PRUNE = "Prune=false"

_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_KEPT = {_DEFINITION, ("", "PersistentVolumeClaim"), ("", "Namespace")}
"""What an automated prune must not take: data, and definitions that take their objects along."""

_BUILT_IN = frozenset(
    f"{name}.k8s.io"
    for name in (
        "admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates",
        "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver", "networking", "node",
        "rbac.authorization", "resource", "scheduling", "storage", "storagemigration",
    )
)  # fmt: skip
"""Groups that every cluster has; those without a dot in their name are built in, too."""

_PATCH = """\
{{- $name := index .path.segments 2 -}}
{{- $components := fromJson `{
<table>
}` -}}
{{- if not (hasKey $components $name) }}{{ fail (printf "%s is not in the table of templatePatch" $name) }}{{ end -}}
{{- $it := index $components $name -}}
metadata:
  labels: {{ $it.labels | toJson }}
spec:
  destination:
    name: {{ $it.cluster | toJson }}
    namespace: {{ $it.namespace | toJson }}
{{- if $it.ignoreDifferences }}
  ignoreDifferences: {{ $it.ignoreDifferences | toJson }}
{{- end }}
{{- if or $it.automated $it.syncOptions }}
  syncPolicy:
{{- if $it.automated }}
    automated:
      prune: true
      selfHeal: true
    retry:
      limit: 10
      backoff:
        duration: 10s
        factor: 2
        maxDuration: 5m
{{- end }}
{{- if $it.syncOptions }}
    syncOptions: {{ $it.syncOptions | toJson }}
{{- end }}
{{- end }}
"""


def application_folder(placement: Placement) -> str:
    """The folder of one component: ``argocd/platform/cert-manager``."""
    return f"{FOLDER}/{placement.plan.project.value}/{placement.name}"


def make_kustomizations(placements: Sequence[Placement]) -> Piece:
    """``base`` and ``envs/<environment>`` of every component that an environment deploys."""
    groups: dict[str, list[Placement]] = {}
    for placement in placements:
        if not placement.parked:
            groups.setdefault(application_folder(placement), []).append(placement)
    pieces = []
    for folder, group in groups.items():
        resources: dict[str, tuple[Resource, ...]] = {}
        for placement in group:
            kept, findings = carried_manifests(replace(placement, manifests=applied_manifests(placement)))
            pieces.append(Piece(findings=findings))
            resources[placement.environment.name] = tuple(_resources(kept, placement))
        pieces.append(write_kustomization(folder, resources))
    return join_pieces(pieces)


def _resources(manifests: Sequence[Manifest], placement: Placement) -> list[Resource]:
    """The objects as rendered, with the annotations that order and guard their sync."""
    brought = {kind for manifest in manifests if (kind := _defines(manifest)) is not None}
    waves = [_wave(manifest, brought) for manifest in manifests]
    found = []
    for manifest, wave in zip(manifests, waves, strict=True):
        notes = dict(manifest.annotations)
        if len(set(waves)) > 1 and wave:
            notes.setdefault(SYNC_WAVE, wave)
        key = (manifest.key.group, manifest.key.kind)
        missing = "." in key[0] and key[0] not in _BUILT_IN and key not in brought
        options = [SKIP_DRY_RUN] * missing + [NO_PRUNE] * (key in _KEPT)
        present = [word.strip() for word in notes.get(SYNC_OPTIONS, "").split(",") if word.strip()]
        if options:
            # A person's own word on the same option stays.
            notes[SYNC_OPTIONS] = ",".join(with_own_options(options, present))
        origin = manifest.template or f"the chart {placement.release.chart}"
        told = Provenance(1, origin, f"{manifest.key}, from {placement.release.source}")
        found.append(Resource(manifest.key, _document(manifest, notes), told))
    return found


def _document(manifest: Manifest, annotations: Mapping[str, str]) -> JsonObject:
    """The object, in its own namespace whatever the Application's is."""
    given = manifest.document.get("metadata")
    metadata: JsonObject = dict(given) if isinstance(given, dict) else {}
    if manifest.key.namespace:
        metadata.setdefault("namespace", manifest.key.namespace)
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {**manifest.document, "metadata": metadata}


def _defines(manifest: Manifest) -> tuple[str, str] | None:
    if (manifest.key.group, manifest.key.kind) != _DEFINITION:
        return None
    spec = manifest.document.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(names, dict):
        return None
    return str(spec.get("group")), str(names.get("kind"))


def _wave(manifest: Manifest, brought: set[tuple[str, str]]) -> str:
    """Definitions, then what runs, then the objects of those definitions: Argo CD waits for health in between."""
    if (manifest.key.group, manifest.key.kind) == _DEFINITION:
        return "-1"
    return "1" if (manifest.key.group, manifest.key.kind) in brought else ""


def make_kustomize_appsets(
    environment: str, placements: Sequence[Placement], facts: EnvironmentFacts, plan: Plan
) -> Piece:
    """The ApplicationSets of one environment, one a project; ``placements`` are those that it deploys."""
    projects = sorted({placement.plan.project.value for placement in placements})
    return join_pieces(
        _appset(environment, project, [p for p in placements if p.plan.project.value == project], facts, plan)
        for project in projects
    )


def _appset(
    environment: str, project: str, placements: Sequence[Placement], facts: EnvironmentFacts, plan: Plan
) -> Piece:
    name = f"components-{cluster_name(environment)}-{project}"
    automated = any(placement.handover == "done" for placement in placements)
    spec: JsonObject = {
        "goTemplate": True,
        "goTemplateOptions": ["missingkey=error"],
        "generators": [
            {
                "git": {
                    "repoURL": plan.repo_url,
                    "revision": plan.revision,
                    "directories": [{"path": f"{FOLDER}/{project}/*/envs/{environment}"}],
                }
            }
        ],
        "syncPolicy": {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"},
    }
    if automated:
        spec["ignoreApplicationDifferences"] = [{"jsonPointers": ["/spec/syncPolicy"]}]
    spec["template"] = {
        "metadata": {"name": "{{ index .path.segments 2 }}"},
        "spec": {
            "project": project,
            "source": {"repoURL": plan.repo_url, "targetRevision": plan.revision, "path": "{{ .path.path }}"},
            "destination": {"name": "in-cluster"},
        },
    }
    spec["templatePatch"] = _PATCH.replace("<table>", _table(placements, facts))
    comment = [
        "Applications have no order among each other here: what cannot be applied yet is tried again.",
        "Applications outlive this ApplicationSet, and none is deleted because its folder is gone.",
    ]
    if automated:
        comment += [
            "An Application's own syncPolicy is left alone, so that a person can pause it; one that was made while",
            "hand-over was manual is switched on by a person, too: argocd app set NAME --sync-policy automated.",
        ]
    else:
        comment.append("Hand-over is manual: nothing syncs until a person does it (migration.yaml: handover).")
    return yaml_piece(
        f"environments/{environment}/argocd/apps/{name}.yaml",
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "ApplicationSet",
            "metadata": {
                "name": name,
                "namespace": ARGOCD_NAMESPACE,
                # Without it, deleting the ApplicationSet deletes its Applications in spite of create-update (rule 4.3).
                "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            },
            "spec": spec,
        },
        comment=comment,
        origins=(Provenance(0, "migrate: one ApplicationSet a project", f"handover: {plan.handover}"),),
    )


def _table(placements: Sequence[Placement], facts: EnvironmentFacts) -> str:
    """What the template needs to know of each component, a line each, as JSON inside a raw string."""
    lines = []
    for placement in sorted(placements, key=lambda one: one.name):
        done = placement.handover == "done"
        options = sync_options(placement, facts)
        if done:
            # Not before the hand-over: an adopted object that no full sync has marked is never pruned.
            options = with_own_options(("ApplyOutOfSyncOnly=true",), options)
        plan = placement.plan
        labels: JsonObject = {
            "tier": plan.tier.value,
            "domain": plan.domain.value,
            "componentType": plan.component_type.value,
            "rollout-phase": plan.rollout_phase.value,
            "wave": plan.wave.value,
        }
        ignored: list[JsonValue] = list(plan.ignore_differences)
        row: JsonObject = {
            "cluster": placement.cluster,
            "namespace": placement.namespace,
            "labels": labels,
            "syncOptions": list(options),
            "ignoreDifferences": ignored,
            "automated": done,
        }
        lines.append(f"  {json.dumps(placement.name)}: {json.dumps(row)}".replace("`", "\\u0060"))
    return ",\n".join(lines)
