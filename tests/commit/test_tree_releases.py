"""What a tree holds of a plan's releases, in the layouts without component.yaml."""

from __future__ import annotations

from dataclasses import replace

from migrate.commit.changes import TreeRelease, tree_releases
from migrate.model.plan import Disposition
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import make_plan, make_release, plan_release

REDIS = plan_release(make_release())


def test_an_application_of_a_layer_stands_for_all_of_it_but_what_the_bootstrap_brings() -> None:
    other = plan_release(make_release("argocd"), disposition=Disposition.BOOTSTRAP)
    tree = FileTree({"environments/dev/argocd/apps/infra-40-data-plane.yaml": b""})
    assert tree_releases(tree, make_plan(REDIS, other, layout="plugin")) == (TreeRelease("dev", "data/redis"),)


def test_a_folder_of_resources_is_deployed_or_parked() -> None:
    folder = "argocd/data-services/redis"
    tree = FileTree({f"{folder}/{place}/kustomization.yaml": b"" for place in ("envs/dev", "envs-disabled/production")})
    assert tree_releases(tree, make_plan(REDIS, layout="kustomize")) == (
        TreeRelease("dev", "data/redis"),
        TreeRelease("production", "data/redis", parked=True),
    )


def test_definitions_belong_to_their_release_only_where_the_plan_splits_it() -> None:
    split = replace(REDIS, crds="apart")
    assert make_plan(split).owner_of("data/redis-crds") == "data/redis"
    assert make_plan(REDIS).owner_of("data/redis-crds") == "data/redis-crds"
    assert make_plan(split).owner_of("data/redis") == "data/redis"
