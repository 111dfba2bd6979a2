"""``why`` as a table and as JSON."""

from __future__ import annotations

import json

from migrate.model.json import SCHEMA_VERSION
from migrate.model.origin import Origin, Traced
from migrate.report.grid import Page, column, table, wrapped


def traced_json(found: Traced) -> str:
    """``why --output json``: ``{path, line, text, origins: [{first, kind, origin, file, line, exact, note}]}``."""
    origins = [
        {
            "first": origin.first,
            "kind": origin.kind,
            "origin": origin.text,
            "file": origin.file,
            "line": origin.line,
            "exact": origin.exact,
            "note": origin.note,
        }
        for origin in found.origins
    ]
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "path": found.path,
        "line": found.line,
        "text": found.text,
        "origins": origins,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def traced_text(found: Traced, page: Page) -> str:
    """``why`` for a terminal: one line of the tree with what it came from, or a row for each part of a file."""
    if not found.line and len(found.origins) > 1:
        columns = [
            column("from line", (str(origin.first or 1) for origin in found.origins), right=True),
            column("came from", (_place(origin) for origin in found.origins), folds=True),
            column("because", (origin.note for origin in found.origins), folds=True, drop=1),
        ]
        return "\n".join([found.path, *table(columns, page)]) + "\n"
    lines = [f"{found.path}:{found.line}" if found.line else found.path]
    if found.text.strip():
        lines.append(f"  {found.text.strip()}")
    for origin in found.origins:
        said = f": {origin.note}" if origin.note else ""
        lines += wrapped(f"{_place(origin)}{said}", page.width, first="  ← ", rest="    ")
    return "\n".join(lines) + "\n"


def _place(origin: Origin) -> str:
    if origin.kind == "decision":
        where = f" (line {origin.line})" if origin.line else ""
        return f"{origin.text}{where}"
    return f"{origin.place}{'' if origin.exact or not origin.line else ' or near it'}"
