"""The words that the rules know: layers, software, kinds. Data only; rules.py says what follows from them."""

from __future__ import annotations

LAYER_WORDS: tuple[tuple[str, str, str], ...] = (
    # (words of a layer's name, domain, folder below the domain); the first that occurs wins
    ("data-plane-ext", "data-ext", ""),
    ("data-ext", "data-ext", ""),
    ("control-plane", "platform", "control-plane"),
    ("data-plane", "data", ""),
    ("observability", "observability", ""),
    ("monitoring", "observability", ""),
    ("logging", "observability", ""),
    ("metrics", "observability", ""),
    ("tracing", "observability", ""),
    ("telemetry", "observability", ""),
    ("qa", "apps", "qa"),
    ("e2e", "apps", "qa"),
    ("acceptance", "apps", "qa"),
    ("bootstrap", "foundation", ""),
    ("base", "foundation", ""),
    ("prerequisites", "foundation", ""),
    ("namespaces", "foundation", ""),
    ("foundation", "foundation", ""),
    ("crds", "foundation", ""),
    ("secrets", "foundation", "secrets"),
    ("certificates", "foundation", "secrets"),
    ("certs", "foundation", "secrets"),
    ("pki", "foundation", "secrets"),
    ("storage", "foundation", "storage"),
    ("coredns", "foundation", ""),
    ("dns", "foundation", ""),
    ("cni", "foundation", ""),
    ("network", "foundation", ""),
    ("operators", "platform", ""),
    ("controllers", "platform", ""),
    ("ingress", "platform", "control-plane"),
    ("gateway", "platform", "control-plane"),
    ("mesh", "platform", "control-plane"),
    ("auth", "platform", "auth"),
    ("sso", "platform", "auth"),
    ("identity", "platform", "auth"),
    ("iam", "platform", "auth"),
    ("databases", "data", ""),
    ("database", "data", ""),
    ("db", "data", ""),
    ("data", "data", ""),
    ("messaging", "data", ""),
    ("services", "apps", ""),
    ("apps", "apps", ""),
    ("applications", "apps", ""),
    ("workloads", "apps", ""),
    ("product", "apps", ""),
    ("platform", "platform", ""),
    ("infra", "platform", ""),
)

SYSTEM_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")

# Software by the beginning of a release's or chart's name. A base store is what other data services build on: it
# belongs to the band `data` wherever its layer stands. Other stores follow their layer.
BASE_STORES = (
    "cassandra",
    "clickhouse",
    "cloudnative-pg",
    "cnpg",
    "etcd",
    "kafka",
    "mariadb",
    "memcached",
    "minio",
    "mongodb",
    "mysql",
    "nats",
    "percona",
    "pgbouncer",
    "postgres",
    "rabbitmq",
    "redis",
    "redpanda",
    "rook",
    "strimzi",
    "valkey",
    "zookeeper",
)
OTHER_STORES = (
    "arangodb",
    "eck",
    "elasticsearch",
    "milvus",
    "neo4j",
    "opensearch",
    "qdrant",
    "weaviate",
)
DATA_TOOLS = (
    # consoles and engines that live on the base stores
    "adminer",
    "airflow",
    "akhq",
    "camunda",
    "debezium",
    "kafka-ui",
    "kafka-connect",
    "mongo-express",
    "pgadmin",
    "phpmyadmin",
    "redisinsight",
    "schema-registry",
    "temporal",
)
PLATFORM_SOFTWARE = (
    "cilium",
    "contour",
    "dex",
    "envoy",
    "external-dns",
    "gateway-api",
    "ingress-nginx",
    "istio",
    "karpenter",
    "keda",
    "keycloak",
    "kong",
    "kyverno",
    "linkerd",
    "gatekeeper",
    "traefik",
    "authentik",
)
FOUNDATION_SOFTWARE = (
    "cert-manager",
    "coredns",
    "csi-",
    "external-secrets",
    "metallb",
    "metrics-server",
    "reflector",
    "reloader",
    "sealed-secrets",
    "trust-manager",
    "vault",
)
OBSERVABILITY_SOFTWARE = (
    "alertmanager",
    "alloy",
    "fluent",
    "grafana",
    "jaeger",
    "kube-prometheus",
    "kube-state-metrics",
    "langfuse",
    "loki",
    "mimir",
    "node-exporter",
    "opentelemetry",
    "otel",
    "prometheus",
    "promtail",
    "pyroscope",
    "tempo-",
    "tempo",
    "thanos",
    "vector",
    "victoria",
)
BOOTSTRAP_CHARTS = ("argo-cd", "argocd")
"""Charts that install Argo CD itself."""

WORKLOADS = frozenset(
    {"CronJob.batch", "DaemonSet.apps", "Deployment.apps", "Pod", "ReplicaSet.apps", "StatefulSet.apps"}
)
JOB = "Job.batch"
CRD = "CustomResourceDefinition.apiextensions.k8s.io"
WEBHOOKS = frozenset(
    {
        "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
    }
)
PASSIVE = frozenset(
    {
        "ClusterRole.rbac.authorization.k8s.io",
        "ClusterRoleBinding.rbac.authorization.k8s.io",
        "Role.rbac.authorization.k8s.io",
        "RoleBinding.rbac.authorization.k8s.io",
        "ServiceAccount",
    }
)
"""Kinds that come with anything and tell nothing."""
NAMESPACE_KINDS = frozenset({"LimitRange", "NetworkPolicy.networking.k8s.io", "ResourceQuota"})
"""What a release of namespaces may hold beside them."""

SECRET_GROUPS = (
    "external-secrets.io",
    "generators.external-secrets.io",
    "cert-manager.io",
    "bitnami.com",
    "secrets.hashicorp.com",
    "trust.cert-manager.io",
)
CONFIG_GROUPS = (
    # custom kinds that configure something which already runs, and become no workload of their own
    "cilium.io",
    "gateway.envoyproxy.io",
    "gateway.networking.k8s.io",
    "kyverno.io",
    "metallb.io",
    "monitoring.coreos.com",
    "networking.istio.io",
    "policy.networking.k8s.io",
    "security.istio.io",
    "snapshot.storage.k8s.io",
    "traefik.io",
)
WORKLOAD_KINDS_OF_CONFIG_GROUPS = frozenset(
    {
        "Alertmanager.monitoring.coreos.com",
        "Prometheus.monitoring.coreos.com",
        "PrometheusAgent.monitoring.coreos.com",
        "ThanosRuler.monitoring.coreos.com",
    }
)
CONTENT_ENDINGS = (
    # custom kinds that are content of a running server: what it holds, not what it is
    "Binding",
    "Bucket",
    "Dashboard",
    "Database",
    "Datasource",
    "Exchange",
    "Grant",
    "Index",
    "Namespace",
    "Permission",
    "Policy",
    "Queue",
    "Realm",
    "RealmImport",
    "Schedule",
    "Schema",
    "Topic",
    "User",
    "Vhost",
)
