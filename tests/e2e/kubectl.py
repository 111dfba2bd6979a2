"""The script's one door to a cluster: kubectl, with the kubeconfig it was given and no other."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

ARGOCD = "argocd"
"""The namespace of Argo CD; the emitted tree says the same."""

Object = Mapping[str, Any]
"""A Kubernetes object as it came from the API server, or as it goes there."""


class KubectlError(Exception):
    """What kubectl said when it could not."""


@dataclass(frozen=True, order=True)
class Key:
    """Which object: the resource (``deployments.apps``), the namespace (empty for a cluster-scoped one), the name."""

    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource} {self.namespace + '/' if self.namespace else ''}{self.name}"


class Cluster(Protocol):
    """What the script does with a cluster; tests have one in memory."""

    def resources(self) -> Mapping[tuple[str, str], tuple[str, bool]]:
        """(API group, kind) → the resource's name and whether it lives in a namespace."""

    def version(self) -> str:
        """The server's version as X.Y.0, as Argo CD hands it to Helm."""

    def list(self, resource: str, *, namespace: str = "", selector: str = "") -> list[Any]:
        """All objects of a resource; none where the cluster does not know it."""

    def get(self, key: Key) -> Any | None:
        """One object, or None."""

    def create(self, document: Object) -> None:
        """Make an object; an error where it is there already."""

    def apply(self, document: Object) -> None:
        """Make an object or bring it up to date, strictly validated."""

    def patch(self, key: Key, change: object, *, how: str = "merge", status: bool = False) -> None:
        """Change one object by a merge patch, or by a JSON patch with ``how="json"``."""

    def delete(self, keys: Collection[Key]) -> None:
        """Ask for deletions and do not wait; nothing happens where an object is gone."""

    def finalize(self, namespace: str) -> None:
        """Let a namespace go that waits for its finalizer."""

    def restart(self, selector: str) -> int:
        """Restart the Deployments of Argo CD with these labels and wait for them; how many there are."""


@dataclass(frozen=True)
class Kubectl:
    """A cluster behind a kubeconfig."""

    kubeconfig: str
    program: str = "kubectl"

    def resources(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """See ``Cluster``."""
        found: dict[tuple[str, str], tuple[str, bool]] = {}
        for line in self._run("api-resources", "--no-headers", "--cached=false").splitlines():
            # Short names may be missing, so the columns are counted from the right.
            name, *_, version, namespaced, kind = line.split()
            group = version.rpartition("/")[0]
            found.setdefault((group, kind), (f"{name}.{group}" if group else name, namespaced == "true"))
        return found

    def version(self) -> str:
        """See ``Cluster``."""
        server = json.loads(self._run("get", "--raw", "/version"))
        return f"{server['major']}.{server['minor'].rstrip('+')}.0"

    def list(self, resource: str, *, namespace: str = "", selector: str = "") -> list[Any]:
        """See ``Cluster``."""
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        which = ["--selector", selector] if selector else []
        try:
            text = self._run("get", resource, *where, *which, "--output", "json", "--ignore-not-found")
        except KubectlError as error:
            if "the server doesn't have a resource type" in str(error) or "could not find" in str(error):
                return []
            raise
        items: list[Any] = json.loads(text)["items"] if text.strip() else []
        return items

    def get(self, key: Key) -> Any | None:
        """See ``Cluster``."""
        text = self._run("get", key.resource, key.name, *_where(key), "--output", "json", "--ignore-not-found")
        return json.loads(text) if text.strip() else None

    def create(self, document: Object) -> None:
        """See ``Cluster``."""
        self._run("create", "--filename", "-", told=json.dumps(document))

    def apply(self, document: Object) -> None:
        """See ``Cluster``."""
        self._run("apply", "--validate=strict", "--filename", "-", told=json.dumps(document))

    def patch(self, key: Key, change: object, *, how: str = "merge", status: bool = False) -> None:
        """See ``Cluster``."""
        part = ["--subresource=status"] if status else []
        self._run("patch", key.resource, key.name, *_where(key), *part, f"--type={how}", "--patch", json.dumps(change))

    def delete(self, keys: Collection[Key]) -> None:
        """See ``Cluster``."""
        places: dict[tuple[str, str], list[Key]] = {}
        for key in keys:
            places.setdefault((key.resource, key.namespace), []).append(key)
        for (resource, _), those in places.items():
            names = [key.name for key in those]
            self._run("delete", resource, *names, *_where(those[0]), "--ignore-not-found", "--wait=false")

    def finalize(self, namespace: str) -> None:
        """See ``Cluster``."""
        document = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace},
            "spec": {"finalizers": []},
        }
        path = f"/api/v1/namespaces/{namespace}/finalize"
        self._run("replace", "--raw", path, "--filename", "-", told=json.dumps(document))

    def restart(self, selector: str) -> int:
        """See ``Cluster``."""
        found = self.list("deployments.apps", namespace=ARGOCD, selector=selector)
        for deployment in found:
            name = f"deployment/{deployment['metadata']['name']}"
            self._run("rollout", "restart", name, "--namespace", ARGOCD)
            self._run("rollout", "status", name, "--namespace", ARGOCD, "--timeout=180s")
        return len(found)

    def _run(self, *arguments: str, told: str | None = None) -> str:
        command = [self.program, "--kubeconfig", self.kubeconfig, *arguments]
        # Ctrl-C is for the script, which then cleans up; a kubectl of its own session finishes what it does.
        done = subprocess.run(command, input=told, capture_output=True, text=True, check=False, start_new_session=True)
        if done.returncode:
            raise KubectlError(f"kubectl {' '.join(arguments[:2])}: {done.stderr.strip()}")
        return done.stdout


def _where(key: Key) -> Sequence[str]:
    return ("--namespace", key.namespace) if key.namespace else ()


def key_of(document: Object, resources: Mapping[tuple[str, str], tuple[str, bool]]) -> Key:
    """The key of an object; a kind that the cluster does not know yet goes by its kind and group."""
    group = str(document["apiVersion"]).rpartition("/")[0]
    kind, metadata = str(document["kind"]), document["metadata"]
    known = resources.get((group, kind))
    resource = known[0] if known else f"{kind.lower()}.{group}" if group else kind.lower()
    in_namespace = known[1] if known else True
    return Key(resource, str(metadata.get("namespace", "")) if in_namespace else "", str(metadata["name"]))


def live_objects(cluster: Cluster, keys: Iterable[Key]) -> dict[Key, Any]:
    """Those of the objects that exist, with one listing for each resource."""
    wanted = set(keys)
    found = {}
    for resource in sorted({key.resource for key in wanted}):
        for item in cluster.list(resource):
            metadata = item["metadata"]
            key = Key(resource, metadata.get("namespace", ""), metadata["name"])
            if key in wanted:
                found[key] = item
    return found
