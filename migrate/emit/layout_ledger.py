"""The ledger where no component.yaml carries a key: resources as rendered, or helmfile itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migrate.emit.kustomize import application_folder
from migrate.emit.placement import Placements
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES
from migrate.model.tree import LedgerEntry

_BY_HELMFILE = {"postRenderer", "postRendererArgs", "templateArgs", "labels", "verify", "keyring", "skipDeps"}
"""Keys that helmfile heeds when it prints manifests, so that they do what they did."""


def ledger_of_layout(entries: Iterable[LedgerEntry], placements: Placements, plan: Plan) -> tuple[LedgerEntry, ...]:
    """The entries as they are in the plan's layout; as many as before."""
    if plan.layout == "kustomize":
        folders = {(p.environment.name, p.release.id): application_folder(p) for p in placements.kept if not p.parked}
        return tuple(_as_rendered(entry, folders.get((entry.environment, entry.release), "")) for entry in entries)
    if plan.layout == "plugin":
        kept = {(p.environment.name, p.release.id) for p in placements.kept}
        return tuple(_by_helmfile(entry, (entry.environment, entry.release) in kept) for entry in entries)
    return tuple(entries)


def _as_rendered(entry: LedgerEntry, folder: str) -> LedgerEntry:
    if not entry.carried:
        return entry
    if entry.key == "needs":
        reason = "Applications of the layout kustomize have no order"
        advice = "sync by the label rollout-phase, or use another layout"
        return replace(entry, carried=False, target=reason, advice=advice)
    if not folder:
        return replace(entry, target="nothing: a parked release has no folder here")
    return replace(entry, target=f"{folder}: the resources as rendered")


def _by_helmfile(entry: LedgerEntry, kept: bool) -> LedgerEntry:
    if entry.key == "needs" and entry.carried:
        return replace(entry, target=f"{SOURCES}, and the waves of the layers; inside a layer nothing orders")
    if kept and (entry.carried or entry.key in _BY_HELMFILE):
        return replace(entry, carried=True, target=f"{SOURCES}: helmfile reads it there", advice="")
    return entry
