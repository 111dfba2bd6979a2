"""Values as they may be shown: texts under names that mean a secret, and secrets inside longer texts, go.

Stricter than the scanner of ``convert``: what is deployed holds real secrets, and no placeholder tells which.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from migrate.model.json import JsonValue

HIDDEN = "***"
LooksSecret = Callable[[str], bool]
_WORDS = r"pass(?:word|wd|phrase)|secret|token|credential|(?:api|access|private|signing|encryption)[-_]?key"
_NAME = re.compile(rf"(?i)(?:{_WORDS})|^pass$|dsn$|connection[-_]?string")
_OF_A_NAME = re.compile(r"(?i)(?:name|ref)s?$")
"""`secretName: x` names a Secret and holds none."""
_INSIDE = re.compile(rf"(?i)((?:[\w.-]*(?:{_WORDS})[\w.-]*)[\"']?\s*[:=]\s*)[^\s,;&]+")
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def hidden(name: str, value: JsonValue, looks_secret: LooksSecret) -> JsonValue:
    """The value of a field of this name as it may be shown; ``looks_secret`` knows the shapes of keys and tokens."""
    if isinstance(value, dict):
        # `{name: PASSWORD, value: …}`: the name stands beside the value.
        named = value.get("name")
        beside = named if isinstance(named, str) else ""
        return {key: hidden(beside if key == "value" else key, item, looks_secret) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(name, item, looks_secret) for item in value]
    if isinstance(value, bool) or value is None or value == "":
        return value
    if _NAME.search(name) and not _OF_A_NAME.search(name):
        return HIDDEN
    if not isinstance(value, str):
        return value
    if looks_secret(value):
        return HIDDEN
    return _IN_ADDRESS.sub(rf"\1{HIDDEN}@", _INSIDE.sub(rf"\1{HIDDEN}", value))
