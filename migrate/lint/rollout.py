"""Rules over rollouts: every Application in a step, every step able to finish, nothing synced before its hand-over."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.settings import check_controller_flag
from migrate.lint.subject import Document, Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication

_PERCENT = re.compile(r"^(100|[1-9]?\d)%$")
FIXED_REVISION = re.compile(r"^(?:[0-9a-f]{40}|v?\d+(?:\.\d+)+[-+.\w]*)$")


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
        for text, hint in _expression(expression, applications):
            yield error(f"step {number + 1}: {text}", hint, where, appset.environment)
    fault = _max_update_fault(dig(step, "maxUpdate"))
    if fault:
        where = subject.line(appset, *place, "maxUpdate")
        hint = "Write a number from 1, or a percentage such as 25%."
        yield error(f"step {number + 1}: maxUpdate {fault}", hint, where, appset.environment)


def _expression(expression: Any, applications: list[GeneratedApplication]) -> Iterator[tuple[str, str]]:
    operator, key = dig(expression, "operator"), str(dig(expression, "key") or "")
    if operator not in ("In", "NotIn"):
        hint = "Only In and NotIn exist; any other word passes exactly where the label is missing."
        yield f"operator {operator!r} is not known", hint
    labels = {label for one in applications for label in mapped(one.manifest, "metadata", "labels")}
    if labels and key not in labels:
        close = difflib.get_close_matches(key, sorted(labels), 1)
        hint = f"Did you mean {close[0]}?" if close else f"Labels that Applications carry: {', '.join(sorted(labels))}."
        yield f"no Application carries the label {key!r}", hint
    if not dig(expression, "values"):
        yield f"{key}: no values", "Write the values in quotes."


def _max_update_fault(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        if not _PERCENT.match(value):
            return f"{value!r} is no percentage, and so counts as 1"
        return "0% never updates anything" if value == "0%" else ""
    return "0 never updates anything" if isinstance(value, (int, float)) and value <= 0 else ""


def _empty_steps(
    subject: Subject, appset: Document, steps: list[Any], applications: list[GeneratedApplication]
) -> Iterator[Hit]:
    """One hit for all of them: a ladder has more steps than an estate needs."""
    used = {one.step for one in applications}
    empty = [step for number, step in enumerate(steps, 1) if number not in used]
    if applications and empty:
        shown = ", ".join(_values(step) or "?" for step in empty)
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
            n for n, step in enumerate(steps) if listed(step, "matchExpressions") and _selects(step, labels)
        )
        if len(matching) > 1:
            shared[matching].append(one.name)
    for matching, names in sorted(shared.items()):
        numbers = " and ".join(str(number + 1) for number in matching)
        text = f"steps {numbers} both select {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        where = subject.line(appset, "spec", "strategy", "rollingSync", "steps", matching[-1])
        yield warning(text, "The first counts. Let each value stand in one step.", where, appset.environment)


def _selects(step: Any, labels: dict[str, Any]) -> bool:
    """Whether all expressions hold (rule 3.6); an unknown operator is told elsewhere, and selects nothing here."""
    for expression in listed(step, "matchExpressions"):
        inside = labels.get(str(dig(expression, "key"))) in listed(expression, "values")
        if dig(expression, "operator") not in ("In", "NotIn") or inside is (dig(expression, "operator") == "NotIn"):
            return False
    return True


def _descents(subject: Subject, appset: Document, steps: list[Any]) -> Iterator[Hit]:
    """Steps over numbers rise: a later number in an earlier step turns the order round."""
    last: tuple[int, str] | None = None
    for number, step in enumerate(steps):
        keys = {dig(each, "key") for each in listed(step, "matchExpressions")} - {"handover"}
        text = _values(step)
        if not keys <= {"rollout-phase", "wave"} or not re.fullmatch(r"-?\d+", text):
            continue
        if last and int(text) < last[0]:
            said = f"step {number + 1} is for {text}, after {last[1]}: phases sync out of their order"
            where = subject.line(appset, "spec", "strategy", "rollingSync", "steps", number)
            yield error(said, "Sort the steps by phase.", where, appset.environment)
        last = max(last or (int(text), text), (int(text), text))


def check_handover(subject: Subject) -> Iterator[Hit]:
    """L60: what a person hands over is synced by nobody else; one hit for each ApplicationSet."""
    automated: dict[tuple[str, str], list[GeneratedApplication]] = defaultdict(list)
    stepped: dict[tuple[str, str], list[GeneratedApplication]] = defaultdict(list)
    for one in subject.expansion.applications:
        component = subject.component_of(one)
        if component is None or component.get("handover") != "manual":
            continue
        policy: Any = dig(one.manifest, "spec", "syncPolicy", "automated")
        if isinstance(policy, dict) and policy.get("enabled") is not False:
            automated[one.environment, one.appset].append(one)
        if one.step is not None and one.step > 0:
            stepped[one.environment, one.appset].append(one)
    for found, what in ((automated, "automated sync"), (stepped, "a step that syncs it")):
        for applications in found.values():
            one = applications[0]
            more = f" (and {len(applications) - 1} more)" if len(applications) > 1 else ""
            text = f"{one.name}{more} is in manual hand-over, and has {what}"
            hint = "Remove what syncs it, or set handover: done in migration.yaml and convert again."
            appset = subject.appset_of(one)
            keys = ("spec", "strategy") if found is stepped else ("spec", "templatePatch")
            where = subject.line(appset, *keys) if appset else subject.place(one, "handover")
            yield error(text, hint, where, one.environment)


def _values(step: Any) -> str:
    expressions: Any = listed(step, "matchExpressions")
    chosen = [each for each in expressions if dig(each, "key") != "handover"]
    return ",".join(str(value) for each in chosen for value in listed(each, "values"))


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


RULES = (
    Rule(
        "L12",
        "a rolling sync holds every Application and can finish",
        "an Application in no step is never synced; a wrong operator or limit silently means something else",
        "AC 3.1-3.17, D 28",
        check_rollout,
    ),
    Rule(
        "L60",
        "a manual hand-over is manual",
        "what syncs by itself changes a cluster before anybody has compared",
        "D 1",
        check_handover,
    ),
)
