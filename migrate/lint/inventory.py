"""The phase inventory: which components a rollout takes in which step."""

from __future__ import annotations

from typing import Any

from migrate.lint.subject import Document, Subject, dig, listed, mapped, take_apart
from migrate.model.application import Expansion, GeneratedApplication
from migrate.model.json import SCHEMA_VERSION, JsonObject
from migrate.model.tree import FileTree

_PHASE_LABEL = "rollout-phase"


def inventory(tree: FileTree, expansion: Expansion) -> JsonObject:
    """``{"steps": [{"phase", "maxUpdate", "components": [...]}]}``, in the order of the rollout.

    The steps are those of the ApplicationSets' rolling sync; where there is none (a manual hand-over), the phases
    that the Applications carry, in their order. An Application in no step stands in a last one without a phase.
    """
    subject = take_apart(tree, expansion, None)
    limits = _planned_steps(subject)
    members: dict[str, dict[tuple[str, str], dict[str, Any]]] = {phase: {} for phase in limits}
    for one in expansion.applications:
        phase = _phase(one, subject, limits)
        entry = _entry(one, subject)
        key = (entry["name"], entry["path"])
        known = members.setdefault(phase, {}).setdefault(key, entry)
        if one.environment not in known["environments"]:
            known["environments"].append(one.environment)
    phases = list(limits) + sorted(phase for phase in members if phase not in limits and phase)
    phases += [""] if "" in members else []
    steps: list[Any] = [
        {
            "phase": phase,
            "maxUpdate": limits.get(phase),
            "components": [members[phase][key] for key in sorted(members[phase])],
        }
        for phase in phases
    ]
    return {"schemaVersion": SCHEMA_VERSION, "steps": steps}


def _planned_steps(subject: Subject) -> dict[str, Any]:
    """Phase → maxUpdate over all ApplicationSets, in the order of their steps."""
    found: dict[str, Any] = {}
    for appset in subject.appsets:
        for step in listed(appset.data, "spec", "strategy", "rollingSync", "steps"):
            found.setdefault(_step_phase(step), dig(step, "maxUpdate"))
    return found


def _step_phase(step: Any) -> str:
    expressions = listed(step, "matchExpressions")
    chosen = [each for each in expressions if dig(each, "key") != "handover"]
    return ",".join(str(value) for each in chosen for value in listed(each, "values"))


def _phase(one: GeneratedApplication, subject: Subject, limits: dict[str, Any]) -> str:
    appset = subject.appset_of(one)
    steps = appset.get("spec", "strategy", "rollingSync", "steps") if appset else None
    if steps and one.step is not None and one.step > 0:
        return _step_phase(steps[one.step - 1])
    if steps and limits:
        return ""
    return str(dig(one.manifest, "metadata", "labels", _PHASE_LABEL) or "")


def _entry(one: GeneratedApplication, subject: Subject) -> dict[str, Any]:
    component = subject.component_of(one)
    labels = mapped(one.manifest, "metadata", "labels")
    return {
        "name": one.name,
        "domain": str(labels.get("domain") or (component.get("domain") if component else "") or ""),
        "project": str(dig(one.manifest, "spec", "project") or ""),
        "namespace": str(dig(one.manifest, "spec", "destination", "namespace") or ""),
        "path": _component_path(component) or _folder(one),
        "environments": [],
    }


def _folder(one: GeneratedApplication) -> str:
    """The folder that it renders; of a kustomization the one above its environments."""
    return str(dig(one.manifest, "spec", "source", "path") or "").removesuffix(f"/envs/{one.environment}")


def _component_path(component: Document | None) -> str:
    """``foundation/crds/cert-manager``: the folder below components/, the same in every environment."""
    if component is None:
        return ""
    folder = component.path.rpartition("/")[0]
    return folder.partition("/components/")[2] or folder


def inventory_markdown(found: JsonObject) -> str:
    """The inventory as a table for a review."""
    lines = ["# Rollout phases", "", "| phase | at most | component | domain | project | namespace | environments |"]
    lines.append("|---|---|---|---|---|---|---|")
    steps: Any = found["steps"]
    for step in steps:
        limit = "" if step["maxUpdate"] is None else str(step["maxUpdate"])
        for position, entry in enumerate(step["components"]):
            first = [step["phase"] or "(no step)", limit] if position == 0 else ["", ""]
            cells = [*first, f"{entry['name']} (`{entry['path']}`)", entry["domain"], entry["project"]]
            cells += [entry["namespace"], ", ".join(entry["environments"])]
            lines.append("| " + " | ".join(cells) + " |")
    empty = [step["phase"] for step in steps if not step["components"]]
    if empty:
        lines += ["", f"Steps without a component: {', '.join(empty)}."]
    return "\n".join(lines) + "\n"
