"""component.yaml: one file an environment and release, all that the ApplicationSet's template reads.

The ApplicationSet runs with ``missingkey=error``, so every key is always there. Numbers and versions are quoted:
the git generator reads a bare 1.10 as 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.doors.yaml import dump_yaml
from migrate.emit.charts import ChartCopy
from migrate.emit.differences import ignored_differences
from migrate.emit.facts import EnvironmentFacts, applied_manifests
from migrate.emit.parameters import Parameters
from migrate.emit.pieces import Piece, text_piece
from migrate.emit.placement import Carriage, Placement
from migrate.model.json import JsonObject
from migrate.model.sync import CREATE_NAMESPACE, wanted_sync_options, with_own_options
from migrate.model.tree import Provenance


@dataclass(frozen=True)
class Content:
    """What a component consists of, as the other parts of emission made it."""

    chart: ChartCopy
    value_files: tuple[str, ...]
    parameters: Parameters
    sync_options: tuple[str, ...]


def make_component(placement: Placement, content: Content) -> Piece:
    """The component's file, with the origin of each of its keys."""
    document = component_document(placement, content)
    return component_piece(placement, document, placement.component_file, placement.environment.name)


def component_piece(placement: Placement, document: JsonObject, path: str, where: str) -> Piece:
    """A component's file at ``path``; ``where`` says which environments it is for."""
    release = placement.release
    text = dump_yaml(document)
    comment = [f"Written by migrate from {release.source} ({release.id}, {where})."]
    if placement.parked:
        why = "its condition is false" if not release.enabled else "it is not installed"
        comment.append(f"Parked: {why} in this environment. Renaming the file to component.yaml deploys it.")
    return text_piece(path, text, comment=comment, origins=_origins(placement, document, text))


def component_document(placement: Placement, content: Content) -> JsonObject:
    """The keys of component.yaml in their order."""
    release, plan = placement.release, placement.plan
    by_chart = placement.carriage is Carriage.CHART
    return {
        "name": placement.name,
        "project": plan.project.value,
        "tier": plan.tier.value,
        "domain": plan.domain.value,
        "componentType": plan.component_type.value,
        "rolloutPhase": plan.rollout_phase.value,
        "wave": plan.wave.value,
        "namespace": placement.namespace,
        "releaseName": release.name,
        "chart": {
            "path": content.chart.path,
            "repoURL": "",
            "name": "",
            "version": content.chart.version,
            "skipCrds": by_chart and not release.include_crds,
        },
        "valueFiles": list(content.value_files),
        "parameters": list(content.parameters.parameters),
        "fileParameters": list(content.parameters.file_parameters),
        "syncOptions": list(content.sync_options),
        "ignoreDifferences": list(ignored_differences(placement)),
        "source": {"helmfile": str(release.source), "release": release.id},
        "cluster": placement.cluster,
        "skipTests": False,
        "skipSchemaValidation": by_chart and release.skip_schema_validation,
        "kubeVersion": release.kube_version,
        "handover": placement.handover,
    }


def sync_options(placement: Placement, facts: EnvironmentFacts) -> tuple[str, ...]:
    """The Application's sync options: what Helmfile's keys and the rendered objects ask for, then the plan's own."""
    release = placement.release
    creating = [CREATE_NAMESPACE] if release.id in facts.create_namespace else []
    wanted = [option for option, _ in wanted_sync_options(release, applied_manifests(placement))]
    return with_own_options((*creating, *wanted), placement.plan.sync_options)


def _origins(placement: Placement, document: JsonObject, written: str) -> Sequence[Provenance]:
    release, plan = placement.release, placement.plan
    decided = f"migration.yaml#releases/{release.id}"
    decisions = {
        "name": ("component", plan.component),
        "project": ("project", plan.project),
        "tier": ("tier", plan.tier),
        "domain": ("domain", plan.domain),
        "componentType": ("componentType", plan.component_type),
        "rolloutPhase": ("rolloutPhase", plan.rollout_phase),
        "wave": ("wave", plan.wave),
    }
    rules = {
        "syncOptions": "migrate: sync options follow Helmfile's keys and what is rendered",
        "cluster": f"migration.yaml#environments/{placement.environment.name}/cluster",
        "ignoreDifferences": f"{decided}/ignoreDifferences",
        "handover": "migration.yaml#handover",
    }
    found = []
    for line, text in enumerate(written.splitlines(), start=1):
        key = text.partition(":")[0]
        if key not in document:
            continue  # a line inside a key: only keys of the file itself stand in its first column
        if key in decisions:
            name, decision = decisions[key]
            found.append(Provenance(line, f"{decided}/{name}", f"{decision.source}: {decision.reason}".rstrip(": ")))
        else:
            found.append(Provenance(line, rules.get(key) or _place_of(placement, key)))
    return found


_KEYS = {
    "namespace": ("namespace",),
    "chart": ("chart", "version", "skipCRDs"),
    "valueFiles": ("values", "valuesTemplate", "secrets"),
    "parameters": ("set", "setString", "setTemplate", "env"),
    "fileParameters": ("set", "setTemplate"),
    "kubeVersion": ("kubeVersion",),
    "skipSchemaValidation": ("skipSchemaValidation",),
}
"""Key of component.yaml → the keys of the release that it may come from."""


def _place_of(placement: Placement, key: str) -> str:
    """The line of the release's key, of its template or of the defaults; of the release where none of them is set."""
    written = {key.name: key.source for key in placement.release.keys}
    places = [written[name] for name in _KEYS.get(key, ()) if name in written]
    return str(places[0] if places else placement.release.source)
