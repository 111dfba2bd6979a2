"""How operators tell whether a custom resource works, for kinds that some version of Argo CD has no check for.

Data alone: ``emit.health`` makes Lua of it, ``lint`` and ``emit`` ask which kinds are known. A kind is here only if its
operator itself writes what is asked for; children of a resource say nothing about what the operator still has to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.model.health import HealthChecks, built_in_checks, is_of_kubernetes
from migrate.model.manifest import ObjectKey

GroupKind = tuple[str, str]


@dataclass(frozen=True)
class Assessment:
    """What in ``status`` says that a resource works. Either conditions are asked, or one field."""

    ready: tuple[str, ...] = ()
    """Conditions that must be True; anything else is on its way."""
    sound: tuple[str, ...] = ()
    """Conditions that must be True; False is a fault."""
    failed: tuple[str, ...] = ()
    """Conditions whose True is a fault."""
    below: str = ""
    """A list in ``status``, each item of which has the conditions: the parents of a route."""
    field: str = ""
    """Dotted path below ``status`` of a value that says it."""
    done: tuple[str, ...] = ()
    """Values of ``field`` that mean it works."""
    broken: tuple[str, ...] = ()
    """Values of ``field`` that mean a fault."""
    same_as: str = ""
    """A field of ``spec`` that ``field`` must equal, instead of ``done``."""
    silent: bool = False
    """Whether some versions of the operator write no status: then nobody can wait, and it counts as working."""


_READY = Assessment(ready=("Ready",))
_SYNCED = Assessment(sound=("Synced",))
_APPLIED = Assessment(field="applied", done=("true",), broken=("false",))
_VALID = Assessment(field="valid", done=("true",), broken=("false",))
_STRIMZI = Assessment(ready=("Ready",), failed=("NotReady",))
_CLICKHOUSE = Assessment(field="status", done=("Completed",), broken=("Aborted",))
_TEMPORAL = Assessment(ready=("Ready",), failed=("ReconcileError",))
_PROMETHEUS = Assessment(ready=("Available",), sound=("Reconciled",))
_ROUTE = Assessment(below="parents", sound=("Accepted", "ResolvedRefs"))
_POLICY = Assessment(below="ancestors", sound=("Accepted",))
_MONGO = Assessment(field="phase", done=("Running",), broken=("Failed",))
_ELASTIC = Assessment(field="health", done=("green",), broken=("red",))
_CEPH = Assessment(field="phase", done=("Ready",), broken=("Failure",))
_PERCONA = Assessment(field="state", done=("ready",), broken=("error",))

ASSESSMENTS: Mapping[GroupKind, Assessment] = {
    ("agent.k8s.elastic.co", "Agent"): _ELASTIC,
    ("apm.k8s.elastic.co", "ApmServer"): _ELASTIC,
    ("ceph.rook.io", "CephBlockPool"): _CEPH,
    ("ceph.rook.io", "CephFilesystem"): _CEPH,
    ("ceph.rook.io", "CephObjectStoreUser"): _CEPH,
    ("clickhouse-keeper.altinity.com", "ClickHouseKeeperInstallation"): _CLICKHOUSE,
    ("clickhouse.altinity.com", "ClickHouseInstallation"): _CLICKHOUSE,
    # Older releases of this operator write no status at all.
    ("databases.spotahome.com", "RedisFailover"): Assessment(
        field="state", done=("Healthy",), broken=("NotHealthy",), silent=True
    ),
    ("gateway.envoyproxy.io", "Backend"): Assessment(sound=("Accepted",)),
    ("gateway.envoyproxy.io", "BackendTrafficPolicy"): _POLICY,
    ("gateway.envoyproxy.io", "ClientTrafficPolicy"): _POLICY,
    ("gateway.envoyproxy.io", "EnvoyExtensionPolicy"): _POLICY,
    ("gateway.envoyproxy.io", "EnvoyPatchPolicy"): Assessment(below="ancestors", sound=("Accepted", "Programmed")),
    ("gateway.envoyproxy.io", "SecurityPolicy"): _POLICY,
    ("gateway.networking.k8s.io", "BackendTLSPolicy"): _POLICY,
    ("gateway.networking.k8s.io", "GRPCRoute"): _ROUTE,
    ("gateway.networking.k8s.io", "Gateway"): Assessment(ready=("Programmed",), sound=("Accepted",)),
    ("gateway.networking.k8s.io", "GatewayClass"): Assessment(sound=("Accepted",)),
    ("gateway.networking.k8s.io", "HTTPRoute"): _ROUTE,
    ("gateway.networking.k8s.io", "TCPRoute"): _ROUTE,
    ("gateway.networking.k8s.io", "TLSRoute"): _ROUTE,
    ("gateway.networking.k8s.io", "UDPRoute"): _ROUTE,
    ("k8s.keycloak.org", "KeycloakRealmImport"): Assessment(ready=("Done",), failed=("HasErrors",)),
    ("kafka.strimzi.io", "KafkaMirrorMaker2"): _STRIMZI,
    ("kafka.strimzi.io", "KafkaNodePool"): Assessment(field="replicas", same_as="replicas"),
    ("keda.sh", "ScaledJob"): _READY,
    ("kibana.k8s.elastic.co", "Kibana"): _ELASTIC,
    ("kyverno.io", "ClusterPolicy"): _READY,
    ("mongodb.com", "MongoDB"): _MONGO,
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity"): _MONGO,
    ("monitoring.coreos.com", "Alertmanager"): _PROMETHEUS,
    ("monitoring.coreos.com", "PrometheusAgent"): _PROMETHEUS,
    ("monitoring.coreos.com", "ThanosRuler"): _PROMETHEUS,
    ("mysql.oracle.com", "InnoDBCluster"): Assessment(
        field="cluster.status", done=("ONLINE",), broken=("NO_QUORUM", "SPLIT_BRAIN")
    ),
    ("pgv2.percona.com", "PerconaPGCluster"): _PERCONA,
    ("policy.cert-manager.io", "CertificateRequestPolicy"): _READY,
    ("postgresql.cnpg.io", "Backup"): Assessment(
        field="phase", done=("completed",), broken=("failed", "walArchivingFailing")
    ),
    ("postgresql.cnpg.io", "Cluster"): _READY,
    ("postgresql.cnpg.io", "Database"): _APPLIED,
    ("postgresql.cnpg.io", "Publication"): _APPLIED,
    ("postgresql.cnpg.io", "Subscription"): _APPLIED,
    ("ps.percona.com", "PerconaServerMySQL"): _PERCONA,
    ("redis.redis.opstreelabs.in", "RedisCluster"): Assessment(field="state", done=("Ready",), broken=("Failed",)),
    ("secrets.hashicorp.com", "VaultAuth"): _VALID,
    ("secrets.hashicorp.com", "VaultConnection"): _VALID,
    ("temporal.io", "TemporalCluster"): _TEMPORAL,
    ("temporal.io", "TemporalNamespace"): _TEMPORAL,
    ("trust.cert-manager.io", "Bundle"): _SYNCED,
    ("vault.banzaicloud.com", "Vault"): Assessment(ready=("Healthy",)),
    ("velero.io", "BackupStorageLocation"): Assessment(field="phase", done=("Available",), broken=("Unavailable",)),
    ("velero.io", "Schedule"): Assessment(field="phase", done=("Enabled",), broken=("FailedValidation",)),
}

PASSIVE: frozenset[GroupKind] = frozenset(
    {
        ("clickhouse.altinity.com", "ClickHouseInstallationTemplate"),
        ("clickhouse.altinity.com", "ClickHouseOperatorConfiguration"),
        ("gateway.envoyproxy.io", "EnvoyProxy"),
        ("gateway.networking.k8s.io", "ReferenceGrant"),
        ("keda.sh", "ClusterTriggerAuthentication"),
        ("keda.sh", "TriggerAuthentication"),
        ("monitoring.coreos.com", "AlertmanagerConfig"),
        ("monitoring.coreos.com", "PodMonitor"),
        ("monitoring.coreos.com", "Probe"),
        ("monitoring.coreos.com", "PrometheusRule"),
        ("monitoring.coreos.com", "ScrapeConfig"),
        ("monitoring.coreos.com", "ServiceMonitor"),
        ("postgresql.cnpg.io", "ClusterImageCatalog"),
        ("postgresql.cnpg.io", "ImageCatalog"),
        ("postgresql.cnpg.io", "ScheduledBackup"),
    }
)
"""Custom kinds that others read: nothing comes of them that a phase could wait for."""


def assessed_kinds(kinds: Iterable[GroupKind], argocd_version: str) -> tuple[GroupKind, ...]:
    """The kinds that Argo CD of this version has no check for and ``ASSESSMENTS`` does, sorted."""
    built_in = built_in_checks(argocd_version)
    return tuple(sorted(kind for kind in {*kinds} & ASSESSMENTS.keys() if not _watched(built_in, kind)))


def unassessed_kinds(kinds: Iterable[GroupKind], argocd_version: str) -> tuple[GroupKind, ...]:
    """The custom kinds that nobody can tell the health of: each counts as done as soon as it is applied; sorted."""
    built_in = built_in_checks(argocd_version)
    known = ASSESSMENTS.keys() | PASSIVE
    return tuple(
        sorted(
            (group, kind)
            for group, kind in {*kinds} - known
            if not is_of_kubernetes(group) and not _watched(built_in, (group, kind))
        )
    )


def _watched(checks: HealthChecks, kind: GroupKind) -> bool:
    return checks.watches(ObjectKey(kind[0], kind[1], "", ""))
