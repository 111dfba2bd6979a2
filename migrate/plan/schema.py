"""The JSON Schema of migration.yaml, made from what ``load_plan`` takes; docs/reference holds a copy for editors."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import DecisionSource, Disposition
from migrate.plan.component_sets import ELSEWHERE, SETS, sets_schema
from migrate.plan.differences import differences_schema, own_differences_schema
from migrate.plan.fields import CHOICES, FIELDS
from migrate.plan.fleet import fleet_schema
from migrate.plan.load import (
    APPSETS,
    CRDS,
    HANDOVERS,
    LAYOUTS,
    RELEASE_KEYS,
    REMOVALS,
    RULE_KEYS,
    SECRET_POLICIES,
    STATES,
    STEP_LABELS,
    TOP_KEYS,
    WRAPPER_KEYS,
)
from migrate.plan.names import DNS_LABEL, FOLDER
from migrate.plan.ownrules import MATCH_KEYS
from migrate.plan.reader import MAX_UPDATE, VERSION
from migrate.plan.roles import projects_schema

_FIELD_TEXTS = {
    "domain": "The band of the ladder: what the release belongs to.",
    "tier": "A coarser group, and the label that --steps tier selects by.",
    "componentType": "What it is: its step in the band.",
    "rolloutPhase": "Three digits; lower ones come up first.",
    "wave": "A label with a whole number, for --steps wave.",
    "project": "The AppProject; data-services and apps hold namespaced kinds only.",
    "component": "The Application's name.",
    "path": "The folder below components/.",
}


def plan_schema() -> JsonObject:
    """The schema as plain data (draft 2020-12)."""
    properties: JsonObject = {
        "schemaVersion": {"enum": ["1", 1], "description": "The form of this file."},
        "estate": _text("The helmfile, or the folder of them, relative to this file."),
        "target": _closed(
            {
                "repoURL": _setting(_text("The git repository that Argo CD reads.")),
                "revision": _setting(_text("Its branch, tag or commit.")),
            }
        ),
        "layout": _setting(_one_of(LAYOUTS)),
        "appsets": _setting(_one_of(APPSETS)),
        "steps": _setting(_one_of(STEP_LABELS, "What RollingSync selects its steps by.")),
        "handover": _setting(_one_of(HANDOVERS, "Whether Argo CD may sync by itself.")),
        "layerHandover": _named(_one_of(HANDOVERS), "Layer → handover, where it differs."),
        "removal": _setting(
            _one_of(REMOVALS, "What becomes of an Application whose component.yaml is gone; what holds data stays.")
        ),
        "argocdVersion": _setting(_version("The Argo CD whose rules hold.")),
        "environments": _named(_environment(), "Environment → its cluster."),
        "fleet": fleet_schema(),
        "componentSets": sets_schema(_decision(_one_of(SETS))),
        "projects": projects_schema(),
        "secrets": _named(_one_of(SECRET_POLICIES), "Place of a plaintext secret → what becomes of it."),
        "ignoreDifferences": differences_schema(),
        "ladder": {"type": "array", "items": _step(), "description": "The steps of the rollout, ascending."},
        "insertedSteps": {
            "type": "array",
            "items": _phase(),
            "description": "Steps that edges made necessary; every run makes them anew.",
        },
        "rules": {"type": "array", "items": _rule(), "description": "Rules that come before the built-in ones."},
        "releases": _named(_release(), "Release ([kubeContext/]namespace/name) → where it goes."),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "migration.yaml",
        "description": "Every decision of a migration. A value alone is a person's; {value, source} says whose it is.",
        **_closed({key: properties[key] for key in TOP_KEYS}),
        "$defs": {"source": {"enum": [source.value for source in DecisionSource]}},
    }


def _environment() -> JsonObject:
    return _closed(
        {
            "cluster": _setting(_text("The cluster's name in Argo CD.")),
            "server": _setting(_text("Its API server.")),
            "kubeVersion": _setting(_version("What renders assume.")),
            "apiVersions": _texts("What renders assume."),
            "contexts": _named(_text(""), "Kube context of a release → cluster in Argo CD."),
            "clusterType": {
                "type": "string",
                "pattern": _whole(DNS_LABEL.pattern),
                "description": "In the layout shared: environments of one type share what not all share.",
            },
        }
    )


def _step() -> JsonObject:
    limit: JsonObject = {"type": ["string", "integer"], "pattern": _whole(MAX_UPDATE.pattern)}
    return {"anyOf": [_phase(), {**_closed({"phase": _phase(), "maxUpdate": limit}), "required": ["phase"]}]}


def _rule() -> JsonObject:
    patterns: JsonObject = {
        "anyOf": [_text(""), {"type": "array", "items": _text(""), "minItems": 1}],
        "description": "* and ? stand for any letters; of a list, one must fit.",
    }
    match: JsonObject = dict.fromkeys(MATCH_KEYS, patterns)
    match["labels"] = _named(patterns, "Label → its value.")
    properties: JsonObject = {
        "match": {**_closed(match), "minProperties": 1},
        "set": _closed({key: _value(key, template=True) for key in FIELDS}),
        "ask": _asked("Fields that only a person may decide, release by release."),
        "reason": _text("Why, for those who read the plan."),
    }
    return {
        **_closed({key: properties[key] for key in RULE_KEYS}),
        "required": ["match"],
        "anyOf": [{"required": ["set"]}, {"required": ["ask"]}],
    }


def _release() -> JsonObject:
    option = _text("For example ServerSideApply=true; one for the same option takes a proposal's place.")
    properties: JsonObject = {
        "layer": _text("The state file that brings it; for those who read, and to know it again."),
        "chart": _text("Its chart; for those who read, and to know it again when it is renamed."),
        "disposition": _decision(_one_of([d.value for d in Disposition], "What becomes of the release.")),
        "ask": _asked("Fields that only a person may decide: convert waits for them."),
        "pins": _closed(
            {
                "reason": _text("Why."),
                "values": {"type": ["object", "null"], "description": "Values over all others."},
            }
        ),
        "wrapper": _wrapper(),
        "crds": _one_of(CRDS, "apart: its CustomResourceDefinitions become a component of their own."),
        "syncOptions": {"type": "array", "items": _decision(option)},
        "ignoreDifferences": own_differences_schema(),
        "elsewhere": _named(
            _one_of(ELSEWHERE),
            "Cluster type that does not deploy it → what becomes of it there, if not as its set says.",
        ),
        "state": _one_of(STATES, "Written by cutover."),
        "verifiedTree": _text("Hash of the tree whose verdicts cutover relied on; written by it."),
        **{key: _decision(_value(key)) for key in FIELDS},
    }
    return _closed({key: properties[key] for key in RELEASE_KEYS})


def _wrapper() -> JsonObject:
    properties: JsonObject = {
        "gate": {"type": "boolean", "description": "<chart>.enabled: false switches the whole component off."},
        "manifests": _texts("Files of the estate whose objects the component brings, too; {{ in them is text."),
    }
    return {
        **_closed({key: properties[key] for key in WRAPPER_KEYS}),
        "description": "A chart of one's own around the release's, which stays as it is.",
    }


def _value(key: str, *, template: bool = False) -> JsonObject:
    """A field's value; in a rule ``{name}`` may stand for the component's name."""
    text = _FIELD_TEXTS[key]
    if key in CHOICES:
        return _one_of(CHOICES[key], text)
    if key == "rolloutPhase":
        return {**_phase(), "description": text}
    if key == "wave":
        return {"type": ["string", "integer"], "pattern": "^[0-9]+$", "description": text}
    if template:
        return _text(text)
    form = DNS_LABEL if key == "component" else FOLDER
    return {"type": "string", "pattern": _whole(form.pattern), "description": text}


def _decision(value: JsonObject) -> JsonObject:
    """A value alone, or with its source and reason."""
    full = _closed({"value": value, "source": {"$ref": "#/$defs/source"}, "reason": _text("")})
    return {"anyOf": [value, {**full, "required": ["value"]}]}


def _setting(value: JsonObject) -> JsonObject:
    """A value alone, or with its source; ``source: default`` follows the default."""
    full = _closed({"value": value, "source": {"$ref": "#/$defs/source"}})
    return {"anyOf": [value, {**full, "required": ["value", "source"]}]}


def _closed(properties: JsonObject) -> JsonObject:
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _named(value: JsonValue, description: str) -> JsonObject:
    return {"type": ["object", "null"], "additionalProperties": value, "description": description}


def _one_of(words: Iterable[str], description: str = "") -> JsonObject:
    return {"enum": [*words], **({"description": description} if description else {})}


def _text(description: str) -> JsonObject:
    return {"type": "string", **({"description": description} if description else {})}


def _texts(description: str) -> JsonObject:
    return {"type": "array", "items": {"type": "string"}, "description": description}


def _asked(description: str) -> JsonObject:
    return {"type": "array", "items": {"enum": [*FIELDS]}, "description": description}


def _phase() -> JsonObject:
    return {"type": ["string", "integer"], "pattern": "^[0-9]{1,3}$", "minimum": 0, "maximum": 999}


def _version(description: str) -> JsonObject:
    return {"type": ["string", "number"], "pattern": _whole(VERSION.pattern), "description": description}


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
