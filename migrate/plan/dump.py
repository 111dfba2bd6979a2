"""Plan → migration.yaml: a line a decision, in a fixed order, with a person's comments and answers kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from migrate.doors.yaml import dump_yaml
from migrate.errors import UsageError
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Decision, DecisionSource, Plan, ReleasePlan
from migrate.plan.comments import keep_comments
from migrate.plan.fields import FIELDS, is_decided
from migrate.plan.ladder import DEFAULT_LADDER
from migrate.plan.load import load_plan

_HEADER = """\
# Every decision of this migration; `migrate plan` and `migrate wizard` write it, and a person may.
# A value alone (`rolloutPhase: "130"`) is a person's and stands; inferred ones are made anew by every run.
"""
_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = frozenset(["y", "yes", "n", "no", "true", "false", "on", "off", "null"])


def dump_plan(plan: Plan, previous: str | None) -> str:
    """The file for ``plan``: the same plan and ``previous`` text give the same bytes.

    Comments of ``previous`` stay with the key below or beside them. What a person decided about releases that the
    plan does not have stays too, at the end, so that reading a part of an estate loses nothing.
    """
    stale = _stale(plan, previous)
    text = _HEADER + "".join(_lines(plan, stale))
    return keep_comments(text, previous) if previous else text


def _stale(plan: Plan, previous: str | None) -> tuple[ReleasePlan, ...]:
    if previous is None:
        return ()
    try:
        before = load_plan(previous, "the plan")
    except UsageError:
        return ()
    known = plan.by_id()
    return tuple(release for release in before.releases if release.id not in known and _has_answers(release))


def _has_answers(release: ReleasePlan) -> bool:
    return bool(
        any(is_decided(getattr(release, field)) for field in FIELDS.values())
        or release.pins
        or release.ask
        or release.sync_options
        or release.ignore_differences
        or release.disposition_source in (DecisionSource.PERSON, DecisionSource.FILE)
    )


def _lines(plan: Plan, stale: tuple[ReleasePlan, ...]) -> Iterable[str]:
    yield f'schemaVersion: "1"\nestate: {_scalar(plan.estate)}\n'
    yield f"target:\n  repoURL: {_scalar(plan.repo_url)}\n  revision: {_scalar(plan.revision)}\n"
    yield f"layout: {plan.layout}\nappsets: {plan.appsets}\nsteps: {plan.steps}\nhandover: {plan.handover}\n"
    yield from _texts_by_name("layerHandover", plan.layer_handover)
    yield f"argocdVersion: {_scalar(plan.argocd_version)}\n"
    yield "environments:\n" if plan.environments else "environments: {}\n"
    for environment in plan.environments:
        yield f"  {_scalar(environment.name)}:\n    cluster: {_scalar(environment.cluster)}\n"
        yield f"    server: {_scalar(environment.server)}\n    kubeVersion: {_scalar(environment.kube_version)}\n"
        if environment.api_versions:
            yield f"    apiVersions: {_flow(list(environment.api_versions))}\n"
        if environment.contexts:
            yield f"    contexts: {_flow_map(environment.contexts)}\n"
    yield from _texts_by_name("secrets", plan.secrets_policy)
    yield from _ladder(plan)
    yield "releases:\n" if plan.releases or stale else "releases: {}\n"
    for release in (*plan.releases, *stale):
        yield from _release(release)


def _texts_by_name(key: str, values: object) -> Iterable[str]:
    if isinstance(values, dict) and values:
        yield f"{key}:\n"
        for name in sorted(values):
            yield f"  {_scalar(name)}: {_scalar(values[name])}\n"


def _ladder(plan: Plan) -> Iterable[str]:
    base = tuple(step for step in plan.ladder if not step.inserted)
    if base != DEFAULT_LADDER:
        yield "ladder:\n"
        for step in base:
            limit = f", maxUpdate: {_scalar(step.max_update)}" if step.max_update else ""
            yield f"  - {{phase: {_scalar(step.phase)}{limit}}}\n"
    if inserted := [step.phase for step in plan.ladder if step.inserted]:
        yield f"insertedSteps: {_flow(list(inserted))}\n"


def _release(release: ReleasePlan) -> Iterable[str]:
    yield f"  {_scalar(release.id)}:\n"
    if release.layer:
        yield f"    layer: {_scalar(release.layer)}\n"
    if release.disposition.value != "component" or release.disposition_source is not DecisionSource.INFERRED:
        decision = Decision(release.disposition.value, release.disposition_source)
        yield f"    disposition: {_decision(decision)}\n"
    for key, field in FIELDS.items():
        decision = getattr(release, field)
        if decision.value:
            yield f"    {key}: {_decision(decision)}\n"
    if release.ask:
        yield f"    ask: {_flow(list(release.ask))}\n"
    if release.sync_options:
        yield f"    syncOptions: {_flow(list(release.sync_options))}\n"
    if release.ignore_differences:
        yield _block("ignoreDifferences", list(release.ignore_differences))
    if release.pins:
        pins: JsonObject = {"reason": release.pin_reason, "values": release.pins}
        yield _block("pins", pins)
    if release.state:
        yield f"    state: {release.state}\n"


def _block(key: str, value: JsonValue) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in dump_yaml({key: value}).splitlines())


def _decision(decision: Decision) -> str:
    reason = f", reason: {_scalar(decision.reason)}" if decision.reason else ""
    if decision.source is DecisionSource.PERSON and not reason:
        return _scalar(decision.value)
    return f"{{value: {_scalar(decision.value)}, source: {decision.source.value}{reason}}}"


def _flow(values: list[str]) -> str:
    return "[" + ", ".join(_scalar(value) for value in values) + "]"


def _flow_map(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_scalar(key)}: {_scalar(value)}" for key, value in values.items()) + "}"


def _scalar(text: str) -> str:
    """A plain scalar where every YAML reader takes it for this text, else a quoted one."""
    if _SAFE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
