"""The Plan: every decision of a migration, each with its source and, where inferred, its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.model.differences import Ignored
from migrate.model.finding import Finding, SourceLocation
from migrate.model.fleet import CURATED, Fleet
from migrate.model.json import JsonObject
from migrate.model.removed import RemovedLayer


class DecisionSource(StrEnum):
    """Who decided a value of the plan."""

    DEFAULT = "default"
    INFERRED = "inferred"
    PERSON = "person"
    FILE = "file"


@dataclass(frozen=True)
class Decision:
    """One decided value: ``reason`` is never empty where the source is ``inferred``."""

    value: str
    source: DecisionSource
    reason: str = ""
    place: SourceLocation | None = field(default=None, compare=False)
    """The line of the plan's file where it stands; None where no file says it."""


class Disposition(StrEnum):
    """What becomes of a release."""

    COMPONENT = "component"
    """An Application in every environment that deploys it, a parked component elsewhere."""
    BOOTSTRAP = "bootstrap"
    """Handled by the bootstrap (Argo CD itself): read and rendered, but no Application."""
    RETIRED = "retired"
    """Dropped by ``retire``."""


DEFINITIONS = "-crds"
"""What follows the name of a release in that of its definitions, where they stand apart."""


@dataclass(frozen=True)
class WrapperPlan:
    """What a release gets in a chart around its own, which stays as it is."""

    gate: bool = False
    """Whether ``<chart>.enabled: false`` switches the whole component off."""
    manifests: tuple[str, ...] = ()
    """Files of the estate whose objects the component brings, too; root-relative."""
    place: SourceLocation | None = field(default=None, compare=False)

    @property
    def asked(self) -> bool:
        """Whether it asks for anything."""
        return self.gate or bool(self.manifests)


@dataclass(frozen=True)
class ReleasePlan:
    """Where one release goes. ``path`` is the folder under components/: ``foundation/crds/cert-manager``."""

    id: str
    layer: str
    disposition: Disposition
    domain: Decision
    tier: Decision
    component_type: Decision
    rollout_phase: Decision
    """Three digits of the ladder, e.g. ``130``."""
    wave: Decision
    project: Decision
    component: Decision
    """The Application's name (a DNS label)."""
    path: Decision
    sync_options: tuple[str, ...] = ()
    """A person's own; one takes the place of a proposal for the same option (``ServerSideApply=false``)."""
    ignore_differences: tuple[JsonObject, ...] = ()
    pins: JsonObject = field(default_factory=dict)
    """Values laid over all other layers, e.g. to switch a random value off: ``{"admin": {"existingSecret": …}}``."""
    pin_reason: str = ""
    wrapper: WrapperPlan = field(default_factory=WrapperPlan)
    crds: str = ""
    """``apart``: its CustomResourceDefinitions become a component of their own."""
    state: str = ""
    """Empty, ``fenced`` or ``removed`` (decided by cut-over)."""
    verified_tree: str = ""
    """Hash of the tree whose verdicts cut-over relied on."""
    disposition_source: DecisionSource = DecisionSource.INFERRED
    ask: tuple[str, ...] = ()
    """Fields (``rolloutPhase`` …) that only a person may decide; open until one does."""
    asked_by_rule: tuple[str, ...] = ()
    """Those of ``ask`` that a rule of the plan asks, not the release's own entry."""
    chart: str = ""
    """As the estate writes it: by it a release is known again that was renamed."""
    sync_proposals: tuple[Decision, ...] = ()
    """The sync options that the keys and the objects of the release ask for, in any environment."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Cluster type that does not deploy it → ``parked`` or ``absent``, where it differs from the type's own set."""
    evidence: tuple[str, ...] = ()
    """What the proposals rest on, a line a fact: chart, labels, kinds, hooks, needs, objects that refer to others.
    Made anew by every run, and not written to the plan's file."""


@dataclass(frozen=True)
class PlanRule:
    """A rule of a person's own: what it gives holds for every release that it matches, before any built-in rule."""

    match: Mapping[str, tuple[str, ...]]
    """``name``, ``namespace``, ``chart``, ``layer``, ``kinds`` or ``labels.<key>`` → patterns, one must fit."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """Field (``domain``, ``rolloutPhase`` …) → value; ``{name}`` stands for the component's name."""
    ask: tuple[str, ...] = ()
    """Fields that only a person may decide, release by release."""
    reason: str = ""
    place: SourceLocation | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Step:
    """One step of the rollout ladder."""

    phase: str
    max_update: str = ""
    """``1``, ``25%`` or empty for no limit."""
    inserted: bool = False
    """True for a step that the solver added, so that an edge has room; made anew by every run."""


@dataclass(frozen=True)
class PlannedEnvironment:
    """One environment and its cluster. ``kube_version`` and ``api_versions`` are what renders assume."""

    name: str
    server: str = "https://kubernetes.default.svc"
    cluster: str = "in-cluster"
    kube_version: str = "1.34.0"
    api_versions: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    """Kube context of a release → the cluster that Argo CD knows; a context that is missing here is an error."""
    cluster_type: str = ""
    """What it shares components and values with in the layout ``shared``: ``nonprod``; empty: a type of its own."""


@dataclass(frozen=True)
class ProjectRole:
    """A role of an AppProject: who has it, and what it may do with the Applications of the project."""

    name: str
    may: tuple[str, ...]
    """Actions on Applications (``get``, ``sync`` …); ``logs`` and ``exec`` are those of their Pods."""
    groups: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Question:
    """Something a person may be asked: the proposal, its reason, what else is possible."""

    key: str
    """``releases/<id>/<field>``, e.g. ``releases/data/minio/rolloutPhase``."""
    text: str
    proposal: str
    reason: str
    options: tuple[str, ...] = ()
    must_ask: bool = False
    """True where a rule is marked ``ask``: a run without a person exits 4."""
    evidence: tuple[str, ...] = ()
    layer: str = ""


@dataclass(frozen=True)
class Plan:
    """All decisions; releases in the estate's order."""

    estate: str
    repo_url: str
    revision: str
    environments: tuple[PlannedEnvironment, ...]
    ladder: tuple[Step, ...]
    releases: tuple[ReleasePlan, ...]
    layout: str = "environments"
    appsets: str = "single"
    steps: str = "phase"
    handover: str = "manual"
    layer_handover: Mapping[str, str] = field(default_factory=dict)
    """Layer → handover where it differs."""
    argocd_version: str = "3.3"
    secrets_policy: Mapping[str, str] = field(default_factory=dict)
    """Place of a plaintext secret → ``externalise`` or ``plaintext: accepted``."""
    questions: tuple[Question, ...] = ()
    findings: tuple[Finding, ...] = ()
    rules: tuple[PlanRule, ...] = ()
    removal: str = "keep"
    """What becomes of an Application whose component.yaml is gone: ``keep``, or ``delete`` with its objects."""
    projects: Mapping[str, tuple[ProjectRole, ...]] = field(default_factory=dict)
    """AppProject → the roles that it gets."""
    said: tuple[str, ...] = ()
    """Settings that a person wrote although they are the default: ``handover``, ``environments.dev.kubeVersion``."""
    fleet: Fleet = field(default_factory=Fleet)
    ignore_differences: tuple[Ignored, ...] = ()
    """What Argo CD compares of no object of a kind; one takes the place of what is proposed for that kind."""
    component_sets: Mapping[str, Decision] = field(default_factory=dict)
    """Cluster type → ``whole`` or ``curated``: what becomes of a release that none of its environments deploys."""
    removed: tuple[RemovedLayer, ...] = field(default=(), repr=False)
    """What cut-over took out of the helmfiles; kept in files beside the plan's."""

    def owner_of(self, identity: str) -> str:
        """The release that a plan's part belongs to: with ``crds: apart`` the one whose definitions they are."""
        owner = identity.removesuffix(DEFINITIONS)
        split = owner != identity and any(release.id == owner and release.crds == "apart" for release in self.releases)
        return owner if split else identity

    def by_id(self) -> dict[str, ReleasePlan]:
        """Release id → its plan."""
        return {release.id: release for release in self.releases}

    def cluster_type(self, environment: str) -> str:
        """The type of an environment's cluster; its own name where the plan gives none."""
        return next(
            (e.cluster_type for e in self.environments if e.name == environment and e.cluster_type), environment
        )

    def is_curated(self, environment: str) -> bool:
        """Whether the cluster type of an environment has a component set of its own."""
        decision = self.component_sets.get(self.cluster_type(environment))
        return decision is not None and decision.value == CURATED
