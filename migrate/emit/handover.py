"""What may not be handed over: a text that stands in for a secret, where RollingSync would put it over the live one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.emit.pieces import Piece
from migrate.emit.placement import Placement, files_of_values
from migrate.emit.rendered import chart_path
from migrate.emit.secrets import origin_of
from migrate.model.finding import Finding, Severity
from migrate.model.tree import EXTERNALISED


def synced_stand_ins(placements: Sequence[Placement], tree: Piece) -> Iterator[Finding]:
    """EM014 for each release that is handed over with a placeholder, or with what stands in for a plaintext secret."""
    handed_over = [p for p in placements if p.handover == "done" and p.release.deployed]
    for placement in handed_over:
        if placement.release.placeholders:
            yield _finding(placement, f"a placeholder for {placement.release.placeholders[0].reference}")
    told = set()
    for path, line, file in _externalised(tree) if handed_over else ():
        for placement in _readers(handed_over, path, file):
            if (placement.release.environment, placement.release.id) not in told:
                told.add((placement.release.environment, placement.release.id))
                yield _finding(placement, f"{EXTERNALISED} in place of a secret ({path}:{line})")


def _externalised(tree: Piece) -> Iterator[tuple[str, int, str]]:
    """(path, line, file of the estate) of each line of the tree that lost a secret."""
    for path in sorted(tree.files):
        if EXTERNALISED.encode() in tree.files[path]:
            for line, text in enumerate(tree.files[path].decode("utf-8", "replace").split("\n"), 1):
                if EXTERNALISED in text:
                    yield path, line, origin_of(tree.provenance.get(path, ()), line).partition(":")[0]


def _readers(placements: Sequence[Placement], path: str, file: str) -> list[Placement]:
    """The releases that a line of the tree reaches; where nothing tells them apart, all that it may reach."""
    own = [p for p in placements if path.startswith(f"{chart_path(p)}/") or _is_values_file(path, p)]
    named = own or [p for p in placements if file in files_of_values(p.release) or _is_chart_file(file, p)]
    return named or list(placements)


def _is_values_file(path: str, placement: Placement) -> bool:
    top, kind, owner, *_ = [*path.split("/"), "", "", ""]
    if (top, kind) != ("sources", "values") or f"/{placement.folder}/" not in path:
        return False
    return owner in (
        placement.environment.name,
        placement.environment.cluster_type or placement.environment.name,
    ) or owner.startswith("_")


def _is_chart_file(file: str, placement: Placement) -> bool:
    chart = placement.release.chart_path
    return bool(chart) and file.startswith(f"{chart}/")


def _finding(placement: Placement, what: str) -> Finding:
    release = placement.release
    return Finding(
        "EM014",
        Severity.ERROR,
        f"{release.id} is handed over with {what}: RollingSync would put it over the live secret",
        "let the chart take it from a Secret of the cluster, or keep the layer back: "
        f"layerHandover: {{{release.layer}: manual}}",
        release.source,
        release.id,
        release.environment,
    )
