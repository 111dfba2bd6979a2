"""The ledger as a document: what the tree keeps in ``.migrate/ledger.json`` and ``convert --ledger`` prints.

Entries that differ in nothing but their environment are told once, with all their environments.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from migrate.model.json import SCHEMA_VERSION, JsonObject
from migrate.model.tree import LedgerEntry

LEDGER_PATH = ".migrate/ledger.json"


def ledger_rows(entries: Iterable[LedgerEntry]) -> tuple[tuple[LedgerEntry, tuple[str, ...]], ...]:
    """Each different entry with the environments that it holds for, in order."""
    found: dict[str, tuple[LedgerEntry, list[str]]] = {}
    for entry in entries:
        alike = replace(entry, environment="")
        key = json.dumps([alike.release, alike.key, alike.value, alike.origin, alike.carried, alike.target])
        found.setdefault(key, (alike, []))[1].append(entry.environment)
    return tuple((entry, tuple(dict.fromkeys(environments))) for entry, environments in found.values())


def ledger_json(entries: Sequence[LedgerEntry]) -> str:
    """``{summary: {present, carried, dropped}, entries: [{release, environments, key, value, source, carried,
    target | reason + advice}]}``, an entry a line; the summary counts keys of releases in environments."""
    carried = sum(entry.carried for entry in entries)
    summary = {"present": len(entries), "carried": carried, "dropped": len(entries) - carried}
    lines = [json.dumps(_row(entry, names), ensure_ascii=False) for entry, names in ledger_rows(entries)]
    body = ",\n  ".join(lines)
    head = f'"schemaVersion": {SCHEMA_VERSION},\n "summary": {json.dumps(summary)},\n'
    return f'{{{head} "entries": [\n  {body}\n ]}}\n' if lines else f'{{{head} "entries": []}}\n'


def _row(entry: LedgerEntry, environments: Sequence[str]) -> JsonObject:
    file, _, line = entry.origin.rpartition(":")
    row: JsonObject = {
        "release": entry.release,
        "environments": list(environments),
        "key": entry.key,
        "value": entry.value,
        "source": {"file": file, "line": int(line)} if line.isdigit() else {"file": entry.origin, "line": 0},
        "carried": entry.carried,
    }
    if entry.carried:
        return {**row, "target": entry.target}
    return {**row, "reason": entry.target, "advice": entry.advice}


def ledger_markdown(entries: Sequence[LedgerEntry]) -> str:
    """What is dropped with its reason and advice, grouped by key, then where each key that is carried went."""
    carried = sum(entry.carried for entry in entries)
    rows = ledger_rows(entries)
    lines = [
        "# Ledger",
        "",
        f"{len(entries)} keys of releases in their environments: {carried} carried, {len(entries) - carried} dropped.",
        "",
    ]
    dropped = [(e, names) for e, names in rows if not e.carried]
    if dropped:
        lines += ["## Dropped", "", "| key | reason | what to do | releases |", "|---|---|---|---|"]
        lines += _grouped(dropped, with_advice=True)
        lines.append("")
    kept = [(e, names) for e, names in rows if e.carried]
    if kept:
        lines += ["## Carried", "", "| key | where it went | releases |", "|---|---|---|"]
        lines += _grouped(kept, with_advice=False)
        lines.append("")
    return "\n".join(lines)


def _grouped(rows: Iterable[tuple[LedgerEntry, tuple[str, ...]]], *, with_advice: bool) -> list[str]:
    groups: dict[tuple[str, ...], dict[str, None]] = {}
    for entry, _ in rows:
        about = (entry.key, entry.target, entry.advice) if with_advice else (entry.key, entry.target)
        groups.setdefault(about, {})[f"{entry.release} ({entry.origin})"] = None
    return [
        "| " + " | ".join([f"`{about[0]}`", *map(_cell, about[1:]), _cell(", ".join(groups[about]))]) + " |"
        for about in sorted(groups)
    ]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
