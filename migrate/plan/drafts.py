"""The first half of a proposal: what each release is and where it belongs, before the edges are laid over the ladder.

Rules see one release at a time; what follows from its neighbours (a smoke, data behind the platform, definitions that
several domains share) is settled after them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.model.estate import Estate, Release
from migrate.model.graph import Edge, ReleaseGraph, ReleaseNode
from migrate.model.plan import Decision, DecisionSource, Disposition, ReleasePlan
from migrate.plan import rules
from migrate.plan.fields import FIELDS, is_decided
from migrate.plan.ladder import BANDS
from migrate.plan.ownrules import OwnRules
from migrate.plan.rules import Answer, Evidence
from migrate.plan.vocabulary import BOOTSTRAP_CHARTS

BOOTSTRAP_DOMAIN = "prerequisites"
_CROWD = 12
_SHARED_TYPES = ("namespaces", "crds", "operator")


@dataclass(frozen=True)
class Draft:
    """A release on its way to a plan: what the rules say, with a person's decisions already laid over it."""

    releases: tuple[Release, ...]
    """It in every environment, in the estate's order."""
    evidence: Evidence
    component_type: Answer
    domain: Answer
    decided: ReleasePlan | None
    bootstrap: bool
    own: Mapping[str, Answer] = field(default_factory=dict)
    """What the person's own rules say, by field."""
    ask: tuple[str, ...] = ()
    """Fields that the person's own rules leave to a person."""

    @property
    def release(self) -> Release:
        """It in the first environment that has it."""
        return self.releases[0]

    @property
    def id(self) -> str:
        """The release's id."""
        return self.release.id

    @property
    def is_component(self) -> bool:
        """Whether it becomes an Application."""
        if self.decided is not None and self.decided.disposition_source is not DecisionSource.INFERRED:
            return self.decided.disposition is Disposition.COMPONENT
        return not self.bootstrap

    @property
    def band(self) -> int:
        """The first digit of its domain's phases."""
        return BANDS.get(self.domain.value, BANDS["apps"])

    @property
    def open_domain(self) -> bool:
        """Whether the domain is still the built-in rules' to say."""
        if self.bootstrap or "domain" in self.own or "path" in self.own:
            return False
        return self.decided is None or not (is_decided(self.decided.domain) or is_decided(self.decided.path))

    def with_domain(self, domain: str, reason: str) -> Draft:
        """It in another domain."""
        return replace(self, domain=Answer(domain, reason), evidence=replace(self.evidence, domain=domain))


Drafts = dict[str, Draft]


def make_drafts(estate: Estate, graph: ReleaseGraph, before: Mapping[str, ReleasePlan], own: OwnRules) -> Drafts:
    """A draft for every release of the estate, in its order."""
    nodes = {node.id: node for node in graph.nodes}
    groups = {node.id: _workload_groups(node) for node in graph.nodes}
    incoming: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        incoming.setdefault(edge.after, []).append(edge)
    found: Drafts = {}
    crowded = _crowded_layer(estate)
    for name, environments in estate.by_id().items():
        releases = tuple(environments.values())
        evidence = _evidence(releases[0], nodes.get(name), incoming.get(name, ()), groups)
        if releases[0].layer == crowded:
            evidence = replace(evidence, layer_tells=False)
        found[name] = _draft(releases, evidence, before.get(name), own)
    return _settle_shared(_settle_data(_settle_smokes(found, graph), graph), graph)


def _crowded_layer(estate: Estate) -> str | None:
    """The layer that holds most of an estate that is not small, if one does."""
    counts = Counter(next(iter(found.values())).layer for found in estate.by_id().values())
    (layer, most), *_ = counts.most_common(1) or [("", 0)]
    return layer if most >= _CROWD and most * 2 > counts.total() else None


def _evidence(
    release: Release, node: ReleaseNode | None, incoming: Sequence[Edge], groups: Mapping[str, set[str]]
) -> Evidence:
    own = groups.get(release.id, set())
    same_group = tuple(edge.before for edge in incoming if own and own & groups.get(edge.before, set()))
    chart = release.chart.removeprefix("oci://").rstrip("/").rsplit("/", 1)[-1]
    return Evidence(
        name=release.name,
        namespace=release.namespace,
        layer=release.layer,
        chart=chart.removesuffix(".tgz"),
        node=node or ReleaseNode(release.id, release.layer, release.source, ()),
        labels=release.labels,
        chart_as_written=release.chart,
        same_group=tuple(dict.fromkeys(same_group)),
    )


def _workload_groups(node: ReleaseNode) -> set[str]:
    return {kind.partition(".")[2] for kind in node.kinds if rules.becomes_workload(kind)}


def _draft(releases: tuple[Release, ...], evidence: Evidence, decided: ReleasePlan | None, own: OwnRules) -> Draft:
    said, ask = own.answers(evidence)
    bootstrap = evidence.chart in BOOTSTRAP_CHARTS
    type_ = said.get("componentType") or rules.first_answer(rules.TYPE_RULES, evidence)
    component_type = _person_or(decided, "componentType", type_)
    evidence = replace(evidence, component_type=component_type.value)
    if said.get("domain"):
        proposal = said["domain"]
    elif bootstrap:
        proposal = Answer(BOOTSTRAP_DOMAIN, f"chart {evidence.chart} is Argo CD itself")
    else:
        proposal = _domain_of_path(said.get("path")) or rules.first_answer(rules.DOMAIN_RULES, evidence)
    path = decided.path if decided is not None and is_decided(decided.path) else None
    by_path = _domain_of_path(Answer(path.value, "")) if path else None
    domain = _person_or(decided, "domain", by_path or proposal)
    return Draft(
        releases, replace(evidence, domain=domain.value), component_type, domain, decided, bootstrap, said, ask
    )


def _domain_of_path(path: Answer | None) -> Answer | None:
    """Who says where a component lies says its domain too."""
    domain = path.value.split("/")[0] if path else ""
    return Answer(domain, f"its path is {path.value}") if path and domain in BANDS else None


def _person_or(decided: ReleasePlan | None, name: str, proposal: Answer) -> Answer:
    decision: Decision | None = getattr(decided, FIELDS[name]) if decided else None
    return Answer(decision.value, decision.reason) if decision and is_decided(decision) else proposal


def _settle_smokes(drafts: Drafts, graph: ReleaseGraph) -> Drafts:
    """A smoke belongs to the last band of what it needs and of its layer."""
    settled = dict(drafts)
    for edge in graph.edges:
        smoke, needed = settled.get(edge.after), drafts.get(edge.before)
        if smoke is None or needed is None or not edge.stated or not smoke.open_domain:
            continue
        if smoke.component_type.value == "smoke" and needed.band > smoke.band:
            settled[edge.after] = smoke.with_domain(needed.domain.value, f"it tests {edge.before} ({edge.evidence})")
    return settled


def _settle_data(drafts: Drafts, graph: ReleaseGraph) -> Drafts:
    """A data service that needs something of the platform goes to data-ext, behind the platform."""
    settled = dict(drafts)
    outgoing: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        outgoing.setdefault(edge.before, []).append(edge)
    behind = deque(sorted(name for name, draft in settled.items() if _pushes_data(draft)))
    while behind:
        name = behind.popleft()
        for edge in outgoing.get(name, ()):
            user = settled.get(edge.after)
            if user is None or user.domain.value != "data" or not user.open_domain:
                continue
            reason = f"data that needs {name} of {settled[name].domain.value} ({edge.evidence})"
            settled[edge.after] = moved = user.with_domain("data-ext", reason)
            if _pushes_data(moved):
                behind.append(edge.after)
    return settled


def _pushes_data(draft: Draft) -> bool:
    if draft.component_type.value in _SHARED_TYPES or draft.bootstrap:
        return False
    return BANDS["platform"] <= draft.band <= BANDS["data-ext"]


def _settle_shared(drafts: Drafts, graph: ReleaseGraph) -> Drafts:
    """Definitions that other bands use move to foundation, an operator that others wait for to its first user's."""
    users: dict[str, dict[str, str]] = {}
    early: dict[str, Edge] = {}
    for edge in graph.edges:
        user, needed = drafts.get(edge.after), drafts.get(edge.before)
        if user is None or needed is None or user.bootstrap:
            continue
        if edge.kind == "crd":
            users.setdefault(edge.before, {}).setdefault(user.domain.value, edge.after)
        # One operator that comes up early moves less than all that would have to wait for it in a later band.
        serves = edge.kind == "crd" or (edge.stated and user.component_type.value in ("crds", "operator"))
        if serves and user.band < (drafts[early[edge.before].after].band if edge.before in early else needed.band):
            early[edge.before] = edge
    settled = dict(drafts)
    for name, draft in drafts.items():
        if not draft.open_domain:
            continue
        if draft.component_type.value == "crds" and name in users:
            settled[name] = _settle_crds(draft, users[name])
        elif draft.component_type.value == "operator" and name in early:
            edge = early[name]
            reason = f"{edge.after} of {drafts[edge.after].domain.value} waits for it ({edge.evidence})"
            settled[name] = draft.with_domain(drafts[edge.after].domain.value, reason)
    return settled


def _settle_crds(draft: Draft, users: Mapping[str, str]) -> Draft:
    software = rules.known_software(draft.evidence)
    own = software[1] if software else ""
    if len(users) == 1 and own in ("", *users):
        domain = next(iter(users))
        return draft.with_domain(domain, f"only {domain} uses what it defines ({users[domain]})")
    listed = ", ".join(
        f"{domain} ({users[domain]})" for domain in sorted(users, key=lambda domain: BANDS.get(domain, 9))
    )
    return draft.with_domain("foundation", f"several domains use what it defines: {listed}")
