"""A line of an emitted tree → where it came from: the estate, a decision, a rule. Apart from ``emit``, since it writes
nothing, and what answers at once need not load what emits."""

from migrate.trace.lines import nearest, trace

__all__ = ["nearest", "trace"]
