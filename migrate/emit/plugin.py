"""The layout ``plugin``: Argo CD runs helmfile itself, an Application a layer, before the layer is taken apart.

    the estate's files ──▶ sources/helmfile
    layer × environment ──▶ environments/<env>/argocd/apps/infra-<layer>.yaml
    the plugin itself ──▶ environments/<env>/argocd/ops/helmfile-plugin.yaml

Sync waves order the layers, under the root Application; nothing orders what is inside one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.doors.charts import ChartError
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_folder, read_bytes, read_tree
from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.components import sync_options
from migrate.emit.facts import EnvironmentFacts, ProjectFacts
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement, Placements, hook_types
from migrate.emit.plugin_manifest import make_plugin
from migrate.errors import EstateError
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan
from migrate.model.plugin import PLUGIN, SOURCES, application_name
from migrate.model.sync import ALWAYS_THERE, CREATE_NAMESPACE
from migrate.model.tree import Provenance

PROJECT = "infra"
SYNC_WAVE = "argocd.argoproj.io/sync-wave"


def copy_estate(estate: Estate, placements: Placements) -> Piece:
    """Every file of the estate that was read, and the charts, at their own paths below :data:`SOURCES`."""
    files: dict[str, bytes] = {}
    origins: dict[str, tuple[Provenance, ...]] = {}
    findings: dict[Finding, None] = {}

    def keep(path: str, content: bytes) -> None:
        files[f"{SOURCES}/{path}"] = content
        origins[f"{SOURCES}/{path}"] = (Provenance(0, path, "copied as it is"),)

    wanted = dict.fromkeys(estate.files)
    for placement in placements.kept:
        release = placement.release
        wanted |= dict.fromkeys(entry.value for entry in release.sets if entry.flag == "--set-file")
        if release.chart_path:
            wanted[release.chart_path] = None
    for path in wanted:
        if _is_outside(path):
            findings[_outside(path)] = None
            continue
        full = absolute(path, estate.root)
        try:
            if is_folder(full):
                for inside, content in read_tree(full, within=estate.root).files.items():
                    keep(posixpath.normpath(f"{path}/{inside}"), content)
            else:
                keep(path, read_bytes(full))
        except (ChartError, EstateError) as error:
            text = f"{path} cannot be copied: {error}"
            findings[Finding("EM013", Severity.ERROR, text, "put the file there")] = None
    return Piece({path: files[path] for path in sorted(files)}, origins, tuple(findings))


def _is_outside(path: str) -> bool:
    return path.startswith(("/", "../"))


def _outside(path: str) -> Finding:
    return Finding(
        "EM052",
        Severity.WARNING,
        f"{path} lies outside the estate's root, so it is not copied: helmfile must find it by itself in the plugin",
        "copy it into the estate, or let helmfile fetch it from its repository",
    )


def make_layers(
    environment: str, placements: Sequence[Placement], left_out: Sequence[Release], facts: EnvironmentFacts,
    estate: Estate, plan: Plan,
) -> Piece:  # fmt: skip
    """The Applications of one environment, one a layer that deploys something, and the plugin's manifest.

    ``left_out`` are the releases that helmfile deploys here and the tree does not.
    """
    pieces = [make_plugin(environment)]
    for layer in sorted(estate.layers, key=lambda one: one.order):
        members = [placement for placement in placements if placement.release.layer == layer.name]
        if members:
            pieces.append(_layer(environment, layer.name, layer.file, layer.order, members, left_out, facts, plan))
    return join_pieces(pieces)


def _layer(
    environment: str, layer: str, file: str, order: int, members: Sequence[Placement], left_out: Sequence[Release],
    facts: EnvironmentFacts, plan: Plan,
) -> Piece:  # fmt: skip
    clusters = {placement.cluster for placement in members}
    namespaces = sorted({placement.namespace for placement in members})
    own = [{"name": "HELMFILE_FILE", "value": file}, {"name": "HELMFILE_ENVIRONMENT", "value": environment}]
    skipped = [release.id for release in left_out if release.layer == layer]
    if skipped:
        own.append({"name": "HELMFILE_SKIP", "value": " ".join(skipped)})
    asked = (option for placement in members for option in sync_options(placement, facts))
    options = dict.fromkeys(option for option in asked if option != CREATE_NAMESPACE)
    creating = [p.namespace for p in members if p.release.id in facts.create_namespace]
    if creating and len(namespaces) == 1:
        options = {CREATE_NAMESPACE: None, **options}
    policy: JsonObject = {
        "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"}},
    }
    done = all(placement.handover == "done" for placement in members)
    if done:
        # Never prune: what the plugin does not print in one run would be gone.
        policy["automated"] = {"prune": False, "selfHeal": True}
    if options:
        policy["syncOptions"] = list(options)
    environment_values: list[JsonValue] = [dict(entry) for entry in own]
    spec: JsonObject = {
        "project": PROJECT,
        "source": {
            "repoURL": plan.repo_url,
            "targetRevision": plan.revision,
            "path": SOURCES,
            "plugin": {"name": PLUGIN, "env": environment_values},
        },
        "destination": {
            "name": min(clusters),
            "namespace": namespaces[0] if len(namespaces) == 1 else "default",
        },
        "syncPolicy": policy,
    }
    ignored = [entry for placement in members for entry in placement.plan.ignore_differences]
    if ignored:
        spec["ignoreDifferences"] = list(ignored)
    name = application_name(layer)
    document: JsonObject = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": ARGOCD_NAMESPACE,
            "annotations": {SYNC_WAVE: str(10 * order)},
            "labels": {"layer": layer} if len(layer) <= 63 else {},
        },
        "spec": spec,
    }
    comment = [
        f"The layer {layer}: the plugin runs helmfile on {file}, environment {environment}.",
        "Its sync wave brings it after the layers before it, once those are healthy.",
    ]
    if not done:
        comment.append("Hand-over is manual: nothing syncs until a person does it (migration.yaml: handover).")
    piece = yaml_piece(
        f"environments/{environment}/argocd/apps/{name}.yaml",
        document,
        comment=comment,
        origins=(Provenance(0, file, "a layer, an Application"),),
    )
    return replace(piece, findings=tuple(_findings(environment, layer, file, members, creating, options)))


def _findings(
    environment: str, layer: str, file: str, members: Sequence[Placement], creating: Sequence[str],
    options: Mapping[str, None],
) -> list[Finding]:  # fmt: skip
    first = members[0].release.source
    found = []
    clusters = sorted({placement.cluster for placement in members})
    if len(clusters) > 1:
        text = f"the layer {layer} goes to the clusters {', '.join(clusters)}, and an Application has one"
        hint = "split the layer, or use the layout environments"
        found.append(Finding("EM053", Severity.ERROR, text, hint, first, environment=environment))
    missing = sorted(set(creating) - ALWAYS_THERE)
    if missing and CREATE_NAMESPACE not in options:
        text = f"helmfile creates the namespaces {', '.join(missing)} of the layer {layer}; what it templates has none"
        hint = "create them first: kubectl create namespace NAME"
        found.append(Finding("EM054", Severity.WARNING, text, hint, first, environment=environment))
    pinned = sorted(placement.release.id for placement in members if placement.plan.pins)
    if pinned:
        text = f"the plan pins values of {', '.join(pinned)}, and the helmfile that the plugin runs knows no pins"
        hint = "write them into the values of the release"
        found.append(Finding("EM056", Severity.WARNING, text, hint, first, environment=environment))
    manifests = [manifest for placement in members for manifest in placement.manifests]
    if manifests and all(hook_types(manifest) for manifest in manifests):
        text = f"the layer {layer} is made of hooks alone: its Application is healthy at once, whatever they would do"
        hint = "run them with helmfile, or take this layer apart (layout environments): there they become plain Jobs"
        found.append(Finding("EM055", Severity.WARNING, text, hint, first, environment=environment))
    return found


def one_project(facts: EnvironmentFacts) -> tuple[ProjectFacts, ...]:
    """The one project of this layout: a layer holds what will be in several."""
    places = {place for project in facts.projects for place in project.destinations}
    kinds = {kind for project in facts.projects for kind in project.cluster_kinds}
    return (ProjectFacts(PROJECT, tuple(sorted(places)), tuple(sorted(kinds))),)
