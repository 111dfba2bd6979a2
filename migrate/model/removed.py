"""What cut-over keeps of a layer when it takes its releases out of the helmfiles: enough to convert and verify them.

One JSON file a layer beside migration.yaml; a secret is never in it, only the placeholder that stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrate.model.estate import Layer, Release


@dataclass(frozen=True)
class CutNeed:
    """A ``needs`` entry that went with the release it named, taken from one that stays."""

    environment: str
    release: str
    need: str


@dataclass(frozen=True)
class RemovedLayer:
    """The releases of one layer as helmfile saw them last, in every environment."""

    layer: Layer
    environments: tuple[str, ...]
    """All environments of the estate at that time, in its order."""
    releases: tuple[Release, ...]
    cut_needs: tuple[CutNeed, ...] = ()


def without_secret_texts(release: Release) -> Release:
    """The release as it may be written: its placeholders stay, what they stand for goes."""
    return replace(release, values=tuple(replace(layer, secret_text=None) for layer in release.values))
