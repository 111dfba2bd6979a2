"""Why a difference is no loss: one rule a reason, all of them in ``RULES``; what no rule explains stays different."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from migrate.model.estate import Release
from migrate.model.images import ImageRules, is_mirrored
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.plan import ReleasePlan
from migrate.model.report import Explanation
from migrate.model.structure import ABSENT
from migrate.verify.compare import Change
from migrate.verify.externalised import EXTERNALISED_REASON, KIND_EXTERNALISED, is_externalised
from migrate.verify.fleet import comes_from_contract

HOOK = "helm.sh/hook"
_HOOK_ANNOTATIONS = (HOOK, "helm.sh/hook-delete-policy", "helm.sh/hook-output-log-policy")
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_SYNC_WAVE = "argocd.argoproj.io/sync-wave"
_TESTS = {"test", "test-success"}
_ROLLBACKS = {"pre-rollback", "post-rollback"}
_NO_RESOURCE = _ROLLBACKS | {"pre-delete", "post-delete"}
"""Hooks that no sync may run: as plain objects they would run at every one."""
_WEIGHT = "helm.sh/hook-weight"
_ARGOCD_HOOK = "argocd.argoproj.io/hook"
FLEET = "fleet-globals"
HELM_VERSION = "helm-version"
REPEATED = "repeated-object"
_HELM_FINDINGS = {"RN004", "RN005"}
_REPEATED_FINDING = "RN006"


@dataclass(frozen=True)
class Comparison:
    """What a rule may look at: one release in one environment, rendered on both sides."""

    release: Release
    plan: ReleasePlan | None
    left: Rendered
    right: Rendered
    lists: int = 0
    """How many lists of the left side were expanded before pairing."""
    with_contract: tuple[Change, ...] | None = None
    """What differs where helmfile's side gets the fleet contract, too; None where that was not rendered."""
    images: ImageRules | None = None
    """The image policy of the environment; None while there is none."""


@dataclass(frozen=True)
class Rule:
    """A named reason. ``explains`` takes one change; ``remarks`` says what is worth naming though nothing differs."""

    name: str
    reason: str
    explains: Callable[[Change, Comparison], bool] = lambda change, comparison: False
    remarks: Callable[[Comparison], Sequence[str]] = lambda comparison: ()


def events(manifest: Manifest | None) -> set[str]:
    """The Helm events of a hook; empty for an ordinary object."""
    text = manifest.annotations.get(HOOK, "") if manifest else ""
    return {word.strip().lower() for word in text.split(",") if word.strip()}


def hooks_alone(comparison: Comparison) -> bool:
    """Whether Helm runs nothing but hooks: then they are carried as plain objects, tests among them."""
    return bool(comparison.left.manifests) and all(events(manifest) for manifest in comparison.left.manifests)


# ---------------------------------------------------------------- rules for changes


def _test_dropped(change: Change, comparison: Comparison) -> bool:
    found = events(change.left)
    tests = bool(found & _TESTS) and found <= _TESTS | _ROLLBACKS
    return tests and _gone(change) and not hooks_alone(comparison)


def _rollback_dropped(change: Change, comparison: Comparison) -> bool:
    return bool(events(change.left)) and events(change.left) <= _ROLLBACKS and _gone(change)


def _gone(change: Change) -> bool:
    """Whether Argo CD does not have the hook; one with a phase of Argo CD's own would run, so it must be there."""
    return change.right is None and change.left is not None and _ARGOCD_HOOK not in change.left.annotations


def _hook_became_resource(change: Change, comparison: Comparison) -> bool:
    if change.left is None or change.right is None or not hooks_alone(comparison):
        return False
    if events(change.left) <= _NO_RESOURCE or events(change.right):
        return False
    if not _options(change.right) >= {"Force=true", "Replace=true"}:
        return False
    weight = change.left.annotations.get(_WEIGHT)
    if change.annotation in _HOOK_ANNOTATIONS:
        return change.after is ABSENT
    if change.annotation == _WEIGHT:
        kept_as = change.right.annotations.get(_SYNC_WAVE)
        own = change.left.annotations.get(_SYNC_WAVE)
        return change.after is ABSENT and (kept_as == (own or weight) or not _weights_order(comparison))
    if change.annotation == _SYNC_WAVE:
        return change.before is ABSENT and change.after == weight
    return change.annotation == _SYNC_OPTIONS and _added_options(change) <= {"Force=true", "Replace=true"}


def _weights_order(comparison: Comparison) -> bool:
    """Whether the hooks' weights put one before another, which only sync waves can keep."""
    hooks = [manifest for manifest in comparison.left.manifests if not events(manifest) <= _NO_RESOURCE]
    return len({manifest.annotations.get(_WEIGHT, "0") for manifest in hooks}) > 1


def _namespace_guarded(change: Change, comparison: Comparison) -> bool:
    guards = {"Prune=false", "Delete=false"}
    return (
        change.key.kind == "Namespace"
        and not change.key.group
        and change.annotation == _SYNC_OPTIONS
        and change.right is not None
        and guards <= _options(change.right)
        and _added_options(change) <= guards
    )


def _sync_annotated(change: Change, comparison: Comparison) -> bool:
    """What the layout kustomize writes on resources: a wave among the objects of one Application, and two guards."""
    if change.left is None or change.right is None or events(change.right):
        return False
    if change.annotation == _SYNC_WAVE:
        is_definition = change.key.kind == "CustomResourceDefinition"
        return change.before is ABSENT and change.after == ("-1" if is_definition else "1")
    lost = _options(change.left) - _options(change.right)
    added = _options(change.right) - _options(change.left)
    own = {"SkipDryRunOnMissingResource=true", "Prune=false"}
    return change.annotation == _SYNC_OPTIONS and not lost and added <= own


def _image_replaced(change: Change, comparison: Comparison) -> bool:
    if comparison.images is None or change.left is None or change.right is None:
        return False
    return is_mirrored(change.left.document, change.path, change.before, change.after, comparison.images)


def _namespace_removed(change: Change, comparison: Comparison) -> bool:
    return change.path == "metadata.namespace" and change.after is ABSENT and not change.key.namespace


def _repeated(change: Change, comparison: Comparison) -> bool:
    """A plain object that the chart renders again further down: on both sides the last is what stays.

    Of hooks Helm would run each, and a hook in the place of a plain object is the loss of that object.
    """
    if change.path or change.left is None or events(change.left):
        return False
    twins = [manifest for manifest in comparison.left.manifests if manifest.key == change.key]
    as_often = f"{change.key} is {len(twins)} times "
    told = any(f.code == _REPEATED_FINDING and f.message.startswith(as_often) for f in comparison.right.findings)
    return told and twins[-1] is not change.left and not events(twins[-1])


def _unstable(change: Change, comparison: Comparison) -> bool:
    """What helmfile's side draws anew, where Argo CD's side draws it too or the plan fixes it; nothing beside it."""
    if not change.path:
        return _pinned_secret(change, comparison) or _random_name(change, comparison)
    if not _drawn(change, comparison.left):
        return False
    if comparison.plan is not None and comparison.plan.pins:
        return _pinned(change, comparison, comparison.plan.pins)
    there = change.before is not ABSENT and change.after is not ABSENT
    return there and (_drawn(change, comparison.right) or carried_by_manifests(comparison))


def _pinned(change: Change, comparison: Comparison, pins: JsonObject) -> bool:
    """Whether the plan's pins work: Argo CD draws less than helmfile did, and no Secret that a pin names."""
    if set(comparison.left.unstable) <= set(comparison.right.unstable):
        return False
    key = change.key
    named = (key.group, key.kind) == ("", "Secret") and key.name in _texts(pins)
    return not (named and _drawn(change, comparison.right))


def _drawn(change: Change, side: Rendered) -> bool:
    """Whether the change is at or inside a place that differs from itself on this side."""
    return any(key == change.key and path and _within(change.path, path) for key, path in side.unstable)


def _within(path: str, other: str) -> bool:
    return path == other or (path.startswith(other) and path[len(other)] in ".[")


def carried_by_manifests(comparison: Comparison) -> bool:
    """Whether the component holds manifests as they were once rendered, so that what is random is fixed in them."""
    release = comparison.release
    namespaces = any(m.key.kind == "Namespace" and not m.key.group for m in comparison.left.manifests)
    patched = release.json_patches or release.strategic_merge_patches or _chartified(comparison)
    return bool(patched) or namespaces or hooks_alone(comparison)


def _pinned_secret(change: Change, comparison: Comparison) -> bool:
    """A Secret drawn at random that Argo CD does not apply, because a pin names the one that is there."""
    key = change.key
    if change.right is not None or (key.group, key.kind) != ("", "Secret") or comparison.plan is None:
        return False
    return any(drawn == key for drawn, _ in comparison.left.unstable) and key.name in _texts(comparison.plan.pins)


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _random_name(change: Change, comparison: Comparison) -> bool:
    """An object whose name is drawn: the other side has as many that are the same but for their names."""
    manifest = change.left or change.right
    side = comparison.left if change.left else comparison.right
    if manifest is None or (manifest.key, "") not in side.unstable:
        return False
    left, right = (
        sum((m.key, "") in s.unstable and _nameless(m) == _nameless(manifest) for m in s.manifests)
        for s in (comparison.left, comparison.right)
    )
    return left == right


def _nameless(manifest: Manifest) -> tuple[str, str, str, str]:
    key = manifest.key
    text = json.dumps(manifest.document, sort_keys=True).replace(json.dumps(key.name)[1:-1], "\0")
    return key.group, key.kind, key.namespace, text


def _options(manifest: Manifest) -> set[str]:
    return {word.strip() for word in manifest.annotations.get(_SYNC_OPTIONS, "").split(",") if word.strip()}


def _added_options(change: Change) -> set[str]:
    """Sync options that only the right side has; one that is lost counts too, so that no rule takes it."""
    if change.left is None or change.right is None:
        return set()
    return _options(change.left) ^ _options(change.right)


# ---------------------------------------------------------------- remarks without a change


def _crds_included(comparison: Comparison) -> Sequence[str]:
    there = {manifest.key for manifest in comparison.right.manifests}
    return [m.key.name for m in comparison.left.manifests if m.crd_file and m.key in there]


def _hooks_mapped(comparison: Comparison) -> Sequence[str]:
    left = {manifest.key: manifest for manifest in comparison.left.manifests}
    return [
        f"{'+'.join(sorted(events(left[right.key])))} → {'+'.join(right.phases)}"
        for right in comparison.right.manifests
        if right.phases and events(left.get(right.key))
    ]


def _placeholders(comparison: Comparison) -> Sequence[str]:
    return [placeholder.path or placeholder.reference for placeholder in comparison.release.placeholders]


def _opaque(comparison: Comparison) -> Sequence[str]:
    return [reason for reason in opaque_reasons(comparison.release) if not may_change_manifests(reason)]


def _unstable_places(comparison: Comparison) -> Sequence[str]:
    places = dict.fromkeys((*comparison.left.unstable, *comparison.right.unstable))
    return [_place(key, path) for key, path in places]


def _place(key: ObjectKey, path: str) -> str:
    return f"{key} {path}".strip()


def _lists_expanded(comparison: Comparison) -> Sequence[str]:
    return ["list"] * comparison.lists


def _carried_by_rendering(comparison: Comparison) -> Sequence[str]:
    release = comparison.release
    names = ["jsonPatches"] * len(release.json_patches)
    names += ["strategicMergePatches"] * len(release.strategic_merge_patches)
    return names + [name for name in _chartified(comparison) if name not in names]


def _chartified(comparison: Comparison) -> Sequence[str]:
    """What helmfile did to the chart, but for charts that it brought: a wrapper depends on those."""
    done = comparison.left.chartified
    wrapper = f"{comparison.plan.component.value}-wrapper" if comparison.plan else ""
    wrapped = any(wrapper and m.template.startswith(wrapper) for m in comparison.right.manifests)
    return [name for name in done if not (wrapped and name == "dependencies")]


def _added_objects(comparison: Comparison) -> Sequence[str]:
    files = {file.path for file in comparison.release.added}
    return [str(m.key) for m in comparison.left.manifests if m.template in files]


def _helm_versions(comparison: Comparison) -> Sequence[str]:
    return [f"{f.source}: {f.message}" for f in comparison.right.findings if f.code in _HELM_FINDINGS]


def _repeated_objects(comparison: Comparison) -> Sequence[str]:
    return [finding.message for finding in comparison.right.findings if finding.code == _REPEATED_FINDING]


def _nothing_rendered(comparison: Comparison) -> Sequence[str]:
    return [] if comparison.left.manifests or comparison.right.manifests else ["no object on either side"]


def opaque_reasons(release: Release) -> tuple[str, ...]:
    """Why what Helm applies may be something else than what was rendered here.

    What helmfile chartifies is rendered as helmfile does it, or not at all, so it is no reason where it was read.
    """
    read = {
        "transformers": bool(release.transformers),
        "forceNamespace": bool(release.force_namespace),
        "dependencies": bool(release.dependencies),
        "a chart folder without Chart.yaml": True,
    }
    return tuple(reason for reason in release.opaque if not read.get(reason, False))


_MAY_CHANGE = ("postrenderer", "transformer", "forcenamespace", "dependencies", "kubectlapply", "(prepare", " prepare")


def may_change_manifests(reason: str) -> bool:
    """Whether a reason for opacity changes what is applied, or only acts around it.

    A ``prepare`` hook runs before the chart is read and may write into it; kubectlApply applies objects of its own.
    """
    return any(word in reason.lower() for word in _MAY_CHANGE)


RULES: tuple[Rule, ...] = (
    Rule(
        "added-object",
        "helmfile does not apply it; migration.yaml adds it to the component (wrapper.manifests)",
        remarks=_added_objects,
    ),
    Rule("test-hook-dropped", "helm test does not exist in Argo CD; a sync never runs tests", _test_dropped),
    Rule("rollback-hook-dropped", "Argo CD has no rollback hooks", _rollback_dropped),
    Rule(
        "hook-to-resource",
        "a hook became a plain object that each sync replaces, since an Application of hooks alone never runs",
        _hook_became_resource,
    ),
    Rule("namespace-prune-guard", "a Namespace is never deleted by a sync", _namespace_guarded),
    Rule("sync-annotation", "it tells Argo CD how to sync the object, which stays the same", _sync_annotated),
    Rule("image-policy", "migration.yaml has images come from its mirror; all else of each stays", _image_replaced),
    Rule("namespace-removed", "a cluster-scoped object has no namespace; Argo CD removes it", _namespace_removed),
    Rule(REPEATED, "Argo CD applies an object once", _repeated, _repeated_objects),
    Rule(
        KIND_EXTERNALISED,
        EXTERNALISED_REASON,
        lambda change, _: is_externalised(change),
    ),
    Rule("unstable", "the chart draws it anew in each render", _unstable, _unstable_places),
    Rule(
        FLEET,
        "the chart prints its global values, and migration.yaml adds the fleet contract to them",
        lambda change, comparison: comes_from_contract(change, comparison.with_contract),
    ),
    Rule(
        "crds-included",
        "Helm installs crds/ once; Argo CD applies and updates it with every sync",
        remarks=_crds_included,
    ),
    Rule("hook-mapping", "Argo CD runs Helm hooks in its own phases, with every sync", remarks=_hooks_mapped),
    Rule("placeholder", "the value is secret or unknown here; both sides have its placeholder", remarks=_placeholders),
    Rule("opaque", "helmfile also runs something that is not part of the manifests", remarks=_opaque),
    Rule("list-expanded", "Argo CD applies the items of a list one by one", remarks=_lists_expanded),
    Rule(
        "rendered-component",
        "what helmfile does to the chart is carried in the rendered manifests",
        remarks=_carried_by_rendering,
    ),
    Rule(HELM_VERSION, "helmfile's Helm 3 and Argo CD's Helm 4 read it differently", remarks=_helm_versions),
    Rule("renders-nothing", "the chart renders no object with these values", remarks=_nothing_rendered),
)


def explain_changes(
    changes: Sequence[Change], comparison: Comparison
) -> tuple[tuple[Explanation, ...], tuple[Change, ...]]:
    """The explanations in the order of the rules, and the changes that nothing explains."""
    taken: dict[str, list[Change]] = {}
    open_changes = []
    for change in changes:
        rule = next((rule for rule in RULES if rule.explains(change, comparison)), None)
        if rule is None:
            open_changes.append(change)
        else:
            taken.setdefault(rule.name, []).append(change)
    return tuple(_explanations(taken, comparison)), tuple(open_changes)


def _explanations(taken: dict[str, list[Change]], comparison: Comparison) -> Iterator[Explanation]:
    for rule in RULES:
        remarks = rule.remarks(comparison)
        objects = dict.fromkeys(_place(c.key, c.path) for c in taken.get(rule.name, []))
        named = Counter(remarks) if remarks else Counter(list(objects))
        if named:
            yield Explanation(rule.name, sum(named.values()), f"{rule.reason}: {_told(named)}")


def _told(named: Counter[str], most: int = 5) -> str:
    shown = [f"{count} × {text}" if count > 1 else text for text, count in list(named.items())[:most]]
    more = len(named) - most
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
