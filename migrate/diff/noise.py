"""What a chart's upgrade changes everywhere and nobody reads: each with a name, counted and shown, never left out."""

from __future__ import annotations

import re
from collections.abc import Collection

from migrate.diff.structure import FieldDifference
from migrate.model.manifest import ObjectKey
from migrate.model.tree_diff import UNSTABLE

_CHART_LABELS = {"helm.sh/chart", "chart"}
_CHART_NAME = re.compile(r"[a-z0-9][\w.-]*-v?\d+\.[\w.+-]+")
_CHECKSUM = re.compile(r"(?i)(?:^|[/_.-])(?:checksum|hash|sha256)")
_DIGEST = re.compile(r"[0-9a-fA-F]{6,128}|sha256:[0-9a-f]{64}")
_UNORDERED = {
    "accessModes", "apiGroups", "finalizers", "hostAliases", "imagePullSecrets", "ports", "resources", "resourceNames",
    "secrets", "shortNames", "subjects", "tolerations", "topologySpreadConstraints", "verbs", "volumeMounts", "volumes",
}  # fmt: skip
"""Lists that mean the same in any order. Not ``env`` (a value may use the ones before it), ``args`` nor containers."""
_RULES_OF = {"Role", "ClusterRole"}
_POSITION = re.compile(r"\[\d+\]")


def noise_of(
    difference: FieldDifference,
    key: ObjectKey,
    drawn: Collection[str] = (),
) -> str:
    """The name of the noise that a difference is; empty for what counts.

    ``drawn``: paths that differ from themselves on both sides, items of lists named as in a difference.
    """
    if any(_touches(difference.path, path) for path in drawn):
        return UNSTABLE
    field = difference.steps[-1] if difference.steps else ""
    within = difference.steps[-2:-1]
    if within == ("labels",) and field in _CHART_LABELS and _names_a_chart(difference):
        return "chart-label"
    if within == ("labels",) and field == "app.kubernetes.io/version":
        return "version-label"
    if within == ("annotations",) and _CHECKSUM.search(field) and _digests(difference):
        return "checksum"
    # RBAC's rules add up; elsewhere (an Ingress, a NetworkPolicy) a list of that name may be ordered.
    unordered = field in _UNORDERED or (field == "rules" and key.kind in _RULES_OF)
    return "order" if difference.reordered and unordered else ""


def _names_a_chart(difference: FieldDifference) -> bool:
    sides = [side for side in (difference.before, difference.after) if isinstance(side, str)]
    return bool(sides) and all(_CHART_NAME.fullmatch(side) for side in sides)


def _digests(difference: FieldDifference) -> bool:
    """Whether both sides are checksums: one that comes or goes is a change of the chart's own."""
    sides = (difference.before, difference.after)
    return all(isinstance(side, str) and _DIGEST.fullmatch(side) is not None for side in sides)


def _touches(path: str, drawn: str) -> bool:
    """Whether one place lies in the other; an item that nothing names may stand at another position now."""
    first, second = _POSITION.sub("[]", path), _POSITION.sub("[]", drawn)
    if second == f"{first}[]":
        return True  # a list of plain values is one place, and its items were drawn
    return bool(second) and (first == second or (first.startswith(second) and first[len(second)] in ".["))
