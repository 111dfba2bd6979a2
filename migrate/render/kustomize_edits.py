"""What an Application's ``kustomize`` block does to a kustomization before it is built (rule 6.14).

Argo CD runs ``kustomize edit`` for most of it, in this order; here the same edits are made to the document as data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from migrate.doors.helm import HelmError
from migrate.model.json import JsonObject, JsonValue, objects_in

_IMAGE = re.compile(
    r"(?:(?P<name>[^=]+)=(?P<new>.+?)|(?P<same>[^=]+?))"
    r"(?::(?P<tag>[A-Za-z0-9_.\-]+|\*))?(?:@(?P<digest>[^@]+))?"
)
_KEEP = "*"
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class KustomizeSurroundings:
    """What the edits ask for: ``substitute`` replaces variables, ``components`` finds folders by a pattern."""

    substitute: Callable[[str], str]
    components: Callable[[str], list[str]]
    """A path or glob, seen from the kustomization → the folders that match."""


def edited(kustomization: JsonObject, options: JsonObject, around: KustomizeSurroundings) -> JsonObject:
    """The kustomization after all edits; it is not changed itself.

    Raises:
        HelmError: ``kustomize edit`` would refuse one, e.g. a label that is there and not forced.
    """
    document = dict(kustomization)
    for key in ("namePrefix", "nameSuffix"):
        if options.get(key):
            document[key] = options[key]
    _set_images(document, [around.substitute(image) for image in _texts(options.get("images"))])
    _set_replicas(document, objects_in(options.get("replicas")))
    labels = {key: around.substitute(text) for key, text in _pairs(options.get("commonLabels")).items()}
    if labels:
        _add_labels(document, labels, options)
    annotations = _pairs(options.get("commonAnnotations"))
    if options.get("commonAnnotationsEnvsubst"):
        annotations = {key: around.substitute(text) for key, text in annotations.items()}
    force = bool(options.get("forceCommonAnnotations"))
    document |= _added_pairs(document, "commonAnnotations", annotations, "annotation", force=force)
    if options.get("namespace"):
        document["namespace"] = options["namespace"]
    if patches := objects_in(options.get("patches")):
        document["patches"] = [*_list(document, "patches"), *patches]
    ignore = bool(options.get("ignoreMissingComponents"))
    _add_components(document, _texts(options.get("components")), around, ignore_missing=ignore)
    return document


def _set_images(document: JsonObject, images: list[str]) -> None:
    known = {str(image.get("name", "")): image for image in objects_in(document.get("images"))}
    for text in images:
        match = _IMAGE.fullmatch(text)
        if match is None or not (match["new"] or match["tag"] or match["digest"]):
            raise HelmError(
                f"kustomize.images: {text!r} is not of the form name=new:tag, name:tag or name@digest, or two of them"
            )
        name = match["name"] or match["same"]
        before = known.get(name, {})
        given = {"newName": match["new"], "newTag": match["tag"], "digest": match["digest"]}
        image: JsonObject = {"name": name}
        for key, value in given.items():
            kept = before.get(key) if value == _KEEP else value
            if kept:
                image[key] = kept
        known[name] = image
    if images:
        document["images"] = [known[name] for name in sorted(known)]


def _set_replicas(document: JsonObject, replicas: list[JsonObject]) -> None:
    known = {str(entry.get("name", "")): entry for entry in objects_in(document.get("replicas"))}
    for entry in replicas:
        count = entry.get("count", 0)
        if not re.fullmatch(r"[+-]?[0-9]+", str(count)):
            raise HelmError(f"kustomize.replicas: expected integer value for count. Received: {count}")
        name = str(entry.get("name", ""))
        known[name] = {"name": name, "count": int(str(count))}
    if replicas:
        document["replicas"] = [known[name] for name in sorted(known)]


def _add_labels(document: JsonObject, labels: Mapping[str, str], options: JsonObject) -> None:
    force, templates = bool(options.get("forceCommonLabels")), bool(options.get("labelIncludeTemplates"))
    if not options.get("labelWithoutSelector"):
        if templates:
            raise HelmError("kustomize.labelIncludeTemplates needs labelWithoutSelector")
        document |= _added_pairs(document, "commonLabels", labels, "label", force=force)
        return
    entries = objects_in(document.get("labels"))
    fitting = (
        at
        for at, entry in enumerate(entries)
        if not entry.get("includeSelectors") and bool(entry.get("includeTemplates")) == templates
    )
    at = next(fitting, len(entries))
    if at == len(entries):
        entries.append({"includeTemplates": True} if templates else {})
    entries[at] = {**entries[at], **_added_pairs(entries[at], "pairs", labels, "label", force=force)}
    document["labels"] = list[JsonValue](entries)


def _added_pairs(holder: JsonObject, key: str, pairs: Mapping[str, str], what: str, *, force: bool) -> JsonObject:
    """``{key: …}`` with the pairs added to what the holder has; empty where there is nothing to add."""
    if not pairs:
        return {}
    there = holder.get(key)
    known = dict(there) if isinstance(there, dict) else {}
    for name, text in pairs.items():
        if not name:
            raise HelmError(f"kustomize: invalid {what}: {':' + text!r} (need k:v pair where v may be quoted)")
        if name in known and not force:
            raise HelmError(
                f"kustomize: {what} {name} already in kustomization file; "
                f"forceCommon{what.title()}s lets the Application's own win"
            )
        known[name] = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    return {key: known}


def _add_components(
    document: JsonObject, wanted: list[str], around: KustomizeSurroundings, *, ignore_missing: bool
) -> None:
    known = _list(document, "components")
    for pattern in wanted:
        # A component that may be missing is looked for by its name, any other may be a glob.
        found = [] if ignore_missing and _GLOB.search(pattern) else around.components(pattern)
        if not found and not ignore_missing:
            raise HelmError(f"kustomize.components: {pattern} has no match")
        known += [folder for folder in found if folder not in known]
    if known:
        document["components"] = known


def _texts(value: JsonValue) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _pairs(value: JsonValue) -> dict[str, str]:
    return {key: str(text) for key, text in value.items()} if isinstance(value, dict) else {}


def _list(document: JsonObject, key: str) -> list[JsonValue]:
    found = document.get(key)
    if found is not None and not isinstance(found, list):
        raise HelmError(f"kustomization: expected {key!r} to be a list")
    return list(found or [])
