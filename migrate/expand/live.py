"""How a reconcile lays generated Applications over those that live in the cluster (rules 2.19, 2.20, 4.1, 4.6, 4.7).

Beside the way from tree to Applications: the tests against the recorded Argo CD, and whoever asks what adoption keeps.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from migrate.expand.normalise import normalised
from migrate.model.application import Expansion
from migrate.model.json import JsonObject, JsonValue, as_object, merge_patched

_ALWAYS_KEPT = (
    "notified.notifications.argoproj.io",
    "argocd.argoproj.io/refresh",
    "argocd.argoproj.io/hydrate",
)
_KEPT_FINALIZERS = ("post-delete-finalizer.argocd.argoproj.io", "pre-delete-finalizer.argocd.argoproj.io")
_NO_UPDATE = ("create-only", "create-delete")
_NO_DELETE = ("create-only", "create-update")


class LiveError(Exception):
    """What a reconcile would keep cannot be told offline."""


def reconcile(
    appset: JsonObject, expansion: Expansion, live: Mapping[str, JsonObject], owned: frozenset[str] = frozenset()
) -> dict[str, JsonObject]:
    """The live Applications by name after one reconcile; a failed generation changes none of them (rule 1.3).

    ``owned`` names those that this ApplicationSet made. ``applicationsSync`` is honoured as the controller does by
    default: an Application that nobody owns yet is adopted under every policy.

    Raises:
        LiveError: ``jqPathExpressions`` would have to be evaluated.
    """
    if not expansion.applications and any(not error.application for error in expansion.errors):
        return dict(live)
    spec = as_object(appset.get("spec"))
    policy = as_object(spec.get("syncPolicy")).get("applicationsSync", "")
    after = dict(live)
    for one in expansion.applications:
        if one.name not in live:
            after[one.name] = one.manifest
        elif one.name not in owned or policy not in _NO_UPDATE:
            after[one.name] = laid_over_live(spec, one.manifest, live[one.name])
    wanted = {one.name for one in expansion.applications} | {error.application for error in expansion.errors}
    for name in owned - wanted:
        if policy not in _NO_DELETE:
            after.pop(name, None)
    return after


def laid_over_live(spec: JsonObject, generated: JsonObject, live: JsonObject) -> JsonObject:
    """One live Application after an update; ``spec`` is the ApplicationSet's.

    What ``ignoreApplicationDifferences`` names is taken out of both sides, and the difference of the rest is a merge
    patch on the live object. So a list is written whole, without what was ignored inside it (rule 4.6).
    """
    desired = _with_preserved(spec, generated, live)
    pointers = _ignored(spec, _name(live))
    before = normalised(_without(live, pointers))
    after = normalised(_without(desired, pointers))
    return as_object(merge_patched(live, _difference(before, after)))


def _difference(before: JsonObject, after: JsonObject) -> JsonObject:
    """The merge patch that makes ``after`` of ``before``."""
    patch: JsonObject = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = _difference(old, value)
            if inner:
                patch[key] = inner
        elif key not in before or old != value:
            patch[key] = value
    return patch


def _with_preserved(spec: JsonObject, generated: JsonObject, live: JsonObject) -> JsonObject:
    """The generated Application with the labels, annotations and finalizers that stay from the live one (rule 4.7)."""
    preserved = as_object(spec.get("preservedFields"))
    metadata: Any = copy.deepcopy(generated["metadata"])
    here: Any = live.get("metadata", {})
    for field, always in (("labels", ()), ("annotations", _ALWAYS_KEPT)):
        names: Any = preserved.get(field, [])
        kept = {name: here[field][name] for name in (*names, *always) if name in here.get(field, {})}
        metadata[field] = {**metadata.get(field, {}), **kept}
    own = metadata.get("finalizers", [])
    foreign = [name for name in here.get("finalizers", []) if name.startswith(_KEPT_FINALIZERS) and name not in own]
    metadata["finalizers"] = [*own, *foreign]
    return {**generated, "metadata": metadata}


def _ignored(spec: JsonObject, name: str) -> list[str]:
    entries: Any = spec.get("ignoreApplicationDifferences", [])
    chosen = [entry for entry in entries if entry.get("name", "") in ("", name)]
    if any(entry.get("jqPathExpressions") for entry in chosen):
        raise LiveError("ignoreApplicationDifferences: jqPathExpressions are not evaluated; use jsonPointers")
    return [pointer for entry in chosen for pointer in entry.get("jsonPointers", [])]


def _without(document: JsonObject, pointers: list[str]) -> JsonObject:
    left = copy.deepcopy(document)
    for pointer in pointers:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        if parts:
            _remove(left, parts)
    return left


def _remove(holder: JsonValue, parts: list[str]) -> None:
    """Take out what the pointer's parts lead to; what is not there needs no removing."""
    first, rest = parts[0], parts[1:]
    if isinstance(holder, dict) and first in holder:
        if rest:
            _remove(holder[first], rest)
        else:
            del holder[first]
    elif isinstance(holder, list) and first.isdecimal() and int(first) < len(holder):
        if rest:
            _remove(holder[int(first)], rest)
        else:
            del holder[int(first)]


def _name(application: JsonObject) -> str:
    return str(as_object(application.get("metadata")).get("name", ""))
