"""Emission: Estate × Plan → FileTree, the repository that Argo CD reads.

    releases ──place──▶ placements ──▶ charts, values, parameters ──▶ component.yaml
                            │
                            └──▶ facts ──▶ projects, sync options;  ApplicationSets, root, ops, README.md

Reads charts and files of ``set`` from the estate's root; writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.doors.files import seal_tree
from migrate.doors.secret_scan import decrypted_texts
from migrate.emit.appsets import make_appsets
from migrate.emit.argocd import make_projects, make_repository, make_root
from migrate.emit.book import LEDGER_PATH, ledger_json, ledger_markdown
from migrate.emit.charts import ChartCopy, Charts, copy_charts, secrets_in_releases
from migrate.emit.component_schema import component_schema
from migrate.emit.components import Content, make_component, sync_options
from migrate.emit.facts import EnvironmentFacts, gather_facts
from migrate.emit.fleet import contract_texts, inapplicable, with_contract
from migrate.emit.handover import synced_stand_ins
from migrate.emit.image_files import make_image_files
from migrate.emit.image_layers import Again, apply_image_policy, never_again
from migrate.emit.kustomize import application_folder, make_kustomizations, make_kustomize_appsets
from migrate.emit.layout_ledger import ledger_of_layout
from migrate.emit.ledger import ledger_findings, make_ledger
from migrate.emit.ops import make_ops
from migrate.emit.parameters import Parameters, make_parameters
from migrate.emit.pieces import Piece, join_pieces
from migrate.emit.placement import (
    Carriage,
    Placement,
    Placements,
    files_of_values,
    is_environment_name,
    place_releases,
)
from migrate.emit.plugin import copy_estate, make_layers, one_project
from migrate.emit.proposals import make_proposals
from migrate.emit.reasons import with_reasons
from migrate.emit.rendered import RENDERED_VERSION, RenderedChart, chart_path, make_rendered_chart
from migrate.emit.runbook import make_runbook
from migrate.emit.secrets import Known, check_secrets, without_secrets
from migrate.emit.shared import OF_ENVIRONMENT, make_clusters, make_shared_components
from migrate.emit.shared_values import share_values
from migrate.emit.stand_ins import encoded_stand_ins
from migrate.emit.values import ValuesLayout, lay_out_values
from migrate.emit.wrappers import Alike, Trial, Wrapping, untried, wrap_releases
from migrate.errors import UsageError
from migrate.model.estate import Estate
from migrate.model.finding import sort_findings
from migrate.model.json import JsonValue
from migrate.model.manifest import Rendered
from migrate.model.plan import Disposition, Plan
from migrate.model.tree import FileTree

__all__ = [
    "Alike",
    "Trial",
    "component_schema",
    "contract_texts",
    "emit_tree",
    "ledger_json",
    "ledger_markdown",
    "secrets_in_releases",
]

LAYOUTS = ("environments", "shared", "kustomize", "plugin")


def emit_tree(
    estate: Estate,
    plan: Plan,
    rendered: Mapping[tuple[str, str], Rendered],
    *,
    version: str = "",
    alike: Alike = untried,
    again: Again = never_again,
) -> FileTree:
    """The repository for an estate and its plan; ``rendered`` by (environment, release id), ``version`` the tool's.

    ``alike`` renders each wrapper chart: one that does not give what helmfile applies is not written. ``again`` renders
    a release with other values, to find those that the image policy goes by.

    Raises:
        UsageError: a layout that this version cannot emit.
    """
    if plan.layout not in LAYOUTS:
        raise UsageError(f"there is no layout {plan.layout}", hint=f"use one of {', '.join(LAYOUTS)}")
    placements = place_releases(estate, plan, rendered)
    wrapping = wrap_releases(estate.root, placements.kept, alike, layout=plan.layout)
    placed, unreached = apply_image_policy(wrapping.placements, estate, plan, again)
    wrapping = replace(wrapping, placements=placed)
    placements = replace(placements, kept=placed)
    facts = _facts(estate, plan, placements, rendered)
    empty: dict[tuple[str, str], int] = {}
    if plan.layout == "kustomize":
        parts = [make_kustomizations(placements.kept, {key for key, found in rendered.items() if found.error})]
    elif plan.layout == "plugin":
        parts = [copy_estate(estate, placements, plan)]
    else:
        parts, empty = _component_parts(estate, plan, wrapping, facts)
    parts += [
        _surroundings(n, estate, plan, placements, facts[n]) for n in estate.environments if is_environment_name(n)
    ]
    parts.append(make_proposals(placements.kept))
    parts.append(make_image_files([n for n in estate.environments if is_environment_name(n)], estate, plan))
    parts.append(make_runbook(estate, placements.kept, plan))
    known = _known(estate, placements, plan)
    whole = check_secrets(with_reasons(join_pieces(parts)), plan.secrets_policy, known)
    told = [finding for name in facts for finding in facts[name].findings]
    findings = (
        *placements.findings,
        *wrapping.findings,
        *unreached,
        *inapplicable(plan),
        *told,
        *whole.findings,
        *ledger_findings(estate, placements),
        *synced_stand_ins(placements.kept, whole),
    )
    hide = without_secrets(known)
    entries = ledger_of_layout(make_ledger(estate, placements, empty), placements, plan)
    ledger = tuple(replace(entry, value=hide(entry.value)) for entry in entries)
    files = {**whole.files, LEDGER_PATH: ledger_json(ledger).encode("utf-8")}
    return seal_tree(FileTree(files, whole.provenance, ledger, sort_findings(findings)), version=version)


def _stand_ins(estate: Estate, carried: Placements | None) -> frozenset[str]:
    """The placeholders of the estate; with ``carried`` manifests also what those hold of them, encoded."""
    plain = {p.text for release in estate.releases for p in release.placeholders if p.text}
    manifests = (manifest for placement in (carried.kept if carried else ()) for manifest in placement.manifests)
    return frozenset(plain | set(encoded_stand_ins(manifests, plain)))


def _known(estate: Estate, placements: Placements, plan: Plan) -> Known:
    """What is known of the estate's secrets, and where rendered manifests may hold them under other names."""
    folders = _rendered_folders(placements, plan)
    rendered = [placement for folder in folders.values() for placement in folder]
    releases = estate.releases if plan.layout == "plugin" else [placement.release for placement in rendered]
    return Known(
        _stand_ins(estate, placements if plan.layout == "kustomize" else None),
        frozenset(_real_secrets(estate)),
        estate.opened,
        secrets_in_releases(estate.root, releases),
        {name: frozenset().union(*(files_of_values(p.release) for p in folder)) for name, folder in folders.items()},
    )


def _rendered_folders(placements: Placements, plan: Plan) -> dict[str, list[Placement]]:
    """Folder of manifests that are rendered → the placements that they are of."""
    found: dict[str, list[Placement]] = {}
    for placement in placements.kept:
        if plan.layout == "kustomize":
            found.setdefault(f"{application_folder(placement)}/", []).append(placement)
        elif plan.layout != "plugin" and placement.carriage is not Carriage.CHART:
            found.setdefault(f"{chart_path(placement)}/", []).append(placement)
    return found


def _component_parts(
    estate: Estate, plan: Plan, wrapping: Wrapping, facts: Mapping[str, EnvironmentFacts]
) -> tuple[list[Piece], dict[tuple[str, str], int]]:
    """Charts, values and component.yaml; and how many empty layers each (environment, release id) had."""
    placements = wrapping.nested()
    layouts = share_values(_values(placements), plan) if plan.layout == "shared" else _values(placements)
    values, contract = with_contract(layouts, placements, estate, plan)
    printed = _printed(placements)
    reserved = (*printed, *wrapping.folders())
    charts = wrapping.around(copy_charts(estate.root, placements, reserved=reserved, beside=wrapping.beside))
    parts = [
        charts.piece,
        contract,
        *(layout.piece for layout in values.values()),
        *(chart.piece for chart in printed.values()),
        *_components(estate, plan, placements, charts, values, printed, facts),
    ]
    empty = {
        (p.environment.name, p.release.id): values[p.folder].empty[p.environment.name]
        for p in placements
        if p.carriage is Carriage.CHART
    }
    return parts, empty


def _values(placements: Sequence[Placement]) -> dict[str, ValuesLayout]:
    """Folder → its values. A release whose namespace names its environment has an id in each, and one folder."""
    groups: dict[str, list[Placement]] = {}
    for placement in placements:
        if placement.carriage is Carriage.CHART:
            groups.setdefault(placement.folder, []).append(placement)
    return {folder: lay_out_values(group) for folder, group in groups.items()}


def _printed(placements: Sequence[Placement]) -> dict[str, RenderedChart]:
    """Path of a chart that prints manifests → the chart."""
    groups: dict[str, list[Placement]] = {}
    for placement in placements:
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


def _components(
    estate: Estate,
    plan: Plan,
    placements: Sequence[Placement],
    charts: Charts,
    values: Mapping[str, ValuesLayout],
    printed: Mapping[str, RenderedChart],
    facts: Mapping[str, EnvironmentFacts],
) -> list[Piece]:
    """Every component.yaml, with the files of its parameters."""
    shared = plan.layout == "shared"
    found = []
    for placement in placements:
        of_environment = facts[placement.environment.name]
        content = _content(estate, placement, charts, values, printed, of_environment, shared=shared)
        if content is not None:
            found.append((placement, content))
    parameters = [content.parameters.piece for _, content in found]
    if shared:
        names = [name for name in estate.environments if is_environment_name(name)]
        return [make_shared_components(found, names, plan), make_clusters(names, plan), *parameters]
    return [*(make_component(placement, content) for placement, content in found), *parameters]


def _content(
    estate: Estate,
    placement: Placement,
    charts: Charts,
    values: Mapping[str, ValuesLayout],
    printed: Mapping[str, RenderedChart],
    facts: EnvironmentFacts,
    *,
    shared: bool,
) -> Content | None:
    environment = placement.environment.name
    options = sync_options(placement, facts)
    if placement.carriage is Carriage.CHART:
        value_files = values[placement.folder].value_files[environment]
        return Content(charts.of(placement), value_files, make_parameters(estate.root, placement), options)
    chart = printed[chart_path(placement)]
    if environment not in chart.environments and not placement.parked:
        return None  # hooks that run at deletion only: an Application of nothing helps nobody
    carried = ChartCopy(chart.path, RENDERED_VERSION)
    if shared:
        return Content(carried, (OF_ENVIRONMENT,), Parameters((), (), Piece()), options)
    named: dict[str, JsonValue] = {"name": "environment", "value": environment, "forceString": True}
    return Content(carried, (), Parameters((named,), (), Piece()), options)


def _applications(
    name: str,
    deployed: Sequence[Placement],
    facts: EnvironmentFacts,
    estate: Estate,
    plan: Plan,
    placements: Placements,
) -> Piece:
    """What makes the Applications of one environment."""
    if plan.layout == "kustomize":
        return make_kustomize_appsets(name, placements.in_environment(name), facts, plan)
    if plan.layout == "plugin":
        away = [r for r in estate.in_environment(name) if r.deployed and (name, r.id) in placements.left_out]
        return make_layers(name, deployed, away, facts, estate, plan)
    return make_appsets(name, deployed, plan)


def _surroundings(name: str, estate: Estate, plan: Plan, placements: Placements, facts: EnvironmentFacts) -> Piece:
    """Everything below ``environments/<env>/argocd``."""
    deployed = [placement for placement in placements.in_environment(name) if not placement.parked]
    automated = bool(deployed) and all(placement.handover == "done" for placement in deployed)
    return join_pieces(
        [
            _applications(name, deployed, facts, estate, plan, placements),
            make_projects(name, one_project(facts) if plan.layout == "plugin" else facts.projects, plan),
            make_repository(name, plan),
            make_root(name, plan, automated=automated),
            make_ops(name, deployed, plan),
        ]
    )


def _real_secrets(estate: Estate) -> set[str]:
    """Texts inside decrypted layers that their placeholders hide: none of them may be in the tree."""
    layers = (layer for release in estate.releases for layer in release.values)
    return {text for la in layers if la.secret_text is not None for text in decrypted_texts(la.secret_text, la.text)}
