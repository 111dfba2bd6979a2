"""The first step of emission: which release becomes a component in which environment, and how it is carried.

A release is carried by its chart and its values layers, unless what Helmfile applies is more than that; then its
rendered manifests are carried instead. Nothing is left out without a finding or a reason in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, is_folder
from migrate.emit.declared import declared_at
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.fleet import ABSENT, PARKED
from migrate.model.manifest import Drawn, Manifest, ObjectKey, Rendered
from migrate.model.plan import Disposition, Plan, PlannedEnvironment, ReleasePlan

HOOK_ANNOTATION = "helm.sh/hook"

# Helmfile renders and patches the chart itself for these (rule 12.9), so the chart alone is not what it applies.
PATCHING_KEYS = ("jsonPatches", "strategicMergePatches", "transformers", "dependencies", "forceNamespace")

# A release of nothing but these is small enough to be read as manifests, and its Namespaces can then be annotated.
_NAMESPACE_COMPANIONS = {
    "Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount", "Role", "RoleBinding", "ConfigMap",
}  # fmt: skip

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_RELEASE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEGMENT = r"(?!component(\.disabled)?\.yaml(/|$))[a-z0-9][a-z0-9._-]*"
_PATH = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")


class Carriage(StrEnum):
    """What stands in the tree for a release."""

    CHART = "chart"
    """The chart and the values layers."""
    HOOKS = "hooks"
    """Rendered manifests, hooks made plain: an Application of hooks alone would be healthy without running them."""
    PATCHED = "patched"
    """Rendered manifests, since Helmfile patches what the chart renders."""
    DEFINITIONS = "definitions"
    """Rendered manifests: what the plan splits off a release."""
    NAMESPACES = "namespaces"
    """Rendered manifests, so that each Namespace can say that it is never pruned or deleted."""


def files_of_values(release: Release) -> set[str]:
    """Files of the estate that the values of a release come from."""
    places = (release.source, *(layer.source for layer in release.values), *(flag.source for flag in release.sets))
    return {place.file for place in places} | {layer.path for layer in release.values}


@dataclass(frozen=True)
class Placement:
    """One release in one environment, with everything that emission needs to know about it."""

    release: Release
    plan: ReleasePlan
    environment: PlannedEnvironment
    cluster: str
    carriage: Carriage
    manifests: tuple[Manifest, ...]
    """As Helmfile applies them; empty where the render failed."""
    handover: str = "manual"
    unstable: tuple[ObjectKey, ...] = ()
    """Objects that differ between two renders."""
    drawn: tuple[Drawn, ...] = ()
    """Where what differs comes from."""
    values_key: str = ""
    """The key that its values lie below: that of its chart inside a wrapper."""

    @property
    def name(self) -> str:
        """The component's and the Application's name."""
        return self.plan.component.value

    @property
    def folder(self) -> str:
        """Folder below ``components/`` and ``sources/values/<env>/``: ``foundation/crds/cert-manager``."""
        return self.plan.path.value

    @property
    def parked(self) -> bool:
        """Whether the environment does not deploy the release."""
        return not self.release.deployed

    @property
    def namespace(self) -> str:
        """Where Helm would install it; Helm falls back on the context's namespace, which is ``default``."""
        return self.release.namespace or "default"

    @property
    def component_file(self) -> str:
        """Path of the component's file in the tree."""
        name = "component.disabled.yaml" if self.parked else "component.yaml"
        return f"environments/{self.environment.name}/components/{self.folder}/{name}"


@dataclass(frozen=True)
class Placements:
    """What is emitted, and why the rest is not: ``(environment, release id)`` → reason."""

    kept: tuple[Placement, ...]
    left_out: Mapping[tuple[str, str], str]
    findings: tuple[Finding, ...]

    def in_environment(self, name: str) -> tuple[Placement, ...]:
        """The placements of one environment, in the estate's order."""
        return tuple(placement for placement in self.kept if placement.environment.name == name)


def hook_types(manifest: Manifest) -> tuple[str, ...]:
    """The words of ``helm.sh/hook``; empty for an ordinary object."""
    words = manifest.annotations.get(HOOK_ANNOTATION, "").split(",")
    return tuple(word.strip() for word in words if word.strip())


def place_releases(estate: Estate, plan: Plan, rendered: Mapping[tuple[str, str], Rendered]) -> Placements:
    """Every release of every environment of the estate: placed, or left out with a reason."""
    plans = plan.by_id()
    clusters = {environment.name: environment for environment in plan.environments}
    deploying = {(plan.cluster_type(r.environment), r.id) for r in estate.releases if r.deployed}
    kept: list[Placement] = []
    left_out: dict[tuple[str, str], str] = {}
    findings = [_bad_environment(estate, name) for name in estate.environments if not is_environment_name(name)]
    findings += _alike_environments(estate)
    unmapped: dict[tuple[str, str], list[Release]] = {}
    for release in estate.releases:
        key = (release.environment, release.id)
        if not is_environment_name(release.environment):
            left_out[key] = "its environment has a name that Kubernetes refuses"
            continue
        environment = clusters.get(release.environment) or PlannedEnvironment(release.environment)
        release_plan = plans.get(release.id)
        if _is_unmapped(release, release_plan, environment):
            unmapped.setdefault((environment.name, release.kube_context), []).append(release)
            left_out[key] = f"no cluster is named for its kube context {release.kube_context}"
            continue
        if release_plan is not None and _is_absent(release, release_plan, plan, deploying):
            kind = plan.cluster_type(release.environment)
            left_out[key] = f"the component set of the cluster type {kind} does not have it"
            continue
        outcome = _place(estate.root, release, release_plan, environment, rendered.get(key))
        if isinstance(outcome, Finding):
            findings.append(outcome)
            left_out[key] = outcome.message
        elif isinstance(outcome, str):
            left_out[key] = outcome
        else:
            handover = plan.layer_handover.get(outcome.plan.layer, plan.handover)
            kept.append(replace(outcome, handover=handover))
    findings += [_unmapped_context(*place, releases) for place, releases in unmapped.items()]
    unique, clashes = _without_clashes(kept)
    left_out.update({(p.environment.name, p.release.id): finding.message for p, finding in clashes})
    findings += [finding for _, finding in clashes]
    findings += [finding for placement in unique for finding in _check_names(placement)]
    # A path that is none would be written outside its place; other names only Kubernetes refuses.
    placeable = tuple(placement for placement in unique if _PATH.fullmatch(placement.folder))
    left_out.update({(p.environment.name, p.release.id): "its path is none" for p in unique if p not in placeable})
    return Placements(placeable, left_out, tuple(findings))


def _is_absent(release: Release, planned: ReleasePlan, plan: Plan, deploying: set[tuple[str, str]]) -> bool:
    """Whether a release is not of the set of a cluster type; what any environment of the type deploys is of it."""
    kind = plan.cluster_type(release.environment)
    lacks = plan.is_curated(release.environment) and (kind, release.id) not in deploying
    return not release.deployed and planned.elsewhere.get(kind, ABSENT if lacks else PARKED) == ABSENT


def is_environment_name(name: str) -> bool:
    """Whether a folder can be called after an environment, and an ApplicationSet after its ``cluster_name``."""
    fits = len(name) <= 200 and _FOLDER_NAME.fullmatch(name) is not None
    return fits and _RELEASE_NAME.fullmatch(cluster_name(name)) is not None


def cluster_name(environment: str) -> str:
    """The environment in names of Kubernetes objects: ``Prod_1`` is ``prod-1`` there, its folder stays ``Prod_1``."""
    return environment.lower().replace("_", "-")


def _bad_environment(estate: Estate, name: str) -> Finding:
    return Finding(
        "EM009",
        Severity.ERROR,
        f"the environment {name!r} can be no folder and no name in Kubernetes; its ApplicationSet has it in its name",
        "rename it (letters, digits, hyphens and underscores), or convert the others with --environment",
        declared_at(estate, name),
        environment=name,
    )


def _alike_environments(estate: Estate) -> list[Finding]:
    """Two environments whose ApplicationSets would have one name: on one Argo CD they would overwrite each other."""
    taken: dict[str, str] = {}
    pairs = [(name, taken.setdefault(cluster_name(name), name)) for name in estate.environments]
    return [
        Finding(
            "EM009",
            Severity.ERROR,
            f"the environments {other!r} and {name!r} are both {cluster_name(name)} in names of Kubernetes objects",
            "rename one of them",
            declared_at(estate, name),
            environment=name,
        )
        for name, other in pairs
        if name != other
    ]


def _is_unmapped(release: Release, plan: ReleasePlan | None, environment: PlannedEnvironment) -> bool:
    return plan is not None and plan.disposition is Disposition.COMPONENT and not _cluster(release, environment)


def _unmapped_context(environment: str, context: str, releases: list[Release]) -> Finding:
    """One finding for all releases of a kube context: one line of the plan mends them all."""
    first = releases[0]
    others = f" and {len(releases) - 1} more go" if len(releases) > 1 else " goes"
    return Finding(
        "EM004",
        Severity.ERROR if any(release.deployed for release in releases) else Severity.WARNING,
        f"{first.id}{others} to the kube context {context}, and no cluster is named for it",
        f"name its cluster in migration.yaml: environments.{environment}.contexts: {{{context}: in-cluster}}",
        first.source,
        first.id if len(releases) == 1 else "",
        environment,
    )


def _place(
    root: str,
    release: Release,
    plan: ReleasePlan | None,
    environment: PlannedEnvironment,
    rendered: Rendered | None,
) -> Placement | Finding | str:
    if plan is None:
        return _finding(release, "EM005", "has no place in the plan", "run: migrate plan")
    if plan.disposition is Disposition.BOOTSTRAP:
        return "the bootstrap installs it, so it has no Application"
    if plan.disposition is Disposition.RETIRED:
        return "it was retired"
    cluster = _cluster(release, environment)
    manifests = rendered.manifests if rendered else ()
    carriage = carriage_of(release, manifests, no_chart=_is_no_chart(root, release))
    if carriage is Carriage.CHART and release.chart_path is None:
        hint = "put the chart on this disk (vendor it, or say where it lies with --chart-map)"
        return _finding(release, "EM001", f"wants the chart {release.chart}, which is not on this disk", hint)
    if carriage is Carriage.PATCHED and not manifests and release.deployed:
        why = (rendered.error if rendered else "") or "it renders nothing"
        return _finding(release, "EM006", f"is carried by its manifests, but {why}", "mend what the message says")
    unstable = tuple(dict.fromkeys(key for key, _ in rendered.unstable)) if rendered else ()
    drawn = rendered.drawn if rendered else ()
    return Placement(release, plan, environment, cluster, carriage, manifests, unstable=unstable, drawn=drawn)


def _cluster(release: Release, environment: PlannedEnvironment) -> str:
    context = release.kube_context
    if not context or context == environment.cluster:
        return environment.cluster
    return environment.contexts.get(context, "")


def _is_no_chart(root: str, release: Release) -> bool:
    """A folder of manifests or a kustomization, which Helmfile turns into a chart by itself."""
    folder = absolute(release.chart_path or "", root)
    return release.chart_path is not None and is_folder(folder) and not is_file(f"{folder}/Chart.yaml")


def carriage_of(release: Release, manifests: tuple[Manifest, ...], *, no_chart: bool = False) -> Carriage:
    """How a release is carried; a post-renderer is no reason for manifests, since it was not run here either."""
    if release.part_of:
        return Carriage.DEFINITIONS
    patching = any(key.name in PATCHING_KEYS and key.value for key in release.keys)
    if release.json_patches or release.strategic_merge_patches or patching or no_chart:
        return Carriage.PATCHED
    if manifests and all(hook_types(manifest) for manifest in manifests):
        return Carriage.HOOKS
    kinds = {manifest.key.kind for manifest in manifests}
    if "Namespace" in kinds and kinds <= _NAMESPACE_COMPANIONS:
        return Carriage.NAMESPACES
    return Carriage.CHART


def _without_clashes(kept: list[Placement]) -> tuple[tuple[Placement, ...], list[tuple[Placement, Finding]]]:
    """One Application and one folder an environment for each release; the second to claim one is left out."""
    taken: dict[tuple[str, str, str], Release] = {}
    unique, clashes = [], []
    for placement in kept:
        claims = {
            (placement.environment.name, "component", placement.name),
            (placement.environment.name, "path", placement.folder),
        }
        clash = next((claim for claim in sorted(claims) if claim in taken), None)
        if clash is None:
            unique.append(placement)
            taken.update(dict.fromkeys(claims, placement.release))
            continue
        other = taken[clash]
        clashes.append(
            (
                placement,
                _finding(
                    placement.release,
                    "EM002",
                    f"becomes the {clash[1]} {clash[2]}, as {other.id} ({other.source}) does",
                    f"give one of them another {clash[1]} in migration.yaml",
                    severity=Severity.ERROR,
                ),
            )
        )
    return tuple(unique), clashes


def _check_names(placement: Placement) -> list[Finding]:
    plan, release = placement.plan, placement.release
    labels = {"tier": plan.tier, "domain": plan.domain, "componentType": plan.component_type, "wave": plan.wave}
    wrong = [
        ("component", placement.name, _DNS_LABEL, 63),
        ("namespace", placement.namespace, _DNS_LABEL, 63),
        ("release name", release.name, _RELEASE_NAME, 53),
        ("project", plan.project.value, _DNS_LABEL, 63),
        ("rollout phase", plan.rollout_phase.value, re.compile("[0-9]{3}"), 3),
        ("path", placement.folder, _PATH, 200),
        *((name, decision.value, _LABEL_VALUE, 63) for name, decision in labels.items()),
    ]
    return [
        _finding(
            release,
            "EM003",
            f"has the {what} {text!r}, which Kubernetes, Helm or the tree refuses",
            f"use at most {most} lower-case letters, digits and hyphens",
            severity=Severity.ERROR,
        )
        for what, text, pattern, most in wrong
        if not pattern.fullmatch(text) or len(text) > most
    ]


def _finding(release: Release, code: str, what: str, hint: str, *, severity: Severity | None = None) -> Finding:
    """A finding on a release; where the environment parks it, it is no more than a warning."""
    weight = severity or (Severity.ERROR if release.deployed else Severity.WARNING)
    return Finding(code, weight, f"{release.id} {what}", hint, release.source, release.id, release.environment)
