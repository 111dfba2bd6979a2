"""The ledger: every Helmfile key of every release is carried somewhere, or dropped with the reason and advice."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.emit.placement import Carriage, Placement, Placements
from migrate.emit.secrets import masked
from migrate.model.estate import Estate, Release, ReleaseKey
from migrate.model.finding import Finding, Severity
from migrate.model.sync import is_true
from migrate.model.tree import LedgerEntry

_COMPONENT = {
    "name": "releaseName",
    "namespace": "namespace",
    "chart": "chart.path",
    "chartPath": "chart.path",
    "directory": "chart.path",
    "version": "chart.version",
    "values": "valueFiles",
    "valuesTemplate": "valueFiles",
    "valuesPathPrefix": "valueFiles",
    "secrets": "valueFiles (placeholders)",
    "set": "parameters",
    "setString": "parameters",
    "setTemplate": "parameters",
    "env": "parameters",
    "needs": "rolloutPhase",
    "kubeContext": "cluster",
    "kubeVersion": "kubeVersion",
    "skipSchemaValidation": "skipSchemaValidation",
    "skipCRDs": "chart.skipCrds",
    "createNamespace": "syncOptions",
    "disableValidation": "syncOptions",
    "disableOpenAPIValidation": "syncOptions",
    "serverSide": "syncOptions",
}
"""Key → where in component.yaml it went."""

_PRESENCE = {"condition", "conditionTemplate", "installed", "installedTemplate"}
_RESOLVED = {"inherit", "missingFileHandler", "missingFileHandlerConfig"}
_MANIFESTS = {"jsonPatches", "strategicMergePatches", "transformers", "dependencies", "forceNamespace"}

_DROPPED = {
    "hooks": (
        "Argo CD runs no command of a helmfile hook",
        "make it a Job of the chart, or a step of the pipeline that syncs",
    ),
    "postRenderer": ("Argo CD has no post-renderer", "put the change into the chart, or carry it as jsonPatches"),
    "postRendererArgs": ("Argo CD has no post-renderer", "put the change into the chart"),
    "postRendererHooks": ("Argo CD has no post-renderer", "put the change into the chart"),
    "labels": (
        "labels select releases on helmfile's command line",
        "select Applications by tier, domain, componentType, rollout-phase and wave",
    ),
    "apiVersions": ("Argo CD asks the cluster for its API versions", "nothing to do"),
    "wait": ("Argo CD waits for health between phases", "argocd app wait -l rollout-phase=… --health"),
    "waitForJobs": ("Argo CD waits for Jobs by their health", "argocd app wait -l rollout-phase=… --health"),
    "waitRetries": ("Argo CD waits for health between phases", "nothing to do"),
    "waitTemplate": ("Argo CD waits for health between phases", "nothing to do"),
    "timeout": ("an Application has no timeout for its sync", "argocd app wait --timeout SECONDS"),
    "atomic": ("Argo CD does not roll back a failed sync by itself", "revert the commit, then sync again"),
    "rollbackOnFailure": ("Argo CD does not roll back a failed sync by itself", "revert the commit, then sync again"),
    "cleanupOnFail": ("a failed sync leaves what it made", "the next sync goes on from there"),
    "force": ("replacing objects is asked for object by object", "annotate them with Force=true,Replace=true"),
    "forceConflicts": ("server-side apply of Argo CD takes over fields by itself", "nothing to do"),
    "recreatePods": ("Pods restart when their template changes", "kubectl rollout restart"),
    "historyMax": ("the history is git's", "nothing to do"),
    "reuseValues": ("values come from git alone", "write the values that are live into a values file"),
    "disableValidationOnInstall": (
        "Argo CD knows no difference between install and upgrade",
        "add Validate=false to the sync options in migration.yaml if the first sync is refused",
    ),
    "devel": ("the chart is in the repository", "nothing to do"),
    "verify": ("the chart is in the repository", "verify its provenance when it is brought there"),
    "verifyTemplate": ("the chart is in the repository", "verify its provenance when it is brought there"),
    "keyring": ("the chart is in the repository", "verify its provenance when it is brought there"),
    "skipDeps": ("dependencies are in the repository", "nothing to do"),
    "skipRefresh": ("dependencies are in the repository", "nothing to do"),
    "enableDNS": ("Argo CD renders without DNS lookups", "write the address into a values file"),
    "insecureSkipTLSVerify": ("the chart is in the repository", "nothing to do"),
    "plainHttp": ("the chart is in the repository", "nothing to do"),
    "cascade": ("Applications are kept when they leave git", "delete what is meant by hand"),
    "deleteWait": ("Applications are kept when they leave git", "delete what is meant by hand"),
    "deleteTimeout": ("Applications are kept when they leave git", "delete what is meant by hand"),
    "description": ("an Application has no description of a release", "write it into the chart's README"),
    "adopt": ("Argo CD adopts what it finds", "README.md tells how"),
    "takeOwnership": ("Argo CD adopts what it finds", "README.md tells how"),
    "updateStrategy": ("there is no Helm release to reinstall", "delete the object and sync"),
    "unitTests": ("unit tests of charts belong to the pipeline", "run helm unittest there"),
    "args": ("extra arguments of helm reach no Application", "say what they ask for in values or sync options"),
    "templateArgs": ("extra arguments of helm reach no Application", "say what they ask for in values"),
    "syncArgs": ("extra arguments of helm reach no Application", "say what they ask for in sync options"),
    "diffArgs": ("helm diff is replaced by argocd app diff", "nothing to do"),
    "suppressDiff": ("it shapes the output of helmfile diff", "nothing to do"),
    "suppressOutputLineRegex": ("it shapes the output of helmfile diff", "nothing to do"),
    "disableAutoDetectedKubeVersionForDiff": ("it shapes the output of helmfile diff", "nothing to do"),
    "resolveOCIVersions": ("the chart is in the repository", "nothing to do"),
    "forceGoGetter": ("the chart is in the repository", "nothing to do"),
    "syncReleaseLabels": ("there is no Helm release to label", "nothing to do"),
}
_TRACKING = ("track", "kubedog", "helmStuckGrace", "skipKinds")

# What did something on the cluster, and is done by nobody now.
_TELL = {"hooks": "EM040", "postRenderer": "EM041"}


_MEND = "mend what the finding about this release says, then convert again"
_LEFT_OUT = {
    "the bootstrap installs it, so it has no Application": "install it as README.md says under Bootstrap",
    "it was retired": "nothing to do",
}
"""Advice for every key of a release that is left out, by the reason."""


def make_ledger(
    estate: Estate, placements: Placements, empty_layers: Mapping[tuple[str, str], int]
) -> tuple[LedgerEntry, ...]:
    """One entry for every key of every release in every environment, in the estate's order."""
    placed = {(p.environment.name, p.release.id): p for p in placements.kept}
    entries = []
    for release in estate.releases:
        where = (release.environment, release.id)
        for key in release.keys:
            if where in placed:
                entries.append(_entry(release, key, placed[where], empty_layers.get(where, 0)))
            else:
                reason = placements.left_out.get(where, "it is not emitted")
                entries.append(_dropped(release, key, reason, _LEFT_OUT.get(reason, _MEND)))
    return tuple(entries)


def ledger_findings(estate: Estate, placements: Placements) -> tuple[Finding, ...]:
    """Warnings for keys that did something on the cluster and are dropped."""
    placed = {(p.environment.name, p.release.id) for p in placements.kept}
    found = []
    for release in estate.releases:
        if (release.environment, release.id) not in placed or not release.deployed:
            continue
        for key in release.keys:
            if key.name in _TELL and key.value:
                reason, advice = _DROPPED[key.name]
                text = f"{release.id} has {key.name}: {reason}"
                found.append(Finding(_TELL[key.name], Severity.WARNING, text, advice, key.source, release.id))
    return tuple(dict.fromkeys(found))


def _entry(release: Release, key: ReleaseKey, placement: Placement, empty: int) -> LedgerEntry:
    if key.name in _PRESENCE:
        name = placement.component_file.rpartition("/")[2]
        return _carried(release, key, f"the name of the file: {name}")
    if key.name in _RESOLVED:
        return _carried(release, key, "resolved while the estate was read")
    if placement.carriage is not Carriage.CHART and key.name in _MANIFESTS | {"values", "set", "setString", "secrets"}:
        return _carried(release, key, f"the manifests in {placement.name}-rendered")
    if key.name in _MANIFESTS and not key.value:
        return _carried(release, key, "nothing: it is empty")
    if key.name == "dependencies" and placement.carriage is Carriage.CHART:
        return _carried(release, key, "component.yaml: chart.path (a wrapper chart depends on them)")
    if key.name in _COMPONENT:
        return _carried(release, key, f"component.yaml: {_COMPONENT[key.name]}{_remark(release, key, empty)}")
    if key.name in _DROPPED:
        return _dropped(release, key, *_DROPPED[key.name])
    if key.name.startswith(_TRACKING):
        return _dropped(release, key, "Argo CD watches what it applies itself", "nothing to do")
    return _dropped(release, key, "migrate does not know this key", "see whether it changes what is applied")


def _remark(release: Release, key: ReleaseKey, empty: int) -> str:
    if key.name == "values" and empty:
        return f" ({empty} empty {'layer' if empty == 1 else 'layers'} left out)"
    boolean_option = key.name in ("createNamespace", "disableValidation", "disableOpenAPIValidation")
    return " (nothing to say there)" if boolean_option and not is_true(release, key.name) else ""


def _carried(release: Release, key: ReleaseKey, target: str) -> LedgerEntry:
    value = masked(key.name, key.value)
    return LedgerEntry(release.id, release.environment, key.name, value, str(key.source), True, target)


def _dropped(release: Release, key: ReleaseKey, reason: str, advice: str) -> LedgerEntry:
    value = masked(key.name, key.value)
    return LedgerEntry(release.id, release.environment, key.name, value, str(key.source), False, reason, advice)
