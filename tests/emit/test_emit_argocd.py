"""ApplicationSets, projects, root, repository, settings: what surrounds the components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.emit import emit_tree
from migrate.expand import expand_tree
from migrate.lint import lint_tree
from migrate.model.estate import SetValue
from migrate.model.finding import Severity, SourceLocation
from migrate.model.plan import Disposition, ProjectRole
from migrate.model.tree import FileTree
from tests.emit.emit_nouns import (
    codes,
    component,
    document,
    emit,
    make_estate,
    make_key,
    make_layer,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
    write_chart,
)

OF_PLAN = ("handover", "steps", "layer_handover", "appsets", "projects")
APPSET = "environments/dev/argocd/apps/components-dev.yaml"


def emit_with(tmp_path: Path, manifests: Sequence[Any] = (), release: Any = None, **fields: Any) -> FileTree:
    """The tree for one release; ``plan`` fields by name, the rest is for its place in the plan."""
    release = release or make_release()
    of_plan = {key: fields.pop(key) for key in OF_PLAN if key in fields}
    plan = make_plan(plan_release(release, **fields), **of_plan)
    rendered = {release.name: make_rendered(*manifests)} if manifests else None
    return emit(tmp_path, [release], plan=plan, rendered=rendered)


def test_applications_get_what_the_component_says(tmp_path: Path) -> None:
    place = SourceLocation("x", 1)
    (tmp_path / "redis.conf").write_text("maxmemory 1gb\n")
    release = make_release(
        values=(make_layer("a: 1\n"), make_layer("b: 1\n", "values/b.yaml")),
        sets=(
            SetValue("--set-string", "say", 'a "b" <c> $d', place),
            SetValue("--set-file", "conf", "redis.conf", place),
        ),
        include_crds=False,
        kube_version="1.30.0",
    )
    pointers = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    tree = emit_with(tmp_path, release=release, ignore_differences=(pointers,), sync_options=("PruneLast=true",))
    expansion = expand_tree(tree, ("dev",))
    assert not expansion.errors
    (application,) = expansion.applications
    assert application.name == "redis"
    assert application.step is None
    metadata: Any = application.manifest["metadata"]
    assert metadata["labels"] == {
        "tier": "data",
        "domain": "data",
        "componentType": "runtime",
        "rollout-phase": "250",
        "wave": "250",
    }
    assert "finalizers" not in metadata
    spec: Any = application.manifest["spec"]
    folder = "/sources/values/_shared/data/redis"
    assert spec == {
        "project": "data-services",
        "source": {
            "repoURL": "https://git.example.com/team/gitops.git",
            "targetRevision": "main",
            "path": "sources/charts/data/redis",
            "helm": {
                "releaseName": "redis",
                "valueFiles": [f"{folder}/10-redis.yaml", f"{folder}/20-b.yaml"],
                "parameters": [{"name": "say", "value": 'a "b" <c> $$d', "forceString": True}],
                "fileParameters": [{"name": "conf", "path": "/sources/values/dev/data/redis/files/conf-redis.conf"}],
                "skipCrds": True,
                "kubeVersion": "1.30.0",
            },
        },
        "destination": {"name": "in-cluster", "namespace": "data"},
        "syncPolicy": {"syncOptions": ["PruneLast=true"]},
        "ignoreDifferences": [pointers],
    }


def test_in_manual_hand_over_nothing_can_sync_by_itself(tmp_path: Path) -> None:
    tree = emit_with(tmp_path)
    appset = document(tree, APPSET)
    assert "strategy" not in appset["spec"]
    assert "automated" not in tree.text(APPSET)
    assert "syncPolicy" not in document(tree, "environments/dev/argocd/parent/apps-root-dev.yaml")["spec"]


@pytest.mark.parametrize("handover", ["manual", "done"])
def test_nothing_is_deleted_by_an_applicationset_in_either_hand_over(tmp_path: Path, handover: str) -> None:
    appset = document(emit_with(tmp_path, handover=handover), APPSET)
    assert appset["spec"]["syncPolicy"] == {"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"}
    assert appset["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
    assert appset["spec"]["goTemplateOptions"] == ["missingkey=error"]


def test_hand_over_done_rolls_over_the_whole_ladder(tmp_path: Path) -> None:
    tree = emit_with(tmp_path, handover="done")
    strategy = document(tree, APPSET)["spec"]["strategy"]
    assert strategy["type"] == "RollingSync"
    assert strategy["rollingSync"]["steps"] == [
        {"matchExpressions": [{"key": "rollout-phase", "operator": "In", "values": ["120"]}], "maxUpdate": 1},
        {"matchExpressions": [{"key": "rollout-phase", "operator": "In", "values": ["250"]}]},
        {"matchExpressions": [{"key": "rollout-phase", "operator": "In", "values": ["650"]}], "maxUpdate": "25%"},
    ]
    (application,) = expand_tree(tree, ("dev",)).applications
    assert application.step == 2
    spec: Any = application.manifest["spec"]
    assert "automated" not in spec.get("syncPolicy", {})


@pytest.mark.parametrize(("steps", "labels"), [("tier", ["infra", "data", "odd"]), ("wave", ["-5", "9", "10"])])
def test_steps_by_tier_or_wave_come_in_their_own_order(tmp_path: Path, steps: str, labels: list[str]) -> None:
    releases = [make_release(f"r{number}") for number in range(3)]
    given = [labels[2], labels[0], labels[1]]
    plans = [
        plan_release(r, **({"tier": v} if steps == "tier" else {"wave": v}))
        for r, v in zip(releases, given, strict=True)
    ]
    tree = emit(tmp_path, releases, plan=make_plan(*plans, steps=steps, handover="done"))
    found = document(tree, APPSET)["spec"]["strategy"]["rollingSync"]["steps"]
    assert [step["matchExpressions"][0]["values"] for step in found] == [[label] for label in labels]


def test_a_layer_in_manual_hand_over_matches_no_step_while_others_roll(tmp_path: Path) -> None:
    one, other = make_release("one", layer="10-base"), make_release("other", layer="40-data-plane")
    plan = make_plan(plan_release(one), plan_release(other), handover="manual", layer_handover={"10-base": "done"})
    tree = emit(tmp_path, [one, other], plan=plan)
    assert {a.name: a.step for a in expand_tree(tree, ("dev",)).applications} == {"one": 2, "other": -1}


def test_an_applicationset_a_project_takes_only_its_own(tmp_path: Path) -> None:
    one, other = make_release("one"), make_release("other")
    plans = (plan_release(one, project="apps"), plan_release(other))
    tree = emit(tmp_path, [one, other], plan=make_plan(*plans, appsets="per-project"))
    assert {a.appset: a.name for a in expand_tree(tree, ("dev",)).applications} == {
        "components-dev-apps": "one",
        "components-dev-data-services": "other",
    }


def test_a_parked_component_is_no_application(tmp_path: Path) -> None:
    tree = emit_with(tmp_path, release=make_release(installed=False))
    assert expand_tree(tree, ("dev",)).applications == ()


def project(tree: FileTree, name: str) -> Any:
    return document(tree, f"environments/dev/argocd/projects/{name}.yaml")["spec"]


def test_a_project_allows_what_is_rendered_and_no_more(tmp_path: Path) -> None:
    manifests = [
        make_manifest("ClusterRole", "r", namespace="", group="rbac.authorization.k8s.io"),
        make_manifest("ConfigMap", "c", namespace="kube-system"),
        make_manifest(
            "ClusterRole", "try", namespace="", group="test.example.com", annotations={"helm.sh/hook": "test"}
        ),
        make_manifest("CustomResourceDefinition", "d", namespace="", group="apiextensions.k8s.io", crd_file=True),
    ]
    release = make_release(include_crds=False)
    found = project(emit_with(tmp_path, manifests, release, project="platform"), "platform")
    assert found["sourceRepos"] == ["https://git.example.com/team/gitops.git"]
    assert found["clusterResourceWhitelist"] == [{"group": "rbac.authorization.k8s.io", "kind": "ClusterRole"}]
    assert [d["namespace"] for d in found["destinations"]] == ["data", "kube-system"]


def test_namespaced_kinds_are_those_rendered_and_what_controllers_make_of_them(tmp_path: Path) -> None:
    manifests = [make_manifest("CronJob", "c", group="batch"), make_manifest("Service", "s")]
    allowed = project(emit_with(tmp_path, manifests), "data-services")["namespaceResourceWhitelist"]
    assert [(entry["group"], entry["kind"]) for entry in allowed] == [
        ("", "Endpoints"),
        ("", "Pod"),
        ("", "Service"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("discovery.k8s.io", "EndpointSlice"),
    ]


def test_below_a_custom_resource_workloads_are_shown_and_secrets_stay_forbidden(tmp_path: Path) -> None:
    cluster = make_manifest("Cluster", "c", group="postgresql.cnpg.io")
    allowed = project(emit_with(tmp_path, [cluster]), "data-services")["namespaceResourceWhitelist"]
    kinds = {entry["kind"] for entry in allowed}
    assert {"Cluster", "StatefulSet", "Pod", "PersistentVolumeClaim"} <= kinds
    assert not kinds & {"Secret", "Role", "RoleBinding", "ServiceAccount"}


def test_what_others_only_read_makes_no_workloads(tmp_path: Path) -> None:
    monitor = make_manifest("ServiceMonitor", "m", group="monitoring.coreos.com")
    allowed = project(emit_with(tmp_path, [monitor]), "data-services")["namespaceResourceWhitelist"]
    assert [entry["kind"] for entry in allowed] == ["ServiceMonitor"]


def test_a_project_without_a_component_here_allows_nothing(tmp_path: Path) -> None:
    found = project(emit_with(tmp_path, release=make_release(installed=False)), "data-services")
    assert (found["destinations"], found["namespaceResourceWhitelist"]) == ([], [])


def test_roles_of_the_plan_become_policies_of_the_project(tmp_path: Path) -> None:
    roles = (
        ProjectRole("reader", ("get", "logs")),
        ProjectRole("deployer", ("sync", "action/*"), ("org:data",), "may roll out"),
    )
    found = project(emit_with(tmp_path, projects={"data-services": roles, "apps": roles}), "data-services")
    of = "data-services"
    assert found["roles"] == [
        {
            "name": "deployer",
            "description": "may roll out",
            "groups": ["org:data"],
            "policies": [
                f"p, proj:{of}:deployer, applications, sync, {of}/*, allow",
                f"p, proj:{of}:deployer, applications, action/*, {of}/*, allow",
            ],
        },
        {
            "name": "reader",
            "policies": [
                f"p, proj:{of}:reader, applications, get, {of}/*, allow",
                f"p, proj:{of}:reader, logs, get, {of}/*, allow",
            ],
        },
    ]


@pytest.mark.parametrize("name", ["apps", "data-services"])
def test_cluster_scoped_kinds_outside_the_platform_are_an_error(tmp_path: Path, name: str) -> None:
    manifests = [make_manifest("StorageClass", "s", namespace="", group="storage.k8s.io")]
    tree = emit_with(tmp_path, manifests, project=name)
    assert [(f.code, f.severity) for f in tree.findings] == [("EM030", Severity.ERROR)]
    assert project(tree, name)["clusterResourceWhitelist"] == []


@pytest.mark.parametrize(
    ("create", "name", "namespace", "options", "told"),
    [
        (True, "platform", "data", ["CreateNamespace=true"], []),
        (None, "platform", "data", ["CreateNamespace=true"], []),
        (False, "platform", "data", [], []),
        (True, "platform", "kube-system", [], []),
        (True, "data-services", "data", [], ["EM031"]),
    ],
)
def test_a_namespace_is_created_only_where_helmfile_does_and_the_project_may(
    tmp_path: Path, create: bool | None, name: str, namespace: str, options: list[str], told: list[str]
) -> None:
    release = make_release(create_namespace=create, namespace=namespace)
    tree = emit_with(tmp_path, release=release, project=name)
    assert component(tree)["syncOptions"] == options
    assert codes(tree) == told
    whitelist = project(tree, name)["clusterResourceWhitelist"]
    assert whitelist == ([{"group": "", "kind": "Namespace"}] if options else [])


def test_a_namespace_that_a_component_brings_is_not_created_again(tmp_path: Path) -> None:
    spaces = make_release("namespaces", namespace="default")
    redis = make_release(create_namespace=True)
    plan = make_plan(plan_release(spaces, project="platform"), plan_release(redis))
    rendered = {"namespaces": make_rendered(make_manifest("Namespace", "data", namespace=""))}
    tree = emit(tmp_path, [spaces, redis], plan=plan, rendered=rendered)
    assert component(tree)["syncOptions"] == []
    assert codes(tree) == []


def test_a_namespace_of_a_parked_release_is_none(tmp_path: Path) -> None:
    spaces = make_release("namespaces", namespace="default", installed=False)
    redis = make_release(create_namespace=True)
    plan = make_plan(plan_release(spaces, project="platform"), plan_release(redis, project="platform"))
    rendered = {"namespaces": make_rendered(make_manifest("Namespace", "data", namespace=""))}
    assert component(emit(tmp_path, [spaces, redis], plan=plan, rendered=rendered))["syncOptions"] == [
        "CreateNamespace=true"
    ]


def test_the_releases_own_word_on_its_namespace_comes_before_what_it_inherits(tmp_path: Path) -> None:
    keys = (make_key("createNamespace", True, inherited=True), make_key("createNamespace", False))
    release = make_release(create_namespace=None, keys=keys)
    assert component(emit_with(tmp_path, release=release, project="platform"))["syncOptions"] == []


def test_the_root_leaves_itself_and_the_settings_out(tmp_path: Path) -> None:
    root = document(emit_with(tmp_path), "environments/dev/argocd/parent/apps-root-dev.yaml")
    assert root["metadata"]["name"] == "apps-root-dev"
    assert root["spec"]["source"]["path"] == "environments/dev/argocd"
    assert root["spec"]["source"]["directory"] == {"recurse": True, "exclude": "{parent/*,ops/*}"}


def test_the_root_syncs_by_itself_only_after_hand_over_and_never_prunes(tmp_path: Path) -> None:
    root = document(emit_with(tmp_path, handover="done"), "environments/dev/argocd/parent/apps-root-dev.yaml")
    assert root["spec"]["syncPolicy"]["automated"] == {"prune": False, "selfHeal": True}


def test_the_repository_secret_holds_no_credentials(tmp_path: Path) -> None:
    secret = document(emit_with(tmp_path), "environments/dev/argocd/repos/repo-git-example-com-team-gitops.yaml")
    assert secret["stringData"] == {"type": "git", "url": "https://git.example.com/team/gitops.git"}
    assert secret["metadata"]["labels"] == {"argocd.argoproj.io/secret-type": "repository"}


def test_settings_are_patches_and_values_where_a_chart_installs_argo_cd(tmp_path: Path) -> None:
    import_ = make_manifest("KeycloakRealmImport", "realm", group="k8s.keycloak.org")
    tree = emit_with(tmp_path, [import_])
    folder = "environments/dev/argocd/ops"
    data = document(tree, f"{folder}/argocd-cm.yaml")["data"]
    assert sorted(data) == [
        "application.resourceTrackingMethod",
        "resource.customizations.health.argoproj.io_Application",
        "resource.customizations.health.k8s.keycloak.org_KeycloakRealmImport",
    ]
    assert "{{" not in "".join(data.values())
    parameters = document(tree, f"{folder}/argocd-cmd-params-cm.yaml")["data"]
    assert parameters == {"applicationsetcontroller.enable.progressive.syncs": "true"}
    assert f"{folder}/argocd-values.yaml" not in tree.files


def test_the_runbook_does_not_say_where_the_estate_lies_on_this_disk(tmp_path: Path) -> None:
    release = make_release(chart_path="charts/redis")
    write_chart(tmp_path, "charts/redis")
    estate = replace(make_estate(tmp_path, release), path=f"{tmp_path}/helmfiles/")
    tree = emit_tree(estate, make_plan(plan_release(release)), {})
    assert "the helmfiles in `helmfiles` applied" in tree.text("README.md")
    assert not [path for path, content in tree.files.items() if str(tmp_path).encode() in content]


def test_the_runbook_lists_phases_with_their_environments(tmp_path: Path) -> None:
    tree = emit(tmp_path, [make_release(), make_release("kafka"), make_release("kafka", "production")])
    assert "| 250 | kafka, redis (dev) | all |" in tree.text("README.md")
    assert "nothing syncs by itself" in tree.text("README.md")


def applications(tree: FileTree) -> dict[str, Any]:
    expansion = expand_tree(tree, ("dev",))
    assert not expansion.errors
    return {one.name: one.manifest for one in expansion.applications}


def two_with_data(tmp_path: Path, **fields: Any) -> FileTree:
    """web holds nothing that would be missed, redis a claim."""
    releases = [make_release(), make_release("web")]
    rendered = {
        "redis": make_rendered(make_manifest("PersistentVolumeClaim", "c")),
        "web": make_rendered(make_manifest("Deployment", "w", group="apps")),
    }
    plan = make_plan(*(plan_release(release) for release in releases), **fields)
    return emit(tmp_path, releases, plan=plan, rendered=rendered)


def test_once_lifted_only_what_holds_data_outlives_its_file(tmp_path: Path) -> None:
    tree = two_with_data(tmp_path, removal="delete", handover="done")
    policy = document(tree, APPSET)["spec"]["syncPolicy"]
    assert policy == {"preserveResourcesOnDeletion": True, "applicationsSync": "sync"}
    finalizers = {name: one["metadata"].get("finalizers") for name, one in applications(tree).items()}
    assert finalizers == {"redis": None, "web": ["resources-finalizer.argocd.argoproj.io"]}
    assert "is deleted with its objects (`removal: delete`" in tree.text("README.md")
    assert "**Its Application is deleted" in tree.text("README.md")


@pytest.mark.parametrize(
    "fields",
    [
        {"removal": "delete", "handover": "manual"},
        {"removal": "delete", "handover": "done", "layer_handover": {"40-data-plane": "manual"}},
        {"removal": "keep", "handover": "done"},
    ],
)
def test_the_guard_stays_while_anything_is_left_to_hand_over(tmp_path: Path, fields: dict[str, Any]) -> None:
    tree = two_with_data(tmp_path, **fields)
    assert document(tree, APPSET)["spec"]["syncPolicy"]["applicationsSync"] == "create-update"
    assert not any("finalizers" in one["metadata"] for one in applications(tree).values())
    assert "That deletes nothing" in tree.text("README.md")


def test_lint_takes_a_lifted_guard_and_refuses_one_that_data_lacks(tmp_path: Path) -> None:
    tree = two_with_data(tmp_path, removal="delete", handover="done")
    rendered = {("dev", "redis"): make_rendered(make_manifest("PersistentVolumeClaim", "c"))}
    assert "L34" not in {f.code for f in lint_tree(tree, expand_tree(tree, ("dev",)), rendered)}
    bare = tree.text(APPSET).replace('(has .name (list "redis"))', "(has .name (list))")
    wrong = FileTree({**tree.files, APPSET: bare.encode()})
    assert "L34" in {f.code for f in lint_tree(wrong, expand_tree(wrong, ("dev",)), rendered)}


def test_kinds_that_nobody_can_assess_are_told_once_an_environment(tmp_path: Path) -> None:
    things = [make_manifest("Thing", name, group="example.org") for name in ("a", "b")]
    monitor = make_manifest("ServiceMonitor", "m", group="monitoring.coreos.com")
    tree = emit_with(tmp_path, [*things, monitor])
    (finding,) = [finding for finding in tree.findings if finding.code == "EM033"]
    assert (finding.severity, finding.environment) == (Severity.INFO, "dev")
    assert "nobody can tell the health of Thing.example.org" in finding.message
    assert "resource.customizations.health.example.org_Thing" in finding.hint


def test_checks_go_by_the_version_of_argo_cd(tmp_path: Path) -> None:
    gateway = make_manifest("GatewayClass", "g", group="gateway.networking.k8s.io", namespace="")
    release = make_release()
    for version, there in (("3.3", True), ("3.5", False)):
        plan = make_plan(plan_release(release, project="platform"), argocd_version=version)
        tree = emit(tmp_path, [release], plan=plan, rendered={"redis": make_rendered(gateway)})
        data = document(tree, "environments/dev/argocd/ops/argocd-cm.yaml")["data"]
        assert ("resource.customizations.health.gateway.networking.k8s.io_GatewayClass" in data) is there


def test_settings_as_values_are_those_of_the_patches(tmp_path: Path) -> None:
    argocd, redis = make_release("argocd", namespace="argocd"), make_release()
    plan = make_plan(plan_release(argocd, disposition=Disposition.BOOTSTRAP), plan_release(redis))
    tree = emit(tmp_path, [argocd, redis], plan=plan)
    folder = "environments/dev/argocd/ops"
    assert document(tree, f"{folder}/argocd-values.yaml")["configs"] == {
        "cm": document(tree, f"{folder}/argocd-cm.yaml")["data"],
        "params": document(tree, f"{folder}/argocd-cmd-params-cm.yaml")["data"],
    }
