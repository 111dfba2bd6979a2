"""What a fleet of clusters agrees on: the facts that every chart may read under ``global.<org>``, and component sets.

``plan`` reads it from migration.yaml, ``emit`` writes it as values, ``verify`` gives it to both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WHOLE, CURATED = "whole", "curated"
"""The component set of a cluster type: all that any type has, some of it parked; or a list of its own."""

PARKED, ABSENT = "parked", "absent"
"""A release that a cluster type does not deploy: there and switched off, or not of its set at all."""

CONTRACT_FOLDER = "globals/fleet"
"""Where a level's file of the contract lies below its folder of values; no layer owns what is in it."""

CONTRACT_KEYS = ("clusterType", "clusterName", "environment", "architectures", "capabilities", "imagePolicy")
"""The keys below ``global.<org>``."""

MIRROR, UPSTREAM = "mirror", "upstream"
SOURCES = (MIRROR, UPSTREAM)
"""Where images come from: the fleet's mirror, or the registry that a chart names."""

DEFAULT_ARCHITECTURES = ("amd64",)
DEFAULT_SOURCE = UPSTREAM
REQUIRED, OPTIONAL = "required", "optional"
DIGESTS = (REQUIRED, OPTIONAL)
"""Whether every image must say its digest."""


@dataclass(frozen=True)
class ImagePolicy:
    """Where the images of a cluster come from. What is empty is said by a more general level."""

    source: str = ""
    """One of :data:`SOURCES`."""
    mirror: str = ""
    """The registry, with a path where it has one: ``registry.example.com/mirror``."""
    mirrors: Mapping[str, str] = field(default_factory=dict)
    """Registry, or a path in one → what takes its place there; ``mirror`` is for all others. Not in the contract."""
    allow: tuple[str, ...] = ()
    """Registries, or paths in them, that images may come from besides. Not in the contract."""
    digests: str = ""
    """One of :data:`DIGESTS`. Not in the contract."""


@dataclass(frozen=True)
class FleetFacts:
    """What one level says: the fleet, a cluster type or an environment. What is empty is said by a general one."""

    architectures: tuple[str, ...] = ()
    """Those of the nodes, as images name them (``amd64``): an image must have all of them."""
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    """What a cluster can do; a special level may say otherwise about each."""
    image_policy: ImagePolicy = field(default_factory=ImagePolicy)
    cluster_name: str = ""
    """Of an environment only."""


@dataclass(frozen=True)
class Fleet:
    """The fleet contract; off while ``org`` is empty."""

    org: str = ""
    facts: FleetFacts = field(default_factory=FleetFacts)
    cluster_types: Mapping[str, FleetFacts] = field(default_factory=dict)
    environments: Mapping[str, FleetFacts] = field(default_factory=dict)
    bridge: Mapping[str, str] = field(default_factory=dict)
    """Old key of the estate's values (``cluster.name``) → the key of the contract that takes its place."""
    until: str = ""
    """How long the old keys are kept: a date or a condition, in a person's words."""
    without: tuple[str, ...] = ()
    """Ids of releases that do not get the contract."""

    @property
    def is_on(self) -> bool:
        """Whether there is a contract."""
        return bool(self.org)
