"""``projects:`` of migration.yaml: the roles that each AppProject gets; read, written and described in one place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from migrate.doors.yaml import YamlNode
from migrate.model.json import JsonObject
from migrate.model.plan import ProjectRole
from migrate.plan.names import DNS_LABEL
from migrate.plan.reader import PlanReader

ROLE_KEYS = ("description", "groups", "may")
ROLE_NAME = re.compile(r"[A-Za-z0-9]([-_A-Za-z0-9]*[A-Za-z0-9])?")
# A policy is one line of comma-separated fields, so that none of these may stand in a group's name.
GROUP = re.compile(r'[^,\n\r\t"]+')
ACTION = re.compile(r"get|create|update|delete|sync|override|logs|exec|(update|delete|action)/[^,\s]+")
_HINT = "e.g. {platform: {roles: {deployer: {groups: [team-platform], may: [get, sync]}}}}"


def read_projects(reader: PlanReader, node: YamlNode | None) -> dict[str, tuple[ProjectRole, ...]]:
    """Project → its roles, in the order of the file.

    Raises:
        UsageError: a name or an action that Argo CD would refuse, or a role that may do nothing.
    """
    found = {}
    for project, value in reader.mapping(node, "projects").items():
        what = f"projects.{project}"
        if not DNS_LABEL.fullmatch(project):
            reader.refuse(f"{project!r} is no name of a project", value, _HINT)
        roles = reader.mapping(reader.mapping(value, what, ("roles",)).get("roles"), f"{what}.roles")
        found[project] = tuple(_role(reader, f"{what}.roles.{name}", name, item) for name, item in roles.items())
    return found


def _role(reader: PlanReader, what: str, name: str, node: YamlNode) -> ProjectRole:
    keys = reader.mapping(node, what, ROLE_KEYS)
    if not ROLE_NAME.fullmatch(name):
        reader.refuse(f"{name!r} is no name of a role", node, "letters, digits, hyphens and underscores")
    may = reader.texts(keys.get("may"), f"{what}.may")
    for action in may:
        if not ACTION.fullmatch(action):
            hint = "get, create, update, delete, sync, override, logs, exec, action/*, update/*, delete/*"
            reader.refuse(f"{what}.may cannot hold {action!r}", keys["may"], hint)
    if not may:
        reader.refuse(f"{what} may do nothing", node, "add what it may do: may: [get, sync]")
    groups = reader.texts(keys.get("groups"), f"{what}.groups")
    for group in groups:
        if not GROUP.fullmatch(group):
            reader.refuse(f"{what}.groups cannot hold {group!r}", keys["groups"], "name a group of your sign-on")
    return ProjectRole(name, may, groups, reader.text(keys.get("description"), f"{what}.description"))


def project_lines(projects: Mapping[str, tuple[ProjectRole, ...]]) -> Iterable[str]:
    """The lines of migration.yaml."""
    if projects:
        yield "projects:\n"
    for project in sorted(projects):
        yield f"  {project}:\n    roles:\n" if projects[project] else f"  {project}: {{}}\n"
        for role in projects[project]:
            yield f"      {_text(role.name)}:\n"
            if role.description:
                yield f"        description: {_text(role.description)}\n"
            if role.groups:
                yield f"        groups: [{', '.join(map(_text, role.groups))}]\n"
            yield f"        may: [{', '.join(map(_text, role.may))}]\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def projects_schema() -> JsonObject:
    """The JSON Schema of ``projects``."""
    role: JsonObject = {
        "type": "object",
        "properties": {
            "description": {"type": "string", "description": "What it is for."},
            "groups": {
                "type": "array",
                "items": {"type": "string", "pattern": _whole(GROUP)},
                "description": "Groups of the sign-on that have it.",
            },
            "may": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "pattern": _whole(ACTION)},
                "description": "What it may do with the project's Applications; logs and exec are their Pods'.",
            },
        },
        "required": ["may"],
        "additionalProperties": False,
    }
    roles: JsonObject = {"type": ["object", "null"], "propertyNames": {"pattern": _whole(ROLE_NAME)}}
    roles["additionalProperties"] = role
    project: JsonObject = {"type": ["object", "null"], "properties": {"roles": roles}, "additionalProperties": False}
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": _whole(DNS_LABEL)},
        "additionalProperties": project,
        "description": "AppProject → its roles; what it allows is derived from what is rendered.",
    }


def _whole(pattern: re.Pattern[str]) -> str:
    return f"^(?:{pattern.pattern})$"
