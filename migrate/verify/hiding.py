"""What is deployed as it may be shown: texts under names that mean a secret, and secrets inside longer texts, go.

Stricter than the scanner of ``convert``: what is deployed holds real secrets, and no placeholder tells which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import replace

from migrate.model.json import JsonValue
from migrate.model.report import ReleaseVerdict, Report

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


_LEAST = 4
"""A shorter text is in too many others by chance to be looked for in them."""


def without_texts(report: Report, texts: Collection[str]) -> Report:
    """The report with none of these secrets of the estate in what its rows show."""
    known = {text for text in texts if len(text) >= _LEAST and not text.isdigit()}
    forms = sorted({*known, *(json.dumps(text, ensure_ascii=False)[1:-1] for text in known)}, key=len, reverse=True)
    if not forms:
        return report
    return replace(report, releases=tuple(_row(row, forms) for row in report.releases))


def _row(row: ReleaseVerdict, forms: Collection[str]) -> ReleaseVerdict:
    differences = tuple(
        replace(found, left=_without(found.left, forms), right=_without(found.right, forms))
        for found in row.differences
    )
    return replace(row, differences=differences, reason=_without(row.reason, forms))


def _without(text: str, forms: Collection[str]) -> str:
    for form in forms:
        text = text.replace(form, HIDDEN)
        if text.endswith("…"):  # it was cut, perhaps in the middle of one
            begun = next((n for n in range(len(form) - 1, _LEAST - 1, -1) if text.endswith(f"{form[:n]}…")), 0)
            text = f"{text[: len(text) - begun - 1]}{HIDDEN}…" if begun else text
    return text
