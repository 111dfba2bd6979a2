"""What becomes of a release that a cluster type does not deploy: parked there, or not of its component set at all.

Only where the plan names cluster types: an environment without one is on its own, and what is off there is parked.
The ladder is the plan's and so the same everywhere, whatever a set leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate.doors.yaml import YamlNode
from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity
from migrate.model.fleet import ABSENT, CURATED, PARKED, WHOLE
from migrate.model.json import JsonObject
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, PlannedEnvironment, Question, ReleasePlan
from migrate.model.words import few, many
from migrate.plan.fields import is_decided
from migrate.plan.names import DNS_LABEL
from migrate.plan.reader import PlanReader

SETS, ELSEWHERE = (WHOLE, CURATED), (PARKED, ABSENT)
QUESTION = "componentSets/"
_NAMED = 3
_MUCH = 4
"""A type that lacks this part of all components (a quarter) is proposed a set of its own."""
Sets = Mapping[str, Decision]


@dataclass(frozen=True)
class Lack:
    """A release that some cluster type deploys, and another does not."""

    id: str
    declared: bool
    """Whether an environment of the type has it at all, with its condition or ``installed`` false."""


def named_types(environments: tuple[PlannedEnvironment, ...]) -> dict[str, tuple[str, ...]]:
    """Cluster type that the plan names → its environments, in the plan's order."""
    found: dict[str, list[str]] = {}
    for environment in environments:
        if environment.cluster_type:
            found.setdefault(environment.cluster_type, []).append(environment.name)
    return {kind: tuple(names) for kind, names in found.items()}


def lacking(estate: Estate, releases: tuple[ReleasePlan, ...], names: tuple[str, ...]) -> tuple[Lack, ...]:
    """The releases that environments beside ``names`` deploy and none of these does; in the estate's order."""
    known = {r.id for r in releases if r.disposition is Disposition.COMPONENT}
    found = []
    for name, by_environment in estate.by_id().items():
        here = [by_environment[one] for one in names if one in by_environment]
        others = [release for one, release in by_environment.items() if one not in names]
        if name in known and not any(r.deployed for r in here) and any(r.deployed for r in others):
            found.append(Lack(name, bool(here)))
    return tuple(found)


def propose_sets(
    estate: Estate, environments: tuple[PlannedEnvironment, ...], releases: tuple[ReleasePlan, ...], decided: Sets
) -> dict[str, Decision]:
    """Cluster type → its set, where there is anything to say: a person's word, else a proposal with its reason."""
    found = {kind: decision for kind, decision in decided.items() if is_decided(decision)}
    for kind, names in named_types(environments).items():
        read = tuple(name for name in names if name in estate.environments)
        # What was not read this time says nothing; what was decided from all of it stays.
        if kind in found or len(read) < len(names):
            if kind not in found and kind in decided:
                found[kind] = decided[kind]
            continue
        if lacks := lacking(estate, releases, read):
            found[kind] = _proposal(lacks, read, _deployed(estate, releases))
    return {kind: found[kind] for kind in sorted(found)}


def _deployed(estate: Estate, releases: tuple[ReleasePlan, ...]) -> int:
    """How many components some environment deploys."""
    known = {r.id for r in releases if r.disposition is Disposition.COMPONENT}
    return len({release.id for release in estate.releases if release.deployed and release.id in known})


def _proposal(lacks: tuple[Lack, ...], names: tuple[str, ...], count: int) -> Decision:
    """A type that goes without much has a list of its own; a few releases, or switches of one environment, are off."""
    ids = few([lack.id for lack in lacks], _NAMED)
    if len(names) == 1 and all(lack.declared for lack in lacks):
        return Decision(WHOLE, DecisionSource.INFERRED, f"off by conditions of {names[0]} alone: {ids}")
    told = f"{len(lacks)} of {count} components in none of {', '.join(names)}: {ids}"
    if len(lacks) * _MUCH >= count:
        return Decision(CURATED, DecisionSource.INFERRED, told)
    return Decision(WHOLE, DecisionSource.INFERRED, f"only {told}")


def set_questions(estate: Estate, plan: Plan) -> Iterator[Question]:
    """What a person may be asked about component sets: one question a cluster type."""
    types = named_types(plan.environments)
    for kind, decision in plan.component_sets.items():
        if is_decided(decision) or kind not in types:
            continue
        lacks = lacking(estate, plan.releases, types[kind])
        yield Question(
            key=f"{QUESTION}{kind}",
            text=f"component set of the cluster type {kind}: "
            f"{many(len(lacks), 'release')} of other types that it does not deploy",
            proposal=decision.value,
            reason=decision.reason,
            options=SETS,
            evidence=tuple(f"{lack.id}: {_why(lack, types[kind])}" for lack in lacks),
        )


def set_findings(plan: Plan) -> Iterator[Finding]:
    """The questions for those who only run ``plan``: it takes the proposal."""
    for question in plan.questions:
        if question.key.startswith(QUESTION):
            kind = question.key.removeprefix(QUESTION)
            yield Finding(
                "PL019",
                Severity.WARNING,
                f"is what the cluster type {kind} does not deploy off there, or not of its set? "
                f"Taken as {question.proposal}: {question.reason}",
                f"say componentSets: {{{kind}: {WHOLE}}} (it is off) or {CURATED} (not there), or: migrate wizard",
            )


def _why(lack: Lack, names: tuple[str, ...]) -> str:
    if lack.declared:
        return f"its condition or installed is false in {', '.join(names)}"
    return f"the estate does not have it in {', '.join(names)}"


def read_sets(reader: PlanReader, node: YamlNode | None) -> dict[str, Decision]:
    """``componentSets:`` of migration.yaml.

    Raises:
        UsageError: another word than whole or curated.
    """
    found = {}
    for kind, value in reader.mapping(node, "componentSets").items():
        what = f"componentSets.{kind}"
        if not DNS_LABEL.fullmatch(kind):
            reader.refuse(f"{kind!r} is no name of a cluster type", value, "e.g. nonprod")
        found[kind] = reader.decision(value, what)
        if found[kind].value not in SETS:
            reader.refuse(f"{what} cannot be {found[kind].value!r}", value, f"one of: {', '.join(SETS)}")
    return found


def sets_schema(decision: JsonObject) -> JsonObject:
    """The JSON Schema of ``componentSets``; ``decision`` is that of one entry."""
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": f"^(?:{DNS_LABEL.pattern})$"},
        "additionalProperties": decision,
        "description": "Cluster type → all that any type has (whole), or a list of its own (curated).",
    }
