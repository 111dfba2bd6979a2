"""The layout ``plugin``: Argo CD runs helmfile itself, an Application a layer, before the layer is taken apart.

    the estate's files ──▶ sources/helmfile
    layer × environment ──▶ environments/<env>/argocd/apps/infra-<layer>.yaml
    the plugin itself ──▶ environments/<env>/argocd/ops/helmfile-plugin.yaml

Sync waves order the layers, under the root Application; nothing orders what is inside one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migrate.doors.charts import ChartError
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_folder, read_bytes, read_tree
from migrate.emit.appsets import ARGOCD_NAMESPACE
from migrate.emit.components import sync_options
from migrate.emit.differences import ignored_differences
from migrate.emit.facts import EnvironmentFacts, ProjectFacts
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement, Placements, hook_types
from migrate.emit.plugin_charts import charts_to_build, local_dependencies
from migrate.emit.plugin_manifest import make_plugin
from migrate.errors import EstateError
from migrate.model.estate import Estate, Layer, Release
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan
from migrate.model.plugin import PLUGIN, SOURCES, application_name
from migrate.model.sync import ALWAYS_THERE, CREATE_NAMESPACE
from migrate.model.tree import Provenance

PROJECT = "infra"
SYNC_WAVE = "argocd.argoproj.io/sync-wave"


def copy_estate(estate: Estate, placements: Placements, plan: Plan) -> Piece:
    """Every file of the estate that was read, the charts and what they depend on, at their own paths below
    :data:`SOURCES`."""
    files: dict[str, bytes] = {}
    origins: dict[str, tuple[Provenance, ...]] = {}
    findings = dict.fromkeys(_unheeded(placements, plan))

    def keep(path: str, content: bytes) -> None:
        files[f"{SOURCES}/{path}"] = content
        origins[f"{SOURCES}/{path}"] = (Provenance(0, path, "copied as it is"),)

    wanted = dict.fromkeys(estate.files)
    for placement in placements.kept:
        release = placement.release
        wanted |= dict.fromkeys(entry.value for entry in release.sets if entry.flag == "--set-file")
        brought = [str(entry["chart"]) for entry in release.dependencies]
        wanted |= dict.fromkeys(path for path in brought if is_folder(absolute(path, estate.root)))
        if release.chart_path:
            wanted |= dict.fromkeys([release.chart_path, *local_dependencies(estate.root, release.chart_path)])
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


def _unheeded(placements: Placements, plan: Plan) -> Iterator[Finding]:
    """What the plan says and helmfile, in the plugin, does not know."""
    told: dict[str, None] = {}
    for placement in placements.kept:
        release = placement.release
        if release.part_of and release.id not in told:
            told[release.id] = None
            yield Finding(
                "EM058",
                Severity.WARNING,
                f"`crds: apart` of {release.part_of} cannot hold in the layout plugin: helmfile renders it whole, "
                f"{release.name} is no Application, and what needs its kinds waits for the layer {release.layer}",
                "use another layout, or split the release in the helmfiles",
                release.source,
                release.id,
            )
    if plan.removal == "delete":
        yield Finding(
            "EM059",
            Severity.WARNING,
            "`removal: delete` does nothing in the layout plugin: what leaves the helmfiles is never pruned there",
            "delete what is left by hand, or use another layout",
        )


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
    taken: dict[str, str] = {}
    for layer in sorted(estate.layers, key=lambda one: one.order):
        members = [placement for placement in placements if placement.release.layer == layer.name]
        if not members:
            continue
        other = taken.setdefault(application_name(layer.name), layer.file)
        if other != layer.file:
            pieces.append(Piece(findings=(_one_name(layer, other, environment),)))
            continue
        own = _variables(environment, layer.name, layer.file, members, left_out, estate.root)
        pieces.append(_layer(environment, layer.name, layer.file, layer.order, members, own, facts, plan))
    return join_pieces(pieces)


def _one_name(layer: Layer, other: str, environment: str) -> Finding:
    return Finding(
        "EM060",
        Severity.ERROR,
        f"the layers of {other} and {layer.file} would both be the Application {application_name(layer.name)}",
        "rename one of the files, or use another layout",
        SourceLocation(layer.file, 1),
        environment=environment,
    )


def _variables(
    environment: str, layer: str, file: str, members: Sequence[Placement], left_out: Sequence[Release], root: str
) -> list[JsonValue]:
    """What the plugin is told: the file, the environment, what to leave out, and the charts to complete first."""
    skipped = [release.id for release in left_out if release.layer == layer]
    incomplete = charts_to_build(root, (placement.release.chart_path for placement in members))
    told = {
        "HELMFILE_FILE": file,
        "HELMFILE_ENVIRONMENT": environment,
        "HELMFILE_SKIP": " ".join(skipped),
        "HELMFILE_DEPENDENCIES": "\n".join(incomplete),
    }
    return [{"name": name, "value": value} for name, value in told.items() if value]


def _layer(
    environment: str, layer: str, file: str, order: int, members: Sequence[Placement], own: list[JsonValue],
    facts: EnvironmentFacts, plan: Plan,
) -> Piece:  # fmt: skip
    clusters = {placement.cluster for placement in members}
    namespaces = sorted({placement.namespace for placement in members})
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
    spec: JsonObject = {
        "project": PROJECT,
        "source": {
            "repoURL": plan.repo_url,
            "targetRevision": plan.revision,
            "path": SOURCES,
            "plugin": {"name": PLUGIN, "env": own},
        },
        "destination": {
            "name": min(clusters),
            # The plugin writes each object's own; this one is what the project is asked for, so it must allow it.
            "namespace": namespaces[0],
        },
        "syncPolicy": policy,
    }
    ignored = [entry for placement in members for entry in ignored_differences(placement)]
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
