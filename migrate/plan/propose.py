"""Estate and ReleaseGraph → Plan: the rules propose, a person's decisions stand, the solver keeps every edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.graph import Edge, ReleaseGraph, ReleaseNode
from migrate.model.plan import (
    Decision,
    DecisionSource,
    Disposition,
    Plan,
    PlannedEnvironment,
    Question,
    ReleasePlan,
    Step,
)
from migrate.plan import rules
from migrate.plan.fields import FIELDS, is_decided
from migrate.plan.ladder import BANDS, DEFAULT_LADDER, STEPS, is_phase, max_update, natural_phase, phase_text
from migrate.plan.names import component_names, component_path
from migrate.plan.rules import Answer, Evidence
from migrate.plan.solver import Placed, Seat, place_releases
from migrate.plan.vocabulary import BOOTSTRAP_CHARTS, WORKLOADS

DEFAULT_REPO_URL = "https://git.example.com/platform/gitops.git"
_BOOTSTRAP_DOMAIN, _BOOTSTRAP_PHASE = "prerequisites", "010"


@dataclass(frozen=True)
class _Draft:
    """A release on its way to a plan: what the rules say, with a person's decisions already laid over it."""

    release: Release
    evidence: Evidence
    component_type: Answer
    domain: Answer
    decided: ReleasePlan | None
    bootstrap: bool

    @property
    def id(self) -> str:
        return self.release.id


def propose_plan(estate: Estate, graph: ReleaseGraph, decided: Plan | None) -> Plan:
    """A decision for everything: a person's where there is one, else what the rules and the edges give.

    The same input gives the same plan; what was inferred before is inferred anew. Decisions about releases that
    are not in the estate are reported and not used, but for those that cut-over marked as fenced or removed.
    """
    before = decided.by_id() if decided else {}
    drafts = _drafts(estate, graph, before)
    base = tuple(step for step in decided.ladder if not step.inserted) if decided else DEFAULT_LADDER
    steps = frozenset(int(step.phase) for step in base)
    seats = tuple(_seat(draft, steps) for draft in drafts if _is_component(draft))
    edges = component_edges(graph, {seat.id for seat in seats})
    placed = place_releases(seats, edges, steps)
    components = component_names((d.id, d.release.namespace, d.release.name) for d in drafts)
    planned = tuple(_release_plan(d, placed.get(d.id), components[d.id]) for d in drafts)
    kept = tuple(r for r in before.values() if r.id not in {d.id for d in drafts} and r.state)
    releases = (*planned, *kept)
    plan = Plan(
        estate=_estate_path(estate),
        repo_url=(decided and decided.repo_url) or DEFAULT_REPO_URL,
        revision=(decided and decided.revision) or "main",
        environments=_environments(estate, decided),
        ladder=_ladder(base, placed.values()),
        releases=releases,
        questions=_questions(drafts, planned),
    )
    if decided:
        plan = replace(
            plan,
            layout=decided.layout,
            appsets=decided.appsets,
            steps=decided.steps,
            handover=decided.handover,
            layer_handover=decided.layer_handover,
            argocd_version=decided.argocd_version,
            secrets_policy=decided.secrets_policy,
        )
    moved = tuple(_moved(d, placed[d.id]) for d in drafts if d.id in placed)
    return replace(plan, findings=(*_about_target(plan), *_gone(before, releases), *(f for f in moved if f)))


def component_edges(graph: ReleaseGraph, components: set[str]) -> tuple[Edge, ...]:
    """The edges that bind: between two releases that both become Applications."""
    return tuple(e for e in graph.edges if e.before in components and e.after in components)


def _is_component(draft: _Draft) -> bool:
    if draft.decided is not None and draft.decided.disposition_source is not DecisionSource.INFERRED:
        return draft.decided.disposition is Disposition.COMPONENT
    return not draft.bootstrap


# Drafts: component type and domain


def _drafts(estate: Estate, graph: ReleaseGraph, before: Mapping[str, ReleasePlan]) -> tuple[_Draft, ...]:
    nodes = {node.id: node for node in graph.nodes}
    found: dict[str, _Draft] = {}
    for name, environments in estate.by_id().items():
        release = next(iter(environments.values()))
        evidence = _evidence(release, nodes, graph)
        found[name] = _draft(release, evidence, before.get(name))
    for settle in (_settle_smokes, _settle_data, _settle_shared):
        found = settle(found, graph)
    return tuple(found.values())


def _evidence(release: Release, nodes: Mapping[str, ReleaseNode], graph: ReleaseGraph) -> Evidence:
    node = nodes.get(release.id) or ReleaseNode(release.id, release.layer, release.source, ())
    groups = _workload_groups(node)
    same_group = tuple(
        edge.before
        for edge in graph.edges
        if edge.after == release.id and edge.before in nodes and groups & _workload_groups(nodes[edge.before])
    )
    chart = release.chart.removeprefix("oci://").rstrip("/").rsplit("/", 1)[-1]
    return Evidence(
        name=release.name,
        namespace=release.namespace,
        layer=release.layer,
        chart=chart.removesuffix(".tgz"),
        tier_label=release.labels.get("tier", ""),
        node=node,
        same_group=tuple(dict.fromkeys(same_group)),
    )


def _workload_groups(node: ReleaseNode) -> set[str]:
    return {kind.partition(".")[2] for kind in node.kinds if rules.becomes_workload(kind)}


def _draft(release: Release, evidence: Evidence, decided: ReleasePlan | None) -> _Draft:
    bootstrap = evidence.chart in BOOTSTRAP_CHARTS
    component_type = _person_or(decided, "componentType", rules.first_answer(rules.TYPE_RULES, evidence))
    evidence = replace(evidence, component_type=component_type.value)
    if bootstrap:
        proposal = Answer(_BOOTSTRAP_DOMAIN, f"chart {evidence.chart} is Argo CD itself")
    else:
        proposal = rules.first_answer(rules.DOMAIN_RULES, evidence)
    domain = _person_or(decided, "domain", _domain_of_path(decided) or proposal)
    return _Draft(release, replace(evidence, domain=domain.value), component_type, domain, decided, bootstrap)


def _domain_of_path(decided: ReleasePlan | None) -> Answer | None:
    """A person who says where a component lies says its domain too."""
    if decided is None or not is_decided(decided.path):
        return None
    domain = decided.path.value.split("/")[0]
    return Answer(domain, f"its path is {decided.path.value}") if domain in BANDS else None


def _person_or(decided: ReleasePlan | None, name: str, proposal: Answer) -> Answer:
    decision: Decision | None = getattr(decided, FIELDS[name]) if decided else None
    return Answer(decision.value, decision.reason) if decision and is_decided(decision) else proposal


def _open_domain(draft: _Draft) -> bool:
    """Whether the domain is still the rules' to say."""
    if draft.bootstrap:
        return False
    return draft.decided is None or not (is_decided(draft.decided.domain) or is_decided(draft.decided.path))


def _with_domain(draft: _Draft, domain: str, reason: str) -> _Draft:
    return replace(draft, domain=Answer(domain, reason), evidence=replace(draft.evidence, domain=domain))


def _settle_smokes(drafts: dict[str, _Draft], graph: ReleaseGraph) -> dict[str, _Draft]:
    """A smoke belongs to the last band of what it needs and of its layer."""
    settled = dict(drafts)
    for edge in graph.edges:
        smoke, needed = settled.get(edge.after), drafts.get(edge.before)
        if smoke is None or needed is None or not edge.stated or not _open_domain(smoke):
            continue
        if smoke.component_type.value == "smoke" and _band(needed) > _band(smoke):
            settled[edge.after] = _with_domain(smoke, needed.domain.value, f"it tests {edge.before}")
    return settled


def _settle_data(drafts: dict[str, _Draft], graph: ReleaseGraph) -> dict[str, _Draft]:
    """A data service that needs something of the platform goes to data-ext, behind the platform."""
    settled = dict(drafts)
    changed = True
    while changed:
        changed = False
        for edge in graph.edges:
            needed, user = settled.get(edge.before), settled.get(edge.after)
            if needed is None or user is None or user.domain.value != "data" or not _open_domain(user):
                continue
            if needed.component_type.value in ("namespaces", "crds", "operator") or needed.bootstrap:
                continue
            if BANDS["platform"] <= _band(needed) <= BANDS["data-ext"]:
                reason = f"data that needs {edge.before} of {needed.domain.value} ({edge.kind})"
                settled[edge.after] = _with_domain(user, "data-ext", reason)
                changed = True
    return settled


def _settle_shared(drafts: dict[str, _Draft], graph: ReleaseGraph) -> dict[str, _Draft]:
    """Definitions that other bands use move to foundation, an operator that ships them to its first user's band."""
    users: dict[str, dict[str, str]] = {}
    for edge in graph.edges:
        if edge.kind == "crd" and edge.after in drafts and not drafts[edge.after].bootstrap:
            users.setdefault(edge.before, {}).setdefault(drafts[edge.after].domain.value, edge.after)
    settled = dict(drafts)
    for name, domains in users.items():
        draft = drafts.get(name)
        if draft is None or not _open_domain(draft):
            continue
        if draft.component_type.value == "crds":
            settled[name] = _settle_crds(draft, domains)
        elif draft.component_type.value == "operator":
            first = min(domains, key=lambda domain: BANDS.get(domain, 9))
            if BANDS.get(first, 9) < _band(draft):
                settled[name] = _with_domain(draft, first, f"{domains[first]} uses what it defines")
    return settled


def _settle_crds(draft: _Draft, users: Mapping[str, str]) -> _Draft:
    software = rules.known_software(draft.evidence)
    own = software[1] if software else ""
    if len(users) == 1 and own in ("", *users):
        domain = next(iter(users))
        return _with_domain(draft, domain, f"only {domain} uses what it defines")
    listed = ", ".join(sorted(users, key=lambda domain: BANDS.get(domain, 9)))
    return _with_domain(draft, "foundation", f"{listed} use what it defines")


def _band(draft: _Draft) -> int:
    return BANDS.get(draft.domain.value, BANDS["apps"])


# Phases


def _seat(draft: _Draft, steps: frozenset[int]) -> Seat:
    fixed = draft.decided is not None and is_decided(draft.decided.rollout_phase)
    if fixed and draft.decided is not None and is_phase(draft.decided.rollout_phase.value):
        return Seat(draft.id, int(draft.decided.rollout_phase.value), draft.component_type.value, fixed=True)
    natural = natural_phase(draft.domain.value, draft.component_type.value, steps)
    return Seat(draft.id, natural, draft.component_type.value)


def _ladder(base: tuple[Step, ...], placed: Iterable[Placed]) -> tuple[Step, ...]:
    """The ladder with a step for every phase in use; one that the solver adds takes the limit of its lane."""
    known = {step.phase for step in base}
    used = {phase_text(item.phase) for item in placed}
    inserted = tuple(Step(phase, max_update(int(phase)), inserted=True) for phase in sorted(used - known))
    return tuple(sorted((*base, *inserted), key=lambda step: step.phase))


# Decisions


def _release_plan(draft: _Draft, placed: Placed | None, component: str) -> ReleasePlan:
    """The release's decisions; ``placed`` is None for what gets no Application."""
    component_type, evidence = _settled_type(draft, placed)
    phase, reason = _phase(draft, placed)
    proposals = {
        "domain": draft.domain,
        "tier": rules.first_answer(rules.TIER_RULES, evidence),
        "componentType": component_type,
        "rolloutPhase": Answer(phase, reason),
        "wave": Answer(_wave(phase), "follows the phase"),
        "project": rules.first_answer(rules.PROJECT_RULES, evidence),
        "component": _component(draft, component),
    }
    decisions = {name: _decision(draft.decided, name, answer) for name, answer in proposals.items()}
    path = _path(draft, evidence, decisions["component"].value)
    decisions["path"] = _decision(draft.decided, "path", path)
    if not is_decided(decisions["wave"]):
        decisions["wave"] = replace(decisions["wave"], value=_wave(decisions["rolloutPhase"].value))
    planned = ReleasePlan(
        id=draft.id,
        layer=draft.release.layer,
        disposition=Disposition.BOOTSTRAP if draft.bootstrap else Disposition.COMPONENT,
        domain=decisions["domain"],
        tier=decisions["tier"],
        component_type=decisions["componentType"],
        rollout_phase=decisions["rolloutPhase"],
        wave=decisions["wave"],
        project=decisions["project"],
        component=decisions["component"],
        path=decisions["path"],
    )
    return _with_extras(planned, draft.decided)


def _wave(phase: str) -> str:
    """A label to select steps by: the phase as a number, so that steps by wave keep every edge, too."""
    return str(int(phase)) if is_phase(phase) else phase


def _with_extras(planned: ReleasePlan, decided: ReleasePlan | None) -> ReleasePlan:
    """What only a person or cut-over says about a release, carried over."""
    if decided is None:
        return planned
    planned = replace(
        planned,
        sync_options=decided.sync_options,
        ignore_differences=decided.ignore_differences,
        pins=decided.pins,
        pin_reason=decided.pin_reason,
        state=decided.state,
        ask=tuple(name for name in decided.ask if not is_decided(getattr(planned, FIELDS[name]))),
    )
    if decided.disposition_source is not DecisionSource.INFERRED:
        planned = replace(planned, disposition=decided.disposition, disposition_source=decided.disposition_source)
    return planned


def _settled_type(draft: _Draft, placed: Placed | None) -> tuple[Answer, Evidence]:
    """The component type once the phase is known: what its edges push behind the workloads of its band, and is no
    workload itself, is post-runtime."""
    answer = draft.component_type
    decided = draft.decided is not None and is_decided(draft.decided.component_type)
    if placed and placed.moved_by and not decided and answer.value in ("secrets", "config", "runtime"):
        behind = placed.phase % 100 >= STEPS["post-runtime"] and placed.phase // 100 == _band(draft)
        if behind and not draft.evidence.kinds & WORKLOADS:
            answer = Answer("post-runtime", f"{answer.reason}; it waits for {placed.moved_by.before}")
    return answer, replace(draft.evidence, component_type=answer.value)


def _phase(draft: _Draft, placed: Placed | None) -> tuple[str, str]:
    if placed is None:
        return _BOOTSTRAP_PHASE, "the bootstrap brings it before everything else"
    kind, domain = draft.component_type.value, draft.domain.value
    if placed.pulled:
        return phase_text(placed.phase), "before what waits for it, whose phase a person decided"
    if placed.moved_by is None:
        return phase_text(placed.phase), f"the step of {kind} in {domain}"
    edge = placed.moved_by
    return phase_text(placed.phase), f"after {edge.before} ({edge.evidence})"


def _component(draft: _Draft, name: str) -> Answer:
    if name == draft.release.name:
        return Answer(name, "")
    return Answer(name, f"{draft.release.name} is no DNS label, or is taken by another release")


def _path(draft: _Draft, evidence: Evidence, component: str) -> Answer:
    domain = draft.domain.value
    layer = rules.layer_words(draft.release.layer)
    folder = layer[2] if layer and layer[1] == domain else ""
    kind = evidence.component_type
    because = f"layer {draft.release.layer}" if folder else "its domain"
    if kind == "smoke":
        folder, because = (folder, because) if folder == "qa" else ("", "its domain")
    elif kind == "crds" or (kind == "operator" and folder != "control-plane"):
        folder, because = ("crds" if kind == "crds" else "operators"), f"its type {kind}"
    elif not folder and kind == "config" and "StorageClass.storage.k8s.io" in evidence.kinds:
        folder, because = "storage", "it renders StorageClass"
    elif kind == "namespaces":
        folder, because = "", "its domain"
    return Answer(component_path(domain, folder, component), f"from {because}")


def _decision(decided: ReleasePlan | None, name: str, answer: Answer) -> Decision:
    decision: Decision | None = getattr(decided, FIELDS[name]) if decided else None
    if decision and is_decided(decision):
        return decision
    source = DecisionSource.INFERRED if answer.reason else DecisionSource.DEFAULT
    return Decision(answer.value, source, answer.reason)


# Around the releases


def _estate_path(estate: Estate) -> str:
    """The estate as given; an absolute path inside the root becomes relative to it, since the plan is committed."""
    root = estate.root.rstrip("/") + "/"
    return estate.path.removeprefix(root) if estate.path.startswith(root) else estate.path


def _environments(estate: Estate, decided: Plan | None) -> tuple[PlannedEnvironment, ...]:
    """Those of the plan, then those that only the estate has; one that was not read this time is kept."""
    known = {environment.name: environment for environment in decided.environments} if decided else {}
    added = [name for name in estate.environments if name not in known]
    return (*known.values(), *(PlannedEnvironment(name) for name in added))


def _questions(drafts: tuple[_Draft, ...], planned: tuple[ReleasePlan, ...]) -> tuple[Question, ...]:
    """What only a person may decide, and what the rules could only guess."""
    found = []
    for draft, release in zip(drafts, planned, strict=True):
        guesses = {"componentType": draft.component_type, "domain": draft.domain}
        for name, field in FIELDS.items():
            decision: Decision = getattr(release, field)
            must_ask = name in release.ask
            doubtful = name in guesses and guesses[name].doubtful and not is_decided(decision)
            if must_ask or doubtful:
                found.append(
                    Question(
                        key=f"releases/{release.id}/{name}",
                        text=f"{name} of {release.id}",
                        proposal=decision.value,
                        reason=decision.reason,
                        options=_options(name),
                        must_ask=must_ask,
                        evidence=draft.evidence.node.kinds,
                        layer=release.layer,
                    )
                )
    return tuple(found)


def _options(name: str) -> tuple[str, ...]:
    return {"componentType": tuple(STEPS), "domain": tuple(BANDS)}.get(name, ())


def _about_target(plan: Plan) -> tuple[Finding, ...]:
    if plan.repo_url != DEFAULT_REPO_URL:
        return ()
    return (
        Finding(
            "PL001",
            Severity.INFO,
            f"nobody said where the GitOps repository is; {DEFAULT_REPO_URL} stands in for it",
            "set target.repoURL in the plan, or give --repo-url",
        ),
    )


def _gone(before: Mapping[str, ReleasePlan], releases: tuple[ReleasePlan, ...]) -> tuple[Finding, ...]:
    known = {release.id for release in releases}
    return tuple(
        Finding(
            "PL002",
            Severity.WARNING,
            f"the plan decides {', '.join(answers)} of {name}, which the estate does not have; not used",
            "take it out of the plan, or correct its name (namespace/name)",
            release=name,
        )
        for name, release in before.items()
        if name not in known and (answers := _answers(release))
    )


def _answers(release: ReleasePlan) -> tuple[str, ...]:
    fields = tuple(name for name, field in FIELDS.items() if is_decided(getattr(release, field)))
    return (*fields, *(("pins",) if release.pins else ()))


def _moved(draft: _Draft, placed: Placed) -> Finding | None:
    if placed.moved_by is None or placed.phase // 100 == _band(draft):
        return None
    edge = placed.moved_by
    return Finding(
        "PL004",
        Severity.INFO,
        f"{draft.id} belongs to {draft.domain.value} and goes at {phase_text(placed.phase)}, past that band, "
        f"since it waits for {edge.before}: {edge.evidence}",
        "accept it, move it to the later domain, or take the edge out",
        edge.source,
        draft.id,
    )
