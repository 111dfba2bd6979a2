"""The layout ``kustomize``: what Helmfile applies as plain resources, and what an environment has otherwise as patches.

    manifests of each environment ──▶ argocd/<project>/<name>/base + envs/<environment>
                                                                        ▲
    ApplicationSet a project: a git directories generator over argocd/<project>/*/envs/<environment>

A folder's path is all that its generator gives, so what else an Application needs stands in a table of the template.
What an environment parks lies beside ``envs`` in ``envs-disabled``, where no generator looks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.components import sync_options
from migrate.emit.differences import ignored_differences
from migrate.emit.facts import EnvironmentFacts, applied_manifests
from migrate.emit.kustomization import Overlay, Resource, write_kustomization
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement, cluster_name
from migrate.emit.rendered import SYNC_OPTIONS, SYNC_WAVE, carried_manifests
from migrate.emit.runbook_releases import guard_is_lifted, guarded_names
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest
from migrate.model.plan import Plan
from migrate.model.sync import with_own_options
from migrate.model.tree import Provenance

FOLDER = "argocd"
DEPLOYED, PARKED = "envs", "envs-disabled"
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
<finalizers>spec:
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


_KEEPING = ("Applications outlive this ApplicationSet, and none is deleted because its folder is gone.",)
_REMOVING = (
    "An Application whose folder is gone is deleted with its objects (migration.yaml: removal), unless its line says",
    "removes: false; then it holds data, has no finalizer, and its objects stay whatever happens to files.",
)
_FINALIZERS = """\
{{- if $it.removes }}
  finalizers: [resources-finalizer.argocd.argoproj.io]
{{- end }}
"""


def application_folder(placement: Placement) -> str:
    """The folder of one component: ``argocd/platform/cert-manager``."""
    return f"{FOLDER}/{placement.plan.project.value}/{placement.name}"


def overlay_folder(placement: Placement) -> str:
    """The folder of one component in one environment: ``argocd/platform/cert-manager/envs/production``."""
    return f"{application_folder(placement)}/{_place(placement)}"


def _place(placement: Placement) -> str:
    return f"{PARKED if placement.parked else DEPLOYED}/{placement.environment.name}"


def resources_of(placement: Placement) -> tuple[tuple[Manifest, ...], tuple[Finding, ...]]:
    """The objects that a component brings in its environment, and what a person should know about them."""
    return carried_manifests(replace(placement, manifests=applied_manifests(placement)))


def make_kustomizations(placements: Sequence[Placement], broken: Collection[tuple[str, str]] = ()) -> Piece:
    """``base`` and a folder for every environment of each component; a parked one that renders nothing has none.

    ``broken`` are the ``(environment, release id)`` whose render failed, which is told elsewhere.
    """
    groups: dict[str, list[Placement]] = {}
    for placement in placements:
        groups.setdefault(application_folder(placement), []).append(placement)
    pieces = []
    for folder, group in groups.items():
        overlays: dict[str, Overlay] = {}
        for placement in group:
            kept, findings = resources_of(placement)
            if placement.parked and not kept:
                continue
            if not placement.parked:
                pieces.append(Piece(findings=findings))
                if not kept and (placement.environment.name, placement.release.id) not in broken:
                    pieces.append(Piece(findings=(_renders_nothing(placement),)))
            overlays[placement.environment.name] = Overlay(
                _place(placement), tuple(_resources(kept, placement)), placement.parked, _comment(placement, kept)
            )
        if overlays:
            pieces.append(write_kustomization(folder, overlays))
    return join_pieces(pieces)


def _comment(placement: Placement, kept: Sequence[Manifest]) -> tuple[str, ...]:
    environment = placement.environment.name
    if placement.parked:
        why = "its condition is false" if not placement.release.enabled else "it is not installed"
        return (
            f"Parked: {why} in this environment. Moving this folder to {DEPLOYED}/{environment} deploys it.",
            f"Moving {DEPLOYED}/{environment} here parks it: README.md says what that deletes.",
        )
    if not kept:
        return ("The chart renders nothing here, so this Application is healthy whatever runs; it prunes nothing.",)
    return ()


def _renders_nothing(placement: Placement) -> Finding:
    release = placement.release
    return Finding(
        "EM057",
        Severity.WARNING,
        f"{release.id} renders nothing in {release.environment}: its Application is healthy whatever runs there, and "
        "what an earlier state of it left is never pruned, since Argo CD refuses to prune all (allowEmpty)",
        "let the helmfiles park it there (condition or installed), or see what its values switch off",
        release.source,
        release.id,
        release.environment,
    )


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
    """The ApplicationSets of one environment, one a project that deploys something; ``placements`` are all of its."""
    deployed = [placement for placement in placements if not placement.parked]
    projects = sorted({placement.plan.project.value for placement in deployed})
    lifted = guard_is_lifted(deployed, plan)
    members = {name: [p for p in placements if p.plan.project.value == name] for name in projects}
    return join_pieces(_appset(environment, name, members[name], facts, plan, lifted=lifted) for name in projects)


def _appset(
    environment: str,
    project: str,
    placements: Sequence[Placement],
    facts: EnvironmentFacts,
    plan: Plan,
    *,
    lifted: bool,
) -> Piece:
    name = f"components-{cluster_name(environment)}-{project}"
    automated = any(placement.handover == "done" for placement in placements if not placement.parked)
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
        # The policy leaves finalizers to the patch, so that what holds data never has one.
        "syncPolicy": {
            "preserveResourcesOnDeletion": True,
            "applicationsSync": "sync" if lifted else "create-update",
        },
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
    patch = _PATCH.replace("<finalizers>", _FINALIZERS if lifted else "")
    spec["templatePatch"] = patch.replace("<table>", _table(placements, facts, lifted=lifted))
    comment = ["Applications have no order among each other here: what cannot be applied yet is tried again."]
    comment += list(_REMOVING if lifted else _KEEPING)
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


def _table(placements: Sequence[Placement], facts: EnvironmentFacts, *, lifted: bool) -> str:
    """What the template needs to know of each component, a line each, as JSON inside a raw string.

    Parked ones have a line, too: moving their folder is then all that deploys them.
    """
    guarded = guarded_names(placements)
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
        ignored: list[JsonValue] = list(ignored_differences(placement))
        row: JsonObject = {
            "cluster": placement.cluster,
            "namespace": placement.namespace,
            "labels": labels,
            "syncOptions": list(options),
            "ignoreDifferences": ignored,
            "automated": done,
            **({"removes": placement.name not in guarded} if lifted else {}),
        }
        lines.append(f"  {json.dumps(placement.name)}: {json.dumps(row)}".replace("`", "\\u0060"))
    return ",\n".join(lines)
