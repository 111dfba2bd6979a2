"""The layout ``shared``: what is the same for all clusters is written once, and each cluster says what it is.

    components ──▶ environments/{_shared, <cluster type>, <environment>}/components      values ──▶ globals and folders
                                   ▲                                                                  ▲
    config/clusters/<environment>.yaml × component.yaml ──matrix──▶ Application, which fills in {environment}

A component that any environment has otherwise leaves ``_shared``: then it is only where its file is, an allowlist.
A cluster type with a component set of its own reads nothing in ``_shared``: what its folder does not name is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.emit.components import Content, component_document, component_piece
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Placement
from migrate.emit.values import SHARED, VALUES_FOLDER
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.tree import Provenance

CLUSTERS = "config/clusters"
ENVIRONMENT, CLUSTER_TYPE = "{environment}", "{clusterType}"
"""What the ApplicationSet fills into the paths of values; no name of a file or folder can hold it."""

OF_ENVIRONMENT = f"{VALUES_FOLDER}/{ENVIRONMENT}/globals/environment.yaml"
"""Tells a chart that prints manifests which environment it is in."""


def cluster_type(name: str, plan: Plan) -> str:
    """The type of an environment's cluster; its own name where the plan gives none."""
    return plan.cluster_type(name)


def make_clusters(names: Sequence[str], plan: Plan) -> Piece:
    """``config/clusters``: a file an environment, the first child of its ApplicationSet's matrix generator."""
    planned = {environment.name: environment for environment in plan.environments}
    pieces = [Piece(findings=tuple(clashing_types(names, plan)))]
    for name in names:
        environment = planned.get(name, PlannedEnvironment(name))
        target: JsonObject = {
            "environment": name,
            "clusterType": cluster_type(name, plan),
            "cluster": environment.cluster,
            "server": environment.server,
        }
        values: JsonObject = {"environment": name}
        pieces += [
            yaml_piece(
                f"{CLUSTERS}/{name}.yaml",
                {"target": target},
                comment=["The cluster of one environment; its ApplicationSet joins this with every component."],
                origins=(Provenance(0, f"migration.yaml#environments/{name}"),),
            ),
            yaml_piece(
                OF_ENVIRONMENT.replace(ENVIRONMENT, name),
                values,
                comment=["For the charts that print the manifests of an environment (sources/charts/**/*-rendered)."],
                origins=(Provenance(0, "migrate: what is shared learns where it is"),),
            ),
        ]
    return join_pieces(pieces)


def make_shared_components(contents: Sequence[tuple[Placement, Content]], names: Sequence[str], plan: Plan) -> Piece:
    """Every component at the most general place where all that it stands for agree."""
    folders: dict[str, dict[str, tuple[Placement, Content]]] = {}
    for placement, content in contents:
        folders.setdefault(placement.folder, {})[placement.environment.name] = (placement, content)
    return join_pieces(_component(members, names, plan) for members in folders.values())


def _component(members: Mapping[str, tuple[Placement, Content]], names: Sequence[str], plan: Plan) -> Piece:
    """The files of one component; ``members`` by environment."""
    says = {name: _said(*member) for name, member in members.items()}
    whole = [name for name in names if not plan.is_curated(name)]
    pieces = []
    if whole and _agree(whole, says):
        where = "every environment" if len(whole) == len(names) else "every cluster type without a set of its own"
        pieces.append(_file(*members[whole[0]], SHARED, where))
        names = [name for name in names if name not in whole]
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(cluster_type(name, plan), []).append(name)
    for kind, group in groups.items():
        if kind not in group and _agree(group, says):
            pieces.append(_file(*members[group[0]], kind, f"clusters of the type {kind}"))
        else:
            pieces += [_file(*_settled(*members[name], plan), name, name) for name in group if name in members]
    return join_pieces(pieces)


def _settled(placement: Placement, content: Content, plan: Plan) -> tuple[Placement, Content]:
    """Below one environment the paths are plain: nothing there needs to be filled in."""
    files = tuple(filled(entry, placement.environment.name, plan) for entry in content.value_files)
    return placement, replace(content, value_files=files)


def filled(entry: str, environment: str, plan: Plan) -> str:
    """The path that the ApplicationSet makes of an entry for one environment."""
    return entry.replace(ENVIRONMENT, environment).replace(CLUSTER_TYPE, cluster_type(environment, plan))


def _agree(names: Sequence[str], says: Mapping[str, str]) -> bool:
    return len({says.get(name, "") for name in names}) == 1 and names[0] in says


def _said(placement: Placement, content: Content) -> str:
    return json.dumps([placement.parked, shared_document(placement, content)], sort_keys=True)


def shared_document(placement: Placement, content: Content) -> JsonObject:
    """component.yaml without what only one environment can say: the cluster is that of ``config/clusters``."""
    document = component_document(placement, content)
    own, shared = f"{VALUES_FOLDER}/{placement.environment.name}/", f"{VALUES_FOLDER}/{ENVIRONMENT}/"
    files: list[JsonValue] = [
        {**entry, "path": str(entry["path"]).replace(own, shared, 1)} for entry in content.parameters.file_parameters
    ]
    cluster = "" if placement.cluster == placement.environment.cluster else placement.cluster
    return {**document, "fileParameters": files, "cluster": cluster}


def _file(placement: Placement, content: Content, folder: str, where: str) -> Piece:
    name = placement.component_file.rpartition("/")[2]
    path = f"environments/{folder}/components/{placement.folder}/{name}"
    return component_piece(placement, shared_document(placement, content), path, where)


def clashing_types(names: Sequence[str], plan: Plan) -> list[Finding]:
    """A type that is called as an environment would be that environment's folder."""
    return [
        Finding(
            "EM050",
            Severity.ERROR,
            f"the environment {name} has the cluster type {cluster_type(name, plan)}, and an environment is called so",
            f"give the type another name in migration.yaml: environments.{name}.clusterType",
            environment=name,
        )
        for name in names
        if cluster_type(name, plan) in set(names) - {name}
    ]
