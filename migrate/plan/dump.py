"""Plan → migration.yaml: a line a decision, in a fixed order, with a person's comments and answers kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.doors.yaml import dump_yaml
from migrate.errors import UsageError
from migrate.model.json import JsonObject, JsonValue
from migrate.model.plan import Decision, DecisionSource, Plan, PlannedEnvironment, PlanRule, ReleasePlan
from migrate.plan.comments import block_keys, keep_comments
from migrate.plan.conflicts import has_answers
from migrate.plan.differences import difference_lines
from migrate.plan.fields import DEFAULT_REPO_URL, FIELDS
from migrate.plan.fleet import fleet_lines
from migrate.plan.ladder import DEFAULT_LADDER
from migrate.plan.load import load_plan
from migrate.plan.roles import project_lines
from migrate.plan.scalars import scalar

_HEADER = """\
# Every decision of this migration; `migrate plan` and `migrate wizard` write it, and a person may.
# A value alone (`rolloutPhase: "130"`) is a person's and stands; inferred ones are made anew by every run.
"""


def dump_plan(plan: Plan, previous: str | None) -> str:
    """The file for ``plan``: the same plan and ``previous`` text give the same bytes.

    Comments of ``previous`` stay with the key below or beside them. What a person decided about releases that the
    plan does not have stays too, at the end, so that reading a part of an estate loses nothing.
    """
    stale = _stale(plan, previous)
    text = _HEADER + "".join(_lines(plan, stale))
    return keep_comments(text, previous) if previous else text


def _stale(plan: Plan, previous: str | None) -> tuple[ReleasePlan, ...]:
    known = plan.by_id()
    if previous is None:
        return ()
    # Reading a big plan costs seconds, and the wizard writes after every answer.
    written = block_keys(previous, "releases")
    if written is not None and written <= set(known):
        return ()
    try:
        before = load_plan(previous, "the plan")
    except UsageError:
        return ()
    return tuple(release for release in before.releases if release.id not in known and has_answers(release))


def _lines(plan: Plan, stale: tuple[ReleasePlan, ...]) -> Iterable[str]:
    def setting(key: str, name: str, value: str, default: str, indent: str = "") -> str:
        """A person's value alone; a default with its source, so that nobody takes it for a decision."""
        kept = value != default or key in plan.said
        return f"{indent}{name}: {scalar(value) if kept else _sourced(Decision(value, DecisionSource.DEFAULT))}\n"

    def environment(one: PlannedEnvironment) -> Iterable[str]:
        usual, key = PlannedEnvironment(one.name), f"environments.{one.name}"
        yield f"  {scalar(one.name)}:\n"
        yield setting(f"{key}.cluster", "cluster", one.cluster, usual.cluster, "    ")
        yield setting(f"{key}.server", "server", one.server, usual.server, "    ")
        yield setting(f"{key}.kubeVersion", "kubeVersion", one.kube_version, usual.kube_version, "    ")
        if one.api_versions:
            yield f"    apiVersions: {_flow(list(one.api_versions))}\n"
        if one.contexts:
            yield f"    contexts: {_flow_map(one.contexts)}\n"
        if one.cluster_type:
            yield f"    clusterType: {scalar(one.cluster_type)}\n"

    usual = Plan("", DEFAULT_REPO_URL, "main", (), (), ())
    yield f'schemaVersion: "1"\nestate: {scalar(plan.estate)}\ntarget:\n'
    yield setting("target.repoURL", "repoURL", plan.repo_url, usual.repo_url, "  ")
    yield setting("target.revision", "revision", plan.revision, usual.revision, "  ")
    yield setting("layout", "layout", plan.layout, usual.layout)
    yield setting("appsets", "appsets", plan.appsets, usual.appsets)
    yield setting("steps", "steps", plan.steps, usual.steps)
    yield setting("handover", "handover", plan.handover, usual.handover)
    yield from _texts_by_name("layerHandover", plan.layer_handover)
    if plan.removal != usual.removal or "removal" in plan.said:
        yield setting("removal", "removal", plan.removal, usual.removal)
    yield setting("argocdVersion", "argocdVersion", plan.argocd_version, usual.argocd_version)
    yield "environments:\n" if plan.environments else "environments: {}\n"
    for one in plan.environments:
        yield from environment(one)
    yield from fleet_lines(plan.fleet)
    if plan.component_sets:
        yield "componentSets:\n"
        yield from (f"  {scalar(kind)}: {_decision(decision)}\n" for kind, decision in plan.component_sets.items())
    yield from project_lines(plan.projects)
    yield from _texts_by_name("secrets", plan.secrets_policy)
    yield from difference_lines(plan.ignore_differences)
    yield from _ladder(plan)
    yield from _rules(plan.rules)
    yield "releases:\n" if plan.releases or stale else "releases: {}\n"
    for release in (*plan.releases, *stale):
        yield from _release(release)


def _texts_by_name(key: str, values: object) -> Iterable[str]:
    if isinstance(values, dict) and values:
        yield f"{key}:\n"
        for name in sorted(values):
            yield f"  {scalar(name)}: {scalar(values[name])}\n"


def _ladder(plan: Plan) -> Iterable[str]:
    base = tuple(step for step in plan.ladder if not step.inserted)
    if base != DEFAULT_LADDER:
        yield "ladder:\n"
        for step in base:
            limit = f", maxUpdate: {scalar(step.max_update)}" if step.max_update else ""
            yield f"  - {{phase: {scalar(step.phase)}{limit}}}\n"
    if inserted := [step.phase for step in plan.ladder if step.inserted]:
        yield f"insertedSteps: {_flow(list(inserted))}\n"


def _rules(rules: tuple[PlanRule, ...]) -> Iterable[str]:
    if rules:
        yield "rules:\n"
    for rule in rules:
        plain = {key: patterns for key, patterns in rule.match.items() if not key.startswith("labels.")}
        labels = {key.removeprefix("labels."): p for key, p in rule.match.items() if key not in plain}
        parts = [f"{key}: {_patterns(patterns)}" for key, patterns in plain.items()]
        if labels:
            inner = ", ".join(f"{scalar(key)}: {_patterns(patterns)}" for key, patterns in labels.items())
            parts.append(f"labels: {{{inner}}}")
        yield f"  - match: {{{', '.join(parts)}}}\n"
        if rule.gives:
            yield f"    set: {_flow_map(rule.gives)}\n"
        if rule.ask:
            yield f"    ask: {_flow(list(rule.ask))}\n"
        if rule.reason:
            yield f"    reason: {scalar(rule.reason)}\n"


def _patterns(patterns: tuple[str, ...]) -> str:
    return scalar(patterns[0]) if len(patterns) == 1 else _flow(list(patterns))


def _release(release: ReleasePlan) -> Iterable[str]:
    yield f"  {scalar(release.id)}:\n"
    if release.layer:
        yield f"    layer: {scalar(release.layer)}\n"
    if release.chart:
        yield f"    chart: {scalar(release.chart)}\n"
    if release.disposition.value != "component" or release.disposition_source is not DecisionSource.INFERRED:
        decision = Decision(release.disposition.value, release.disposition_source)
        yield f"    disposition: {_decision(decision)}\n"
    for key, field in FIELDS.items():
        decision = getattr(release, field)
        if decision.value:
            yield f"    {key}: {_decision(decision)}\n"
    if asked := [name for name in release.ask if name not in release.asked_by_rule]:
        yield f"    ask: {_flow(asked)}\n"
    if release.sync_proposals or release.sync_options:
        yield "    syncOptions:\n"
        theirs = {option.partition("=")[0] for option in release.sync_options}
        proposals = [d for d in release.sync_proposals if d.value.partition("=")[0] not in theirs]
        yield from (f"      - {_sourced(decision)}\n" for decision in proposals)
        yield from (f"      - {scalar(option)}\n" for option in release.sync_options)
    yield from _given(release)


def _given(release: ReleasePlan) -> Iterable[str]:
    """What only a person, or cut-over, says of a release."""
    if release.ignore_differences:
        yield _block("ignoreDifferences", list(release.ignore_differences))
    if release.pins:
        pins: JsonObject = {"reason": release.pin_reason, "values": release.pins}
        yield _block("pins", pins)
    if release.wrapper.asked:
        parts = ["gate: true"] if release.wrapper.gate else []
        parts += [f"manifests: {_flow(list(release.wrapper.manifests))}"] if release.wrapper.manifests else []
        yield f"    wrapper: {{{', '.join(parts)}}}\n"
    if release.crds:
        yield f"    crds: {release.crds}\n"
    if release.elsewhere:
        yield f"    elsewhere: {_flow_map(release.elsewhere)}\n"
    if release.state:
        yield f"    state: {release.state}\n"
    if release.verified_tree:
        yield f"    verifiedTree: {scalar(release.verified_tree)}\n"


def _block(key: str, value: JsonValue) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in dump_yaml({key: value}).splitlines())


def _decision(decision: Decision) -> str:
    if decision.source is DecisionSource.PERSON and not decision.reason:
        return scalar(decision.value)
    return _sourced(decision)


def _sourced(decision: Decision) -> str:
    reason = f", reason: {scalar(decision.reason)}" if decision.reason else ""
    return f"{{value: {scalar(decision.value)}, source: {decision.source.value}{reason}}}"


def _flow(values: list[str]) -> str:
    return "[" + ", ".join(scalar(value) for value in values) + "]"


def _flow_map(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{scalar(key)}: {scalar(value)}" for key, value in values.items()) + "}"
