"""L12: a rolling sync holds every Application and can finish."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

from migrate.lint.edits import token_edit
from migrate.lint.example import Example
from migrate.lint.good_tree import APPS, ROLLING
from migrate.lint.rule import Fix, Fixed, Hit, Rule, error, info, warning
from migrate.lint.settings import setting_line, settings_of
from migrate.lint.sources import FIXED_REVISION
from migrate.lint.steps import expression_faults, max_update_fault, selects, step_values
from migrate.lint.subject import Document, Key, Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import Severity, SourceLocation

PROGRESSIVE_SYNCS = "applicationsetcontroller.enable.progressive.syncs"


def check_rollout(subject: Subject) -> Iterator[Hit]:
    """L12: typos and gaps in a rolling sync."""
    for appset in subject.appsets:
        strategy = appset.get("spec", "strategy")
        if not isinstance(strategy, dict):
            continue
        applications = [one for one in subject.expansion.applications if subject.appset_of(one) is appset]
        yield from _strategy(subject, appset, strategy)
        yield from check_controller_flag(subject, appset)
        steps: Any = listed(strategy, "rollingSync", "steps")
        for number, step in enumerate(steps):
            yield from _step(subject, appset, number, step, applications)
        yield from _overlaps(subject, appset, steps, applications)
        yield from _descents(subject, appset, steps)
        yield from _empty_steps(subject, appset, steps, applications)
        yield from _unmatched(subject, applications)
        yield from _syncing(subject, appset, applications)


def _strategy(subject: Subject, appset: Document, strategy: dict[str, Any]) -> Iterator[Hit]:
    kind = strategy.get("type")
    where = subject.line(appset, "spec", "strategy", "type")
    if kind != "RollingSync":
        text = f"strategy.type {kind!r} is not RollingSync, and so nothing is ordered"
        yield error(text, "Write RollingSync exactly.", where, appset.environment)
    elif not dig(strategy, "rollingSync", "steps"):
        text = "RollingSync without steps"
        yield error(text, "Argo CD 3.3 reconciles without end on it. Write steps.", where, appset.environment)
    policy = appset.get("spec", "syncPolicy", "applicationsSync")
    if policy in ("create-only", "create-delete"):
        where = subject.line(appset, "spec", "syncPolicy", "applicationsSync")
        text = f"applicationsSync {policy} forbids updates, and so RollingSync cannot sync what exists"
        yield error(text, "Write create-update or sync.", where, appset.environment)


def _step(
    subject: Subject, appset: Document, number: int, step: Any, applications: list[GeneratedApplication]
) -> Iterator[Hit]:
    place = ("spec", "strategy", "rollingSync", "steps", number)
    expressions: Any = listed(step, "matchExpressions")
    if not expressions:
        text = f"step {number + 1} has no matchExpressions and selects every Application"
        yield error(text, "Write a label, operator and values.", subject.line(appset, *place), appset.environment)
    for index, expression in enumerate(expressions):
        where = subject.line(appset, *place, "matchExpressions", index)
        for text, hint in expression_faults(expression, applications):
            yield error(f"step {number + 1}: {text}", hint, where, appset.environment)
    fault = max_update_fault(dig(step, "maxUpdate"))
    if fault:
        where = subject.line(appset, *place, "maxUpdate")
        hint = "Write a number from 1, or a percentage such as 25%."
        yield error(f"step {number + 1}: maxUpdate {fault}", hint, where, appset.environment)


def _empty_steps(
    subject: Subject, appset: Document, steps: list[Any], applications: list[GeneratedApplication]
) -> Iterator[Hit]:
    """One hit for all of them: a ladder has more steps than an estate needs."""
    used = {one.step for one in applications}
    empty = [step for number, step in enumerate(steps, 1) if number not in used]
    if applications and empty:
        shown = ", ".join(step_values(step) or "?" for step in empty)
        text = f"{len(empty)} of {len(steps)} steps hold no Application: {shown}"
        hint = "An empty step passes at once; keep it if components of that phase may come."
        yield info(text, hint, subject.line(appset, "spec", "strategy", "rollingSync", "steps"), appset.environment)


def _overlaps(
    subject: Subject, appset: Document, steps: list[Any], applications: list[GeneratedApplication]
) -> Iterator[Hit]:
    """An Application that several steps select belongs to the first, and is listed in all (rule 3.7)."""
    shared: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for one in applications:
        labels = mapped(one.manifest, "metadata", "labels")
        matching = tuple(
            n for n, step in enumerate(steps) if listed(step, "matchExpressions") and selects(step, labels)
        )
        if len(matching) > 1:
            shared[matching].append(one.name)
    for matching, names in sorted(shared.items()):
        numbers = " and ".join(str(number + 1) for number in matching)
        text = f"steps {numbers} both select {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        where = subject.line(appset, "spec", "strategy", "rollingSync", "steps", matching[-1])
        yield warning(text, "The first counts. Let each value stand in one step.", where, appset.environment)


def _descents(subject: Subject, appset: Document, steps: list[Any]) -> Iterator[Hit]:
    """Steps over numbers rise: a later number in an earlier step turns the order round."""
    last: tuple[int, str] | None = None
    for number, step in enumerate(steps):
        keys = {dig(each, "key") for each in listed(step, "matchExpressions")} - {"handover"}
        text = step_values(step)
        if not keys <= {"rollout-phase", "wave"} or not re.fullmatch(r"-?\d+", text):
            continue
        if last and int(text) < last[0]:
            said = f"step {number + 1} is for {text}, after {last[1]}: phases sync out of their order"
            where = subject.line(appset, "spec", "strategy", "rollingSync", "steps", number)
            yield error(said, "Sort the steps by phase.", where, appset.environment)
        last = max(last or (int(text), text), (int(text), text))


def _unmatched(subject: Subject, applications: list[GeneratedApplication]) -> Iterator[Hit]:
    for one in applications:
        labels = mapped(one.manifest, "metadata", "labels")
        if one.step == -1 and labels.get("handover") != "manual":
            phase = labels.get("rollout-phase", "")
            text = f"Application {one.name} (rollout-phase {phase!r}) is in no step, and so it is never synced"
            hint = "Give it a phase that a step selects, or add a step."
            yield error(text, hint, subject.place(one, "rolloutPhase"), one.environment)


def _syncing(subject: Subject, appset: Document, applications: list[GeneratedApplication]) -> Iterator[Hit]:
    unpruned = [one for one in applications if not dig(one.manifest, "spec", "syncPolicy", "automated", "prune")]
    unpruned = [one for one in unpruned if one.step not in (None, -1)]
    if unpruned:
        text = f"{len(unpruned)} Applications are synced without prune, e.g. {unpruned[0].name}"
        hint = "Without automated.prune a removed object leaves its Application OutOfSync, and the rollout waits."
        yield warning(text, hint, subject.line(appset, "spec", "templatePatch"), appset.environment)
    revisions = {str(revision) for one in applications for revision in _revisions(one)}
    moving = sorted(revision for revision in revisions if not FIXED_REVISION.match(revision))
    if moving:
        text = f"the Applications follow a moving revision ({', '.join(moving)})"
        hint = "One commit then changes every step at once, and a later step may start first. Tag what is rolled out."
        keys = ("spec", "template", "spec", "source", "targetRevision")
        yield warning(text, hint, subject.line(appset, *keys), appset.environment)


def _revisions(one: GeneratedApplication) -> Iterator[str]:
    spec: Any = one.manifest.get("spec")
    for source in [dig(spec, "source"), *(listed(spec, "sources"))]:
        if isinstance(source, dict) and not source.get("chart"):
            yield str(source.get("targetRevision") or "HEAD")


def check_controller_flag(subject: Subject, appset: Document) -> Iterator[Hit]:
    """Part of L12: without the controller's flag a strategy is ignored without a word (rule 3.1)."""
    if not listed(appset.data, "spec", "strategy", "rollingSync", "steps"):
        return
    for setting in settings_of(subject, "params"):
        if setting.document.environment == appset.environment and setting.data.get(PROGRESSIVE_SYNCS) != "true":
            text = f'{PROGRESSIVE_SYNCS} is not "true", and so the strategy of {appset.name} is ignored'
            hint = 'Write "true", in quotes, and restart the ApplicationSet controller.'
            yield error(text, hint, setting_line(subject, setting, PROGRESSIVE_SYNCS), appset.environment)


_Word: TypeAlias = tuple[tuple[Key, ...], SourceLocation, tuple[str, ...]]
"""Keys of a word, where the rule is heard if it is wrong, and what it may be."""


def fix_rollout(subject: Subject) -> Iterator[Fixed]:
    """Words that differ from Argo CD's own by their case alone."""
    for appset in (one for one in subject.appsets if one.is_text):
        place: tuple[Key, ...] = ("spec", "strategy", "type")
        words: list[tuple[tuple[Key, ...], SourceLocation, tuple[str, ...]]] = [
            (place, subject.line(appset, *place), ("RollingSync",))
        ]
        for number, step in enumerate(listed(appset.data, "spec", "strategy", "rollingSync", "steps")):
            for index in range(len(listed(step, "matchExpressions"))):
                below: tuple[Key, ...] = ("spec", "strategy", "rollingSync", "steps", number, "matchExpressions", index)
                words.append(((*below, "operator"), subject.line(appset, *below), ("In", "NotIn")))
        for keys, heard, known in words:
            word = str(appset.get(*keys) or "")
            meant = next((name for name in known if name.lower() == word.lower()), word)
            if word != meant:
                edit = token_edit(subject.tree, subject.line(appset, *keys), word, meant)
                yield from [(heard, edit)] if edit else []


RULE = Rule(
    id="L12",
    title="a rolling sync holds every Application and can finish",
    reason="an Application in no step is never synced; a wrong operator or limit silently means something else",
    pointer="AC 3.1-3.17, D 28",
    severity=Severity.ERROR,
    check=check_rollout,
    fix=Fix(fix_rollout, "writes RollingSync, In and NotIn as Argo CD knows them"),
    example=Example(
        bad={
            APPS: """
                spec:
                  strategy:
                    rollingSync:
                      steps:
                        - matchExpressions:
                            - key: rollout-phase
                              operator: In
                              values: ["110"]
                          maxUpdate: "10"  # <- here
                        - matchExpressions:
                            - key: rollout-phase
                              operator: In
                              values: ["650"]
            """,
        },
        good={
            APPS: """
                spec:
                  strategy:
                    rollingSync:
                      steps:
                        - matchExpressions:
                            - key: rollout-phase
                              operator: In
                              values: ["110"]
                          maxUpdate: 10%
                        - matchExpressions:
                            - key: rollout-phase
                              operator: In
                              values: ["650"]
            """,
        },
        base=ROLLING,
    ),
)
