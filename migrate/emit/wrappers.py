"""Wrapper charts: what a chart lacks goes into a chart around it, and the chart itself stays as it is.

    placements ──wrap_releases──▶ Wrapping ──nested──▶ placements whose values lie below the chart's key
                      ▲               │
                    Alike          wrapper_piece ──▶ sources/charts/<domain>/<name>-wrapper, which depends by file://

A release is wrapped because migration.yaml asks for it, or because helmfile brings charts into its own
(``dependencies``). Each wrapper is rendered first and held against what helmfile applies; one that gives anything
else is not written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.doors.charts import ChartError
from migrate.doors.helm import HelmError, parse_values
from migrate.doors.yaml import dump_yaml
from migrate.emit.charts import ChartCopy, Charts
from migrate.emit.nesting import nested_release, nested_values, null_paths
from migrate.emit.pieces import join_pieces
from migrate.emit.placement import PATCHING_KEYS, Carriage, Placement
from migrate.emit.wrapper_chart import WRAPPER_VERSION, Wrapper, make_wrapper, wrapper_piece
from migrate.model.estate import Release
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject
from migrate.model.words import few


@dataclass(frozen=True)
class Trial:
    """What has to give the objects of ``release``: a wrapper, and the release with its values below the key."""

    release: Release
    nested: Release
    wrapper: Wrapper

    @property
    def files(self) -> dict[str, bytes]:
        """The wrapper's own files; where its charts lie is left open."""
        nowhere = {chart.path: "" for chart in self.wrapper.charts}
        return {"Chart.yaml": dump_yaml(self.wrapper.document(nowhere)).encode(), **self.wrapper.files}


Alike = Callable[[Trial], str]
"""Why a wrapper does not give what helmfile applies; empty where it does."""


def untried(trial: Trial) -> str:
    """The answer where nothing can render."""
    return "nothing was there to render it with"


@dataclass(frozen=True)
class Wrapping:
    """The placements, those in a wrapper carried by their chart; which wrapper has which, and what was found."""

    placements: tuple[Placement, ...]
    wrappers: Mapping[tuple[str, str], Wrapper] = field(default_factory=dict)
    """``(environment, release id)`` → its wrapper."""
    findings: tuple[Finding, ...] = ()

    def of(self, placement: Placement) -> Wrapper | None:
        """The wrapper of a placement."""
        return self.wrappers.get((placement.environment.name, placement.release.id))

    def folders(self) -> tuple[str, ...]:
        """Where the wrappers lie."""
        return tuple(wrapper.path for wrapper in self.wrappers.values())

    def beside(self, placement: Placement) -> tuple[tuple[str, str], ...]:
        """The charts that a wrapper has beside the release's own: where each lies, and how the estate calls it."""
        wrapper = self.of(placement)
        return tuple((chart.path, chart.chart) for chart in wrapper.charts[1:]) if wrapper else ()

    def around(self, charts: Charts) -> Charts:
        """The copied charts with the wrappers around them."""
        made = {(p.environment.name, p.release.id): (p, wrapper) for p in self.placements if (wrapper := self.of(p))}
        pieces = [wrapper_piece(wrapper, placement, charts) for placement, wrapper in made.values()]
        wrappers = {key: ChartCopy(wrapper.path, WRAPPER_VERSION) for key, (_, wrapper) in made.items()}
        return Charts(charts.copies, join_pieces([charts.piece, *pieces]), wrappers)

    def nested(self) -> tuple[Placement, ...]:
        """The placements with the values of wrapped charts below their key."""
        return tuple(_nested(placement, self.of(placement)) for placement in self.placements)


def wrap_releases(root: str, placements: Sequence[Placement], alike: Alike, *, layout: str) -> Wrapping:
    """Wrap what asks for it, all environments of a component or none of them."""
    if layout in ("kustomize", "plugin"):
        return Wrapping(tuple(placements), findings=tuple(_idle(placements, layout)))
    groups: dict[str, list[Placement]] = {}
    for placement in filter(_wants_wrapper, placements):
        groups.setdefault(placement.folder, []).append(placement)
    wrappers: dict[tuple[str, str], Wrapper] = {}
    findings: list[Finding] = []
    for group in groups.values():
        found = _wrapped(root, group, alike)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            wrappers |= {(p.environment.name, p.release.id): wrapper for p, wrapper in found}
    kept = tuple(
        replace(p, carriage=Carriage.CHART) if (p.environment.name, p.release.id) in wrappers else p for p in placements
    )
    return Wrapping(kept, wrappers, tuple(findings))


def _wants_wrapper(placement: Placement) -> bool:
    """Whether the chart needs another around it; what is carried by manifests takes more of them without."""
    return not placement.release.part_of and bool(placement.release.dependencies or _needs_wrapper(placement))


def _needs_wrapper(placement: Placement) -> bool:
    """Whether it would lack what migration.yaml asks for without a wrapper."""
    asked = placement.plan.wrapper
    return asked.gate or (placement.carriage is Carriage.CHART and bool(asked.manifests))


def _idle(placements: Sequence[Placement], layout: str) -> list[Finding]:
    """A layout without charts has no wrapper: the plugin adds nothing, kustomize has what is added, but no gate."""
    found: dict[str, Finding] = {}
    for placement in placements:
        asked, name = placement.plan.wrapper, placement.release.id
        if asked.gate or (asked.manifests and layout == "plugin"):
            both = asked.gate and bool(asked.manifests) and layout == "plugin"
            what = "gate and manifests do" if both else "the gate does" if asked.gate else "the manifests do"
            why = "helmfile itself renders there" if layout == "plugin" else "it has no values to switch it off by"
            text = f"{name}: {what} not reach the layout {layout}: {why}"
            found[name] = _finding(placement, "EM071", Severity.WARNING, text, "use another layout")
    return list(found.values())


def _wrapped(root: str, group: Sequence[Placement], alike: Alike) -> list[tuple[Placement, Wrapper]] | Finding:
    """The wrapper of each environment of one component, mostly the same; or why there is none."""
    made: dict[str, Wrapper] = {}
    found: list[tuple[Placement, Wrapper]] = []
    for placement in group:
        reason = _obstacle(placement)
        if reason:
            return _refused(placement, reason)
        asked = json.dumps([placement.release.chart_path, placement.release.dependencies], sort_keys=True)
        try:
            if asked not in made:
                suffix = f"-{placement.environment.name}" if made else ""
                made[asked] = make_wrapper(root, placement, suffix)
            wrapper = made[asked]
            nested = nested_release(placement.release, wrapper.charts[0].key, wrapper.at_root)
        except (ChartError, HelmError) as error:
            return _refused(placement, str(error))
        if placement.release.deployed and (reason := alike(Trial(placement.release, nested, wrapper))):
            return _refused(placement, f"{reason}{_nulls(placement.release, wrapper.defaults)}")
        found.append((placement, wrapper))
    return found


def _obstacle(placement: Placement) -> str:
    release = placement.release
    if release.chart_path is None:
        return f"its chart {release.chart} is not on this disk"
    others = sorted({key.name for key in release.keys if key.name in PATCHING_KEYS and key.value} - {"dependencies"})
    if others:
        return f"helmfile changes what the chart renders ({', '.join(others)}), which no chart can"
    if placement.carriage not in (Carriage.CHART, Carriage.PATCHED):
        return f"it is carried by its manifests ({placement.carriage.value})"
    return ""


def _nulls(release: Release, defaults: JsonObject) -> str:
    found = [path for layer in release.values for path in null_paths(parse_values(layer.text))]
    found += [entry.name for entry in release.sets if entry.value == "null"]
    found += [f"{path} (of the chart's own values)" for path in null_paths(defaults)]
    return f"; its nulls may be why, which Helm reads otherwise in a subchart: {few(found)}" if found else ""


def _nested(placement: Placement, wrapper: Wrapper | None) -> Placement:
    if wrapper is None:
        return placement
    key, at_root = wrapper.charts[0].key, wrapper.at_root
    plan = replace(placement.plan, pins=nested_values(placement.plan.pins, key, at_root))
    return replace(placement, release=nested_release(placement.release, key, at_root), plan=plan, values_key=key)


# ---------------------------------------------------------------- findings


def _refused(placement: Placement, reason: str) -> Finding:
    """A wrapper that somebody asked for and cannot be is an error; without one manifests carry the release."""
    name = placement.release.id
    if _needs_wrapper(placement):
        text = f"{name} cannot be wrapped: {reason}"
        return _finding(placement, "EM070", Severity.ERROR, text, "take `wrapper` out of migration.yaml, or mend that")
    text = f"{name} stays carried by its manifests, since a wrapper chart with its dependencies does not do: {reason}"
    return _finding(placement, "EM072", Severity.WARNING, text, "nothing is lost; convert again when its chart changes")


def _finding(placement: Placement, code: str, severity: Severity, text: str, hint: str) -> Finding:
    asked, release = placement.plan.wrapper, placement.release
    return Finding(code, severity, text, hint, asked.place or release.source, release.id)
