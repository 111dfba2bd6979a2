"""Undo a run by its journal: first what would make things anew, then what was made, then what was changed.

Deleted is only what carries the run's label, or what the journal knows as absent before it, was made after it, and
carries the tracking-id of one of its Applications (a CustomResourceDefinition carries none). Nothing is left to a
cascade: Applications lose their finalizers, and their objects go batch by batch, in the reverse order of the steps, so
that operators outlive what they must let go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.claim import APPLICATIONS, APPSETS, JOURNAL, PROJECTS, TRACKING, Journal
from tests.e2e.kubectl import ARGOCD, Cluster, Key, KubectlError, live_objects
from tests.e2e.player import collect
from tests.e2e.tree import LABEL

PATIENCE = 120.0
"""Seconds until a batch of deletions must be done."""
RESTARTED = "app.kubernetes.io/name=argocd-applicationset-controller"


@dataclass(frozen=True)
class Clock:
    """Time, as far as waiting needs it; tests have one of their own."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass
class Cleaning:
    """One undoing: what was undone, and what is left."""

    cluster: Cluster
    journal: Journal
    clock: Clock
    say: Callable[[str], None]
    plays: bool = False
    deleted: int = 0

    def undo(self) -> list[str]:
        """What could not be undone; empty where the cluster is as it was. The journal goes last, and only then."""
        left: list[str] = []
        for work in (self._applications, self._objects, self._namespaces, self._repairs, self._projects):
            try:
                left += work()
            except KubectlError as error:
                left.append(str(error))
        if not left:
            self.cluster.delete([JOURNAL])
        return left

    def _labelled(self, resource: str) -> list[Key]:
        items = self.cluster.list(resource, namespace=ARGOCD, selector=f"{LABEL}={self.journal.run}")
        return [Key(resource, ARGOCD, item["metadata"]["name"]) for item in items]

    def _applications(self) -> list[str]:
        left = self._delete("ApplicationSets", self._labelled(APPSETS))
        if left:
            return left  # They would make every Application anew.
        applications = self._labelled(APPLICATIONS)
        for key, document in live_objects(self.cluster, applications).items():
            if document["metadata"].get("finalizers") or "operation" in document:
                self.cluster.patch(key, {"metadata": {"finalizers": None}, "operation": None})
        return self._delete("Applications", applications)

    def _objects(self) -> list[str]:
        left = []
        for batch in reversed(self.journal.objects):
            left += self._delete("objects", self._ours(batch))
        # A sync that was under way may have made one more meanwhile.
        late = set(self._ours([key for batch in self.journal.objects for key in batch]))
        stuck = {key for key in late if _still(key) in left}
        return left + self._delete("objects", sorted(late - stuck))

    def _ours(self, keys: Collection[Key]) -> list[Key]:
        live = live_objects(self.cluster, keys)
        return [key for key, document in live.items() if self._is_ours(key, document["metadata"])]

    def _is_ours(self, key: Key, metadata: Any) -> bool:
        if str(metadata.get("creationTimestamp", "")) < self.journal.since:
            return False
        tracking = str((metadata.get("annotations") or {}).get(TRACKING, ""))
        # Argo CD marks every object but CustomResourceDefinitions.
        unmarked = not tracking and key.resource.startswith("customresourcedefinitions.")
        return unmarked or tracking.partition(":")[0] in self.journal.applications

    def _namespaces(self) -> list[str]:
        there = {item["metadata"]["name"] for item in self.cluster.list("namespaces")}
        made = [Key("namespaces", "", name) for name in self.journal.namespaces if name in there]
        return self._delete("namespaces", made)

    def _repairs(self) -> list[str]:
        settings = False
        for key, change in self.journal.repairs:
            if self.cluster.get(key):
                self.cluster.patch(key, change)
                settings = settings or key.name in self.journal.settings
        if settings:
            self.cluster.restart(RESTARTED)
        return []

    def _projects(self) -> list[str]:
        return self._delete("projects", self._labelled(PROJECTS))

    def _delete(self, what: str, keys: Sequence[Key]) -> list[str]:
        """Delete and wait until all are gone; those that stay."""
        if keys:
            self.say(f"deleting {len(keys)} {what}")
        self.cluster.delete(keys)
        end = self.clock.now() + PATIENCE
        left = self._live(keys)
        while left and self.clock.now() < end:
            self.clock.sleep(1)
            left = self._live(left)
        self.deleted += len(keys) - len(left)
        return [_still(key) for key in left]

    def _live(self, keys: Collection[Key]) -> list[Key]:
        live = live_objects(self.cluster, keys)
        if self.plays:
            for key, document in live.items():
                if document["metadata"].get("deletionTimestamp"):
                    collect(self.cluster, key, document)
            live = live_objects(self.cluster, live)
        return sorted(live)


def _still(key: Key) -> str:
    return f"{key} is still there"
