"""Applications that the controller withholds although their generation worked (rules 2.16 to 2.18)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from migrate.expand.context import LOCAL_NAME, LOCAL_SERVER, Surroundings
from migrate.expand.selector import SUBDOMAIN, is_label_key, is_label_value
from migrate.model.json import JsonObject


def withheld(applications: list[JsonObject], appset: str, surroundings: Surroundings) -> tuple[tuple[str, str], ...]:
    """``(application, reason)`` of each one that is not created, by name; a name twice withholds both."""
    found: dict[str, str] = {}
    counted = Counter(_metadata(one).get("name", "") for one in applications)
    for one in applications:
        name = str(_metadata(one).get("name", ""))
        reason = _reason(one, name, counted[name], appset, surroundings)
        if reason:
            found.setdefault(name, reason)
    return tuple(sorted(found.items()))


def _reason(one: JsonObject, name: str, count: int, appset: str, surroundings: Surroundings) -> str:
    if count > 1:
        return f"ApplicationSet {appset} contains applications with duplicate name: {name}"
    spec: Any = one["spec"]
    project = spec.get("project", "")
    if not project or not surroundings.has_project(project):
        return f"application references project {project} which does not exist"
    return _destination_fault(spec.get("destination", {}), surroundings) or _refusal(one, name)


def _metadata(one: JsonObject) -> dict[str, Any]:
    metadata: Any = one.get("metadata", {})
    return metadata  # type: ignore[no-any-return]


def _destination_fault(destination: dict[str, str], surroundings: Surroundings) -> str:
    server, name = destination.get("server", ""), destination.get("name", "")
    prefix = "application destination spec is invalid: "
    if server and name:
        return f"{prefix}application destination can't have both name and server defined: {name} {server}"
    if not server and not name:
        return f"{prefix}Destination server missing from app spec"
    if surroundings.clusters is None:
        return ""
    if server:
        known = {LOCAL_SERVER, *(cluster.server.rstrip("/") for cluster in surroundings.clusters)}
        return "" if server.rstrip("/") in known else f'{prefix}cluster "{server}" not found'
    count = sum(cluster.name == name for cluster in surroundings.clusters)
    if count > 1:
        servers = " ".join(cluster.server for cluster in surroundings.clusters if cluster.name == name)
        return f"{prefix}there are {count} clusters with the same name: [{servers}]"
    return "" if count or name == LOCAL_NAME else f"{prefix}there are no clusters with this name: {name}"


def _refusal(one: JsonObject, name: str) -> str:
    """What the API server would refuse."""
    if not name:
        return "the Application has no name"
    if len(name) > 253 or not SUBDOMAIN.match(name):
        return f'Application "{name}" is invalid: metadata.name is no lowercase RFC 1123 subdomain'
    for key, value in _metadata(one).get("labels", {}).items():
        if not is_label_key(key):
            return f'Application "{name}" is invalid: label key {key!r}'
        if not is_label_value(value):
            return f'Application "{name}" is invalid: label {key} has the value {value!r}'
    for key in _metadata(one).get("annotations", {}):
        if not is_label_key(key):
            return f'Application "{name}" is invalid: annotation key {key!r}'
    return ""
