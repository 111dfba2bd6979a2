"""The question about component sets: one for each cluster type that does not deploy all that others do."""

from __future__ import annotations

from dataclasses import replace

from migrate.model.fleet import CURATED, WHOLE
from migrate.model.plan import Decision, DecisionSource, Plan, Question
from migrate.wizard.answers import SET_QUESTION, is_persons
from migrate.wizard.asker import Line, Option

_NEAREST = 8
"""So many releases are named; migrate plan --output json lists all."""

SETS = (
    Option(CURATED, "a set of its own: what it lacks is not there", "c"),
    Option(WHOLE, "the whole set: what it lacks is parked", "w"),
)


def open_sets(plan: Plan) -> tuple[Question, ...]:
    """The questions about component sets that no person has answered."""
    return tuple(question for question in plan.questions if question.key.startswith(SET_QUESTION))


def type_of(question: Question) -> str:
    """The cluster type that a question is about."""
    return question.key.removeprefix(SET_QUESTION)


def set_lines(plan: Plan, question: Question) -> list[Line]:
    """What a cluster type lacks, and what is proposed."""
    kind = type_of(question)
    names = [e.name for e in plan.environments if e.cluster_type == kind]
    lines = [
        Line(""),
        Line(f"The cluster type {kind}: {', '.join(names)}", heading=True),
        Line(f"proposed  {question.proposal}: {question.reason}", "  ", " " * 12),
        Line("Other types deploy these, and it does not:", "  "),
    ]
    lines += [Line(f"* {fact}", " " * 5, " " * 7) for fact in question.evidence[:_NEAREST]]
    more = len(question.evidence) - _NEAREST
    return lines + ([Line(f"and {more} more", " " * 7)] if more > 0 else [])


def with_set(plan: Plan, kind: str, value: str) -> Plan:
    """The plan where a person decided the set of a cluster type; the reason stays where the value does."""
    old = plan.component_sets.get(kind)
    reason = old.reason if old is not None and old.value == value else ""
    decided = Decision(value, DecisionSource.PERSON, reason)
    questions = tuple(question for question in plan.questions if question.key != f"{SET_QUESTION}{kind}")
    return replace(plan, component_sets={**plan.component_sets, kind: decided}, questions=questions)


def review_sets(plan: Plan) -> list[Line]:
    """The sets of all cluster types, for the review."""
    return [
        Line(f"cluster type {kind}: {decision.value}{' (yours)' if is_persons(decision) else ''}", "  ", "    ")
        for kind, decision in plan.component_sets.items()
    ]
