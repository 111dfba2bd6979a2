"""What only all rows together tell: objects that move between Applications, and phases that break an edge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from migrate.model.application import GeneratedApplication
from migrate.model.graph import Edge
from migrate.model.hiding import HIDDEN
from migrate.model.json import as_object
from migrate.model.tree_diff import ApplicationDiff, Danger, Fate, FieldChange, ObjectChange

_PHASE = "rollout-phase"
_LEAST = 4
"""A shorter text is in too many others by chance to be looked for in them."""
Phases = Mapping[tuple[str, str], str]
"""(environment, Application) → its rollout phase."""


def settle_moves(rows: Sequence[ApplicationDiff]) -> tuple[ApplicationDiff, ...]:
    """The rows, with each object that leaves one Application and comes with another told as a move."""
    gone, come = (_owners(rows, fate) for fate in (Fate.REMOVED, Fate.ADDED))
    return tuple(_with_moves(row, gone, come) for row in rows)


def _owners(rows: Sequence[ApplicationDiff], fate: Fate) -> dict[tuple[str, str], str]:
    return {(row.environment, change.object): row.name for row in rows for change in row.objects if change.fate is fate}


def _with_moves(
    row: ApplicationDiff, gone: Mapping[tuple[str, str], str], come: Mapping[tuple[str, str], str]
) -> ApplicationDiff:
    def other(change: ObjectChange) -> str:
        place = (row.environment, change.object)
        return come.get(place, "") if change.fate is Fate.REMOVED else gone.get(place, "")

    moved = {c.object: name for c in row.objects if c.fate is not Fate.CHANGED and (name := other(c))}
    if not moved:
        return row
    objects = tuple(replace(c, other=moved[c.object]) if c.object in moved else c for c in row.objects)
    dangers = tuple(_moved(danger, moved.get(danger.object, "")) for danger in row.dangers)
    return replace(row, objects=objects, dangers=dangers)


def _moved(danger: Danger, other: str) -> Danger:
    if danger.rule != "guarded-removed" or not other:
        return danger
    text = f"moves to the Application {other}: let that one take it over before this one is synced with prune"
    return Danger("guarded-moved", danger.object, text)


def phases_of(applications: Iterable[GeneratedApplication]) -> dict[tuple[str, str], str]:
    """The rollout phase of each Application that has one."""
    found = {}
    for application in applications:
        labels = as_object(as_object(application.manifest.get("metadata")).get("labels"))
        if _PHASE in labels:
            found[application.environment, application.name] = str(labels[_PHASE])
    return found


def with_broken_order(
    rows: Sequence[ApplicationDiff], edges: Iterable[tuple[str, Edge]], before: Phases, after: Phases
) -> tuple[ApplicationDiff, ...]:
    """The rows with a danger at each Application that no longer comes after what it needs.

    ``edges``: environment and edge between Applications of the second side, as the manifests show it.
    """
    found: dict[tuple[str, str], list[Danger]] = {}
    for environment, edge in edges:
        if _breaks(environment, edge, after) and not _breaks(environment, edge, before):
            phases = [after[environment, name] for name in (edge.before, edge.after)]
            text = (
                f"its phase {phases[1]} no longer comes after phase {phases[0]} of {edge.before}, "
                f"which it needs: {edge.evidence}"
            )
            found.setdefault((environment, edge.after), []).append(Danger("phase-order", "", text))
    return tuple(_with_dangers(row, found.get((row.environment, row.name), ())) for row in rows)


def _breaks(environment: str, edge: Edge, phases: Phases) -> bool:
    """Whether the phases let an Application start with or before what it needs; not where one has no phase."""
    first, second = (phases.get((environment, name)) for name in (edge.before, edge.after))
    return first is not None and second is not None and _rank(second) <= _rank(first)


def _rank(phase: str) -> tuple[int, str]:
    return (int(phase), "") if phase.isdecimal() else (0, phase)


def _with_dangers(row: ApplicationDiff, dangers: Sequence[Danger]) -> ApplicationDiff:
    return replace(row, dangers=(*row.dangers, *dangers)) if dangers else row


def without_texts(rows: Iterable[ApplicationDiff], texts: Iterable[str]) -> tuple[ApplicationDiff, ...]:
    """The rows without these texts, secrets that the estate itself refers to, in anything that they show."""
    known = {text for text in texts if len(text) >= _LEAST and not text.isdigit()}
    forms = sorted({*known, *(json.dumps(text, ensure_ascii=False)[1:-1] for text in known)}, key=len, reverse=True)

    def field(change: FieldChange) -> FieldChange:
        lines = tuple(map(plain, change.lines))
        return replace(change, before=plain(change.before), after=plain(change.after), lines=lines)

    def plain(text: str) -> str:
        for form in forms:
            text = text.replace(form, HIDDEN)
        return text

    def of_object(change: ObjectChange) -> ObjectChange:
        return replace(change, fields=tuple(map(field, change.fields)), lines=tuple(map(plain, change.lines)))

    return tuple(
        replace(
            row,
            fields=tuple(map(field, row.fields)),
            objects=tuple(map(of_object, row.objects)),
            reason=plain(row.reason),
        )
        for row in rows
    )
