"""The parts of the runbook that name releases: order, layers, adoption, what holds data, secrets, clean-up."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from migrate.doors.estate_files import EstateFiles, absolute
from migrate.emit.facts import applied_manifests
from migrate.emit.placement import Carriage, Placement, hook_types
from migrate.model.estate import Estate
from migrate.model.guards import is_guarded
from migrate.model.plan import Plan


def estate_place(estate: Estate) -> str:
    """Where the estate lies in its repository: the tree must be the same from every folder of every disk."""
    files = EstateFiles(estate.root)
    inside = files.shown(absolute(estate.path))
    # Without a work tree the estate's folder is the root itself, and its own name all that there is.
    return inside if inside != "." or files.exists(absolute(".git", files.root)) else posixpath.basename(files.root)


def order_section(environments: Sequence[str], placements: Sequence[Placement], plan: Plan) -> str:
    """The phases with their Applications."""
    lines = ["## Order", "", "Each phase after the one above it; inside a phase the order does not matter.", ""]
    lines += ["| phase | Applications | at most at once |", "|---|---|---|"]
    limits = {step.phase: step.max_update for step in plan.ladder}
    for phase in sorted({placement.plan.rollout_phase.value for placement in placements}):
        there = [placement for placement in placements if placement.plan.rollout_phase.value == phase]
        lines.append(f"| {phase} | {_names(there, environments)} | {limits.get(phase) or 'all'} |")
    return "\n".join(lines) + "\n"


def _names(placements: Iterable[Placement], environments: Sequence[str]) -> str:
    names: dict[str, list[str]] = {}
    for placement in placements:
        names.setdefault(placement.name, []).append(placement.environment.name)
    return ", ".join(_with_environments(name, names[name], environments) for name in sorted(names))


def _with_environments(name: str, present: Sequence[str], environments: Sequence[str]) -> str:
    return name if len(set(present)) == len(environments) else f"{name} ({', '.join(present)})"


def layers_table(environments: Sequence[str], placements: Sequence[Placement]) -> list[str]:
    """A row a layer: its Applications in the order of their phases."""
    lines = ["| layer | Applications, phase by phase |", "|---|---|"]
    for layer in sorted({placement.plan.layer for placement in placements}, key=_layer_order):
        of_layer = [placement for placement in placements if placement.plan.layer == layer]
        phases = sorted({placement.plan.rollout_phase.value for placement in of_layer})
        shown = (
            f"{phase}: {_names((p for p in of_layer if p.plan.rollout_phase.value == phase), environments)}"
            for phase in phases
        )
        lines.append(f"| `{layer}` | {'; '.join(shown)} |")
    return lines


def _layer_order(layer: str) -> tuple[int, str]:
    """``5-x`` before ``10-y``."""
    number = layer.partition("-")[0]
    return (int(number) if number.isdigit() else 0, layer)


def hooks_that_run_again(placements: Sequence[Placement]) -> str:
    """Which hooks the first sync of an adopted release runs, though Helm had run them; empty where none does."""
    rows: dict[tuple[str, str, str], None] = {}
    for placement in placements:
        plain = placement.carriage is Carriage.HOOKS
        for manifest in placement.manifests:
            types = hook_types(manifest)
            runs = any(word.startswith(("pre-i", "pre-u", "post-i", "post-u")) for word in types)
            if types and (plain or runs):
                rows[placement.name, str(manifest.key), ", ".join(types)] = None
    if not rows:
        return ""
    lines = [
        "These run again when their Application is first synced, although Helm had run them, and at every later sync.",
        "See that each may:",
        "",
        "| Application | object | was a Helm hook of |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in sorted(rows)),
    ]
    return "\n".join(lines) + "\n"


def holding_data(placements: Sequence[Placement]) -> str:
    """Applications that hold data or what others hang on, and what; empty where none does."""
    found: dict[str, dict[str, None]] = {}
    for placement in placements:
        for manifest in applied_manifests(placement):
            if is_guarded(manifest.key) and not hook_types(manifest):
                found.setdefault(placement.name, {})[manifest.key.kind] = None
    if not found:
        return ""
    rows = [f"| {name} | {', '.join(sorted(found[name]))} |" for name in sorted(found)]
    return "\n".join(["| Application | holds |", "|---|---|", *rows]) + "\n"


def guard_is_lifted(placements: Iterable[Placement], plan: Plan) -> bool:
    """Whether an Application goes with its component.yaml: as the plan says, once nothing is left to hand over."""
    return plan.removal == "delete" and all(placement.handover == "done" for placement in placements)


def guarded_names(placements: Iterable[Placement]) -> tuple[str, ...]:
    """Names of the Applications that hold data or what others hang on, sorted."""
    return tuple(
        sorted({p.name for p in placements if any(is_guarded(manifest.key) for manifest in applied_manifests(p))})
    )


def placeholders_section(placements: Sequence[Placement]) -> str:
    """The secrets that somebody has to supply; empty where there is none."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for placement in placements:
        for placeholder in placement.release.placeholders:
            key = (placement.name, placeholder.path or "the whole file", " ".join(placeholder.reference.split()))
            rows.setdefault(key, []).append(placement.environment.name)
    if not rows:
        return ""
    lines = [
        "## Secrets to supply",
        "",
        "Placeholders stand in for these. **Do not sync such an Application as it is**: the placeholder would replace",
        "the secret. Let the chart take it from a Secret that External Secrets, or a sealed Secret, makes. A proposal",
        "for each lies in `environments/<env>/secrets`, where nothing syncs it.",
        "",
        "| Application | value | comes from | environments |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | `{path}` | `{reference}` | {', '.join(dict.fromkeys(rows[name, path, reference]))} |"
        for name, path, reference in sorted(rows)
    ]
    return "\n".join(lines) + "\n"


def clean_up_commands(placements: Sequence[Placement]) -> list[str]:
    """A command for each release that deletes Helm's records of it, layer by layer."""
    lines: list[str] = []
    for layer in sorted({placement.plan.layer for placement in placements}, key=_layer_order):
        lines.append(f"# {layer}")
        records = {(p.namespace, p.release.name) for p in placements if p.plan.layer == layer}
        lines += [f"kubectl -n {space} delete secret -l owner=helm,name={name}" for space, name in sorted(records)]
    return lines
