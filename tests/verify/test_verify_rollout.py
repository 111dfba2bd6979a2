"""``verify --rollout``: the steps walked as the controller walks them, held against steps recorded from Argo CD."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from migrate.cli import checking
from migrate.expand import expand_appset, load_appset
from migrate.graph import build_graph
from migrate.model.application import Expansion, GeneratedApplication, RollingStep, RollingSync
from migrate.model.health import built_in_checks
from migrate.model.json import JsonValue
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.rollout import Fate, Gate
from migrate.model.tree import FileTree
from migrate.plan import propose_plan
from migrate.report.grid import Page
from migrate.verify import gate_of, health_checks, simulate_rollout
from migrate.verify.health import customised
from migrate.verify.rollout import most_at_once
from tests.conftest import Migrate, Outcome, write_files
from tests.small_estates import Small, small_estate

ARGOCD = Path(__file__).parent.parent / "argocd"
STEP_CASES = sorted(path.parent.parent for path in ARGOCD.glob("*/*/expected/steps.yaml"))


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- steps


@pytest.mark.parametrize("case", STEP_CASES, ids=lambda case: case.name)
def test_steps_are_those_of_a_running_argo_cd(case: Path) -> None:
    files = {p.relative_to(case / "repo").as_posix(): p.read_bytes() for p in (case / "repo").rglob("*") if p.is_file()}
    found = expand_appset(load_appset((case / "appset.yaml").read_text("utf-8")), {"": FileTree(files)})
    expected = load(case / "expected/steps.yaml")
    assert [sync.appset for sync in found.rolling] == ([found.applications[0].appset] if expected else [])
    first: dict[str, int] = {}
    for sync in found.rolling:
        for number, step in enumerate(sync.steps, 1):
            for name in step.applications:
                first.setdefault(name, number)
    assert {name: first.get(name, -1) for name in expected} == expected
    assert set(first) <= set(expected)


def test_step_cases_are_there() -> None:
    assert len(STEP_CASES) >= 10


@pytest.mark.parametrize(
    ("limit", "total", "most"),
    [
        (None, 9, None),
        (3, 9, 3),
        (0, 9, 0),
        (-2, 9, 0),
        ("25%", 9, 2),
        ("25%", 3, 1),
        ("10%", 0, 1),
        ("100%", 9, 9),
        ("0%", 9, 0),
        ("00%", 9, 1),
        ("10", 9, 1),
        ("many", 9, 1),
        ("-10%", 9, 1),
    ],
)
def test_max_update_counts_as_the_controller_counts(limit: JsonValue, total: int, most: int | None) -> None:
    """Rule 3.9: rounded down, one at least but for 0%; a text that is no percentage is 1; negative is none."""
    assert most_at_once(limit, total) == most


# ---------------------------------------------------------------- health


def manifest(kind: str, group: str = "", document: Any = None, phases: tuple[str, ...] = ()) -> Manifest:
    return Manifest(ObjectKey(group, kind, "x", kind.lower()), document or {}, "", phases=phases)


@pytest.mark.parametrize(
    ("version", "group", "kind", "watched"),
    [
        ("3.3", "apps", "Deployment", True),
        ("3.3", "", "PersistentVolumeClaim", True),
        ("3.3", "", "ConfigMap", False),
        ("3.3", "argoproj.io", "Application", False),
        ("3.3", "other.io", "Deployment", False),
        ("2.14", "apiextensions.k8s.io", "CustomResourceDefinition", False),
        ("3.0", "apiextensions.k8s.io", "CustomResourceDefinition", True),
        ("3.1", "batch", "CronJob", False),
        ("v3.2.1", "batch", "CronJob", True),
        ("3.3", "s3.aws.upbound.io", "Bucket", True),
        ("3.0", "s3.aws.upbound.io", "Bucket", False),
        ("3.4", "operator.victoriametrics.com", "VMAgent", False),
        ("3.5", "operator.victoriametrics.com", "VMAgent", True),
    ],
)
def test_built_in_checks_go_by_the_version(version: str, group: str, kind: str, watched: bool) -> None:
    assert built_in_checks(version).watches(ObjectKey(group, kind, "", "a")) is watched


def test_both_ways_to_write_a_check_are_read() -> None:
    settings: dict[str, JsonValue] = {
        "resource.customizations.health.example.org_Thing": "return {}",
        "resource.customizations.health.Endpoints": "return {}",
        "resource.customizations.health.example.org_Empty": "",
        "resource.customizations.ignoreDifferences.example.org_Other": "jsonPointers: []",
        "resource.customizations": "a.org/Old:\n  health.lua: return {}\n'*.b.org/*':\n  health.lua: return {}\n"
        "a.org/Actions:\n  actions: ''\n",
    }
    assert list(customised(settings)) == ["example.org/Thing", "Endpoints", "*.b.org/*", "a.org/Old"]
    tree = FileTree(
        {
            "environments/dev/argocd/ops/argocd-cm.yaml": b"kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n"
            b"  resource.customizations: |\n    '*.b.org/*': {health.lua: x}\n",
            "environments/dev/argocd/ops/other.yaml": b"kind: ConfigMap\nmetadata: {name: argocd-cmd}\ndata:\n"
            b"  resource.customizations.health.c.org_Thing: x\n",
        }
    )
    dev, prod = (health_checks(tree, name, "3.3") for name in ("dev", "prod"))
    thing = ObjectKey("x.b.org", "Thing", "", "a")
    assert (dev.watches(thing), prod.watches(thing)) == (True, False)
    assert not dev.watches(ObjectKey("c.org", "Thing", "", "a"))


def test_a_gate_is_what_is_watched_outside_of_hooks() -> None:
    checks = built_in_checks("3.3")
    ignored = {"metadata": {"annotations": {"argocd.argoproj.io/ignore-healthcheck": "true"}}}
    balancer = manifest("Service", document={"spec": {"type": "LoadBalancer"}})
    assert gate_of((manifest("Deployment", "apps"), manifest("ConfigMap")), checks) == Gate(
        ("Deployment.apps",), ("ConfigMap",)
    )
    assert gate_of((manifest("Deployment", "apps", ignored), manifest("Service")), checks) == Gate(
        (), ("Deployment.apps", "Service")
    )
    assert gate_of((balancer,), checks).watched == ("Service",)
    assert gate_of((manifest("Job", "batch", phases=("PreSync",)),), checks) == Gate(hooks=1)
    assert gate_of((manifest("Thing", "example.org"), manifest("Role", "rbac.authorization.k8s.io")), checks) == Gate(
        (), ("Role.rbac.authorization.k8s.io", "Thing.example.org"), ("Thing.example.org",)
    )


# ---------------------------------------------------------------- the command


def convert(migrate: Migrate, folder: Path, *more: str) -> None:
    outcome = migrate(folder, "convert", "--handover", "done", "--quiet", *more)
    assert outcome.code == 0, outcome.err


def rolled(migrate: Migrate, folder: Path, *more: str) -> tuple[Outcome, dict[str, Any]]:
    outcome = migrate(folder, "verify", "--rollout", "--output", "json", "--quiet", *more)
    return outcome, json.loads(outcome.out)["rollout"]


def edit(folder: Path, pattern: str, old: str, new: str) -> None:
    """Replace ``old`` by ``new`` in the one file of the tree that the pattern finds."""
    [path] = (folder / "out").glob(pattern)
    text = path.read_text()
    assert re.search(old, text), f"{path} has no {old}"
    path.write_text(re.sub(old, new, text))


def test_a_sound_tree_keeps_every_edge(small: Path, migrate: Migrate) -> None:
    convert(migrate, small)
    outcome, found = rolled(migrate, small)
    assert (outcome.code, list(found)) == (0, ["dev", "prod"])
    used = {name: step for step in found["dev"]["steps"] for name in step["applications"]}
    assert used["front"]["step"] < used["back"]["step"]
    assert used["front"]["appset"] == "components-dev"
    assert found["dev"]["edges"] == {"kept": 1, "implied": 0, "broken": [], "outside": []}
    assert (found["dev"]["unmatched"], found["dev"]["hollow"], found["dev"]["byHand"]) == ([], [], [])
    assert json.loads(outcome.out)["releases"][0]["gate"]["watched"] == ["Deployment.apps"]


@pytest.mark.parametrize("phase", ["same", "later"])
def test_an_edge_that_the_steps_break_is_told_with_its_line(small: Path, migrate: Migrate, phase: str) -> None:
    convert(migrate, small)
    [back] = small.glob("out/environments/dev/components/**/back/component.yaml")
    number = re.search(r'rolloutPhase: "(\d+)"', back.read_text())
    assert number
    wanted = number[1] if phase == "same" else "699"
    edit(
        small,
        "environments/dev/components/**/front/component.yaml",
        r'rolloutPhase: "\d+"',
        f'rolloutPhase: "{wanted}"',
    )
    outcome, found = rolled(migrate, small)
    [edge] = found["dev"]["edges"]["broken"]
    assert (outcome.code, edge["from"], edge["to"]) == (1, "web/front", "web/back")
    assert edge["source"] == {"file": "helmfiles/10-base.yaml", "line": 14}
    assert ("both are in step" if phase == "same" else "comes after step") in edge["why"]
    assert found["prod"]["edges"]["broken"] == []
    text = migrate(small, "verify", "--rollout", "--quiet").out
    assert "broken: web/back needs web/front (helmfiles/10-base.yaml:14)" in text
    assert "The order does not hold: 1 edge, 0 kept, 0 implied, 1 broken" in text


def test_an_application_that_no_step_selects_is_told(small: Path, migrate: Migrate) -> None:
    convert(migrate, small)
    edit(small, "environments/dev/components/**/front/component.yaml", r'rolloutPhase: "\d+"', 'rolloutPhase: "777"')
    outcome, found = rolled(migrate, small)
    [lost] = found["dev"]["unmatched"]
    assert (outcome.code, lost["application"], lost["release"]) == (1, "front", "web/front")
    assert "(rollout-phase=777): it never syncs" in lost["why"]
    assert lost["source"] == {"file": "helmfiles/10-base.yaml", "line": 6}
    assert [edge["why"] for edge in found["dev"]["edges"]["broken"]] == ["web/front is in no step"]


def test_a_step_that_admits_nobody_is_told_and_is_no_failure(small: Path, migrate: Migrate) -> None:
    convert(migrate, small)
    [front] = small.glob("out/environments/dev/components/**/front/component.yaml")
    phase = re.search(r'rolloutPhase: "(\d+)"', front.read_text())
    assert phase
    step = rf'(values:\s+- "{phase[1]}"\n)(\s+maxUpdate: \S+\n)?'
    edit(small, "environments/dev/argocd/apps/*.yaml", step, r"\1          maxUpdate: 0\n")
    outcome, found = rolled(migrate, small)
    assert [one["application"] for one in found["dev"]["closed"]] == ["front"]
    assert [step["atOnce"] for step in found["dev"]["steps"] if "front" in step["applications"]] == [0]
    assert outcome.code == 0
    assert "all later steps wait until a person syncs them" in migrate(small, "verify", "--rollout", "--quiet").out


def test_applicationsets_do_not_wait_for_each_other(small: Path, migrate: Migrate) -> None:
    convert(migrate, small)
    [appset] = (small / "out/environments/dev/argocd/apps").glob("*.yaml")
    text = appset.read_text()
    for name in ("front", "back"):
        own = text.replace("name: components-dev", f"name: only-{name}").replace(
            "/**/component", f"/**/{name}/component"
        )
        (appset.parent / f"{name}.yaml").write_text(own)
    appset.unlink()
    outcome, found = rolled(migrate, small)
    assert [edge["why"] for edge in found["dev"]["edges"]["broken"]] == [
        "only-front and only-back do not wait for each other"
    ]
    assert outcome.code == 1


def test_without_a_rolling_sync_the_ladder_is_the_order_for_a_person(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "convert", "--quiet").code == 0
    outcome, found = rolled(migrate, small)
    assert (outcome.code, found["dev"]["byHand"]) == (0, ["back", "front"])
    assert {step["appset"] for step in found["dev"]["steps"]} == {""}
    assert found["dev"]["edges"]["kept"] == 1
    text = " ".join(migrate(small, "verify", "--rollout", "--quiet").out.split())
    assert "The hand-over is manual: nothing syncs by itself." in text
    assert "argocd app sync" in text


def test_automated_without_a_rolling_sync_has_no_order(small: Path, migrate: Migrate) -> None:
    assert migrate(small, "convert", "--quiet").code == 0
    automated = "      syncPolicy: {automated: {prune: true}}\n      project:"
    edit(small, "environments/dev/argocd/apps/*.yaml", r"      project:", automated)
    outcome, found = rolled(migrate, small)
    assert (outcome.code, found["dev"]["byHand"], found["dev"]["unordered"]) == (1, [], ["back", "front"])
    [edge] = found["dev"]["edges"]["broken"]
    assert "web/back is automated without a rolling sync" in edge["why"]
    assert "all at once: back, front" in migrate(small, "verify", "--rollout", "--quiet").out


def test_a_layer_that_is_not_handed_over_is_by_hand_and_its_edges_stand_outside(small: Path, migrate: Migrate) -> None:
    text = (small / "helmfiles/10-base.yaml").read_text()
    head, back = text.split("  - name: back")
    write_files(
        small,
        {
            "helmfiles/10-base.yaml": head,
            "helmfiles/20-more.yaml": "environments:\n  dev: {}\n  prod: {}\n---\nreleases:\n  - name: back"
            + back.replace("    needs: [web/front]\n", ""),
            "helmfiles/charts/web/templates/account.yaml": "{{ if eq .Release.Name \"front\" }}\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\n{{ end }}\n",
            "helmfiles/charts/web/templates/use.yaml": "{{ if eq .Release.Name \"back\" }}\napiVersion: v1\nkind: Pod\n"
            "metadata: {name: use}\nspec: {containers: [{name: a, envFrom: [{configMapRef: {name: shared}}]}]}\n"
            "{{ end }}\n",
        },
    )  # fmt: skip
    decisions = "schemaVersion: '1'\nestate: helmfiles\nhandover: done\nlayerHandover: {10-base: manual}\n"
    (small / "migration.yaml").write_text(decisions)
    assert migrate(small, "convert", "--quiet").code == 0
    outcome, found = rolled(migrate, small)
    assert (outcome.code, found["dev"]["byHand"], found["dev"]["unmatched"]) == (0, ["front"], [])
    assert [edge["why"] for edge in found["dev"]["edges"]["outside"]] == [
        "web/front is not handed over: what helmfile applied is there"
    ]
    text = migrate(small, "verify", "--rollout", "--quiet").out
    assert "ApplicationSet components-dev:" in text
    assert "by hand:" in text


def test_hollow_gates_are_told_with_who_relies_on_them(small: Path, migrate: Migrate) -> None:
    template = "helmfiles/charts/web/templates/deployment.yaml"
    write_files(
        small,
        {
            template: "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: {{ .Release.Name }}}\n",
            "helmfiles/charts/web/templates/hook.yaml": "{{ if .Values.hook }}\napiVersion: v1\nkind: Pod\n"
            "metadata: {name: h, annotations: {helm.sh/hook: post-install}}\n{{ end }}\n",
        },
    )
    convert(migrate, small)
    outcome, found = rolled(migrate, small)
    told = {one["application"]: (one["why"], one["waiting"]) for one in found["dev"]["hollow"]}
    assert told == {
        "front": ("nothing tells the health of Thing.example.org", ["web/back"]),
        "back": ("nothing tells the health of Thing.example.org", []),
    }
    assert outcome.code == 0
    cm = "resource.customizations.health.example.org_Thing: return {}"
    edit(small, "environments/dev/argocd/ops/argocd-cm.yaml", "data:\n", f"data:\n  {cm}\n")
    _, found = rolled(migrate, small)
    assert (found["dev"]["hollow"], len(found["prod"]["hollow"])) == ([], 2)


def test_a_hook_after_the_sync_holds_no_step(small: Path, migrate: Migrate) -> None:
    """Seen on a real Argo CD: the next step opens while the PostSync hook of a Healthy Application still runs."""
    templates = "helmfiles/charts/web/templates"
    hook = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: {{ .Release.Name }}-fill, annotations: {helm.sh/hook: %s}}\n"
    )
    write_files(small, {f"{templates}/hook.yaml": hook % "post-install"})
    convert(migrate, small)
    _, found = rolled(migrate, small)
    (late,) = found["dev"]["late"]
    assert (late["application"], late["waiting"]) == ("front", ["web/back"])
    assert late["why"] == "the next step opens as soon as it is healthy, while Job.batch web/front-fill may still run"
    assert "hooks after the sync, which no step waits for" in migrate(small, "verify", "--rollout", "--quiet").out
    write_files(small, {f"{templates}/deployment.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"})
    convert(migrate, small)
    _, found = rolled(migrate, small)
    assert found["dev"]["late"] == []
    assert {one["application"]: one["why"] for one in found["dev"]["hollow"]}["front"] == (
        "only ConfigMap; no step waits for its hook after the sync, Job.batch web/front-fill"
    )


def test_a_hook_before_the_sync_is_not_late(small: Path, migrate: Migrate) -> None:
    hook = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n"
    write_files(small, {"helmfiles/charts/web/templates/hook.yaml": hook})
    convert(migrate, small)
    assert rolled(migrate, small)[1]["dev"]["late"] == []


def test_an_application_of_hooks_alone_is_a_hollow_gate(small: Path, migrate: Migrate) -> None:
    convert(migrate, small)
    edit(small, "sources/charts/**/templates/deployment.yaml", "metadata:\n",
         "metadata:\n  annotations: {helm.sh/hook: post-install}\n")  # fmt: skip
    _, found = rolled(migrate, small)
    assert {one["why"] for one in found["dev"]["hollow"]} == {"hooks alone: Synced at birth, and no rollout runs them"}


def test_an_edge_that_a_path_keeps_is_implied(small: Path, migrate: Migrate) -> None:
    last = "  - name: last\n    namespace: web\n    chart: ./charts/web\n    needs: [web/front, web/back]\n"
    estate = small / "helmfiles/10-base.yaml"
    estate.write_text(estate.read_text() + last)
    convert(migrate, small)
    _, found = rolled(migrate, small)
    assert (found["dev"]["edges"]["kept"], found["dev"]["edges"]["implied"]) == (2, 1)


@pytest.mark.parametrize("more", [("--shard", "1/2"), ("--fail-fast",), ("-l", "name=front")])
def test_a_rollout_is_for_the_whole_estate(small: Path, migrate: Migrate, more: tuple[str, ...]) -> None:
    convert(migrate, small)
    outcome = migrate(small, "verify", "--rollout", *more)
    assert (outcome.code, "whole estate" in outcome.err) == (2, True)


def test_every_form_shows_the_rollout(small: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(migrate, small)
    edit(small, "environments/dev/components/**/front/component.yaml", r'rolloutPhase: "\d+"', 'rolloutPhase: "777"')
    monkeypatch.setattr(checking, "page", lambda settings: Page(60))
    shown = {kind: migrate(small, "verify", "--rollout", "--output", kind, "--quiet")
             for kind in ("table", "junit", "markdown")}  # fmt: skip
    assert {outcome.code for outcome in shown.values()} == {1}
    assert max(map(len, shown["table"].out.splitlines())) <= 60
    assert "in no step: nobody ever syncs them" in shown["table"].out
    suites = {s.get("name"): (s.get("tests"), s.get("failures")) for s in Xml.fromstring(shown["junit"].out)}
    assert (suites["dev: rollout"], suites["prod: rollout"]) == (("2", "2"), ("2", "0"))
    assert "| dev | 1 | 0 | 0 | 1 | 1 | 0 |" in shown["markdown"].out
    assert "| prod | 2 | 1 | 0 | 0 | 0 | 0 |" in shown["markdown"].out
    assert "❌ dev: broken: web/back needs web/front" in shown["markdown"].out


def test_without_the_option_nothing_is_added(small: Path, migrate: Migrate) -> None:
    convert(migrate, small)
    data = json.loads(migrate(small, "verify", "--output", "json", "--quiet").out)
    assert not {"rollout", "deployed"} & {*data, *data["releases"][0]}
    assert "gate" not in data["releases"][0]


def test_the_sample_by_hand_keeps_all_its_edges(sample: Path, migrate: Migrate) -> None:
    outcome, found = rolled(migrate, sample, "-e", "dev")
    edges = found["dev"]["edges"]
    assert (outcome.code, edges["broken"], found["dev"]["unmatched"]) == (0, [], [])
    assert edges["kept"] > 90
    assert [edge["to"] for edge in edges["outside"]] == ["argocd/argocd"]
    hollow = {one["application"]: one["why"] for one in found["dev"]["hollow"]}
    assert hollow["namespaces"] == "only Namespace"
    assert not any("nothing tells the health" in why for why in hollow.values())


NAMES = tuple(f"x/r{number}" for number in range(6))
ARROWS = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] < pair[1]))
PLACES = st.tuples(*[st.integers(min_value=-1, max_value=4).filter(bool)] * len(NAMES))


@given(ARROWS, PLACES)
@settings(max_examples=150, deadline=None)
def test_an_edge_is_broken_exactly_where_its_end_is_not_later(
    arrows: set[tuple[str, str]], places: tuple[int, ...]
) -> None:
    """Against the definition, path by path; a path of kept edges is looked for by walking all of them."""
    step = dict(zip(NAMES, places, strict=True))
    needs = {name: tuple(sorted(before for before, after in arrows if after == name)) for name in NAMES}
    estate, renders = small_estate([Small(name, needs=needs[name]) for name in NAMES])
    graph, _ = build_graph(estate, renders)
    plan = propose_plan(estate, graph, None)
    names = {entry.id: entry.component.value for entry in plan.releases}
    rolling = tuple(
        RollingStep((), None, tuple(sorted(names[r] for r in NAMES if step[r] == number))) for number in range(1, 5)
    )
    applications = tuple(GeneratedApplication("dev", "all", names[r], {}, step[r]) for r in NAMES)
    expansion = Expansion(applications, (), (RollingSync("dev", "all", rolling),))
    [found] = simulate_rollout(estate, graph, plan, expansion, {})
    holds = {pair for pair in arrows if 0 < step[pair[0]] < step[pair[1]]}

    def reaches(start: str, end: str) -> bool:
        return any(after == end or reaches(after, end) for before, after in holds if before == start)

    implied = {(a, b) for a, b in holds if any(c != b and reaches(c, b) for before, c in holds if before == a)}
    fates = {(edge.before, edge.after): edge.fate for edge in found.edges}
    assert fates == {
        pair: Fate.IMPLIED if pair in implied else Fate.KEPT if pair in holds else Fate.BROKEN for pair in arrows
    }
    assert {remark.release for remark in found.unmatched} == {name for name in NAMES if step[name] == -1}
    assert found.sound is (holds == arrows and not found.unmatched)
