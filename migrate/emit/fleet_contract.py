"""The fleet contract as values: what base, cluster type and environment say below ``global.<org>``, and its schema."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.model.fleet import (
    CONTRACT_KEYS,
    DEFAULT_ARCHITECTURES,
    DEFAULT_SOURCE,
    SOURCES,
    Fleet,
    FleetFacts,
)
from migrate.model.json import JsonObject, JsonValue, as_object, merge_patched
from migrate.model.plan import Plan, PlannedEnvironment

IN_CLUSTER = "in-cluster"
"""What Argo CD calls the cluster that it runs in, so that it names no cluster of a fleet."""

Bridged = Mapping[str, JsonValue]
"""Key of the contract → its value in one environment, as the estate's old keys have it."""


def base_level(fleet: Fleet) -> JsonObject:
    """What holds for all clusters; complete, so that whatever no other level says has a value."""
    policy: JsonObject = {"source": DEFAULT_SOURCE, "mirror": "", **_policy(fleet.facts)}
    architectures: list[JsonValue] = [*(fleet.facts.architectures or DEFAULT_ARCHITECTURES)]
    return _below(
        fleet.org,
        {"architectures": architectures, "capabilities": dict(fleet.facts.capabilities), "imagePolicy": policy},
    )


def type_level(fleet: Fleet, kind: str) -> JsonObject:
    """What a cluster type says."""
    return _below(fleet.org, {"clusterType": kind, **_said(fleet.cluster_types.get(kind, FleetFacts()))})


def environment_level(plan: Plan, name: str, bridged: Bridged) -> JsonObject:
    """What an environment says; ``bridged`` holds where no level says anything."""
    fleet = plan.fleet
    facts = fleet.environments.get(name, FleetFacts())
    said: JsonObject = {"environment": name, "clusterName": facts.cluster_name or _cluster_name(plan, name)}
    for key, value in bridged.items():
        if not is_said(plan, name, key):
            said = as_object(merge_patched(said, _nested(key, value)))
    return _below(fleet.org, merge_patched(said, _said(facts)))


def contract(plan: Plan, name: str, bridged: Bridged) -> JsonObject:
    """All levels of one environment together, as Helm merges them."""
    kind = plan.cluster_type(name)
    whole: JsonValue = base_level(plan.fleet)
    for level in (type_level(plan.fleet, kind), environment_level(plan, name, bridged)):
        whole = merge_patched(whole, level)
    return as_object(whole)


def is_said(plan: Plan, name: str, key: str) -> bool:
    """Whether the plan itself says what a key of the contract is in an environment."""
    fleet = plan.fleet
    if key in ("clusterType", "environment"):
        return True
    if key == "clusterName" and (fleet.environments.get(name, FleetFacts()).cluster_name or _own_cluster(plan, name)):
        return True
    levels = (fleet.facts, fleet.cluster_types.get(plan.cluster_type(name)), fleet.environments.get(name))
    return any(value_at(_said(facts), key) is not None for facts in levels if facts)


def value_at(values: JsonValue, path: str) -> JsonValue:
    """The value at a dotted path; None where it is not there."""
    for step in path.split("."):
        values = values.get(step) if isinstance(values, dict) else None
    return values


def _cluster_name(plan: Plan, name: str) -> str:
    return _own_cluster(plan, name) or name


def _own_cluster(plan: Plan, name: str) -> str:
    planned = next((e for e in plan.environments if e.name == name), PlannedEnvironment(name))
    return "" if planned.cluster == IN_CLUSTER else planned.cluster


def _said(facts: FleetFacts) -> JsonObject:
    """Only what a level says: a key that is not there leaves the more general level's value."""
    found: JsonObject = {}
    if facts.architectures:
        found["architectures"] = list(facts.architectures)
    if facts.capabilities:
        found["capabilities"] = dict(facts.capabilities)
    if policy := _policy(facts):
        found["imagePolicy"] = policy
    return found


def _policy(facts: FleetFacts) -> JsonObject:
    policy = {"source": facts.image_policy.source, "mirror": facts.image_policy.mirror}
    return {key: value for key, value in policy.items() if value}


def _nested(path: str, value: JsonValue) -> JsonValue:
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


def _below(org: str, values: JsonValue) -> JsonObject:
    return {"global": {org: values}}


def contract_schema(org: str) -> JsonObject:
    """A ``values.schema.json`` for the contract, in the draft that Helm 3 and 4 read; other values stay free."""
    text: JsonObject = {"type": "string", "minLength": 1}
    properties: JsonObject = {
        "clusterType": {**text, "description": "What clusters share components and values by."},
        "clusterName": {**text, "description": "The cluster's own name."},
        "environment": {**text, "description": "The environment that it is for."},
        "architectures": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": text,
            "description": "The architectures of its nodes: an image must have all of them.",
        },
        "capabilities": {
            "type": "object",
            "additionalProperties": {"type": "boolean"},
            "description": "What the cluster can do.",
        },
        "imagePolicy": {
            "type": "object",
            "properties": {
                "source": {"enum": [*SOURCES], "description": "Where images come from."},
                "mirror": {"type": "string", "description": "The fleet's registry; empty where there is none."},
            },
            "required": ["source", "mirror"],
            "additionalProperties": False,
        },
    }
    own: JsonObject = {
        "type": "object",
        "properties": properties,
        "required": [*CONTRACT_KEYS],
        "additionalProperties": False,
    }
    everything: JsonObject = {"type": "object", "properties": {org: own}, "required": [org]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"The fleet contract: global.{org}",
        "type": "object",
        "properties": {"global": everything},
        "required": ["global"],
    }
