"""``plan --explain``: the proposals for a release, each with its reason, and the evidence under them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, ReleasePlan
from migrate.report.grid import Page, wrapped

_FIELDS = (
    ("domain", "domain"),
    ("tier", "tier"),
    ("componentType", "component_type"),
    ("rolloutPhase", "rollout_phase"),
    ("wave", "wave"),
    ("project", "project"),
    ("component", "component"),
    ("path", "path"),
)


def plan_explained(plan: Plan, wanted: Sequence[str], page: Page) -> tuple[str, tuple[str, ...]]:
    """The text for the releases that ``wanted`` names (ids, names or patterns), and what names none."""
    shown = [release for release in plan.releases if any(_is_called(release, name) for name in wanted)]
    unknown = tuple(name for name in wanted if not any(_is_called(release, name) for release in plan.releases))
    return "\n".join("\n".join(_lines(release, page)) + "\n" for release in shown), unknown


def _is_called(release: ReleasePlan, name: str) -> bool:
    return any(fnmatchcase(text, name) for text in (release.id, release.id.rsplit("/", 1)[-1]))


def _lines(release: ReleasePlan, page: Page) -> Iterable[str]:
    yield release.id
    if release.disposition is not Disposition.COMPONENT:
        yield f"  {release.disposition.value}: no Application"
    for name, field in _FIELDS:
        decision: Decision = getattr(release, field)
        asked = ["a person must decide it"] if name in release.ask else []
        yield from _entry(name, decision, page, asked)
    own = {option.partition("=")[0] for option in release.sync_options}
    for decision in release.sync_proposals:
        if decision.value.partition("=")[0] not in own:
            yield from _entry("syncOption", decision, page)
    for option in release.sync_options:
        yield from _entry("syncOption", Decision(option, DecisionSource.PERSON), page)
    yield "  evidence"
    for line in release.evidence:
        yield from wrapped(line, page.width, first="    ", rest="      ")


def _entry(name: str, decision: Decision, page: Page, notes: Sequence[str] = ()) -> Iterable[str]:
    at = f" at {decision.place}" if decision.place else ""
    by = {DecisionSource.PERSON: f"decided by a person{at}", DecisionSource.FILE: f"decided by a file{at}"}
    why = decision.reason or by.get(decision.source, "by default")
    if decision.reason and decision.source in by:
        why = f"{by[decision.source]}: {decision.reason}"
    text = f"{name:<13} {decision.value}: {'; '.join((why, *notes))}"
    yield from wrapped(text, page.width, first="  ", rest=" " * 16)
