"""Components carried by their manifests: a chart that prints what Helmfile applies, an environment a file.

Helm still renders it, so that every component of a tree has the one shape that the ApplicationSet knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.doors.yaml import dump_yaml
from migrate.emit.pieces import Piece
from migrate.emit.placement import Carriage, Placement, hook_types
from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject
from migrate.model.manifest import Manifest
from migrate.model.tree import Provenance

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
RENDERED_VERSION = "0.1.0"

_HOOK = "helm.sh/hook"
_WEIGHT = "helm.sh/hook-weight"
_DELETION_ONLY = {"pre-delete", "post-delete", "pre-rollback", "post-rollback", "test-failure"}
_TEMPLATE = """\
{{- /* Nothing is computed here: the manifests of one environment, as they are. */ -}}
{{ required (printf "there are no manifests for environment %q" .Values.environment) \
(.Files.Get (printf "manifests/%s.yaml" .Values.environment)) }}
"""
_WHY = {
    Carriage.HOOKS: "The release is made of Helm hooks alone; an Application of hooks is healthy without running them.",
    Carriage.PATCHED: "Helmfile patches what the chart renders, so the chart alone is not what it applies.",
    Carriage.DEFINITIONS: "The definitions of a release, apart as migration.yaml says; its chart stays as it is.",
    Carriage.NAMESPACES: "Namespaces carry Prune=false,Delete=false here, so that nothing in them is lost by a sync.",
}


@dataclass(frozen=True)
class RenderedChart:
    """The chart of one component over all environments; ``environments`` are those that it has manifests for."""

    path: str
    environments: tuple[str, ...]
    piece: Piece


def chart_path(placement: Placement) -> str:
    """The folder of the chart that prints a component's manifests."""
    return f"sources/charts/{placement.plan.domain.value}/{placement.name}-rendered"


def make_rendered_chart(placements: Sequence[Placement]) -> RenderedChart:
    """The chart for one release; ``placements`` are its environments that are carried by manifests."""
    first = placements[0]
    folder = chart_path(first)
    why = sorted({_WHY[placement.carriage] for placement in placements})
    chart = {
        "apiVersion": "v2",
        "name": f"{first.name}-rendered",
        "version": RENDERED_VERSION,
        "description": f"{first.release.id} as Helmfile applies it, from the chart {first.release.chart}",
    }
    head = "".join(f"# {line}\n" for line in why)
    files = {
        f"{folder}/Chart.yaml": (head + dump_yaml(chart)).encode("utf-8"),
        f"{folder}/templates/manifests.yaml": _TEMPLATE.encode("utf-8"),
    }
    provenance: dict[str, tuple[Provenance, ...]] = {
        path: (Provenance(0, "migrate: carried by manifests", " ".join(why)),) for path in files
    }
    findings: list[Finding] = []
    with_manifests = []
    for placement in placements:
        kept, about = carried_manifests(placement)
        findings += about
        if not kept:
            continue
        with_manifests.append(placement.environment.name)
        path = f"{folder}/manifests/{placement.environment.name}.yaml"
        text, lines = _print(kept, placement)
        files[path], provenance[path] = text.encode("utf-8"), lines
    return RenderedChart(folder, tuple(with_manifests), Piece(files, provenance, tuple(findings)))


def carried_manifests(placement: Placement) -> tuple[tuple[Manifest, ...], tuple[Finding, ...]]:
    """The objects that the component brings, changed as its carriage says, and what a person should know."""
    release = placement.release
    kept = [m for m in placement.manifests if not m.crd_file or release.include_crds]
    findings: list[Finding] = []
    if placement.carriage is Carriage.HOOKS:
        dropped = [m for m in kept if set(hook_types(m)) <= _DELETION_ONLY]
        kept = [m for m in kept if m not in dropped]
        if dropped:
            findings.append(
                _finding(
                    placement,
                    "EM033",
                    "hooks that run at deletion or rollback only are left out: "
                    + ", ".join(str(manifest.key) for manifest in dropped),
                    "run them by hand when the release goes",
                )
            )
        moments = sorted({word.partition("-")[0] for m in kept for word in hook_types(m)} & {"pre", "post", "test"})
        if len(moments) > 1:
            findings.append(
                _finding(
                    placement,
                    "EM035",
                    "its hooks ran one after the other; as plain objects they are applied at once: "
                    + ", ".join(moments),
                    "split them into releases of their own, in phases one after the other",
                )
            )
    unstable = sorted(str(key) for key in placement.unstable)
    if unstable:
        findings.append(
            _finding(
                placement,
                "EM034",
                f"values that are random on every render are frozen in its manifests: {', '.join(unstable)}",
                "pin them in migration.yaml: releases.<id>.pins",
            )
        )
    return tuple(_changed(m, placement, _weighted(kept)) for m in kept), tuple(findings)


def _weighted(manifests: Sequence[Manifest]) -> bool:
    """Whether hook weights order anything: then they become sync waves, each waiting for the health of the last."""
    return len({manifest.annotations.get(_WEIGHT, "0") for manifest in manifests}) > 1


def _changed(manifest: Manifest, placement: Placement, weighted: bool) -> Manifest:
    annotations: dict[str, str] = dict(manifest.annotations)
    if placement.carriage is Carriage.HOOKS:
        weight = annotations.get(_WEIGHT, "")
        annotations = {k: v for k, v in annotations.items() if not k.startswith(_HOOK)}
        if weighted and weight:
            annotations.setdefault(SYNC_WAVE, weight)
        # A Job cannot be changed in place: every sync that differs makes it anew.
        annotations = _with_options(annotations, "Force=true", "Replace=true")
    if manifest.key.kind == "Namespace" and not manifest.key.group:
        annotations = _with_options(annotations, "Prune=false", "Delete=false")
    if annotations == dict(manifest.annotations):
        return manifest
    return Manifest(
        manifest.key,
        _with_annotations(manifest.document, annotations),
        manifest.text,
        manifest.template,
        manifest.crd_file,
    )


def _with_options(annotations: dict[str, str], *options: str) -> dict[str, str]:
    present = [word.strip() for word in annotations.get(SYNC_OPTIONS, "").split(",") if word.strip()]
    return {**annotations, SYNC_OPTIONS: ",".join(dict.fromkeys([*present, *options]))}


def _with_annotations(document: JsonObject, annotations: dict[str, str]) -> JsonObject:
    metadata = document.get("metadata")
    kept = dict(metadata) if isinstance(metadata, dict) else {}
    if annotations:
        kept["annotations"] = dict(annotations)
    else:
        kept.pop("annotations", None)
    return {**document, "metadata": kept}


def _print(manifests: Sequence[Manifest], placement: Placement) -> tuple[str, tuple[Provenance, ...]]:
    text, provenance, line = "", [], 1
    for manifest in manifests:
        part = f"---\n{dump_yaml(manifest.document)}"
        origin = manifest.template or f"the chart {placement.release.chart}"
        provenance.append(Provenance(line, origin, f"{manifest.key}, from {placement.release.source}"))
        text += part
        line += part.count("\n")
    return text, tuple(provenance)


def _finding(placement: Placement, code: str, message: str, hint: str) -> Finding:
    release = placement.release
    text = f"{release.id}: {message}"
    return Finding(code, Severity.WARNING, text, hint, release.source, release.id, release.environment)
