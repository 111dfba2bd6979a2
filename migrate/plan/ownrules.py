"""The rules that a person added to the plan: which of them speak for a release, and what they say.

They come before the built-in ones. For each field the first rule that matches and has a value for it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from migrate.model.finding import Finding, Severity
from migrate.model.plan import PlanRule
from migrate.plan.rules import Answer, Evidence

MATCH_KEYS = ("name", "namespace", "chart", "layer", "kinds")
"""What a rule may match on, beside ``labels``."""


class OwnRules:
    """The rules in their order; remembers which of them had a say, so that the others can be told."""

    def __init__(self, rules: tuple[PlanRule, ...]) -> None:
        self._rules = rules
        self._matched: set[int] = set()
        self._heard: set[int] = set()

    def answers(self, evidence: Evidence) -> tuple[dict[str, Answer], tuple[str, ...]]:
        """Field → what the first rule says that speaks of it; and the fields that a rule asks a person about."""
        found: dict[str, Answer] = {}
        asked: dict[str, None] = {}
        for number, rule in enumerate(self._rules):
            if not matches(rule, evidence):
                continue
            self._matched.add(number)
            new = {field: value for field, value in rule.gives.items() if field not in found}
            if new or any(field not in asked for field in rule.ask):
                self._heard.add(number)
            because = f"rule {number + 1} of this plan" + (f": {rule.reason}" if rule.reason else "")
            found.update({field: Answer(value, because) for field, value in new.items()})
            asked.update(dict.fromkeys(rule.ask))
        return found, tuple(asked)

    def unused(self) -> Iterable[Finding]:
        """A warning for each rule without a say, once ``answers`` has been asked about every release."""
        for number, rule in enumerate(self._rules):
            if number in self._heard:
                continue
            shadowed = number in self._matched
            what = "says nothing that an earlier rule has not said" if shadowed else "matches no release"
            yield Finding(
                "PL012",
                Severity.WARNING,
                f"rule {number + 1} of the plan ({matched_text(rule)}) {what}",
                "move it up, or take it out" if shadowed else "mend its patterns, or take it out",
                rule.place,
            )


def matches(rule: PlanRule, evidence: Evidence) -> bool:
    """Whether every key of the rule fits the release; a key fits where one of its patterns does."""
    values = _values(evidence)
    return all(
        any(fnmatchcase(value, pattern) for value in values.get(key, ()) for pattern in patterns)
        for key, patterns in rule.match.items()
    )


def matched_text(rule: PlanRule) -> str:
    """The rule's patterns in one line: ``chart: redis*, layer: 40-*``."""
    return ", ".join(f"{key}: {' | '.join(patterns)}" for key, patterns in rule.match.items())


def _values(evidence: Evidence) -> Mapping[str, tuple[str, ...]]:
    kinds = tuple(evidence.node.kinds)
    return {
        "name": (evidence.name,),
        "namespace": (evidence.namespace,),
        "chart": (evidence.chart, evidence.chart_as_written),
        "layer": (evidence.layer,),
        "kinds": (*kinds, *(kind.partition(".")[0] for kind in kinds)),
        **{f"labels.{key}": (value,) for key, value in evidence.labels.items()},
    }
