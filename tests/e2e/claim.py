"""What a run takes of a cluster: seen before anything is touched, and written down there, so that it can be undone.

The journal is a ConfigMap beside Argo CD. It is made before the first change and removed after the last is undone.
While it is there no other run begins, and ``--clean`` finishes what a killed run left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.e2e.kubectl import ARGOCD, Cluster, Key, Object, key_of, live_objects
from tests.e2e.tree import LABEL, Foretold, made_by

JOURNAL = Key("configmaps", ARGOCD, "migrate-e2e")
PROJECTS, APPSETS, APPLICATIONS = (f"{kind}.argoproj.io" for kind in ("appprojects", "applicationsets", "applications"))
TRACKING = "argocd.argoproj.io/tracking-id"
_LEFT_BY_APPLY = "kubectl.kubernetes.io/last-applied-configuration"
_SHOWN = 5


@dataclass(frozen=True)
class Journal:
    """Everything that undoing needs."""

    run: str
    branch: str
    applications: tuple[str, ...] = ()
    objects: tuple[tuple[Key, ...], ...] = ()
    """What the Applications make, batch by batch in the order of the steps; none of it was there before."""
    namespaces: tuple[str, ...] = ()
    """Those that were not there before."""
    repairs: tuple[tuple[Key, Mapping[str, Any]], ...] = ()
    """What was there before and is changed → the merge patch that changes it back."""
    settings: tuple[str, ...] = ()
    """ConfigMaps among the repairs that hold settings of Argo CD's controllers."""
    since: str = ""
    """When the API server took the journal, in its own time; empty until it is read back."""


def refusals(cluster: Cluster, foretold: Foretold, documents: Sequence[Object], *, plays: bool) -> list[str]:
    """Why this cluster must not be touched; empty where it may be."""
    resources = cluster.resources()
    if ("argoproj.io", "ApplicationSet") not in resources:
        return ["it has no Argo CD with ApplicationSets"]
    found = []
    if left := cluster.get(JOURNAL):
        found.append(f"another run ({left['metadata']['labels'].get(LABEL)}) is under way, or was killed: see --clean")
    ours = {Key(APPLICATIONS, ARGOCD, name) for name in foretold.applications}
    ours |= {key_of(document, resources) for document in documents}
    there = sorted(live_objects(cluster, ours))
    found += _named("exists already", there)
    targets = [key_of(document, resources) for document in made_by(foretold, foretold.in_steps())]
    taken = sorted(key for key in live_objects(cluster, targets) if key.resource != "namespaces")
    found += _named("would be taken over", taken)
    if plays and (nodes := cluster.list("nodes")):
        found.append(f"--play-controllers is for a cluster without Nodes, and this has {len(nodes)}")
    return found


def _named(what: str, keys: Sequence[Key]) -> list[str]:
    more = [f"… and {len(keys) - _SHOWN} more"] if len(keys) > _SHOWN else []
    return [*(f"{key} {what}" for key in keys[:_SHOWN]), *more]


def plan_claim(cluster: Cluster, foretold: Foretold, settings: Sequence[Object], *, run: str, branch: str) -> Journal:
    """What will be made and what will be changed, with the way back."""
    resources = cluster.resources()
    names = foretold.in_steps()
    there = {item["metadata"]["name"]: item for item in cluster.list("namespaces")}
    wanted = {str(foretold.applications[name]["spec"]["destination"].get("namespace", "")) for name in names} - {""}
    repairs = []
    for document in made_by(foretold, names):
        if document["kind"] == "Namespace":
            wanted.add(document["metadata"]["name"])
            if before := there.get(document["metadata"]["name"]):
                repairs.append((key_of(document, resources), way_back(document, before)))
    for document in settings:
        key = key_of(document, resources)
        before = cluster.get(key)
        data = (before or {}).get("data") or {}
        repairs.append((key, {"data": {name: data.get(name) for name in document["data"]}}))
    batches: dict[int, list[Key]] = {}
    for name in names:
        keys = [key_of(d, resources) for d in made_by(foretold, [name]) if d["kind"] != "Namespace"]
        batches.setdefault(foretold.steps[name], []).extend(keys)
    return Journal(
        run,
        branch,
        tuple(names),
        tuple(tuple(batches[step]) for step in sorted(batches)),
        tuple(sorted(wanted - there.keys())),
        tuple(repairs),
        tuple(str(document["metadata"]["name"]) for document in settings),
    )


def way_back(document: Object, before: Object) -> dict[str, Any]:
    """The merge patch that gives a namespace back the labels and annotations that it had."""
    metadata: dict[str, dict[str, Any]] = {}
    for place, more in (("labels", ()), ("annotations", (TRACKING, _LEFT_BY_APPLY))):
        had = before["metadata"].get(place) or {}
        changed = (*(document["metadata"].get(place) or {}), *more)
        metadata[place] = {name: had.get(name) for name in changed}
    return {"metadata": metadata}


def write_journal(cluster: Cluster, journal: Journal) -> None:
    """Claim the cluster; fails where another run has."""
    metadata = {"name": JOURNAL.name, "namespace": JOURNAL.namespace, "labels": {LABEL: journal.run}}
    data = {"journal": json.dumps(asdict(journal))}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def read_journal(cluster: Cluster) -> Journal | None:
    """The journal of the run that has the cluster, or None."""
    found = cluster.get(JOURNAL)
    if not found:
        return None
    data = json.loads(found["data"]["journal"])
    return Journal(
        data["run"],
        data["branch"],
        tuple(data["applications"]),
        tuple(tuple(Key(**key) for key in batch) for batch in data["objects"]),
        tuple(data["namespaces"]),
        tuple((Key(**key), change) for key, change in data["repairs"]),
        tuple(data["settings"]),
        str(found["metadata"].get("creationTimestamp", "")),
    )
