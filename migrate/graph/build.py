"""Estate and renders → ReleaseGraph: nodes, stated and inferred edges over all environments, cycles."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from migrate.graph.infer import Deployed, Inferred, Reference, hook_events, infer_references, is_test
from migrate.graph.kinds import BUILT_IN_GROUPS, defined_kind, is_cluster_scoped, items_at, scopes
from migrate.graph.order import find_cycles
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity, SourceLocation, sort_findings
from migrate.model.graph import Cycle, Edge, ReleaseGraph, ReleaseNode
from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest, Rendered

Renders = Mapping[tuple[str, str], Rendered]


def build_graph(estate: Estate, rendered: Renders) -> tuple[ReleaseGraph, tuple[Finding, ...]]:
    """The graph over all environments; ``rendered`` is keyed by ``(environment, release id)``.

    A release that is missing there, or that did not render, keeps its stated edges and has no inferred ones.
    """
    defined = scopes(m for key in sorted(rendered) for m in rendered[key].manifests)
    nodes = tuple(_node(name, found, rendered, defined) for name, found in estate.by_id().items())
    inferred = {name: _infer(estate, name, rendered, defined) for name in estate.environments}
    sources = {name: next(iter(found.values())).source for name, found in estate.by_id().items()}
    references = [reference for name in estate.environments for reference in inferred[name].references]
    edges = _sorted((*_stated(estate), *_merged(references, sources)))
    graph = ReleaseGraph(
        nodes=nodes,
        edges=edges,
        cycles=find_cycles((node.id for node in nodes), edges),
        hints=_hints(estate),
        mentions=_merged([mention for name in estate.environments for mention in inferred[name].mentions], sources),
    )
    return graph, sort_findings((*_cycle_findings(graph.cycles), *_inference_findings(inferred, sources)))


def _node(name: str, found: Mapping[str, Release], rendered: Renders, defined: Mapping[str, bool]) -> ReleaseNode:
    first = next(iter(found.values()))
    everything = tuple(m for e in found if (e, name) in rendered for m in rendered[e, name].manifests)
    events = [hook_events(m) for m in everything]
    # A test beside ordinary objects tells nothing about what the release is.
    ordinary = tuple(m for m, event in zip(everything, events, strict=True) if not is_test(event))
    manifests = ordinary or everything
    kinds = tuple(sorted({m.key.group_kind for m in manifests}))
    return ReleaseNode(
        id=name,
        layer=first.layer,
        source=first.source,
        environments=tuple(e for e, release in found.items() if release.deployed),
        kinds=kinds,
        hooks_only=bool(events) and all(events),
        tests_only=bool(everything) and not ordinary,
        cluster_scoped=tuple(kind for kind in kinds if is_cluster_scoped(kind, defined)),
        crds=tuple(sorted({kind for m in manifests if (kind := defined_kind(m))})),
        controls=tuple(sorted({group for m in manifests for group in controlled(m)})),
    )


def controlled(manifest: Manifest) -> Iterable[str]:
    """Groups of custom kinds whose status or finalizers a role may write; only a controller asks for that."""
    if manifest.key.kind not in ("ClusterRole", "Role"):
        return
    for rule in items_at(manifest.document, "rules"):
        verbs = _texts(items_at(rule, "verbs"))
        resources = _texts(items_at(rule, "resources"))
        owns = any(r == "*" or r.endswith(("/status", "/finalizers")) for r in resources)
        if owns and verbs & {"*", "update", "patch"}:
            yield from _texts(items_at(rule, "apiGroups")) - BUILT_IN_GROUPS - {"*"}


def _texts(values: list[JsonValue]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _infer(estate: Estate, environment: str, rendered: Renders, defined: Mapping[str, bool]) -> Inferred:
    deployed = [
        Deployed(release, rendered[environment, release.id].manifests)
        for release in estate.in_environment(environment)
        if release.deployed and (environment, release.id) in rendered
    ]
    return infer_references(deployed, environment, defined)


def _stated(estate: Estate) -> list[Edge]:
    """An edge for each ``needs``; its environments are those that deploy both ends, and may be none."""
    known = estate.by_id()
    found: dict[tuple[str, str], list[str]] = {}
    sources: dict[tuple[str, str], SourceLocation] = {}
    for release in estate.releases:
        for before in release.needs:
            if before not in known or before == release.id:
                continue
            ends = (before, release.id)
            sources.setdefault(ends, _needs_source(release))
            places = found.setdefault(ends, [])
            other = known[before].get(release.environment)
            if release.deployed and other is not None and other.deployed:
                places.append(release.environment)
    return [
        Edge(before, after, "needs", f"needs in {sources[before, after]}", tuple(places), sources[before, after])
        for (before, after), places in found.items()
    ]


def _needs_source(release: Release) -> SourceLocation:
    return next((key.source for key in release.keys if key.name == "needs"), release.source)


def _sorted(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    return tuple(sorted(edges, key=lambda e: (e.before, e.after, e.kind)))


def _merged(references: list[Reference], sources: Mapping[str, SourceLocation]) -> tuple[Edge, ...]:
    """One edge for each pair and kind, with the first evidence by text and a count of the others."""
    evidence: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    environments: dict[tuple[str, str, str], dict[str, None]] = {}
    for reference in references:
        ends = (reference.before, reference.after, reference.kind)
        evidence.setdefault(ends, set()).add((reference.evidence, reference.field))
        environments.setdefault(ends, {})[reference.environment] = None
    return _sorted(
        Edge(*ends, _evidence(found), tuple(environments[ends]), sources[ends[1]], min(found)[1])
        for ends, found in evidence.items()
    )


def _evidence(found: set[tuple[str, str]]) -> str:
    texts = sorted({text for text, _ in found})
    return texts[0] if len(texts) == 1 else f"{texts[0]} (and {len(texts) - 1} more)"


def _hints(estate: Estate) -> tuple[tuple[str, str], ...]:
    names = [layer.name for layer in sorted(estate.layers, key=lambda layer: layer.order)]
    return tuple(itertools.pairwise(names))


_MOST_CIRCLES = 20
"""So many circles are told one by one, the shortest first: whoever has more mends these, and asks again."""


def _cycle_findings(cycles: tuple[Cycle, ...]) -> list[Finding]:
    shortest = sorted(cycles, key=lambda cycle: (len(cycle.releases), cycle.releases))
    found = [
        Finding(
            "GR001",
            Severity.ERROR,
            "a cycle, these releases wait for each other: " + " → ".join((*cycle.releases, cycle.releases[0])),
            "take one of these out: "
            + "; ".join(f"{e.after} after {e.before} ({e.why})" for e in cycle.edges)
            + ("" if cycle.environments else " (no environment has all of it, and phases are for all of them)"),
            cycle.edges[0].source,
            cycle.releases[0],
        )
        for cycle in shortest[:_MOST_CIRCLES]
    ]
    if left := shortest[_MOST_CIRCLES:]:
        first = left[0]
        found.append(
            Finding(
                "GR001",
                Severity.ERROR,
                f"{len(left)} more cycles, all of {len(first.releases)} releases or more",
                "mend the ones above first; migrate graph --output json has all of them",
                first.edges[0].source,
                first.releases[0],
            )
        )
    return found


def _inference_findings(inferred: Mapping[str, Inferred], sources: Mapping[str, SourceLocation]) -> list[Finding]:
    missing: dict[str, dict[str, None]] = {}
    shared = {thing: names for name in inferred for thing, names in inferred[name].shared}
    for name in inferred:
        for release, kind in inferred[name].missing:
            missing.setdefault(kind, {})[release] = None
    return [
        *(
            Finding(
                "GR002",
                Severity.INFO,
                f"no release ships the definition of {kind}, which {', '.join(users)} "
                + ("uses" if len(users) == 1 else "use"),
                "make sure that the cluster has it before the first sync",
                sources[next(iter(users))],
                next(iter(users)),
            )
            for kind, users in sorted(missing.items())
        ),
        *(
            Finding(
                "GR003",
                Severity.WARNING,
                f"{thing} is provided by several releases: {', '.join(names)}",
                "let one of them provide it: Argo CD counts an object with two owners as a fault",
                sources[names[0]],
                names[0],
            )
            for thing, names in sorted(shared.items())
        ),
    ]
