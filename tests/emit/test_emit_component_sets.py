"""Component sets by cluster type: what a folder lists is there, what is off is parked, and the ladder is one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.expand import expand_tree
from migrate.model.plan import Decision, DecisionSource, Plan, PlannedEnvironment
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import document, emit, make_plan, make_release, plan_release

NAMES = ("dev", "staging", "edge1", "edge2")
KINDS = {"dev": "core", "staging": "core", "edge1": "edge", "edge2": "edge"}
ON: Mapping[str, tuple[str, ...]] = {
    "redis": NAMES,
    "kafka": ("dev", "staging"),
    "minio": ("dev",),
    "cache": ("edge1", "edge2"),
    "probe": ("edge1",),
    "neo4j": (),
}
"""Release → the environments that deploy it; the others have it with its condition false."""


def tree_of(
    root: Path, sets: Mapping[str, str], layout: str, elsewhere: Mapping[str, Mapping[str, str]] | None = None
) -> FileTree:
    releases = [make_release(name, e, enabled=e in deploying) for e in NAMES for name, deploying in ON.items()]
    plans = [plan_release(r, elsewhere=(elsewhere or {}).get(r.name, {})) for r in releases[: len(ON)]]
    planned = tuple(PlannedEnvironment(name, cluster_type=KINDS[name]) for name in NAMES)
    decided = {kind: Decision(value, DecisionSource.PERSON) for kind, value in sets.items()}
    plan = make_plan(*plans, layout=layout, component_sets=decided, handover="done")
    return emit(root, releases, plan=Plan(**{**vars(plan), "environments": planned}), environments=NAMES)


def applications(tree: FileTree, environment: str) -> set[str]:
    expansion = expand_tree(tree, (environment,))
    assert not expansion.errors
    return {one.name for one in expansion.applications}


def files(tree: FileTree, folder: str) -> dict[str, str]:
    """Component → its file in a folder below environments/."""
    prefix = f"environments/{folder}/components/data/"
    found = (path.removeprefix(prefix).split("/") for path in tree.paths() if path.startswith(prefix))
    return dict(found)


@pytest.mark.parametrize("layout", ["environments", "shared"])
@pytest.mark.parametrize("sets", [{}, {"edge": "whole"}, {"edge": "curated"}, {"edge": "curated", "core": "curated"}])
def test_every_environment_gets_what_it_deploys_whatever_its_set(
    sets: dict[str, str], layout: str, tmp_path: Path
) -> None:
    tree = tree_of(tmp_path, sets, layout)
    for environment in NAMES:
        assert applications(tree, environment) == {name for name, on in ON.items() if environment in on}


def test_a_curated_type_lists_exactly_its_set_and_reads_no_other_folder(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"edge": "curated"}, "shared")
    assert files(tree, "edge") == {"redis": "component.yaml", "cache": "component.yaml"}
    assert files(tree, "edge1") == {"probe": "component.yaml"}
    assert files(tree, "edge2") == {"probe": "component.disabled.yaml"}  # off, since its type has it
    assert files(tree, "_shared") == {
        "redis": "component.yaml",
        "kafka": "component.yaml",
        **parked("cache probe neo4j"),
    }
    assert read_folders(tree, "edge1") == ["edge", "edge1"]
    assert read_folders(tree, "dev") == ["_shared", "core", "dev"]


def test_a_component_that_is_added_for_all_reaches_no_curated_type(tmp_path: Path) -> None:
    for sets, wanted in (({"edge": "curated"}, False), ({"edge": "whole"}, True)):
        tree = tree_of(tmp_path, sets, "shared")
        source = "environments/_shared/components/data/redis/component.yaml"
        text = tree.text(source).replace("name: redis", "name: added")
        added = {**tree.files, "environments/_shared/components/data/added/component.yaml": text.encode()}
        assert ("added" in applications(FileTree(added), "edge1")) is wanted
        assert "added" in applications(FileTree(added), "dev")


def parked(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "component.disabled.yaml")


def read_folders(tree: FileTree, environment: str) -> list[str]:
    """The folders below environments/ that an environment's generator reads."""
    appset: Any = document(tree, f"environments/{environment}/argocd/apps/components-{environment}.yaml")
    git = appset["spec"]["generators"][0]["matrix"]["generators"][1]["git"]
    return [entry["path"].split("/")[1] for entry in git["files"]]


def test_a_whole_set_parks_what_it_does_not_deploy(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"edge": "whole"}, "environments")
    assert files(tree, "edge1") == {
        **dict.fromkeys(("redis", "cache", "probe"), "component.yaml"),
        **parked("kafka minio neo4j"),
    }


def test_a_curated_set_has_no_file_for_what_it_goes_without(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"edge": "curated"}, "environments")
    assert files(tree, "edge2") == {**dict.fromkeys(("redis", "cache"), "component.yaml"), **parked("probe")}
    assert files(tree, "dev") == {
        **dict.fromkeys(("redis", "kafka", "minio"), "component.yaml"),
        **parked("cache probe neo4j"),
    }


@pytest.mark.parametrize(
    ("sets", "elsewhere", "wanted"),
    [
        ("curated", {"kafka": {"edge": "parked"}}, {"probe", "kafka"}),
        ("whole", {"kafka": {"edge": "absent"}}, {"probe", "minio", "neo4j"}),
        ("whole", {"probe": {"edge": "absent"}}, {"kafka", "minio", "neo4j"}),
        ("whole", {"redis": {"edge": "absent"}}, {"probe", "kafka", "minio", "neo4j"}),
    ],
)
def test_one_release_may_differ_from_its_type(
    sets: str, elsewhere: dict[str, dict[str, str]], wanted: set[str], tmp_path: Path
) -> None:
    tree = tree_of(tmp_path, {"edge": sets}, "environments", elsewhere)
    assert {name for name, file in files(tree, "edge2").items() if file == "component.disabled.yaml"} == wanted
    assert "redis" in applications(tree, "edge2")  # what is deployed is there, whatever is said


@pytest.mark.parametrize("layout", ["environments", "shared"])
def test_nothing_is_switched_off_by_manifests_that_render_empty(layout: str, tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"edge": "curated"}, layout)
    for environment in NAMES:
        for one in expand_tree(tree, (environment,)).applications:
            source: Any = one.manifest["spec"]
            assert not source["source"]["helm"].get("parameters")
    assert not [path for path in tree.paths() if path.startswith("sources/values/") and "enabled" in tree.text(path)]


@pytest.mark.parametrize("layout", ["environments", "shared"])
def test_the_ladder_is_the_same_in_all_types(layout: str, tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"edge": "curated"}, layout)
    ladders = []
    for name in NAMES:
        appset: Any = document(tree, f"environments/{name}/argocd/apps/components-{name}.yaml")
        ladders.append(appset["spec"]["strategy"]["rollingSync"]["steps"])
    assert len(ladders[0]) == 3
    assert all(ladder == ladders[0] for ladder in ladders)


def test_the_ledger_says_why_a_release_is_not_there(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, {"edge": "curated"}, "environments")
    why = {e.target for e in tree.ledger if (e.release, e.environment) == ("data/kafka", "edge1")}
    assert why == {"the component set of the cluster type edge does not have it"}
