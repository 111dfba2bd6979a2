"""Plays the controllers of a cluster that has none (an API server alone), so that a rollout can be watched to its end.

Only with ``--play-controllers``, only where no Node exists, and only for the objects of this run: workloads, volumes,
load balancers and custom resources get the status of a healthy cluster; deletions that wait for a collector end; a
webhook that nobody serves is switched off by a condition that we do not emit, and the report counts it as an addition.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tests.e2e.kubectl import Cluster, Key, KubectlError, Object, live_objects

NOW = "2026-01-01T00:00:00Z"
WEBHOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
UNSERVED = {"name": "nobody-serves-this-webhook", "expression": "false"}
_COLLECTED = {"foregroundDeletion", "orphan", "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"}
"""Finalizers that controllers of Kubernetes itself take away."""


def _condition(kind: str, **more: object) -> dict[str, Any]:
    return {"type": kind, "status": "True", "reason": "Played", "message": "", "lastTransitionTime": NOW, **more}


def _deployment(document: Object) -> dict[str, Any]:
    n = document["spec"].get("replicas", 1)
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), n)
    return counts | {"conditions": [_condition("Available", lastUpdateTime=NOW)]}


def _stateful_set(document: Object) -> dict[str, Any]:
    n = document["spec"].get("replicas", 1)
    counts = dict.fromkeys(("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"), n)
    return counts | {"currentRevision": "played", "updateRevision": "played"}


def _daemon_set(_document: Object) -> dict[str, Any]:
    scheduled = ("currentNumberScheduled", "desiredNumberScheduled", "updatedNumberScheduled")
    return dict.fromkeys((*scheduled, "numberReady", "numberAvailable"), 1) | {"numberMisscheduled": 0}


def _job(document: Object) -> dict[str, Any]:
    done = [_condition(kind, lastProbeTime=NOW) for kind in ("SuccessCriteriaMet", "Complete")]
    succeeded = document["spec"].get("completions", 1)
    return {"startTime": NOW, "completionTime": NOW, "succeeded": succeeded, "conditions": done}


def _service(document: Object) -> dict[str, Any] | None:
    return _balanced(document) if document["spec"].get("type") == "LoadBalancer" else None


def _balanced(_document: Object) -> dict[str, Any]:
    return {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}


def _bound(_document: Object) -> dict[str, Any]:
    return {"phase": "Bound"}


def _routed(document: Object) -> dict[str, Any]:
    conditions = [_condition(kind) for kind in ("Accepted", "ResolvedRefs")]
    parents = document["spec"].get("parentRefs", [])
    return {
        "parents": [{"parentRef": p, "controllerName": "example.org/played", "conditions": conditions} for p in parents]
    }


def _ready(_document: Object) -> dict[str, Any]:
    kinds = ("Ready", "Available", "Accepted", "Programmed", "Done")
    return {"conditions": [_condition(kind) for kind in kinds]}


def _postgres(document: Object) -> dict[str, Any]:
    return {**_ready(document), "phase": "Cluster in healthy state"}


def _clickhouse(_document: Object) -> dict[str, Any]:
    return {"status": "Completed"}


_BUILT_IN: Mapping[str, Callable[[Object], dict[str, Any] | None]] = {
    "deployments.apps": _deployment,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "jobs.batch": _job,
    "persistentvolumeclaims": _bound,
    "services": _service,
    "ingresses.networking.k8s.io": _balanced,
}
_CUSTOM: Mapping[str, Callable[[Object], dict[str, Any]]] = {
    "clusters.postgresql.cnpg.io": _postgres,
    "clickhouseinstallations.clickhouse.altinity.com": _clickhouse,
    "httproutes.gateway.networking.k8s.io": _routed,
}
_OBSERVED = {"deployments.apps", "statefulsets.apps", "daemonsets.apps"}


def played_status(resource: str, document: Object) -> dict[str, Any] | None:
    """The status that a healthy cluster would give, or None where there is nothing to change."""
    play = _BUILT_IN.get(resource) or _CUSTOM.get(resource) or (_ready if _is_custom(resource) else None)
    wanted = play(document) if play else None
    if wanted is None:
        return None
    if resource in _OBSERVED:
        wanted["observedGeneration"] = document["metadata"].get("generation", 1)
    now = document.get("status") or {}
    return None if all(now.get(name) == value for name, value in wanted.items()) else wanted


def _is_custom(resource: str) -> bool:
    group = resource.partition(".")[2]
    return "." in group and (not group.endswith(".k8s.io") or group == "gateway.networking.k8s.io")


def play(cluster: Cluster, keys: Collection[Key]) -> int:
    """Give those of the objects that exist what a healthy cluster would; how many were changed."""
    changed = 0
    for key, document in live_objects(cluster, keys).items():
        metadata = document["metadata"]
        try:
            if metadata.get("deletionTimestamp"):
                changed += collect(cluster, key, document)
            elif key.resource.partition(".")[0] in WEBHOOKS:
                changed += _switch_off(cluster, key, document)
            elif status := played_status(key.resource, document):
                cluster.patch(key, {"status": status}, status=True)
                changed += 1
        except KubectlError as error:
            # Argo CD may replace an object between our look and our touch; the next look sees the new one.
            if "NotFound" not in str(error) and "Conflict" not in str(error):
                raise
    return changed


def _switch_off(cluster: Cluster, key: Key, document: Object) -> int:
    path = "/webhooks/{}/matchConditions"
    open_ones = [
        n for n, one in enumerate(document.get("webhooks", [])) if UNSERVED not in one.get("matchConditions", [])
    ]
    if open_ones:
        cluster.patch(key, [{"op": "add", "path": path.format(n), "value": [UNSERVED]} for n in open_ones], how="json")
    return len(open_ones)


def collect(cluster: Cluster, key: Key, document: Object) -> int:
    """End a deletion that waits for a controller of Kubernetes itself; 1 if there was one."""
    finalizers = list(document["metadata"].get("finalizers", []))
    kept = [one for one in finalizers if one not in _COLLECTED]
    if key.resource == "namespaces":
        cluster.finalize(key.name)
        return 1
    if kept != finalizers:
        cluster.patch(key, {"metadata": {"finalizers": kept or None}})
    return int(kept != finalizers)
