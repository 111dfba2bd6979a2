"""The graph and the plan of 2,000 releases with 20,000 edges, made in process: no files, no Helm.

    make bench

Half of the edges are stated (`needs`), the others are seen in manifests: Secrets, ServiceAccounts and custom resources
that one release renders and another refers to. The budget is 3 s of processor time (one thread does it all, so
an idle machine's clock shows the same) and 300 MiB; the phases are checked before any figure is
printed, since a fast plan that breaks an edge is none.
"""

from __future__ import annotations

import random
import resource
import sys
import time

from migrate.graph import build_graph
from migrate.model.estate import Estate, Layer, Release
from migrate.model.finding import Severity, SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.plan import check_plan, dump_plan, load_plan, propose_plan

RELEASES, EDGES, LAYERS = 2000, 20000, 20
SECONDS, MEBIBYTES = 3.0, 300.0
NAMES = ("10-bootstrap", "15-secrets", "20-operators", "24-auth", "40-data-plane", "50-services", "55-observability")


def main() -> None:
    estate, rendered = generated(RELEASES, EDGES)
    before = memory()
    started = time.process_time()
    graph, _ = build_graph(estate, rendered)
    graphed = time.process_time()
    plan = propose_plan(estate, graph, None, rendered)
    planned = time.process_time()
    findings = check_plan(plan, estate, graph)
    checked = time.process_time()
    text = dump_plan(plan, None)
    written = time.process_time()
    again = dump_plan(propose_plan(estate, graph, load_plan(text, "migration.yaml"), rendered), text)
    ended = time.process_time()

    phases = {release.id: release.rollout_phase.value for release in plan.releases}
    broken = [edge for edge in graph.edges if phases[edge.before] >= phases[edge.after]]
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if broken or errors or again != text:
        sys.exit(f"{len(broken)} broken edges, {len(errors)} errors, replayed the same: {again == text}")
    seen = sum(not edge.stated for edge in graph.edges)
    print(f"{len(graph.nodes)} releases, {len(graph.edges)} edges ({seen} seen in manifests), every one kept")
    print(f"graph            {graphed - started:6.2f} s")
    print(f"plan             {planned - graphed:6.2f} s   {len(set(phases.values()))} steps in use")
    print(f"check            {checked - planned:6.2f} s")
    print(f"graph and plan   {checked - started:6.2f} s   budget {SECONDS:.0f} s")
    print(f"write            {written - checked:6.2f} s   {len(text) // 1024} KiB of migration.yaml")
    print(f"read and replay  {ended - written:6.2f} s")
    print(f"peak memory    {memory():8.0f} MiB budget {MEBIBYTES:.0f} MiB ({before:.0f} MiB of it the estate itself)")
    if checked - started > SECONDS or memory() > MEBIBYTES:
        sys.exit("over the budget")


def generated(count: int, edges: int) -> tuple[Estate, dict[tuple[str, str], Rendered]]:
    """An acyclic estate: a release waits only for releases before it, mostly for near ones."""
    chance = random.Random(7)
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < edges:
        after = chance.randrange(1, count)
        near = chance.random() < 0.7
        pairs.add((chance.randrange(max(0, after - 200) if near else 0, after), after))
    stated: dict[int, list[int]] = {}
    seen: dict[int, list[int]] = {}
    for place, (before, after) in enumerate(sorted(pairs)):
        (stated if place % 2 else seen).setdefault(after, []).append(before)
    releases = tuple(_release(number, stated.get(number, [])) for number in range(count))
    rendered = {("production", r.id): Rendered(_manifests(n, seen.get(n, []))) for n, r in enumerate(releases)}
    layers = tuple(Layer(name, f"helmfiles/{name}.yaml", place) for place, name in enumerate(NAMES))
    return Estate("helmfiles", "/nowhere", ("production",), layers, releases), rendered


def _release(number: int, needs: list[int]) -> Release:
    layer = NAMES[number * len(NAMES) // RELEASES]
    return Release(
        environment="production",
        namespace="all",
        name=f"r{number}",
        kube_context="",
        layer=layer,
        source=SourceLocation(f"helmfiles/{layer}.yaml", number + 1),
        enabled=True,
        installed=True,
        chart=f"./charts/c{number}",
        chart_path=None,
        version="1.0.0",
        labels={"layer": layer},
        needs=tuple(f"all/r{before}" for before in needs),
    )


def _manifests(number: int, uses: list[int]) -> tuple[Manifest, ...]:
    """A workload that reads one Secret of each release in ``uses``, and a Secret of its own."""
    sources: list[JsonObject] = [{"secretRef": {"name": f"s{before}"}} for before in uses]
    container: JsonObject = {"name": "main", "image": "registry.example.org/app:1", "envFrom": [*sources]}
    spec: JsonObject = {"template": {"spec": {"containers": [container]}}}
    return (
        _object("apps", "Deployment", f"r{number}", {"spec": spec}),
        _object("", "Service", f"r{number}", {"spec": {"ports": [{"port": 80}]}}),
        _object("", "Secret", f"s{number}", {"data": {}}),
    )


def _object(group: str, kind: str, name: str, more: JsonObject) -> Manifest:
    version = f"{group}/v1" if group else "v1"
    document: JsonObject = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "all"}, **more}
    return Manifest(ObjectKey(group, kind, "all", name), document, "")


def memory() -> float:
    """MiB at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
