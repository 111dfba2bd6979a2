"""The Applications that a tree's ApplicationSets become."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.model.json import JsonObject, JsonValue


@dataclass(frozen=True)
class GeneratedApplication:
    """One Application as the controller would store it."""

    environment: str
    """The environment whose folder holds the ApplicationSet; empty for a lone ``--appset``."""
    appset: str
    name: str
    manifest: JsonObject
    """``apiVersion, kind, metadata, spec``, normalised (rule 2.21)."""
    step: int | None = None
    """RollingSync step counted from 1, -1 for none; None where the ApplicationSet has no rolling sync."""
    origin: str = ""
    """The document of a foreign tree that made it, ``path#index``; empty where the environment tells enough."""


@dataclass(frozen=True)
class ExpansionError:
    """Why an ApplicationSet, or one application of it, could not be generated."""

    application: str
    """The Application's name; empty where the whole ApplicationSet failed."""
    message: str
    environment: str = ""
    appset: str = ""
    origin: str = ""
    """As in :class:`GeneratedApplication`."""


@dataclass(frozen=True)
class RollingStep:
    """One step of a rolling sync."""

    expressions: tuple[JsonObject, ...]
    max_update: JsonValue
    """As written; None where it is not."""
    applications: tuple[str, ...]
    """Every Application that the expressions select, also where an earlier step has it; sorted."""


@dataclass(frozen=True)
class RollingSync:
    """The rolling sync of one ApplicationSet."""

    environment: str
    appset: str
    steps: tuple[RollingStep, ...]


@dataclass(frozen=True)
class Expansion:
    """Applications sorted by environment and name, with the errors."""

    applications: tuple[GeneratedApplication, ...]
    errors: tuple[ExpansionError, ...] = ()
    rolling: tuple[RollingSync, ...] = ()
    """In the order of the files; ApplicationSets without a rolling sync have none."""


def plain_url(url: str) -> str:
    """A repository's URL without the differences that name the same place."""
    return url.strip().rstrip("/").removesuffix(".git").lower()
