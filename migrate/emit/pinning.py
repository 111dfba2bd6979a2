"""For every Secret that a chart draws: which value has it make none, and an ExternalSecret for what it needs then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrate.doors.yaml import dump_yaml
from migrate.emit.placement import Placement
from migrate.model.json import JsonObject, JsonValue, as_object
from migrate.model.manifest import Drawn, ObjectKey
from migrate.model.plan import ReleasePlan
from migrate.model.structure import value_at
from migrate.model.tree import Provenance


@dataclass(frozen=True)
class Store:
    """Where ExternalSecrets of an environment read from: the one ClusterSecretStore that it renders, if it is one."""

    name: str
    api_version: str
    mount: str = ""
    """The mount of a Vault's key-value engine, which keys then leave out."""


@dataclass(frozen=True)
class Proposal:
    """One object that a person may take, with what is to be said of it."""

    comment: tuple[str, ...]
    document: JsonObject
    origins: tuple[Provenance, ...]


def drawn_proposals(placement: Placement, store: Store, is_named: bool) -> Iterator[Proposal]:
    """An ExternalSecret for each drawn Secret that the chart can be told not to make; ``is_named``: the store is known.

    None where the value has somebody else make it (cert-manager), and none beside a Secret that the chart goes on
    making: two would write the same object.
    """
    for key, drawn in _by_secret(placement.drawn).items():
        if drawn[0].switch and not isinstance(drawn[0].switch_to, bool):
            yield _proposal(placement, key, drawn, store, is_named)


def _by_secret(drawn: Iterable[Drawn]) -> dict[ObjectKey, list[Drawn]]:
    found: dict[ObjectKey, list[Drawn]] = {}
    for one in drawn:
        if one.is_secret:
            found.setdefault(one.key, []).append(one)
    return found


def _proposal(placement: Placement, key: ObjectKey, drawn: Sequence[Drawn], store: Store, is_named: bool) -> Proposal:
    given = value_at(placement.plan.pins, drawn[0].switch)
    name = given if isinstance(given, str) and given else key.name
    namespace = key.namespace or placement.namespace
    secret = next((m.document for m in placement.manifests if m.key == key), {})
    entries = sorted({**as_object(secret.get("data")), **as_object(secret.get("stringData"))})
    data: list[JsonValue] = [
        {"secretKey": entry, "remoteRef": {"key": f"{namespace}/{name}", "property": entry}} for entry in entries
    ]
    kind = secret.get("type")
    target: JsonObject = {"name": name, "creationPolicy": "Owner"}
    if isinstance(kind, str) and kind != "Opaque":
        target["template"] = {"type": kind}
    document: JsonObject = {
        "apiVersion": store.api_version,
        "kind": "ExternalSecret",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": store.name},
            "target": target,
            "data": data,
        },
    }
    return Proposal(
        tuple(_comment(placement, key, drawn, store, is_named, name)), document, tuple(_origins(placement, drawn))
    )


def _origins(placement: Placement, drawn: Iterable[Drawn]) -> Iterator[Provenance]:
    calls: dict[tuple[str, int, str], list[str]] = {}
    for one in drawn:
        for call in one.calls:
            calls.setdefault(call, []).append(one.path)
    for (file, line, function), paths in calls.items():
        does = "keeps" if function == "lookup" else "gives"
        yield Provenance(0, f"{placement.release.chart_path}/{file}:{line}", f"{function} {does} {', '.join(paths)}")


def _comment(
    placement: Placement, key: ObjectKey, drawn: Sequence[Drawn], store: Store, is_named: bool, name: str
) -> Iterator[str]:
    yield f"A proposal for {key} of {placement.release.id}; nothing syncs this file. The chart draws of it:"
    for one in drawn:
        by = ", ".join(f"{function} ({file}:{line})" for file, line, function in one.calls)
        yield f"  {one.path}, by {by}"
    yield "To use it:"
    yield (
        f"  1. See that the store {store.name} has the keys below, with what the live Secret holds."
        if is_named
        else f"  1. Name the store instead of {store.name}; it needs the keys below, with what the live Secret holds."
    )
    if drawn[0].held_by(placement.plan.pins) == drawn[0].switch:
        yield f"  2. The chart makes none: migration.yaml pins {drawn[0].switch}."
    else:
        yield "  2. Let the chart make none, under the release in migration.yaml (or in its values), and convert again:"
        pins: JsonObject = {
            "pins": {"reason": "the chart draws it anew in each render", "values": _laid(drawn[0].switch, name)}
        }
        yield from (f"       {line}" for line in dump_yaml(pins).splitlines())
    yield f"  3. Move this file into a component of a phase before {placement.plan.rollout_phase.value}."


def _laid(path: str, value: JsonValue) -> JsonObject:
    """``{"a": {"b": value}}`` for ``a.b``."""
    first, _, rest = path.partition(".")
    return {first: _laid(rest, value) if rest else value}


def drawn_section(placements: Sequence[Placement]) -> str:
    """The part of the runbook on values that deployed charts draw; empty where none does."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for placement in placements:
        for one in () if placement.parked else placement.drawn:
            template, line, _ = one.calls[0] if one.calls else (one.template, one.line, "")
            row = (placement.name, str(one.key), one.path, f"{template}:{line}", _held(placement.plan, one))
            rows.setdefault(row, []).append(placement.environment.name)
    if not rows:
        return ""
    lines = [
        "## Values that charts draw",
        "",
        "Helm keeps such a value from one release to the next, or finds the old one on the cluster. Argo CD renders",
        "anew each time and asks no cluster: **unless a value holds it still, each sync replaces it**. Where a chart",
        "takes a Secret that exists, that has to be there first, also on a new cluster: `environments/<env>/secrets`",
        "has a proposal for it.",
        "",
        "| Application | object | field | drawn at | held still by | environments |",
        "|---|---|---|---|---|---|",
        *(
            f"| {' | '.join((*row[:2], f'`{row[2]}`', f'`{row[3]}`', row[4]))} | {', '.join(rows[row])} |"
            for row in sorted(rows)
        ),
    ]
    return "\n".join(lines) + "\n"


def _held(plan: ReleasePlan, drawn: Drawn) -> str:
    if pinned := drawn.held_by(plan.pins):
        return f"`{pinned}`, pinned in migration.yaml"
    ways = [drawn.switch] if drawn.switch else []
    ways += [", ".join(drawn.pins)] if drawn.pins else []
    return f"**open**: {' or '.join(f'`{way}`' for way in ways)}" if ways else "**open**: no value of the chart"
