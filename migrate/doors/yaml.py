"""The door to YAML: one way to load plain data and one way to write it, the same bytes every time.

Helm and Kubernetes read YAML 1.1, helmfile reads 1.2: what is written here means the same to both, so
every string that either of them would take for something else is quoted.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.representer import SafeRepresenter

from migrate.model.json import JsonValue

try:
    from _ruamel_yaml import CParser  # libyaml, which Go's YAML library is a port of; 25 times as fast
except ImportError:  # no wheel for this machine: slower, and the same
    CParser = None

# What a YAML 1.1 or 1.2 reader takes for a bool, null, number, timestamp or merge key.
_AMBIGUOUS = re.compile(
    r"""^(?:
      y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF
    | ~|null|Null|NULL|<<|=|
    | [-+]?[0-9][0-9_.,:xXoObBa-fA-F+-]*
    | [-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?
    | [-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
    | [-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*
    )$""",
    re.VERBOSE,
)


class _Representer(SafeRepresenter):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(representer: SafeRepresenter, text: str) -> Any:
    style = None
    if "\n" in text and not re.search(r"[ \t]\n|^\s|[^\S\n\t ]|\t", text):
        style = "|"
    elif "\n" in text or _AMBIGUOUS.match(text):
        style = '"'
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Representer.add_representer(str, _represent_text)


_TOO_DEEP = "it is nested too deep"
_MOST_NODES = 400_000
"""What aliases may unfold to: a few lines of them can stand for more nodes than any memory holds."""
_MOST_WRITTEN_NODES = 1_000_000
"""What a text may spell out: some hundreds of times the largest state file that people write."""
_MOST_KEPT = 1024 * 1024
"""The longest text whose nodes are kept, and that the slower parser is asked to explain."""


class YamlError(Exception):
    """Text that is no YAML; ``line`` counts from 1 inside the text given, 0 where unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def dump_yaml(value: Any) -> str:
    """Block-style YAML with two spaces, keys in the order given, lists indented, a newline at the end."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    yaml.dump(value, stream)
    text = stream.getvalue()
    return text.removesuffix("...\n") if text.endswith("\n...\n") else text


def load_yaml(text: str) -> JsonValue:
    """The first document as plain data, read as YAML 1.2 (what helmfile's and our own files are).

    Raises:
        YamlError: the text is no YAML, with the line.
    """
    try:
        check_aliases(text)
        for document in YAML(typ="safe", pure=True).load_all(text):
            return document  # type: ignore[no-any-return]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or error), (mark.line + 1) if mark else 0) from error
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise YamlError(_one_line(error)) from error  # a tag that its text does not fit ends in any of these
    except RecursionError as error:
        raise YamlError(_TOO_DEEP) from error
    return None


@dataclass(frozen=True, slots=True)
class YamlNode:
    """One node of a document with its place: aliases are followed, ``<<`` is merged, tags are kept.

    ``value`` is the text of a scalar, the items of a sequence, or the ``(key, node, merged)`` entries of a
    mapping, where ``merged`` says that ``<<`` brought the entry.
    """

    kind: str
    """``scalar``, ``sequence`` or ``mapping``."""
    value: Any
    line: int
    """The line the node begins on, from 1."""
    tag: str = ""
    """An explicit tag, e.g. ``!!str``; empty where the text decides."""
    plain: bool = False
    """True for a scalar without quotes, whose text decides its type."""

    def entries(self) -> tuple[tuple[YamlNode, YamlNode, bool], ...]:
        """The entries of a mapping, empty for anything else."""
        return self.value if self.kind == "mapping" else ()

    @property
    def is_null(self) -> bool:
        """Whether the node is an empty or null scalar."""
        return self.kind == "scalar" and self.plain and plain_value(self) is None


class GoTime(datetime):
    """A timestamp as Go's templates print it: ``2020-01-01 00:00:00 +0000 UTC``."""

    def __go_format_value__(self, kind: str, mode: str, *, nested: bool) -> str:
        """What ``printf`` and plain output of a Go template show."""
        if kind == "type":
            return "time.Time"
        return str(self)

    def __str__(self) -> str:
        fraction = f".{self.microsecond:06d}".rstrip("0") if self.microsecond else ""
        zone = self.strftime("%z")
        name = "UTC" if zone == "+0000" else zone
        return f"{self.strftime('%Y-%m-%d %H:%M:%S')}{fraction} {zone} {name}"

    def rfc3339(self) -> str:
        """The text that Go's YAML encoder writes."""
        fraction = f".{self.microsecond:06d}".rstrip("0") if self.microsecond else ""
        zone = self.strftime("%z")
        suffix = "Z" if zone == "+0000" else f"{zone[:3]}:{zone[3:]}"
        return f"{self.strftime('%Y-%m-%dT%H:%M:%S')}{fraction}{suffix}"


def compose_yaml(text: str) -> tuple[YamlNode, ...]:
    """Every document of ``text`` as nodes that know their lines; an empty document is a null scalar.

    Nodes are frozen, so what was read is kept: environments share most of their files.

    Raises:
        YamlError: the text is no YAML, names an unknown anchor, repeats a key of a mapping, or unfolds to too much.
    """
    return _compose(text) if len(text) > _MOST_KEPT else _composed(text)


@lru_cache(maxsize=2048)
def _composed(text: str) -> tuple[YamlNode, ...]:
    return _compose(text)


def _compose(text: str) -> tuple[YamlNode, ...]:
    try:
        if CParser is not None:
            try:
                return _Composer(iter(CParser(text).get_event, None)).documents()
            except (YAMLError, UnicodeError):
                # The other parser says better what is wrong, and knows more of YAML 1.2; it takes a second a megabyte.
                if len(text) > _MOST_KEPT:
                    raise
        return _Composer(iter(YAML(typ="safe", pure=True).parse(io.StringIO(text)))).documents()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or error), (mark.line + 1) if mark else 0) from error
    except (YAMLError, ValueError) as error:
        raise YamlError(_one_line(error)) from error
    except RecursionError as error:
        raise YamlError(_TOO_DEEP) from error


def check_aliases(text: str) -> None:
    """Refuse a text whose aliases or nodes are too many, before a parser that has no such limit sees it.

    Raises:
        YamlError: it unfolds to too much, or is nested too deep; a text that is no YAML at all passes.
    """
    if CParser is None or "*" not in text:
        return
    try:
        _Composer(iter(CParser(text).get_event, None)).documents()
    except (YAMLError, UnicodeError, ValueError):
        return
    except RecursionError as error:
        raise YamlError(_TOO_DEEP) from error


def _one_line(error: Exception) -> str:
    """The parser's message without the lines that show its own idea of the place."""
    return str(error).partition("\n")[0]


class _Composer:
    """Events to nodes, the way helmfile's decoder sees them."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, YamlNode] = {}
        self._sizes: dict[str, int] = {}
        self._nodes = 0
        self._unfolded = 0
        self._written = 0

    def documents(self) -> tuple[YamlNode, ...]:
        found: list[YamlNode] = []
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._anchors = {}
                found.append(self._node(next(self._events)))
        return tuple(found)

    def _node(self, event: Any) -> YamlNode:
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlError(f"unknown anchor {event.anchor!r} referenced", line)
            self._nodes += self._sizes[event.anchor]
            self._unfolded += self._sizes[event.anchor]
            if self._unfolded > _MOST_NODES:
                raise YamlError("it contains excessive aliasing", line)
            return self._anchors[event.anchor]
        before = self._nodes
        self._nodes += 1
        self._written += 1
        if self._written > _MOST_WRITTEN_NODES:
            raise YamlError(f"it holds more than {_MOST_WRITTEN_NODES} nodes", line)
        tag = str(event.tag or "").replace("tag:yaml.org,2002:", "!!")
        if isinstance(event, ScalarEvent):
            node = _fitting(YamlNode("scalar", event.value, line, tag, event.style in (None, "")))
        elif isinstance(event, SequenceStartEvent):
            node = YamlNode("sequence", tuple(self._items()), line, tag)
        else:
            node = YamlNode("mapping", self._entries(), line, tag)
        if event.anchor:
            self._anchors[event.anchor] = node
            self._sizes[event.anchor] = self._nodes - before
        return node

    def _items(self) -> Iterator[YamlNode]:
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                return
            yield self._node(event)

    def _entries(self) -> tuple[tuple[YamlNode, YamlNode, bool], ...]:
        entries: list[tuple[YamlNode, YamlNode, bool]] = []
        merged: list[YamlNode] = []
        lines: dict[Any, int] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key, node = self._node(event), self._node(next(self._events))
            if key.kind == "scalar" and key.plain and key.value == "<<" and not key.tag:
                merged.append(node)
                continue
            name = _key_of(key)
            if name in lines:
                message = f"mapping key {key.value!r} already defined at line {lines[name]}"
                raise YamlError(message, key.line)
            lines[name] = key.line
            entries.append((key, node, False))
        for source in merged:
            for key, node, _ in _merge_sources(source):
                if _key_of(key) not in lines:
                    lines[_key_of(key)] = key.line
                    entries.append((key, node, True))
        return tuple(entries)


def _fitting(node: YamlNode) -> YamlNode:
    """The scalar, if its text is what its tag says.

    Raises:
        YamlError: it is not.
    """
    if node.tag in ("!!binary", "!!float"):
        try:
            scalar_value(node)
        except ValueError as error:
            raise YamlError(f"cannot decode `{node.value[:80]}` as a {node.tag}", node.line) from error
    return node


def _merge_sources(node: YamlNode) -> Iterator[tuple[YamlNode, YamlNode, bool]]:
    sources = node.value if node.kind == "sequence" else (node,)
    for source in sources:
        if source.kind != "mapping":
            raise YamlError("map merge requires map or sequence of maps as the value", node.line)
        yield from source.value


def _key_of(node: YamlNode) -> Any:
    value = plain_value(node)
    return (type(value).__name__, repr(value) if isinstance(value, (dict, list)) else value)


_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SPECIAL_FLOATS = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INTEGER = re.compile(r"[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_MOST_DIGITS = 66
"""``0b`` and 64 digits: the longest way to write what 64 bits hold without leading zeros."""
_DATE = re.compile(
    r"""([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})
    (?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?
       (?:[ \t]*(Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?\Z""",
    re.VERBOSE,
)


def plain_value(node: YamlNode) -> Any:
    """A node as plain data, typed as helmfile's decoder types it (rule 14.1).

    Keys keep their type; timestamps become :class:`GoTime`.
    """
    if node.kind == "sequence":
        return [plain_value(item) for item in node.value]
    if node.kind == "mapping":
        return {_hashable(plain_value(key)): plain_value(item) for key, item, _ in node.value}
    return scalar_value(node)


def scalar_value(node: YamlNode) -> Any:
    """The typed value of a scalar node."""
    text: str = node.value
    if node.tag == "!!binary":
        return base64.b64decode(text).decode("utf-8", "replace")
    if node.tag == "!!float":
        return float(text.replace("_", ""))
    if (not node.plain and not node.tag) or node.tag not in ("", "!!int", "!!bool", "!!null", "!!timestamp"):
        return text
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    return _number_or_text(text)


def _number_or_text(text: str) -> Any:
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    if text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "")
    if _INTEGER.match(digits):
        return _integer_or_text(digits, text)
    if _FLOAT.match(digits):
        return _float_or_text(digits, text)
    return _timestamp(text) or text


def _integer_or_text(digits: str, text: str) -> int | float | str:
    """An integer that 64 bits hold; a decimal one beyond them is a float to Go, any other is text."""
    sign, body = (-1, digits[1:]) if digits[0] == "-" else (1, digits.removeprefix("+"))
    old_octal = len(body) > 1 and body[0] == "0" and body[1] in "01234567"
    if len(body) <= _MOST_DIGITS:
        number = sign * int(body, 8 if old_octal else 0)
        if -(2**63) <= number < 2**64:
            return number
    return _float_or_text(digits, text) if body.isdigit() and not old_octal else text


def _float_or_text(digits: str, text: str) -> float | str:
    """A float; what is beyond its range is text, as Go's parser refuses it."""
    number = float(digits)
    return text if math.isinf(number) else number


def _timestamp(text: str) -> GoTime | None:
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micro = int(((fraction or "") + "000000")[:6])
    offset = timedelta()
    if zone and zone != "Z":
        hours, minutes = int(zone[1:3].rstrip(":")), int(zone[-2:]) if len(zone) > 3 else 0
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        return GoTime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro,
            timezone(offset),
        )  # fmt: skip
    except ValueError:
        return None


def _hashable(key: Any) -> Any:
    return repr(key) if isinstance(key, (dict, list)) else key
