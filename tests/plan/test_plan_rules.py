"""A person's own rules in migration.yaml, and what the built-in ones make of names alone."""

from __future__ import annotations

import pytest

from migrate.errors import UsageError
from migrate.graph import build_graph
from migrate.model.finding import Finding, Severity
from migrate.model.plan import DecisionSource, Plan, ReleasePlan
from migrate.plan import check_plan, dump_plan, load_plan, propose_plan
from tests.small_estates import DEPLOYMENT, Small, small_estate


def planned(*releases: Small, decided: str = "") -> tuple[Plan, dict[str, ReleasePlan], tuple[Finding, ...]]:
    estate, rendered = small_estate(releases)
    graph, _ = build_graph(estate, rendered)
    plan = propose_plan(estate, graph, load_plan(decided, "migration.yaml") if decided else None, rendered)
    return plan, {r.id.split("/")[1]: r for r in plan.releases}, check_plan(plan, estate, graph)


def told(findings: tuple[Finding, ...], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


SHOP = Small("web/shop", DEPLOYMENT, "70-apps", chart="own/shop", labels={"team": "red"})
BANK = Small("pay/bank", DEPLOYMENT, "70-apps", chart="own/bank", labels={"team": "blue"})


@pytest.mark.parametrize(
    "match",
    [
        "name: sh*",
        "namespace: web",
        "chart: own/shop",
        "chart: shop",
        "labels: {team: red}",
        "labels: {team: [green, r?d]}",
        "name: [x, shop]",
        "layer: 70-*, labels: {team: red}",
    ],
)
def test_a_rule_matches_by_every_key_with_any_of_its_patterns(match: str) -> None:
    said = f"rules: [{{match: {{{match}}}, set: {{domain: data, tier: data}}, reason: Kim said so}}]"
    _, found, findings = planned(SHOP, BANK, decided=said)
    domain = found["shop"].domain
    assert (domain.value, domain.source, domain.reason) == (
        "data",
        DecisionSource.INFERRED,
        "rule 1 of this plan: Kim said so",
    )
    assert (found["shop"].tier.value, found["shop"].rollout_phase.value) == ("data", "250")
    assert (found["bank"].domain.value, found["bank"].tier.value) == ("apps", "apps")
    assert not told(findings, "PL012")


def test_kinds_match_with_or_without_their_group() -> None:
    for kinds in ("Deployment", "Deployment.apps", "*.apps"):
        said = f"rules: [{{match: {{kinds: '{kinds}', name: shop}}, set: {{componentType: post-runtime}}}}]"
        _, found, _ = planned(SHOP, BANK, decided=said)
        assert (found["shop"].component_type.value, found["bank"].component_type.value) == ("post-runtime", "runtime")
        assert found["shop"].rollout_phase.value == "655"


def test_for_each_field_the_first_rule_that_matches_decides() -> None:
    said = """\
rules:
  - match: {name: shop}
    set: {tier: platform}
  - match: {layer: "70-*"}
    set: {tier: data, project: platform, path: "apps/ours/{name}", component: "ours-{name}", wave: "7"}
"""
    _, found, _ = planned(SHOP, BANK, decided=said)
    assert [found[name].tier.value for name in ("shop", "bank")] == ["platform", "data"]
    assert [found[name].project.value for name in ("shop", "bank")] == ["platform", "platform"]
    assert found["shop"].path.value == "apps/ours/ours-shop"
    assert (found["bank"].component.value, found["bank"].wave.value) == ("ours-bank", "7")


def test_a_persons_answer_about_a_release_stands_over_a_rule() -> None:
    said = "rules: [{match: {name: shop}, set: {domain: data}}]\nreleases: {web/shop: {domain: platform}}"
    _, found, _ = planned(SHOP, decided=said)
    assert found["shop"].domain.value == "platform"


def test_a_phase_of_a_rule_is_a_proposal_that_edges_may_move() -> None:
    said = 'rules: [{match: {layer: "70-*"}, set: {rolloutPhase: "640"}}]'
    waiting = Small("pay/bank", DEPLOYMENT, "70-apps", needs=("web/shop",))
    _, found, findings = planned(SHOP, waiting, decided=said)
    assert (found["shop"].rollout_phase.value, found["shop"].rollout_phase.reason) == ("640", "rule 1 of this plan")
    assert found["bank"].rollout_phase.value == "650"
    assert "needs in" in found["bank"].rollout_phase.reason
    assert "rule 1 of this plan gives 640" in found["bank"].rollout_phase.reason
    assert not told(findings, "PL003")


def test_a_rule_that_has_no_say_is_told_with_its_line() -> None:
    said = """\
rules:
  - match: {name: shop}
    set: {domain: data}
  - match: {name: sh*}
    set: {domain: platform}
  - match: {chart: nobody/*}
    set: {domain: data}
"""
    _, _, findings = planned(SHOP, decided=said)
    assert [(f.message, str(f.source)) for f in told(findings, "PL012")] == [
        ("rule 2 of the plan (name: sh*) says nothing that an earlier rule has not said", "migration.yaml:4"),
        ("rule 3 of the plan (chart: nobody/*) matches no release", "migration.yaml:6"),
    ]


def test_a_rule_may_leave_a_field_to_a_person_for_each_release() -> None:
    said = 'rules: [{match: {layer: "70-*"}, ask: [rolloutPhase]}]\nreleases: {pay/bank: {rolloutPhase: "650"}}'
    plan, found, findings = planned(SHOP, BANK, decided=said)
    assert [(q.key, q.must_ask) for q in plan.questions] == [("releases/web/shop/rolloutPhase", True)]
    assert plan.questions[0].evidence == found["shop"].evidence != ()
    assert [f.release for f in told(findings, "PL008")] == ["web/shop"]
    text = dump_plan(plan, said)
    assert "ask: [rolloutPhase]" in text.split("releases:")[0]
    assert "ask" not in text.split("releases:")[1]


def test_rules_survive_with_their_comments() -> None:
    said = """\
rules:
  # the shop is special
  - match: {name: [shop, bank], labels: {team: "r*"}}  # by team
    set: {domain: data, rolloutPhase: 250}
    reason: "see #12"
  # and everything else
  - match: {name: "*"}
    ask: [tier]
"""
    first = load_plan(said, "migration.yaml")
    plan, _, _ = planned(SHOP, BANK, decided=said)
    text = dump_plan(plan, said)
    assert load_plan(text, "x").rules == first.rules
    assert "  # the shop is special\n  - match: {name: [shop, bank], labels: {team: " in text
    assert "}  # by team\n" in text
    assert "  # and everything else\n  - match: {name: " in text
    assert dump_plan(planned(SHOP, BANK, decided=text)[0], text) == text


@pytest.mark.parametrize(
    ("rule", "message", "line"),
    [
        ("{set: {domain: data}}", "a rule without match", 1),
        ("{match: {name: a}}", "a rule without set and ask", 1),
        ("{match: {nam: a}, set: {domain: data}}", "match has no key nam", 1),
        ("{match: {name: a}, set: {domain: nowhere}}", "set.domain cannot be 'nowhere'", 1),
        ("{match: {name: a}, set: {rolloutPhase: soon}}", "a phase has three digits", 1),
        ("{match: {name: a}, ask: [colour]}", "an item of ask cannot be 'colour'", 1),
        ("{match: {name: ''}, set: {domain: data}}", "name needs a pattern", 1),
    ],
)
def test_a_faulty_rule_is_refused_with_its_line(rule: str, message: str, line: int) -> None:
    with pytest.raises(UsageError) as caught:
        load_plan(f"rules: [{rule}]", "migration.yaml")
    assert message in caught.value.message
    assert caught.value.source is not None
    assert caught.value.source.line == line


@pytest.mark.parametrize(
    ("name", "chart", "expected"),
    [
        ("cert-manager", "jetstack/cert-manager", "operator foundation foundation/operators/cert-manager 120"),
        ("cert-manager-letsencrypt", "own/le", "secrets foundation foundation/cert-manager-letsencrypt 130"),
        ("private-ingress", "ingress-nginx/ingress-nginx", "operator platform platform/operators/private-ingress 320"),
        ("grafana-postgresql", "bitnami/postgresql", "runtime data data/grafana-postgresql 250"),
        ("keycloak-database", "own/cluster", "runtime data data/keycloak-database 250"),
        ("keycloak", "bitnami/keycloak", "runtime platform platform/auth/keycloak 350"),
        ("my-topics", "own/topics", "post-runtime apps apps/my-topics 655"),
        ("networkpolicy", "own/generator", "config foundation foundation/networkpolicy 140"),
        ("loki", "grafana/loki-stack", "runtime observability observability/loki 550"),
        ("rediscovery", "own/rediscovery", "runtime apps apps/rediscovery 650"),
        ("gateway-api-crds", "own/crds", "crds platform platform/crds/gateway-api 310"),
        ("shop", "own/shop", "runtime apps apps/shop 650"),
    ],
)
def test_name_and_chart_tell_what_is_known_where_nothing_is_rendered(name: str, chart: str, expected: str) -> None:
    _, found, _ = planned(Small(f"web/{name}", "", "helmfile", chart=chart))
    r = found[name]
    assert f"{r.component_type.value} {r.domain.value} {r.path.value} {r.rollout_phase.value}" == expected
    assert r.component_type.reason.startswith("it renders nothing here; ")


def test_a_layer_that_holds_most_of_the_estate_tells_nothing_of_one_release() -> None:
    many = [Small(f"web/shop{number}", DEPLOYMENT, "10-services") for number in range(12)]
    _, found, _ = planned(*many, Small("web/redis", DEPLOYMENT, "10-services"), Small("web/x", DEPLOYMENT, "20-data"))
    assert (found["redis"].domain.value, found["shop1"].domain.value, found["x"].domain.value) == (
        "data",
        "apps",
        "data",
    )


def test_an_operator_that_one_of_an_earlier_band_waits_for_goes_before_it() -> None:
    """One release moves instead of everything that would have to wait for it."""
    monitoring = Small("monitoring/kube-prometheus-stack", "", "x", chart="p/kube-prometheus-stack")
    certs = Small("c/cert-manager", "", "x", chart="j/cert-manager", needs=("monitoring/kube-prometheus-stack",))
    _, found, _ = planned(monitoring, certs)
    assert [found[n].rollout_phase.value for n in ("kube-prometheus-stack", "cert-manager")] == ["120", "121"]
    assert "c/cert-manager of foundation waits for it (needs in " in found["kube-prometheus-stack"].domain.reason


def test_every_proposal_comes_with_what_it_rests_on() -> None:
    job = "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: pre-upgrade}}\n"
    shop = Small("web/shop", DEPLOYMENT + job, "70-apps", needs=("pay/bank",), labels={"tier": "apps"}, only=("dev",))
    _, found, _ = planned(BANK, shop)
    assert found["shop"].evidence == (
        "stated at helmfiles/70-apps.yaml:20, in layer 70-apps",
        "chart ./charts/own/some",
        "labels tier=apps",
        "renders Deployment, Job",
        "Helm hooks: Job j (pre-upgrade)",
        "waits for pay/bank: needs in helmfiles/70-apps.yaml:20",
    )
    assert found["bank"].evidence[-1] == "is awaited by web/shop: needs in helmfiles/70-apps.yaml:20"
    assert all(severity is not Severity.ERROR for severity in [f.severity for f in planned(BANK, shop)[2]])


def test_roles_of_a_project_that_no_release_is_in_are_told() -> None:
    _, _, findings = planned(
        SHOP, decided="projects: {aps: {roles: {a: {may: [get]}}}, apps: {roles: {a: {may: [get]}}}}"
    )
    (finding,) = told(findings, "PL017")
    assert (finding.severity, finding.hint) == (Severity.WARNING, "projects of this plan: apps")
    assert "projects.aps has roles" in finding.message
