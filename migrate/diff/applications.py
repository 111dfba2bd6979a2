"""One Application on both sides → its row: what becomes of it and of each of its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.diff.dangers import dangers_of, dangers_of_application, dangers_of_removal
from migrate.diff.noise import noise_of
from migrate.diff.showing import field_change, object_lines, shown_change
from migrate.diff.structure import FieldDifference, find_differences, named_path
from migrate.model.application import GeneratedApplication
from migrate.model.json import JsonObject, as_object
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.tree_diff import (
    UNSTABLE,
    ApplicationDiff,
    Danger,
    Effect,
    Fate,
    FieldChange,
    ObjectChange,
)

_WORKLOADS = {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")}
_SOURCES = {"source", "sources"}
_NOT_READ = {"repoURL", "targetRevision", "chart"}
"""Fields of a source that say more than which files are read."""
_LONG_NUMBER = re.compile(r"\d{16,}")


@dataclass(frozen=True)
class Rendition:
    """One side of a row: the Application, and what Argo CD makes of it."""

    application: JsonObject
    """Its manifest; empty where the row is no Application."""
    rendered: Rendered


def compare_renditions(
    environment: str, name: str, before: Rendition | None, after: Rendition | None
) -> ApplicationDiff:
    """The row of an Application that one side has at least; what one side cannot render is ``unrendered``."""
    own = list(_own_differences(before, after))
    fields = tuple(_own_change(difference) for difference in own)
    reason = _reason(before, after)
    counts = tuple(len(side.rendered.manifests) if side else 0 for side in (before, after))
    dangers = list(dangers_of_application(own))
    if reason:
        return ApplicationDiff(environment, name, Effect.UNRENDERED, fields, (), tuple(dangers), reason, *counts)
    left, right = (side.rendered if side else Rendered() for side in (before, after))
    changes = list(_object_changes(left, right, dangers))
    effect = _effect(before, after, fields, changes)
    return ApplicationDiff(environment, name, effect, fields, tuple(changes), tuple(dangers), "", *counts)


def _reason(before: Rendition | None, after: Rendition | None) -> str:
    """Why a side does not render; empty where both that are there do."""
    errors = [side.rendered.error if side else "" for side in (before, after)]
    if errors[0] and errors[0] == errors[1]:
        return f"neither side renders: {errors[0]}"
    told = zip(("first", "second"), errors, strict=True)
    return "; ".join(f"the {word} side does not render: {error}" for word, error in told if error)


def unrendered(environment: str, name: str, reason: str) -> ApplicationDiff:
    """The row of an Application of which nothing more can be said."""
    return ApplicationDiff(environment, name, Effect.UNRENDERED, reason=reason)


def _effect(
    before: Rendition | None, after: Rendition | None, fields: tuple[FieldChange, ...], changes: list[ObjectChange]
) -> Effect:
    if before is None:
        return Effect.ADDED
    if after is None:
        return Effect.REMOVED
    if any(not field.noise for field in fields) or any(change.counts for change in changes):
        return Effect.CHANGED
    return Effect.NOISE if fields or changes else Effect.SAME


# ---------------------------------------------------------------- the Application itself


def _own_differences(before: Rendition | None, after: Rendition | None) -> Iterator[FieldDifference]:
    if before is not None and after is not None:
        yield from find_differences(before.application, after.application)


def _own_change(difference: FieldDifference) -> FieldChange:
    steps = difference.steps
    in_source = steps[:1] == ("spec",) and len(steps) > 2 and steps[1] in _SOURCES
    noise = "source" if in_source and steps[2] not in _NOT_READ else ""
    return field_change(difference.path, difference.before, difference.after, steps[-1] if steps else "", noise)


# ---------------------------------------------------------------- its objects


def _object_changes(left: Rendered, right: Rendered, dangers: list[Danger]) -> Iterator[ObjectChange]:
    """Every object that is not the same, by kind and name; what is dangerous goes to ``dangers``."""
    before, after = ({manifest.key: manifest for manifest in side.manifests} for side in (left, right))
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old is not None and new is not None:
            changed = _changed(old, new, left, right, dangers)
            if changed is not None:
                yield changed
        elif old is not None:
            noise = UNSTABLE if (key, "") in left.unstable else ""
            dangers += [] if noise else dangers_of_removal(old)
            yield ObjectChange(str(key), Fate.REMOVED, lines=object_lines(old), noise=noise)
        elif new is not None:
            noise = UNSTABLE if (key, "") in right.unstable else ""
            yield ObjectChange(str(key), Fate.ADDED, lines=object_lines(new), noise=noise)


def _changed(
    old: Manifest, new: Manifest, left: Rendered, right: Rendered, dangers: list[Danger]
) -> ObjectChange | None:
    if old.text and old.text == new.text and old.document == new.document:
        return None
    found = list(find_differences(old.document, new.document)) or list(_large_numbers(old, new))
    if not found:
        return None
    # Drawn on one side only means that a person pinned it, or let it go: that is a change.
    drawn = _drawn(left, old, new) & _drawn(right, new, old)
    noises = [noise_of(difference, new.key, drawn) for difference in found]
    fields = tuple(shown_change(difference, new, noise) for difference, noise in zip(found, noises, strict=True))
    # What is noise elsewhere (a label of a Job's pods) the API server may still refuse.
    dangers += dangers_of(old, new, [d for d, noise in zip(found, noises, strict=True) if noise != UNSTABLE])
    return ObjectChange(str(new.key), Fate.CHANGED, fields, restarts=_restarts(new.key, old, new))


def _drawn(side: Rendered, own: Manifest, other: Manifest) -> set[str]:
    return {named_path(path, own.document, other.document) for key, path in side.unstable if key == own.key and path}


def _large_numbers(old: Manifest, new: Manifest) -> Iterator[FieldDifference]:
    """Helm's parser makes floats of numbers, so that structure alone cannot tell 9007199254740993 from the next."""
    before, after = (sorted(_LONG_NUMBER.findall(manifest.text)) for manifest in (old, new))
    if before != after:
        yield FieldDifference("a number beyond 2^53", (), ", ".join(before), ", ".join(after))


def _restarts(key: ObjectKey, old: Manifest, new: Manifest) -> bool:
    if (key.group, key.kind) not in _WORKLOADS:
        return False
    templates = [as_object(manifest.document.get("spec")).get("template") for manifest in (old, new)]
    return templates[0] != templates[1]


def manifest_of(application: GeneratedApplication) -> JsonObject:
    """What of an Application is compared."""
    return {key: application.manifest[key] for key in ("metadata", "spec") if key in application.manifest}
