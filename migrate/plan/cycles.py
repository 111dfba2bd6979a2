"""Circles of releases that wait for each other, and how to split one of them so that the circle opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model.finding import Finding, Severity
from migrate.model.graph import Cycle, Edge, ReleaseGraph, ReleaseNode
from migrate.plan.vocabulary import PASSIVE, WORKLOADS

_ENDS = re.compile(r"^(?P<user>\w+) (?P<user_name>\S+) (?:→|->) (?P<provider>\w+) (?P<provider_name>\S+)")
_SMALL = frozenset(
    {
        "Certificate",
        "ConfigMap",
        "ExternalSecret",
        "Namespace",
        "PriorityClass",
        "SealedSecret",
        "Secret",
        "StorageClass",
    }
    | {kind.partition(".")[0] for kind in PASSIVE}
)
_RUNNING = frozenset(kind.partition(".")[0] for kind in WORKLOADS) | {"Pod"}


@dataclass(frozen=True)
class _Split:
    """One way to open a circle: what to take out of which release; the lowest rank is the most usual."""

    rank: int
    text: str


def cycle_findings(graph: ReleaseGraph, components: set[str]) -> Iterable[Finding]:
    """An error for each circle of Applications, with every edge, both of its ends, and the split that opens it."""
    nodes = {node.id: node for node in graph.nodes}
    for cycle in graph.cycles:
        if set(cycle.releases) <= components:
            yield _finding(cycle, nodes)


def on_a_circle(graph: ReleaseGraph) -> frozenset[tuple[str, str]]:
    """The ends of every edge that lies on a circle."""
    return frozenset((edge.before, edge.after) for cycle in graph.cycles for edge in cycle.edges)


def _finding(cycle: Cycle, nodes: Mapping[str, ReleaseNode]) -> Finding:
    edges = "; ".join(
        f"{edge.after} ({nodes[edge.after].source}) needs {edge.before} ({nodes[edge.before].source}): {edge.evidence}"
        for edge in cycle.edges
    )
    splits = sorted({split.rank: split for edge in reversed(cycle.edges) for split in _splits(edge, nodes)}.items())
    first = splits[0][1].text
    other = f"; or {splits[1][1].text}" if len(splits) > 1 else ""
    return Finding(
        "PL013",
        Severity.ERROR,
        f"{len(cycle.releases)} releases wait for each other in a cycle: {edges}",
        f"{first}{other}",
        cycle.edges[0].source,
        cycle.releases[0],
    )


def _splits(edge: Edge, nodes: Mapping[str, ReleaseNode]) -> Iterable[_Split]:
    """How the edge could go: by a release of its own for what is needed, or for what needs it."""
    before, after = edge.before, edge.after
    found = _ENDS.match(edge.evidence)
    if edge.kind == "crd" and set(nodes[before].kinds) & WORKLOADS:
        yield _Split(
            0,
            f"split the definitions out of {before}: a release of its own for them ({_name(before)}-crds, phase *10), "
            f"and {after} needs that one only: `crds: apart` for {before} in migration.yaml",
        )
    if found and found["user"] in ("Job", "CronJob"):
        yield _Split(
            1,
            f"split {found['user']} {found['user_name']} out of {after}: a bootstrap of its own behind its runtime and "
            f"behind {before} (phase *55)",
        )
    elif found and found["user"] not in _RUNNING and set(nodes[after].kinds) & WORKLOADS:
        yield _Split(
            2,
            f"split {found['user']} {found['user_name']} out of {after}: a release of its own behind its runtime "
            f"{_name(after)} and behind {before}",
        )
    if found and found["provider"] in _SMALL and len(nodes[before].kinds) > 1:
        yield _Split(
            3,
            f"split {found['provider']} {found['provider_name']} out of {before}: a release of its own before both",
        )
    if edge.stated:
        yield _Split(4, f"take {before} out of {after}'s {edge.evidence}, if it can start without it")
    yield _Split(5, f"split {after}: what needs {before} goes into a release of its own behind both")


def _name(release: str) -> str:
    return release.rsplit("/", 1)[-1]
