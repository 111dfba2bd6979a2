"""Which releases of a state file a command works on, and in which order (rules 11.2, 11.6, 11.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrate.errors import EstateError
from migrate.model.state import Candidate, Chosen


def choose_selected(candidates: tuple[Candidate, ...]) -> Chosen:
    """For ``list`` and ``build``: everything without selectors, else what matches and is enabled.

    Raises:
        EstateError: two of them are the same release.
    """
    chosen = tuple(
        at for at, item in enumerate(candidates) if item.selected and (item.release.enabled or not item.filtering)
    )
    _check_duplicates(candidates, chosen)
    return Chosen(chosen, matched=bool(chosen))


def choose_written(candidates: tuple[Candidate, ...]) -> Chosen:
    """For ``write-values``: what matches, is enabled and installed.

    Raises:
        EstateError: two of the releases that match are the same.
    """
    matched = choose_selected(candidates).matched
    return Chosen(tuple(at for at in _selected(candidates) if candidates[at].release.installed), matched)


@dataclass(frozen=True)
class NeedsPlan:
    """What ``template`` makes of needs (rule 11.6)."""

    skip: bool = True
    """Leave out what is needed but not selected; without it and ``include`` that is an error."""
    include: bool = False
    transitive: bool = False
    """``--include-transitive-needs``."""
    enforce: bool = False
    """``--enforce-needs-are-installed``."""


def plan_template(candidates: tuple[Candidate, ...], plan: NeedsPlan) -> Chosen:
    """For ``template``: selected releases and, if asked for, their needs; level by level, then as defined.

    Raises:
        EstateError: a cycle, a need that nothing defines or nothing selects, or duplicates.
    """
    selected = _selected(candidates)
    _check_duplicates(candidates, selected)
    if not selected:
        return Chosen((), matched=False)
    pool = _deduplicated(candidates, selected)
    _check_duplicates(candidates, pool)
    levels = _levels(candidates, pool)
    wanted = {candidates[at].release.id for at in selected}
    for _ in range(2):  # helmfile plans twice, the second time with what the first left to render
        wanted = _planned(candidates, levels, wanted, plan)
        wanted = {id_ for id_ in wanted if any(candidates[at].release.id == id_ for at in pool)}
    rendered = [at for level in levels for at in level if candidates[at].release.id in wanted]
    rendered = [at for at in rendered if candidates[at].release.installed]
    if plan.enforce:
        _enforce(candidates, pool, rendered)
    return Chosen(tuple(rendered), matched=True)


def _selected(candidates: Sequence[Candidate]) -> list[int]:
    return [at for at, item in enumerate(candidates) if item.selected and item.release.enabled]


def _check_duplicates(candidates: Sequence[Candidate], chosen: Iterable[int]) -> None:
    seen: dict[str, Candidate] = {}
    for at in chosen:
        item = candidates[at]
        other = seen.setdefault(item.release.id, item)
        if other is not item:
            raise EstateError(
                f"duplicate release {item.release.name!r} found in namespace {item.release.namespace!r}: "
                f"{item.release.id} also stands at {other.release.source}",
                hint="rename one, or give it another namespace",
                source=item.release.source,
            )


def _deduplicated(candidates: Sequence[Candidate], selected: Sequence[int]) -> list[int]:
    """All releases; of several with one id the selected one, or none."""
    count: dict[str, int] = {}
    for item in candidates:
        count[item.release.id] = count.get(item.release.id, 0) + 1
    return [at for at, item in enumerate(candidates) if count[item.release.id] == 1 or at in selected]


def _levels(candidates: Sequence[Candidate], pool: Sequence[int]) -> list[list[int]]:
    """Releases by their distance from what needs nothing; in a level as they are defined."""
    position = {candidates[at].release.id: at for at in pool}
    for at in pool:
        for need in candidates[at].release.needs:
            if need not in position:
                raise _undefined(candidates[at], need)
    left = list(pool)
    levels: list[list[int]] = []
    done: set[int] = set()
    while left:
        ready = [at for at in left if all(position[need] in done for need in candidates[at].release.needs)]
        if not ready:
            raise _cycle(candidates, position, left)
        levels.append(ready)
        done |= set(ready)
        left = [at for at in left if at not in done]
    return levels


def _undefined(item: Candidate, need: str) -> EstateError:
    name = need.rpartition("/")[2]
    return EstateError(
        f"release {item.release.id!r} depends on an undefined release {need!r}",
        hint=f"mend `needs`, or define a release {name!r} with that namespace and kubeContext in the same file",
        source=item.needs_at,
    )


def _cycle(candidates: Sequence[Candidate], position: dict[str, int], left: Sequence[int]) -> EstateError:
    """The circle as a way from need to needer and back to where it began."""
    blocked = set(left)
    at = min(left, key=lambda one: candidates[one].release.id)
    way: list[int] = []
    while at not in way:
        way.append(at)
        at = next(position[need] for need in candidates[at].release.needs if position[need] in blocked)
    circle = [candidates[one].release.id for one in reversed(way[way.index(at) :])]
    circle = circle[circle.index(min(circle)) :] + circle[: circle.index(min(circle))]
    return EstateError(
        f"cycle detected: {' -> '.join([*circle, circle[0]])}",
        hint="drop one of these needs",
        source=candidates[position[circle[0]]].needs_at,
    )


def _planned(
    candidates: Sequence[Candidate], levels: Sequence[Sequence[int]], wanted: set[str], plan: NeedsPlan
) -> set[str]:
    """The ids that stay, from the deepest level up: what a kept release needs is kept, refused or left out."""
    kept = set(wanted)
    for level in reversed(levels):
        for at in level:
            identity = candidates[at].release.id
            if identity in kept:
                continue
            including = plan.include or plan.transitive
            if plan.skip and not including:
                continue
            dependents = sorted(
                item.release.id for item in candidates if item.release.id in kept and identity in item.release.needs
            )
            if dependents and not including:
                raise _unselected(candidates, identity, dependents)
            if dependents:
                kept.add(identity)
    return kept


def _unselected(candidates: Sequence[Candidate], need: str, dependents: list[str]) -> EstateError:
    first = next(item for item in candidates if item.release.id == dependents[0])
    name = need.rpartition("/")[2]
    return EstateError(
        f"release {' and '.join(repr(one) for one in dependents)} depends on {need!r}, which does not match "
        "the selectors",
        hint=f"add --selector name={name}, or say --skip-needs or --include-needs",
        source=first.needs_at,
    )


def _enforce(candidates: Sequence[Candidate], pool: Sequence[int], rendered: Sequence[int]) -> None:
    """Refuse a way to a release with ``installed: false``; helmfile compares needs with bare names (rule 11.7)."""
    by_name: dict[str, list[Candidate]] = {}
    for at in pool:
        by_name.setdefault(candidates[at].release.name, []).append(candidates[at])
    for start in rendered:
        pending, seen = [candidates[start]], set()
        while pending:
            item = pending.pop()
            if item.release.name in seen:
                continue
            seen.add(item.release.name)
            for need in item.release.needs:
                for other in by_name.get(need, []):
                    if not other.release.installed:
                        raise EstateError(
                            f"release {item.release.name} has a transitive dependency {other.release.name} "
                            "marked as installed=false",
                            hint="install it, or drop the need",
                            source=item.needs_at,
                        )
                    pending.append(other)
