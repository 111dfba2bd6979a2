"""Values layers become files: one file a layer, at its place in the order, shared where all environments agree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.yaml import dump_yaml
from migrate.emit.pieces import Piece
from migrate.emit.placement import Placement
from migrate.model.estate import ValuesKind, ValuesLayer
from migrate.model.finding import Finding, Severity
from migrate.model.origin import NESTED
from migrate.model.tree import Provenance

VALUES_FOLDER = "sources/values"
SHARED = "_shared"
SUPPLY = "do not sync it before the chart takes them from a Secret of the cluster"


@dataclass(frozen=True)
class ValuesLayout:
    """The value files of one component in each environment, lowest precedence first, and the files themselves."""

    value_files: Mapping[str, tuple[str, ...]]
    """Environment → root-relative paths."""
    empty: Mapping[str, int]
    """Environment → how many layers were left out because they hold nothing."""
    piece: Piece


@dataclass(frozen=True)
class _Slot:
    """A layer's place, the same in every environment: what it is, whatever the environment is called."""

    kind: ValuesKind
    place: str
    occurrence: int


@dataclass
class _Files:
    files: dict[str, bytes] = field(default_factory=dict)
    provenance: dict[str, tuple[Provenance, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def lay_out_values(placements: Sequence[Placement]) -> ValuesLayout:
    """The value files of one folder; ``placements`` are the release that has it in each environment."""
    written = _Files()
    layers = {p.environment.name: _slots(p) for p in placements}
    numbers = _numbers([tuple(slots) for slots in layers.values()])
    shared = _shared_slots(placements, layers)
    value_files: dict[str, tuple[str, ...]] = {}
    empty: dict[str, int] = {}
    for placement in placements:
        name = placement.environment.name
        paths = []
        for slot, layer in layers[name].items():
            agreed = shared.get(slot) == layer.text
            folder = f"{VALUES_FOLDER}/{SHARED if agreed else name}/{placement.folder}"
            path = f"{folder}/{numbers[slot]}-{_file_name(layer)}"
            _write_layer(written, placement, layer, path)
            paths.append(path)
        if placement.plan.pins:
            agreed = all(other.plan.pins == placement.plan.pins for other in placements)
            number = f"{10 * (len(numbers) + 1):02}"
            paths.append(_write_pins(written, placement, number, SHARED if agreed else name))
        value_files[name] = tuple(paths)
        empty[name] = len(placement.release.values) - len(layers[name])
    return ValuesLayout(
        value_files, empty, Piece(written.files, written.provenance, tuple(dict.fromkeys(written.findings)))
    )


def holds_nothing(layer: ValuesLayer) -> bool:
    """Whether a layer has no values at all. A plain file is copied even then: its comments may matter."""
    if layer.kind not in (ValuesKind.INLINE, ValuesKind.TEMPLATE) or layer.placeholders:
        return False
    lines = (line.strip() for line in layer.text.splitlines())
    return [line for line in lines if line and not line.startswith("#")] in ([], ["{}"], ["null"], ["---"])


def _slots(placement: Placement) -> dict[_Slot, ValuesLayer]:
    """The layers that hold something, in order, each with its place."""
    found: dict[_Slot, ValuesLayer] = {}
    for layer in placement.release.values:
        if holds_nothing(layer):
            continue
        place = _place(layer, placement.environment.name)
        occurrence = sum((slot.kind, slot.place) == (layer.kind, place) for slot in found)
        found[_Slot(layer.kind, place, occurrence)] = layer
    return found


def _place(layer: ValuesLayer, environment: str) -> str:
    """What a layer is called in every environment: ``values/x/<env>.yaml`` for ``values/x/production.yaml``."""
    if not layer.path:
        return str(layer.source)
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(environment)}(?![A-Za-z0-9])", "<env>", layer.path)


def _numbers(sequences: Sequence[tuple[_Slot, ...]]) -> dict[_Slot, str]:
    """``10``, ``20`` … for every slot, so that names sort as the layers are applied.

    Where two environments disagree on the order, the list in component.yaml still holds; only the names do not sort.
    """
    order: list[_Slot] = []
    for sequence in sequences:
        position = 0
        for slot in sequence:
            if slot in order:
                position = max(position, order.index(slot) + 1)
            else:
                order.insert(position, slot)
                position += 1
    return {slot: f"{10 * number:02}" for number, slot in enumerate(order, start=1)}


def _shared_slots(
    placements: Sequence[Placement], layers: Mapping[str, Mapping[_Slot, ValuesLayer]]
) -> dict[_Slot, str]:
    """Slots whose text is the same in all environments that deploy the release (in all, if none does)."""
    deploying = [p.environment.name for p in placements if not p.parked] or list(layers)
    first, *others = (layers[name] for name in deploying)
    found: dict[_Slot, str] = {}
    for slot, layer in first.items():
        # A file named after its environment stays with it: a person will change it there.
        own = "<env>" in slot.place
        # What a template gave for one environment out of several says nothing about the others.
        lonely = layer.kind is ValuesKind.TEMPLATE and not others and len(placements) > 1
        if not own and not lonely and all(slot in other and other[slot].text == layer.text for other in others):
            found[slot] = layer.text
    return found


def _file_name(layer: ValuesLayer) -> str:
    if layer.kind is ValuesKind.POLICY:
        return "images.yaml"
    if layer.kind is ValuesKind.INLINE or not layer.path:
        return "inline.yaml"
    stem = posixpath.basename(layer.path).removesuffix(".gotmpl")
    stem = re.sub(r"\.(ya?ml|json)$", "", stem)
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") or "values"
    return f"{slug}.placeholder.yaml" if layer.kind is ValuesKind.SECRET else f"{slug}.yaml"


def _write_layer(written: _Files, placement: Placement, layer: ValuesLayer, path: str) -> None:
    head = "".join(f"# {line}\n" for line in _comment(layer, placement.values_key))
    # A directive or a byte order mark must stay first.
    text = layer.text if layer.text.startswith(("%", "\ufeff")) else head + layer.text
    written.files[path] = text.encode("utf-8")
    plain = Provenance(0, layer.path, "copied as it is, line by line")
    rule = Provenance(1, "migrate: values layers stay layers")
    text_begins = head.count("\n") + 1
    nested = f", {NESTED} {placement.values_key}" if placement.values_key else ""
    body = Provenance(text_begins, layer.path or str(layer.source), f"{layer.kind.value}{nested}")
    written.provenance[path] = (rule, body) if head else (plain,)
    written.findings += _layer_findings(placement, layer, path)


def _comment(layer: ValuesLayer, key: str) -> list[str]:
    """What a reader would wonder about; nothing for a plain file, which stays as it is byte for byte."""
    lines = {
        ValuesKind.FILE: f"From {layer.path}, where some values are kept outside of it.",
        ValuesKind.TEMPLATE: f"Rendered from {layer.path}.",
        ValuesKind.INLINE: f"Written into {layer.source}.",
        ValuesKind.SECRET: f"Stands in for {layer.path}, which is encrypted.",
        ValuesKind.POLICY: "The image policy of migration.yaml: which key gives which image, found by rendering.",
    }[layer.kind]
    if layer.kind is ValuesKind.FILE and not layer.placeholders:
        return [f"From {layer.path}, below the key of the chart that is wrapped."] if key else []
    if not layer.placeholders and layer.kind is not ValuesKind.SECRET:
        return [lines]
    found = [lines, "These are placeholders; the secrets themselves never belong into this repository:"]
    found += [f"  {p.path or 'the whole file'}: {_reference(p.reference)}" for p in layer.placeholders]
    return [*found, "Let the chart take them from a Secret that External Secrets, or a sealed Secret, makes."]


def _reference(text: str) -> str:
    """Where a secret comes from, on one line."""
    return " ".join(text.split())


def _layer_findings(placement: Placement, layer: ValuesLayer, path: str) -> list[Finding]:
    release = placement.release
    # A shared file is told once.
    environment = "" if path.startswith(f"{VALUES_FOLDER}/{SHARED}/") else release.environment
    found = []
    if layer.placeholders or layer.kind is ValuesKind.SECRET:
        names = sorted({p.path or "the whole file" for p in layer.placeholders}) or ["the whole file"]
        found.append(
            Finding(
                "EM010",
                Severity.INFO,
                f"{release.id} takes secrets from {layer.path or layer.source}; placeholders stand in: "
                f"{', '.join(names)} ({path})",
                SUPPLY,
                layer.source,
                release.id,
                environment,
            )
        )
    if document_count(layer.text) > 1:
        found.append(
            Finding(
                "EM011",
                Severity.WARNING,
                f"{layer.path or layer.source} holds several YAML documents; Helm 3 reads the first, Helm 4 all",
                "merge them into one document",
                layer.source,
                release.id,
                environment,
            )
        )
    return found


def document_count(text: str) -> int:
    """How many YAML documents of a text hold something besides comments."""
    documents = re.split(r"(?m)^---(?=\s|$)", text)
    return sum(bool(re.search(r"(?m)^[ \t]*[^\s#]", document)) for document in documents)


def _write_pins(written: _Files, placement: Placement, number: str, place: str) -> str:
    path = f"{VALUES_FOLDER}/{place}/{placement.folder}/{number}-pins.yaml"
    reason = " ".join(placement.plan.pin_reason.split())
    head = "# Pinned in migration.yaml, over all other layers" + (f": {reason}" if reason else ".") + "\n"
    written.files[path] = (head + dump_yaml(placement.plan.pins)).encode("utf-8")
    written.provenance[path] = (Provenance(0, f"migration.yaml#releases/{placement.release.id}/pins", reason),)
    return path
