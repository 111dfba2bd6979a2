"""``crds: apart`` in the plan: the definitions of a release become a release of their own, before anything is rendered.

Every later stage then sees two releases: the graph lets what needs the kinds wait for the definitions alone, rules
give them the phase of definitions, and ``verify`` judges both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migrate.errors import UsageError
from migrate.model.estate import Estate, Release
from migrate.model.plan import DEFINITIONS, Plan


def split_definitions(estate: Estate, plan: Plan | None) -> Estate:
    """The estate with each release that the plan splits as two, the definitions first.

    Raises:
        UsageError: a release of the estate has the name that the definitions would get.
    """
    apart = {release.id for release in plan.releases if release.crds == "apart"} if plan else set()
    if not apart:
        return estate
    known = {release.id for release in estate.releases}
    return replace(estate, releases=tuple(part for r in estate.releases for part in _parts(r, apart, known)))


def _parts(release: Release, apart: set[str], known: set[str]) -> Iterator[Release]:
    if release.id not in apart:
        yield release
        return
    definitions = replace(
        release,
        name=f"{release.name}{DEFINITIONS}",
        part_of=release.name,
        needs=(),
        keys=(),
        # What is secret stays with the release itself: definitions hold none.
        values=tuple(replace(layer, placeholders=(), secret_text=None) for layer in release.values),
        sets=tuple(replace(entry, placeholders=()) for entry in release.sets),
    )
    if definitions.id in known:
        raise UsageError(
            f"crds: apart of {release.id} would make the release {definitions.id}, which the estate has already",
            hint="take `crds: apart` out of migration.yaml, or rename that release",
            source=release.source,
        )
    yield definitions
    yield replace(release, include_crds=False, definitions_apart=True, needs=(*release.needs, definitions.id))
