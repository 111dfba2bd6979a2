"""What a generation knows beside the ApplicationSet itself: repositories, clusters, projects, the version's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.expand.errors import GenerationError
from migrate.expand.schema import DecodeError, ListOf, MapOf, Scalar, Struct, decode
from migrate.expand.text import Substitution
from migrate.model.application import plain_url
from migrate.model.json import JsonValue
from migrate.model.tree import FileTree

LOCAL_SERVER = "https://kubernetes.default.svc"
LOCAL_NAME = "in-cluster"
_CLUSTER = Struct(
    {
        "name": Scalar.TEXT_KEPT,
        "server": Scalar.TEXT_KEPT,
        "labels": MapOf(Scalar.TEXT_KEPT),
        "annotations": MapOf(Scalar.TEXT_KEPT),
        "project": Scalar.TEXT,
    }
)


@dataclass(frozen=True)
class Cluster:
    """A cluster secret of Argo CD."""

    name: str
    server: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    project: str = ""


def read_clusters(data: JsonValue) -> tuple[Cluster, ...]:
    """Clusters as a file lists them: ``[{name, server, labels, annotations, project}]``.

    Raises:
        ValueError: it is no such list.
    """
    try:
        entries: Any = decode(data, ListOf(_CLUSTER))
    except DecodeError as error:
        raise ValueError(f"no list of clusters [{{name, server, labels, annotations, project}}]: {error}") from error
    return tuple(_cluster(entry, number) for number, entry in enumerate(entries, 1))


def _cluster(entry: dict[str, Any], number: int) -> Cluster:
    if not entry["name"] or not entry["server"]:
        raise ValueError(f"cluster {number} needs a name and a server")
    labels, annotations = entry.get("labels", {}), entry.get("annotations", {})
    return Cluster(entry["name"], entry["server"], labels, annotations, entry.get("project", ""))


@dataclass(frozen=True)
class Surroundings:
    """Where an ApplicationSet would live."""

    repositories: Mapping[str, FileTree]
    """repoURL → content of its one revision; the key ``""`` answers for every other repoURL."""
    clusters: tuple[Cluster, ...] | None = ()
    """Clusters beside the local one; None where they are not known, and then every destination is taken."""
    projects: frozenset[str] | None = None
    """AppProjects beside ``default``; None where they are not known, and then every project is taken."""
    new_git_file_globbing: bool = False
    argocd_version: str = "3.3"

    def at_least(self, version: str) -> bool:
        """Whether the Argo CD in question is ``version`` (``major.minor``) or later."""
        return _numbers(self.argocd_version) >= _numbers(version)

    def tree(self, url: str) -> FileTree:
        """The content of the repository at ``url``.

        Raises:
            GenerationError: nobody said where its content lies.
        """
        by_plain_url = {plain_url(known): tree for known, tree in self.repositories.items()}
        found = by_plain_url.get(plain_url(url), self.repositories.get(""))
        if found is None:
            raise GenerationError(f"no content is known for the repository {url}; name it with --repo {url}=DIR")
        return found

    def has_project(self, name: str) -> bool:
        """Whether the AppProject is there."""
        return self.projects is None or name == "default" or name in self.projects


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split(".")[:2] if part.isdigit())


@dataclass(frozen=True)
class Generation:
    """One run: the surroundings, the way texts are filled in, and the project that the template names."""

    surroundings: Surroundings
    substitution: Substitution
    template_project: str

    @property
    def open_text_maps(self) -> bool:
        """Whether a selector sees inside text maps (rule 1.36)."""
        return self.surroundings.at_least("3.4") or not self.substitution.go_template
