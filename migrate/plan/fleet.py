"""``fleet:`` of migration.yaml: the contract that all charts may read; read, written and described in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from migrate.doors.yaml import YamlNode
from migrate.model.finding import Finding, Severity
from migrate.model.fleet import CONTRACT_KEYS, MIRROR, Fleet, FleetFacts
from migrate.model.images import image_rules
from migrate.model.json import JsonObject
from migrate.model.plan import Plan
from migrate.plan.image_policy import policy_line, policy_schema, read_image_policy
from migrate.plan.reader import PlanReader
from migrate.plan.scalars import scalar

# Templates read them as fields (`.Values.global.acme.capabilities.gpu`), which take no hyphen.
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
ARCHITECTURE = re.compile(r"[a-z0-9]+(/[a-z0-9]+)?")
OLD_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_CAPABILITY = "capabilities."
_LEAVES = tuple(key for key in CONTRACT_KEYS if key not in ("capabilities", "imagePolicy"))
CONTRACT_LEAVES = (*_LEAVES, "imagePolicy.source", "imagePolicy.mirror")
"""What an old key may give way to, beside ``capabilities.<name>``."""

_FACTS = ("architectures", "capabilities", "imagePolicy")
FLEET_KEYS = ("org", *_FACTS, "clusterTypes", "environments", "bridge", "without")


def read_fleet(reader: PlanReader, node: YamlNode | None) -> Fleet:
    """The contract; without ``org`` it is off.

    Raises:
        UsageError: a name that no template could read, or a value that cannot be.
    """
    keys = reader.mapping(node, "fleet", FLEET_KEYS)
    org = reader.matching(keys.get("org"), "fleet.org", IDENTIFIER, "letters and digits, e.g. acme")
    if keys and not org and node is not None:
        reader.refuse("fleet needs org, the key below global that all of it stands under", node, "e.g. org: acme")
    bridge = reader.mapping(keys.get("bridge"), "fleet.bridge", ("until", "keys"))
    old = bridge.get("keys")
    places = {
        _old_key(reader, name, value): _contract_key(reader, f"fleet.bridge.keys.{name}", value)
        for name, value in reader.mapping(old, "fleet.bridge.keys").items()
    }
    until = reader.text(bridge.get("until"), "fleet.bridge.until")
    if places and not until and old is not None:
        hint = "a date, or what must have happened: until: no chart reads them any more"
        reader.refuse("fleet.bridge says not how long the old keys are kept", old, hint)
    return Fleet(
        org=org,
        facts=_facts(reader, {key: keys[key] for key in _FACTS if key in keys}, "fleet"),
        cluster_types=_levels(reader, keys.get("clusterTypes"), "fleet.clusterTypes", ()),
        environments=_levels(reader, keys.get("environments"), "fleet.environments", ("clusterName",)),
        bridge=places,
        until=until,
        without=reader.texts(keys.get("without"), "fleet.without"),
    )


def _levels(reader: PlanReader, node: YamlNode | None, what: str, extra: tuple[str, ...]) -> Mapping[str, FleetFacts]:
    found = {}
    for name, value in reader.mapping(node, what).items():
        found[name] = _facts(reader, reader.mapping(value, f"{what}.{name}", (*_FACTS, *extra)), f"{what}.{name}")
    return found


def _facts(reader: PlanReader, keys: Mapping[str, YamlNode], what: str) -> FleetFacts:
    architectures = reader.texts(keys.get("architectures"), f"{what}.architectures")
    for text in architectures:
        if not ARCHITECTURE.fullmatch(text):
            reader.refuse(f"{what}.architectures cannot hold {text!r}", keys["architectures"], "e.g. amd64, arm64")
    capabilities = {}
    for name, value in reader.mapping(keys.get("capabilities"), f"{what}.capabilities").items():
        if not IDENTIFIER.fullmatch(name):
            reader.refuse(f"{name!r} is no name of a capability", value, "letters and digits: a template reads it")
        capabilities[name] = reader.text(value, f"{what}.capabilities.{name}", ("true", "false")) == "true"
    return FleetFacts(
        architectures,
        capabilities,
        read_image_policy(reader, keys.get("imagePolicy"), f"{what}.imagePolicy"),
        reader.text(keys.get("clusterName"), f"{what}.clusterName"),
    )


def _old_key(reader: PlanReader, name: str, node: YamlNode) -> str:
    if not OLD_KEY.fullmatch(name):
        reader.refuse(f"{name!r} is no path of a value", node, "e.g. cluster.name")
    return name


def _contract_key(reader: PlanReader, what: str, node: YamlNode) -> str:
    text = reader.text(node, what)
    capability = text.removeprefix(_CAPABILITY) if text.startswith(_CAPABILITY) else ""
    if text not in CONTRACT_LEAVES and not IDENTIFIER.fullmatch(capability):
        reader.refuse(f"{what} cannot be {text!r}", node, f"one of: {', '.join(CONTRACT_LEAVES)}, capabilities.<name>")
    return text


def fleet_lines(fleet: Fleet) -> Iterable[str]:
    """The lines of migration.yaml."""
    if not fleet.is_on:
        return
    yield f"fleet:\n  org: {fleet.org}\n"
    yield from _fact_lines(fleet.facts, "  ")
    for key, levels in (("clusterTypes", fleet.cluster_types), ("environments", fleet.environments)):
        if levels:
            yield f"  {key}:\n"
        for name, facts in levels.items():
            lines = list(_fact_lines(facts, "      "))
            yield f"    {scalar(name)}:\n" if lines else f"    {scalar(name)}: {{}}\n"
            yield from lines
    if fleet.until or fleet.bridge:
        yield f"  bridge:\n    until: {scalar(fleet.until)}\n"
    if fleet.bridge:
        yield "    keys:\n"
        yield from (f"      {scalar(old)}: {scalar(new)}\n" for old, new in fleet.bridge.items())
    if fleet.without:
        yield f"  without: [{', '.join(map(scalar, fleet.without))}]\n"


def _fact_lines(facts: FleetFacts, indent: str) -> Iterator[str]:
    if facts.cluster_name:
        yield f"{indent}clusterName: {scalar(facts.cluster_name)}\n"
    if facts.architectures:
        yield f"{indent}architectures: [{', '.join(map(scalar, facts.architectures))}]\n"
    if facts.capabilities:
        texts = (f"{name}: {str(value).lower()}" for name, value in facts.capabilities.items())
        yield f"{indent}capabilities: {{{', '.join(texts)}}}\n"
    if policy := policy_line(facts.image_policy):
        yield f"{indent}imagePolicy: {policy}\n"


def fleet_schema() -> JsonObject:
    """The JSON Schema of ``fleet``."""
    architecture: JsonObject = {"type": "string", "pattern": _whole(ARCHITECTURE)}
    facts: JsonObject = {
        "architectures": {"type": "array", "items": architecture, "description": "What every image must have."},
        "capabilities": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": _whole(IDENTIFIER)},
            "additionalProperties": {"type": "boolean"},
            "description": "What a cluster can do; a special level may say otherwise.",
        },
        "imagePolicy": policy_schema(),
    }
    name: JsonObject = {"type": "string", "description": "What charts call the cluster."}
    targets = "|".join([*map(re.escape, CONTRACT_LEAVES), rf"capabilities\.{IDENTIFIER.pattern}"])
    old_keys: JsonObject = {
        "type": ["object", "null"],
        "propertyNames": {"pattern": _whole(OLD_KEY)},
        "additionalProperties": {"type": "string", "pattern": f"^(?:{targets})$"},
        "description": "Old key of the estate's values → key of the contract.",
    }
    until: JsonObject = {"type": "string", "description": "A date or a condition: how long the old keys are kept."}
    bridge: JsonObject = {**_closed({"until": until, "keys": old_keys}), "dependentRequired": {"keys": ["until"]}}
    org: JsonObject = {
        "type": "string",
        "pattern": _whole(IDENTIFIER),
        "description": "The key below global that the contract stands under.",
    }
    without: JsonObject = {"type": "array", "items": {"type": "string"}, "description": "Releases without it."}
    whole = _closed(
        {
            "org": org,
            **facts,
            "clusterTypes": _named(_closed(facts), "Cluster type → what differs there."),
            "environments": _named(_closed({**facts, "clusterName": name}), "Environment → what differs there."),
            "bridge": bridge,
            "without": without,
        }
    )
    # An empty mapping is off, as no mapping is.
    return {
        **whole,
        "description": "One contract of global values for all charts; off where it is not there.",
        "anyOf": [{"required": ["org"]}, {"maxProperties": 0}, {"type": "null"}],
    }


def _closed(properties: JsonObject) -> JsonObject:
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _named(value: JsonObject, description: str) -> JsonObject:
    return {"type": ["object", "null"], "additionalProperties": value, "description": description}


def _whole(pattern: re.Pattern[str]) -> str:
    return f"^(?:{pattern.pattern})$"


def fleet_findings(plan: Plan) -> Iterator[Finding]:
    """What is said of something that the plan does not have, a slip of the pen; and a mirror that nobody names."""
    environments = {environment.name for environment in plan.environments}
    types = {plan.cluster_type(name) for name in environments}
    ids = {release.id for release in plan.releases}
    layers = {release.layer for release in plan.releases}
    named = (
        ("fleet.clusterTypes", plan.fleet.cluster_types, types, "environments.<name>.clusterType names the types"),
        ("fleet.environments", plan.fleet.environments, environments, "an environment of the estate"),
        ("fleet.without", plan.fleet.without, ids, "[kubeContext/]namespace/name of a release"),
        ("layerHandover", plan.layer_handover, layers, f"a layer: {', '.join(sorted(layers))}"),
        ("componentSets", plan.component_sets, types, "environments.<name>.clusterType names the types"),
        *(
            (f"releases.{release.id}.elsewhere", release.elsewhere, types, "a cluster type of the environments")
            for release in plan.releases
        ),
    )
    for what, names, known, hint in named:
        for name in sorted(set(names) - known):
            text = f"{what} speaks of {name}, which the plan does not have"
            yield Finding("PL018", Severity.WARNING, text, hint)
    for name in sorted(environments):
        rules = image_rules(plan, name)
        if rules and rules.source == MIRROR and not (rules.mirror or rules.mirrors):
            text = f"fleet.imagePolicy has images of {name} come from a mirror, and names none: no image is replaced"
            hint = "imagePolicy: {source: mirror, mirror: registry.example.com/mirror}"
            yield Finding("PL020", Severity.WARNING, text, hint, environment=name)
