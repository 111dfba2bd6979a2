"""What is deployed: Helm's own record of a release, and how the estate compares with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model.difference import Difference, Explanation
from migrate.model.finding import SourceLocation


@dataclass(frozen=True)
class ReleaseRecord:
    """The revision of one release that counts. Its texts hold real secrets, and are never shown or written."""

    folders: tuple[str, ...]
    """The folders it lies in, below the one that was given: the environment, and perhaps a kube context."""
    namespace: str
    name: str
    where: str
    """The file, relative to the folder that was given."""
    revision: int = 0
    """0 where the file does not say."""
    status: str = "deployed"
    """Helm's word for the newest revision; ``deployed`` unless none counts."""
    newer: str = ""
    """What became of a newer revision than the one that counts: ``revision 7 is failed``."""
    manifest: str = field(default="", repr=False)
    hooks: str | None = field(default=None, repr=False)
    """None where hooks are not recorded."""


class Deployment(StrEnum):
    """How the estate compares with what is deployed."""

    SAME = "same"
    DRIFTED = "drifted"
    NOT_DEPLOYED = "not deployed"
    """The helmfiles deploy it, and Helm has no record of it."""
    UNSETTLED = "unsettled"
    """Helm has records and none of them counts: its first install failed or is pending, or all are superseded."""
    UNKNOWN = "unknown"
    """One of the two sides cannot be read."""
    UNRECORDED = "unrecorded"
    """Nothing of the whole environment is there to compare with."""
    PARKED = "parked"
    """Deployed, though the helmfiles switch it off here."""
    UNDECLARED = "undeclared"
    """Deployed, and no helmfile of this environment declares it."""


@dataclass(frozen=True)
class DeployedRelease:
    """One release in one environment: the estate's side against Helm's record."""

    environment: str
    id: str
    state: Deployment
    revision: int = 0
    objects: int = 0
    """How many objects were compared."""
    added: int = 0
    """Objects of the estate that are not deployed."""
    removed: int = 0
    """Objects that are deployed and no longer in the estate."""
    changed: int = 0
    """Objects on both sides that differ."""
    differences: tuple[Difference, ...] = ()
    """``left`` is the estate's side, ``right`` what is deployed."""
    explanations: tuple[Explanation, ...] = ()
    note: str = ""
    source: SourceLocation | None = None

    @property
    def bad(self) -> bool:
        """Whether the first sync would change the cluster, or nobody can say that it would not."""
        return self.state in _BAD


_BAD = frozenset({Deployment.DRIFTED, Deployment.NOT_DEPLOYED, Deployment.UNSETTLED, Deployment.UNKNOWN})


def count_states(rows: tuple[DeployedRelease, ...]) -> Mapping[str, int]:
    """How many rows of each state, every state present."""
    return {state.value: sum(row.state is state for row in rows) for state in Deployment}
