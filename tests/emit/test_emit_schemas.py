"""Every YAML file of the sample estate's four trees, and every Application that they become, keeps a schema."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.doors.yaml import dump_yaml, load_yaml
from migrate.emit import component_schema
from migrate.expand import expand_tree
from migrate.model.application import Expansion
from migrate.model.estate import ReadRequest
from migrate.model.plan import Plan
from migrate.model.plugin import SOURCES
from migrate.model.tree import FileTree
from migrate.plan import load_plan, plan_schema
from tests.conftest import ROOT
from tests.emit.schemas import argocd_faults, file_faults, tree_faults
from tests.emit.test_emit_ledger_estates import assert_whole

LAYOUTS = ("environments", "shared", "kustomize", "plugin")
KINDS = {
    "environments": {"ApplicationSet"},
    "shared": {"ApplicationSet"},
    "kustomize": {"ApplicationSet"},
    "plugin": {"Application"},
}
"""What stands in argocd/apps."""


@pytest.fixture(scope="module", name="reading")
def _reading() -> tuple[pipeline.Reading, Plan]:
    """The sample estate, read and rendered once, and its plan."""
    decided = load_plan((ROOT / "migration.yaml").read_text("utf-8"), "migration.yaml")
    console = SilentConsole(io.StringIO())
    request = ReadRequest(str(ROOT / "helmfiles"))
    read = pipeline.read_and_render(request, decided=decided, clusters={}, console=console, jobs=2)
    return read, pipeline.plan_releases(read, decided)


@pytest.fixture(scope="module", name="trees")
def _trees(reading: tuple[pipeline.Reading, Plan]) -> Mapping[str, FileTree]:
    """Layout → tree. What only a hand-over emits (strategy, automated) is in two of them, and its absence in two."""
    read, plan = reading
    handovers = {"environments": "manual", "shared": "done", "kustomize": "done", "plugin": "manual"}
    return {
        layout: pipeline.build_tree(
            read, replace(plan, layout=layout, handover=handovers[layout]), console=SilentConsole(io.StringIO())
        )
        for layout in LAYOUTS
    }


@pytest.fixture(scope="module", name="expansions")
def _expansions(trees: Mapping[str, FileTree]) -> Mapping[str, Expansion]:
    return {layout: expand_tree(tree) for layout, tree in trees.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_file_has_a_schema_and_keeps_it(trees: Mapping[str, FileTree], layout: str) -> None:
    tree = trees[layout]
    assert len(tree.files) > 400
    assert tree_faults(tree) == []
    in_apps = {load_yaml(tree.text(path))["kind"] for path in tree.paths() if "/argocd/apps/" in path}  # type: ignore[index,call-overload]
    assert in_apps == KINDS[layout]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_application_that_they_become_keeps_its_schema(expansions: Mapping[str, Expansion], layout: str) -> None:
    expansion = expansions[layout]
    assert not expansion.errors
    assert len(expansion.applications) == (52 if layout == "plugin" else 247)
    assert [fault for one in expansion.applications for fault in application_faults(one.manifest)] == []


def application_faults(manifest: Any) -> list[str]:
    """An Application as the controller creates it: what names its kind is not part of what it generates."""
    document = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", **manifest}
    return list(argocd_faults(document, "Application"))


def test_the_copy_of_the_estate_is_the_estate_byte_by_byte(trees: Mapping[str, FileTree]) -> None:
    copy = trees["plugin"].under(SOURCES)
    assert len(copy.files) > 300
    for path in copy.paths():
        assert (ROOT / path.removeprefix(f"{SOURCES}/")).read_bytes() == copy.files[path], path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_carried_and_dropped_are_all_that_is_present(
    reading: tuple[pipeline.Reading, Plan], trees: Mapping[str, FileTree], layout: str
) -> None:
    assert_whole(reading[0].estate, trees[layout])


def edit(*place: str | int, to: Any = None, drop: bool = False) -> Callable[[Any], None]:
    """A change of a document at a place: another value, or none."""

    def change(document: Any) -> None:
        *above, last = place
        for step in above:
            document = document[step]
        if drop:
            del document[last]
        else:
            document[last] = to

    return change


PRODUCTION = "environments/production"
APPS = f"{PRODUCTION}/argocd/apps/components-production.yaml"
COMPONENT = f"{PRODUCTION}/components/observability/grafana/component.yaml"
PROJECT = f"{PRODUCTION}/argocd/projects/platform.yaml"
ROOT_APPLICATION = f"{PRODUCTION}/argocd/parent/apps-root-production.yaml"
REPOSITORY = f"{PRODUCTION}/argocd/repos/repo-git-example-com-platform-gitops.yaml"
OPS = f"{PRODUCTION}/argocd/ops"
PROPOSAL = f"{PRODUCTION}/secrets/platform/auth/keycloak.yaml"
OVERLAY = "argocd/platform/loki/envs/production"
FAULTS: tuple[tuple[str, str, Callable[[Any], None], str], ...] = (
    ("environments", COMPONENT, edit("rolloutPhase", to=540), "$.rolloutPhase: 540 is not of type 'string'"),
    ("environments", COMPONENT, edit("wave", to="later"), "$.wave: 'later' does not match"),
    ("environments", COMPONENT, edit("chart", "version", to=1.1), "$.chart.version: 1.1 is not of type 'string'"),
    ("environments", COMPONENT, edit("kubeVersion", drop=True), "$: 'kubeVersion' is a required property"),
    ("environments", COMPONENT, edit("colour", to="red"), "'colour' was unexpected"),
    ("environments", COMPONENT, edit("name", to="Grafana"), "$.name: 'Grafana' does not match"),
    ("environments", COMPONENT, edit("syncOptions", to=["Prune"]), "$.syncOptions[0]: 'Prune' does not match"),
    ("environments", COMPONENT, edit("fileParameters", to=[{"name": "a", "path": "no/such"}]), "names no/such"),
    ("environments", APPS, edit("spec", "strategi", to={}), "'strategi' was unexpected"),
    ("environments", APPS, edit("spec", "goTemplate", to="true"), "$.spec.goTemplate: 'true' is not of type 'boolean'"),
    ("environments", APPS, edit("spec", "generators", 0, "git", "revision", drop=True), "'revision' is a required"),
    ("environments", APPS, edit("spec", "template", "spec", "project", drop=True), "'project' is a required property"),
    ("environments", APPS, edit("metadata", "name", to="Components"), "$.name: 'Components' does not match"),
    ("environments", APPS, edit("kind", to="AppProject"), "its kind is AppProject"),
    ("shared", APPS, edit("spec", "strategy", "rollingSync", "steps", 0, "maxUpdate", to=1.5), "1.5 is not valid"),
    ("shared", "config/clusters/production.yaml", edit("target", "server", drop=True), "'server' is a required"),
    ("environments", APPS, edit("spec", "template", "spec", "source", "tagPrefix", to="v"), "3.3 has no tagPrefix"),
    ("environments", PROJECT, edit("spec", "destinations", 0, "cluster", to="x"), "'cluster' was unexpected"),
    ("environments", PROJECT, edit("spec", "sourceRepos", to="x"), "'x' is not of type 'array'"),
    ("environments", ROOT_APPLICATION, edit("spec", "destination", to="in-cluster"), "is not of type 'object'"),
    ("environments", REPOSITORY, edit("stringData", "password", to="x"), "'password' was unexpected"),
    ("environments", f"{OPS}/argocd-cm.yaml", edit("data", "timeout", to=5), "$.data.timeout: 5 is not of type"),
    ("environments", f"{OPS}/argocd-cmd-params-cm.yaml", edit("dat", to={}), "'dat' was unexpected"),
    ("environments", f"{OPS}/argocd-values.yaml", edit("configs", "params", "a", to=True), "True is not of type"),
    ("environments", PROPOSAL, edit("spec", "data", 0, "remoteRef", to={}), "'key' is a required property"),
    ("plugin", f"{OPS}/helmfile-plugin.yaml", edit("data", "plugin.yaml", to="kind: X\n"), "plugin.yaml: $"),
    ("plugin", f"{OPS}/argocd-repo-server-patch.yaml", edit("spec", "replicas", to=2), "'replicas' was unexpected"),
    ("plugin", f"{PRODUCTION}/argocd/apps/infra-20-core-operators.yaml", edit("spec", "layer", to=1), "unexpected"),
    ("kustomize", f"{OVERLAY}/kustomization.yaml", edit("resources", 0, to="no.yaml"), "names no.yaml"),
    ("kustomize", f"{OVERLAY}/kustomization.yaml", edit("namePrefix", to="x-"), "'namePrefix' was unexpected"),
)


@pytest.mark.parametrize(("layout", "path", "change", "said"), FAULTS, ids=[f"{f[1][-30:]}-{f[3]}" for f in FAULTS])
def test_a_fault_is_named(
    trees: Mapping[str, FileTree], layout: str, path: str, change: Callable[[Any], None], said: str
) -> None:
    tree = trees[layout]
    document: Any = load_yaml(tree.text(path))
    change(document)
    faults = file_faults(FileTree({**tree.files, path: dump_yaml(document).encode()}), path)
    assert faults, path
    assert all(fault.startswith(f"{path}: ") for fault in faults)
    assert any(said in fault for fault in faults), faults


def objects(kind: str) -> Callable[[str], bool]:
    """Paths of a kind's objects in the layout kustomize."""
    return lambda path: path.startswith("argocd/") and path.rpartition("/")[2].startswith(f"{kind}-")


OBJECT_FAULTS: tuple[tuple[str, Callable[[Any], None], str], ...] = (
    ("configmap", edit("data", "a", to={"b": 1}), "is not of type 'string'"),
    ("configmap", edit("spec", to={}), "'spec' was unexpected"),
    ("secret", edit("data", to={"a": "no base64!"}), "it is not base64"),
    ("namespace", edit("metadata", "name", drop=True), "'name' is a required property"),
    ("deployment", edit("metadata", "labels", to={"a": 1}), "is not of type 'string'"),
    ("service", edit("apiVersion", drop=True), "'apiVersion' is a required property"),
)


@pytest.mark.parametrize(("kind", "change", "said"), OBJECT_FAULTS)
def test_a_fault_of_an_object_is_named(
    trees: Mapping[str, FileTree], kind: str, change: Callable[[Any], None], said: str
) -> None:
    tree = trees["kustomize"]
    path = next(path for path in tree.paths() if objects(kind)(path) and "/patches/" not in path)
    document: Any = load_yaml(tree.text(path))
    change(document)
    faults = file_faults(FileTree({**tree.files, path: dump_yaml(document).encode()}), path)
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"- {op: add, path: no-pointer, value: 1}\n", "is not valid under any of the given schemas"),
        (b"- {op: remove, path: /a, value: 1}\n", "is not valid under any of the given schemas"),
        (b"[]\n", "should be non-empty"),
    ],
)
def test_a_patch_that_is_none_is_named(trees: Mapping[str, FileTree], content: bytes, said: str) -> None:
    tree = trees["kustomize"]
    path = next(path for path in tree.paths() if "/patches/" in path)
    (fault,) = file_faults(FileTree({**tree.files, path: content}), path)
    assert said in fault


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_that_nothing_knows_and_one_that_is_no_yaml_are_named(
    trees: Mapping[str, FileTree], layout: str
) -> None:
    files = {
        **trees[layout].files,
        f"{PRODUCTION}/more.yaml": b"a: 1\n",
        f"{PRODUCTION}/argocd/ops/argocd-cm.yaml": b"a: [\n",
    }
    first, second = tree_faults(FileTree(files))
    assert "argocd-cm.yaml: " in first
    assert second == f"{PRODUCTION}/more.yaml: no schema is for this file"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit("spec", "source", "helm", "valuesFiles", to=["a"]), "'valuesFiles' was unexpected"),
        (edit("spec", "source", "repoURL", drop=True), "'repoURL' is a required property"),
        (edit("metadata", "labels", "wave", to=250), "250 is not of type 'string'"),
        (edit("metadata", "name", to="a_b"), "'a_b' does not match"),
    ],
)
def test_a_fault_of_an_application_is_named(
    expansions: Mapping[str, Expansion], change: Callable[[Any], None], said: str
) -> None:
    manifest: Any = json.loads(json.dumps(expansions["environments"].applications[0].manifest))
    assert application_faults(manifest) == []
    change(manifest)
    assert any(said in fault for fault in application_faults(manifest))


def test_the_published_schema_of_components_is_what_the_program_says() -> None:
    file = ROOT / "docs/reference/component.schema.json"
    text = json.dumps(component_schema(), indent=1, ensure_ascii=False) + "\n"
    assert file.read_text(encoding="utf-8") == text, "run: make reference"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_decision_that_a_line_came_from_is_a_key_of_the_plan(trees: Mapping[str, FileTree], layout: str) -> None:
    entries = [entry.origin for found in trees[layout].provenance.values() for entry in found]
    pointers = {origin.partition("#")[2] for origin in entries if origin.startswith("migration.yaml#")}
    assert {"target/repoURL", "target/revision", "handover"} <= pointers
    assert [pointer for pointer in pointers if not is_key(pointer, plan_schema())] == []
    assert not is_key("repoURL", plan_schema())
    assert not is_key("releases/a/b/colour", plan_schema())


def is_key(pointer: str, schema: Any) -> bool:
    """Whether the plan's file can say ``target/repoURL``; a release's id is two words."""
    words = pointer.split("/")
    if words[0] == "releases":
        words = ["releases", "/".join(words[1:3]), *words[3:]]
    node = schema
    for word in words:
        node = node.get("properties", {}).get(word) or node.get("additionalProperties")
        if not isinstance(node, dict):
            return False
    return True
