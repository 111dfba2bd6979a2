"""The published JSON Schema of migration.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from migrate.doors.yaml import load_yaml
from migrate.errors import UsageError
from migrate.plan import load_plan, plan_schema

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs/reference/migration.schema.json"


def test_the_published_schema_is_what_the_program_says() -> None:
    text = json.dumps(plan_schema(), indent=1, ensure_ascii=False) + "\n"
    assert FILE.read_text(encoding="utf-8") == text, "run: make reference"


def test_every_object_of_the_schema_is_closed() -> None:
    def objects(node: Any) -> Any:
        if isinstance(node, dict):
            if "properties" in node:
                yield node
            for value in node.values():
                yield from objects(value)
        if isinstance(node, list):
            for value in node:
                yield from objects(value)

    found = list(objects(plan_schema()))
    assert len(found) > 10
    assert all(node["additionalProperties"] is False for node in found)


GOOD = (
    "removal: delete",
    "projects: {platform: {roles: {a: {groups: [x], may: [get, 'action/*', logs]}}}, apps: {}}",
    "{}",
    "schemaVersion: 1\nhandover: done\nlayout: {value: environments, source: default}",
    "target: {repoURL: https://git.example.org/x.git}",
    "environments: {dev: {kubeVersion: 1.34.0, contexts: {a: b}}, prod: }",
    "ladder: [{phase: 100, maxUpdate: 1}, '650', {phase: 699, maxUpdate: 25%}]",
    "rules: [{match: {name: a*, labels: {team: [x, y]}}, set: {path: 'apps/{name}'}, ask: [tier], reason: so}]",
    "releases: {w/a: {rolloutPhase: 650, domain: {value: data, source: inferred, reason: x}, state: fenced}}",
    "releases: {w/a: {syncOptions: [Replace=true, {value: PruneLast=true, source: inferred}], pins: {values: {a: 1}}}}",
    "releases: {w/a: {disposition: bootstrap, ask: [tier], ignoreDifferences: [{kind: Secret}], wave: 3}}",
    "releases: {w/a: {ignoreDifferences: [{kind: Pod, name: x, namespace: y, jsonPointers: [/a]}]}}",
)
BAD = (
    "removal: often",
    "projects: {platform: {roles: {a: {may: [fly]}}}}",
    "projects: {platform: {roles: {a: {may: []}}}}",
    "projects: {platform: {roles: {a b: {may: [get]}}}}",
    "projects: {Platform: {}}",
    "projects: {platform: {roles: {a: {may: [get], groups: ['x,y']}}}}",
    "handover: later",
    "schemaVersion: 2",
    "target: {url: x}",
    "ladder: [{phase: x}]",
    "rules: [{set: {domain: data}}]",
    "rules: [{match: {name: a}}]",
    "rules: [{match: {name: a}, set: {domain: nowhere}}]",
    "releases: {w/a: {rolloutPhaze: 1}}",
    "releases: {w/a: {ask: [colour]}}",
    "releases: {w/a: {state: gone}}",
    "releases: {w/a: {ignoreDifferences: [{kind: [Pod]}]}}",
    "releases: {w/a: {ignoreDifferences: [{kind: Pod, reason: x}]}}",
    "releases: {w/a: {ignoreDifferences: [{kind: Pod, jsonPointers: 3}]}}",
    "releases: {w/a: {ignoreDifferences: [{kind: Pod, jsonPointers: [a]}]}}",
    "releases: {w/a: {tier: {value: x, source: guessed}}}",
)


@pytest.mark.parametrize("text", [*GOOD, (ROOT / "migration.yaml").read_text(encoding="utf-8")])
def test_the_schema_takes_what_the_program_takes(text: str) -> None:
    load_plan(text, "x")
    Draft202012Validator(plan_schema()).validate(load_yaml(text))


@pytest.mark.parametrize("text", BAD)
def test_the_schema_refuses_what_the_program_refuses(text: str) -> None:
    with pytest.raises(UsageError):
        load_plan(text, "x")
    assert not Draft202012Validator(plan_schema()).is_valid(load_yaml(text))
