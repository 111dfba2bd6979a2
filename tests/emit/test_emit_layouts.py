"""The layout shared: what is the same is written once, and every environment still gets its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from migrate.emit import emit_tree
from migrate.errors import UsageError
from migrate.expand import expand_tree
from migrate.model.estate import SetValue
from migrate.model.finding import Severity, SourceLocation
from migrate.model.plan import Plan, PlannedEnvironment
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import (
    codes,
    document,
    emit,
    make_estate,
    make_layer,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
    write_chart,
)

APPSET = "environments/dev/argocd/apps/components-dev.yaml"
SHARED = "environments/_shared/components/data/redis/component.yaml"


def in_each(name: str = "redis", environments: Sequence[str] = ("dev", "production"), **fields: Any) -> list[Any]:
    return [make_release(name, environment, **fields) for environment in environments]


def shared(root: Path, releases: Sequence[Any], environments: Sequence[str] = ("dev", "production")) -> FileTree:
    unique = {release.id: release for release in releases}
    plan = make_plan(*(plan_release(r) for r in unique.values()), environments=environments, layout="shared")
    return emit(root, releases, plan=plan, environments=environments)


def sources(tree: FileTree, environment: str) -> dict[str, Any]:
    """Application → its source in one environment; what does not expand fails the test."""
    expansion = expand_tree(tree, (environment,))
    assert not expansion.errors
    return {one.name: one.manifest["spec"]["source"] for one in expansion.applications}  # type: ignore[index,call-overload]


def test_what_all_environments_have_alike_is_written_once(tmp_path: Path) -> None:
    tree = shared(tmp_path, in_each(values=(make_layer("a: 1\n"),)))
    assert [path for path in tree.paths() if path.endswith("component.yaml")] == [SHARED]
    for environment in ("dev", "production"):
        (source,) = sources(tree, environment).values()
        assert source["helm"]["valueFiles"] == ["/sources/values/_shared/data/redis/10-redis.yaml"]


def test_a_file_of_each_environment_is_named_once_and_filled_in(tmp_path: Path) -> None:
    releases = [
        make_release(environment=name, values=(make_layer(f"a: {name}\n", f"values/{name}.yaml"),))
        for name in ("dev", "production")
    ]
    tree = shared(tmp_path, releases)
    (entry,) = document(tree, SHARED)["valueFiles"]
    assert entry == "sources/values/{environment}/data/redis/10-environment.yaml"
    for name in ("dev", "production"):
        (path,) = sources(tree, name)["redis"]["helm"]["valueFiles"]
        assert tree.text(path.lstrip("/")) == f"a: {name}\n"


def test_an_environment_without_a_file_goes_without(tmp_path: Path) -> None:
    base, own = make_layer("a: 1\n"), make_layer("a: 2\n", "values/production.yaml")
    tree = shared(tmp_path, [make_release(values=(base,)), make_release(environment="production", values=(base, own))])
    assert len(document(tree, SHARED)["valueFiles"]) == 2
    helm = sources(tree, "dev")["redis"]["helm"]
    assert helm["ignoreMissingValueFiles"] is True
    assert [path for path in helm["valueFiles"] if path.lstrip("/") in tree.files] == [
        "/sources/values/_shared/data/redis/10-redis.yaml"
    ]


def test_value_files_keep_their_order_where_environments_disagree_on_it(tmp_path: Path) -> None:
    one, two = make_layer("a: 1\n", "values/one.yaml"), make_layer("a: 2\n", "values/two.yaml")
    releases = [make_release(values=(one, two)), make_release(environment="production", values=(two, one))]
    tree = shared(tmp_path, releases)
    assert SHARED not in tree.files
    for name, wanted in (("dev", ["a: 1\n", "a: 2\n"]), ("production", ["a: 2\n", "a: 1\n"])):
        files = sources(tree, name)["redis"]["helm"]["valueFiles"]
        assert [tree.text(path.lstrip("/")) for path in files] == wanted


@pytest.mark.parametrize("other", [{"installed": False}, {"skip_schema_validation": True}])
def test_what_one_environment_has_otherwise_leaves_the_shared_folder(tmp_path: Path, other: dict[str, Any]) -> None:
    tree = shared(tmp_path, [make_release(), make_release(environment="production", **other)])
    found = [path for path in tree.paths() if path.rpartition("/")[2].startswith("component.")]
    assert [path.split("/")[1] for path in found] == ["dev", "production"]
    assert set(sources(tree, "production")) == (set() if "installed" in other else {"redis"})
    assert set(sources(tree, "dev")) == {"redis"}


def typed(environments: Sequence[str], *plans: Any, **fields: Any) -> Plan:
    kinds = {"dev": "nonprod", "staging": "nonprod", "production": "", **fields.pop("kinds", {})}
    planned = tuple(PlannedEnvironment(name, cluster_type=kinds[name]) for name in environments)
    plan = make_plan(*plans, layout="shared", **fields)
    return Plan(**{**vars(plan), "environments": planned})


def test_what_a_cluster_type_has_in_common_stands_in_its_folder(tmp_path: Path) -> None:
    names = ("dev", "staging", "production")
    place = SourceLocation("x", 1)
    texts = {"dev": "small", "staging": "small", "production": "big"}
    releases = [make_release(environment=n, sets=(SetValue("--set", "size", texts[n], place),)) for n in names]
    tree = emit(tmp_path, releases, plan=typed(names, plan_release(releases[0])), environments=names)
    found = [path.split("/")[1] for path in tree.paths() if path.endswith("component.yaml")]
    assert found == ["nonprod", "production"]
    for name in names:
        assert sources(tree, name)["redis"]["helm"]["parameters"][0]["value"] == texts[name]


def test_what_several_components_read_first_is_a_global_of_the_level_that_agrees(tmp_path: Path) -> None:
    names = ("dev", "staging", "production")
    releases = []
    for name in names:
        kind = "production" if name == "production" else "nonprod"
        first = (
            make_layer("base: 1\n", "values/base.yaml"),
            make_layer(f"kind: {kind}\n", "values/kind.yaml"),
            make_layer(f"env: {name}\n", f"values/{name}.yaml"),
        )
        releases += [
            make_release(r, name, values=(*first, make_layer(f"{r}: 1\n", f"values/{r}/own.yaml"))) for r in ("a", "b")
        ]
    plan = typed(names, *(plan_release(release) for release in releases[:2]))
    tree = emit(tmp_path, releases, plan=plan, environments=names)
    files = document(tree, "environments/_shared/components/data/a/component.yaml")["valueFiles"]
    assert files == [
        "sources/values/_shared/globals/values-base.yaml",
        "sources/values/{clusterType}/globals/values-kind.yaml",
        "sources/values/{environment}/globals/values-environment.yaml",
        "sources/values/_shared/data/a/40-own.yaml",
    ]
    texts = [tree.text(path.lstrip("/")) for path in sources(tree, "staging")["a"]["helm"]["valueFiles"]]
    assert texts == ["base: 1\n", "kind: nonprod\n", "env: staging\n", "a: 1\n"]


def test_a_cluster_type_called_as_an_environment_is_refused(tmp_path: Path) -> None:
    names = ("dev", "staging")
    releases = in_each(environments=names)
    plan = typed(names, plan_release(releases[0]), kinds={"dev": "staging"})
    assert "EM050" in codes(emit(tmp_path, releases, plan=plan, environments=names))


def test_manifests_of_an_environment_are_those_of_the_environment(tmp_path: Path) -> None:
    releases = in_each(json_patches=({"target": {}},))
    tree = shared(tmp_path, releases)
    for name in ("dev", "production"):
        (path,) = sources(tree, name)["redis"]["helm"]["valueFiles"]
        assert document(tree, path.lstrip("/")) == {"environment": name}


def test_each_environment_has_one_applicationset_over_its_own_cluster(tmp_path: Path) -> None:
    tree = shared(tmp_path, in_each())
    first, second = document(tree, APPSET)["spec"]["generators"][0]["matrix"]["generators"]
    assert first["git"]["files"] == [{"path": "config/clusters/dev.yaml"}]
    assert [entry["path"].split("/")[1] for entry in second["git"]["files"]] == ["_shared", "dev"]
    assert document(tree, "config/clusters/production.yaml")["target"]["environment"] == "production"


def test_a_cluster_is_that_of_the_environment_unless_the_release_has_its_own(tmp_path: Path) -> None:
    releases = [*in_each(), *in_each("other", kube_context="far")]
    planned = tuple(
        PlannedEnvironment(n, cluster=f"{n}-cluster", contexts={"far": "away"}) for n in ("dev", "production")
    )
    plan = make_plan(*(plan_release(r) for r in releases[::2]), layout="shared")
    tree = emit(tmp_path, releases, plan=Plan(**{**vars(plan), "environments": planned}))
    expansion = expand_tree(tree, ("production",))
    names = {a.name: a.manifest["spec"]["destination"]["name"] for a in expansion.applications}  # type: ignore[index,call-overload]
    assert names == {"redis": "production-cluster", "other": "away"}


def test_files_of_set_are_those_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "redis.conf").write_text("maxmemory 1gb\n")
    sets = (SetValue("--set-file", "conf", "redis.conf", SourceLocation("x", 1)),)
    tree = shared(tmp_path, in_each(sets=sets))
    (entry,) = sources(tree, "production")["redis"]["helm"]["fileParameters"]
    assert entry["path"].startswith("/sources/values/production/")
    assert entry["path"].lstrip("/") in tree.files


def test_one_applicationset_a_project_takes_its_own_here_too(tmp_path: Path) -> None:
    one, other = make_release("one"), make_release("other")
    plans = (plan_release(one, project="apps"), plan_release(other))
    plan = make_plan(*plans, appsets="per-project", layout="shared", environments=("dev",))
    tree = emit(tmp_path, [one, other], plan=plan, environments=("dev",))
    assert {a.appset: a.name for a in expand_tree(tree, ("dev",)).applications} == {
        "components-dev-apps": "one",
        "components-dev-data-services": "other",
    }


@pytest.mark.parametrize("layout", ["shared", "kustomize", "plugin"])
def test_carried_and_dropped_are_all_that_is_present_in_every_layout(tmp_path: Path, layout: str) -> None:
    release = make_release(needs=("data/other",))
    write_chart(tmp_path, "charts/own/redis")
    plan = make_plan(plan_release(release), layout=layout, environments=("dev",))
    rendered = {("dev", release.id): make_rendered(make_manifest("ConfigMap", "one"))}
    tree = emit_tree(make_estate(tmp_path, release, environments=("dev",)), plan, rendered)
    assert len(tree.ledger) == len(release.keys) > 0
    assert all(entry.target for entry in tree.ledger)
    assert not [finding for finding in tree.findings if finding.severity is Severity.ERROR]
    assert layout == "shared" or "component.yaml" not in " ".join(entry.target for entry in tree.ledger)


def test_a_layout_that_is_none_is_refused(tmp_path: Path) -> None:
    release = make_release()
    with pytest.raises(UsageError, match="there is no layout heap"):
        emit(tmp_path, [release], plan=make_plan(plan_release(release), layout="heap"))


@pytest.mark.parametrize("layout", ["environments", "shared", "kustomize", "plugin"])
def test_every_runbook_gives_the_same_ways_to_open_the_repository(tmp_path: Path, layout: str) -> None:
    release = make_release()
    plan = make_plan(plan_release(release), layout=layout, environments=("dev",))
    runbook = emit(tmp_path, [release], plan=plan, environments=("dev",)).text("README.md")
    assert "argocd repocreds add https://git.example.com/team --username NAME" in runbook
    assert "argocd.argoproj.io/secret-type: repo-creds" in runbook
    assert "kubectl apply -f environments/dev/argocd/repos/repo-git-example-com-team-gitops.yaml" in runbook
    assert runbook.count("argocd repo add") == 1
    assert "Not `argocd repo add`" in runbook
    steps = [
        line for line in runbook.partition("## Bootstrap")[2].partition("\n## ")[0].splitlines() if line[:1].isdigit()
    ]
    assert [line.partition(".")[0] for line in steps] == ["1", "2", "3", "4", "5"]
