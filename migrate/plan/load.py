"""migration.yaml → Plan: what a person may write, short or long, and a plain message for everything else."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.doors.yaml import YamlError, YamlNode, compose_yaml
from migrate.errors import UsageError
from migrate.model.finding import SourceLocation
from migrate.model.plan import (
    DecisionSource,
    Disposition,
    Plan,
    PlannedEnvironment,
    PlanRule,
    ReleasePlan,
    Step,
    WrapperPlan,
)
from migrate.plan.component_sets import ELSEWHERE, read_sets
from migrate.plan.differences import read_differences, read_own_differences
from migrate.plan.fields import CHOICES, FIELDS
from migrate.plan.fleet import read_fleet
from migrate.plan.ladder import DEFAULT_LADDER, is_phase, max_update
from migrate.plan.names import DNS_LABEL
from migrate.plan.ownrules import MATCH_KEYS
from migrate.plan.reader import MAX_UPDATE, MEND, VERSION, PlanReader, padded
from migrate.plan.roles import read_projects
from migrate.plan.versions import upgraded

LAYOUTS = ("environments", "shared", "kustomize", "plugin")
APPSETS = ("single", "per-project")
STEP_LABELS = ("phase", "tier", "wave")
HANDOVERS = ("manual", "done")
REMOVALS = ("keep", "delete")
SECRET_POLICIES = ("externalise", "plaintext: accepted")
CRDS = ("", "apart")
STATES = ("", "fenced", "removed")

TOP_KEYS = (
    "schemaVersion",
    "estate",
    "target",
    "layout",
    "appsets",
    "steps",
    "handover",
    "layerHandover",
    "removal",
    "argocdVersion",
    "environments",
    "fleet",
    "componentSets",
    "projects",
    "secrets",
    "ignoreDifferences",
    "ladder",
    "insertedSteps",
    "rules",
    "releases",
)
RELEASE_KEYS = (
    "layer",
    "chart",
    "disposition",
    "ask",
    "pins",
    "wrapper",
    "crds",
    "syncOptions",
    "ignoreDifferences",
    "elsewhere",
    "state",
    "verifiedTree",
    *FIELDS,
)
WRAPPER_KEYS = ("gate", "manifests")
RULE_KEYS = ("match", "set", "ask", "reason")
_OLD_KEYS = ("repoURL", "revision")
"""Keys of the top that only ``versions`` knows what to do with."""


def load_plan(text: str, name: str) -> Plan:
    """The plan in ``text``; ``name`` is what messages call the file.

    A value without a source is a person's. What is not written is undecided: an empty value.

    Raises:
        UsageError: no YAML, an unknown key, or a value that cannot be; with file and line.
    """
    try:
        documents = compose_yaml(text)
    except YamlError as error:
        raise UsageError(
            f"{name} is no YAML: {error}", hint=MEND, source=SourceLocation(name, error.line or 1)
        ) from error
    reader = PlanReader(name)
    if not documents:
        documents = compose_yaml("{}")
    if len(documents) > 1:
        reader.refuse(f"{name} holds {len(documents)} documents, and a plan is one", documents[1], "is it a plan?")
    found = reader.mapping(documents[0], "the plan")
    old = _OLD_KEYS if "schemaVersion" not in found else ()
    top, findings = upgraded(reader, reader.mapping(documents[0], "the plan", (*TOP_KEYS, *old)))
    target = reader.mapping(top.get("target"), "target", ("repoURL", "revision"))

    def choice(key: str, allowed: tuple[str, ...]) -> str:
        return reader.text(reader.setting(top.get(key), key), key, allowed, allowed[0])

    version = reader.setting(top.get("argocdVersion"), "argocdVersion")
    return Plan(
        estate=reader.text(top.get("estate"), "estate"),
        repo_url=reader.text(reader.setting(target.get("repoURL"), "target.repoURL"), "target.repoURL"),
        revision=reader.text(reader.setting(target.get("revision"), "target.revision"), "target.revision") or "main",
        environments=_environments(reader, top.get("environments")),
        ladder=_ladder(reader, top),
        releases=tuple(_release(reader, key, node) for key, node in _entries(reader, top)),
        layout=choice("layout", LAYOUTS),
        appsets=choice("appsets", APPSETS),
        steps=choice("steps", STEP_LABELS),
        handover=choice("handover", HANDOVERS),
        layer_handover=reader.texts_by_name(top.get("layerHandover"), "layerHandover", HANDOVERS),
        argocd_version=reader.matching(version, "argocdVersion", VERSION, 'e.g. "3.3"', "3.3"),
        secrets_policy=reader.texts_by_name(top.get("secrets"), "secrets", SECRET_POLICIES),
        findings=findings,
        rules=tuple(_rule(reader, item) for item in reader.items(top.get("rules"), "rules", _RULE_HINT)),
        removal=choice("removal", REMOVALS),
        projects=read_projects(reader, top.get("projects")),
        said=tuple(reader.said),
        fleet=read_fleet(reader, top.get("fleet")),
        ignore_differences=read_differences(reader, top.get("ignoreDifferences")),
        component_sets=read_sets(reader, top.get("componentSets")),
    )


def _entries(reader: PlanReader, top: Mapping[str, YamlNode]) -> list[tuple[str, YamlNode]]:
    return list(reader.mapping(top.get("releases"), "releases").items())


def _environments(reader: PlanReader, node: YamlNode | None) -> tuple[PlannedEnvironment, ...]:
    found = []
    for name, value in reader.mapping(node, "environments").items():
        what = f"environments.{name}"
        keys = reader.mapping(
            value, what, ("cluster", "server", "kubeVersion", "apiVersions", "contexts", "clusterType")
        )
        default = PlannedEnvironment(name)
        server, cluster, version = (
            reader.setting(keys.get(key), f"{what}.{key}") for key in ("server", "cluster", "kubeVersion")
        )
        found.append(
            PlannedEnvironment(
                name=name,
                server=reader.text(server, f"{what}.server", default=default.server),
                cluster=reader.text(cluster, f"{what}.cluster", default=default.cluster),
                kube_version=reader.matching(
                    version, f"{what}.kubeVersion", VERSION, 'e.g. "1.34.0"', default.kube_version
                ),
                api_versions=reader.texts(keys.get("apiVersions"), f"{what}.apiVersions"),
                contexts=reader.texts_by_name(keys.get("contexts"), f"{what}.contexts"),
                cluster_type=reader.matching(
                    keys.get("clusterType"), f"{what}.clusterType", DNS_LABEL, "e.g. nonprod", default.cluster_type
                ),
            )
        )
    return tuple(found)


def _ladder(reader: PlanReader, top: Mapping[str, YamlNode]) -> tuple[Step, ...]:
    node = top.get("ladder")
    steps = DEFAULT_LADDER
    if node is not None and not node.is_null:
        hint = 'e.g. [{phase: "110", maxUpdate: "1"}]'
        steps = tuple(_step(reader, item) for item in reader.items(node, "ladder", hint))
        phases = [step.phase for step in steps]
        if phases != sorted(set(phases)):
            reader.refuse("the steps of the ladder must ascend, each once", node)
    known = {step.phase for step in steps}
    extra = top.get("insertedSteps")
    added = dict.fromkeys(padded(text, True) for text in reader.texts(extra, "insertedSteps"))
    for phase in added:
        if extra is not None and not is_phase(phase):
            reader.refuse(f"a phase has three digits, and {phase!r} has not", extra)
    inserted = [Step(phase, max_update(int(phase)), inserted=True) for phase in added if phase not in known]
    return tuple(sorted((*steps, *inserted), key=lambda step: step.phase))


def _step(reader: PlanReader, node: YamlNode) -> Step:
    keys = {"phase": node} if node.kind == "scalar" else reader.mapping(node, "a step", ("phase", "maxUpdate"))
    phase = padded(reader.text(keys.get("phase"), "phase"), True)
    if not is_phase(phase):
        reader.refuse(f"a phase has three digits, and {phase!r} has not", node)
    return Step(phase, reader.matching(keys.get("maxUpdate"), "maxUpdate", MAX_UPDATE, 'e.g. "1" or 25%'))


_RULE_HINT = 'e.g. [{match: {chart: "redis*"}, set: {domain: data}}]'


def _rule(reader: PlanReader, node: YamlNode) -> PlanRule:
    keys = reader.mapping(node, "a rule", RULE_KEYS)
    match: dict[str, tuple[str, ...]] = {}
    for key, value in reader.mapping(keys.get("match"), "match", (*MATCH_KEYS, "labels")).items():
        if key == "labels":
            labels = reader.mapping(value, "match.labels").items()
            match.update({f"labels.{label}": _patterns(reader, item, f"labels.{label}") for label, item in labels})
        else:
            match[key] = _patterns(reader, value, key)
    if not match:
        reader.refuse("a rule without match would speak of nothing", node, 'say of which releases: match: {name: "*"}')
    gives = {
        key: padded(reader.text(value, f"set.{key}", CHOICES.get(key, ())), key == "rolloutPhase")
        for key, value in reader.mapping(keys.get("set"), "set", FIELDS).items()
    }
    if "rolloutPhase" in gives and not is_phase(gives["rolloutPhase"]):
        reader.refuse(f"a phase has three digits, and {gives['rolloutPhase']!r} has not", keys["set"])
    ask = reader.texts(keys.get("ask"), "ask", tuple(FIELDS))
    if not gives and not ask:
        reader.refuse("a rule without set and ask says nothing", node, "add set: {domain: …}, or ask: [rolloutPhase]")
    return PlanRule(match, gives, ask, reader.text(keys.get("reason"), "reason"), reader.place(node))


def _patterns(reader: PlanReader, node: YamlNode, what: str) -> tuple[str, ...]:
    """One pattern, or a list of them: ``*`` and ``?`` stand for any letters, ``[ab]`` for one of them."""
    found = reader.texts(node, what) if node.kind == "sequence" else (reader.text(node, what),)
    if not all(found):
        reader.refuse(f"{what} needs a pattern", node, '"*" fits anything that is there')
    return found


def _release(reader: PlanReader, name: str, node: YamlNode) -> ReleasePlan:
    what = f"releases.{name}"
    keys = reader.mapping(node, what, RELEASE_KEYS)
    pins = reader.mapping(keys.get("pins"), f"{what}.pins", ("reason", "values"))
    said = "disposition" in keys
    disposition = reader.decision(keys.get("disposition"), f"{what}.disposition")
    allowed = tuple(d.value for d in Disposition)
    if said and disposition.value not in allowed:
        reader.refuse(
            f"{what}.disposition cannot be {disposition.value!r}", keys["disposition"], f"one of: {', '.join(allowed)}"
        )
    decisions = {
        field: reader.decision(keys.get(key), f"{what}.{key}", phase=key == "rolloutPhase")
        for key, field in FIELDS.items()
    }
    return ReleasePlan(
        id=name,
        layer=reader.text(keys.get("layer"), f"{what}.layer"),
        disposition=Disposition(disposition.value) if said else Disposition.COMPONENT,
        disposition_source=disposition.source if said else DecisionSource.INFERRED,
        sync_options=reader.own_texts(keys.get("syncOptions"), f"{what}.syncOptions"),
        ignore_differences=read_own_differences(reader, keys.get("ignoreDifferences"), f"{what}.ignoreDifferences"),
        pins=reader.object(pins.get("values"), f"{what}.pins.values"),
        pin_reason=reader.text(pins.get("reason"), f"{what}.pins.reason"),
        wrapper=_wrapper(reader, f"{what}.wrapper", keys.get("wrapper")),
        crds=reader.text(keys.get("crds"), f"{what}.crds", CRDS),
        state=reader.text(keys.get("state"), f"{what}.state", STATES),
        verified_tree=reader.text(keys.get("verifiedTree"), f"{what}.verifiedTree"),
        ask=reader.texts(keys.get("ask"), f"{what}.ask", tuple(FIELDS)),
        chart=reader.text(keys.get("chart"), f"{what}.chart"),
        elsewhere=reader.texts_by_name(keys.get("elsewhere"), f"{what}.elsewhere", ELSEWHERE),
        domain=decisions["domain"],
        tier=decisions["tier"],
        component_type=decisions["component_type"],
        rollout_phase=decisions["rollout_phase"],
        wave=decisions["wave"],
        project=decisions["project"],
        component=decisions["component"],
        path=decisions["path"],
    )


def _wrapper(reader: PlanReader, what: str, node: YamlNode | None) -> WrapperPlan:
    keys = reader.mapping(node, what, WRAPPER_KEYS)
    if node is None or not keys:
        return WrapperPlan()
    gate = reader.text(keys.get("gate"), f"{what}.gate", ("true", "false")) == "true"
    manifests = reader.texts(keys.get("manifests"), f"{what}.manifests")
    if not all(manifests):
        reader.refuse(f"an item of {what}.manifests is empty", keys["manifests"], "name a file of the estate")
    return WrapperPlan(gate, manifests, reader.place(node))
