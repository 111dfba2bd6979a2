"""component.yaml, which releases become one, and what keeps a release out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.model.estate import Placeholder, SetValue
from migrate.model.finding import Severity, SourceLocation
from migrate.model.manifest import Rendered
from migrate.model.plan import Disposition, PlannedEnvironment
from tests.emit.emit_nouns import (
    codes,
    component,
    document,
    emit,
    make_key,
    make_layer,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)

KEYS = [
    "name", "project", "tier", "domain", "componentType", "rolloutPhase", "wave", "namespace", "releaseName", "chart",
    "valueFiles", "parameters", "fileParameters", "syncOptions", "ignoreDifferences", "source", "cluster", "skipTests",
    "skipSchemaValidation", "kubeVersion", "handover",
]  # fmt: skip
PLACE = SourceLocation("helmfiles/x.yaml", 3)
CRD = make_manifest("CustomResourceDefinition", "things.example.com", namespace="", group="apiextensions.k8s.io")


def test_every_key_is_there_in_its_order_and_says_where_the_release_came_from(tmp_path: Path) -> None:
    found = component(emit(tmp_path, [make_release()]))
    assert list(found) == KEYS
    assert list(found["chart"]) == ["path", "repoURL", "name", "version", "skipCrds"]
    assert found["chart"]["path"] == "sources/charts/data/redis"
    assert found["chart"]["version"] == "1.2.3"
    assert (found["namespace"], found["releaseName"], found["cluster"]) == ("data", "redis", "in-cluster")
    assert found["source"] == {"helmfile": "helmfiles/40-data-plane.yaml.gotmpl:12", "release": "data/redis"}


def test_numbers_and_versions_are_quoted(tmp_path: Path) -> None:
    text = emit(tmp_path, [make_release(kube_version="1.30")]).text(
        "environments/dev/components/data/redis/component.yaml"
    )
    assert 'rolloutPhase: "250"\nwave: "250"\n' in text
    assert 'kubeVersion: "1.30"\n' in text


def test_a_parked_release_lies_there_disabled_and_says_why(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release(), make_release(environment="production", enabled=False)])
    path = "environments/production/components/data/redis/component.disabled.yaml"
    assert "Parked: its condition is false" in tree.text(path)
    assert list(document(tree, path)) == KEYS
    assert "environments/production/components/data/redis/component.yaml" not in tree.files


def test_the_bootstrap_and_the_retired_get_no_application(tmp_path: Path) -> None:
    one, other = make_release("argocd"), make_release("old")
    plan = make_plan(
        plan_release(one, disposition=Disposition.BOOTSTRAP), plan_release(other, disposition=Disposition.RETIRED)
    )
    tree = emit(tmp_path, [one, other], plan=plan)
    assert not [path for path in tree.files if "/components/" in path]
    assert not codes(tree)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"chart_path": None}, "EM001"),
        ({"kube_context": "acme-production"}, "EM004"),
    ],
)
def test_what_keeps_a_release_out_is_an_error(tmp_path: Path, fields: dict[str, Any], expected: str) -> None:
    tree = emit(tmp_path, [make_release(**fields)])
    assert [(finding.code, finding.severity) for finding in tree.findings] == [(expected, Severity.ERROR)]
    assert not [path for path in tree.files if "/components/" in path]


def test_a_parked_release_without_a_chart_is_only_a_warning(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release(chart_path=None, installed=False)])
    assert [(finding.code, finding.severity) for finding in tree.findings] == [("EM001", Severity.WARNING)]


def test_a_release_that_the_plan_does_not_know_is_an_error(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release()], plan=make_plan())
    assert codes(tree) == ["EM005"]


def test_a_kube_context_goes_to_the_cluster_that_the_plan_names(tmp_path: Path) -> None:
    release = make_release(kube_context="acme-edge")
    known = PlannedEnvironment("dev", contexts={"acme-edge": "edge"})
    tree = emit(tmp_path, [release], plan=make_plan(plan_release(release), environments=("production",)))
    assert codes(tree) == ["EM004"]
    plan = replace(make_plan(plan_release(release)), environments=(known,))
    tree = emit(tmp_path, [release], plan=plan)
    assert component(tree)["cluster"] == "edge"
    project = document(tree, "environments/dev/argocd/projects/data-services.yaml")
    assert project["spec"]["destinations"] == [{"name": "edge", "namespace": "data"}]


def test_a_context_without_a_cluster_is_told_once_for_all_its_releases(tmp_path: Path) -> None:
    releases = [make_release(name, kube_context="edge") for name in ("one", "two", "three")]
    tree = emit(tmp_path, [*releases, make_release("four", kube_context="far")])
    assert codes(tree) == ["EM004", "EM004"]
    told = sorted(finding.message for finding in tree.findings)
    assert told[0] == "edge/data/one and 2 more go to the kube context edge, and no cluster is named for it"
    assert told[1] == "far/data/four goes to the kube context far, and no cluster is named for it"
    assert not [path for path in tree.files if "/components/" in path]


@pytest.mark.parametrize("name", ["Prod_1", "eu_west", "A"])
def test_kubernetes_gets_an_environments_name_as_it_can_take_it(tmp_path: Path, name: str) -> None:
    release = make_release(environment=name)
    tree = emit(tmp_path, [release], environments=(name,))
    slug = name.lower().replace("_", "-")
    assert not codes(tree)
    assert f"environments/{name}/components/data/redis/component.yaml" in tree.files
    for path in (f"apps/components-{slug}.yaml", f"parent/apps-root-{slug}.yaml"):
        found = document(tree, f"environments/{name}/argocd/{path}")
        assert found["metadata"]["name"] == path.split("/")[1].removesuffix(".yaml")


def test_two_environments_of_one_name_in_kubernetes_are_an_error(tmp_path: Path) -> None:
    names = ("eu_west", "eu-west")
    tree = emit(tmp_path, [make_release(environment=name) for name in names], environments=names)
    assert codes(tree) == ["EM009"]
    assert "both eu-west" in tree.findings[0].message


def test_two_releases_that_become_one_are_an_error_that_names_both(tmp_path: Path) -> None:
    one, other = make_release("redis"), make_release("redis", namespace="cache")
    plan = make_plan(plan_release(one), plan_release(other, path="data/cache"))
    tree = emit(tmp_path, [one, other], plan=plan)
    assert codes(tree) == ["EM002"]
    assert "cache/redis becomes the component redis, as data/redis" in tree.findings[0].message


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"component": "Redis_1"}, "component 'Redis_1'"),
        ({"component": "r" * 64}, "component 'rrr"),
        ({"tier": "data tier"}, "tier 'data tier'"),
        ({"rollout_phase": "25"}, "rollout phase '25'"),
        ({"path": "data/../etc"}, "path 'data/../etc'"),
    ],
)
def test_names_that_kubernetes_refuses_are_errors(tmp_path: Path, fields: dict[str, str], told: str) -> None:
    release = make_release()
    plan = make_plan(plan_release(release, fields.pop("path", "data/redis"), **fields))
    tree = emit(tmp_path, [release], plan=plan)
    assert [f.message for f in tree.findings if f.code == "EM003" and told in f.message]
    assert not [path for path in tree.files if ".." in path]


def test_a_release_name_longer_than_helm_takes_is_an_error(tmp_path: Path) -> None:
    release = make_release("r" * 54)
    tree = emit(tmp_path, [release], plan=make_plan(plan_release(release, "data/r", component="r")))
    assert codes(tree) == ["EM003"]


def test_set_becomes_parameters_with_dollars_kept_from_argo_cd(tmp_path: Path) -> None:
    sets = (
        SetValue("--set", "replicas", "2", PLACE),
        SetValue("--set-string", "password", "pa$word\\,x", PLACE),
        SetValue("--set", "replicas", "3", PLACE),
    )
    found = component(emit(tmp_path, [make_release(sets=sets)]))
    assert found["parameters"] == [
        {"name": "password", "value": "pa$$word\\,x", "forceString": True},
        {"name": "replicas", "value": "3", "forceString": False},
    ]


def test_a_parameter_that_is_kept_elsewhere_is_a_placeholder_and_told(tmp_path: Path) -> None:
    kept = Placeholder("password", "ref+vault://db#/password", "PLACEHOLDER-vault-db-p4ssw0rd", PLACE)
    sets = (SetValue("--set", "password", kept.text, PLACE, (kept,)),)
    tree = emit(tmp_path, [make_release(sets=sets)])
    assert codes(tree) == ["EM010"]
    assert component(tree)["parameters"][0]["value"] == kept.text
    assert "`ref+vault://db#/password`" in tree.text("README.md")


def test_set_file_becomes_a_file_parameter_with_the_file_copied(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/redis.conf").write_bytes(b"\xff binary")
    tree = emit(tmp_path, [make_release(sets=(SetValue("--set-file", "config", "files/redis.conf", PLACE),))])
    path = "sources/values/dev/data/redis/files/config-redis.conf"
    assert component(tree)["fileParameters"] == [{"name": "config", "path": path}]
    assert tree.files[path] == b"\xff binary"


def test_a_file_to_set_that_is_missing_is_an_error(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release(sets=(SetValue("--set-file", "config", "files/none", PLACE),))])
    assert codes(tree) == ["EM013"]


@pytest.mark.parametrize("inner", ["auth.enabled", "auth[0]"])
def test_parameters_inside_one_another_are_told(tmp_path: Path, inner: str) -> None:
    sets = (SetValue("--set", "auth", "{a}", PLACE), SetValue("--set", inner, "true", PLACE))
    assert codes(emit(tmp_path, [make_release(sets=sets)])) == ["EM012"]


def test_crds_out_and_validation_off_are_carried(tmp_path: Path) -> None:
    keys = (make_key("disableValidation", True),)
    found = component(emit(tmp_path, [make_release(include_crds=False, skip_schema_validation=True, keys=keys)]))
    assert found["chart"]["skipCrds"] is True
    assert found["skipSchemaValidation"] is True
    assert found["syncOptions"] == ["Validate=false"]


def test_definitions_and_big_objects_are_applied_by_the_server(tmp_path: Path) -> None:
    big = make_manifest("ConfigMap", "dashboards", text="x" * 250_000)
    release = make_release()
    platform = make_plan(plan_release(release, project="platform"))
    for manifest in (CRD, big):
        tree = emit(tmp_path, [release], plan=platform, rendered={"redis": make_rendered(manifest)})
        assert component(tree)["syncOptions"] == ["ServerSideApply=true"]
    assert component(emit(tmp_path, [release]))["syncOptions"] == []


def test_options_of_the_plan_come_last_and_once(tmp_path: Path) -> None:
    release = make_release(keys=(make_key("disableOpenAPIValidation", True),))
    plan = make_plan(plan_release(release, sync_options=("PruneLast=true", "Validate=false")))
    assert component(emit(tmp_path, [release], plan=plan))["syncOptions"] == ["Validate=false", "PruneLast=true"]


def test_a_release_whose_render_failed_is_still_emitted(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release()], rendered={"redis": Rendered(error="boom")})
    assert component(tree)["name"] == "redis"


def test_each_key_of_a_component_says_where_it_came_from(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release(values=(make_layer("a: 1\n"),))])
    path = "environments/dev/components/data/redis/component.yaml"
    lines = tree.text(path).splitlines()
    origins = {lines[p.line - 1].partition(":")[0]: p for p in tree.provenance[path]}
    assert list(origins) == KEYS
    assert origins["tier"].origin == "migration.yaml#releases/data/redis/tier"
    assert origins["tier"].note == "inferred: a reason"
    assert origins["valueFiles"].origin == "helmfiles/40-data-plane.yaml.gotmpl:12"
