"""A JSON schema as a page for people: a table with a row a key, nested keys by their dotted path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from migrate.model.json import JsonObject, JsonValue

_HEAD = """\
# Keys of {title}

Written from [{file}]({file}) (`make reference`); a test holds it to that.

{description}
`<…>` stands for a name of yours, `[]` for each entry of a list.

| key | holds | says |
|---|---|---|
"""
_TYPES = {"string": "text", "boolean": "true or false", "number": "number", "integer": "whole number"}


def keys_markdown(schema: JsonObject, file: str) -> str:
    """``schema``, which lies in ``file`` beside the page, as a table: key, what it holds, what it says."""
    rows = "".join(f"| `{path}` | {_holds(node)} | {_cell(_says(node))} |\n" for path, node in _keys(schema, ""))
    head = _HEAD.format(title=schema["title"], file=file, description=schema["description"])
    return head + rows


def _keys(node: JsonObject, path: str) -> Iterator[tuple[str, JsonObject]]:
    """Every key below a node with its plain form, parents first."""
    for name, inner in _objects(node, "properties"):
        yield from _one(_plain(inner), f"{path}.{name}" if path else name)
    named = node.get("additionalProperties")
    if isinstance(named, dict):
        yield from _one(_plain(named), f"{path}.<…>")
    items = node.get("items")
    if isinstance(items, dict) and _plain(items).get("properties"):
        yield from _keys(_plain(items), f"{path}[]")


def _one(node: JsonObject, path: str) -> Iterator[tuple[str, JsonObject]]:
    yield path, node
    yield from _keys(node, path)


def _objects(node: JsonObject, key: str) -> Iterator[tuple[str, JsonObject]]:
    found = node.get(key)
    for name, inner in found.items() if isinstance(found, Mapping) else ():
        if isinstance(inner, dict):
            yield name, inner


def _plain(node: JsonObject) -> JsonObject:
    """The form of a value that a person writes: ``{value, source, reason}`` stands beside it in most places.

    Of a step of the ladder, which may be a phase alone, the longer form is told: it says more.
    """
    forms = [form for form in _list(node.get("anyOf")) if isinstance(form, dict) and form.get("type") != "null"]
    if not forms or "properties" in node or "required" in forms[0]:
        return node
    longer = [form for form in forms[1:] if "properties" in form and "value" not in _names(form)]
    return {**node, **(longer or forms)[0]}


def _names(node: JsonObject) -> tuple[str, ...]:
    return tuple(name for name, _ in _objects(node, "properties"))


def _holds(node: JsonObject) -> str:
    words = [word for word in _list(node.get("enum")) if word != ""]
    if words:
        texts = dict.fromkeys(str(word) for word in words)
        return ", ".join(f"`{text}`" for text in texts)
    if "properties" in node or "additionalProperties" in node:
        return "keys"
    items = node.get("items")
    if isinstance(items, dict):
        inner = _holds(_plain(items))
        return "list" if inner in ("keys", "") else f"list of {inner}"
    types = [kind for kind in _list(node.get("type")) if kind != "null"] or [node.get("type")]
    return _TYPES.get(str(types[0]), "keys" if types[0] == "object" else "")


def _says(node: JsonObject) -> str:
    text = node.get("description")
    items = node.get("items")
    if not text and isinstance(items, dict):
        text = items.get("description")
    pattern = node.get("pattern")
    told = str(text or "")
    return told if told or not isinstance(pattern, str) else f"fits {json.dumps(pattern)}"


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
