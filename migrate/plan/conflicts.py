"""Where the plan's file and the estate no longer agree: releases that are gone, renamed or new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.plan import DecisionSource, ReleasePlan
from migrate.plan.fields import FIELDS, is_decided

_MOST = 5


def conflicts(before: Mapping[str, ReleasePlan], estate: Estate) -> tuple[Finding, ...]:
    """A finding for every answer that no longer matches, and one for all releases that are new.

    A release that is gone and a new one with the same chart count as renamed: the new id is proposed, nothing is
    moved by itself. What cut-over fenced or removed is no conflict.
    """
    if not before:
        return ()
    there = {name: next(iter(found.values())) for name, found in estate.by_id().items()}
    new = [release for name, release in there.items() if name not in before]
    findings: list[Finding] = []
    renamed: set[str] = set()
    for name, release in before.items():
        if name in there or release.state or not has_answers(release):
            continue
        twin = _renamed_to(release, [other for other in new if other.id not in renamed])
        if twin is not None:
            renamed.add(twin.id)
        findings.append(_gone(release, twin))
    left = [release for release in new if release.id not in renamed]
    return (*findings, *((_new(left),) if left else ()))


def answers(release: ReleasePlan) -> tuple[str, ...]:
    """The keys of a release in the plan's file that a person (or cut-over) answered."""
    extras = {
        "disposition": release.disposition_source in (DecisionSource.PERSON, DecisionSource.FILE),
        "pins": bool(release.pins),
        "wrapper": release.wrapper.asked,
        "ask": bool(set(release.ask) - set(release.asked_by_rule)),
        "syncOptions": bool(release.sync_options),
        "ignoreDifferences": bool(release.ignore_differences),
        "elsewhere": bool(release.elsewhere),
    }
    fields = tuple(name for name, field in FIELDS.items() if is_decided(getattr(release, field)))
    return (*fields, *(name for name, given in extras.items() if given))


def has_answers(release: ReleasePlan) -> bool:
    """Whether dropping it from the plan would lose what a person said."""
    return bool(answers(release))


def _renamed_to(gone: ReleasePlan, new: Sequence[Release]) -> Release | None:
    """The new release with its chart: in its layer first, then the one with the most similar id."""
    alike = [other for other in new if gone.chart and other.chart == gone.chart]
    in_layer = [other for other in alike if other.layer == gone.layer]
    candidates = in_layer or alike
    if not candidates:
        return None
    rank = [(SequenceMatcher(None, gone.id, other.id).ratio(), other.id) for other in candidates]
    best = max(rank)
    # Many releases may share a chart of one's own; then only a similar name tells which one it became.
    if len(candidates) > 1 and best[0] < 0.6:
        return None
    return next(other for other in candidates if other.id == best[1])


def _gone(release: ReleasePlan, twin: Release | None) -> Finding:
    what = f"the plan decides {', '.join(answers(release))} of {release.id}, which the estate does not have; not used"
    if twin is None:
        hint = "take it out of the plan, or correct its name (namespace/name)"
        return Finding("PL002", Severity.WARNING, what, hint, release=release.id)
    layer = f"of layer {twin.layer} " if twin.layer == release.layer else ""
    return Finding(
        "PL015",
        Severity.WARNING,
        f"{what}. {twin.id} {layer}is new and has the same chart {twin.chart}: was it renamed?",
        f"if so, write {twin.id} in the place of {release.id} in the plan: its answers then hold for it",
        twin.source,
        release.id,
    )


def _new(releases: Sequence[Release]) -> Finding:
    names = ", ".join(release.id for release in releases[:_MOST])
    more = f" and {len(releases) - _MOST} more" if len(releases) > _MOST else ""
    count = f"{len(releases)} release{' is' if len(releases) == 1 else 's are'}"
    return Finding(
        "PL016",
        Severity.INFO,
        f"{count} new since the plan was written: {names}{more}",
        "read their proposals over: migrate plan writes them, migrate wizard asks about them",
        releases[0].source,
    )
