"""What Argo CD makes of hooks (rules 6.7 to 6.9): Helm's events become its phases, tests are never applied."""

from __future__ import annotations

from migrate.model.manifest import Manifest
from migrate.render.objects import hook_events

ARGOCD_HOOK = "argocd.argoproj.io/hook"
_ARGOCD_PHASES = frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"})
_HELM_PHASES = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
    "pre-delete": "PreDelete",
    "post-delete": "PostDelete",
}


def sync_phases(manifest: Manifest, argocd_version: tuple[int, int]) -> tuple[str, ...] | None:
    """The phases Argo CD runs a hook in; none at all if it never applies it; None for an ordinary object."""
    known = _ARGOCD_PHASES if argocd_version >= (3, 3) else _ARGOCD_PHASES - {"PreDelete"}
    own = manifest.annotations.get(ARGOCD_HOOK)
    if own is not None:
        words = [word.strip() for word in own.split(",")]
        return tuple(dict.fromkeys(word for word in words if word in known))
    events = hook_events(manifest)
    if events is None or events == ("crd-install",):
        return None
    return tuple(dict.fromkeys(p for p in map(_HELM_PHASES.get, events) if p is not None and p in known))


def is_skipped(manifest: Manifest) -> bool:
    """Whether the object says itself that it is not to be synced; it stays visible in the application all the same."""
    return manifest.annotations.get(ARGOCD_HOOK, "").strip() == "Skip"
