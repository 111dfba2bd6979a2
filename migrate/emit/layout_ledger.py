"""The ledger where no component.yaml carries a key: resources as rendered, or helmfile itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.emit.kustomize import application_folder, overlay_folder, resources_of
from migrate.emit.placement import Placement, Placements
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES
from migrate.model.tree import LedgerEntry

_BY_HELMFILE = {"postRenderer", "postRendererArgs", "templateArgs", "labels", "verify", "keyring", "skipDeps"}
"""Keys that helmfile heeds when it prints manifests, so that they do what they did."""


def ledger_of_layout(entries: Iterable[LedgerEntry], placements: Placements, plan: Plan) -> tuple[LedgerEntry, ...]:
    """The entries as they are in the plan's layout; as many as before."""
    if plan.layout == "kustomize":
        targets = {(p.environment.name, p.release.id): _target(p) for p in placements.kept}
        return tuple(_as_rendered(entry, targets.get((entry.environment, entry.release), "")) for entry in entries)
    if plan.layout == "plugin":
        kept = {(p.environment.name, p.release.id) for p in placements.kept}
        return tuple(_by_helmfile(entry, (entry.environment, entry.release) in kept) for entry in entries)
    return tuple(entries)


def _target(placement: Placement) -> str:
    """What becomes of the keys of a release whose resources are carried."""
    found, _ = resources_of(placement)
    if placement.parked:
        return f"{overlay_folder(placement)}: parked" if found else "nothing: it is parked, and renders nothing here"
    if not found:
        return f"{overlay_folder(placement)}: nothing is rendered here, and nothing pruned"
    return f"{application_folder(placement)}: the resources as rendered"


def _as_rendered(entry: LedgerEntry, target: str) -> LedgerEntry:
    if not entry.carried:
        return entry
    if entry.key == "needs":
        reason = "Applications of the layout kustomize have no order"
        advice = "sync by the label rollout-phase, or use another layout"
        return replace(entry, carried=False, target=reason, advice=advice)
    return replace(entry, target=target)


def _by_helmfile(entry: LedgerEntry, kept: bool) -> LedgerEntry:
    if entry.key == "needs" and entry.carried:
        return replace(entry, target=f"{SOURCES}, and the waves of the layers; inside a layer nothing orders")
    if kept and (entry.carried or entry.key in _BY_HELMFILE):
        return replace(entry, carried=True, target=f"{SOURCES}: helmfile reads it there", advice="")
    return entry
