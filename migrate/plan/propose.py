"""Estate and ReleaseGraph → Plan: the rules propose, a person's decisions stand, the solver keeps every edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity
from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.manifest import Rendered
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
from migrate.plan.component_sets import propose_sets, set_findings, set_questions
from migrate.plan.conflicts import conflicts
from migrate.plan.cycles import cycle_findings
from migrate.plan.drafts import Draft, make_drafts
from migrate.plan.evidence import evidence_lines
from migrate.plan.fields import DEFAULT_REPO_URL, FIELDS, is_decided
from migrate.plan.ladder import BANDS, DEFAULT_LADDER, STEPS, is_phase, max_update, natural_phase, phase_text
from migrate.plan.names import component_names, component_path
from migrate.plan.ownrules import OwnRules
from migrate.plan.rules import Answer, Evidence
from migrate.plan.solver import Placed, Seat, place_releases
from migrate.plan.syncing import Namespaces, made_namespaces, sync_proposals
from migrate.plan.versions import UPGRADED
from migrate.plan.vocabulary import WORKLOADS

_BOOTSTRAP_PHASE = "010"
Renders = Mapping[tuple[str, str], Rendered]


def propose_plan(estate: Estate, graph: ReleaseGraph, decided: Plan | None, rendered: Renders | None = None) -> Plan:
    """A decision for everything: a person's where there is one, else what the rules and the edges give.

    The same input gives the same plan; what was inferred before is inferred anew. Decisions about releases that
    are not in the estate are reported and not used, but for those that cut-over marked as fenced or removed.
    ``rendered``, by (environment, release id), adds evidence and sync options; phases do not depend on it.
    """
    renders = rendered or {}
    before = decided.by_id() if decided else {}
    own = OwnRules(decided.rules if decided else ())
    drafts = tuple(make_drafts(estate, graph, before, own).values())
    base = tuple(step for step in decided.ladder if not step.inserted) if decided else DEFAULT_LADDER
    steps = frozenset(int(step.phase) for step in base)
    seats = tuple(_seat(draft, steps) for draft in drafts if draft.is_component)
    edges = component_edges(graph, {seat.id for seat in seats})
    placed = place_releases(seats, edges, steps)
    names = component_names((d.id, d.release.namespace, d.release.name) for d in drafts)
    spaces = made_namespaces(estate, renders)
    evidence = _evidence(drafts, graph, renders)
    releases = tuple(
        _release_plan(draft, placed.get(draft.id), names[draft.id], renders, spaces, evidence[draft.id])
        for draft in drafts
    )
    kept = tuple(r for r in before.values() if r.id not in names and r.state)
    environments = _environments(estate, decided)
    sets = propose_sets(estate, environments, releases, decided.component_sets if decided else {})
    plan = replace(
        decided or Plan(estate.path, "", "main", (), (), ()),
        estate=_estate_path(estate),
        repo_url=(decided and decided.repo_url) or DEFAULT_REPO_URL,
        revision=(decided and decided.revision) or "main",
        environments=environments,
        component_sets=sets,
        ladder=_ladder(base, placed.values()),
        releases=(*releases, *kept),
        questions=_questions(drafts, releases),
        findings=(),
    )
    plan = replace(plan, questions=(*plan.questions, *set_questions(estate, plan)))
    moved = (_moved(draft, placed[draft.id]) for draft in drafts if draft.id in placed)
    findings = (
        *(f for f in (decided.findings if decided else ()) if f.code == UPGRADED),
        *_about_target(plan),
        *conflicts(before, estate),
        *own.unused(),
        *set_findings(plan),
        *cycle_findings(graph, {seat.id for seat in seats}),
        *(finding for finding in moved if finding),
    )
    return replace(plan, findings=tuple(dict.fromkeys(findings)))


def component_edges(graph: ReleaseGraph, components: set[str]) -> tuple[Edge, ...]:
    """The edges that bind: between two releases that both become Applications."""
    return tuple(e for e in graph.edges if e.before in components and e.after in components)


def _evidence(drafts: tuple[Draft, ...], graph: ReleaseGraph, renders: Renders) -> dict[str, tuple[str, ...]]:
    incoming: dict[str, list[Edge]] = {}
    outgoing: dict[str, list[Edge]] = {}
    for edge in sorted(graph.edges, key=lambda edge: (not edge.stated, edge.before, edge.after, edge.kind)):
        incoming.setdefault(edge.after, []).append(edge)
        outgoing.setdefault(edge.before, []).append(edge)
    return {
        d.id: evidence_lines(
            d.releases,
            d.evidence.node,
            incoming=incoming.get(d.id, ()),
            outgoing=outgoing.get(d.id, ()),
            rendered=renders,
        )
        for d in drafts
    }


# Phases


def _seat(draft: Draft, steps: frozenset[int]) -> Seat:
    kind = draft.component_type.value
    if draft.decided is not None and is_decided(draft.decided.rollout_phase):
        if is_phase(draft.decided.rollout_phase.value):
            return Seat(draft.id, int(draft.decided.rollout_phase.value), kind, fixed=True)
    elif "rolloutPhase" in draft.own and is_phase(draft.own["rolloutPhase"].value):
        # A rule speaks of many releases at once, so what it says is a proposal: edges may still move one of them.
        return Seat(draft.id, int(draft.own["rolloutPhase"].value), kind)
    return Seat(draft.id, natural_phase(draft.domain.value, kind, steps), kind)


def _ladder(base: tuple[Step, ...], placed: Iterable[Placed]) -> tuple[Step, ...]:
    """The ladder with a step for every phase in use; one that the solver adds takes the limit of its lane."""
    known = {step.phase for step in base}
    used = {phase_text(item.phase) for item in placed}
    inserted = tuple(Step(phase, max_update(int(phase)), inserted=True) for phase in sorted(used - known))
    return tuple(sorted((*base, *inserted), key=lambda step: step.phase))


# Decisions


def _release_plan(
    draft: Draft,
    placed: Placed | None,
    component: str,
    renders: Renders,
    spaces: Namespaces,
    lines: tuple[str, ...],
) -> ReleasePlan:
    """The release's decisions; ``placed`` is None for what gets no Application."""
    component_type, evidence = _settled_type(draft, placed)
    phase = _phase(draft, placed)
    proposals = {
        "domain": draft.domain,
        "tier": rules.first_answer(rules.TIER_RULES, evidence),
        "componentType": component_type,
        "rolloutPhase": phase,
        "wave": Answer(_wave(phase.value), "follows the phase"),
        "project": rules.first_answer(rules.PROJECT_RULES, evidence),
        "component": _component(draft, component),
    }
    for name in ("tier", "wave", "project", "component"):
        if said := draft.own.get(name):
            proposals[name] = replace(said, value=said.value.replace("{name}", component))
    decisions = {name: _decision(draft.decided, name, answer) for name, answer in proposals.items()}
    decisions["path"] = _decision(draft.decided, "path", _path(draft, evidence, decisions["component"].value))
    if not is_decided(decisions["wave"]) and "wave" not in draft.own:
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
        ask=draft.ask,
        asked_by_rule=draft.ask,
        chart=draft.release.chart,
        evidence=lines,
    )
    planned = _with_extras(planned, draft.decided)
    if planned.disposition is Disposition.COMPONENT:
        found = sync_proposals(draft.releases, planned.project.value, renders, spaces)
        planned = replace(planned, sync_proposals=found)
    return planned


def _wave(phase: str) -> str:
    """A label to select steps by: the phase as a number, so that steps by wave keep every edge, too."""
    return str(int(phase)) if is_phase(phase) else phase


def _with_extras(planned: ReleasePlan, decided: ReleasePlan | None) -> ReleasePlan:
    """What only a person or cut-over says about a release, carried over."""
    asked = planned.ask
    if decided is not None:
        by_itself = [name for name in decided.ask if name not in decided.asked_by_rule]
        asked = tuple(dict.fromkeys((*by_itself, *asked)))
        planned = replace(
            planned,
            sync_options=decided.sync_options,
            ignore_differences=decided.ignore_differences,
            pins=decided.pins,
            pin_reason=decided.pin_reason,
            wrapper=decided.wrapper,
            crds=decided.crds,
            elsewhere=decided.elsewhere,
            state=decided.state,
            verified_tree=decided.verified_tree,
            asked_by_rule=tuple(name for name in planned.asked_by_rule if name not in by_itself),
        )
        if decided.disposition_source is not DecisionSource.INFERRED:
            planned = replace(planned, disposition=decided.disposition, disposition_source=decided.disposition_source)
    by_rule = planned.asked_by_rule if planned.disposition is Disposition.COMPONENT else ()
    kept = [name for name in asked if name in by_rule or name not in planned.asked_by_rule]
    still = tuple(name for name in kept if not is_decided(getattr(planned, FIELDS[name])))
    return replace(planned, ask=still, asked_by_rule=tuple(name for name in by_rule if name in still))


def _settled_type(draft: Draft, placed: Placed | None) -> tuple[Answer, Evidence]:
    """The component type once the phase is known: what its edges push behind the workloads of its band, and is no
    workload itself, is post-runtime."""
    answer = draft.component_type
    decided = draft.decided is not None and is_decided(draft.decided.component_type)
    free = not decided and "componentType" not in draft.own and bool(draft.evidence.kinds)
    if placed and placed.moved_by and free and answer.value in ("secrets", "config", "runtime"):
        behind = placed.phase % 100 >= STEPS["post-runtime"] and placed.phase // 100 == draft.band
        if behind and not draft.evidence.kinds & WORKLOADS:
            edge = placed.moved_by
            answer = Answer("post-runtime", f"{answer.reason}; it waits for {edge.before} ({edge.evidence})")
    return answer, replace(draft.evidence, component_type=answer.value)


def _phase(draft: Draft, placed: Placed | None) -> Answer:
    if placed is None:
        return Answer(_BOOTSTRAP_PHASE, "the bootstrap brings it before everything else")
    said = draft.own.get("rolloutPhase")
    text = phase_text(placed.phase)
    if placed.pulled:
        return Answer(text, placed.pulled)
    if placed.moved_by is None:
        step = f"the step of {draft.component_type.value} in {draft.domain.value}"
        return Answer(text, said.reason if said and said.value == text else step)
    edge = placed.moved_by
    instead = f"; {said.reason} gives {said.value}" if said else ""
    return Answer(text, f"after {edge.before} ({edge.evidence}){instead}")


def _component(draft: Draft, name: str) -> Answer:
    if name == draft.release.name:
        return Answer(name, "")
    return Answer(name, f"{draft.release.name} is no DNS label, or is taken by another release")


def _path(draft: Draft, evidence: Evidence, component: str) -> Answer:
    if said := draft.own.get("path"):
        return replace(said, value=said.value.replace("{name}", component))
    domain = draft.domain.value
    layer = rules.layer_words(draft.release.layer)
    folder = layer[2] if layer and layer[1] == domain else ""
    kind = evidence.component_type
    because = f"layer {draft.release.layer}" if folder else "its domain"
    if not folder and kind not in ("smoke", "secrets", "config") and rules.is_identity(evidence):
        folder, because = "auth", "what it is: others sign in through it"
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


def _questions(drafts: tuple[Draft, ...], planned: tuple[ReleasePlan, ...]) -> tuple[Question, ...]:
    """What only a person may decide, and what the rules could only guess."""
    found = []
    for draft, release in zip(drafts, planned, strict=True):
        guesses = {"componentType": draft.component_type, "domain": draft.domain}
        for name, field in FIELDS.items():
            decision: Decision = getattr(release, field)
            must_ask = name in release.ask and release.disposition is Disposition.COMPONENT
            doubtful = name in guesses and guesses[name].doubtful and not is_decided(decision)
            if must_ask or (doubtful and draft.is_component):
                found.append(
                    Question(
                        key=f"releases/{release.id}/{name}",
                        text=f"{name} of {release.id}",
                        proposal=decision.value,
                        reason=decision.reason,
                        options=_options(name),
                        must_ask=must_ask,
                        evidence=release.evidence,
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


def _moved(draft: Draft, placed: Placed) -> Finding | None:
    if placed.moved_by is None or placed.phase // 100 == draft.band or "rolloutPhase" in draft.own:
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
