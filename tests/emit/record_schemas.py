"""Writes argocd_schemas.json anew: ``python -m tests.emit.record_schemas application-crd.yaml …`` of an Argo CD.

Of each CustomResourceDefinition the schema alone, without its texts; what stands there more than once is written once.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from migrate.doors.yaml import load_yaml

FILE = Path(__file__).with_name("argocd_schemas.json")
_WORDS = ("description", "example", "default", "title", "format")
_WORTH = 160
"""Characters from which on a part that comes again is named."""


def record(paths: Sequence[str]) -> dict[str, Any]:
    """Kind → schema, and the parts that they share."""
    kinds = {}
    for path in paths:
        definition: Any = load_yaml(Path(path).read_text(encoding="utf-8"))
        (version,) = definition["spec"]["versions"]
        kinds[definition["spec"]["names"]["kind"]] = closed(version["schema"]["openAPIV3Schema"])
    return shared(kinds)


def closed(node: Any, *, named: bool = False) -> Any:
    """The schema without its texts; an object with known fields has no others, unless it may hold anything."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if named:  # the names here are fields, whatever they are called
        return {name: closed(item) for name, item in node.items()}
    found = {key: closed(item, named=key == "properties") for key, item in node.items() if key not in _WORDS}
    if "properties" in found and not found.get("x-kubernetes-preserve-unknown-fields"):
        found["additionalProperties"] = False
    return {key: item for key, item in found.items() if not key.startswith("x-kubernetes-")}


def shared(kinds: dict[str, Any]) -> dict[str, Any]:
    """The kinds with every part that comes again below ``$defs``, the largest first."""
    counts = Counter(text for text in map(_written, _parts(kinds)) if len(text) >= _WORTH)
    names = {text: "" for text, count in sorted(counts.items(), key=lambda one: (-len(one[0]), one[0])) if count > 1}
    for number, text in enumerate(names):
        names[text] = f"part{number}"

    def named(node: Any, *, whole: bool = True) -> Any:
        if isinstance(node, list):
            return [named(item) for item in node]
        if not isinstance(node, dict):
            return node
        name = names.get(_written(node), "")
        if name and whole:
            return {"$ref": f"#/$defs/{name}"}
        return {key: named(item) for key, item in node.items()}

    definitions = {name: named(json.loads(text), whole=False) for text, name in names.items()}
    return {"$defs": {**definitions, **{kind: named(schema, whole=False) for kind, schema in kinds.items()}}}


def _parts(node: Any) -> Iterator[Any]:
    """Every schema inside; the fields of an object are none, though they are a mapping, too."""
    if isinstance(node, list):
        for item in node:
            yield from _parts(item)
    elif isinstance(node, dict):
        if "type" in node and isinstance(node["type"], str):
            yield node
        for item in node.values():
            yield from _parts(item)


def _written(node: Any) -> str:
    return json.dumps(node, sort_keys=True)


if __name__ == "__main__":
    lines = [f"{json.dumps(k)}: {_written(v)}" for k, v in record(sys.argv[1:])["$defs"].items()]
    FILE.write_text('{"$defs": {\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
