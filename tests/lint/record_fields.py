"""Writes migrate/lint/argocd_fields.py anew: ``python -m tests.lint.record_fields CRD.yaml …`` of an Argo CD.

Of each CustomResourceDefinition the names and types of its fields; what stands there more than once is written once.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from migrate.doors.yaml import load_yaml

FILE = Path(__file__).parents[2] / "migrate/lint/argocd_fields.py"
_LETTERS = {"string": "s", "boolean": "b", "integer": "i", "number": "n"}
_HEAD = '''\
"""The fields of Argo CD's objects with their types, as its resource definitions have them.

Written by tests/lint/record_fields.py from the definitions of Argo CD 3.6. A part is a line of ``field:type``: ``s`` is
text, ``b`` a truth value, ``i`` a whole number, ``n`` a number, ``x`` a whole number or text, ``*`` anything, ``[`` a
list of and ``{`` a mapping to what follows, and any other word the part of that name.
"""

from __future__ import annotations

from collections.abc import Mapping

'''


class Recorder:
    """Parts by their content, in the order in which they are met."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def part(self, name: str, schema: Any) -> str:
        """The name of the part that ``schema`` is."""
        fields = " ".join(f"{field}:{self.kind(field, of)}" for field, of in sorted(schema["properties"].items()))
        for known, content in self.parts.items():
            if content == fields:
                return known
        free = next(n for n in [name, *(f"{name}{i}" for i in range(2, 99))] if n not in self.parts)
        self.parts[free] = fields
        return free

    def kind(self, name: str, schema: Any) -> str:
        """The type of a field."""
        if schema.get("x-kubernetes-int-or-string"):
            return "x"
        kind = schema.get("type")
        if kind == "array":
            return "[" + self.kind(name, schema["items"])
        if kind == "object" and "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            return self.part(name[:1].upper() + name[1:], schema)
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            return "{" + self.kind(name, schema["additionalProperties"])
        return _LETTERS.get(str(kind), "*")


def record(paths: Sequence[str]) -> str:
    """The module's text."""
    recorder, kinds = Recorder(), {}
    for path in paths:
        definition: Any = load_yaml(Path(path).read_text(encoding="utf-8"))
        (version,) = definition["spec"]["versions"]
        kind = definition["spec"]["names"]["kind"]
        kinds[kind] = recorder.part(kind, version["schema"]["openAPIV3Schema"])
    lines = [_HEAD + "KINDS: Mapping[str, str] = {"]
    lines += [f'    "{kind}": "{part}",' for kind, part in kinds.items()]
    lines += ["}", "PARTS: Mapping[str, str] = {"]
    for name, content in recorder.parts.items():
        rows = textwrap.wrap(content, 105, break_long_words=False, break_on_hyphens=False)
        texts = [f'"{row}{" " if n < len(rows) - 1 else ""}"' for n, row in enumerate(rows)]
        if len(texts) == 1 and len(f"    {name!r}: {texts[0]},") <= 120:
            lines.append(f'    "{name}": {texts[0]},')
        else:
            lines += [f'    "{name}": (', *(f"        {text}" for text in texts), "    ),"]
    return "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    FILE.write_text(record(sys.argv[1:]), encoding="utf-8")
