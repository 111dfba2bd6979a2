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

WEAK_WORDS = frozenset(
    {
        "apps", "base", "data", "db", "dns", "gateway", "identity", "infra", "network", "platform", "product", "qa",
        "services", "storage", "auth",
    }
)  # fmt: skip
"""Words that tell something as the whole name of a namespace only: ``infra``, but not ``infra-ci-example-org``."""

SYSTEM_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")

# Software by whole words at the beginning of a release's or chart's name. A base store is what other data services
# build on: it belongs to the band `data` wherever its layer stands. Other stores follow their layer.
BASE_STORES = (
    "cassandra", "ceph", "clickhouse", "cloudnative-pg", "cnpg", "cp-kafka", "cp-zookeeper", "etcd", "garage", "kafka",
    "mariadb", "memcached", "minio", "mongo", "mongodb", "mysql", "nats", "percona", "pgbouncer", "pg-cluster",
    "postgres", "postgresql", "rabbitmq", "redis", "redpanda", "rook", "seaweedfs", "strimzi", "timescaledb", "valkey",
    "zookeeper", "zalando",
)  # fmt: skip
OTHER_STORES = (
    "arangodb", "couchdb", "dgraph", "eck", "elastic", "elasticsearch", "influxdb", "milvus", "neo4j", "opensearch",
    "qdrant", "solr", "weaviate",
)  # fmt: skip
STORE_WORDS = (*BASE_STORES, "database", "db")
"""At a name's end they make it a store, whatever it is for: ``grafana-postgresql``, ``keycloak-database``."""
DATA_TOOLS = (
    # consoles and engines that live on the base stores
    "adminer", "airflow", "akhq", "camunda", "cp-schema-registry", "debezium", "flink", "kafka-connect", "kafka-ui",
    "ksql", "mongo-express", "opensearch-dashboards", "pgadmin", "phpldapadmin", "phpmyadmin", "redisinsight",
    "schema-registry", "spark", "superset", "temporal", "trino",
)  # fmt: skip
PLATFORM_SOFTWARE = (
    # the control plane: what lets traffic in, people sign in, and rules hold
    "authelia", "authentik", "aws-load-balancer", "cilium", "cluster-autoscaler", "contour", "crossplane", "dex",
    "envoy", "external-dns", "externaldns", "gatekeeper", "gateway-api", "hydra", "ingress",
    "ingress-nginx", "istio", "istio-operator", "istiod", "kratos", "ldap", "lldap",
    "karpenter", "keda", "keycloak", "kiali", "knative", "kong", "kubernetes-dashboard",
    "kyverno", "linkerd", "nginx-ingress", "nginx-ingress-controller", "nginx-gateway", "oauth2-proxy", "openldap",
    "ory", "pomerium", "rancher", "tekton", "traefik", "zitadel", "vpa", "vertical-pod-autoscaler",
    "argo-rollouts", "argo-workflows", "argo-events",
)  # fmt: skip
FOUNDATION_SOFTWARE = (
    "aws-ebs-csi", "aws-efs-csi", "aws-node-termination-handler", "aws-vpc-cni", "calico", "cert-manager",
    "certmanager", "cluster-issuer", "coredns", "csi", "efs-provisioner", "external-secrets", "gpu-operator",
    "kube-vip", "kubed", "kured", "local-path-provisioner", "longhorn", "metallb", "metrics-server",
    "nfs-client-provisioner",
    "nfs-subdir-external-provisioner", "node-feature-discovery", "node-local-dns", "nvidia", "openbao", "openebs",
    "reflector", "reloader", "sealed-secrets", "sops-secrets-operator", "snapshot-controller", "tigera",
    "trust-manager", "vault", "vault-secrets-operator", "velero",
)  # fmt: skip
OBSERVABILITY_SOFTWARE = (
    "alertmanager", "alloy", "beats", "blackbox-exporter", "dashboards", "datadog", "falco", "filebeat", "fluent",
    "fluentd", "fluent-bit", "goldpinger", "grafana", "graylog", "jaeger", "kibana", "kube-eagle",
    "kube-prometheus", "kube-state-metrics", "kubecost", "langfuse", "logging-operator", "loki", "metricbeat", "mimir",
    "netdata", "newrelic", "node-exporter", "node-problem-detector", "opencost", "opentelemetry", "otel", "promtail",
    "prometheus", "pushgateway", "pyroscope", "sentry", "signoz", "starboard", "sumologic", "telegraf", "tempo",
    "thanos", "trivy", "trivy-operator", "uptime-kuma", "vector", "victoria", "victoria-metrics", "zipkin",
)  # fmt: skip
SOFTWARE = (
    ("data-ext", DATA_TOOLS),
    ("data", BASE_STORES),
    ("data", OTHER_STORES),
    ("foundation", FOUNDATION_SOFTWARE),
    ("platform", PLATFORM_SOFTWARE),
    ("observability", OBSERVABILITY_SOFTWARE),
)
"""Domain and its software, in the order in which they are tried."""

IDENTITY_SOFTWARE = frozenset(
    {
        "authelia", "authentik", "dex", "hydra", "keycloak", "kratos", "ldap", "lldap", "oauth2-proxy", "openldap",
        "ory", "pomerium", "zitadel",
    }
)  # fmt: skip
"""What others sign in through."""

DOMAIN_OF_TIER = {"infra": "platform", "data": "data", "platform": "platform", "apps": "apps", "qa": "apps"}
TELLING_LABELS = ("layer", "stage", "group", "category", "component", "type", "section", "stack", "app", "tier")
"""Labels whose value may name a layer, in the order in which they are asked."""

# What a name tells where nothing is rendered: whole words at its end, then well-known software.
TYPES_BY_ENDING = (
    (("crds", "crd"), "crds"),
    (("smoke", "smoke-test", "smoke-tests", "e2e", "conformance"), "smoke"),
    (("namespaces", "namespace"), "namespaces"),
    (("operator", "operators", "controller", "controllers", "webhook"), "operator"),
    (
        (
            "acme", "letsencrypt", "secrets", "secret", "certs", "certificate", "certificates", "issuer", "issuers",
            "cluster-issuer",
            "cluster-issuers", "clusterissuer", "clusterissuers", "pki", "credentials", "secret-store", "secretstore",
        ),
        "secrets",
    ),
    (
        (
            "alerts", "config", "configs", "configuration", "configmap", "configmaps", "dashboards", "datasources",
            "gateways", "ingresses", "istio-gateway", "kyverno-policies", "limits", "netpol", "network-policies",
            "network-policy",
            "networkpolicies", "networkpolicy", "operator-config", "policies", "priority-classes", "priorityclasses",
            "psp", "quota", "quotas", "rbac", "resources", "roles", "routes", "rules", "service-monitors",
            "service-accounts", "settings", "storage-class", "storage-classes", "storageclass", "storageclasses",
        ),
        "config",
    ),
    (
        (
            "bootstrap", "db-init", "init", "init-job", "job", "jobs", "keycloak-realm", "migration", "migrations",
            "provisioning", "realm", "realms", "seed", "setup", "templates", "topics", "users",
        ),
        "post-runtime",
    ),
)  # fmt: skip
TYPES_BY_SOFTWARE = (
    (("rook-ceph-cluster", "kube-prometheus-stack-dashboards", "prometheus-operator-admission"), "runtime"),
    (("istio-base", "prometheus-operator-crds", "victoria-metrics-operator-crds"), "crds"),
    (
        (
            "argo-rollouts", "aws-load-balancer-controller", "cert-manager", "certmanager", "cloudnative-pg",
            "contour", "crossplane", "eck-operator", "envoy-gateway", "external-secrets", "gatekeeper", "gateway-helm",
            "ingress-nginx", "istiod", "istio-operator", "karpenter", "keda", "knative-operator",
            "kube-prometheus-stack", "kyverno", "linkerd", "longhorn", "metallb", "nginx-ingress",
            "prometheus-operator", "rook-ceph", "sealed-secrets", "snapshot-controller", "strimzi", "tekton",
            "tigera-operator", "traefik", "trust-manager", "vault-secrets-operator", "velero",
        ),
        "operator",
    ),
)  # fmt: skip
BOUNDS_BY_ENDING = (
    "limits", "netpol", "network-policies", "network-policy", "networkpolicies", "networkpolicy", "priority-classes",
    "priorityclasses", "quota", "quotas", "rbac", "roles",
)  # fmt: skip
"""Names of what bounds namespaces."""
CHARTS_OF_ANYTHING = ("raw", "itscontained-raw", "extras", "manifests", "resources", "generic", "k8s-manifests")
"""Charts that render whatever objects their values hold."""

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
    "config.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "crd.projectcalico.org",
    "mutations.gatekeeper.sh",
    "operator.aquasec.com",
    "projectcalico.org",
    "templates.gatekeeper.sh",
    "traefik.containo.us",
)
POLICY_GROUPS = ("gatekeeper.sh", "kyverno.io")
"""Groups of policies that admission enforces."""
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
