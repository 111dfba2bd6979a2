"""What must hold before a layer is cut over: its verdicts, what is deployed, and the layers that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.errors import RefusedError
from migrate.model.deployed import Deployment
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import Disposition, Plan
from migrate.model.report import Report, Verdict

PROVEN = (Verdict.EQUAL, Verdict.EXPLAINED)
CUT = ("fenced", "removed")
_SHOWN = 5


def refuse_unproven(layer: str, report: Report | None, expected: Sequence[tuple[str, str]]) -> None:
    """Stop where a report does not say ``equal`` or ``explained`` of every ``(environment, release id)``.

    Raises:
        RefusedError: there is no report, a row is missing, or it says otherwise.
    """
    if report is None:
        raise RefusedError("nobody has verified the tree as it is now", hint="run: migrate verify")
    verdicts = {(row.environment, row.id): row.verdict for row in report.releases}
    bad = [
        f"{identity} in {environment}: {verdicts.get((environment, identity), 'no verdict')}"
        for environment, identity in expected
        if verdicts.get((environment, identity)) not in PROVEN
    ]
    if bad:
        raise RefusedError(
            f"{layer} is not proven: {_listed(bad)}", hint="mend what `migrate verify` says of them, then verify again"
        )


def refuse_undeployed(layer: str, report: Report) -> None:
    """Stop where the estate is not what Helm recorded: the first sync would change it (decision 6).

    Raises:
        RefusedError: a release of the layer drifted, or no record of it was given.
    """
    bad = [
        f"{row.id} in {row.environment}: {row.state}"
        for row in report.deployed
        if row.bad or row.state is Deployment.UNRECORDED
    ]
    if bad:
        raise RefusedError(
            f"{layer} is not what is deployed: {_listed(bad)}",
            hint="see `migrate verify --deployed DIR`; apply it with helmfile once more, or say --no-deployed",
        )


def open_needs(layer: str, plan: Plan, graph: ReleaseGraph) -> dict[str, tuple[str, ...]]:
    """Layers that this one needs and that are not cut over → why, an edge a line.

    Layers that need each other (round about, too) cannot be put into an order, so they do not hold each other up.
    """
    known = plan.by_id()
    needed: dict[str, set[str]] = {}
    why: dict[str, list[str]] = {}
    for edge in graph.edges:
        before, after = known.get(edge.before), known.get(edge.after)
        if before is None or after is None or before.layer == after.layer:
            continue
        if {before.disposition, after.disposition} != {Disposition.COMPONENT}:
            continue
        needed.setdefault(after.layer, set()).add(before.layer)
        if after.layer == layer and before.state not in CUT:
            why.setdefault(before.layer, []).append(f"{edge.after} needs {edge.before} ({edge.kind})")
    return {name: tuple(told) for name, told in why.items() if layer not in _reached(name, needed)}


def cutover_order(plan: Plan, graph: ReleaseGraph) -> tuple[str, ...]:
    """The layers in an order in which each may be cut over: what is needed first, else as the estate has them."""
    names = list(dict.fromkeys(release.layer for release in plan.releases))
    fresh = {name: set(open_needs(name, _uncut(plan), graph)) for name in names}
    found: list[str] = []
    while len(found) < len(names):
        ready = next(name for name in names if name not in found and fresh[name] <= set(found))
        found.append(ready)
    return tuple(found)


def refuse_open_needs(layer: str, plan: Plan, graph: ReleaseGraph) -> None:
    """Stop where a layer is needed that helmfile still applies.

    Raises:
        RefusedError: with the layers and why.
    """
    found = open_needs(layer, plan, graph)
    if found:
        raise RefusedError(
            f"{layer} needs what is not cut over: {_listed([one for told in found.values() for one in told])}",
            hint=f"first: migrate cutover {next(iter(found))} (or --accept-needs, if you know better)",
        )


def _uncut(plan: Plan) -> Plan:
    return replace(plan, releases=tuple(replace(release, state="") for release in plan.releases))


def _reached(start: str, needed: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        for name in needed.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return found


def _listed(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more
