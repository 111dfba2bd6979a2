"""The fleet contract in the tree: three general values files that every chart reads first, and their schema.

    plan.fleet ──▶ sources/values/{_shared, <cluster type>, <environment>}/globals/fleet/*.yaml ──▶ valueFiles

They come before all other values, so nothing that the estate says is ever overridden.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from migrate.doors.estate_files import absolute
from migrate.doors.helm import HelmError, load_chart
from migrate.doors.yaml import dump_yaml
from migrate.emit.fleet_bridge import Bridge, marked, read_bridge
from migrate.emit.fleet_contract import base_level, contract, contract_schema, environment_level, type_level
from migrate.emit.pieces import Piece, join_pieces, yaml_piece
from migrate.emit.placement import Carriage, Placement
from migrate.emit.shared import CLUSTER_TYPE, ENVIRONMENT, clashing_types, filled
from migrate.emit.values import SHARED, VALUES_FOLDER, ValuesLayout
from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.fleet import CONTRACT_FOLDER
from migrate.model.json import JsonObject, JsonValue, as_object
from migrate.model.plan import Plan
from migrate.model.tree import Provenance

SCHEMA_PATH = "config/fleet/values.schema.json"
BASE = f"{VALUES_FOLDER}/{SHARED}/{CONTRACT_FOLDER}/base.yaml"
OF_TYPE = f"{VALUES_FOLDER}/{CLUSTER_TYPE}/{CONTRACT_FOLDER}/cluster-type.yaml"
OF_ENVIRONMENT = f"{VALUES_FOLDER}/{ENVIRONMENT}/{CONTRACT_FOLDER}/environment.yaml"
LEVELS = (BASE, OF_TYPE, OF_ENVIRONMENT)
"""From general to special. A type may be called as its environment is, so that the names of the files differ."""

_SCHEMA = re.compile(r"(charts/[^/]+/)*values\.schema\.json")
Layouts = Mapping[str, ValuesLayout]


def with_contract(
    layouts: Layouts, placements: Sequence[Placement], estate: Estate, plan: Plan
) -> tuple[Layouts, Piece]:
    """The values of every component with the contract before them, and the contract's own files."""
    if not plan.fleet.is_on:
        return layouts, Piece()
    governed = [p for p in placements if p.carriage is Carriage.CHART and p.release.id not in plan.fleet.without]
    closed = {path: _closed_schema(path, estate, plan) for path in {p.release.chart_path or "" for p in governed}}
    refused = {
        p.folder: _refusal(p, closed[p.release.chart_path or ""], plan)
        for p in governed
        if closed[p.release.chart_path or ""] and not p.release.skip_schema_validation
    }
    governed = [p for p in governed if p.folder not in refused]
    reading = {(p.folder, p.environment.name) for p in governed}
    found = {}
    for folder, layout in layouts.items():
        files = {
            name: (*_levels(name, plan), *paths) if (folder, name) in reading else paths
            for name, paths in layout.value_files.items()
        }
        found[folder] = replace(layout, value_files=files, piece=marked(layout.piece, plan))
    bridge = read_bridge(estate, plan)
    names = list(dict.fromkeys(p.environment.name for p in governed))
    clashing = () if plan.layout == "shared" else clashing_types(estate.environments, plan)  # shared says it itself
    findings = (*clashing, *bridge.findings, *(refused[folder] for folder in sorted(refused)))
    return found, join_pieces([_files(names, plan, bridge), Piece(findings=findings)])


def contract_texts(estate: Estate, plan: Plan) -> dict[str, str]:
    """Environment → the whole contract as YAML; empty while it is off."""
    if not plan.fleet.is_on:
        return {}
    values = read_bridge(estate, plan).values
    return {name: dump_yaml(contract(plan, name, values[name])) for name in estate.environments}


def inapplicable(plan: Plan) -> tuple[Finding, ...]:
    """What a person should know who switches the contract on in a layout that has no values for charts."""
    if not plan.fleet.is_on or plan.layout not in ("kustomize", "plugin"):
        return ()
    why = {
        "kustomize": "its resources are rendered already",
        "plugin": "helmfile hands charts their values there",
    }[plan.layout]
    return (
        Finding(
            "EM065",
            Severity.WARNING,
            f"the fleet contract does not reach the layout {plan.layout}: {why}",
            "use the layout environments or shared, or take `fleet` out of migration.yaml",
        ),
    )


def _levels(name: str, plan: Plan) -> Iterable[str]:
    return LEVELS if plan.layout == "shared" else (filled(entry, name, plan) for entry in LEVELS)


def _files(names: Sequence[str], plan: Plan, bridge: Bridge) -> Piece:
    """The files of all levels that some component reads."""
    if not names:
        return Piece()
    fleet = plan.fleet
    about = f"The fleet contract, global.{fleet.org}; its keys are described in {SCHEMA_PATH}."
    pieces = [
        _level(BASE, base_level(fleet), [about, "What holds for all clusters."], "fleet"),
        Piece(
            {SCHEMA_PATH: (json.dumps(contract_schema(fleet.org), indent=2) + "\n").encode()},
            {SCHEMA_PATH: (Provenance(0, "migration.yaml#fleet", "charts and tests may hold values against it"),)},
        ),
    ]
    for kind in dict.fromkeys(plan.cluster_type(name) for name in names):
        path = OF_TYPE.replace(CLUSTER_TYPE, kind)
        comment = [about, f"What holds for clusters of the type {kind}."]
        pieces.append(_level(path, type_level(fleet, kind), comment, f"fleet/clusterTypes/{kind}"))
    for name in names:
        path = OF_ENVIRONMENT.replace(ENVIRONMENT, name)
        document = environment_level(plan, name, bridge.values.get(name, {}))
        comment = [about, f"What holds for the environment {name}."]
        pieces.append(_level(path, document, comment, f"fleet/environments/{name}"))
    return join_pieces(pieces)


def _level(path: str, document: JsonObject, comment: list[str], pointer: str) -> Piece:
    return yaml_piece(path, document, comment=comment, origins=(Provenance(0, f"migration.yaml#{pointer}"),))


def _closed_schema(chart_path: str, estate: Estate, plan: Plan) -> str:
    """The schema of a chart, or of one inside it, that takes no such value; empty where all do."""
    try:
        chart = load_chart(absolute(chart_path, estate.root))
    except HelmError:
        return ""  # the render says what is wrong with it
    found = (path for path in sorted(chart.files) if _SCHEMA.fullmatch(path))
    return next((path for path in found if _refuses(chart.files[path], plan.fleet.org)), "")


def _refusal(placement: Placement, schema: str, plan: Plan) -> Finding:
    """A chart that would not render at all with the contract."""
    release = placement.release
    return Finding(
        "EM061",
        Severity.WARNING,
        f"{release.id} does not get the fleet contract: {schema} of its chart takes no global.{plan.fleet.org}",
        f"let the schema take it, or say so in migration.yaml: fleet.without: [{release.id}]",
        SourceLocation(f"{release.chart_path}/{schema}", 1),
        release.id,
    )


def _refuses(content: bytes, org: str) -> bool:
    """Whether a schema is closed to the contract, as far as its own keys say so; ``verify`` sees all else."""
    try:
        schema: JsonValue = json.loads(content)
    except ValueError:
        return False
    whole = as_object(schema)
    return not _takes(whole, "global") or not _takes(as_object(as_object(whole.get("properties")).get("global")), org)


def _takes(schema: JsonObject, key: str) -> bool:
    if schema.get("additionalProperties") is not False or key in as_object(schema.get("properties")):
        return True
    patterns = as_object(schema.get("patternProperties"))
    return any(_found(pattern, key) for pattern in patterns)


def _found(pattern: str, key: str) -> bool:
    try:
        return re.search(pattern, key) is not None
    except re.error:
        return True  # a form of Go's that Python does not know
