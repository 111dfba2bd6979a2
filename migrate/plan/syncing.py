"""The sync options that are proposed for a release, each with what asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from migrate.model.estate import Estate, Release
from migrate.model.manifest import Manifest, Rendered
from migrate.model.plan import Decision, DecisionSource
from migrate.model.sync import (
    ALWAYS_THERE,
    CREATE_NAMESPACE,
    NAMESPACED_ONLY,
    creates_namespace,
    wanted_sync_options,
)

Renders = Mapping[tuple[str, str], Rendered]
Namespaces = Mapping[str, frozenset[str]]


def made_namespaces(estate: Estate, rendered: Renders) -> Namespaces:
    """Environment → the namespaces that a deployed release of it renders."""
    made: dict[str, set[str]] = {name: set() for name in estate.environments}
    for release in estate.releases:
        result = rendered.get((release.environment, release.id))
        if release.deployed and result:
            made[release.environment] |= {m.key.name for m in result.manifests if m.key.kind == "Namespace"}
    return {name: frozenset(names) for name, names in made.items()}


def sync_proposals(
    releases: Sequence[Release], project: str, rendered: Renders, made: Namespaces
) -> tuple[Decision, ...]:
    """What any environment asks for; emission gives each environment those that are its own."""
    found: dict[str, str] = {}
    for release in releases:
        if not release.deployed:
            continue
        if (release.environment, release.id) in rendered and _is_creating(release, project, made):
            found.setdefault(CREATE_NAMESPACE, f"helmfile creates {release.namespace}, and no release renders it")
        result = rendered.get((release.environment, release.id))
        for option, reason in wanted_sync_options(release, _applied(release, result.manifests if result else ())):
            found.setdefault(option, reason)
    return tuple(Decision(option, DecisionSource.INFERRED, reason) for option, reason in found.items())


def _is_creating(release: Release, project: str, made: Namespaces) -> bool:
    if project in NAMESPACED_ONLY or not release.namespace or not creates_namespace(release):
        return False
    return release.namespace not in made.get(release.environment, frozenset()) | ALWAYS_THERE


def _applied(release: Release, manifests: Iterable[Manifest]) -> Iterable[Manifest]:
    return (
        m
        for m in manifests
        if (release.include_crds or not m.crd_file) and "test" not in m.annotations.get("helm.sh/hook", "")
    )
