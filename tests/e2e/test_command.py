"""The command up to the first touch of a cluster: conversion, repository, refusal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL, Migrate, git, write_files
from tests.e2e.__main__ import arguments, clean, prove
from tests.e2e.memory import MemoryCluster
from tests.e2e.repository import publish, repository_for, withdraw
from tests.e2e.test_undoing import argo, before, thing
from tests.e2e.tree import (
    LABEL,
    Conversion,
    StopError,
    argocd_objects,
    convert,
    copy_estate,
    foretell,
    is_hook,
    make_up_secrets,
)

POD = thing("Pod", "repo-server", "argocd", metadata={"labels": {"app.kubernetes.io/name": "argocd-repo-server"}})


@pytest.fixture
def estate(migrate: Migrate, tmp_path: Path) -> Path:
    folder = write_files(tmp_path / "project", SMALL)
    assert migrate(folder, "plan", "--batch").code == 0
    return folder / "helmfiles"


def test_the_cluster_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        arguments(["--environment", "dev"])
    assert stopped.value.code == 2
    assert "--kubeconfig" in capsys.readouterr().err


def test_a_layout_without_steps_is_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--kubeconfig", "x", "--layout", "kustomize"])
    assert "--layout" in capsys.readouterr().err
    assert arguments(["--kubeconfig", "x"]).layout == "environments"


def test_the_steps_of_the_layout_shared_are_foretold(estate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    copy_estate(estate, estate.parent / "migration.yaml", folder)
    conversion = Conversion("dev", "file:///somewhere", "a-branch", "1.34.0", ("--layout", "shared"))
    assert (convert(folder, conversion, "run-1") / "config/clusters").is_dir()
    assert foretell(folder, conversion).in_steps() == ["front", "back"]


def test_the_samples_secrets_are_where_stand_ins_go(tmp_path: Path) -> None:
    copy_estate(ROOT / "helmfiles", ROOT / "migration.yaml", tmp_path)
    make_up_secrets(tmp_path / "helmfiles")
    with pytest.raises(StopError, match="no longer holds its secret"):
        make_up_secrets(tmp_path / "helmfiles")


def test_what_is_foretold_carries_the_runs_label_and_every_object(estate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    copy_estate(estate, estate.parent / "migration.yaml", folder)
    conversion = Conversion("dev", "file:///somewhere", "a-branch", "1.34.0")
    tree = convert(folder, conversion, "run-1")
    labels = [one["metadata"]["labels"][LABEL] for p in ("projects", "apps") for one in argocd_objects(tree, "dev", p)]
    assert set(labels) == {"run-1"}
    assert [one["kind"] for one in argocd_objects(tree, "dev", "ops")] == ["ConfigMap", "ConfigMap"]
    foretold = foretell(folder, conversion)
    assert foretold.in_steps() == ["front", "back"]
    assert {one["metadata"]["labels"][LABEL] for one in foretold.applications.values()} == {"run-1"}
    assert not any(foretold.hooks.values())
    assert [[one["kind"] for one in foretold.targets[name]] for name in ("front", "back")] == [["Deployment"]] * 2


@pytest.mark.parametrize(
    ("annotations", "is_one"),
    [({"helm.sh/hook": "post-delete, pre-install"}, True), ({"argocd.argoproj.io/hook": "PostSync"}, True),
     ({"helm.sh/hook": "test"}, False), ({"helm.sh/hook": "post-delete"}, False), ({}, False)],
)  # fmt: skip
def test_a_hook_is_what_a_sync_runs(annotations: dict[str, str], is_one: bool) -> None:
    assert is_hook({"metadata": {"name": "x", "annotations": annotations}}) is is_one


def test_a_run_has_a_branch_of_its_own_and_takes_no_other_away(tmp_path: Path) -> None:
    tree = write_files(tmp_path / "tree", {"a.yaml": "a: 1\n", ".gitignore": "*\n"})
    repository = repository_for("", "", tmp_path, "run-1")
    assert repository.url == (tmp_path / "repository.git").as_uri()
    git(tmp_path / "repository.git", "init", "--bare", "--quiet")
    publish(repository, tree)
    other = repository_for(repository.url, "", tmp_path, "run-2")
    withdraw(other, tmp_path / "tree")
    assert git(tmp_path / "repository.git", "ls-tree", "--name-only", repository.branch).split() == [
        ".gitignore",
        "a.yaml",
    ]
    withdraw(repository, tmp_path / "tree")
    assert git(tmp_path / "repository.git", "branch", "--list") == ""


def test_a_repository_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    tree = write_files(tmp_path / "tree", {"a.yaml": "a: 1\n"})
    with pytest.raises(StopError, match="git push failed") as stopped:
        publish(repository_for((tmp_path / "nowhere").as_uri(), "", tmp_path, "run-1"), tree)
    assert stopped.value.code == 2


def test_a_cluster_in_use_is_left_exactly_as_it_is(estate: Path) -> None:
    cluster = MemoryCluster(*before(), argo("Application", "back", run=""))
    there = dict(cluster.objects)
    options = arguments(["--kubeconfig", "none", "--environment", "dev", "--estate", str(estate)])
    with pytest.raises(StopError, match="argocd/back exists already") as stopped:
        prove(options, cluster)
    assert stopped.value.code == 5
    assert (cluster.objects, cluster.done) == (there, [])


def test_an_argo_cd_inside_the_cluster_is_not_given_a_folder_of_this_machine(estate: Path) -> None:
    cluster = MemoryCluster(*before(), POD)
    with pytest.raises(StopError, match="--repo-url") as stopped:
        prove(arguments(["--kubeconfig", "none", "--estate", str(estate)]), cluster)
    assert stopped.value.code == 2
    assert cluster.done == []


def test_an_estate_that_does_not_convert_says_what_migrate_said(estate: Path) -> None:
    shutil.rmtree(estate / "charts")
    with pytest.raises(StopError, match="migrate convert stopped"):
        prove(arguments(["--kubeconfig", "none", "--environment", "dev", "--estate", str(estate)]), MemoryCluster())


def test_there_is_nothing_to_clean_where_no_run_was() -> None:
    cluster = MemoryCluster(*before())
    assert clean(arguments(["--kubeconfig", "none", "--clean"]), cluster) == 0
    assert cluster.done == []
