"""Kinds whose loss is the loss of data, or of everything that hangs on them (decision 7)."""

from __future__ import annotations

from migrate.model.manifest import ObjectKey

_GUARDED = {
    ("", "Namespace"), ("", "PersistentVolumeClaim"), ("apps", "StatefulSet"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
}  # fmt: skip
_DATABASES = {
    "postgresql.cnpg.io": {"Cluster"},
    "acid.zalan.do": {"postgresql"},
    "postgres-operator.crunchydata.com": {"PostgresCluster"},
    "kafka.strimzi.io": {"Kafka", "KafkaNodePool"},
    "databases.spotahome.com": {"RedisFailover"},
    "redis.redis.opstreelabs.in": {"Redis", "RedisCluster", "RedisReplication", "RedisSentinel"},
    "clickhouse.altinity.com": {"ClickHouseInstallation"},
    "mongodbcommunity.mongodb.com": {"MongoDBCommunity"},
    "minio.min.io": {"Tenant"},
    "elasticsearch.k8s.elastic.co": {"Elasticsearch"},
    "rabbitmq.com": {"RabbitmqCluster"},
}


def is_guarded(key: ObjectKey) -> bool:
    """Whether the object holds data, or takes much along when it goes."""
    return (key.group, key.kind) in _GUARDED or key.kind in _DATABASES.get(key.group, set())
