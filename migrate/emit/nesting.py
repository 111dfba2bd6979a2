"""Values of a chart that lies inside a wrapper: the same text, indented below the chart's key.

What Helm looks for at the root stays there: ``global``, ``tags``, and the keys of the other charts in the wrapper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import replace

from migrate.doors.helm import HelmError, parse_values
from migrate.doors.yaml import dump_yaml
from migrate.model.estate import Release, SetValue, ValuesLayer
from migrate.model.json import JsonObject

AT_ROOT = frozenset({"global", "tags"})
_INDENT = "  "
_ENTRY = re.compile(r"""(?P<quote>["']?)(?P<key>[^\s#"'&*!|>%@`{}\[\],-][^"']*?)(?P=quote)[ \t]*:(?=\s|$)""")
_MARKER = re.compile(r"---[ \t]*(#.*)?")


def nested_release(release: Release, key: str, at_root: Collection[str]) -> Release:
    """The release with its values layers and flags below ``key``, but for what stays at the root.

    Raises:
        HelmError: a layer is no YAML mapping.
    """
    layers = tuple(_nested_layer(layer, key, at_root) for layer in release.values)
    return replace(release, values=layers, sets=tuple(_nested_set(entry, key, at_root) for entry in release.sets))


def nested_values(values: JsonObject, key: str, at_root: Collection[str]) -> JsonObject:
    """Values with everything below ``key``, but for what stays at the root; empty ones stay empty."""
    inner = {name: value for name, value in values.items() if name not in at_root}
    outer = {name: value for name, value in values.items() if name in at_root}
    return {**({key: inner} if inner else {}), **outer}


def nested_text(text: str, key: str, at_root: Collection[str]) -> str:
    """A YAML text with everything below ``key``, line by line with its comments; written anew where that says
    something else than the values themselves.

    Raises:
        HelmError: it is no YAML mapping.
    """
    wanted = nested_values(parse_values(text), key, at_root)
    if not wanted:
        return text
    for candidate in _indented(text, key, at_root):
        try:
            if parse_values(candidate) == wanted:
                return candidate
        except HelmError:
            continue
    return dump_yaml(wanted)


def null_paths(values: JsonObject, prefix: str = "") -> list[str]:
    """Dotted paths of the nulls, which Helm may take otherwise below a subchart's key."""
    found: list[str] = []
    for name, value in values.items():
        if value is None:
            found.append(f"{prefix}{name}")
        elif isinstance(value, dict):
            found += null_paths(value, f"{prefix}{name}.")
    return found


def _nested_layer(layer: ValuesLayer, key: str, at_root: Collection[str]) -> ValuesLayer:
    return replace(layer, text=nested_text(layer.text, key, at_root), secret_text=None)


def _nested_set(entry: SetValue, key: str, at_root: Collection[str]) -> SetValue:
    if re.split(r"[.\[]", entry.name, maxsplit=1)[0] in at_root:
        return entry
    escaped = key.replace(".", r"\.")
    return replace(entry, name=f"{escaped}.{entry.name}")


def _indented(text: str, key: str, at_root: Collection[str]) -> list[str]:
    """The text with its entries moved: what stays at the root behind the rest, or before it (for anchors)."""
    head, blocks = _blocks(text)
    inner = [block for name, block in blocks if name not in at_root]
    outer = [block for name, block in blocks if name in at_root]
    title = key if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", key) else json.dumps(key)
    below = [f"{title}:", *(f"{_INDENT}{line}" if line else "" for block in inner for line in block)] if inner else []
    beside = [line for block in outer for line in block]
    return ["\n".join((*head, *lines)) + "\n" for lines in ((*below, *beside), (*beside, *below))]


def _blocks(text: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The lines of each entry of the root with the comments above it, and a document's marker before them all."""
    head: list[str] = []
    blocks: list[tuple[str, list[str]]] = []
    above: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        entry = _ENTRY.match(line)
        if not blocks and _MARKER.fullmatch(line):
            head, above = [*head, *above, line], []
        elif entry:
            blocks.append((entry["key"], [*above, line]))
            above = []
        elif line.startswith("#") or not line.strip():
            above.append(line)
        elif blocks:
            blocks[-1][1].extend((*above, line))
            above = []
        else:
            blocks.append(("", [*above, line]))
            above = []
    if above and blocks:
        blocks[-1][1].extend(above)
    return head, blocks
