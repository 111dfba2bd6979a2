"""``imagePolicy`` of a level of the fleet: read, written and described in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from migrate.doors.yaml import YamlNode
from migrate.model.fleet import DIGESTS, SOURCES, ImagePolicy
from migrate.model.json import JsonObject
from migrate.plan.reader import PlanReader
from migrate.plan.scalars import scalar

PLACE = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
"""A registry, with a path where it has one."""
_EXAMPLE = "a registry, e.g. registry.example.com/mirror"


def read_image_policy(reader: PlanReader, node: YamlNode | None, what: str) -> ImagePolicy:
    """What one level says.

    Raises:
        UsageError: a text that is no registry, or a word that is none of the policy's.
    """
    keys = reader.mapping(node, what, ("source", "mirror", "mirrors", "allow", "digests"))
    mirrors = {
        _place(reader, name, f"{what}.mirrors", value): reader.matching(
            value, f"{what}.mirrors.{name}", PLACE, _EXAMPLE
        )
        for name, value in reader.mapping(keys.get("mirrors"), f"{what}.mirrors").items()
    }
    allow = reader.texts(keys.get("allow"), f"{what}.allow")
    return ImagePolicy(
        reader.text(keys.get("source"), f"{what}.source", SOURCES),
        reader.matching(keys.get("mirror"), f"{what}.mirror", PLACE, _EXAMPLE),
        mirrors,
        tuple(_place(reader, text, f"{what}.allow", keys["allow"]) for text in allow),
        reader.text(keys.get("digests"), f"{what}.digests", DIGESTS),
    )


def _place(reader: PlanReader, text: str, what: str, node: YamlNode) -> str:
    if not PLACE.fullmatch(text):
        reader.refuse(f"{what} cannot hold {text!r}", node, _EXAMPLE)
    return text


def policy_line(policy: ImagePolicy) -> str:
    """The value of ``imagePolicy`` in migration.yaml; empty where the level says nothing."""
    texts = {"source": policy.source, "mirror": policy.mirror}
    said = [f"{key}: {scalar(value)}" for key, value in texts.items() if value]
    if policy.mirrors:
        said.append(f"mirrors: {_mapping(policy.mirrors)}")
    if policy.allow:
        said.append(f"allow: [{', '.join(map(scalar, policy.allow))}]")
    if policy.digests:
        said.append(f"digests: {scalar(policy.digests)}")
    return f"{{{', '.join(said)}}}" if said else ""


def _mapping(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{scalar(key)}: {scalar(value)}" for key, value in texts.items()) + "}"


def policy_schema() -> JsonObject:
    """The JSON Schema of ``imagePolicy``."""
    place: JsonObject = {"type": "string", "pattern": f"^(?:{PLACE.pattern})$"}
    return {
        "type": ["object", "null"],
        "properties": {
            "source": {"enum": [*SOURCES], "description": "Where images come from."},
            "mirror": {**place, "description": "The fleet's registry."},
            "mirrors": {
                "type": ["object", "null"],
                "propertyNames": place,
                "additionalProperties": place,
                "description": "Registry, or a path in one → what takes its place; mirror is for all others.",
            },
            "allow": {"type": "array", "items": place, "description": "Where images may come from besides."},
            "digests": {"enum": [*DIGESTS], "description": "Whether every image must say its digest."},
        },
        "additionalProperties": False,
    }
