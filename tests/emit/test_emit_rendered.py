"""Components carried by manifests: hooks, patches, Namespaces."""

from __future__ import annotations

from pathlib import Path

from migrate.doors.files import read_yaml_documents, write_tree
from migrate.model.manifest import Manifest, Rendered
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import (
    codes,
    component,
    document,
    emit,
    make_key,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)

CHART = "sources/charts/data/redis-rendered"
OPTIONS = "argocd.argoproj.io/sync-options"
WAVE = "argocd.argoproj.io/sync-wave"


def hook(name: str, types: str, **annotations: str) -> Manifest:
    found = {"helm.sh/hook": types, **{key.replace("_", "-"): value for key, value in annotations.items()}}
    return make_manifest("Job", name, group="batch", annotations=found)


def printed(tree: FileTree, folder: Path, environment: str = "dev") -> list[dict[str, object]]:
    write_tree(folder, tree)
    return list(read_yaml_documents(folder / CHART / f"manifests/{environment}.yaml"))


def annotations_of(found: dict[str, object]) -> object:
    metadata = found["metadata"]
    assert isinstance(metadata, dict)
    return metadata.get("annotations")


def test_hooks_alone_become_plain_jobs_that_each_sync_replaces(tmp_path: Path) -> None:
    job = make_manifest(
        "Job",
        "migrate",
        group="batch",
        annotations={
            "helm.sh/hook": "pre-upgrade",
            "helm.sh/hook-delete-policy": "before-hook-creation",
            "team": "data",
        },
    )
    tree = emit(tmp_path, [make_release()], rendered={"redis": make_rendered(job)})
    found = component(tree)
    assert found["chart"]["path"] == CHART
    assert found["parameters"] == [{"name": "environment", "value": "dev", "forceString": True}]
    assert found["valueFiles"] == []
    (only,) = printed(tree, tmp_path / "out")
    assert annotations_of(only) == {"team": "data", OPTIONS: "Force=true,Replace=true"}
    assert "Job.batch data/migrate | pre-upgrade |" in tree.text("README.md")


def test_hook_weights_become_waves_where_they_differ(tmp_path: Path) -> None:
    def jobs(*weights: str) -> Rendered:
        annotated = [{"helm.sh/hook": "test", "helm.sh/hook-weight": weight} for weight in weights]
        return make_rendered(
            *(make_manifest("Job", f"j{n}", group="batch", annotations=a) for n, a in enumerate(annotated))
        )

    tree = emit(tmp_path, [make_release()], rendered={"redis": jobs("0", "5")})
    waves = [annotations_of(found)[WAVE] for found in printed(tree, tmp_path / "one")]  # type: ignore[index]
    assert waves == ["0", "5"]
    tree = emit(tmp_path, [make_release()], rendered={"redis": jobs("1", "1")})
    assert all(WAVE not in annotations_of(found) for found in printed(tree, tmp_path / "two"))  # type: ignore[operator]


def test_hooks_of_deletion_are_left_out_and_told(tmp_path: Path) -> None:
    both = make_rendered(hook("up", "pre-upgrade"), hook("down", "pre-delete"))
    tree = emit(tmp_path, [make_release()], rendered={"redis": both})
    assert codes(tree) == ["EM033"]
    assert [found["metadata"]["name"] for found in printed(tree, tmp_path / "out")] == ["up"]  # type: ignore[index]
    down = make_rendered(hook("down", "post-delete"))
    tree = emit(tmp_path, [make_release()], rendered={"redis": down})
    assert "environments/dev/components/data/redis/component.yaml" not in tree.files


def test_hooks_of_different_moments_lose_their_order_and_that_is_told(tmp_path: Path) -> None:
    both = make_rendered(hook("up", "pre-upgrade"), hook("try", "test"))
    assert codes(emit(tmp_path, [make_release()], rendered={"redis": both})) == ["EM035"]


def test_a_hook_beside_other_objects_stays_with_its_chart(tmp_path: Path) -> None:
    mixed = make_rendered(hook("up", "pre-upgrade"), make_manifest("ConfigMap", "c"))
    tree = emit(tmp_path, [make_release()], rendered={"redis": mixed})
    assert component(tree)["chart"]["path"] == "sources/charts/data/redis"


def test_patched_releases_carry_what_helmfile_applies_hooks_and_all(tmp_path: Path) -> None:
    release = make_release(json_patches=({"target": {}, "patch": []},))
    tree = emit(
        tmp_path,
        [release],
        rendered={"redis": make_rendered(hook("up", "pre-upgrade"), make_manifest("ConfigMap", "c"))},
    )
    first, second = printed(tree, tmp_path / "out")
    assert annotations_of(first) == {"helm.sh/hook": "pre-upgrade"}
    assert annotations_of(second) is None
    assert "sources/charts/data/redis/Chart.yaml" not in tree.files


def test_patched_releases_that_do_not_render_are_an_error(tmp_path: Path) -> None:
    release = make_release(keys=(make_key("forceNamespace", "x"),))
    tree = emit(tmp_path, [release], rendered={"redis": Rendered(error="no such value")})
    assert codes(tree) == ["EM006"]
    assert "no such value" in tree.findings[0].message


def test_a_folder_that_is_no_chart_is_carried_by_its_manifests(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    tree = emit(tmp_path, [make_release(chart_path="manifests")])
    assert component(tree)["chart"]["path"] == CHART


def test_namespaces_say_that_they_are_never_deleted(tmp_path: Path) -> None:
    release = make_release()
    space = make_manifest("Namespace", "data", namespace="", annotations={OPTIONS: "ServerSideApply=true"})
    quota = make_manifest("ResourceQuota", "data")
    tree = emit(
        tmp_path,
        [release],
        plan=make_plan(plan_release(release, project="platform")),
        rendered={"redis": make_rendered(space, quota)},
    )
    first, second = printed(tree, tmp_path / "out")
    assert annotations_of(first) == {OPTIONS: "ServerSideApply=true,Prune=false,Delete=false"}
    assert annotations_of(second) is None


def test_a_namespace_among_workloads_stays_in_its_chart_and_is_told(tmp_path: Path) -> None:
    release = make_release()
    mixed = make_rendered(
        make_manifest("Namespace", "data", namespace=""), make_manifest("Deployment", "redis", group="apps")
    )
    tree = emit(
        tmp_path, [release], plan=make_plan(plan_release(release, project="platform")), rendered={"redis": mixed}
    )
    assert codes(tree) == ["EM032"]


def test_definitions_of_crds_come_along_unless_they_are_kept_out(tmp_path: Path) -> None:
    definition = make_manifest("CustomResourceDefinition", "c", namespace="", crd_file=True)
    rendered = {"redis": make_rendered(definition, make_manifest("ConfigMap", "c"))}
    for include, count in ((True, 2), (False, 1)):
        release = make_release(json_patches=({"target": {}},), include_crds=include)
        plan = make_plan(plan_release(release, project="platform"))
        tree = emit(tmp_path, [release], plan=plan, rendered=rendered)
        assert len(printed(tree, tmp_path / str(include))) == count


def test_random_values_frozen_in_manifests_are_told(tmp_path: Path) -> None:
    drawn = make_manifest("Secret", "drawn")
    rendered = make_rendered(drawn, unstable=((drawn.key, "data.password"),))
    tree = emit(tmp_path, [make_release(json_patches=({"target": {}},))], rendered={"redis": rendered})
    assert codes(tree) == ["EM034"]


def test_each_environment_has_its_manifests_in_the_one_chart(tmp_path: Path) -> None:
    releases = [make_release(json_patches=({"target": {}},), environment=name) for name in ("dev", "production")]
    tree = emit(tmp_path, releases)
    assert sorted(tree.under(f"{CHART}/manifests").files) == [
        f"{CHART}/manifests/{n}.yaml" for n in ("dev", "production")
    ]
    assert document(tree, f"{CHART}/Chart.yaml")["name"] == "redis-rendered"
    assert component(tree, environment="production")["parameters"][0]["value"] == "production"
