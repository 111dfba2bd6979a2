"""What the components of one environment bring together: namespaces, cluster-scoped kinds, who creates what.

Projects and sync options are derived from it; nobody writes a permission that nothing needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrate.emit.placement import Carriage, Placement, hook_types
from migrate.model.assessments import PASSIVE
from migrate.model.finding import Finding, Severity
from migrate.model.health import is_of_kubernetes
from migrate.model.manifest import Manifest, Rendered
from migrate.model.sync import ALWAYS_THERE, NAMESPACED_ONLY, creates_namespace

NAMESPACE_KIND = ("", "Namespace")
_MADE: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("apps", "Deployment"): (("apps", "ReplicaSet"),),
    ("apps", "ReplicaSet"): (("", "Pod"),),
    ("apps", "StatefulSet"): (("apps", "ControllerRevision"), ("", "PersistentVolumeClaim"), ("", "Pod")),
    ("apps", "DaemonSet"): (("apps", "ControllerRevision"), ("", "Pod")),
    ("batch", "CronJob"): (("batch", "Job"),),
    ("batch", "Job"): (("", "Pod"),),
    ("", "Service"): (("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")),
}
_RUN_BY_OPERATORS = {
    ("apps", "Deployment"), ("apps", "StatefulSet"), ("batch", "Job"), ("", "PersistentVolumeClaim"), ("", "Pod"),
    ("", "Service"),
}  # fmt: skip
_DROPPED_HOOKS = {"test", "test-success", "test-failure", "pre-rollback", "post-rollback"}


@dataclass(frozen=True)
class ProjectFacts:
    """What one AppProject must allow in one environment; all sorted."""

    name: str
    destinations: tuple[tuple[str, str], ...]
    """``(cluster, namespace)``."""
    cluster_kinds: tuple[tuple[str, str], ...]
    """``(group, kind)``."""
    namespaced_kinds: tuple[tuple[str, str], ...] = ()
    """``(group, kind)``, with those that controllers make of them: Argo CD hides what a project does not list."""


@dataclass(frozen=True)
class EnvironmentFacts:
    """What is true of one environment's components together."""

    projects: tuple[ProjectFacts, ...]
    create_namespace: frozenset[str]
    """Ids of releases whose Application creates its namespace."""
    findings: tuple[Finding, ...]


def applied_manifests(placement: Placement) -> tuple[Manifest, ...]:
    """The objects that Argo CD will apply for a placement: Helm tests of a chart are none of them (rule 6.7)."""
    found = tuple(m for m in placement.manifests if not m.crd_file or placement.release.include_crds)
    if placement.carriage is Carriage.HOOKS:
        return found
    return tuple(m for m in found if not hook_types(m) or not set(hook_types(m)) <= _DROPPED_HOOKS)


def gather_facts(
    placements: Sequence[Placement], projects: Sequence[str], deployed: Iterable[Rendered]
) -> EnvironmentFacts:
    """The facts of one environment.

    ``placements`` are those that it deploys, ``projects`` all of the plan, ``deployed`` the renders of all that the
    environment deploys, the bootstrap included.
    """
    made = {
        manifest.key.name
        for result in deployed
        for manifest in result.manifests
        if (manifest.key.group, manifest.key.kind) == NAMESPACE_KIND
    }
    creating: set[str] = set()
    findings: list[Finding] = []
    for placement in placements:
        if placement.namespace in made | ALWAYS_THERE or not creates_namespace(placement.release):
            continue
        if placement.plan.project.value in NAMESPACED_ONLY:
            findings.append(_nobody_creates(placement))
        else:
            creating.add(placement.release.id)
    facts = tuple(
        _project(name, [p for p in placements if p.plan.project.value == name], creating) for name in projects
    )
    for placement in placements:
        findings += _forbidden_kinds(placement) + _unguarded_namespaces(placement)
    return EnvironmentFacts(facts, frozenset(creating), tuple(findings))


def _project(name: str, placements: Sequence[Placement], creating: set[str]) -> ProjectFacts:
    destinations = set()
    kinds = set()
    namespaced = set()
    for placement in placements:
        destinations.add((placement.cluster, placement.namespace))
        if placement.release.id in creating:
            kinds.add(NAMESPACE_KIND)
        for manifest in applied_manifests(placement):
            if manifest.key.namespace:
                destinations.add((placement.cluster, manifest.key.namespace))
                namespaced.add((manifest.key.group, manifest.key.kind))
            elif name not in NAMESPACED_ONLY:
                kinds.add((manifest.key.group, manifest.key.kind))
    return ProjectFacts(name, tuple(sorted(destinations)), tuple(sorted(kinds)), tuple(sorted(_with_made(namespaced))))


def _with_made(kinds: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The kinds with what Kubernetes' controllers and, below custom resources, operators run for them.

    What an operator makes beside workloads (Secrets, roles) stays out: nobody has to see it, and nobody may apply it.
    """
    found = set(kinds)
    if any(not is_of_kubernetes(group) and (group, kind) not in PASSIVE for group, kind in kinds):
        found |= _RUN_BY_OPERATORS
    while True:
        made = {child for kind in found for child in _MADE.get(kind, ())}
        if made <= found:
            return found
        found |= made


def _forbidden_kinds(placement: Placement) -> list[Finding]:
    if placement.plan.project.value not in NAMESPACED_ONLY:
        return []
    kinds = sorted({m.key.kind for m in applied_manifests(placement) if not m.key.namespace})
    if not kinds:
        return []
    return [
        _finding(
            placement,
            "EM030",
            Severity.ERROR,
            f"renders cluster-scoped kinds ({', '.join(kinds)}), and the project {placement.plan.project.value} "
            "holds namespaced kinds only: no sync of it would work",
            "give it the project platform in migration.yaml",
        )
    ]


def _unguarded_namespaces(placement: Placement) -> list[Finding]:
    """Namespaces inside a chart with workloads: nothing can annotate them there."""
    names = [m.key.name for m in applied_manifests(placement) if (m.key.group, m.key.kind) == NAMESPACE_KIND]
    if placement.carriage is not Carriage.CHART or not names:
        return []
    return [
        _finding(
            placement,
            "EM032",
            Severity.WARNING,
            f"its chart brings the Namespace {', '.join(sorted(names))} without Prune=false,Delete=false",
            "let the chart annotate it, or move it to the namespaces component",
        )
    ]


def _nobody_creates(placement: Placement) -> Finding:
    return _finding(
        placement,
        "EM031",
        Severity.WARNING,
        f"its namespace {placement.namespace} is created by Helmfile, and by no component; the project "
        f"{placement.plan.project.value} may not create it",
        "add the Namespace to the component that brings the others",
    )


def _finding(placement: Placement, code: str, severity: Severity, message: str, hint: str) -> Finding:
    release = placement.release
    text = f"{release.id}: {message}"
    return Finding(code, severity, text, hint, release.source, release.id, release.environment)
