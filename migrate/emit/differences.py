"""What Argo CD is not to compare: of whole kinds in argocd-cm, of one component's objects in its own file."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.doors.yaml import dump_yaml
from migrate.emit.facts import applied_manifests
from migrate.emit.placement import Placement
from migrate.model.differences import COMPARE_KEY, Ignored, aggregated_roles, kind_wide, scaled_workloads
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest
from migrate.model.words import few


def difference_settings(manifests: Iterable[Manifest], own: Iterable[Ignored]) -> JsonObject:
    """The keys of argocd-cm for what an environment applies, each with its reasons as comments.

    ``own`` are a person's: one takes the place of what is proposed for its kind, and one without fields takes it away.
    """
    there = list(manifests)
    theirs = list(own)
    said = {(ignored.group, ignored.kind) for ignored in theirs}
    proposed = [ignored for ignored in kind_wide(there) if (ignored.group, ignored.kind) not in said]
    found: JsonObject = {}
    for ignored in sorted((*theirs, *proposed), key=lambda one: one.setting):
        if fields := ignored.fields():
            found[ignored.setting] = "".join(f"# {reason}\n" for reason in ignored.reasons) + dump_yaml(fields)
    if roles := aggregated_roles(there):
        found[COMPARE_KEY] = f"# Kubernetes writes the rules of {few(roles)}\nignoreAggregatedRoles: true\n"
    return found


def ignored_differences(placement: Placement) -> list[JsonObject]:
    """A component's own: a person's entries, then one for each workload that an autoscaler of it scales."""
    theirs = list(placement.plan.ignore_differences)
    said = {(entry.get("group", ""), entry.get("kind"), entry.get("name")) for entry in theirs}
    found = (
        {"group": one.group, "kind": one.kind, "name": one.name, **one.fields()}
        for one in scaled_workloads(applied_manifests(placement))
        if not {(one.group, one.kind, one.name), (one.group, one.kind, None)} & said
    )
    return [*theirs, *found]
