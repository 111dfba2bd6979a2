"""What kind of source a folder of a repository is to Argo CD (rule 6.1); plugins of a server are not known here."""

from __future__ import annotations

from migrate.doors.checkout import Checkout
from migrate.model.json import JsonObject, JsonValue
from migrate.render.kustomization import NAMES

_BLOCKS = ("helm", "kustomize", "directory", "plugin")


class SourceError(Exception):
    """Why Argo CD could not render a source."""


def source_type(checkout: Checkout, folder: str, source: JsonObject) -> str:
    """``helm``, ``kustomize``, ``directory`` or ``plugin``: the block that says something, else what the files tell.

    Of a kustomization and a chart in one folder the name that sorts last counts: ``kustomization.yaml`` before
    ``Chart.yaml``, but ``myChart.yaml`` before both.

    Raises:
        SourceError: two blocks say something.
    """
    stated = [block for block in _BLOCKS if _says_something(source.get(block))]
    if isinstance(source.get("plugin"), dict) and "plugin" not in stated:
        stated.append("plugin")
    if len(stated) > 1:
        types = ",".join(block.title() for block in sorted(stated, reverse=True))
        raise SourceError(f"multiple application sources defined: {types}")
    if stated:
        return stated[0]
    found = "directory"
    for name in sorted(checkout.files(folder, recurse=False)):
        if name in NAMES:
            found = "kustomize"
        elif name.endswith("Chart.yaml"):
            found = "helm"
    return found


def _says_something(value: JsonValue) -> bool:
    """Whether a block has any value that is not zero: ``helm: {}`` is as good as none."""
    if isinstance(value, dict):
        return any(_says_something(item) for item in value.values())
    return bool(value)
