"""Every release of every environment against its Application: the rows of the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.model.application import Expansion, ExpansionError, GeneratedApplication
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.images import ImageRules, image_rules
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.plan import Disposition, Plan, ReleasePlan
from migrate.model.plugin import application_name
from migrate.model.report import Difference, Exclusion, ReleaseVerdict, Report, Verdict
from migrate.verify.aim import aim_differences
from migrate.verify.compare import Change, Pair, find_changes, pair_by_key, pair_by_likeness
from migrate.verify.differences import describe
from migrate.verify.explain import (
    FLEET,
    HELM_VERSION,
    REPEATED,
    Comparison,
    explain_changes,
    may_change_manifests,
    opaque_reasons,
)

_WORTH_A_LOOK = {
    HELM_VERSION: (
        "VF002",
        "write what is meant, so that both render the same; --helm-binary renders helmfile's side with your helm",
    ),
    FLEET: (
        "VF004",
        "its objects change with every fact of the fleet: print what is meant, or leave it out (fleet.without)",
    ),
    REPEATED: ("VF003", "let one template bring it: helm install refuses the second, and Argo CD warns at every sync"),
}
"""Kind of an explanation → code and hint of the finding that goes with it."""

Renders = Mapping[tuple[str, str], Rendered]
WithContract = Callable[[Release], Rendered | None]
"""Renders helmfile's side of a release with the fleet contract below its own values; None while there is none."""


@dataclass(frozen=True)
class Pairing:
    """One row to judge: a release and the Application that is to apply it; one of them may be missing."""

    environment: str
    release: Release | None
    entry: ReleasePlan | None = None
    application: GeneratedApplication | None = None
    failure: str = ""
    """Why the Application is missing, where its ApplicationSet says so."""


def pair_releases(
    estate: Estate, plan: Plan, expansion: Expansion
) -> tuple[tuple[Pairing, ...], tuple[Exclusion, ...]]:
    """Every row of the report in its order, and what has none on purpose."""
    planned = plan.by_id()
    applications = {(a.environment, a.name): a for a in expansion.applications}
    failures = {(e.environment, e.application): e.message for e in expansion.errors}
    pairings: list[Pairing] = []
    excluded: list[Exclusion] = []
    matched: set[tuple[str, str]] = set()
    for release in estate.releases:
        entry = planned.get(release.id)
        reason = exclusion_reason(release, entry)
        if reason:
            excluded.append(Exclusion(release.environment, release.id, reason))
            continue
        name = _application_name(release, entry, applications)
        application = applications.get((release.environment, name))
        why = failures.get((release.environment, name)) or failures.get((release.environment, ""), "")
        if application is not None:
            matched.add((release.environment, name))
        pairings.append(Pairing(release.environment, release, entry, application, "" if application else why))
    gone = {(e.component.value): e for e in plan.releases if e.state == "removed"}
    for environment, name in sorted(applications.keys() - matched):
        if name in gone and not any(r.id == gone[name].id for r in estate.releases):
            excluded.append(Exclusion(environment, gone[name].id, "removed from the helmfiles by the cut-over"))
        else:
            pairings.append(Pairing(environment, None, application=applications[environment, name]))
    return tuple(pairings), tuple(excluded)


def judge(
    pairing: Pairing,
    plan: Plan,
    left: Rendered | None,
    right: Rendered | None,
    with_contract: WithContract = lambda release: None,
) -> ReleaseVerdict:
    """The row of one pairing from the renders of its sides; ``with_contract`` is asked only where they differ."""
    release, application = pairing.release, pairing.application
    if release is None:
        name = application.name if application else ""
        return _without_release(pairing.environment, name, right or Rendered())
    rendered = left or Rendered(error="it was not rendered")
    if application is None:
        return _without_application(release, rendered, pairing.entry, pairing.failure)
    applied = right or Rendered(error="the Application was not rendered")
    images = image_rules(plan, release.environment)
    row = compare_release(release, pairing.entry, application.name, rendered, applied, images=images)
    governed = with_contract(release) if row.verdict is Verdict.DIFFERENT else None
    if governed is not None and not governed.error:
        row = compare_release(
            release, pairing.entry, application.name, rendered, applied, governed=governed, images=images
        )
    return _aimed(row, tuple(aim_differences(application, release, plan)))


def unjudged(pairing: Pairing, reason: str) -> ReleaseVerdict:
    """The row of a pairing that could not be judged."""
    release, application = pairing.release, pairing.application
    return ReleaseVerdict(
        pairing.environment,
        release.id if release else "",
        application.name if application else "",
        Verdict.UNRENDERED,
        reason=reason,
        layer=release.layer if release else "",
    )


def verify_releases(
    estate: Estate,
    plan: Plan,
    left: Renders,
    expansion: Expansion,
    right: Renders,
    with_contract: WithContract = lambda release: None,
) -> Report:
    """Whether Argo CD would apply what helmfile applied: a row for each deployed release and each Application.

    ``left`` is keyed by (environment, release id), ``right`` by (environment, Application name).
    """
    pairings, excluded = pair_releases(estate, plan, expansion)
    rows = []
    for pairing in pairings:
        of_release = left.get((pairing.environment, pairing.release.id)) if pairing.release else None
        of_application = right.get((pairing.environment, pairing.application.name)) if pairing.application else None
        rows.append(judge(pairing, plan, of_release, of_application, with_contract))
    return Report(tuple(rows), excluded, (*expansion_findings(expansion), *row_findings(rows)))


def expansion_findings(expansion: Expansion) -> tuple[Finding, ...]:
    """What failed to expand."""
    return tuple(_expansion_finding(error) for error in expansion.errors)


def row_findings(rows: Sequence[ReleaseVerdict]) -> tuple[Finding, ...]:
    """What is worth a look whatever the verdict: the Helms of both sides read it differently, an object is repeated."""
    return tuple(
        Finding(
            code, Severity.WARNING, f"{row.id}: {explanation.note}", hint, release=row.id, environment=row.environment
        )
        for row in rows
        for explanation in row.explanations
        for code, hint in [_WORTH_A_LOOK.get(explanation.kind, ("", ""))]
        if code
    )


def _expansion_finding(error: ExpansionError) -> Finding:
    """An ApplicationSet that fails is never proven, even where no release misses an Application for it."""
    what = error.application or error.appset or "an ApplicationSet"
    text = f"{what} in {error.environment} is not generated: {error.message}"
    return Finding("VF001", Severity.ERROR, text, "mend it, then verify again", environment=error.environment)


def _aimed(row: ReleaseVerdict, wrong: tuple[Difference, ...]) -> ReleaseVerdict:
    """The row, different where its Application goes to another cluster or reads another repository."""
    if not wrong or row.verdict is Verdict.UNRENDERED:
        return row
    return dataclasses.replace(row, verdict=Verdict.DIFFERENT, differences=(*wrong, *row.differences))


def exclusion_reason(release: Release, entry: ReleasePlan | None) -> str:
    """Why a release has no Application on purpose; empty where it must have one."""
    if entry is not None and entry.disposition is Disposition.BOOTSTRAP:
        return "the bootstrap brings it"
    if entry is not None and entry.disposition is Disposition.RETIRED:
        return "retired"
    if not release.enabled:
        return "parked: its condition is false here"
    return "" if release.installed else "parked: installed is false here"


def _application_name(release: Release, entry: ReleasePlan | None, known: Container[tuple[str, str]]) -> str:
    """The Application's name; with one Argo CD for all environments it starts with the environment."""
    name = entry.component.value if entry else release.name
    of_layer = application_name(release.layer)  # in the layout plugin
    if (release.environment, name) not in known and (release.environment, of_layer) in known:
        return of_layer
    prefixed = f"{release.environment}-{name}"
    return prefixed if (release.environment, prefixed) in known and (release.environment, name) not in known else name


def compare_release(
    release: Release,
    entry: ReleasePlan | None,
    application: str,
    left: Rendered,
    right: Rendered,
    *,
    governed: Rendered | None = None,
    images: ImageRules | None = None,
) -> ReleaseVerdict:
    """The row of one release: equal only if both sides rendered something and nothing differs or needs a word.

    ``governed`` is the left side with the fleet contract, ``images`` the policy that its images follow.
    """
    row = ReleaseVerdict(
        release.environment,
        release.id,
        application,
        Verdict.UNRENDERED,
        unstable=bool(left.unstable or right.unstable),
        objects=len(left.manifests),
        layer=release.layer,
    )
    reason = unrendered_reason(release, left, right)
    if reason:
        return dataclasses.replace(row, reason=reason)
    contract = _changes(release, governed, right)[0] if governed else None
    changes, manifests, lists = _changes(release, left, right)
    expanded = dataclasses.replace(left, manifests=manifests)
    comparison = Comparison(release, entry, expanded, right, lists, contract, images)
    explanations, unexplained = explain_changes(changes, comparison)
    differences = tuple(describe(change, release) for change in _shown(unexplained))
    verdict = Verdict.DIFFERENT if unexplained else Verdict.EXPLAINED if explanations else Verdict.EQUAL
    return dataclasses.replace(row, verdict=verdict, explanations=explanations, differences=differences)


def _changes(release: Release, left: Rendered, right: Rendered) -> tuple[tuple[Change, ...], tuple[Manifest, ...], int]:
    """Where two renders differ, the left one with its lists expanded, and how many lists there were."""
    manifests, lists = expand_lists(left.manifests, right.manifests, release.namespace or "default")
    pairs = pair_by_key(manifests, right.manifests)
    return tuple(change for pair in pairs for change in find_changes(pair)), manifests, lists


def unrendered_reason(release: Release, left: Rendered, right: Rendered) -> str:
    """Why nothing can be said about a release; empty where it can be compared."""
    if left.error:
        return f"helmfile's side does not render: {left.error}"
    if right.error:
        return f"Argo CD's side does not render: {right.error}"
    if release.unread:
        return "its values cannot be read: see the finding HF012"
    opaque = [reason for reason in opaque_reasons(release) if may_change_manifests(reason)]
    if opaque:
        return f"helmfile may change the manifests after Helm: {', '.join(opaque)}"
    unknown = [
        placeholder.reference
        for layer in release.values
        for placeholder in layer.placeholders
        if not placeholder.path and layer.secret_text is None
    ]
    if unknown:
        return f"a whole layer of values is unknown: {', '.join(unknown)}; supply it with --secrets-dir"
    return ""


def _shown(changes: Sequence[Change]) -> Iterator[Change]:
    """The changes, with objects that are on one side only paired by likeness, so that a rename shows as one."""
    lonely = [Pair(change.left, change.right) for change in changes if not change.path]
    yield from (change for change in changes if change.path)
    for pair in pair_by_likeness(lonely):
        # The same document under two keys: shown as the two objects that it is on a cluster.
        apart = (
            Change(side, None, "") if side is pair.left else Change(None, side, "") for side in (pair.left, pair.right)
        )
        yield from list(find_changes(pair)) or apart


def expand_lists(
    left: Sequence[Manifest], right: Sequence[Manifest], namespace: str
) -> tuple[tuple[Manifest, ...], int]:
    """The left side with the items of lists as objects of their own, as Argo CD applies them, and how many lists."""
    there = {manifest.key for manifest in right}
    expanded: list[Manifest] = []
    lists = 0
    for manifest in left:
        items = manifest.document.get("items", "")
        items = [] if items is None else items
        if not isinstance(items, list) or not manifest.key.kind.endswith("List"):
            expanded.append(manifest)
            continue
        lists += 1
        expanded += [_item(item, manifest, there, namespace) for item in items if isinstance(item, dict)]
    return tuple(expanded), lists


def _item(item: JsonObject, origin: Manifest, there: set[ObjectKey], namespace: str) -> Manifest:
    found = item.get("metadata")
    metadata = found if isinstance(found, dict) else {}
    group, slash, _ = str(item.get("apiVersion") or "").rpartition("/")
    key = ObjectKey(
        group if slash else "",
        str(item.get("kind") or ""),
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
    )
    placed = dataclasses.replace(key, namespace=namespace)
    if not key.namespace and key not in there and placed in there:
        item, key = {**item, "metadata": {**metadata, "namespace": namespace}}, placed
    return Manifest(key, item, "", origin.template, origin.crd_file)


def _without_application(
    release: Release, rendered: Rendered, entry: ReleasePlan | None, failure: str
) -> ReleaseVerdict:
    differences = tuple(describe(Change(manifest, None, ""), release) for manifest in rendered.manifests)
    reason = "no Application deploys it" if entry else "the plan does not know it"
    return ReleaseVerdict(
        release.environment,
        release.id,
        "",
        Verdict.DIFFERENT,
        unstable=bool(rendered.unstable),
        differences=differences,
        reason=f"{reason}: {failure}" if failure else reason,
        objects=len(rendered.manifests),
        layer=release.layer,
    )


def _without_release(environment: str, name: str, rendered: Rendered) -> ReleaseVerdict:
    differences = tuple(describe(Change(None, manifest, ""), None) for manifest in rendered.manifests)
    return ReleaseVerdict(
        environment,
        "",
        name,
        Verdict.DIFFERENT,
        differences=differences,
        reason="helmfile deploys no such release here",
        objects=len(rendered.manifests),
    )
