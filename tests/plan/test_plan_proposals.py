from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.graph import build_graph
from migrate.model.finding import Severity
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, ReleasePlan
from migrate.plan import check_plan, load_plan, propose_plan
from tests.small_estates import DEPLOYMENT, Small, crd, custom, small_estate

SECRET = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\n"
CONFIG = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
JOB = "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {containers: []}}}\n"
TEST = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\nspec: {}\n"
NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: made}\n"
WEBHOOK = """\
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
"""


def planned(*releases: Small, decided: str = "") -> tuple[Plan, dict[str, ReleasePlan]]:
    estate, rendered = small_estate(releases)
    graph, _ = build_graph(estate, rendered)
    plan = propose_plan(estate, graph, load_plan(decided, "migration.yaml") if decided else None)
    return plan, {release.id.split("/")[1]: release for release in plan.releases}


def problems(*releases: Small, decided: str = "") -> list[tuple[str, str]]:
    estate, rendered = small_estate(releases)
    graph, _ = build_graph(estate, rendered)
    plan = propose_plan(estate, graph, load_plan(decided, "migration.yaml") if decided else None)
    found = check_plan(plan, estate, graph)
    return [(f.code, f.message) for f in found if f.severity is not Severity.INFO]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NAMESPACE, "namespaces"),
        (crd("A", "a.org"), "crds"),
        (crd("A", "a.org") + DEPLOYMENT, "operator"),
        (WEBHOOK + DEPLOYMENT, "operator"),
        (WEBHOOK + DEPLOYMENT.replace("Deployment", "StatefulSet"), "runtime"),
        (SECRET, "secrets"),
        (custom("ClusterIssuer", "cert-manager.io"), "secrets"),
        (SECRET + DEPLOYMENT, "runtime"),
        (CONFIG, "config"),
        (CONFIG + TEST, "config"),
        (custom("Gateway", "gateway.networking.k8s.io"), "config"),
        (custom("ServiceMonitor", "monitoring.coreos.com"), "config"),
        (custom("Kafka", "kafka.strimzi.io"), "runtime"),
        (custom("Kafka", "kafka.strimzi.io") + JOB, "runtime"),
        (custom("KafkaTopic", "kafka.strimzi.io"), "post-runtime"),
        (JOB, "post-runtime"),
        (TEST, "smoke"),
    ],
)
def test_what_a_release_renders_gives_its_type(text: str, expected: str) -> None:
    _, found = planned(Small("web/it", text))
    assert found["it"].component_type.value == expected


@pytest.mark.parametrize(
    ("small", "domain", "tier", "path"),
    [
        (Small("web/redis", DEPLOYMENT, "30-misc"), "data", "data", "data/redis"),
        (Small("web/neo4j", DEPLOYMENT, "30-misc"), "data", "data", "data/neo4j"),
        (Small("web/neo4j", DEPLOYMENT, "45-data-plane-ext"), "data-ext", "data", "data-ext/neo4j"),
        (Small("web/shop", DEPLOYMENT, "70-services"), "apps", "apps", "apps/shop"),
        (Small("web/redis", DEPLOYMENT, "70-services"), "apps", "apps", "apps/redis"),
        (Small("monitoring/x", DEPLOYMENT, "helmfile"), "observability", "platform", "observability/x"),
        (Small("web/loki", DEPLOYMENT, "helmfile"), "observability", "platform", "observability/loki"),
        (Small("web/sso", DEPLOYMENT, "24-auth"), "platform", "platform", "platform/auth/sso"),
        (Small("web/x", DEPLOYMENT, "helmfile"), "apps", "apps", "apps/x"),
        (Small("kube-system/x", CONFIG, "helmfile"), "foundation", "infra", "foundation/x"),
        (Small("web/x", TEST, "60-qa"), "apps", "qa", "apps/qa/x"),
        (Small("a/my-operator", crd("A", "a.org") + DEPLOYMENT, "x"), "platform", "infra", "platform/operators/my"),
    ],
)
def test_layer_software_and_namespace_give_the_place(small: Small, domain: str, tier: str, path: str) -> None:
    _, found = planned(small)
    release = found[small.id.split("/")[1]]
    assert (release.domain.value, release.tier.value, release.path.value) == (domain, tier, path)


def test_definitions_go_where_their_only_users_are_else_to_foundation() -> None:
    users = [Small("a/k", custom("A", "a.org"), "20-data"), Small("a/l", custom("B", "b.org"), "20-data")]
    other = Small("a/m", custom("B", "b.org", "other"), "70-apps")
    definitions = [Small("a/one-crds", crd("A", "a.org"), "12-crds"), Small("a/two-crds", crd("B", "b.org"), "12-crds")]
    _, found = planned(*definitions, *users, other)
    assert (found["one-crds"].path.value, found["one-crds"].rollout_phase.value) == ("data/crds/one", "210")
    assert (found["two-crds"].path.value, found["two-crds"].rollout_phase.value) == ("foundation/crds/two", "110")


def test_a_data_service_that_needs_the_gateway_goes_behind_the_platform() -> None:
    gateway = Small("web/gateway", custom("Gateway", "gateway.networking.k8s.io", "public"), "22-control-plane")
    route = custom("HTTPRoute", "gateway.networking.k8s.io", "r", "{parentRefs: [{name: public}]}")
    _, found = planned(Small("web/console", DEPLOYMENT + route, "40-data"), gateway)
    assert (found["console"].path.value, found["console"].rollout_phase.value) == ("data-ext/console", "450")
    assert "web/gateway" in found["console"].domain.reason


def test_a_smoke_goes_to_the_last_band_of_what_it_needs() -> None:
    _, found = planned(
        Small("web/late", DEPLOYMENT, "70-apps"), Small("web/check", TEST, "40-data", needs=("web/late",))
    )
    assert (found["check"].rollout_phase.value, found["check"].path.value) == ("699", "apps/check")


def test_a_step_is_added_to_the_ladder_where_the_band_lacks_one() -> None:
    plan, found = planned(Small("w/a", DEPLOYMENT, "70-apps"), Small("w/b", DEPLOYMENT, "70-apps", needs=("w/a",)))
    assert [found[name].rollout_phase.value for name in "ab"] == ["650", "651"]
    assert [(s.phase, s.max_update) for s in plan.ladder if s.inserted] == [("651", "25%")]
    assert "needs in helmfiles/70-apps.yaml:20" in found["b"].rollout_phase.reason


def test_a_move_past_the_band_is_told() -> None:
    plan, found = planned(
        Small("w/vault", DEPLOYMENT, "15-secrets", needs=("w/redis",)), Small("w/redis", DEPLOYMENT, "40-data")
    )
    assert found["vault"].rollout_phase.value == "251"
    assert [f.release for f in plan.findings if f.code == "PL004"] == ["w/vault"]


def test_argo_cd_itself_is_left_to_the_bootstrap_unless_a_person_says_otherwise() -> None:
    argocd = Small("argocd/argocd", DEPLOYMENT, chart="argo/argo-cd")
    assert planned(argocd)[1]["argocd"].disposition is Disposition.BOOTSTRAP
    said = "releases: {argocd/argocd: {disposition: component}}"
    assert planned(argocd, decided=said)[1]["argocd"].disposition is Disposition.COMPONENT


def test_two_releases_of_one_name_become_two_applications() -> None:
    plan, _ = planned(Small("red/web", DEPLOYMENT, "70-apps"), Small("blue/web", DEPLOYMENT, "70-apps"))
    assert [release.component.value for release in plan.releases] == ["red-web", "blue-web"]
    assert [release.path.value for release in plan.releases] == ["apps/red-web", "apps/blue-web"]


def test_cluster_scoped_kinds_of_an_application_need_the_platforms_project() -> None:
    store = "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: x}\n"
    release = Small("w/a", DEPLOYMENT + store, "70-apps")
    assert planned(release)[1]["a"].project.value == "platform"
    said = "releases: {w/a: {project: apps}}"
    assert [code for code, _ in problems(release, decided=said)] == ["PL010"]


def test_a_persons_decision_stands_and_the_rest_follows_it() -> None:
    _, found = planned(Small("w/a", DEPLOYMENT, "70-apps"), decided="releases: {w/a: {domain: data}}")
    release = found["a"]
    assert release.domain == Decision("data", DecisionSource.PERSON)
    assert [d.value for d in (release.rollout_phase, release.tier, release.path, release.wave)] == [
        "250",
        "data",
        "data/a",
        "250",
    ]


def test_a_path_says_the_domain_too() -> None:
    _, found = planned(Small("w/a", DEPLOYMENT, "70-apps"), decided="releases: {w/a: {path: data/stores/a}}")
    assert (found["a"].domain.value, found["a"].rollout_phase.value) == ("data", "250")


def test_what_was_inferred_before_is_inferred_anew() -> None:
    old = "releases: {w/a: {domain: {value: data, source: inferred, reason: old}}}"
    assert planned(Small("w/a", DEPLOYMENT, "70-apps"), decided=old)[1]["a"].domain.value == "apps"


def test_a_phase_that_breaks_an_edge_is_an_error_with_both_ends() -> None:
    releases = Small("w/a", DEPLOYMENT, "70-apps"), Small("w/b", DEPLOYMENT, "70-apps", needs=("w/a",))
    said = 'releases: {w/a: {rolloutPhase: "650"}, w/b: {rolloutPhase: "650"}}'
    ((code, message),) = problems(*releases, decided=said)
    assert code == "PL003"
    assert message == (
        "w/b (helmfiles/70-apps.yaml:20; phase 650, decided at migration.yaml:1) needs "
        "w/a (helmfiles/70-apps.yaml:10; phase 650, decided at migration.yaml:1) to be there first: "
        "needs in helmfiles/70-apps.yaml:20"
    )


def test_a_cycle_breaks_an_edge_and_is_told() -> None:
    releases = Small("w/a", DEPLOYMENT, needs=("w/b",)), Small("w/b", DEPLOYMENT, needs=("w/a",))
    assert [code for code, _ in problems(*releases)] == ["PL013"]


def test_answers_about_releases_that_are_gone_are_told_and_not_used() -> None:
    plan, found = planned(Small("w/a", DEPLOYMENT), decided='releases: {w/gone: {rolloutPhase: "650"}}')
    assert list(found) == ["a"]
    assert [(f.code, f.release) for f in plan.findings if f.severity is Severity.WARNING] == [("PL002", "w/gone")]


def test_a_release_that_cut_over_removed_stays_in_the_plan() -> None:
    said = "releases: {w/done: {layer: x, domain: apps, state: removed}}"
    plan, found = planned(Small("w/a", DEPLOYMENT), decided=said)
    assert found["done"].state == "removed"
    assert [f.code for f in plan.findings if f.severity is not Severity.INFO] == []


def test_a_field_marked_ask_stays_open_until_a_person_decides_it() -> None:
    asked = "releases: {w/a: {ask: [rolloutPhase]}}"
    plan, _ = planned(Small("w/a", DEPLOYMENT, "70-apps"), decided=asked)
    assert [(q.key, q.proposal, q.must_ask) for q in plan.questions] == [("releases/w/a/rolloutPhase", "650", True)]
    answered = "releases: {w/a: {ask: [rolloutPhase], rolloutPhase: 650}}"
    plan, found = planned(Small("w/a", DEPLOYMENT, "70-apps"), decided=answered)
    assert (plan.questions, found["a"].ask) == ((), ())


def test_a_guess_is_a_question_that_may_be_left_open() -> None:
    plan, _ = planned(Small("w/a", "", "70-apps"))
    assert [(q.key, q.must_ask) for q in plan.questions] == [("releases/w/a/componentType", False)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("domain: nowhere", "domain of w/a cannot be 'nowhere'"),
        ("componentType: thing", "componentType of w/a cannot be 'thing'"),
        ("component: Not_A_Name", "component of w/a cannot be 'Not_A_Name'"),
        ("path: ../../etc", "path of w/a cannot be '../../etc'"),
        ("path: /etc", "path of w/a cannot be '/etc'"),
        ("project: mine", "project of w/a cannot be 'mine'"),
        ("rolloutPhase: soon", "rolloutPhase of w/a cannot be 'soon'"),
    ],
)
def test_values_that_cannot_be_are_told(said: str, told: str) -> None:
    found = problems(Small("w/a", DEPLOYMENT, "70-apps"), decided=f"releases: {{w/a: {{{said}}}}}")
    assert ("PL006", told) in found


def test_clashes_are_told() -> None:
    releases = Small("w/a", DEPLOYMENT, "70-apps"), Small("w/b", DEPLOYMENT, "70-apps")
    found = problems(*releases, decided="releases: {w/b: {component: a}}")
    assert found == [
        ("PL007", "w/a and w/b would share the Application a"),
        ("PL007", "w/a and w/b would share the folder apps/a"),
    ]


def test_a_plan_that_lacks_a_release_is_told() -> None:
    estate, rendered = small_estate([Small("w/a", DEPLOYMENT), Small("w/b", DEPLOYMENT)])
    graph, _ = build_graph(estate, rendered)
    plan = propose_plan(estate, graph, None)
    less = replace(plan, releases=plan.releases[:1])
    assert [(f.code, f.release) for f in check_plan(less, estate, graph) if f.severity is Severity.ERROR] == [
        ("PL005", "w/b")
    ]
