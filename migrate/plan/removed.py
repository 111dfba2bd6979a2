"""Cut-over seen from the plan: fences are looked through, and what was taken out of the helmfiles is put back.

So every later stage sees the estate as helmfile last applied it: the tree keeps the components of removed releases,
projects keep allowing what they need, and ``verify`` goes on judging them (decision 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from migrate.errors import EstateError
from migrate.model.estate import Estate, Layer, ReadRequest, Release
from migrate.model.fence import without_fence
from migrate.model.plan import Plan
from migrate.model.removed import RemovedLayer
from migrate.plan.additions import add_manifests
from migrate.plan.apart import split_definitions


def keep_removed(estate: Estate, plan: Plan | None, request: ReadRequest) -> Estate:
    """The estate without fences and with the releases that cut-over removed; one that is there again counts alone.

    With selectors only what the helmfiles still hold is looked at.

    Raises:
        EstateError: nothing is left of the helmfiles, and an environment is asked for that they never had.
    """
    estate = replace(estate, releases=tuple(without_fence(release) for release in estate.releases))
    removed = plan.removed if plan else ()
    if plan is None or not removed or request.selectors:
        return estate
    environments = _environments(estate, removed, request.environments)
    places = {release.id: place for place, release in enumerate(plan.releases)}
    there = {(release.environment, release.id) for release in estate.releases}
    back = [r for part in removed for r in part.releases if (r.environment, r.id) not in there and r.id in places]
    cut: dict[tuple[str, str], list[str]] = {}
    for part in removed:
        for one in part.cut_needs:
            cut.setdefault((one.environment, one.release), []).append(one.need)
    found: list[Release] = []
    for name in environments:
        stay = [_with_needs(r, cut.get((name, r.id), ())) for r in estate.releases if r.environment == name]
        found += _merged(stay, [r for r in back if r.environment == name], places)
    return replace(
        estate,
        environments=environments,
        layers=_layers(estate.layers, (part.layer for part in removed)),
        releases=tuple(found),
    )


def as_planned(estate: Estate, plan: Plan | None, request: ReadRequest) -> Estate:
    """What was read as every later stage sees it: with what cut-over removed, and with what the plan splits and adds.

    Raises:
        EstateError, UsageError: as the three steps do.
    """
    return add_manifests(split_definitions(keep_removed(estate, plan, request), plan), plan)


def _environments(estate: Estate, removed: Sequence[RemovedLayer], asked: Sequence[str]) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(name for part in removed for name in part.environments))
    if estate.layers:
        return estate.environments
    for name in asked:
        if name not in known:
            raise EstateError(
                f"the helmfiles are gone, and never had the environment {name!r}", hint=f"they had: {', '.join(known)}"
            )
    return tuple(asked) or known


def _with_needs(release: Release, cut: Sequence[str]) -> Release:
    again = tuple(need for need in cut if need not in release.needs)
    return replace(release, needs=(*release.needs, *again)) if again else release


def _merged(stay: list[Release], back: list[Release], places: dict[str, int]) -> list[Release]:
    """Both in the plan's order; a release that is new in the estate keeps its place behind its neighbour."""
    found = list(stay)
    for release in sorted(back, key=lambda r: places[r.id]):
        later = (n for n, other in enumerate(found) if places.get(other.id, -1) > places[release.id])
        found.insert(next(later, len(found)), release)
    return found


def _layers(stay: Iterable[Layer], gone: Iterable[Layer]) -> tuple[Layer, ...]:
    names = {layer.name: layer for layer in (*gone, *stay)}
    return tuple(replace(layer, order=n) for n, layer in enumerate(sorted(names.values(), key=lambda one: one.file)))
