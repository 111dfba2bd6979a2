"""The door to Applications that a person exported, one environment a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from migrate.doors.files import read_text
from migrate.errors import EstateError, UsageError


def synced_applications(folder: Path) -> dict[tuple[str, str], bool]:
    """``(environment, Application)`` → whether its last sync was a full one, succeeded, and it is synced since.

    ``folder`` holds ``<environment>.json``. A healthy Application that no sync ever ran on has marked nothing as its
    own (decision 3): only a full sync does, one without a choice of resources and without ApplyOutOfSyncOnly.

    Raises:
        UsageError: a file is no such export, or there is none.
    """
    found: dict[tuple[str, str], bool] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            items = json.loads(read_text(path))["items"]
            found |= {(path.stem, str(item["metadata"]["name"])): _is_adopted(item) for item in items}
        except (EstateError, ValueError, KeyError, TypeError, AttributeError) as error:
            hint = f"write it with: kubectl -n argocd get applications -o json > {path}"
            raise UsageError(f"{path} holds no Applications", hint=hint) from error
    if not found:
        raise UsageError(f"{folder} holds no export of an environment", hint="one file each: production.json")
    return found


def _is_adopted(item: dict[str, Any]) -> bool:
    status = item.get("status") or {}
    state = status.get("operationState") or {}
    sync = (state.get("operation") or {}).get("sync")
    if state.get("phase") != "Succeeded" or sync is None or sync.get("resources"):
        return False
    options = sync.get("syncOptions") or ()
    return "ApplyOutOfSyncOnly=true" not in options and (status.get("sync") or {}).get("status") == "Synced"
