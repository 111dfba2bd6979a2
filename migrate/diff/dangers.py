"""Changes that get a line of their own at the top: what loses data, what the cluster refuses, what stops a service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from migrate.diff.immutable import fixed_by, is_immutable
from migrate.diff.structure import FieldDifference
from migrate.model.guards import is_guarded
from migrate.model.json import JsonObject, JsonValue, as_object, objects_in
from migrate.model.manifest import Manifest
from migrate.model.structure import ABSENT, Absent
from migrate.model.tree_diff import Danger
from migrate.model.words import few

_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_GUARDS = ("Prune=false", "Delete=false")
_QUANTITY = re.compile(r"([0-9.]+)([a-zA-Z]*)")
_UNITS = {
    "": Decimal(1), "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** (power + 1) for power, unit in enumerate(("k", "M", "G", "T", "P", "E"))},
    **{unit: Decimal(1024) ** (power + 1) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))},
}  # fmt: skip
_COUNTS = ("replicas", "instances")
"""How many there are of something: of pods, and of a database that an operator runs."""


def dangers_of(before: Manifest, after: Manifest, differences: Sequence[FieldDifference]) -> Iterator[Danger]:
    """Everything dangerous about one object that both sides have."""
    fixed = dict.fromkeys(d.path for d in differences if is_immutable(d, before, after))
    if fixed:
        text = f"{few(list(fixed), 3)} cannot be changed: the API server refuses it; {fixed_by(after.key)}"
        yield Danger("immutable-field", str(after.key), text)
    for check in _CHECKS:
        yield from check(before, after)


def dangers_of_removal(manifest: Manifest, other: str = "") -> Iterator[Danger]:
    """An object that holds data, or takes much along, and is in no tree any more; ``other``: who has it now."""
    if not is_guarded(manifest.key):
        return
    if other:
        text = f"moves to the Application {other}: let that one take it over before this one is synced with prune"
        yield Danger("guarded-moved", str(manifest.key), text)
        return
    kept = "Prune=false" in _options(manifest)
    text = "is removed; Prune=false keeps it on the cluster, where nothing manages it any more" if kept else (
        "is removed: a sync with prune deletes it, with all that hangs on it"
    )  # fmt: skip
    yield Danger("guarded-removed", str(manifest.key), text)


def _unguarded(before: Manifest, after: Manifest) -> Iterator[Danger]:
    gone = [guard for guard in _GUARDS if guard in _options(before) and guard not in _options(after)]
    if gone:
        yield Danger("guard-lifted", str(after.key), f"loses {', '.join(gone)}: a sync may delete it from now on")


def _options(manifest: Manifest) -> set[str]:
    return {word.strip() for word in manifest.annotations.get(_SYNC_OPTIONS, "").split(",")}


def _scaled_to_zero(before: Manifest, after: Manifest) -> Iterator[Danger]:
    old, new = as_object(before.document.get("spec")), as_object(after.document.get("spec"))
    for field in _COUNTS:
        # Without a number Kubernetes takes one.
        if new.get(field) == 0 and old.get(field, 1) != 0 and not isinstance(new.get(field), bool):
            count = old.get(field, 1)
            yield Danger("scaled-to-zero", str(after.key), f"spec.{field} goes from {count} to 0: nothing of it runs")


def _shrunk(before: Manifest, after: Manifest) -> Iterator[Danger]:
    if (after.key.group, after.key.kind) != ("", "PersistentVolumeClaim"):
        return
    old, new = (_storage(manifest.document) for manifest in (before, after))
    if old is not None and new is not None and new < old:
        text = "asks for less storage than before: the API server refuses it"
        yield Danger("immutable-field", str(after.key), text)


def _storage(document: JsonObject) -> Decimal | None:
    resources = as_object(as_object(document.get("spec")).get("resources"))
    return quantity(as_object(resources.get("requests")).get("storage"))


def quantity(value: JsonValue) -> Decimal | None:
    """A Kubernetes quantity as a number; None for what is none.

    >>> quantity("10Gi") == 10 * 1024**3
    True
    """
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, (str, int, float)) else None
    if found is None or found[2] not in _UNITS:
        return None
    try:
        return Decimal(found[1]) * _UNITS[found[2]]
    except InvalidOperation:
        return None


def _versions(before: Manifest, after: Manifest) -> Iterator[Danger]:
    if (after.key.group, after.key.kind) != ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return
    old, new = (
        {str(v.get("name", "")): v for v in objects_in(as_object(m.document.get("spec")).get("versions"))}
        for m in (before, after)
    )
    unserved = [n for n, v in old.items() if v.get("served") and not as_object(new.get(n)).get("served")]
    if unserved:
        text = f"no longer serves {', '.join(unserved)}: whatever still asks for it fails"
        yield Danger("crd-version", str(after.key), text)
    unstored = [n for n, v in old.items() if v.get("storage") and n not in new]
    if unstored:
        text = (
            f"no longer has {', '.join(unstored)}, in which objects are stored: the API server refuses it as long as "
        )
        yield Danger("crd-version", str(after.key), f"{text}status.storedVersions names it; migrate the objects first")


def _appset_guards(before: Manifest, after: Manifest) -> Iterator[Danger]:
    if after.key.kind != "ApplicationSet":
        return
    old, new = (as_object(as_object(m.document.get("spec")).get("syncPolicy")) for m in (before, after))
    if old.get("preserveResourcesOnDeletion") is True and new.get("preserveResourcesOnDeletion") is not True:
        text = "no longer preserves resources: an Application that goes takes its objects along"
        yield Danger("guard-lifted", str(after.key), text)
    kept = ("create-only", "create-update")
    if old.get("applicationsSync") in kept and new.get("applicationsSync") not in kept:
        text = "may delete Applications from now on: one whose component.yaml is gone is deleted"
        yield Danger("guard-lifted", str(after.key), text)


_CHECKS: tuple[Callable[[Manifest, Manifest], Iterator[Danger]], ...] = (
    _unguarded, _scaled_to_zero, _shrunk, _versions, _appset_guards,
)  # fmt: skip


def dangers_of_application(differences: Sequence[FieldDifference]) -> Iterator[Danger]:
    """What moves as a whole: its objects are made anew in the other place, and stay behind in the first."""
    for difference in differences:
        if difference.steps[:2] == ("spec", "destination") and difference.steps[-1] in ("server", "name", "namespace"):
            old, new = (_said(side) for side in (difference.before, difference.after))
            text = (
                f"{difference.steps[-1]} of its destination goes from {old} to {new}: what it made there stays behind"
            )
            yield Danger("moved", "", text)


def _said(side: JsonValue | Absent) -> str:
    return "none" if side is ABSENT or side == "" else str(side)
