"""What Argo CD can tell the health of: its own checks by version. ``assessments`` holds those that a tree may add."""

from __future__ import annotations

import fnmatch
import functools
import re
from dataclasses import dataclass

from migrate.model.builtin_health import BUILT_IN, BUILT_IN_GROUPS
from migrate.model.manifest import ObjectKey

HEALTH_KEY = "resource.customizations.health."
"""How a key of argocd-cm begins that holds a check; ``<group>_<kind>`` follows."""
_OF_KUBERNETES = frozenset({"", "apps", "autoscaling", "batch", "extensions", "policy"})
_KUBERNETES_DOMAIN = re.compile(
    r"(?:admissionregistration|apiextensions|apiregistration|certificates|coordination|discovery|events|node"
    r"|flowcontrol\.apiserver|networking|rbac\.authorization|resource|scheduling|storage)\.k8s\.io"
)


@dataclass(frozen=True)
class HealthChecks:
    """What has a health check: ``Kind`` in the core group, else ``group/Kind``; ``*`` in a pattern is any text."""

    kinds: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()

    def watches(self, key: ObjectKey) -> bool:
        """Whether Argo CD can tell the health of such objects."""
        name = f"{key.group}/{key.kind}" if key.group else key.kind
        return name in self.kinds or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.patterns)


@functools.cache
def built_in_checks(argocd_version: str) -> HealthChecks:
    """The checks that a version of Argo CD brings."""
    version = _version(argocd_version)
    kinds: set[str] = set()
    group = ""
    for word in BUILT_IN.split():
        if word.endswith(":"):
            group = word.removesuffix(":")
            continue
        kind, _, since = word.partition("@")
        if _version(since) <= version:
            kinds.add(kind if group == "core" else f"{group}/{kind}")
    found = (word.partition("@") for word in BUILT_IN_GROUPS.split())
    return HealthChecks(frozenset(kinds), tuple(name for name, _, since in found if _version(since) <= version))


def is_of_kubernetes(group: str) -> bool:
    """Whether Kubernetes itself defines the group, and so no controller of its own works on its kinds."""
    return group in _OF_KUBERNETES or _KUBERNETES_DOMAIN.fullmatch(group) is not None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])
