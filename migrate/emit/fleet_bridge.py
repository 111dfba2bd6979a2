"""The bridge from the estate's old keys to the fleet contract: they stay where they are, and say that they will go.

values layers ──old keys──▶ values of the contract where the plan says none;  a head on each file that sets one
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from migrate.doors.helm import HelmError, parse_values
from migrate.emit.fleet_contract import contract, is_said, value_at
from migrate.emit.pieces import Piece
from migrate.emit.secrets import masked
from migrate.model.estate import Estate, Release, ValuesKind, ValuesLayer
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.fleet import SOURCES
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Disposition, Plan
from migrate.model.tree import Provenance

_RULE = "migrate: old keys of the fleet stay until the charts read the contract"


@dataclass(frozen=True)
class Bridge:
    """What the old keys say, and what a person should know about it."""

    values: Mapping[str, Mapping[str, JsonValue]]
    """Environment → key of the contract → value."""
    findings: tuple[Finding, ...] = ()


def read_bridge(estate: Estate, plan: Plan) -> Bridge:
    """The values of the old keys in each environment, where all releases agree on one that the contract can hold."""
    values: dict[str, dict[str, JsonValue]] = {}
    findings: list[Finding] = []
    unset = set(plan.fleet.bridge)
    for name in estate.environments:
        found = values.setdefault(name, {})
        for old, key in plan.fleet.bridge.items():
            places = _values_of(old, estate, plan, name)
            unset -= {old} if places else set()
            given = {json.dumps(_fitting(old, key, value), sort_keys=True): value for value, _ in places}
            first = next(iter(given.values()), None)
            if len(given) > 1:
                findings.append(_several(old, name, places))
            elif given and _fitting(old, key, first) is None:
                findings.append(_unfit(old, key, name, places[0]))
            elif given:
                found[key] = _fitting(old, key, first)
                findings += _disagreement(plan, name, old, key, found[key], places[0][1])
    findings += [_unset(old) for old in sorted(unset)]
    return Bridge(values, tuple(dict.fromkeys(findings)))


Places = list[tuple[JsonValue, SourceLocation]]


def _values_of(old: str, estate: Estate, plan: Plan, environment: str) -> Places:
    """What an old key is in an environment: each value once, with the first file that sets it."""
    components = {r.id for r in plan.releases if r.disposition is Disposition.COMPONENT}
    found: dict[str, tuple[JsonValue, SourceLocation]] = {}
    for release in estate.in_environment(environment):
        if release.deployed and release.id in components:
            for value, source in _in_release(release, old):
                found.setdefault(json.dumps(value, sort_keys=True), (value, source))
    return list(found.values())


def _in_release(release: Release, old: str) -> Iterator[tuple[JsonValue, SourceLocation]]:
    word = old.split(".")[0]
    for layer in release.values:
        if layer.kind is not ValuesKind.SECRET and word in layer.text:
            value = value_at(_parsed(layer.text), old)
            if value is not None and not _stands_in(value, layer):
                yield value, layer.source


def _stands_in(value: JsonValue, layer: ValuesLayer) -> bool:
    text = json.dumps(value)
    return any(placeholder.text in text for placeholder in layer.placeholders if placeholder.text)


def _shown(old: str, value: JsonValue) -> str:
    return json.dumps(masked(old.rpartition(".")[2], value), ensure_ascii=False)


@functools.lru_cache(maxsize=1024)  # many releases read one file, and each old key is looked for in it
def _parsed(text: str) -> JsonObject:
    try:
        return parse_values(text)
    except HelmError:
        return {}  # the render says what is wrong with it


def _fitting(old: str, key: str, value: JsonValue) -> JsonValue:
    """The value in the form that the contract has for the key; None where it has none, or a secret may be in it."""
    if masked(old.rpartition(".")[2], value) != value:
        return None
    if key.startswith("capabilities."):
        return value if isinstance(value, bool) else None
    if key == "architectures":
        many = value if isinstance(value, list) else [value]
        return [*many] if many and all(isinstance(item, str) and item for item in many) else None
    if key == "imagePolicy.source" and value not in SOURCES:
        return None
    return value if isinstance(value, str) and value else None


def _disagreement(
    plan: Plan, name: str, old: str, key: str, value: JsonValue, source: SourceLocation
) -> Iterator[Finding]:
    said = value_at(contract(plan, name, {}), f"global.{plan.fleet.org}.{key}")
    if is_said(plan, name, key) and said != value:
        yield Finding(
            "EM062",
            Severity.WARNING,
            f"{old} is {_shown(old, value)} in {name}, and the fleet contract says {key}: {json.dumps(said)}",
            "charts that move from one to the other would change: make both say the same",
            source,
            environment=name,
        )


def _several(old: str, name: str, places: Places) -> Finding:
    texts = ", ".join(f"{_shown(old, value)} ({source})" for value, source in places[:3])
    return Finding(
        "EM063",
        Severity.WARNING,
        f"{old} is no fact of the cluster: in {name} it is {texts}",
        "take it out of fleet.bridge.keys, or let one file set it for all",
        places[1][1],
        environment=name,
    )


def _unfit(old: str, key: str, name: str, place: tuple[JsonValue, SourceLocation]) -> Finding:
    return Finding(
        "EM063",
        Severity.WARNING,
        f"{old} is {_shown(old, place[0])} in {name}, which {key} of the fleet contract cannot be",
        "name another key of the contract in fleet.bridge.keys",
        place[1],
        environment=name,
    )


def _unset(old: str) -> Finding:
    return Finding(
        "EM064",
        Severity.INFO,
        f"no values of the estate set {old} any more",
        f"take it out of fleet.bridge.keys: nothing is left to keep of {old}",
    )


def marked(piece: Piece, plan: Plan) -> Piece:
    """The files, each that sets an old key with a head that says so; the values themselves stay as they are."""
    files, provenance = dict(piece.files), dict(piece.provenance)
    for path, content in piece.files.items():
        head = _head(content.decode("utf-8", "replace"), plan)
        if head:
            files[path] = "".join(f"# {line}\n" for line in head).encode() + content
            provenance[path] = (Provenance(1, _RULE, plan.fleet.until), *_moved(provenance[path], len(head)))
    return replace(piece, files=files, provenance=provenance)


def _moved(entries: tuple[Provenance, ...], by: int) -> Iterator[Provenance]:
    for entry in entries:
        yield Provenance(max(entry.line, 1) + by, entry.origin, entry.note)


def _head(text: str, plan: Plan) -> list[str]:
    """The lines of the head; none for a file that sets no old key, or that a directive must begin."""
    fleet = plan.fleet
    if text.startswith(("%", "\ufeff")) or not any(old.split(".")[0] in text for old in fleet.bridge):
        return []
    values = _parsed(text)
    old_keys = [old for old in fleet.bridge if value_at(values, old) is not None]
    lines = [f"  {old}: read .Values.global.{fleet.org}.{fleet.bridge[old]} instead" for old in old_keys]
    until = " ".join(fleet.until.split())
    return [f"Deprecated root keys, kept until: {until} (migration.yaml: fleet.bridge)", *lines] if lines else []
