"""The fence that cut-over puts on a release: a hook that stops helmfile before it touches a cluster (decision 5).

``template`` and ``list`` run none of its events, so a fenced estate still reads and renders as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from migrate.model.estate import Release, ReleaseKey
from migrate.model.json import JsonValue

MARK = "RENDER-ONLY"
EVENTS = ("preapply", "presync", "preuninstall")
SAYS = f"{MARK}: Argo CD applies this release, helmfile must not"
_HOOKS = "hooks"


def is_fence(hook: object) -> bool:
    """Whether an entry of ``hooks`` is the fence, for all events that could change a cluster."""
    if not isinstance(hook, Mapping):
        return False
    arguments = hook.get("args")
    told = arguments if isinstance(arguments, list) else []
    return set(EVENTS) <= set(hook.get("events") or ()) and any(MARK in str(word) for word in told)


def is_fenced(release: Release) -> bool:
    """Whether helmfile refuses to apply the release."""
    return any(is_fence(hook) for key in release.keys for hook in _hooks(key))


def without_fence(release: Release) -> Release:
    """The release as it was before it was fenced; the same object where it is not."""
    if not is_fenced(release):
        return release
    keys = tuple(
        replace(key, value=[hook for hook in _hooks(key) if not is_fence(hook)]) if key.name == _HOOKS else key
        for key in release.keys
    )
    opaque = list(release.opaque)
    for key in release.keys:
        for told in (_told(hook) for hook in _hooks(key) if is_fence(hook)):
            if told in opaque:
                opaque.remove(told)
    return replace(release, keys=tuple(key for key in keys if key.name != _HOOKS or key.value), opaque=tuple(opaque))


def _hooks(key: ReleaseKey) -> list[JsonValue]:
    return key.value if key.name == _HOOKS and isinstance(key.value, list) else []


def _told(hook: JsonValue) -> str:
    """How the reading names a hook that runs a command."""
    found = hook if isinstance(hook, dict) else {}
    events = found.get("events")
    listed = ", ".join(str(event) for event in events) if isinstance(events, list) else ""
    return f"hook {str(found.get('command', '')).rpartition('/')[2]} ({listed})"
