"""The layout kustomize: resources as rendered, patches for what an environment has otherwise."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.kustomize import kustomize_build
from migrate.doors.yaml import load_yaml
from migrate.emit import emit_tree
from migrate.expand import expand_tree
from migrate.model.estate import Placeholder, SetValue
from migrate.model.finding import Severity, SourceLocation
from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.tree import FileTree
from migrate.plan import lost_order
from tests.emit.emit_nouns import (
    document,
    make_estate,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)

FOLDER = "argocd/data-services/redis"
APPSET = "environments/dev/argocd/apps/components-dev-data-services.yaml"
OPTIONS, WAVE = "argocd.argoproj.io/sync-options", "argocd.argoproj.io/sync-wave"
needs_kustomize = pytest.mark.skipif(shutil.which("kustomize") is None, reason="there is no kustomize on PATH")


def config(name: str = "settings", **data: Any) -> Manifest:
    found: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "data"},
        "data": {"one": "a long text that all of them have " * 20, **data},
    }
    return Manifest(ObjectKey("", "ConfigMap", "data", name), found, json.dumps(found))


def custom(kind: str, group: str) -> Manifest:
    return make_manifest(kind, "it", group=group)


def definition(kind: str, group: str) -> Manifest:
    key = ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", f"{kind.lower()}s.{group}")
    found: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": key.kind,
        "metadata": {"name": key.name},
        "spec": {"group": group, "names": {"kind": kind}},
    }
    return Manifest(key, found, json.dumps(found))


def kustomized(
    root: Path,
    objects: Mapping[str, tuple[Manifest, ...]],
    *,
    release: Mapping[str, Any] | None = None,
    parked: Sequence[str] = (),
    **plan: Any,
) -> FileTree:
    """The tree of one release with these objects by environment; ``plan`` fields of the release or of the plan."""
    releases = [make_release(environment=name, installed=name not in parked, **(release or {})) for name in objects]
    of_plan = {key: plan.pop(key) for key in ("handover", "layer_handover", "removal") if key in plan}
    whole = make_plan(plan_release(releases[0], **plan), environments=list(objects), layout="kustomize", **of_plan)
    rendered = {(name, releases[0].id): make_rendered(*found) for name, found in objects.items()}
    return emit_tree(make_estate(root, *releases, environments=list(objects)), whole, rendered)


def patched(base: Any, operations: list[Any]) -> Any:
    """What JSON patch makes of an object."""
    found = json.loads(json.dumps(base))
    for operation in operations:
        *steps, last = [s.replace("~1", "/").replace("~0", "~") for s in operation["path"].split("/")[1:]]
        place = found
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        at: Any = int(last) if isinstance(place, list) else last
        if operation["op"] == "remove":
            del place[at]
        else:
            assert operation["op"] == ("replace" if not isinstance(place, dict) or at in place else "add")
            place[at] = operation["value"]
    return found


def built(tree: FileTree, environment: str, place: str = "envs") -> dict[str, Any]:
    """File → object of one environment, put together from base, patches and its own resources."""
    folder = f"{FOLDER}/{place}/{environment}"
    overlay = document(tree, f"{folder}/kustomization.yaml")
    found = {}
    for entry in overlay["resources"]:
        if entry != "../../base":
            found[entry] = document(tree, f"{folder}/{entry}")
            continue
        for name in document(tree, f"{FOLDER}/base/kustomization.yaml")["resources"]:
            found[name] = document(tree, f"{FOLDER}/base/{name}")
    for entry in overlay.get("patches", []):
        name = entry["path"].removeprefix("patches/")
        assert entry["target"]["kind"] == found[name]["kind"]
        found[name] = patched(found[name], document(tree, f"{folder}/{entry['path']}"))
    return found


def test_what_differs_in_a_few_places_is_a_patch(tmp_path: Path) -> None:
    first: dict[str, Any] = {"a/b~c": "1", "gone": "x", "list": ["a", "b"], "grown": ["a"]}
    second: dict[str, Any] = {"a/b~c": "2", "new": "y", "list": ["a", "z"], "grown": ["a", "b"]}
    dev, production = config(**first), config(**second)
    tree = kustomized(tmp_path, {"dev": (dev,), "production": (production,)})
    assert list(built(tree, "dev").values()) == [dev.document]
    assert list(built(tree, "production").values()) == [production.document]
    assert not tree.under(f"{FOLDER}/envs/dev/patches").files
    operations = document(tree, f"{FOLDER}/envs/production/patches/configmap-settings.yaml")
    assert {(o["op"], o["path"]) for o in operations} == {
        ("replace", "/data/a~1b~0c"),
        ("remove", "/data/gone"),
        ("add", "/data/new"),
        ("replace", "/data/list/1"),
        ("replace", "/data/grown"),
    }


def test_what_only_one_environment_has_or_has_all_otherwise_stands_there_whole(tmp_path: Path) -> None:
    dev = (config(), config("own"), config("other", one="1", **{f"k{n}": "1" for n in range(9)}))
    production = (config(), config("other", one="2", **{f"k{n}": "2" for n in range(9)}))
    tree = kustomized(tmp_path, {"dev": dev, "production": production})
    assert document(tree, f"{FOLDER}/base/kustomization.yaml")["resources"] == ["configmap-settings.yaml"]
    for name, objects in (("dev", dev), ("production", production)):
        found = {one["metadata"]["name"]: one for one in built(tree, name).values()}
        assert found == {manifest.key.name: manifest.document for manifest in objects}


def test_without_anything_in_common_there_is_no_base(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (config("one"),), "production": (config("two"),)})
    assert not tree.under(f"{FOLDER}/base").files
    assert document(tree, f"{FOLDER}/envs/dev/kustomization.yaml")["resources"] == ["configmap-one.yaml"]


def test_objects_of_one_name_have_files_of_their_own(tmp_path: Path) -> None:
    twins = (
        make_manifest("Role", "a:b", group="rbac.authorization.k8s.io"),
        make_manifest("Role", "a.b", group="x.io"),
    )
    other = make_manifest("Role", "a-b", group="x.io", namespace="elsewhere")
    tree = kustomized(tmp_path, {"dev": (*twins, other)})
    assert len(built(tree, "dev")) == 3


@needs_kustomize
def test_kustomize_makes_the_objects_of_the_environment(tmp_path: Path) -> None:
    dots = (config("a.b", text="1"), config("axb", text="1"))
    others = (config("a.b", text="2\n3: 'x'"), config("axb", text="1"))
    tree = kustomized(tmp_path, {"dev": dots, "production": others})
    files = {path: tree.files[path] for path in tree.under(FOLDER).paths()}
    texts = kustomize_build(files, folder=f"{FOLDER}/envs/production").split("\n---\n")
    assert [load_yaml(text) for text in texts] == [manifest.document for manifest in others]


def test_an_application_gets_what_its_row_of_the_table_says(tmp_path: Path) -> None:
    pointers = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    tree = kustomized(tmp_path, {"dev": (config(),)}, ignore_differences=(pointers,), sync_options=("PruneLast=true",))
    expansion = expand_tree(tree, ("dev",))
    assert not expansion.errors
    (application,) = expansion.applications
    manifest: Any = application.manifest
    assert application.name == "redis"
    assert manifest["metadata"]["labels"]["rollout-phase"] == "250"
    assert manifest["spec"] == {
        "project": "data-services",
        "source": {
            "repoURL": "https://git.example.com/team/gitops.git",
            "targetRevision": "main",
            "path": f"{FOLDER}/envs/dev",
        },
        "destination": {"name": "in-cluster", "namespace": "data"},
        "ignoreDifferences": [pointers],
        "syncPolicy": {"syncOptions": ["PruneLast=true"]},
    }


def test_a_folder_that_the_table_does_not_know_is_told(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (config(),)})
    more = {**tree.files, "argocd/data-services/new/envs/dev/kustomization.yaml": b"resources: []\n"}
    (error,) = expand_tree(FileTree(more), ("dev",)).errors
    assert "new is not in the table of templatePatch" in error.message


def test_in_manual_hand_over_nothing_syncs_and_nothing_is_paused(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (config(),)})
    assert "ignoreApplicationDifferences" not in document(tree, APPSET)["spec"]
    (application,) = expand_tree(tree, ("dev",)).applications
    assert "syncPolicy" not in application.manifest["spec"]  # type: ignore[operator]


@pytest.mark.parametrize("said", [{"handover": "done"}, {"layer_handover": {"40-data-plane": "done"}}])
def test_hand_over_done_syncs_by_itself_and_lets_a_person_pause(tmp_path: Path, said: dict[str, Any]) -> None:
    tree = kustomized(tmp_path, {"dev": (config(),)}, **said)
    assert document(tree, APPSET)["spec"]["ignoreApplicationDifferences"] == [{"jsonPointers": ["/spec/syncPolicy"]}]
    (application,) = expand_tree(tree, ("dev",)).applications
    manifest: Any = application.manifest
    assert manifest["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert manifest["spec"]["syncPolicy"]["syncOptions"] == ["ApplyOutOfSyncOnly=true"]


def notes(tree: FileTree) -> dict[str, dict[str, str]]:
    return {one["kind"]: one["metadata"].get("annotations", {}) for one in built(tree, "dev").values()}


def test_a_custom_resource_of_a_foreign_kind_skips_the_dry_run(tmp_path: Path) -> None:
    tree = kustomized(
        tmp_path, {"dev": (custom("Certificate", "cert-manager.io"), custom("Role", "rbac.authorization.k8s.io"))}
    )
    assert notes(tree) == {"Certificate": {OPTIONS: "SkipDryRunOnMissingResource=true"}, "Role": {}}


def test_what_a_component_defines_itself_comes_in_waves(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (custom("Thing", "x.io"), config(), definition("Thing", "x.io"))})
    assert notes(tree) == {
        "Thing": {WAVE: "1"},
        "ConfigMap": {},
        "CustomResourceDefinition": {WAVE: "-1", OPTIONS: "Prune=false"},
    }


def test_a_claim_is_never_pruned_unless_a_person_says_so(tmp_path: Path) -> None:
    plain = make_manifest("PersistentVolumeClaim", "plain")
    own = make_manifest("PersistentVolumeClaim", "own", annotations={OPTIONS: "Prune=true,Replace=true"})
    tree = kustomized(tmp_path, {"dev": (plain, own)})
    found = {one["metadata"]["name"]: one["metadata"]["annotations"][OPTIONS] for one in built(tree, "dev").values()}
    assert found == {"plain": "Prune=false", "own": "Prune=true,Replace=true"}


def test_tests_of_a_chart_are_left_out_and_hooks_alone_become_plain(tmp_path: Path) -> None:
    test = make_manifest("Job", "test", annotations={"helm.sh/hook": "test"})
    assert list(built(kustomized(tmp_path, {"dev": (config(), test)}), "dev")) == ["configmap-settings.yaml"]
    assert notes(kustomized(tmp_path, {"dev": (test,)})) == {"Job": {OPTIONS: "Force=true,Replace=true"}}


def secret(value: str) -> Manifest:
    found: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "data"},
        "data": {".dockerconfigjson": value},
    }
    return Manifest(ObjectKey("", "Secret", "data", "s"), found, json.dumps(found))


@pytest.mark.parametrize(("other", "refused"), [("PLACEHOLDER-one", False), ("q7Hx92kLmV0pZ8sW4tRb", True)])
def test_an_encoded_placeholder_is_no_secret_and_what_stands_beside_it_may_be(
    tmp_path: Path, other: str, refused: bool
) -> None:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    place = SourceLocation("x", 1)
    placeholder = Placeholder("", "ref+vault://x", "PLACEHOLDER-one", place)
    sets = (SetValue("--set", "password", "PLACEHOLDER-one", place, (placeholder,)),)
    login = {"username": "PLACEHOLDER-one", "password": other, "auth": encoded(f"PLACEHOLDER-one:{other}")}
    text = encoded(json.dumps({"auths": {"registry.example.com": login}}))
    tree = kustomized(tmp_path, {"dev": (secret(text),)}, release={"sets": sets})
    assert any(f.code == "EM020" and f.severity is Severity.ERROR for f in tree.findings) is refused


def test_every_edge_is_lost_and_told(tmp_path: Path) -> None:
    one, two = plan_release(make_release("one")), plan_release(make_release("two"))
    graph = ReleaseGraph((), (Edge("data/one", "data/two", "needs", "needs in x:1", ("dev",)),))
    plan = make_plan(one, two, layout="kustomize")
    (finding,) = lost_order(plan, graph)
    assert (finding.code, finding.severity) == ("PL011", Severity.ERROR)
    assert [found.severity for found in lost_order(plan, graph, accepted=True)] == [Severity.WARNING]
