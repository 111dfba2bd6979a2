"""Sync options: what a release's keys and objects ask of Argo CD. The plan shows it, emission writes it."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.model.differences import RESPECT, scaled_workloads
from migrate.model.estate import Release
from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest

CREATE_NAMESPACE = "CreateNamespace=true"
NAMESPACED_ONLY = ("data-services", "apps")
"""Projects that may hold namespaced kinds alone (decision: operators and CRDs belong to ``platform``)."""
ALWAYS_THERE = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})

# kubectl's client-side apply keeps the whole object in an annotation, which may hold 256 KiB.
_BIG_OBJECT = 200_000


def wanted_sync_options(release: Release, manifests: Iterable[Manifest]) -> tuple[tuple[str, str], ...]:
    """``(option, reason)`` for each that the release's keys and its applied ``manifests`` ask for.

    SkipDryRunOnMissingResource is never among them: a custom resource comes in a later phase than its definition,
    or in the same Application, where Argo CD skips the dry run by itself. Skipping it always would hide a typo in
    an apiVersion until the apply fails half-way.
    """
    found = []
    for key in ("disableValidation", "disableOpenAPIValidation"):
        if is_true(release, key):
            found.append(("Validate=false", f"helmfile's {key}"))
            break
    there = tuple(manifests)
    big = next((m for m in there if len(m.text) > _BIG_OBJECT or m.key.kind == "CustomResourceDefinition"), None)
    if big is not None:
        why = f"{big.key.kind} {big.key.name} is, or may grow, too big for a client-side apply"
        found.append(("ServerSideApply=true", why))
    elif is_true(release, "serverSide"):
        found.append(("ServerSideApply=true", "helmfile's serverSide"))
    scaled = scaled_workloads(there)
    if scaled:
        # Else each sync puts the chart's number back, and the autoscaler starts from there.
        why = f"{scaled[0].reasons[0].removesuffix(' sets it')} sets the replicas of {scaled[0].kind} {scaled[0].name}"
        found.append((RESPECT, why))
    return tuple(found)


def with_own_options(proposed: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """The proposed options, then a person's own; one of theirs replaces a proposal for the same option."""
    theirs = tuple(own)
    names = {option.partition("=")[0] for option in theirs}
    kept = (option for option in proposed if option in theirs or option.partition("=")[0] not in names)
    return tuple(dict.fromkeys((*kept, *theirs)))


def creates_namespace(release: Release) -> bool:
    """Whether Helmfile passes ``--create-namespace``: its default, unless the release or helmDefaults say no."""
    values = [key.value for key in release.keys if key.name.endswith("createNamespace") and key.value is not None]
    own = [k.value for k in release.keys if k.name == "createNamespace" and not k.inherited and k.value is not None]
    return bool((own or values or [True])[0])


def is_true(release: Release, name: str) -> bool:
    """Whether a boolean key is set, by the release itself first, else by what it inherits."""
    keys = [key for key in release.keys if key.name.rpartition(".")[2] == name and key.value is not None]
    keys.sort(key=lambda key: key.inherited)
    value: JsonValue = keys[0].value if keys else False
    return value is True or value == "true"
