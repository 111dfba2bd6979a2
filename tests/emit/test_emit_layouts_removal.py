"""The layout kustomize where an environment parks a release or renders nothing of it, and what then goes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.kustomize import kustomize_build
from migrate.emit import emit_tree
from migrate.expand import expand_tree
from migrate.model.finding import Severity
from migrate.model.manifest import Manifest
from migrate.model.tree import FileTree
from tests.conftest import CHART, Migrate, git, write_files
from tests.emit.emit_nouns import (
    document,
    make_estate,
    make_key,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)
from tests.emit.test_emit_layouts_kustomize import APPSET, FOLDER, built, config, kustomized

FINALIZER = "resources-finalizer.argocd.argoproj.io"


def names(tree: FileTree, environment: str = "dev") -> list[str]:
    expansion = expand_tree(tree, (environment,))
    assert not expansion.errors
    return [application.name for application in expansion.applications]


def folders(tree: FileTree) -> set[str]:
    found = {path.rpartition("/")[0] for path in tree.under(FOLDER).paths()}
    return {path.removeprefix(f"{FOLDER}/") for path in found}


def moved(tree: FileTree, before: str, after: str) -> FileTree:
    """The tree after a person moved a folder of the component."""
    head, other = f"{FOLDER}/{before}/", f"{FOLDER}/{after}/"
    return FileTree({other + p.removeprefix(head) if p.startswith(head) else p: c for p, c in tree.files.items()})


def deployed_and_parked(root: Path, **plan: Any) -> FileTree:
    """The tree of a release that production deploys and ``dev`` parks."""
    objects = {"production": (config(a="1"),), "dev": (config(a="2"), config("own"))}
    return kustomized(root, objects, parked=("dev",), release={"keys": (make_key("installed", "x"),)}, **plan)


def test_what_is_parked_lies_where_no_generator_looks_and_says_so(tmp_path: Path) -> None:
    tree = deployed_and_parked(tmp_path)
    assert folders(tree) == {"base", "envs/production", "envs-disabled/dev", "envs-disabled/dev/patches"}
    assert [one["data"]["a"] for one in built(tree, "dev", "envs-disabled").values() if "a" in one["data"]] == ["2"]
    head = tree.text(f"{FOLDER}/envs-disabled/dev/kustomization.yaml").splitlines()[0]
    assert head == "# Parked: it is not installed in this environment. Moving this folder to envs/dev deploys it."
    assert names(tree, "production") == ["redis"]
    assert not [path for path in tree.paths() if path.startswith("environments/dev/argocd/apps/")]


def test_a_condition_that_is_false_is_told_as_such(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (config(),)}, release={"enabled": False})
    assert "its condition is false" in tree.text(f"{FOLDER}/envs-disabled/dev/kustomization.yaml")


def test_moving_the_folder_parks_a_release_and_deploys_it(tmp_path: Path) -> None:
    tree = deployed_and_parked(tmp_path)
    parked = moved(tree, "envs/production", "envs-disabled/production")
    assert names(parked, "production") == []
    assert names(moved(parked, "envs-disabled/production", "envs/production"), "production") == ["redis"]


def test_the_table_has_a_line_for_what_is_parked_so_that_moving_its_folder_is_enough(tmp_path: Path) -> None:
    one, two = make_release(installed=False), make_release("web")
    plan = make_plan(plan_release(one), plan_release(two), environments=("dev",), layout="kustomize")
    rendered = {("dev", one.id): make_rendered(config()), ("dev", two.id): make_rendered(config("web"))}
    tree = emit_tree(make_estate(tmp_path, one, two, environments=("dev",)), plan, rendered)
    assert names(tree) == ["web"]
    assert names(moved(tree, "envs-disabled/dev", "envs/dev")) == ["redis", "web"]


def test_what_one_environment_parks_does_not_keep_the_others_from_sharing(tmp_path: Path) -> None:
    objects = {"dev": (config("other"),), "staging": (config(),), "production": (config(),)}
    tree = kustomized(tmp_path, objects, parked=("dev",))
    assert document(tree, f"{FOLDER}/base/kustomization.yaml")["resources"] == ["configmap-settings.yaml"]
    assert document(tree, f"{FOLDER}/envs-disabled/dev/kustomization.yaml")["resources"] == ["configmap-other.yaml"]
    assert [one["metadata"]["name"] for one in built(tree, "staging").values()] == ["settings"]


def test_parked_and_rendering_nothing_has_no_folder_and_the_ledger_says_so(tmp_path: Path) -> None:
    keys = {"keys": (make_key("installed", False),)}
    tree = kustomized(tmp_path, {"dev": ()}, parked=("dev",), release=keys)
    assert not tree.under(FOLDER).files
    assert {entry.target for entry in tree.ledger if entry.key == "installed"} == {
        "nothing: it is parked, and renders nothing here"
    }
    kept = kustomized(tmp_path, {"dev": (config(),)}, parked=("dev",), release=keys)
    assert {entry.target for entry in kept.ledger if entry.key == "installed"} == {
        f"{FOLDER}/envs-disabled/dev: parked"
    }


def test_what_renders_nothing_is_an_empty_folder_a_finding_and_a_word_in_the_ledger(tmp_path: Path) -> None:
    objects: dict[str, tuple[Manifest, ...]] = {"dev": (), "staging": (config(),), "production": (config(),)}
    tree = kustomized(tmp_path, objects, release={"keys": (make_key("values", []),)})
    assert document(tree, f"{FOLDER}/envs/dev/kustomization.yaml")["resources"] == []
    assert document(tree, f"{FOLDER}/envs/staging/kustomization.yaml")["resources"] == ["../../base"]
    assert names(tree) == ["redis"]
    (finding,) = [one for one in tree.findings if one.code == "EM057"]
    assert (finding.severity, finding.environment, finding.release) == (Severity.WARNING, "dev", "data/redis")
    assert str(finding.source) == "helmfiles/40-data-plane.yaml.gotmpl:12"
    assert "never pruned" in finding.message
    (said,) = {entry.target for entry in tree.ledger if (entry.key, entry.environment) == ("values", "dev")}
    assert said == f"{FOLDER}/envs/dev: nothing is rendered here, and nothing pruned"


def test_what_renders_nothing_but_tests_of_its_chart_renders_nothing(tmp_path: Path) -> None:
    test = make_manifest("Job", "t", annotations={"helm.sh/hook": "test"})
    tree = kustomized(tmp_path, {"dev": (test, make_manifest("Job", "u", annotations={"helm.sh/hook": "test"}))})
    assert "EM057" not in [finding.code for finding in tree.findings], "hooks alone become plain objects"
    only_at_deletion = make_manifest("Job", "t", annotations={"helm.sh/hook": "pre-delete"})
    tree = kustomized(tmp_path, {"dev": (only_at_deletion,)})
    assert {"EM033", "EM057"} <= {finding.code for finding in tree.findings}


@pytest.mark.skipif(shutil.which("kustomize") is None, reason="there is no kustomize on PATH")
def test_kustomize_builds_every_folder_the_empty_one_too(tmp_path: Path) -> None:
    objects: dict[str, tuple[Manifest, ...]] = {"dev": (), "staging": (config(),), "production": (config(),)}
    tree = kustomized(tmp_path, objects, parked=("production",))
    files = {path: tree.files[path] for path in tree.under(FOLDER).paths()}
    texts = [kustomize_build(files, folder=f"{FOLDER}/{name}") for name in ("envs/dev", "envs-disabled/production")]
    assert (texts[0].strip(), "name: settings" in texts[1]) == ("", True)


def test_by_default_nothing_goes_with_its_folder(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (config(),)}, handover="done")
    assert document(tree, APPSET)["spec"]["syncPolicy"] == {
        "preserveResourcesOnDeletion": True,
        "applicationsSync": "create-update",
    }
    (application,) = expand_tree(tree, ("dev",)).applications
    assert "finalizers" not in application.manifest["metadata"]  # type: ignore[operator]
    assert "That deletes nothing" in tree.text("README.md")


CLAIM = make_manifest("PersistentVolumeClaim", "data")


@pytest.mark.parametrize(("objects", "goes"), [((config(),), True), ((config(), CLAIM), False)])
def test_removal_delete_takes_along_all_but_what_holds_data(
    tmp_path: Path, objects: tuple[Manifest, ...], goes: bool
) -> None:
    tree = kustomized(tmp_path, {"dev": objects}, handover="done", removal="delete")
    assert document(tree, APPSET)["spec"]["syncPolicy"] == {
        "preserveResourcesOnDeletion": True,
        "applicationsSync": "sync",
    }
    (application,) = expand_tree(tree, ("dev",)).applications
    metadata: Any = application.manifest["metadata"]
    assert metadata.get("finalizers", []) == ([FINALIZER] if goes else [])
    runbook = tree.text("README.md")
    assert "**Its Application is deleted, and with it all its objects**" in runbook
    assert ("| redis | PersistentVolumeClaim |" in runbook) is not goes


def test_removal_delete_waits_until_all_is_handed_over(tmp_path: Path) -> None:
    tree = kustomized(tmp_path, {"dev": (config(),)}, handover="manual", removal="delete")
    assert document(tree, APPSET)["spec"]["syncPolicy"]["applicationsSync"] == "create-update"
    assert "That deletes nothing" in tree.text("README.md")


STATE = """\
environments:
  dev: {values: [{colour: none, there: false}]}
  prod: {values: [{colour: red, there: true}]}
---
releases:
  - name: front
    namespace: web
    chart: ./charts/web
    values: [{colour: {{ .Values.colour }}}]
  - name: back
    namespace: web
    chart: ./charts/web
    installed: {{ .Values.there }}
"""


@pytest.mark.skipif(shutil.which("kustomize") is None, reason="there is no kustomize on PATH")
@pytest.mark.parametrize("removal", ["keep", "delete"])
def test_such_an_estate_goes_all_the_way(tmp_path: Path, migrate: Migrate, removal: str) -> None:
    template = CHART["charts/web/templates/deployment.yaml"]
    files = {f"helmfiles/{name}": text for name, text in CHART.items()}
    files["helmfiles/charts/web/templates/deployment.yaml"] = (
        f'{{{{ if ne .Values.colour "none" }}}}\n{template}{{{{ end }}}}\n'
    )
    decided = f"estate: helmfiles\nlayout: kustomize\nhandover: done\nremoval: {removal}\n"
    write_files(tmp_path, {**files, "helmfiles/10-base.yaml.gotmpl": STATE, "migration.yaml": decided})
    git(tmp_path, "init", "--quiet")
    assert migrate(tmp_path, "plan").code == 0
    done = migrate(tmp_path, "convert")
    assert done.code == 0, done.err
    assert "warning EM057 helmfiles/10-base.yaml.gotmpl:6 [dev]: web/front renders nothing in dev" in done.err
    rows = {
        (row["environment"], row["id"]): (row["verdict"], [one["kind"] for one in row["explanations"]])
        for row in json.loads(migrate(tmp_path, "verify", "--output", "json").out)["releases"]
    }
    assert rows == {
        ("dev", "web/front"): ("explained", ["renders-nothing"]),
        ("prod", "web/front"): ("equal", []),
        ("prod", "web/back"): ("equal", []),
    }
    judged = migrate(tmp_path, "lint")
    assert judged.code == 0, judged.err
    assert migrate(tmp_path, "convert", "--check").code == 0
    (layer,) = json.loads(migrate(tmp_path, "status", "--output", "json").out)["layers"]
    assert (layer["converted"], layer["verified"]) == (True, True)
