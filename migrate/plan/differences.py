"""``ignoreDifferences:`` of migration.yaml: what Argo CD compares of no object of a kind; and what belongs there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from migrate.doors.yaml import YamlNode
from migrate.model.differences import Ignored
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject
from migrate.model.plan import Disposition, Plan
from migrate.model.words import few
from migrate.plan.reader import PlanReader

DIFFERENCE_KEYS = ("group", "kind", "jsonPointers", "jqPathExpressions", "managedFieldsManagers", "reason")
OWN_KEYS = ("group", "kind", "namespace", "name", *DIFFERENCE_KEYS[2:5])
"""Of an entry of a release: what an Application knows."""
_HINT = "e.g. [{group: apps, kind: Deployment, jsonPointers: [/spec/replicas], reason: autoscalers set it}]"


def read_differences(reader: PlanReader, node: YamlNode | None) -> tuple[Ignored, ...]:
    """The entries, a kind each, in the order of the file; one without fields takes a proposal away.

    Raises:
        UsageError: no kind, a kind twice, or something that is no pointer or path.
    """
    found: dict[str, Ignored] = {}
    for item in reader.items(node, "ignoreDifferences", _HINT):
        keys = reader.mapping(item, "an item of ignoreDifferences", DIFFERENCE_KEYS)
        kind = reader.text(keys.get("kind"), "kind")
        if not kind:
            reader.refuse("an item of ignoreDifferences needs a kind", item, _HINT)
        reason = reader.text(keys.get("reason"), "reason")
        if "\n" in reason:
            reader.refuse("the reason of an item of ignoreDifferences is one line", keys["reason"])
        one = Ignored(
            reader.text(keys.get("group"), "group"),
            kind,
            _paths(reader, keys, "jsonPointers", "/"),
            _paths(reader, keys, "jqPathExpressions", "."),
            reader.texts(keys.get("managedFieldsManagers"), "managedFieldsManagers"),
            (reason,) if reason else (),
        )
        if (one.group == "*") != (one.kind == "*"):
            reader.refuse("an item of ignoreDifferences speaks of one kind, or of all: group and kind are both *", item)
        if one.setting in found:
            reader.refuse(f"ignoreDifferences speaks twice of {one.kind}", item, "write one item for each kind")
        found[one.setting] = one
    return tuple(found.values())


def read_own_differences(reader: PlanReader, node: YamlNode | None, what: str) -> tuple[JsonObject, ...]:
    """A release's entries as its Application will have them.

    Raises:
        UsageError: no kind, a key that Argo CD does not know, or something that is no pointer or path.
    """
    found = []
    for item in reader.items(node, what):
        keys = reader.mapping(item, f"an item of {what}", OWN_KEYS)
        if not reader.text(keys.get("kind"), "kind"):
            reader.refuse(f"an item of {what} needs a kind", item)
        entry: JsonObject = {name: reader.text(keys.get(name), name) for name in OWN_KEYS[:4]}
        entry |= {
            "jsonPointers": list(_paths(reader, keys, "jsonPointers", "/")),
            "jqPathExpressions": list(_paths(reader, keys, "jqPathExpressions", ".")),
            "managedFieldsManagers": list(reader.texts(keys.get("managedFieldsManagers"), "managedFieldsManagers")),
        }
        found.append({key: entry[key] for key, value in reader.object(item, what).items() if value is not None})
    return tuple(found)


def _paths(reader: PlanReader, keys: dict[str, YamlNode], name: str, start: str) -> tuple[str, ...]:
    found = reader.texts(keys.get(name), name)
    for path in found:
        if not path.startswith(start):
            reader.refuse(f"an item of {name} cannot be {path!r}", keys[name], f"it begins with {start}")
    return found


def difference_lines(ignored: Iterable[Ignored]) -> Iterator[str]:
    """The lines of migration.yaml."""
    for number, one in enumerate(ignored):
        if not number:
            yield "ignoreDifferences:\n"
        parts = [f"group: {_text(one.group)}"] if one.group else []
        parts += [f"kind: {_text(one.kind)}"]
        parts += [f"{key}: {json.dumps(values, ensure_ascii=False)}" for key, values in one.fields().items()]
        parts += [f"reason: {_text(reason)}" for reason in one.reasons]
        yield f"  - {{{', '.join(parts)}}}\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def differences_schema() -> JsonObject:
    """The JSON Schema of ``ignoreDifferences``."""
    return {
        **_entries(DIFFERENCE_KEYS),
        "description": "What argocd-cm has Argo CD compare of no object of a kind; without fields: no proposal either.",
    }


def own_differences_schema() -> JsonObject:
    """The JSON Schema of ``ignoreDifferences`` of a release."""
    return {**_entries(OWN_KEYS), "description": "What its Application does not compare."}


def _entries(known: Iterable[str]) -> JsonObject:
    texts: JsonObject = {"type": "array", "items": {"type": "string"}}
    properties: JsonObject = {
        "group": {"type": "string", "description": "Of the API; left out for the core group."},
        "kind": {"type": "string", "minLength": 1},
        "namespace": {"type": "string"},
        "name": {"type": "string", "description": "Of the object; left out for all of the kind."},
        "jsonPointers": {"type": "array", "items": {"type": "string", "pattern": "^/"}},
        "jqPathExpressions": {"type": "array", "items": {"type": "string", "pattern": "^\\."}},
        "managedFieldsManagers": texts,
        "reason": {"type": "string", "description": "Who writes these fields."},
    }
    return {
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {key: properties[key] for key in known},
            "required": ["kind"],
            "additionalProperties": False,
        },
    }


def repeated_differences(plan: Plan) -> Iterator[Finding]:
    """Entries of releases that name no object, and that several of them have: they belong to the kind."""
    found: dict[str, list[str]] = {}
    for release in plan.releases:
        if release.disposition is Disposition.COMPONENT:
            for entry in release.ignore_differences:
                if not entry.get("name") and not entry.get("namespace"):
                    found.setdefault(json.dumps(entry, sort_keys=True), []).append(release.id)
    for text, releases in found.items():
        if len(releases) > 1:
            entry = json.loads(text)
            yield Finding(
                "PL040",
                Severity.WARNING,
                f"{few(releases)} each ignore the same fields of every {entry.get('kind')}: that is the kind's",
                f"write it once, under ignoreDifferences of migration.yaml, and take it out of these: {text}",
            )
