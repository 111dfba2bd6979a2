"""An object that is in one Application twice: Argo CD warns (RepeatedResourceWarning), and the last stays."""

from __future__ import annotations

from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Manifest, ObjectKey

REPEATED = "RN006"


def keep_last(manifests: tuple[Manifest, ...], application: str) -> tuple[tuple[Manifest, ...], tuple[Finding, ...]]:
    """Each object once, the last of those with one key, and a finding for each that was there more often.

    Keys must be settled. Argo CD does this before it looks for hooks, so that a Helm test, which it never applies,
    takes the place of a plain object of the same name. An object whose name the API server draws is never repeated.
    """
    together: dict[ObjectKey | int, list[Manifest]] = {}
    for position, manifest in enumerate(manifests):
        together.setdefault(manifest.key if _has_name(manifest) else position, []).append(manifest)
    kept = tuple(found[-1] for found in together.values())
    return kept, tuple(_finding(found, application) for found in together.values() if len(found) > 1)


def _has_name(manifest: Manifest) -> bool:
    metadata = manifest.document.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("name"))


def _finding(found: list[Manifest], application: str) -> Finding:
    places = ", ".join(manifest.template or "an unnamed file" for manifest in found)
    alike = all(manifest.document == found[-1].document for manifest in found)
    return Finding(
        REPEATED,
        Severity.WARNING,
        f"{found[-1].key} is {len(found)} times in the Application {application} ({places}), "
        + ("all alike" if alike else "not alike")
        + ": Argo CD warns of it and applies the last",
        "let one template or source bring it",
    )
