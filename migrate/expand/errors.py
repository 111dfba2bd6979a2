"""Why a generation stops; inside ``expand`` only, the outside sees :class:`ExpansionError` values."""

from __future__ import annotations


class GenerationError(Exception):
    """The whole ApplicationSet yields nothing (rule 1.3)."""
