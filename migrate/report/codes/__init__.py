"""The codes of findings, each with what it means and what to do: one table a stage, and the reference page of all.

A finding itself says more: the release, the line, and what to do there. This is what its code means in general.
A test holds the tables to the code: none missing, none left over.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrate.report.codes.emitting import EMITTING
from migrate.report.codes.planning import PLANNING
from migrate.report.codes.proving import PROVING
from migrate.report.codes.reading import READING

Meaning = tuple[str, str]
"""What a code says, and what to do."""

GROUPS: Mapping[str, tuple[str, Mapping[str, Meaning]]] = {
    "Reading, rendering, the graph": ("inspect, render, graph, charts and all that reads", READING),
    "The plan and the cut-over": ("plan, wizard and cutover", PLANNING),
    "Writing the tree": ("convert", EMITTING),
    "The proof, diffs, upgrades": ("verify, diff and upgrade", PROVING),
}
CODES: Mapping[str, Meaning] = {code: meaning for _, table in GROUPS.values() for code, meaning in table.items()}

_HEAD = """\
# Findings

Written from the program (`make reference`); a test holds it to that.

What a command has to say about your estate, plan or tree is a finding: a severity, a code, `file:line`, what is wrong,
and after the arrow what to do.

```text
warning HF010 helmfiles/15-certificates.yaml:12: no helmfile matches nested/*.yaml
error HF051 helmfiles/20-core.yaml:8: the chart bitnami/redis of data/redis is not on this disk
  → fetch it with `migrate charts pull`, or unpack it and say where: --chart-map bitnami=DIR
```

An error makes the command exit 1 (EM020: 5), and `convert` writes nothing; a warning is for a person to look at;
information is worth knowing. One code may come with several severities: what a parked release lacks is no error.
Codes never change their meaning. [The rules of `lint`](lint.md) have ids of their own.
"""


def findings_markdown() -> str:
    """docs/reference/findings.md: a table a group, a row a code."""
    parts = [_HEAD]
    for title, (commands, table) in GROUPS.items():
        rows = "".join(f"| {code} | {_cell(says)} | {_cell(advice)} |\n" for code, (says, advice) in table.items())
        parts.append(f"\n## {title}\n\nSaid by {commands}.\n\n| code | says | what to do |\n|---|---|---|\n{rows}")
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
