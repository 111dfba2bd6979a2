"""Reads the nodes of migration.yaml; every complaint names the file and the line, and says what would do."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from migrate.doors.yaml import YamlNode, plain_value
from migrate.errors import UsageError
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Decision, DecisionSource
from migrate.plan.fields import UNDECIDED

MEND = "mend it there, or take it out: `migrate plan` fills in what is left open"
VERSION = re.compile(r"v?[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?")
MAX_UPDATE = re.compile(r"([0-9]+%?)?")
_DIGITS = re.compile(r"[0-9]+")
_SOURCES = {source.value: source for source in DecisionSource}
_PERSONS = (DecisionSource.PERSON, DecisionSource.FILE)


@dataclass(frozen=True)
class PlanReader:
    """One file being read."""

    name: str
    said: dict[str, None] = field(default_factory=dict)
    """The settings that a person wrote, in the order in which they were read."""

    def refuse(self, message: str, node: YamlNode, hint: str = "") -> NoReturn:
        """Stop with a message about the node.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, hint=hint or MEND, source=self.place(node))

    def place(self, node: YamlNode) -> SourceLocation:
        """Where the node stands."""
        return SourceLocation(self.name, node.line)

    def mapping(self, node: YamlNode | None, what: str, known: Iterable[str] = ()) -> dict[str, YamlNode]:
        """The entries of a mapping by key; a key that is not ``known`` is refused (no ``known``: all are)."""
        if node is None or node.is_null:
            return {}
        if node.kind != "mapping":
            self.refuse(f"{what} must be a mapping", node)
        found: dict[str, YamlNode] = {}
        allowed = tuple(known)
        for key, value, _ in node.entries():
            name = str(key.value)
            if allowed and name not in allowed:
                near = difflib.get_close_matches(name, allowed, 1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(allowed)}"
                self.refuse(f"{what} has no key {name}", key, hint)
            found[name] = value
        return found

    def items(self, node: YamlNode | None, what: str, hint: str = "") -> tuple[YamlNode, ...]:
        """The items of a list; none where it is not there."""
        if node is None or node.is_null:
            return ()
        if node.kind != "sequence":
            self.refuse(f"{what} must be a list", node, hint)
        return tuple(node.value)

    def text(self, node: YamlNode | None, what: str, allowed: tuple[str, ...] = (), default: str = "") -> str:
        """The text of a scalar as it stands there, so that 010 stays 010."""
        if node is None or node.is_null:
            return default
        if node.kind != "scalar":
            self.refuse(f"{what} must be text", node)
        value = str(node.value)
        if allowed and value not in allowed:
            self.refuse(f"{what} cannot be {value!r}", node, f"one of: {', '.join(filter(None, allowed))}")
        return value

    def matching(self, node: YamlNode | None, what: str, form: re.Pattern[str], hint: str, default: str = "") -> str:
        """A text of one form."""
        value = self.text(node, what, default=default)
        if node is not None and not form.fullmatch(value):
            self.refuse(f"{what} cannot be {value!r}", node, hint)
        return value

    def texts(self, node: YamlNode | None, what: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item, f"an item of {what}", allowed) for item in self.items(node, what))

    def texts_by_name(self, node: YamlNode | None, what: str, allowed: tuple[str, ...] = ()) -> Mapping[str, str]:
        """A mapping of texts."""
        return {key: self.text(value, f"{what}.{key}", allowed) for key, value in self.mapping(node, what).items()}

    def setting(self, node: YamlNode | None, what: str) -> YamlNode | None:
        """The node of a setting that a person wrote; None where the default holds, also as ``{value, source}``."""
        if node is None or node.is_null:
            return None
        if node.kind == "mapping":
            keys = self.mapping(node, what, ("value", "source"))
            if self._source(keys, what) not in _PERSONS:
                return None
            node = keys.get("value")
        self.said[what] = None
        return node

    def decision(self, node: YamlNode | None, what: str, *, phase: bool = False) -> Decision:
        """``value`` alone (a person's), or ``{value, source, reason}``."""
        if node is None or node.is_null:
            return UNDECIDED
        if node.kind == "scalar":
            value = padded(self.text(node, what), phase)
            return Decision(value, DecisionSource.PERSON, place=self.place(node))
        keys = self.mapping(node, what, ("value", "source", "reason"))
        return Decision(
            padded(self.text(keys.get("value"), f"{what}.value"), phase),
            self._source(keys, what),
            self.text(keys.get("reason"), f"{what}.reason"),
            self.place(node),
        )

    def own_texts(self, node: YamlNode | None, what: str) -> tuple[str, ...]:
        """The items of a list that a person wrote: texts, or ``{value, source}``; proposals are left out."""
        found = (self.decision(item, f"an item of {what}") for item in self.items(node, what))
        return tuple(decision.value for decision in found if decision.source in _PERSONS and decision.value)

    def object(self, node: YamlNode | None, what: str) -> JsonObject:
        """A mapping as plain data."""
        if node is None or node.is_null:
            return {}
        if node.kind != "mapping":
            self.refuse(f"{what} must be a mapping", node)
        value: JsonValue = plain_value(node)
        if not _is_json(value):
            hint = "write keys, dates and numbers that JSON does not know in quotes"
            self.refuse(f"{what} holds something that JSON cannot", node, hint)
        return value if isinstance(value, dict) else {}

    def _source(self, keys: Mapping[str, YamlNode], what: str) -> DecisionSource:
        return _SOURCES[self.text(keys.get("source"), f"{what}.source", tuple(_SOURCES), "person")]


def padded(text: str, phase: bool) -> str:
    """A phase with its leading zeros; any other text as it is."""
    return text.zfill(3) if phase and _DIGITS.fullmatch(text) else text


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
