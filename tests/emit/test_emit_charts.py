"""Charts: where they go, what is copied, and what an archive may not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.doors.charts import ChartError, unpack
from migrate.emit.charts import third_party_repository
from tests.emit.emit_nouns import (
    codes,
    component,
    emit,
    make_archive,
    make_plan,
    make_release,
    plan_release,
    write_chart,
)

CHART = b"apiVersion: v2\nname: cert-manager\nversion: v1.16.1\n"


@pytest.mark.parametrize(
    ("chart", "path", "repository"),
    [
        ("./charts/own/redis", "helmfiles/charts/own/redis", ""),
        ("charts/redis", "charts/redis", ""),
        ("./charts/third_party/jetstack/cert-manager", "charts/third_party/jetstack/cert-manager", "jetstack"),
        ("./vendor/redis.tgz", "vendor/redis.tgz", "vendored"),
        ("jetstack/cert-manager", "upstream-charts/cert-manager", "jetstack"),
        ("oci://ghcr.io/team/charts/redis", "cache/redis", "charts"),
        ("./redis-1.0.0.tgz", "redis-1.0.0.tgz", "vendored"),
    ],
)
def test_whose_chart_it_is(chart: str, path: str, repository: str) -> None:
    assert third_party_repository(chart, path) == repository


def test_an_alias_is_told_from_a_folder_by_its_version() -> None:
    chart, path = "jetstack/cert-manager", "unpacked/jetstack/cert-manager"
    assert third_party_repository(chart, path) == ""
    assert third_party_repository(chart, path, version="v1.16.1") == "jetstack"


def test_a_chart_of_several_domains_lies_once_with_its_first_user(tmp_path: Path) -> None:
    one = make_release("one", chart_path="charts/service")
    other = make_release("other", chart_path="charts/service")
    plan = make_plan(plan_release(one, "apps/one"), plan_release(other, "data/other"))
    tree = emit(tmp_path, [one, other], plan=plan)
    assert component(tree, "apps/one")["chart"]["path"] == "sources/charts/apps/service"
    assert component(tree, "data/other")["chart"]["path"] == "sources/charts/apps/service"
    assert tree.text("sources/charts/apps/service/Chart.yaml") == (tmp_path / "charts/service/Chart.yaml").read_text()


def test_two_charts_of_one_name_keep_apart(tmp_path: Path) -> None:
    write_chart(tmp_path, "third_party/acme/a/redis", version="1.0.0")
    write_chart(tmp_path, "third_party/acme/b/redis", version="2.0.0")
    one = make_release("one", chart_path="third_party/acme/a/redis")
    other = make_release("other", chart_path="third_party/acme/b/redis")
    tree = emit(tmp_path, [one, other])
    assert component(tree, "data/one")["chart"]["path"] == "sources/charts/third_party/acme/redis"
    assert component(tree, "data/other")["chart"]["path"] == "sources/charts/third_party/acme/redis-2.0.0"


def test_an_archive_is_unpacked(tmp_path: Path) -> None:
    archive = make_archive({"cert-manager/Chart.yaml": CHART, "cert-manager/templates/a.yaml": b"a: 1\n"})
    (tmp_path / "cert-manager-v1.16.1.tgz").write_bytes(archive)
    release = make_release("cert-manager", chart="jetstack/cert-manager", chart_path="cert-manager-v1.16.1.tgz")
    tree = emit(tmp_path, [release])
    folder = "sources/charts/third_party/jetstack/cert-manager"
    assert component(tree, "data/cert-manager")["chart"]["path"] == folder
    assert component(tree, "data/cert-manager")["chart"]["version"] == "v1.16.1"
    assert tree.files[f"{folder}/templates/a.yaml"] == b"a: 1\n"
    assert tree.provenance[f"{folder}/templates/a.yaml"][0].origin == "cert-manager-v1.16.1.tgz (templates/a.yaml)"


@pytest.mark.parametrize(
    ("files", "link", "told"),
    [
        ({"c/Chart.yaml": CHART, "c/../../evil": b""}, "", "outside"),
        ({"c/Chart.yaml": CHART, "/etc/cron.d/evil": b""}, "", "outside"),
        ({"c/Chart.yaml": CHART, "other/x": b""}, "", "outside"),
        ({"c/Chart.yaml": CHART, "c/a\\..\\b": b""}, "", "outside"),
        ({"c/Chart.yaml": CHART}, "c/passwd", "link"),
        ({"c/templates/a.yaml": b""}, "", "no Chart.yaml"),
    ],
)
def test_an_archive_that_wants_out_is_refused(files: dict[str, bytes], link: str, told: str) -> None:
    with pytest.raises(ChartError, match=told):
        unpack(make_archive(files, link=link))


def test_an_archive_that_is_none_or_too_big_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChartError, match="no readable archive"):
        unpack(b"not a tarball")
    monkeypatch.setattr("migrate.doors.charts._MOST_BYTES", 100)
    with pytest.raises(ChartError, match="unpacks to more"):
        unpack(make_archive({"c/Chart.yaml": CHART, "c/big": b"x" * 200}))


def test_a_broken_archive_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "redis.tgz").write_bytes(b"broken")
    assert codes(emit(tmp_path, [make_release(chart_path="redis.tgz")])) == ["EM008"]


def test_a_dependency_beside_the_chart_goes_inside_it(tmp_path: Path) -> None:
    write_chart(tmp_path, "charts/common")
    dependencies = "dependencies:\n  - name: common\n    version: 1.2.3\n    repository: file://../common\n"
    write_chart(tmp_path, "charts/redis")
    with (tmp_path / "charts/redis/Chart.yaml").open("a") as stream:
        stream.write(dependencies)
    tree = emit(tmp_path, [make_release(chart_path="charts/redis")])
    assert "sources/charts/data/redis/charts/common/templates/configmap.yaml" in tree.files
    assert not codes(tree)


@pytest.mark.parametrize("stated_in", ["Chart.yaml", "requirements.yaml"])
def test_what_a_dependency_depends_on_is_left_out_as_helm_leaves_it_out_and_told(
    tmp_path: Path, stated_in: str
) -> None:
    for name in ("redis", "near", "far"):
        write_chart(tmp_path, f"charts/{name}")
    for name, needed in (("redis", "near"), ("near", "far")):
        with (tmp_path / f"charts/{name}/{stated_in}").open("a") as stream:
            stream.write(f"dependencies:\n  - {{name: {needed}, version: 1.2.3, repository: file://../{needed}}}\n")
    tree = emit(tmp_path, [make_release(chart_path="charts/redis")])
    assert "sources/charts/data/redis/charts/near/templates/configmap.yaml" in tree.files
    assert not [path for path in tree.files if "charts/far/" in path]
    assert codes(tree) == ["EM073"]
    [finding] = tree.findings
    assert "charts/near" in finding.message
    assert "depends on far" in finding.message


@pytest.mark.parametrize("there", ["", "charts/common/Chart.yaml", "charts/common-1.0.0.tgz"])
def test_a_dependency_that_is_nowhere_is_an_error(tmp_path: Path, there: str) -> None:
    write_chart(tmp_path, "charts/redis", {there: "name: common\n"} if there else {})
    with (tmp_path / "charts/redis/Chart.yaml").open("a") as stream:
        stream.write(
            "dependencies:\n  - name: common\n    version: 1.0.0\n    repository: https://charts.example.com\n"
        )
    assert codes(emit(tmp_path, [make_release(chart_path="charts/redis")])) == ([] if there else ["EM007"])


def test_a_chart_may_share_a_file_with_its_neighbour_but_not_with_the_machine(tmp_path: Path) -> None:
    write_chart(tmp_path, "charts/redis")
    (tmp_path / "charts/_shared.tpl").write_text("shared")
    (tmp_path / "charts/redis/templates/_shared.tpl").symlink_to("../../_shared.tpl")
    tree = emit(tmp_path, [make_release(chart_path="charts/redis")])
    assert tree.files["sources/charts/data/redis/templates/_shared.tpl"] == b"shared"
    (tmp_path / "charts/redis/templates/passwd").symlink_to("/etc/passwd")
    assert codes(emit(tmp_path, [make_release(chart_path="charts/redis")])) == ["EM008"]
