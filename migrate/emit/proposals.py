"""For every secret that a placeholder stands in for, or a chart draws: an ExternalSecret that nobody syncs.

Not synced, since nothing here can know whether the store has the keys and how a chart takes a Secret that exists:
an ExternalSecret that comes up empty would stop a rollout half-way, one over a live Secret would replace it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.doors.yaml import dump_yaml
from migrate.emit.pieces import Piece, join_pieces, text_piece
from migrate.emit.pinning import Proposal, Store, drawn_proposals
from migrate.emit.placement import Placement
from migrate.model.estate import Placeholder
from migrate.model.json import JsonObject, JsonValue
from migrate.model.tree import Provenance

FOLDER = "secrets"
_GROUP = "external-secrets.io"
_NO_STORE = "CHANGE-ME"
_REFERENCE = re.compile(
    r"(?:secret)?ref\+(?P<backend>[a-z0-9]+)://(?P<path>[^#?+]*)(?:\?[^#]*)?(?:#/?(?P<key>[^+]*))?\+?"
)
_STARTS_WITH_OWNER = {"gcpsecrets", "azurekeyvault"}
"""Backends whose reference begins with the project or the vault, which the store knows."""


@dataclass(frozen=True)
class _Wanted:
    """One value: where the chart takes it, and where it comes from."""

    value: str
    reference: str
    key: str
    entry: str
    """The property of the key; empty: the key holds nothing else."""


def make_proposals(placements: Sequence[Placement]) -> Piece:
    """``environments/<env>/secrets/<folder>.yaml`` for every deployed component with placeholders or drawn Secrets."""
    stores: dict[str, Store] = {}
    pieces = []
    for placement in placements:
        if placement.parked or not (placement.release.placeholders or placement.drawn):
            continue
        name = placement.environment.name
        if name not in stores:
            stores[name] = _store(p for p in placements if p.environment.name == name)
        store = stores[name]
        found = [_proposal(placement, store)] if placement.release.placeholders else []
        pieces.append(_piece(placement, [*found, *drawn_proposals(placement, store, store.name != _NO_STORE)]))
    return join_pieces(pieces)


def _piece(placement: Placement, proposals: Sequence[Proposal]) -> Piece:
    """One file of all proposals, a document each."""
    if not proposals:
        return Piece()
    first, *others = proposals
    text = dump_yaml(first.document)
    for other in others:
        comment = "".join(f"# {line}\n" for line in other.comment)
        text += f"---\n{comment}{dump_yaml(other.document)}"
    path = f"environments/{placement.environment.name}/{FOLDER}/{placement.folder}.yaml"
    origins = tuple(dict.fromkeys(origin for proposal in proposals for origin in proposal.origins))
    return text_piece(path, text, comment=first.comment, origins=origins)


def _store(placements: Iterable[Placement]) -> Store:
    found = [
        manifest.document
        for placement in placements
        for manifest in placement.manifests
        if (manifest.key.group, manifest.key.kind) == (_GROUP, "ClusterSecretStore")
    ]
    if len(found) != 1:
        return Store(_NO_STORE, f"{_GROUP}/v1")
    document = found[0]
    metadata, provider = document.get("metadata"), _at(document, "spec", "provider", "vault")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    mount = provider.get("path") if isinstance(provider, dict) else None
    return Store(str(name), str(document.get("apiVersion")), str(mount or ""))


def _at(value: JsonValue, *path: str) -> JsonValue:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _proposal(placement: Placement, store: Store) -> Proposal:
    wanted = tuple(dict.fromkeys(_wanted(placement, p, store) for p in placement.release.placeholders))
    target = f"{placement.name}-secrets"
    data: list[JsonValue] = []
    whole: list[JsonValue] = []
    for each in wanted:
        remote: JsonObject = {"key": each.key, **({"property": each.entry} if each.entry else {})}
        if each.value:
            data.append({"secretKey": _key(each.value, data), "remoteRef": remote})
        else:
            whole.append({"extract": {"key": each.key}})
    spec: JsonObject = {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": store.name},
        "target": {"name": target, "creationPolicy": "Owner"},
        **({"data": data} if data else {}),
        **({"dataFrom": whole} if whole else {}),
    }
    document: JsonObject = {
        "apiVersion": store.api_version,
        "kind": "ExternalSecret",
        "metadata": {"name": target, "namespace": placement.namespace},
        "spec": spec,
    }
    sources = tuple(Provenance(0, str(p.source), f"stands in for {_line(p.reference)}") for p in _first(placement))
    return Proposal(tuple(_comment(placement, wanted, target, store)), document, sources)


def _first(placement: Placement) -> tuple[Placeholder, ...]:
    by_reference = {p.reference: p for p in reversed(placement.release.placeholders)}
    return tuple(by_reference[name] for name in sorted(by_reference))


def _wanted(placement: Placement, placeholder: Placeholder, store: Store) -> _Wanted:
    match = _REFERENCE.fullmatch(placeholder.reference)
    if match is None:
        # A file, or a variable: the store is yet to get it, under a name that says whose it is.
        key = f"{placement.namespace}/{placement.name}"
        return _Wanted(placeholder.path, placeholder.reference, key, placeholder.path.replace(".", "-"))
    path = match["path"].strip("/")
    if store.mount and match["backend"] == "vault" and path.startswith(f"{store.mount}/"):
        path = path.removeprefix(f"{store.mount}/")
    elif match["backend"] in _STARTS_WITH_OWNER:
        path = path.partition("/")[2] or path
    return _Wanted(placeholder.path, placeholder.reference, path, match["key"] or "")


def _key(value: str, data: Sequence[JsonValue]) -> str:
    """A key of the Secret for a value: ``auth.password`` becomes ``auth-password``; each once."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", value.replace(".", "-")).strip("-") or "value"
    taken = {str(_at(entry, "secretKey")) for entry in data}
    return next(n for n in (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3))) if n not in taken)


def _comment(placement: Placement, wanted: Sequence[_Wanted], target: str, store: Store) -> list[str]:
    lines = [
        f"A proposal for the secrets of {placement.release.id}; nothing syncs this file: it lies outside of what",
        "Argo CD reads, since only a person knows that the store has these keys and how the chart takes them.",
        "To use it:",
        f"  1. See that the store {store.name} has the keys below."
        if store.name != _NO_STORE
        else f"  1. Name the store instead of {_NO_STORE}, and see that it has the keys below.",
        f"  2. Let the chart take its values from the Secret {target} (often existingSecret in its values):",
        *(f"       {each.value or 'the whole file'}, from {_line(each.reference)}" for each in wanted),
        f"  3. Move this file into a component of a phase before {placement.plan.rollout_phase.value}.",
    ]
    vault = [each for each in wanted if each.reference.startswith(("ref+vault://", "secretref+vault://"))]
    if vault:
        lines.append("Or, with argocd-vault-plugin, write these in the place of the placeholders:")
        lines += [f"  {each.value}: <path:{_plugin_path(each.reference)}>" for each in vault]
    files = sorted({_line(each.reference) for each in wanted if not _REFERENCE.fullmatch(each.reference)})
    if any(not name.startswith("env ") for name in files):
        lines.append("Or, with a sops plugin (ksops, helm-secrets) in Argo CD, keep the encrypted file:")
        lines += [f"  {name}" for name in files if not name.startswith("env ")]
    return lines


def _plugin_path(reference: str) -> str:
    """``secret/data/a/b#key``: the plugin names the data of a key-value engine of version 2."""
    match = _REFERENCE.fullmatch(reference)
    path, key = (match["path"].strip("/"), match["key"] or "") if match else (reference, "")
    mount, _, rest = path.partition("/")
    return f"{mount}/data/{rest}#{key}" if key else f"{mount}/data/{rest}"


def _line(text: str) -> str:
    return " ".join(text.split())
