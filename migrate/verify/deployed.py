"""The estate against what is deployed: Helm's records laid beside the releases, and each pair compared.

A drift is no fault of the conversion, but what the first sync would change; ``verify --deployed`` says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.model.deployed import DeployedRelease, Deployment, ReleaseRecord
from migrate.model.estate import Estate, Release
from migrate.model.finding import Finding, Severity
from migrate.model.hiding import LooksSecret
from migrate.model.manifest import Manifest, Rendered
from migrate.model.plan import Plan
from migrate.verify.compare import find_changes, pair_by_key
from migrate.verify.drift import describe_drift, explain_drift
from migrate.verify.explain import HOOK

_LEFT_OVER = ("uninstalled", "uninstalling")


@dataclass(frozen=True)
class Recorded:
    """Which record is whose, and what stands beside the estate."""

    of: Mapping[tuple[str, str], ReleaseRecord]
    """(environment, release id) → its record, for releases that the helmfiles deploy."""
    apart: tuple[DeployedRelease, ...]
    """Deployed, and not by what the helmfiles say now."""
    environments: frozenset[str]
    """Those with any record."""
    findings: tuple[Finding, ...] = ()


def assign_records(
    estate: Estate, plan: Plan, records: Sequence[ReleaseRecord], faults: Sequence[tuple[str, str]], *, whole: bool
) -> Recorded:
    """Each record with its environment and release: by its folder, else by the one environment that it can be.

    ``whole``: all releases of the estate were read, so that a record which none of them claims is undeclared.
    """
    findings = [_unreadable(where, why) for where, why in faults]
    of: dict[tuple[str, str], ReleaseRecord] = {}
    apart: list[DeployedRelease] = []
    seen: set[str] = set()
    for record in records:
        known = [release for release in estate.releases if _fits(release, record)]
        environment = _environment(record, estate, known)
        candidates = [release for release in known if release.environment == environment]
        if not environment:
            if whole and not (record.folders and record.folders[0] not in estate.environments):
                findings.append(_homeless(record))
            continue
        seen.add(environment)
        deployed = [release for release in candidates if release.deployed]
        if len(deployed) > 1:
            findings.append(_ambiguous(record, deployed))
        elif deployed:
            before = of.setdefault((environment, deployed[0].id), record)
            findings += [] if before is record else [_twice(deployed[0], before, record)]
        elif whole and record.status not in _LEFT_OVER:
            apart.append(_apart(environment, record, candidates, plan))
    return Recorded(of, tuple(apart), frozenset(seen), tuple(findings))


def _fits(release: Release, record: ReleaseRecord) -> bool:
    if record.folders and record.folders[0] != release.environment:
        return False
    if len(record.folders) > 1 and release.kube_context and record.folders[1] != release.kube_context:
        return False
    return release.name == record.name and (release.namespace or "default") == (record.namespace or "default")


def _environment(record: ReleaseRecord, estate: Estate, known: Sequence[Release]) -> str:
    """The environment of a record; empty where it is none of the estate's, or cannot be told."""
    if record.folders:
        return record.folders[0] if record.folders[0] in estate.environments else ""
    possible = {release.environment for release in known if release.deployed}
    if len(estate.environments) == 1 or len(possible) == 1:
        return next(iter(possible or estate.environments))
    return ""


def _apart(environment: str, record: ReleaseRecord, parked: Sequence[Release], plan: Plan) -> DeployedRelease:
    name = f"{record.namespace}/{record.name}" if record.namespace else record.name
    if parked:
        release = parked[0]
        why = "installed is false: helmfile would uninstall it" if release.enabled else "its condition is false"
        return DeployedRelease(
            environment, release.id, Deployment.PARKED, record.revision, note=why, source=release.source
        )
    gone = any(entry.id == name and entry.state == "removed" for entry in plan.releases)
    note = "removed from the helmfiles by the cut-over" if gone else "helmfile knows nothing of it and leaves it alone"
    return DeployedRelease(environment, name, Deployment.UNDECLARED, record.revision, note=note)


def without_record(release: Release, recorded: Recorded) -> DeployedRelease:
    """The row of a release that Helm has no record of."""
    if release.environment in recorded.environments:
        state, note = Deployment.NOT_DEPLOYED, "Helm has no record of it"
    else:
        state, note = Deployment.UNRECORDED, "there is nothing of this environment to compare with"
    return DeployedRelease(release.environment, release.id, state, note=note, source=release.source)


def unusable(record: ReleaseRecord) -> Deployment | None:
    """What a record says that has no revision to compare with; None where it has one."""
    if record.status == "deployed":
        return None
    return Deployment.NOT_DEPLOYED if record.status in _LEFT_OVER else Deployment.UNSETTLED


def compare_deployed(
    release: Release, record: ReleaseRecord, left: Rendered, right: Rendered, looks_secret: LooksSecret
) -> DeployedRelease:
    """The row of a release with a record: ``left`` is what helmfile would apply, ``right`` what Helm recorded."""
    row = DeployedRelease(
        release.environment, release.id, Deployment.UNKNOWN, record.revision, note=record.newer, source=release.source
    )
    state = unusable(record)
    if state is not None:
        return replace(row, state=state, note=f"Helm's newest revision ({record.revision}) is {record.status}")
    reason = _unknown_because(release, record, left, right)
    if reason:
        return replace(row, note=reason)
    wanted, notes = _recordable(left.manifests, right.manifests, record)
    changes = [change for pair in pair_by_key(wanted, right.manifests) for change in find_changes(pair)]
    explained, drift = explain_drift(changes, release, left)
    return replace(
        row,
        state=Deployment.DRIFTED if drift else Deployment.SAME,
        objects=len(wanted),
        added=sum(change.right is None for change in drift),
        removed=sum(change.left is None for change in drift),
        changed=len({change.key for change in drift if change.left and change.right}),
        differences=tuple(describe_drift(change, release, looks_secret) for change in drift),
        explanations=explained,
        note="; ".join(filter(None, (record.newer, *notes))),
    )


def _unknown_because(release: Release, record: ReleaseRecord, left: Rendered, right: Rendered) -> str:
    if left.error:
        return f"it does not render: {left.error}"
    if release.unread:
        return "its values cannot be read: see the finding HF012"
    # The parser's words may quote what it reads, which holds secrets.
    return f"what is recorded in {record.where} is no YAML" if right.error else ""


def _recordable(
    left: Sequence[Manifest], right: Sequence[Manifest], record: ReleaseRecord
) -> tuple[list[Manifest], list[str]]:
    """The objects that Helm would have recorded: crds/ never is, hooks only where they were asked for."""
    there = {manifest.key for manifest in right}
    with_hooks = record.hooks is not None or any(HOOK in manifest.annotations for manifest in right)
    unrecorded = [m for m in left if m.crd_file and m.key not in there]
    hooks = [m for m in left if not with_hooks and HOOK in m.annotations]
    out = {id(manifest) for manifest in (*unrecorded, *hooks)}
    notes = []
    if unrecorded:
        notes.append(f"{len(unrecorded)} of crds/ not compared: Helm does not record them")
    if hooks:
        notes.append(f"{len(hooks)} hooks not compared: give the file of `helm get hooks` too")
    return [manifest for manifest in left if id(manifest) not in out], notes


# ---------------------------------------------------------------- findings


def _unreadable(where: str, why: str) -> Finding:
    hint = "give what `helm get manifest`, `helm get hooks` or `kubectl get secret -l owner=helm -o yaml` prints"
    return Finding("VF010", Severity.ERROR, f"{where} is no record of a release: {why}", hint)


def _homeless(record: ReleaseRecord) -> Finding:
    name = f"{record.namespace}/{record.name}"
    hint = "put it into a folder with the environment's name, or verify one environment alone: -e NAME"
    return Finding("VF011", Severity.ERROR, f"{record.where}: nothing says which environment {name} is of", hint)


def _twice(release: Release, first: ReleaseRecord, second: ReleaseRecord) -> Finding:
    message = f"{release.id} in {release.environment} is recorded in {first.where} and in {second.where}"
    return Finding("VF013", Severity.ERROR, message, "leave one of them out", release.source, release.id)


def _ambiguous(record: ReleaseRecord, releases: Sequence[Release]) -> Finding:
    names = ", ".join(release.id for release in releases)
    hint = "put it into a folder <environment>/<kube context>"
    return Finding("VF012", Severity.ERROR, f"{record.where} could be any of {names}", hint)
