from __future__ import annotations

import pytest

from migrate.graph import build_graph, in_environment, outlined
from migrate.model.graph import Edge, ReleaseGraph
from migrate.model.manifest import Rendered
from tests.small_estates import DEPLOYMENT, Small, crd, custom, manifests, small_estate


def graph_of(*releases: Small, environments: tuple[str, ...] = ("dev",)) -> ReleaseGraph:
    return build_graph(*small_estate(releases, environments))[0]


def inferred(graph: ReleaseGraph) -> list[tuple[str, str, str]]:
    return [(edge.before, edge.after, edge.kind) for edge in graph.edges if not edge.stated]


def pod(spec: str, name: str = "web") -> str:
    return f"""\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec: {{template: {{spec: {spec}}}}}
"""


SECRET = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\n"
CONFIG = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
CERTIFICATE = custom("Certificate", "cert-manager.io", "tls", "{secretName: login, issuerRef: {name: ca}}")

REFERENCES = {
    "secretKeyRef": (SECRET, pod("{containers: [{env: [{valueFrom: {secretKeyRef: {name: login}}}]}]}"), "secret"),
    "envFrom": (SECRET, pod("{containers: [{envFrom: [{secretRef: {name: login}}]}]}"), "secret"),
    "volume": (SECRET, pod("{volumes: [{name: v, secret: {secretName: login}}]}"), "secret"),
    "projected": (SECRET, pod("{volumes: [{projected: {sources: [{secret: {name: login}}]}}]}"), "secret"),
    "pull secret": (SECRET, pod("{imagePullSecrets: [{name: login}]}"), "secret"),
    "certificate": (CERTIFICATE, pod("{volumes: [{name: v, secret: {secretName: login}}]}"), "secret"),
    "external secret": (
        custom("ExternalSecret", "external-secrets.io", "x", "{target: {name: login}}"),
        pod("{imagePullSecrets: [{name: login}]}"),
        "secret",
    ),
    "sealed secret": (
        custom("SealedSecret", "bitnami.com", "login"),
        pod("{imagePullSecrets: [{name: login}]}"),
        "secret",
    ),
    "secret of an operator": (
        custom("Cluster", "postgresql.cnpg.io", "db"),
        pod("{containers: [{envFrom: [{secretRef: {name: db-app}}]}]}"),
        "secret",
    ),
    "secret named by a custom resource": (
        SECRET,
        custom("Keycloak", "k8s.keycloak.org", "x", "{db: {passwordSecret: {name: login, key: p}}}"),
        "secret",
    ),
    "config map": (CONFIG, pod("{volumes: [{name: v, configMap: {name: settings}}]}"), "configmap"),
    "service account": (
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n",
        pod("{serviceAccountName: robot}"),
        "serviceaccount",
    ),
    "cluster issuer": (
        custom("ClusterIssuer", "cert-manager.io", "ca"),
        custom("Certificate", "cert-manager.io", "x", "{issuerRef: {name: ca, kind: ClusterIssuer}}"),
        "issuer",
    ),
    "issuer of an ingress": (
        custom("ClusterIssuer", "cert-manager.io", "ca"),
        (
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
            "metadata: {name: x, annotations: {cert-manager.io/cluster-issuer: ca}}\n"
        ),
        "issuer",
    ),
    "cluster secret store": (
        custom("ClusterSecretStore", "external-secrets.io", "vault"),
        custom(
            "ExternalSecret", "external-secrets.io", "x", "{secretStoreRef: {name: vault, kind: ClusterSecretStore}}"
        ),
        "secretstore",
    ),
    "ingress class": (
        "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: public}\n",
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\nspec: {ingressClassName: public}\n",
        "ingressclass",
    ),
    "gateway class": (
        custom("GatewayClass", "gateway.networking.k8s.io", "envoy"),
        custom("Gateway", "gateway.networking.k8s.io", "x", "{gatewayClassName: envoy}"),
        "gatewayclass",
    ),
    "storage class": (
        "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n",
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\nspec: {storageClassName: fast}\n",
        "storageclass",
    ),
    "priority class": (
        "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n",
        pod("{priorityClassName: high}"),
        "priorityclass",
    ),
    "issuer of the same namespace": (
        custom("Issuer", "cert-manager.io", "ca"),
        custom("Certificate", "cert-manager.io", "x", "{issuerRef: {name: ca, group: cert-manager.io}}"),
        "issuer",
    ),
    "secret store of the same namespace": (
        custom("SecretStore", "external-secrets.io", "vault"),
        custom("ExternalSecret", "external-secrets.io", "x", "{secretStoreRef: {name: vault}}"),
        "secretstore",
    ),
    "secret stores of a push": (
        custom("SecretStore", "external-secrets.io", "vault"),
        custom("PushSecret", "external-secrets.io", "x", "{secretStoreRefs: [{name: vault}]}"),
        "secretstore",
    ),
    "claim": (
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n",
        pod("{volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}"),
        "claim",
    ),
    "runtime class": (
        "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: gvisor}\nhandler: runsc\n",
        pod("{runtimeClassName: gvisor}"),
        "runtimeclass",
    ),
    "scaled workload": (
        pod("{}", "front"),
        (
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
            "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: front}}\n"
        ),
        "workload",
    ),
    "gateway of a route": (
        custom("Gateway", "gateway.networking.k8s.io", "public"),
        custom("HTTPRoute", "gateway.networking.k8s.io", "x", "{parentRefs: [{name: public}]}"),
        "gateway",
    ),
    "middleware": (
        custom("Middleware", "traefik.io", "login"),
        custom("IngressRoute", "traefik.io", "x", "{routes: [{middlewares: [{name: login}]}]}"),
        "middleware",
    ),
    "definition of a ServiceMonitor": (
        crd("ServiceMonitor", "monitoring.coreos.com"),
        custom("ServiceMonitor", "monitoring.coreos.com"),
        "crd",
    ),
    "definition of an IngressRoute": (crd("IngressRoute", "traefik.io"), custom("IngressRoute", "traefik.io"), "crd"),
    "secret of a vault": (
        custom("VaultStaticSecret", "secrets.hashicorp.com", "x", "{destination: {name: login, create: true}}"),
        pod("{imagePullSecrets: [{name: login}]}"),
        "secret",
    ),
    "secret of a certificate for an ingress": (
        (
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
            "metadata: {name: x, annotations: {cert-manager.io/cluster-issuer: ca}}\n"
            "spec: {tls: [{secretName: login}]}\n"
        ),
        pod("{volumes: [{name: v, secret: {secretName: login}}]}"),
        "secret",
    ),
    "secret that an external secret adds to": (
        SECRET,
        custom("ExternalSecret", "external-secrets.io", "x", "{target: {name: login, creationPolicy: Merge}}"),
        "secret",
    ),
    "secret provider class": (
        custom("SecretProviderClass", "secrets-store.csi.x-k8s.io", "vault"),
        pod("{volumes: [{csi: {volumeAttributes: {secretProviderClass: vault}}}]}"),
        "secretproviderclass",
    ),
    "service account of a store": (
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n",
        custom("SecretStore", "external-secrets.io", "x", "{provider: {auth: {serviceAccountRef: {name: robot}}}}"),
        "serviceaccount",
    ),
    "certificate authority of a store": (
        CONFIG,
        custom(
            "SecretStore", "external-secrets.io", "x", "{provider: {caProvider: {type: ConfigMap, name: settings}}}"
        ),
        "configmap",
    ),
    "definition": (crd("Widget", "example.org"), custom("Widget", "example.org"), "crd"),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_becomes_an_edge(name: str) -> None:
    provider, user, kind = REFERENCES[name]
    graph = graph_of(Small("web/user", user), Small("web/provider", provider))
    assert inferred(graph) == [("web/provider", "web/user", kind)]


NO_REFERENCES = {
    "optional volume": (SECRET, pod("{volumes: [{name: v, secret: {secretName: login, optional: true}}]}")),
    "optional config map": (CONFIG, pod("{volumes: [{name: v, configMap: {name: settings, optional: true}}]}")),
    "optional variable": (
        SECRET,
        pod("{containers: [{env: [{valueFrom: {secretKeyRef: {name: login, optional: true}}}]}]}"),
    ),
    "issuer of another group": (
        custom("Issuer", "cert-manager.io", "ca"),
        custom("Certificate", "cert-manager.io", "x", "{issuerRef: {name: ca, group: awspca.cert-manager.io}}"),
    ),
    "cluster issuer where an issuer has the name": (
        custom("Issuer", "cert-manager.io", "ca"),
        custom("Certificate", "cert-manager.io", "x", "{issuerRef: {name: ca, kind: ClusterIssuer}}"),
    ),
    "what a certificate makes": (SECRET, custom("Certificate", "cert-manager.io", "x", "{secretName: login}")),
    "external secret that writes nothing": (
        custom("ExternalSecret", "external-secrets.io", "x", "{target: {name: login, creationPolicy: None}}"),
        pod("{imagePullSecrets: [{name: login}]}"),
    ),
    "text of a config map": (
        SECRET,
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {secretName: login}\n",
    ),
    "values of a chart inside an object": (
        SECRET,
        custom("HelmRelease", "helm.toolkit.fluxcd.io", "x", "{values: {imagePullSecrets: [login]}}"),
    ),
    "secret that a custom resource writes": (
        SECRET,
        custom("Thing", "example.org", "x", "{targetSecret: {name: login}}"),
    ),
    "route to a service": (
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: public}\n",
        custom("HTTPRoute", "gateway.networking.k8s.io", "x", "{parentRefs: [{kind: Service, name: public}]}"),
    ),
    "kind of Kubernetes itself": (crd("Widget", "example.org"), DEPLOYMENT),
    "kind of the same name in another group": (crd("Cluster", "example.org"), custom("Cluster", "other.org")),
    "autoscaler of another kind": (
        pod("{}", "front"),
        (
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
            "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: front}}\n"
        ),
    ),
    "secret of a test": (
        SECRET.replace("name: login", "name: login, annotations: {helm.sh/hook: test}") + DEPLOYMENT,
        pod("{imagePullSecrets: [{name: login}]}"),
    ),
    "storage class that is switched off": (
        "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n",
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x}\nspec: {storageClassName: ''}\n",
    ),
}


@pytest.mark.parametrize("name", NO_REFERENCES)
def test_what_only_looks_like_a_reference_makes_no_edge(name: str) -> None:
    provider, user = NO_REFERENCES[name]
    assert inferred(graph_of(Small("web/user", user), Small("web/provider", provider))) == []


@pytest.mark.parametrize("name", [*REFERENCES, *NO_REFERENCES])
def test_outlines_of_objects_give_the_same_graph(name: str) -> None:
    provider, user = (REFERENCES | NO_REFERENCES)[name][:2]
    estate, rendered = small_estate([Small("web/user", user), Small("web/provider", provider)])
    outlines = {key: outlined(found) for key, found in rendered.items()}
    assert build_graph(estate, outlines) == build_graph(estate, rendered)


def variable(value: str) -> str:
    return pod(f"{{containers: [{{env: [{{name: URL, value: '{value}'}}]}}]}}")


SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: redis}\n"


@pytest.mark.parametrize(
    "value", ["redis.data.svc", "redis://:pw@redis.data.svc:6379/0", "http://redis-0.redis.data.svc.cluster.local"]
)
def test_a_service_that_is_called_by_its_dns_name_is_a_hint(value: str) -> None:
    estate, rendered = small_estate([Small("web/app", variable(value)), Small("data/redis", SERVICE)])
    graph, _ = build_graph(estate, rendered)
    assert graph.edges == ()
    assert [(m.before, m.after, m.kind, m.evidence) for m in graph.mentions] == [
        ("data/redis", "web/app", "dns", "Deployment web → Service data/redis")
    ]
    outlines = {key: outlined(found) for key, found in rendered.items()}
    assert build_graph(estate, outlines)[0] == graph
    assert "pw" not in str(outlines)


@pytest.mark.parametrize("value", ["redis", "redis.data", "redis.other.svc", "redis.data.svc-old", "xredis.data.svc"])
def test_what_is_no_dns_name_of_a_service_is_no_hint(value: str) -> None:
    assert graph_of(Small("web/app", variable(value)), Small("data/redis", SERVICE)).mentions == ()


def test_an_inferred_edge_names_the_field_that_shows_it() -> None:
    provider, user, _ = REFERENCES["volume"]
    (edge,) = graph_of(Small("web/user", user), Small("web/provider", provider)).edges
    assert edge.field == "spec.template.spec.volumes[].secret.secretName"
    assert edge.why == f"Deployment web → Secret web/login, by {edge.field}"


def test_a_reference_into_another_namespace_is_none() -> None:
    provider, user, _ = REFERENCES["secretKeyRef"]
    assert inferred(graph_of(Small("web/user", user), Small("other/provider", provider))) == []


def test_a_gateway_of_another_namespace_is_found_by_its_namespace() -> None:
    route = custom("HTTPRoute", "gateway.networking.k8s.io", "x", "{parentRefs: [{name: public, namespace: edge}]}")
    graph = graph_of(Small("web/a", route), Small("edge/b", custom("Gateway", "gateway.networking.k8s.io", "public")))
    assert inferred(graph) == [("edge/b", "web/a", "gateway")]


def test_a_webhook_waits_for_the_service_behind_it() -> None:
    webhook = """\
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: h, clientConfig: {service: {name: answers, namespace: web}}}]
"""
    api = """\
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics}
spec: {service: {name: answers, namespace: web}}
"""
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: answers}\n"
    graph = graph_of(Small("web/hooks", webhook), Small("web/api", api), Small("web/server", service))
    assert inferred(graph) == [("web/server", "web/api", "apiservice"), ("web/server", "web/hooks", "webhook")]


def test_namespaced_objects_wait_for_their_namespace_and_cluster_scoped_ones_do_not() -> None:
    namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"
    cluster_wide = crd("Thing", "example.org", "Cluster") + custom("Thing", "example.org")
    graph = graph_of(Small("default/ns", namespace), Small("web/app", DEPLOYMENT), Small("web/things", cluster_wide))
    assert inferred(graph) == [("default/ns", "web/app", "namespace")]


def test_what_a_release_provides_itself_is_no_edge() -> None:
    _, user, _ = REFERENCES["secretKeyRef"]
    assert inferred(graph_of(Small("web/user", user + SECRET), Small("web/other", SECRET))) == []


def test_an_optional_reference_is_no_edge() -> None:
    user = pod("{containers: [{envFrom: [{secretRef: {name: login, optional: true}}]}]}")
    assert inferred(graph_of(Small("web/user", user), Small("web/provider", SECRET))) == []


def test_a_test_pod_beside_a_workload_makes_no_edge_and_a_smoke_does() -> None:
    tester = """\
---
apiVersion: v1
kind: Pod
metadata: {name: t, annotations: {helm.sh/hook: test}}
spec: {imagePullSecrets: [{name: login}]}
"""
    graph = graph_of(Small("web/app", DEPLOYMENT + tester), Small("web/smoke", tester), Small("web/s", SECRET))
    assert inferred(graph) == [("web/s", "web/smoke", "secret")]
    nodes = {node.id: node for node in graph.nodes}
    assert nodes["web/smoke"].tests_only
    assert not nodes["web/app"].tests_only
    assert nodes["web/app"].kinds == ("Deployment.apps",)


def test_two_providers_the_one_of_the_same_layer_is_taken() -> None:
    _, user, _ = REFERENCES["secretKeyRef"]
    graph = graph_of(
        Small("web/user", user, "20-b"), Small("web/near", SECRET, "20-b"), Small("web/far", SECRET, "10-a")
    )
    assert inferred(graph) == [("web/near", "web/user", "secret")]


def test_two_providers_in_other_layers_give_two_edges_and_a_warning() -> None:
    _, user, _ = REFERENCES["secretKeyRef"]
    estate, rendered = small_estate(
        [Small("web/user", user, "30-c"), Small("web/one", SECRET, "10-a"), Small("web/two", SECRET, "20-b")]
    )
    graph, findings = build_graph(estate, rendered)
    assert inferred(graph) == [("web/one", "web/user", "secret"), ("web/two", "web/user", "secret")]
    assert all("also provided by web/one, web/two" in edge.evidence for edge in graph.edges)
    assert [(f.code, f.message) for f in findings] == [
        ("GR003", "secret web/login is provided by several releases: web/one, web/two")
    ]


def test_a_custom_kind_that_nobody_defines_is_told_once() -> None:
    estate, rendered = small_estate(
        [Small("a/x", custom("Widget", "example.org")), Small("a/y", custom("Widget", "example.org"))]
    )
    _, findings = build_graph(estate, rendered)
    assert [f.message for f in findings] == [
        "no release ships the definition of Widget.example.org, which a/x, a/y use"
    ]


def test_edges_say_where_they_hold_and_why() -> None:
    _, user, _ = REFERENCES["secretKeyRef"]
    graph = graph_of(
        Small("web/user", user, needs=("web/other",)),
        Small("web/provider", SECRET, only=("prod",)),
        Small("web/other", DEPLOYMENT),
        environments=("dev", "prod"),
    )
    secret, needs = sorted(graph.edges, key=lambda edge: edge.stated)
    assert (secret.environments, secret.evidence) == (("prod",), "Deployment web → Secret web/login")
    assert (needs.environments, needs.evidence) == (("dev", "prod"), "needs in helmfiles/10-base.yaml:10")
    assert needs.stated
    assert not secret.stated


def test_releases_on_different_clusters_do_not_meet() -> None:
    from dataclasses import replace

    _, user, _ = REFERENCES["secretKeyRef"]
    estate, rendered = small_estate([Small("web/user", user), Small("web/provider", SECRET)])
    moved = tuple(replace(r, kube_context="east") if r.name == "provider" else r for r in estate.releases)
    renders = {(e, f"east/{i}" if i == "web/provider" else i): found for (e, i), found in rendered.items()}
    graph, _ = build_graph(replace(estate, releases=moved), renders)
    assert graph.edges == ()


def test_a_cycle_is_shown_with_the_evidence_of_each_edge() -> None:
    _, user, _ = REFERENCES["secretKeyRef"]
    estate, rendered = small_estate(
        [Small("web/a", user), Small("web/b", SECRET, needs=("web/a",)), Small("web/c", DEPLOYMENT, needs=("web/b",))]
    )
    graph, findings = build_graph(estate, rendered)
    assert [cycle.releases for cycle in graph.cycles] == [("web/a", "web/b")]
    assert [edge.kind for edge in graph.cycles[0].edges] == ["needs", "secret"]
    (finding,) = findings
    assert finding.message == "a cycle, these releases wait for each other: web/a → web/b → web/a"
    assert "needs in helmfiles/10-base.yaml:20" in finding.hint
    assert "Deployment web → Secret web/login" in finding.hint


def test_a_circle_of_several_environments_says_so() -> None:
    _, user, _ = REFERENCES["secretKeyRef"]
    other = user.replace("name: login", "name: key").replace("name: web", "name: other")
    key = SECRET.replace("name: login", "name: key")
    estate, rendered = small_estate([Small("web/a", user + key), Small("web/b", SECRET + other)], ("dev", "prod"))
    empty = {("dev", "web/b"): SECRET, ("prod", "web/a"): key, ("dev", "web/a"): user, ("prod", "web/b"): other}
    renders = {place: Rendered(manifests(text)) for place, text in empty.items()}
    whole, _ = build_graph(estate, rendered)
    assert whole.cycles[0].environments == ("dev", "prod")
    graph, findings = build_graph(estate, renders)
    assert graph.cycles[0].environments == ()
    assert "no environment has all of it" in findings[0].hint
    assert in_environment(graph, "dev").cycles == ()
    assert [(e.before, e.after) for e in in_environment(graph, "dev").edges] == [("web/b", "web/a")]


def test_of_many_circles_the_shortest_are_told_and_the_others_counted() -> None:
    names = [f"web/{n:02}" for n in range(9)]
    estate, rendered = small_estate([Small(name, needs=tuple(n for n in names if n != name)) for name in names])
    graph, findings = build_graph(estate, rendered)
    assert len(graph.cycles) == 36
    assert len(findings) == 21
    assert findings[-1].message == "16 more cycles, all of 2 releases or more"


def test_parked_releases_keep_their_needs_without_an_environment() -> None:
    graph = graph_of(Small("a/x", only=("never",), needs=("a/y",)), Small("a/y", DEPLOYMENT))
    assert [(edge.before, edge.environments) for edge in graph.edges] == [("a/y", ())]
    assert {node.id: node.environments for node in graph.nodes} == {"a/x": (), "a/y": ("dev",)}


def test_a_role_that_writes_status_controls_the_group() -> None:
    role = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [example.org], resources: [widgets/status], verbs: [update]}
  - {apiGroups: [reader.org], resources: [things/status], verbs: [get]}
  - {apiGroups: [apps], resources: [deployments/status], verbs: [update]}
"""
    graph = graph_of(Small("a/op", role))
    assert graph.nodes[0].controls == ("example.org",)
    assert graph.nodes[0].cluster_scoped == ("ClusterRole.rbac.authorization.k8s.io",)


def test_edges_are_sorted_and_the_same_every_time() -> None:
    releases = [Small(f"a/{n}", SECRET if n == "s" else REFERENCES["pull secret"][1], needs=("a/s",)) for n in "zyxs"]
    first, second = graph_of(*releases), graph_of(*releases)
    assert first == second
    ends: list[tuple[str, str, str]] = [(e.before, e.after, e.kind) for e in first.edges]
    assert ends == sorted(ends)
    assert isinstance(first.edges[0], Edge)
