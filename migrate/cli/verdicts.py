"""The verdicts that ``verify`` stored for a tree, as other commands take them."""

from __future__ import annotations

import json
from pathlib import Path

from migrate.doors.files import load_verdicts
from migrate.model.json import from_json
from migrate.model.report import Report


def stored_report(digest: str) -> Report | None:
    """The rows of the report on the tree with that hash, without their details; None where nobody has verified it."""
    text = load_verdicts(Path(".migrate"), digest)
    try:
        told = json.loads(text) if text else None
        if told is None:
            return None
        rows = [{**row, "explanations": [], "differences": []} for row in told["releases"]]
        return from_json(Report, {**told, "releases": rows, "findings": []})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # another version wrote it, or it is damaged: as if nobody had verified
