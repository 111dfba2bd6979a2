"""jsonPatches and strategicMergePatches of a release, applied as kustomize applies them (rule 12.9)."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import TypeAlias

from migrate.doors.helm import HelmError
from migrate.model.json import JsonObject, JsonValue
from migrate.render.objects import object_key

Documents: TypeAlias = "list[JsonObject | None]"
"""Documents by position; None where a patch removed the object."""

# Lists of Kubernetes' own kinds that merge by a key instead of being replaced.
_MERGE_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "conditions": ("type",),
    "webhooks": ("name",),
    "resourceClaims": ("name",),
    "ownerReferences": ("uid",),
    "secrets": ("name",),
    "ports": ("containerPort", "port", "protocol"),
}
_OWN_GROUP = re.compile(r"^(|apps|batch|autoscaling|policy|extensions|[a-z0-9.-]+\.k8s\.io)$")


def apply_json_patches(documents: Documents, patches: Sequence[JsonObject]) -> Documents:
    """Each ``{target, patch}`` on every object its target selects; the arguments stay as they are.

    Raises:
        HelmError: an operation does not fit its object.
    """
    result = list(documents)
    for entry in patches:
        target, operations = entry.get("target"), entry.get("patch")
        for position, document in enumerate(result):
            if document is None or not _selected(document, target if isinstance(target, dict) else {}):
                continue
            value: JsonValue = copy.deepcopy(document)
            for operation in operations if isinstance(operations, list) else []:
                value = _operate(value, operation if isinstance(operation, dict) else {}, document)
            result[position] = value if isinstance(value, dict) else None
    return result


def _selected(document: JsonObject, target: JsonObject) -> bool:
    key = object_key(document)
    version = str(document.get("apiVersion") or "").rpartition("/")[2]
    mine = {"group": key.group, "version": version, "kind": key.kind, "name": key.name, "namespace": key.namespace}
    for field, value in mine.items():
        wanted = target.get(field)
        if wanted and re.fullmatch(str(wanted), value) is None:
            return False
    return all(
        _labels_match(document, field, str(target.get(selector) or "").strip())
        for field, selector in (("labels", "labelSelector"), ("annotations", "annotationSelector"))
    )


def _labels_match(document: JsonObject, field: str, selector: str) -> bool:
    """A selector of the ``a=b,c,!d`` kind; the set-based forms of kustomize are refused."""
    if not selector:
        return True
    if "(" in selector:
        raise HelmError(f"a patch selects with {selector!r}; only =, != and names are understood")
    metadata = document.get("metadata")
    found = metadata.get(field) if isinstance(metadata, dict) else None
    labels = found if isinstance(found, dict) else {}
    return all(_term_holds(labels, term.strip()) for term in selector.split(","))


def _term_holds(labels: JsonObject, term: str) -> bool:
    match = re.fullmatch(r"(!?)\s*([^=!\s]+)\s*(?:(!=|==?)\s*(.*))?", term)
    if match is None:
        raise HelmError(f"a patch selects with {term!r}, which is no selector")
    negated, name, operator, value = match.groups()
    if operator is None:
        return (name in labels) is not bool(negated)
    return (labels.get(name) == value) is (operator != "!=")


def _operate(document: JsonValue, operation: JsonObject, origin: JsonObject) -> JsonValue:
    """One operation of RFC 6902."""
    kind, path = str(operation.get("op")), str(operation.get("path", ""))
    try:
        match kind:
            case "add":
                return _add(document, _tokens(path), copy.deepcopy(operation["value"]))
            case "remove":
                return _remove(document, _tokens(path))
            case "replace":
                _get(document, _tokens(path))
                return _replace(document, _tokens(path), copy.deepcopy(operation["value"]))
            case "move" | "copy":
                source = _tokens(str(operation["from"]))
                value = copy.deepcopy(_get(document, source))
                return _add(_remove(document, source) if kind == "move" else document, _tokens(path), value)
            case "test":
                if _get(document, _tokens(path)) != operation["value"]:
                    raise ValueError("the test fails")
                return document
            case _:
                raise ValueError(f"there is no operation {kind!r}")
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise HelmError(f"jsonPatches: {kind} {path} does not fit {object_key(origin)}: {error}") from error


def _tokens(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError("a path starts with a slash")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _get(holder: JsonValue, tokens: list[str]) -> JsonValue:
    for token in tokens:
        if isinstance(holder, dict):
            holder = holder[token]
        elif isinstance(holder, list):
            holder = holder[_position(token, len(holder) - 1)]
        else:
            raise KeyError(token)
    return holder


def _position(token: str, last: int) -> int:
    if not re.fullmatch(r"0|[1-9]\d*", token) or int(token) > last:
        raise IndexError(f"no position {token} in the list")
    return int(token)


def _add(document: JsonValue, tokens: list[str], value: JsonValue) -> JsonValue:
    if not tokens:
        return value
    holder = _get(document, tokens[:-1])
    if isinstance(holder, dict):
        holder[tokens[-1]] = value
    elif isinstance(holder, list):
        holder.insert(len(holder) if tokens[-1] == "-" else _position(tokens[-1], len(holder)), value)
    else:
        raise KeyError(tokens[-1])
    return document


def _replace(document: JsonValue, tokens: list[str], value: JsonValue) -> JsonValue:
    if not tokens:
        return value
    holder = _get(document, tokens[:-1])
    if isinstance(holder, dict):
        holder[tokens[-1]] = value
    elif isinstance(holder, list):
        holder[_position(tokens[-1], len(holder) - 1)] = value
    return document


def _remove(document: JsonValue, tokens: list[str]) -> JsonValue:
    if not tokens:
        return None
    holder = _get(document, tokens[:-1])
    if isinstance(holder, dict):
        del holder[tokens[-1]]
    elif isinstance(holder, list):
        del holder[_position(tokens[-1], len(holder) - 1)]
    return document


def apply_strategic_merge_patches(documents: Documents, patches: Sequence[JsonObject]) -> Documents:
    """Each patch on the object it names by kind and name; the arguments stay as they are.

    Raises:
        HelmError: there is no such object, or the patch has a directive that is not understood.
    """
    result = list(documents)
    for patch in patches:
        positions = [i for i, document in enumerate(result) if document is not None and _named(document, patch)]
        if not positions:
            raise HelmError(f"strategicMergePatches: there is no {object_key(patch)} to patch")
        for position in positions:
            document = result[position]
            if patch.get("$patch") == "delete":
                result[position] = None
            elif document is not None:
                own = _OWN_GROUP.match(object_key(document).group) is not None
                merged = _merge(copy.deepcopy(document), patch, own)
                result[position] = merged if isinstance(merged, dict) else None
    return result


def _named(document: JsonObject, patch: JsonObject) -> bool:
    mine, wanted = object_key(document), object_key(patch)
    return (mine.group, mine.kind, mine.name) == (wanted.group, wanted.kind, wanted.name) and (
        not wanted.namespace or not mine.namespace or mine.namespace == wanted.namespace
    )


def _merge(base: JsonValue, patch: JsonValue, own: bool, field: str = "") -> JsonValue:
    if isinstance(patch, dict):
        return _merge_maps(base if isinstance(base, dict) else {}, patch, own)
    if isinstance(patch, list):
        keys = _list_keys(field, patch) if own else ()
        if keys and isinstance(base, list):
            return _merge_lists(base, patch, keys, own)
        if field == "finalizers" and own and isinstance(base, list):
            return [*(item for item in patch if item not in base), *base]
        return [copy.deepcopy(item) for item in patch if not (isinstance(item, dict) and "$patch" in item)]
    return patch


def _merge_maps(base: JsonObject, patch: JsonObject, own: bool) -> JsonValue:
    directive = patch.get("$patch")
    unknown = next((key for key in patch if key.startswith("$") and key != "$patch"), None)
    if unknown or directive not in (None, "merge", "replace", "delete"):
        raise HelmError(f"strategicMergePatches: the directive {unknown or directive} is not understood")
    if directive == "delete":
        return None
    merged = {} if directive == "replace" else base
    for key, value in patch.items():
        if key == "$patch":
            continue
        changed = _merge(merged.get(key), value, own, key)
        if value is None or (changed is None and isinstance(value, dict)):
            merged.pop(key, None)
        else:
            merged[key] = changed
    return merged


def _list_keys(field: str, patch: list[JsonValue]) -> tuple[str, ...]:
    """The keys that tell this list's elements apart; none if it is replaced whole."""
    elements = [item for item in patch if isinstance(item, dict)]
    known = _MERGE_KEYS.get(field, ())
    if len(elements) != len(patch) or not known:
        return ()
    if field == "ports":
        return tuple(key for key in known if all(key in e or ("$patch" in e and len(e) == 1) for e in elements))
    return known[:1]


def _merge_lists(base: list[JsonValue], patch: list[JsonValue], keys: tuple[str, ...], own: bool) -> JsonValue:
    """Known elements merge in place; new ones go in front, in the patch's order, as kustomize puts them."""
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [copy.deepcopy(item) for item in patch if isinstance(item, dict) and "$patch" not in item]
    merged: list[JsonValue] = list(base)
    new: list[JsonValue] = []
    for item in patch:
        if not isinstance(item, dict):
            continue
        at = next((i for i, e in enumerate(merged) if isinstance(e, dict) and _same(e, item, keys)), None)
        if at is None:
            if item.get("$patch") != "delete":
                new.append(copy.deepcopy(item))
        else:
            changed = _merge(merged[at], item, own)
            merged[at : at + 1] = [] if changed is None else [changed]
    return [*new, *merged]


def _same(left: JsonObject, right: JsonObject, keys: tuple[str, ...]) -> bool:
    return all(left.get(key) == right.get(key) for key in keys)
