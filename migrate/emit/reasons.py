"""Provenance for what no release brings: which decision or rule stands behind a key of an Argo CD object.

Works on the finished YAML, whoever wrote it, so that every layout has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.emit.pieces import Piece
from migrate.model.tree import Provenance

_REPOSITORY = ("migration.yaml#target/repoURL", "")
_REVISION = ("migration.yaml#target/revision", "")
_MISSING = ("migrate: a key that is missing is an error, never an empty text", "")
_OUTLIVE = ("migrate: Applications and their objects outlive a mistake in the repository", "")
_LABELS = ("migrate: labels to select Applications by; each value is the component's", "")
_DERIVED = ("migrate: projects allow what is rendered", "")
_KEYS: tuple[tuple[str, str, tuple[str, str]], ...] = (
    ("ApplicationSet", "metadata/finalizers", _OUTLIVE),
    ("ApplicationSet", "spec/goTemplate(Options)?", _MISSING),
    ("ApplicationSet", "spec/generators", ("migration.yaml#layout", "one component.yaml, one Application")),
    ("ApplicationSet", "spec/generators/(.*/)?repoURL", _REPOSITORY),
    ("ApplicationSet", "spec/generators/(.*/)?revision", _REVISION),
    ("ApplicationSet", "spec/generators/(.*/)?selector", ("migration.yaml#appsets", "one ApplicationSet a project")),
    ("ApplicationSet", "spec/strategy", ("migration.yaml#handover", "done: RollingSync syncs, step by step")),
    ("ApplicationSet", "spec/strategy/rollingSync/steps", ("migration.yaml#ladder", "selected by `steps`")),
    ("ApplicationSet", "spec/syncPolicy", _OUTLIVE),
    ("ApplicationSet", "spec/ignoreApplicationDifferences", ("migrate: a person may pause one Application", "")),
    ("ApplicationSet", "spec/template", ("migrate: all Applications are made by one template", "")),
    ("ApplicationSet", "spec/template/metadata/labels", _LABELS),
    ("ApplicationSet", "spec/template/metadata/labels/handover", ("migration.yaml#layerHandover", "")),
    ("ApplicationSet", "spec/template/spec/(.*/)?repoURL", _REPOSITORY),
    ("ApplicationSet", "spec/template/spec/(.*/)?targetRevision", _REVISION),
    ("ApplicationSet", "spec/template/spec/destination", ("migration.yaml#environments", "the component's cluster")),
    (
        "ApplicationSet",
        "spec/templatePatch",
        ("migrate: booleans and lists are no text: only a patch can set them", ""),
    ),
    ("AppProject", "spec/sourceRepos", _REPOSITORY),
    ("AppProject", "spec/(destinations|clusterResource.*|namespaceResource.*)", _DERIVED),
    ("AppProject", "spec/roles", ("migration.yaml#projects", "roles are a person's")),
    ("Application", "spec/(.*/)?repoURL", _REPOSITORY),
    ("Application", "spec/(.*/)?targetRevision", _REVISION),
    ("Application", "spec/project", ("migrate: the root comes before the projects that it brings", "")),
    ("Application", "spec/syncPolicy", ("migration.yaml#handover", "")),
)
"""Kind, path of keys (list places left out) and where that comes from; of several that fit the last holds."""


def with_reasons(piece: Piece) -> Piece:
    """The piece with an origin for each key of its Argo CD objects that a decision or a rule gave."""
    provenance = dict(piece.provenance)
    for path, entries in piece.provenance.items():
        if "/argocd/" not in f"/{path}" or not path.endswith(".yaml") or any(entry.line for entry in entries):
            continue
        found = _without_repeats(_of_file(piece.files[path]))
        if found:
            provenance[path] = (*entries, *found)
    return replace(piece, provenance=provenance)


def _without_repeats(entries: Iterable[Provenance]) -> tuple[Provenance, ...]:
    found: list[Provenance] = []
    for entry in entries:
        if not found or (found[-1].origin, found[-1].note) != (entry.origin, entry.note):
            found.append(entry)
    return tuple(found)


def _of_file(content: bytes) -> Iterator[Provenance]:
    try:
        documents = compose_yaml(content.decode("utf-8"))
    except (YamlError, UnicodeDecodeError):
        return
    for document in documents:
        top: Mapping[str, YamlNode] = {key.value: value for key, value, _ in document.entries()}
        kind = str(top["kind"].value) if "kind" in top else ""
        rules = [(re.compile(path), origin) for known, path, origin in _KEYS if known == kind]
        if rules:
            yield from _of_node(document, "", ("", ""), rules)


def _of_node(
    node: YamlNode, path: str, above: tuple[str, str], rules: list[tuple[re.Pattern[str], tuple[str, str]]]
) -> Iterator[Provenance]:
    """An entry wherever the origin is another than that of the line before, so that a lookup by line is right."""
    items = [(key.line, f"{path}/{key.value}".strip("/"), value) for key, value, _ in node.entries()]
    if node.kind == "sequence":
        items = [(item.line, path, item) for item in node.value]
    for line, place, value in items:
        fits = [origin for pattern, origin in rules if pattern.fullmatch(place)]
        origin = fits[-1] if fits else above
        if node.kind == "mapping" and origin != ("", ""):
            yield Provenance(line, *origin)
        elif node.kind == "mapping" and place:
            yield Provenance(line, "migrate: what every object of its kind needs")
        yield from _of_node(value, place, origin, rules)
