"""A cluster in memory, for the script's own tests: it keeps objects, and says what was done to them in which order."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from tests.e2e.kubectl import Key, KubectlError, Object

RESOURCES: Mapping[tuple[str, str], tuple[str, bool]] = {
    ("", "ConfigMap"): ("configmaps", True),
    ("", "Namespace"): ("namespaces", False),
    ("", "Node"): ("nodes", False),
    ("", "Pod"): ("pods", True),
    ("", "Service"): ("services", True),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("customresourcedefinitions.apiextensions.k8s.io", False),
    ("apps", "Deployment"): ("deployments.apps", True),
    ("argoproj.io", "AppProject"): ("appprojects.argoproj.io", True),
    ("argoproj.io", "Application"): ("applications.argoproj.io", True),
    ("argoproj.io", "ApplicationSet"): ("applicationsets.argoproj.io", True),
}


class MemoryCluster:
    """See ``tests.e2e.kubectl.Cluster``."""

    def __init__(self, *documents: Object) -> None:
        self.objects: dict[Key, Any] = {}
        self.done: list[str] = []
        self.stuck: set[Key] = set()
        """What no deletion removes."""
        for document in documents:
            self.objects[self._key(document)] = copy.deepcopy(dict(document))

    def _key(self, document: Object) -> Key:
        group, kind = document["apiVersion"].rpartition("/")[0], document["kind"]
        return Key(RESOURCES[group, kind][0], document["metadata"].get("namespace", ""), document["metadata"]["name"])

    def resources(self) -> Mapping[tuple[str, str], tuple[str, bool]]:
        return RESOURCES

    def version(self) -> str:
        return "1.34.0"

    def list(self, resource: str, *, namespace: str = "", selector: str = "") -> list[Any]:
        label, _, value = selector.partition("=")
        return [
            document
            for key, document in sorted(self.objects.items())
            if key.resource == resource
            and namespace in ("", key.namespace)
            and (not selector or document["metadata"].get("labels", {}).get(label) == value)
        ]

    def get(self, key: Key) -> Any | None:
        return self.objects.get(key)

    def create(self, document: Object) -> None:
        if self._key(document) in self.objects:
            raise KubectlError("AlreadyExists")
        self.apply(document)

    def apply(self, document: Object) -> None:
        self.objects[self._key(document)] = copy.deepcopy(dict(document))

    def patch(self, key: Key, change: object, *, how: str = "merge", status: bool = False) -> None:
        self.done.append(f"patch {key}")
        if key not in self.objects:
            raise KubectlError("NotFound")
        if how == "merge" and isinstance(change, dict):
            self.objects[key] = _merged(self.objects[key], change)

    def delete(self, keys: Collection[Key]) -> None:
        for key in keys:
            self.done.append(f"delete {key}")
            if key not in self.stuck:
                self.objects.pop(key, None)

    def finalize(self, namespace: str) -> None:
        self.done.append(f"finalize {namespace}")

    def restart(self, selector: str) -> int:
        self.done.append(f"restart {selector}")
        return 1


def _merged(document: Any, change: Any) -> Any:
    if not isinstance(document, dict) or not isinstance(change, dict):
        return change
    result = dict(document)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name, {} if isinstance(value, dict) else None), value)
    return result
