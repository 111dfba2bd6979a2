"""State files as helmfile holds them after loading: what its own commands print.

``read`` makes them for the drop-in ``migrate helmfile …``; everything else works on the :class:`Estate`.
Data is plain: mappings and lists with helmfile's own keys, timestamps as the YAML door makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from migrate.model.estate import Release
from migrate.model.finding import Finding, SourceLocation


@dataclass(frozen=True)
class Candidate:
    """A release of a state file before anything is chosen; its values are not read yet."""

    release: Release
    selected: bool
    """Whether its labels match the selectors that hold for its file; true where there are none."""
    filtering: bool
    """Whether any selector holds for its file."""
    needs_at: SourceLocation
    """Where its ``needs`` stand."""


@dataclass(frozen=True)
class Chosen:
    """What a command works on: positions among the candidates, in its order; all other values stay unread."""

    positions: tuple[int, ...]
    matched: bool
    """Whether the file counts as one with releases (rule 11.5)."""


Choose: TypeAlias = "Callable[[tuple[Candidate, ...]], Chosen]"
"""Raises EstateError where what is asked for cannot be planned."""


@dataclass(frozen=True)
class StatedRelease:
    """A chosen release: the noun, its fields as ``build`` shows them, and its values as helmfile reads them."""

    release: Release
    fields: Mapping[str, Any]
    values: tuple[Mapping[str, Any], ...] = ()
    """One mapping for each values file that helmfile would write for Helm, in order (rule 12.5)."""


@dataclass(frozen=True)
class StateFile:
    """One loaded state file with the releases that were chosen."""

    path: str
    """Absolute path."""
    file_path: str
    """As helmfile names it: the bare name where it stands in the file's folder, else the absolute path (rule 1.5)."""
    source: str
    """What ``build`` names as the source of a document."""
    spec: Mapping[str, Any]
    """Every section but ``releases``, as merged from bases and parts."""
    releases: tuple[StatedRelease, ...]
    values: Mapping[str, Any]
    """The state values, ``renderedvalues`` of ``build``."""
    environment: Mapping[str, Any]
    """``Name``, ``KubeContext`` and ``Values``, for templates of output paths."""
    matched: bool
    """Whether the file counts as one with releases (rule 11.5)."""


@dataclass(frozen=True)
class StateFiles:
    """What one run of a helmfile command sees, in helmfile's order of visiting."""

    root: str
    """Absolute path that the paths of releases and findings are relative to."""
    files: tuple[StateFile, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    opened: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The texts of secrets that were read, each with its file: none may be told."""
