"""The layout plugin: an Application a layer that runs helmfile on a copy of the estate, and what is proven of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.files import write_tree
from migrate.doors.yaml import compose_yaml, load_yaml, plain_value
from migrate.emit import emit_tree
from migrate.expand import expand_tree
from migrate.model.application import GeneratedApplication
from migrate.model.estate import Estate, ReadRequest
from migrate.model.finding import Severity
from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.manifest import Manifest, Rendered
from migrate.model.plan import Disposition, Plan
from migrate.model.plugin import SOURCES, application_name
from migrate.model.report import Verdict
from migrate.model.tree import FileTree
from migrate.plan import lost_order
from migrate.proof.plugin import copy_states
from migrate.read import read_estate
from migrate.verify import CopyState, Pairing, judge_by_plugin
from tests.emit.emit_nouns import codes, document, make_manifest, make_plan, make_rendered, plan_release, write_chart

STATE = """\
environments:
  dev:
    values: [env/dev.yaml]
  production:
    values: [env/production.yaml]
---
releases:
  - name: redis
    namespace: data
    chart: ../charts/redis
    version: "{{ .Values.version }}"
    values: [values/redis.yaml.gotmpl]
"""
APPS = "environments/dev/argocd/apps"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate of one layer, charts beside the helmfiles."""
    files = {
        "helmfiles/40-data.yaml.gotmpl": STATE,
        "helmfiles/env/dev.yaml": "version: '1'\n",
        "helmfiles/env/production.yaml": "version: '2'\n",
        "helmfiles/values/redis.yaml.gotmpl": "environment: {{ .Environment.Name }}\n",
        "unread.txt": "nobody reads it\n",
    }
    for name, text in files.items():
        path = tmp_path / "estate" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "estate" / ".git").mkdir()
    write_chart(tmp_path / "estate", "charts/redis")
    return tmp_path / "estate"


def request(root: Path) -> ReadRequest:
    return ReadRequest(str(root / "helmfiles"))


def planned(estate: Estate, **fields: Any) -> Plan:
    of_release = {key: fields.pop(key) for key in ("pins", "disposition") if key in fields}
    unique = {release.id: release for release in estate.releases}
    releases = (plan_release(release, **of_release) for release in unique.values())
    return make_plan(*releases, layout="plugin", environments=estate.environments, **fields)


def emitted(root: Path, *manifests: Manifest, **fields: Any) -> tuple[Estate, FileTree, Plan]:
    estate = read_estate(request(root))
    plan = planned(estate, **fields)
    objects = make_rendered(*(manifests or (make_manifest("ConfigMap", "one"),)))
    return estate, emit_tree(estate, plan, {(r.environment, r.id): objects for r in estate.releases}), plan


def test_the_tree_has_the_files_that_were_read_and_no_others(root: Path) -> None:
    _, tree, _ = emitted(root)
    copied = {path.removeprefix(f"{SOURCES}/") for path in tree.under(SOURCES).paths()}
    assert copied == {
        "charts/redis/Chart.yaml",
        "charts/redis/templates/configmap.yaml",
        "helmfiles/40-data.yaml.gotmpl",
        "helmfiles/env/dev.yaml",
        "helmfiles/env/production.yaml",
        "helmfiles/values/redis.yaml.gotmpl",
    }
    assert all((root / path).read_bytes() == tree.files[f"{SOURCES}/{path}"] for path in copied)


def test_a_layer_is_an_application_that_runs_helmfile(root: Path) -> None:
    _, tree, _ = emitted(root)
    (application,) = expand_tree(tree, ("dev",)).applications
    manifest: Any = application.manifest
    assert application.name == "infra-40-data"
    source = manifest["spec"]["source"]
    assert source["path"] == SOURCES
    assert {entry["name"]: entry["value"] for entry in source["plugin"]["env"]} == {
        "HELMFILE_FILE": "helmfiles/40-data.yaml.gotmpl",
        "HELMFILE_ENVIRONMENT": "dev",
    }
    assert manifest["spec"]["project"] == "infra"
    assert manifest["spec"]["destination"] == {"name": "in-cluster", "namespace": "data"}
    assert manifest["spec"]["syncPolicy"]["retry"]["limit"] == 5
    assert "automated" not in manifest["spec"]["syncPolicy"]
    assert document(tree, f"{APPS}/infra-40-data.yaml")["metadata"]["annotations"] == {
        "argocd.argoproj.io/sync-wave": "0"
    }


def test_handed_over_it_syncs_by_itself_and_never_prunes(root: Path) -> None:
    _, tree, _ = emitted(root, handover="done")
    policy = document(tree, f"{APPS}/infra-40-data.yaml")["spec"]["syncPolicy"]
    assert policy["automated"] == {"prune": False, "selfHeal": True}


def test_the_one_project_allows_what_all_layers_render(root: Path) -> None:
    role = make_manifest("ClusterRole", "r", namespace="", group="rbac.authorization.k8s.io")
    _, tree, _ = emitted(root, role, make_manifest("ConfigMap", "c", namespace="elsewhere"))
    spec = document(tree, "environments/dev/argocd/projects/infra.yaml")["spec"]
    assert {place["namespace"] for place in spec["destinations"]} == {"data", "elsewhere"}


def test_the_one_project_allows_the_destination_of_a_layer_with_several_namespaces(root: Path) -> None:
    state = root / "helmfiles" / "40-data.yaml.gotmpl"
    more = "  - {name: more, namespace: web, chart: ../charts/redis}\n"
    state.write_text(state.read_text(encoding="utf-8") + more, encoding="utf-8")
    _, tree, _ = emitted(root)
    destination = document(tree, f"{APPS}/infra-40-data.yaml")["spec"]["destination"]
    assert destination in document(tree, "environments/dev/argocd/projects/infra.yaml")["spec"]["destinations"]


def test_the_plugin_runs_what_the_application_says(root: Path) -> None:
    _, tree, _ = emitted(root)
    ops = "environments/dev/argocd/ops"
    config_map = document(tree, f"{ops}/helmfile-plugin.yaml")
    manifest = document(FileTree({"plugin": config_map["data"]["plugin.yaml"].encode()}), "plugin")
    assert manifest["kind"] == "ConfigManagementPlugin"
    assert manifest["metadata"]["name"] == "helmfile"
    script = manifest["spec"]["generate"]["args"][0]
    assert all(f"$ARGOCD_ENV_{name}" in script for name in ("HELMFILE_FILE", "HELMFILE_ENVIRONMENT"))
    sidecar = document(tree, f"{ops}/argocd-repo-server-patch.yaml")["spec"]["template"]["spec"]
    assert {volume["name"] for volume in sidecar["volumes"]} <= {
        m["name"] for m in sidecar["containers"][0]["volumeMounts"]
    }


def test_what_the_plugin_cannot_do_is_told(root: Path) -> None:
    test = make_manifest("Job", "t", annotations={"helm.sh/hook": "test"})
    _, tree, _ = emitted(root, test, pins={"a": 1})
    assert {"EM055", "EM056"} <= set(codes(tree))
    assert "EM056" not in codes(emitted(root)[1])


def test_a_release_that_argocd_must_not_apply_is_skipped(root: Path) -> None:
    (root / "helmfiles/40-data.yaml.gotmpl").write_text(
        STATE + "  - name: argocd\n    namespace: argocd\n    chart: ../charts/redis\n"
    )
    estate = read_estate(request(root))
    plans = {r.id: plan_release(r) for r in estate.releases}
    argocd = next(r for r in estate.releases if r.name == "argocd")
    plans[argocd.id] = plan_release(argocd, disposition=Disposition.BOOTSTRAP)
    plan = make_plan(*plans.values(), layout="plugin", environments=estate.environments)
    objects = make_rendered(make_manifest("ConfigMap", "one"))
    tree = emit_tree(estate, plan, {(r.environment, r.id): objects for r in estate.releases})
    env = document(tree, f"{APPS}/infra-40-data.yaml")["spec"]["source"]["plugin"]["env"]
    assert {"name": "HELMFILE_SKIP", "value": "argocd/argocd"} in env


def faults(root: Path, change: Callable[[Path], object] | None = None) -> set[str]:
    """What the proof says of the copy, after ``change`` was done to its folder."""
    estate, tree, _ = emitted(root)
    out = root.parent / "out"
    write_tree(out, tree)
    if change is not None:
        change(out / SOURCES)
    return {state.fault for state in copy_states(request(root), estate, out).values()}


def test_a_copy_reads_as_the_estate(root: Path) -> None:
    assert faults(root) == {""}


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("helmfiles/values/redis.yaml.gotmpl", "environment: other\n", "values of data/redis differ"),
        ("helmfiles/env/dev.yaml", "version: '9'\n", "version, keys of data/redis differ"),
        ("charts/redis/templates/configmap.yaml", "kind: Other\n", "charts/redis differs"),
        ("charts/redis/templates/more.yaml", "kind: Other\n", "charts/redis differs"),
        ("helmfiles/40-data.yaml.gotmpl", STATE.replace("name: redis", "name: other"), "it has no such release"),
        ("helmfiles/40-data.yaml.gotmpl", STATE + "    wait: [", "it cannot be read"),
    ],
)
def test_a_copy_that_reads_otherwise_is_told(root: Path, file: str, text: str, says: str) -> None:
    assert any(says in fault for fault in faults(root, lambda copy: (copy / file).write_text(text)))


def test_a_copy_without_a_file_is_told(root: Path) -> None:
    assert faults(root, lambda copy: (copy / "helmfiles/env/production.yaml").unlink()) != {""}


def judged(root: Path, env: dict[str, str] | None = None, *, fault: str = "", rendered: Rendered | None = None) -> Any:
    estate, tree, plan = emitted(root)
    manifest: Any = expand_tree(tree, ("dev",)).applications[0].manifest
    for entry in manifest["spec"]["source"]["plugin"]["env"]:
        entry["value"] = (env or {}).get(entry["name"], entry["value"])
    application = GeneratedApplication("dev", "", "infra-40-data", manifest)
    pairing = Pairing("dev", estate.in_environment("dev")[0], plan.releases[0], application)
    left = rendered or make_rendered(make_manifest("ConfigMap", "one"))
    return judge_by_plugin(pairing, plan, left, "helmfiles/40-data.yaml.gotmpl", CopyState(fault), 6)


def test_the_same_files_are_explained_and_never_equal(root: Path) -> None:
    row = judged(root)
    assert row.verdict is Verdict.EXPLAINED
    assert [explanation.kind for explanation in row.explanations] == ["plugin"]


@pytest.mark.parametrize("env", [{"HELMFILE_ENVIRONMENT": "production"}, {"HELMFILE_FILE": "helmfiles/other.yaml"}])
def test_another_file_or_environment_is_different(root: Path, env: dict[str, str]) -> None:
    assert judged(root, env).verdict is Verdict.DIFFERENT


def test_a_fault_of_the_copy_is_different_and_a_failed_render_unrendered(root: Path) -> None:
    assert judged(root, fault="charts/redis differs").verdict is Verdict.DIFFERENT
    assert judged(root, rendered=Rendered(error="no such chart")).verdict is Verdict.UNRENDERED


def test_edges_inside_a_layer_or_against_its_order_are_lost(root: Path) -> None:
    estate = read_estate(request(root))
    base = estate.releases[0]
    plans = []
    for name, layer in (("a", "10-x"), ("b", "10-x"), ("c", "20-y")):
        plan = plan_release(base)
        plans.append(type(plan)(**{**vars(plan), "id": name, "layer": layer}))
    edges = [("a", "b"), ("a", "c"), ("c", "b")]
    graph = ReleaseGraph((), tuple(Edge(one, two, "needs", "stated", ("dev",)) for one, two in edges))
    found = lost_order(make_plan(*plans, layout="plugin"), graph)
    assert [(f.release, f.severity, "both are in" in f.message) for f in found] == [
        ("b", Severity.ERROR, True),
        ("b", Severity.ERROR, False),
    ]


def test_the_name_of_a_layers_application_is_one_that_kubernetes_takes() -> None:
    assert application_name("40-Data_plane") == "infra-40-data-plane"
    assert len(application_name("x" * 90)) == 63


CHART = "apiVersion: v2\nname: redis\nversion: 1.2.3\ndependencies:\n- {name: lib, version: 0.1.0, repository: 'file://%s'}\n"
LIBRARY = {
    "Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
    "templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-lib}\n",
}


def depend(root: Path, place: str = "../../shared/lib", folder: str = "shared/lib") -> None:
    """The chart of the estate depends on a folder beside it."""
    (root / "charts/redis/Chart.yaml").write_text(CHART % place)
    for name, text in LIBRARY.items():
        (root / folder / name).parent.mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text(text)


def variables(tree: FileTree) -> dict[str, str]:
    env = document(tree, f"{APPS}/infra-40-data.yaml")["spec"]["source"]["plugin"]["env"]
    return {entry["name"]: entry["value"] for entry in env}


def test_the_copy_follows_dependencies_that_lie_outside_the_chart(root: Path) -> None:
    depend(root)
    _, tree, _ = emitted(root)
    for name, text in LIBRARY.items():
        assert tree.text(f"{SOURCES}/shared/lib/{name}") == text
    assert variables(tree)["HELMFILE_DEPENDENCIES"] == "charts/redis"
    assert faults(root) == {""}


def test_one_that_is_packed_already_needs_no_building(root: Path) -> None:
    depend(root)
    for name, text in LIBRARY.items():
        place = root / "charts/redis/charts/lib" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    _, tree, _ = emitted(root)
    assert "HELMFILE_DEPENDENCIES" not in variables(tree)
    assert f"{SOURCES}/shared/lib/Chart.yaml" in tree.files


def test_what_has_to_be_fetched_is_not_built_in_the_plugin(root: Path) -> None:
    depend(root)
    chart = root / "charts/redis/Chart.yaml"
    chart.write_text(chart.read_text() + "- {name: far, version: 1.0.0, repository: 'https://charts.example.org'}\n")
    _, tree, _ = emitted(root)
    assert "HELMFILE_DEPENDENCIES" not in variables(tree)


def test_a_dependency_outside_the_root_is_told(root: Path) -> None:
    depend(root, "../../../elsewhere/lib", "../elsewhere/lib")
    _, tree, _ = emitted(root)
    (finding,) = [one for one in tree.findings if one.code == "EM052"]
    assert "../elsewhere/lib lies outside the estate's root" in finding.message


@pytest.mark.parametrize("change", [lambda file: file.write_text("kind: Other\n"), lambda file: file.unlink()])
def test_a_copied_dependency_that_changed_is_told(root: Path, change: Callable[[Path], object]) -> None:
    depend(root)
    found = faults(root, lambda copy: change(copy / "shared/lib/templates/configmap.yaml"))
    assert found == {"shared/lib differs"}


PROGRAMS = ("helmfile", "helm", "bash", "jq")


@pytest.mark.rig
@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)} on PATH")
@pytest.mark.parametrize("place", ["../../shared/lib", "../lib"])
def test_helmfile_prints_the_same_in_the_copied_folder_alone(root: Path, tmp_path: Path, place: str) -> None:
    """The plugin's own script, without its last step (yq, for namespaces), where nothing but the copy is."""
    depend(root, place, "charts/redis".rpartition("/")[0] + "/lib" if place == "../lib" else "shared/lib")
    wanted = printed(root, "-f", "helmfiles/40-data.yaml.gotmpl", "-e", "dev", "template", "--skip-tests")
    shutil.rmtree(root / "charts/redis/charts")  # what helmfile packed there must not be in the copy
    (root / "charts/redis/Chart.lock").unlink()
    _, tree, _ = emitted(root)
    alone = tmp_path / "plugin"
    write_tree(alone, tree)
    shutil.rmtree(root)
    config_map = document(tree, "environments/dev/argocd/ops/helmfile-plugin.yaml")
    manifest: Any = load_yaml(config_map["data"]["plugin.yaml"])
    (script,) = manifest["spec"]["generate"]["args"]
    before, pipe, _ = script.partition(" |\n      NAMESPACE=")
    assert pipe
    environment = {f"ARGOCD_ENV_{name}": value for name, value in variables(tree).items()}
    done = subprocess.run(
        ["bash", "-c", f"{before}\n  done\n"],
        cwd=alone / SOURCES,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert objects(done.stdout) == objects(wanted)
    assert "from-lib" in done.stdout


def printed(folder: Path, *arguments: str) -> str:
    command = ["helmfile", "--quiet", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def objects(text: str) -> list[Any]:
    return [value for node in compose_yaml(text) if (value := plain_value(node))]
