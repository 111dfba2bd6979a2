"""Which objects a rollout waits for: Argo CD's own health checks, and those that the tree's argocd-cm adds.

Both ways to write one are read: ``resource.customizations`` and ``resource.customizations.health.<group>_<kind>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from migrate.doors.helm import HelmError, parse_values
from migrate.model.health import HealthChecks, built_in_checks, is_of_kubernetes
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.rollout import Gate
from migrate.model.tree import FileTree

_SPLIT_KEY = "resource.customizations.health."
_IGNORED = "argocd.argoproj.io/ignore-healthcheck"


def health_checks(tree: FileTree, environment: str, argocd_version: str) -> HealthChecks:
    """The checks that hold in an environment of the tree."""
    built_in = built_in_checks(argocd_version)
    own = {name for settings in _settings(tree, environment) for name in customised(settings)}
    patterns = sorted(name for name in own if any(sign in name for sign in "*?["))
    return HealthChecks(built_in.kinds | (own - set(patterns)), (*built_in.patterns, *patterns))


def customised(settings: Mapping[str, JsonValue]) -> Iterator[str]:
    """What the data of an argocd-cm adds checks for; a check without a script is none."""
    for key, value in settings.items():
        if key.startswith(_SPLIT_KEY) and str(value or "").strip():
            group, _, kind = key.removeprefix(_SPLIT_KEY).rpartition("_")
            yield f"{group}/{kind}" if group else kind
    try:
        together = parse_values(str(settings.get("resource.customizations") or ""))
    except HelmError:
        return
    for name, settings_of_kind in together.items():
        if isinstance(settings_of_kind, dict) and str(settings_of_kind.get("health.lua") or "").strip():
            yield name


def _settings(tree: FileTree, environment: str) -> Iterator[Mapping[str, JsonValue]]:
    """The data of every argocd-cm below the environment's ``argocd`` folder."""
    folder = tree.under(f"environments/{environment}/argocd")
    for path in folder.paths():
        if not path.endswith((".yaml", ".yml")) or b"argocd-cm" not in folder.files[path]:
            continue
        for document in _documents(folder.files[path].decode("utf-8", "replace")):
            data, metadata = document.get("data"), document.get("metadata")
            name = metadata.get("name") if isinstance(metadata, dict) else None
            if document.get("kind") == "ConfigMap" and name == "argocd-cm" and isinstance(data, dict):
                yield data


def _documents(text: str) -> Iterator[JsonObject]:
    for part in re.split(r"(?m)^---(?=\s|$)", text):
        try:
            yield parse_values(part)
        except HelmError:
            continue  # lint says so


def gate_of(manifests: Sequence[Manifest], checks: HealthChecks) -> Gate:
    """What the step of an Application with these objects waits for (rules 8.8 to 8.11).

    A hook is never waited for: RollingSync goes on as soon as the Application is Synced and Healthy, and it is that
    while its PostSync hooks still run. What runs before (PreSync, Sync) must end first, or nothing is Synced.
    """
    plain = [manifest for manifest in manifests if not manifest.phases]
    watched = {m.key for m in plain if checks.watches(m.key) and _may_be_unhealthy(m)}
    others = {manifest.key for manifest in plain} - watched
    return Gate(
        _kinds(watched),
        _kinds(others),
        _kinds(key for key in others if not is_of_kubernetes(key.group) and not checks.watches(key)),
        sum(bool(manifest.phases) for manifest in manifests),
        tuple(sorted({str(manifest.key) for manifest in manifests if "PostSync" in manifest.phases})),
    )


def _may_be_unhealthy(manifest: Manifest) -> bool:
    """Of Services only load balancers wait for anything; an annotation takes any object out."""
    if manifest.annotations.get(_IGNORED) == "true":
        return False
    if (manifest.key.group, manifest.key.kind) != ("", "Service"):
        return True
    spec = manifest.document.get("spec")
    return isinstance(spec, dict) and spec.get("type") == "LoadBalancer"


def _kinds(keys: Iterator[ObjectKey] | set[ObjectKey]) -> tuple[str, ...]:
    return tuple(sorted({key.group_kind for key in keys}))
