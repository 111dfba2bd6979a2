"""Names inside the page: where each release stands, so that every part can link to it, and what finds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from migrate.model.page import ReportPage
from migrate.model.plan import ReleasePlan
from migrate.model.report import ReleaseVerdict, Verdict

SIGNS = {Verdict.EQUAL: "=", Verdict.EXPLAINED: "≈", Verdict.DIFFERENT: "≠", Verdict.UNRENDERED: "?"}
NO_APPLICATION = "–"
_GRAVITY = (Verdict.UNRENDERED, Verdict.DIFFERENT, Verdict.EXPLAINED, Verdict.EQUAL)


@dataclass(frozen=True)
class Entry:
    """One release over all environments, with its name inside the page."""

    id: str
    anchor: str
    layer: str
    planned: ReleasePlan | None
    rows: Mapping[str, ReleaseVerdict]
    """Environment → its row."""
    excluded: Mapping[str, str]
    """Environment → why it has no Application there."""

    @property
    def worst(self) -> Verdict | None:
        """The gravest verdict; None where it has no Application anywhere."""
        found = {row.verdict for row in self.rows.values()}
        return next((verdict for verdict in _GRAVITY if verdict in found), None)

    @property
    def found_by(self) -> str:
        """What a search looks at, in small letters."""
        planned = self.planned
        decided = (
            [d.value for d in (planned.tier, planned.domain, planned.component_type, planned.component)]
            + [planned.rollout_phase.value, planned.project.value]
            if planned
            else []
        )
        verdicts = [row.verdict.value for row in self.rows.values()]
        kinds = [why.kind for row in self.rows.values() for why in row.explanations]
        parked = ["excluded"] if self.excluded else []
        return " ".join(dict.fromkeys([self.id, self.layer, *decided, *verdicts, *kinds, *parked])).lower()


def entries_of(page: ReportPage) -> tuple[Entry, ...]:
    """Every release of graph, plan and report, in that order; then Applications that no release stands behind."""
    layers = {node.id: node.layer for node in page.graph.nodes}
    layers |= {r.id: r.layer for r in page.plan.releases if r.id not in layers}
    planned = page.plan.by_id()
    rows: dict[str, dict[str, ReleaseVerdict]] = {}
    for row in page.report.releases:
        name = row.id or f"Application {row.application}"
        rows.setdefault(name, {})[row.environment] = row
        layers.setdefault(name, row.layer or "without a release")
    excluded: dict[str, dict[str, str]] = {}
    for left_out in page.report.excluded:
        excluded.setdefault(left_out.id, {})[left_out.environment] = left_out.reason
        layers.setdefault(left_out.id, "without a release")
    taken: set[str] = set()
    return tuple(
        Entry(name, _anchor(name, taken), layer, planned.get(name), rows.get(name, {}), excluded.get(name, {}))
        for name, layer in layers.items()
    )


def by_layer(entries: tuple[Entry, ...]) -> dict[str, list[Entry]]:
    """Layer → its releases, in order."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.layer, []).append(entry)
    return found


def _anchor(name: str, taken: set[str]) -> str:
    """A name for links: readable, and its own."""
    plain = "release-" + re.sub(r"[^a-z0-9.-]+", "-", name.lower().replace("/", "--"))
    found, number = plain, 2
    while found in taken:
        found, number = f"{plain}-{number}", number + 1
    taken.add(found)
    return found
