"""The sample estate without any answers: every release goes where a careful person would put it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.graph import build_graph
from migrate.model.estate import Estate, ReadRequest
from migrate.model.finding import Severity
from migrate.model.graph import ReleaseGraph
from migrate.model.manifest import Rendered
from migrate.model.plan import Disposition, Plan
from migrate.plan import check_plan, dump_plan, load_plan, propose_plan
from migrate.read import read_estate
from migrate.render import render_release

ROOT = Path(__file__).parents[2]

TABLE = """
namespaces             foundation/namespaces                       namespaces   100 infra
bootstrap-smoke        foundation/bootstrap-smoke                  smoke        199 infra
external-secrets-crds  foundation/crds/external-secrets            crds         110 infra
cert-manager-crds      foundation/crds/cert-manager                crds         110 infra
gateway-api-crds       foundation/crds/gateway-api                 crds         110 infra
prometheus-operator-crds foundation/crds/prometheus-operator       crds         110 infra
redis-crds             data/crds/redis                             crds         210 infra
keycloak-crds          platform/crds/keycloak                      crds         310 infra
cert-manager           foundation/operators/cert-manager           operator     120 infra
external-secrets       foundation/operators/external-secrets       operator     120 infra
vault-webhook-certs    foundation/secrets/vault-webhook-certs      secrets      130 infra
registry-pull-secret   foundation/secrets/registry-pull-secret     secrets      130 infra
vault                  foundation/secrets/vault                    runtime      150 infra
vault-bootstrap        foundation/secrets/vault-bootstrap          post-runtime 155 infra
vault-secret-store     foundation/secrets/vault-secret-store       post-runtime 160 infra
secrets-smoke          foundation/secrets-smoke                    smoke        199 infra
coredns-config         foundation/coredns-config                   config       140 infra
managed-storage        foundation/storage/managed-storage          config       140 infra
cloudnative-pg         data/operators/cloudnative-pg               operator     220 infra
strimzi                data/operators/strimzi                      operator     220 infra
redis-operator         data/operators/redis                        operator     220 infra
clickhouse-operator    data/operators/clickhouse                   operator     220 infra
keycloak-operator      platform/operators/keycloak                 operator     320 infra
operators-smoke        platform/operators-smoke                    smoke        399 infra
envoy-gateway          platform/control-plane/envoy-gateway        operator     320 infra
cert-manager-config    platform/control-plane/cert-manager-config  secrets      330 infra
gateway                platform/control-plane/gateway              config       340 infra
control-plane-smoke    platform/control-plane-smoke                smoke        399 infra
postgres-clusters      data/postgres-clusters                      runtime      250 data
keycloak               platform/auth/keycloak                      runtime      350 platform
keycloak-realm         platform/auth/keycloak-realm                post-runtime 355 platform
auth-smoke             platform/auth-smoke                         smoke        399 platform
redis-failover         data/redis-failover                         runtime      250 data
kafka-cluster          data/kafka-cluster                          runtime      250 data
clickhouse             data/clickhouse                             runtime      250 data
clickhouse-secrets     data/clickhouse-secrets                     secrets      230 data
pgadmin                data-ext/pgadmin                            runtime      450 data
data-plane-smoke       data/data-plane-smoke                       smoke        299 data
db-migrations          data/db-migrations                          post-runtime 260 data
minio                  data/minio                                  runtime      250 data
neo4j                  data-ext/neo4j                              runtime      450 data
temporal-operator      data-ext/operators/temporal                 operator     420 infra
temporal               data-ext/temporal                           runtime      450 data
temporal-namespaces    data-ext/temporal-namespaces                post-runtime 455 data
temporal-oauth2-proxy  data-ext/temporal-oauth2-proxy              runtime      450 data
data-plane-ext-smoke   data-ext/data-plane-ext-smoke               smoke        499 data
platform               apps/platform                               runtime      650 apps
graph                  apps/graph                                  runtime      650 apps
inference              apps/inference                              runtime      650 apps
agents                 apps/agents                                 runtime      650 apps
workflows              apps/workflows                              runtime      650 apps
threads                apps/threads                                runtime      650 apps
www                    apps/www                                    runtime      650 apps
www-platform           apps/www-platform                           runtime      650 apps
prometheus             observability/prometheus                    runtime      550 platform
loki                   observability/loki                          runtime      550 platform
tempo                  observability/tempo                         runtime      550 platform
otel-collector         observability/otel-collector                runtime      550 platform
alloy-logs             observability/alloy-logs                    runtime      550 platform
grafana                observability/grafana                       runtime      550 platform
langfuse               observability/langfuse                      runtime      550 platform
grafana-datasources    observability/grafana-datasources           config       540 platform
langfuse-bootstrap     observability/langfuse-bootstrap            post-runtime 555 platform
observability-smoke    observability/observability-smoke           smoke        599 platform
platform-smoke         apps/qa/platform-smoke                      smoke        699 qa
"""

Proposed = tuple[Plan, Estate, ReleaseGraph]
Renders = dict[tuple[str, str], Rendered]


@pytest.fixture(scope="module")
def read() -> tuple[Estate, Renders]:
    estate = read_estate(ReadRequest(path=str(ROOT / "helmfiles")))
    return estate, {(r.environment, r.id): render_release(estate, r, kube_version="1.34.0") for r in estate.releases}


@pytest.fixture(scope="module")
def proposed(read: tuple[Estate, Renders]) -> Proposed:
    estate, rendered = read
    graph, _ = build_graph(estate, rendered)
    return propose_plan(estate, graph, None, rendered), estate, graph


def test_every_release_goes_where_a_careful_person_puts_it(proposed: Proposed) -> None:
    plan, _, _ = proposed
    found = {
        r.component.value: " ".join((r.path.value, r.component_type.value, r.rollout_phase.value, r.tier.value))
        for r in plan.releases
        if r.disposition is Disposition.COMPONENT
    }
    expected = {line.split()[0]: " ".join(line.split()[1:]) for line in TABLE.strip().splitlines()}
    assert found == expected


def test_argocd_is_left_to_the_bootstrap(proposed: Proposed) -> None:
    plan, _, _ = proposed
    assert [r.id for r in plan.releases if r.disposition is Disposition.BOOTSTRAP] == ["argocd/argocd"]


def test_projects_of_data_and_applications_get_no_cluster_scoped_kinds(proposed: Proposed) -> None:
    plan, _, graph = proposed
    scoped = {node.id for node in graph.nodes if node.cluster_scoped}
    assert {r.project.value for r in plan.releases if r.id in scoped} == {"platform"}
    assert {r.project.value for r in plan.releases} == {"platform", "data-services", "apps"}


def test_the_proposal_holds_and_leaves_nothing_open(proposed: Proposed) -> None:
    plan, estate, graph = proposed
    assert [f.code for f in check_plan(plan, estate, graph) if f.severity is not Severity.INFO] == []
    assert plan.questions == ()
    assert not any(step.inserted for step in plan.ladder)


def test_every_inferred_value_says_why(proposed: Proposed) -> None:
    plan, _, _ = proposed
    decisions = [d for r in plan.releases for d in (r.domain, r.tier, r.component_type, r.rollout_phase, r.path)]
    assert all(decision.reason for decision in decisions)


def test_the_committed_plan_is_what_the_estate_and_its_decisions_give(
    proposed: Proposed, read: tuple[Estate, Renders]
) -> None:
    _, estate, graph = proposed
    text = (ROOT / "migration.yaml").read_text()
    decided = load_plan(text, "migration.yaml")
    plan = propose_plan(estate, graph, decided, read[1])
    assert plan.by_id()["observability/grafana"].pins == {"admin": {"existingSecret": "grafana"}}
    assert dump_plan(plan, text) == text
