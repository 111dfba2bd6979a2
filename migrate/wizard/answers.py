"""What an answer does to a plan: pure functions from Plan to Plan. Nothing is asked here, and nothing shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, Question, ReleasePlan

FIELDS = {
    "phase": "rollout_phase",
    "type": "component_type",
    "domain": "domain",
    "folder": "path",
    "tier": "tier",
    "project": "project",
    "name": "component",
    "wave": "wave",
}
"""The word that a person sees → field of ReleasePlan."""

SET_QUESTION = "componentSets/"
"""What the key of a question about a cluster type begins with; all others are about releases."""


def decision(release: ReleasePlan, word: str) -> Decision:
    """The decision behind a word of :data:`FIELDS`."""
    found: Decision = getattr(release, FIELDS[word])
    return found


def is_persons(found: Decision) -> bool:
    """Whether a person (or a file that a person brought) decided it."""
    return found.source in (DecisionSource.PERSON, DecisionSource.FILE)


def is_settled(release: ReleasePlan) -> bool:
    """Whether nothing is left to ask: no Application, or a person decided every field."""
    if release.disposition is not Disposition.COMPONENT:
        return True
    return all(is_persons(decision(release, word)) for word in FIELDS)


def components(plan: Plan, layer: str | None = None) -> tuple[ReleasePlan, ...]:
    """The releases that become Applications, of one layer or of all; in the estate's order."""
    found = (r for r in plan.releases if r.disposition is Disposition.COMPONENT)
    return tuple(release for release in found if layer is None or release.layer == layer)


def open_count(plan: Plan) -> int:
    """How many releases are not decided yet."""
    return sum(not is_settled(release) for release in plan.releases)


def scopes(plan: Plan, layer: str) -> dict[str, tuple[str, ...]]:
    """What a person may mean by several releases → their ids: a layer, a kind of it or of the estate, everything."""
    here, everywhere = components(plan, layer), components(plan)
    kinds = tuple(dict.fromkeys(release.component_type.value for release in here))
    found = {f"all of {layer}": tuple(release.id for release in here)}
    for where, among in ((f"of {layer}", here), ("of the estate", everywhere)):
        for kind in kinds:
            found[f"all {kind} {where}"] = tuple(r.id for r in among if r.component_type.value == kind)
    return {**found, "all releases of the estate": tuple(release.id for release in everywhere)}


def field_name(word: str) -> str:
    """The name in migration.yaml of a word of :data:`FIELDS`: ``phase`` is ``rolloutPhase``."""
    first, *more = FIELDS[word].split("_")
    return first + "".join(part.title() for part in more)


def asked_words(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Release → the fields (as words) that a rule or the file says only a person may decide, still open."""
    found = {release.id: set(release.ask) for release in plan.releases if release.ask}
    for question in _of_releases(plan):
        if question.must_ask:
            release, name = _place(question.key)
            found.setdefault(release, set()).add(name)
    return {name: tuple(word for word in FIELDS if field_name(word) in fields) for name, fields in found.items()}


def guessed_words(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Release → the fields (as words) whose proposal is only a guess, still open."""
    found: dict[str, set[str]] = {}
    for question in _of_releases(plan):
        if not question.must_ask:
            release, name = _place(question.key)
            found.setdefault(release, set()).add(name)
    return {name: tuple(word for word in FIELDS if field_name(word) in fields) for name, fields in found.items()}


def _of_releases(plan: Plan) -> Iterator[Question]:
    return (question for question in plan.questions if not question.key.startswith(SET_QUESTION))


def _place(key: str) -> tuple[str, str]:
    """``releases/data/minio/rolloutPhase`` → the release's id and the field."""
    release, _, name = key.removeprefix("releases/").rpartition("/")
    return release, name


def with_value(plan: Plan, names: Iterable[str], word: str, value: str) -> Plan:
    """The plan where a person decided one field of these releases."""
    known = plan.by_id()
    return _with_releases(plan, {name: _decided(known[name], word, value) for name in names})


def with_accepted(plan: Plan, names: Iterable[str], *, spare: Mapping[str, tuple[str, ...]] | None = None) -> Plan:
    """The plan where every proposal of these releases is the person's own, but for the fields in ``spare``."""
    known = plan.by_id()
    changed: dict[str, ReleasePlan] = {}
    for name in names:
        release = known[name]
        if release.disposition is not Disposition.COMPONENT:
            continue
        for word in FIELDS:
            found = decision(release, word)
            if not is_persons(found) and word not in (spare or {}).get(name, ()):
                release = _decided(release, word, found.value)
        changed[name] = release
    return _with_releases(plan, changed)


def without_answers(plan: Plan, names: Iterable[str] | None = None) -> Plan:
    """The plan with no field decided by a person, for these releases or for all: what to propose from anew."""
    open_again = {release.id for release in plan.releases} if names is None else set(names)
    undecided = Decision("", DecisionSource.DEFAULT)
    changed: dict[str, ReleasePlan] = {}
    for release in plan.releases:
        if release.id in open_again:
            for word in FIELDS:
                if is_persons(decision(release, word)):
                    release = _replaced(release, FIELDS[word], undecided)
            changed[release.id] = release
    return _with_releases(plan, changed)


def _decided(release: ReleasePlan, word: str, value: str) -> ReleasePlan:
    """The release with one field decided by the person; the reason stays where the value does."""
    old = decision(release, word)
    kept = replace(old, source=DecisionSource.PERSON)
    ask = tuple(name for name in release.ask if name != field_name(word))
    made = kept if value == old.value else Decision(value, DecisionSource.PERSON)
    return _replaced(replace(release, ask=ask), FIELDS[word], made)


def _replaced(release: ReleasePlan, field: str, made: Decision) -> ReleasePlan:
    match field:
        case "rollout_phase":
            return replace(release, rollout_phase=made)
        case "component_type":
            return replace(release, component_type=made)
        case "domain":
            return replace(release, domain=made)
        case "path":
            return replace(release, path=made)
        case "tier":
            return replace(release, tier=made)
        case "project":
            return replace(release, project=made)
        case "component":
            return replace(release, component=made)
        case _:
            return replace(release, wave=made)


def _with_releases(plan: Plan, changed: Mapping[str, ReleasePlan]) -> Plan:
    """The plan with these releases exchanged, and their questions gone where they are answered."""
    answered = {
        f"releases/{name}/{field_name(word)}"
        for name, release in changed.items()
        for word in FIELDS
        if is_persons(decision(release, word))
    }
    releases = tuple(changed.get(release.id, release) for release in plan.releases)
    questions = tuple(question for question in plan.questions if question.key not in answered)
    return replace(plan, releases=releases, questions=questions)
