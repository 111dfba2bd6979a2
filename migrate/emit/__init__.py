"""Emission: Estate × Plan → FileTree, the repository that Argo CD reads.

    releases ──place──▶ placements ──▶ charts, values, parameters ──▶ component.yaml
                            │
                            └──▶ facts ──▶ projects, sync options;  ApplicationSets, root, ops, README.md

Reads charts and files of ``set`` from the estate's root; writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migrate.doors.files import seal_tree
from migrate.doors.yaml import YamlError, load_yaml
from migrate.emit.appsets import make_appsets
from migrate.emit.argocd import make_projects, make_repository, make_root
from migrate.emit.charts import ChartCopy, Charts, copy_charts
from migrate.emit.components import Content, make_component, sync_options
from migrate.emit.facts import EnvironmentFacts, applied_manifests, gather_facts
from migrate.emit.ledger import ledger_findings, make_ledger
from migrate.emit.ops import make_ops
from migrate.emit.parameters import Parameters, make_parameters
from migrate.emit.pieces import Piece, join_pieces
from migrate.emit.placement import Carriage, Placement, Placements, is_environment_name, place_releases
from migrate.emit.rendered import RENDERED_VERSION, RenderedChart, chart_path, make_rendered_chart
from migrate.emit.runbook import make_runbook
from migrate.emit.secrets import check_secrets
from migrate.emit.values import ValuesLayout, lay_out_values
from migrate.errors import UsageError
from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity, sort_findings
from migrate.model.json import JsonValue
from migrate.model.manifest import Rendered
from migrate.model.plan import Disposition, Plan
from migrate.model.tree import FileTree

__all__ = ["emit_tree"]


def emit_tree(
    estate: Estate, plan: Plan, rendered: Mapping[tuple[str, str], Rendered], *, version: str = ""
) -> FileTree:
    """The repository for an estate and its plan; ``rendered`` by (environment, release id), ``version`` the tool's.

    Raises:
        UsageError: a layout that this version cannot emit.
    """
    if plan.layout != "environments":
        raise UsageError(f"the layout {plan.layout} is not built yet", hint="use the layout environments")
    placements = place_releases(estate, plan, rendered)
    values = _values(placements)
    printed = _printed(placements)
    charts = copy_charts(estate.root, placements.kept, reserved=printed)
    facts = _facts(estate, plan, placements, rendered)
    parts = [
        charts.piece,
        *(layout.piece for layout in values.values()),
        *(chart.piece for chart in printed.values()),
        *(_component(estate, p, charts, values, printed, facts[p.environment.name]) for p in placements.kept),
        *(_surroundings(n, plan, placements, facts[n]) for n in estate.environments if is_environment_name(n)),
        make_runbook(estate, placements.kept, plan),
    ]
    whole = check_secrets(
        join_pieces(parts),
        plan.secrets_policy,
        placeholders=(p.text for release in estate.releases for p in release.placeholders),
        real=_real_secrets(estate),
    )
    told = [finding for name in facts for finding in facts[name].findings]
    findings = (
        *placements.findings,
        *told,
        *whole.findings,
        *ledger_findings(estate, placements),
        *_synced_placeholders(placements),
    )
    empty = {
        (p.environment.name, p.release.id): values[p.folder].empty[p.environment.name]
        for p in placements.kept
        if p.carriage is Carriage.CHART
    }
    ledger = make_ledger(estate, placements, empty)
    return seal_tree(FileTree(whole.files, whole.provenance, ledger, sort_findings(findings)), version=version)


def _synced_placeholders(placements: Placements) -> Iterator[Finding]:
    """A placeholder that syncs by itself would overwrite the secret that is live."""
    for placement in placements.kept:
        release = placement.release
        if placement.handover == "done" and release.deployed and release.placeholders:
            yield Finding(
                "EM014",
                Severity.ERROR,
                f"{release.id} is handed over with a placeholder for {release.placeholders[0].reference}: "
                "RollingSync would put it over the live secret",
                "let the chart take it from a Secret of the cluster, or keep the layer back: "
                f"layerHandover: {{{release.layer}: manual}}",
                release.source,
                release.id,
                release.environment,
            )


def _values(placements: Placements) -> dict[str, ValuesLayout]:
    """Folder → its values. A release whose namespace names its environment has an id in each, and one folder."""
    groups: dict[str, list[Placement]] = {}
    for placement in placements.kept:
        if placement.carriage is Carriage.CHART:
            groups.setdefault(placement.folder, []).append(placement)
    return {folder: lay_out_values(group) for folder, group in groups.items()}


def _printed(placements: Placements) -> dict[str, RenderedChart]:
    """Path of a chart that prints manifests → the chart."""
    groups: dict[str, list[Placement]] = {}
    for placement in placements.kept:
        if placement.carriage is not Carriage.CHART:
            groups.setdefault(chart_path(placement), []).append(placement)
    return {path: make_rendered_chart(group) for path, group in groups.items()}


def _facts(
    estate: Estate, plan: Plan, placements: Placements, rendered: Mapping[tuple[str, str], Rendered]
) -> dict[str, EnvironmentFacts]:
    components = [r for r in plan.releases if r.disposition is Disposition.COMPONENT]
    projects = sorted({release.project.value for release in components})
    found = {}
    for name in estate.environments:
        placed = [placement for placement in placements.in_environment(name) if not placement.parked]
        keys = [(name, release.id) for release in estate.in_environment(name) if release.deployed]
        found[name] = gather_facts(placed, projects, [rendered[key] for key in keys if key in rendered])
    return found


def _component(
    estate: Estate,
    placement: Placement,
    charts: Charts,
    values: Mapping[str, ValuesLayout],
    printed: Mapping[str, RenderedChart],
    facts: EnvironmentFacts,
) -> Piece:
    release, environment = placement.release, placement.environment.name
    options = sync_options(placement, facts)
    if placement.carriage is Carriage.CHART:
        copy = charts.copies[release.chart_path or ""]
        value_files = values[placement.folder].value_files[environment]
        content = Content(copy, value_files, make_parameters(estate.root, placement), options)
    else:
        chart = printed[chart_path(placement)]
        if environment not in chart.environments and not placement.parked:
            return Piece()  # hooks that run at deletion only: an Application of nothing helps nobody
        named: dict[str, JsonValue] = {"name": "environment", "value": environment, "forceString": True}
        content = Content(ChartCopy(chart.path, RENDERED_VERSION), (), Parameters((named,), (), Piece()), options)
    return join_pieces([make_component(placement, content), content.parameters.piece])


def _surroundings(name: str, plan: Plan, placements: Placements, facts: EnvironmentFacts) -> Piece:
    """Everything below ``environments/<env>/argocd``."""
    deployed = [placement for placement in placements.in_environment(name) if not placement.parked]
    kinds = {(m.key.group, m.key.kind) for placement in deployed for m in applied_manifests(placement)}
    bootstrap = any(release.disposition is Disposition.BOOTSTRAP for release in plan.releases)
    automated = bool(deployed) and all(placement.handover == "done" for placement in deployed)
    return join_pieces(
        [
            make_appsets(name, deployed, plan),
            make_projects(name, facts.projects, plan),
            make_repository(name, plan),
            make_root(name, plan, automated=automated),
            make_ops(name, kinds, by_chart=bootstrap),
        ]
    )


def _real_secrets(estate: Estate) -> set[str]:
    """Texts inside decrypted layers that their placeholders hide: none of them may be in the tree."""
    found: set[str] = set()
    for release in estate.releases:
        for layer in release.values:
            if layer.secret_text is None:
                continue
            try:
                texts = set(_texts(load_yaml(layer.secret_text)))
            except YamlError:
                texts = {line.strip() for line in layer.secret_text.splitlines()}
            found |= {text for text in texts if not re.search(re.escape(text), layer.text)}
    return found


def _texts(value: JsonValue) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) and value.strip() else []
