"""One fault at a time in the sample estate's tree: verify must name each, with object and field or with the reason.

Faults that change no object are for lint: test_verify_mutations_lint.py.
"""

from __future__ import annotations

from functools import partial

import pytest

from migrate.model.report import Verdict
from tests.verify.mutations import (
    AGENTS,
    APPS_PROJECT,
    APPSET,
    BOOTSTRAP,
    CERT_MANAGER,
    CHARTS,
    COMPONENTS,
    ENVIRONMENT,
    ENVOY,
    GRAFANA,
    HOOK_JOB,
    MIGRATIONS,
    NAMESPACES,
    PROMETHEUS,
    SECRET_STORE,
    SERVICE,
    SHARED,
    SMOKE,
    STRIMZI,
    VALUES,
    Bench,
    Fault,
    Judged,
    append,
    copy,
    edit,
    judge,
    move,
    remove,
    swap_value_files,
    twin,
    wave_taken,
    without_object,
    write,
)

# name → (change, Application, object, field)
WRONG_OBJECTS: dict[str, tuple[Fault, tuple[str, str, str]]] = {
    "a value": (
        partial(edit, f"{VALUES}/apps/agents/10-values.yaml", "LOG_LEVEL: info", "LOG_LEVEL: debug"),
        ("agents", "ConfigMap apps/agents", "data.LOG_LEVEL"),
    ),
    "an environment variable is removed": (
        partial(edit, f"{SHARED}/apps/agents/20-values.yaml", "  TEMPORAL_NAMESPACE: agents\n", ""),
        ("agents", "ConfigMap apps/agents", "data.TEMPORAL_NAMESPACE"),
    ),
    "an environment variable of a Job is removed": (
        partial(edit, MIGRATIONS, "            - name: SCHEMAS\n              value: core,billing,audit\n", ""),
        ("db-migrations", "Job.batch data/db-migrations", "spec.template.spec.containers[0].env[0].name"),
    ),
    "an image tag": (
        partial(edit, f"{SHARED}/apps/agents/20-values.yaml", "tag: 3.0.4", "tag: 3.0.5"),
        ("agents", "Deployment.apps apps/agents", "spec.template.spec.containers[0].image"),
    ),
    "a replica count": (
        partial(edit, f"{VALUES}/apps/agents/10-values.yaml", "replicas: 3", "replicas: 2"),
        ("agents", "Deployment.apps apps/agents", "spec.replicas"),
    ),
    "a quantity in other words": (
        partial(edit, f"{VALUES}/platform/auth/keycloak/20-production.yaml", 'cpu: "1"', "cpu: 1000m"),
        ("keycloak", "Keycloak.k8s.keycloak.org keycloak/keycloak", "spec.resources.requests.cpu"),
    ),
    "a quantity that is a number": (
        partial(edit, f"{VALUES}/platform/auth/keycloak/20-production.yaml", 'cpu: "1"', "cpu: 1"),
        ("keycloak", "Keycloak.k8s.keycloak.org keycloak/keycloak", "spec.resources.requests.cpu"),
    ),
    "a placeholder is another text": (
        partial(edit, f"{VALUES}/platform/auth/keycloak/30-inline.yaml", "password: PLACEHOLDER-", "password: x"),
        ("keycloak", "Secret keycloak/keycloak-admin", "stringData.password"),
    ),
    "two value files in the other order": (
        partial(swap_value_files, PROMETHEUS, "prometheus/10-values.yaml", "prometheus/20-production.yaml"),
        ("prometheus", "Prometheus.monitoring.coreos.com observability/prometheus-prometheus", "spec.resources"),
    ),
    "a value file of another environment": (
        partial(
            edit, PROMETHEUS, f"{VALUES}/observability/prometheus/10", "sources/values/dev/observability/prometheus/10"
        ),
        ("prometheus", "Prometheus.monitoring.coreos.com observability/prometheus-prometheus", "spec.externalLabels"),
    ),
    "a value file is no longer named": (
        partial(edit, GRAFANA, f"  - {VALUES}/observability/grafana/20-production.yaml\n", ""),
        ("grafana", "PersistentVolumeClaim observability/grafana", ""),
    ),
    "a pin is removed": (
        partial(edit, GRAFANA, f"  - {SHARED}/observability/grafana/30-pins.yaml\n", ""),
        ("grafana", "Secret observability/grafana", "data.admin-password"),
    ),
    "the namespace": (
        partial(edit, AGENTS, "namespace: apps", "namespace: qa"),
        ("agents", "ServiceAccount apps/agents", "metadata.namespace"),
    ),
    "the release name": (
        partial(edit, AGENTS, "releaseName: agents", "releaseName: agent"),
        ("agents", "Deployment.apps apps/agents", "metadata.name"),
    ),
    "the path of another chart": (
        partial(edit, AGENTS, f"path: {SERVICE}", f"path: {CHARTS}/data/clickhouse"),
        ("agents", "ConfigMap apps/agents", ""),
    ),
    "skipCrds": (
        partial(edit, f"{COMPONENTS}/data/operators/strimzi/component.yaml", "skipCrds: false", "skipCrds: true"),
        ("strimzi", "CustomResourceDefinition.apiextensions.k8s.io kafkas.kafka.strimzi.io", ""),
    ),
    "a parameter is removed": (
        partial(edit, SECRET_STORE, '\n  - name: installCRDs\n    value: "false"\n    forceString: false', " []"),
        ("external-secrets", "CustomResourceDefinition.apiextensions.k8s.io externalsecrets.external-secrets.io", ""),
    ),
    "a parameter is another": (
        partial(edit, BOOTSTRAP, "platform-tools:1.4.0", "platform-tools:1.4.1"),
        ("vault-bootstrap", "Job.batch vault/vault-bootstrap", "spec.template.spec.containers[0].image"),
    ),
    "a parameter is forced to text": (
        partial(edit, SECRET_STORE, "forceString: false", "forceString: true"),
        ("external-secrets", "CustomResourceDefinition.apiextensions.k8s.io externalsecrets.external-secrets.io", ""),
    ),
    "a port is a text": (
        partial(edit, f"{SERVICE}/templates/service.yaml", "port: 80, targetPort", 'port: "80", targetPort'),
        ("agents", "Service apps/agents", "spec.ports[0].port"),
    ),
    "a default of a chart": (
        partial(edit, f"{SERVICE}/values.yaml", "healthPath: /healthz", "healthPath: /ready"),
        ("agents", "Deployment.apps apps/agents", "spec.template.spec.containers[0].readinessProbe.httpGet.path"),
    ),
    "a definition is removed": (
        partial(remove, f"{STRIMZI}/crds/43-Crd-kafkanodepool.yaml"),
        ("strimzi", "CustomResourceDefinition.apiextensions.k8s.io kafkanodepools.kafka.strimzi.io", ""),
    ),
    "a definition is another": (
        partial(edit, f"{STRIMZI}/crds/43-Crd-kafkanodepool.yaml", "scope: Namespaced", "scope: Cluster"),
        ("strimzi", "CustomResourceDefinition.apiextensions.k8s.io kafkanodepools.kafka.strimzi.io", "spec.scope"),
    ),
    "the result of a patch": (
        partial(edit, ENVOY, "  replicas: 3\n", "  replicas: 1\n"),
        ("envoy-gateway", "Deployment.apps envoy-gateway-system/envoy-gateway", "spec.replicas"),
    ),
    "a hook is none any more": (
        partial(edit, f"{CERT_MANAGER}/templates/startupapicheck.yaml", "    helm.sh/hook: post-install\n", ""),
        (
            "cert-manager",
            "Job.batch cert-manager/cert-manager-startupapicheck",
            'metadata.annotations["helm.sh/hook"]',
        ),
    ),
    "a hook in carried manifests is none any more": (
        partial(edit, ENVOY, HOOK_JOB, ""),
        (
            "envoy-gateway",
            "Job.batch envoy-gateway-system/envoy-gateway-certgen",
            'metadata.annotations["helm.sh/hook"]',
        ),
    ),
    "a hook has another weight": (
        partial(edit, f"{CHARTS}/data-ext/temporal/templates/schema-job.yaml", 'hook-weight: "-1"', 'hook-weight: "1"'),
        ("temporal", "Job.batch temporal/temporal-schema", 'metadata.annotations["helm.sh/hook-weight"]'),
    ),
    "a check is lost": (
        partial(without_object, SMOKE, "observability-smoke-loki-is-ready"),
        ("observability-smoke", "Job.batch observability/observability-smoke-loki-is-ready", ""),
    ),
    "a check has lost its place in the order": (
        partial(wave_taken, SMOKE, "1"),
        (
            "observability-smoke",
            "Job.batch observability/observability-smoke-loki-is-ready",
            'metadata.annotations["helm.sh/hook-weight"]',
        ),
    ),
    "a list in another order": (
        partial(
            edit,
            MIGRATIONS,
            "            - up\n            - --dry-run=false\n",
            "            - --dry-run=false\n            - up\n",
        ),
        ("db-migrations", "Job.batch data/db-migrations", "spec.template.spec.containers[0].args[0]"),
    ),
    "a text instead of a bool": (
        partial(edit, MIGRATIONS, "ServiceAccountToken: false", 'ServiceAccountToken: "false"'),
        ("db-migrations", "Job.batch data/db-migrations", "spec.template.spec.automountServiceAccountToken"),
    ),
    "null instead of nothing": (
        partial(edit, MIGRATIONS, "  backoffLimit: 1\n", "  backoffLimit: 1\n  suspend: null\n"),
        ("db-migrations", "Job.batch data/db-migrations", "spec.suspend"),
    ),
    "nothing instead of a field": (
        partial(edit, MIGRATIONS, "  backoffLimit: 1\n", ""),
        ("db-migrations", "Job.batch data/db-migrations", "spec.backoffLimit"),
    ),
    "a script ends without a newline": (
        partial(
            edit,
            f"{CHARTS}/foundation/vault-bootstrap/templates/job.yaml",
            "bootstrap.sh: |\n",
            "bootstrap.sh: |-\n",
        ),
        ("vault-bootstrap", "ConfigMap vault/vault-bootstrap", 'data["bootstrap.sh"]'),
    ),
    "an annotation": (
        partial(edit, f"{SERVICE}/templates/deployment.yaml", "toJson | sha256sum", "toYaml | sha256sum"),
        ("agents", "Deployment.apps apps/agents", "spec.template.metadata.annotations.checksum/config"),
    ),
    "a Namespace is lost": (
        partial(without_object, NAMESPACES, "argocd"),
        ("namespaces", "Namespace argocd", ""),
    ),
    "value files are dropped by the patch": (
        partial(edit, APPSET, '            - {{ printf "/%s" . | toJson }}\n', ""),
        ("grafana", "PersistentVolumeClaim observability/grafana", ""),
    ),
    "parameters are dropped by the patch": (
        partial(edit, APPSET, "          parameters: {{ .parameters | toJson }}\n", ""),
        ("external-secrets", "CustomResourceDefinition.apiextensions.k8s.io externalsecrets.external-secrets.io", ""),
    ),
    "the cluster": (
        partial(edit, AGENTS, "cluster: in-cluster", "cluster: elsewhere"),
        ("agents", "Application agents", "spec.destination.name"),
    ),
    "the repository of the sources": (
        partial(edit, APPSET, "gitops.git\n        targetRevision", "other.git\n        targetRevision"),
        ("agents", "Application agents", "spec.source.repoURL"),
    ),
    "the revision of the sources": (
        partial(edit, APPSET, "targetRevision: main", "targetRevision: old"),
        ("agents", "Application agents", "spec.source.targetRevision"),
    ),
    "a value file of another environment is copied over": (
        partial(edit, AGENTS, "values/production/apps", "values/staging/apps"),
        ("agents", "ConfigMap apps/agents", "data.ENVIRONMENT"),
    ),
    "a value file is empty": (
        lambda files: {f"{VALUES}/apps/agents/10-values.yaml": b""},
        ("agents", "ConfigMap apps/agents", "data.LOG_LEVEL"),
    ),
    "a value is null": (
        partial(append, f"{VALUES}/apps/agents/10-values.yaml", "image: null\n"),
        ("agents", "Deployment.apps apps/agents", "spec.template.spec.containers[0].image"),
    ),
    "a key comes twice and the last wins": (
        partial(append, f"{VALUES}/apps/agents/10-values.yaml", "replicas: 1\n"),
        ("agents", "Deployment.apps apps/agents", "spec.replicas"),
    ),
    "an item of a list is removed": (
        partial(edit, f"{SHARED}/apps/agents/20-values.yaml", "keys: [tool-tokens]", "keys: []"),
        ("agents", "ExternalSecret.external-secrets.io apps/agents", ""),
    ),
    "the version of a chart": (
        partial(edit, f"{SERVICE}/Chart.yaml", "version: 2.3.0", "version: 2.3.1"),
        ("agents", "ServiceAccount apps/agents", 'metadata.labels["helm.sh/chart"]'),
    ),
    "a template is ignored": (
        partial(write, f"{SERVICE}/.helmignore", "templates/service.yaml\n"),
        ("agents", "Service apps/agents", ""),
    ),
    "a template is added": (
        partial(
            write,
            f"{SERVICE}/templates/extra.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-x'}\n",
        ),
        ("agents", "ConfigMap apps/agents-x", ""),
    ),
    "a file beside the chart changes a parameter": (
        partial(
            write,
            f"{SERVICE}/.argocd-source-agents.yaml",
            "helm:\n  parameters:\n    - {name: replicas, value: '9'}\n",
        ),
        ("agents", "Deployment.apps apps/agents", "spec.replicas"),
    ),
    "a value that each render draws anew": (
        partial(append, f"{SERVICE}/templates/config.yaml", "  x: {{ randAlphaNum 5 }}\n"),
        ("agents", "ExternalSecret.external-secrets.io apps/agents", "spec.x"),
    ),
    "a Job that is applied but never replaced": (
        partial(edit, MIGRATIONS, "Force=true,Replace=true", "Replace=true"),
        ("db-migrations", "Job.batch data/db-migrations", 'metadata.annotations["argocd.argoproj.io/sync-options"]'),
    ),
    "a Job that Argo CD skips": (
        partial(edit, MIGRATIONS, "  annotations:\n", "  annotations:\n    argocd.argoproj.io/hook: Skip\n"),
        ("db-migrations", "Job.batch data/db-migrations", ""),
    ),
    "a hook whose phase is misspelt": (
        partial(edit, MIGRATIONS, "  annotations:\n", "  annotations:\n    argocd.argoproj.io/hook: Presync\n"),
        ("db-migrations", "Job.batch data/db-migrations", ""),
    ),
    "checks in another order": (
        partial(edit, SMOKE, 'sync-wave: "1"', 'sync-wave: "9"'),
        (
            "observability-smoke",
            "Job.batch observability/observability-smoke-loki-is-ready",
            'metadata.annotations["argocd.argoproj.io/sync-wave"]',
        ),
    ),
    "the namespace of one object": (
        partial(edit, MIGRATIONS, "  namespace: data\n", "  namespace: apps\n"),
        ("db-migrations", "Job.batch data/db-migrations", "metadata.namespace"),
    ),
    "the kind of one object": (
        partial(edit, MIGRATIONS, "kind: Job", "kind: CronJob"),
        ("db-migrations", "Job.batch data/db-migrations", ""),
    ),
    "the version of one object's API": (
        partial(edit, MIGRATIONS, "apiVersion: batch/v1", "apiVersion: batch/v1beta1"),
        ("db-migrations", "Job.batch data/db-migrations", "apiVersion"),
    ),
    "a label of one object": (
        partial(
            edit,
            MIGRATIONS,
            "  labels:\n    app.kubernetes.io/instance: db-migrations\n    app.kubernetes.io/managed",
            "  labels:\n    app.kubernetes.io/managed",
        ),
        ("db-migrations", "Job.batch data/db-migrations", 'metadata.labels["app.kubernetes.io/instance"]'),
    ),
    "definitions are skipped by the patch": (
        partial(edit, APPSET, "skipCrds: {{ .chart.skipCrds }}", "skipCrds: true"),
        ("strimzi", "CustomResourceDefinition.apiextensions.k8s.io kafkas.kafka.strimzi.io", ""),
    ),
    "the cluster in the template": (
        partial(edit, APPSET, "name: '{{ .cluster }}'", "server: https://10.0.0.1"),
        ("agents", "Application agents", "spec.destination.server"),
    ),
    "the namespace in the template": (
        partial(edit, APPSET, "namespace: '{{ .namespace }}'", "namespace: default"),
        ("agents", "ServiceAccount apps/agents", "metadata.namespace"),
    ),
    "the release name in the template": (
        partial(edit, APPSET, "'{{ .releaseName }}'", "'{{ .domain }}-{{ .releaseName }}'"),
        ("agents", "Deployment.apps apps/agents", "metadata.name"),
    ),
}


@pytest.mark.parametrize("fault", WRONG_OBJECTS)
def test_a_fault_is_named_with_object_and_field(bench: Bench, fault: str) -> None:
    change, (application, thing, field) = WRONG_OBJECTS[fault]
    with bench.changed(change(bench.files)):
        judged = judge(bench, lint=False)
    row = judged.rows[application]
    assert row.verdict is Verdict.DIFFERENT, row
    places = {(difference.object, difference.path) for difference in row.differences}
    assert any(thing == where and path.startswith(field) and bool(path) is bool(field) for where, path in places), (
        places
    )


# name → (change, release or Application, verdict, words of the reason)
WRONG_RELEASES: dict[str, tuple[Fault, tuple[str, Verdict, str]]] = {
    "a value file is missing": (
        partial(remove, f"{VALUES}/platform/auth/keycloak/20-production.yaml"),
        ("keycloak", Verdict.UNRENDERED, "20-production.yaml"),
    ),
    "a helper of a chart is missing": (
        partial(remove, f"{SERVICE}/templates/_helpers.tpl"),
        ("agents", Verdict.UNRENDERED, "service.labels"),
    ),
    "the manifests of an environment are missing": (
        partial(remove, SMOKE),
        ("observability-smoke", Verdict.UNRENDERED, "no manifests for environment"),
    ),
    "a component is removed": (partial(remove, AGENTS), ("agents", Verdict.DIFFERENT, "no Application deploys it")),
    "a parked component is active": (
        partial(move, f"{COMPONENTS}/data/minio/component.disabled.yaml", f"{COMPONENTS}/data/minio/component.yaml"),
        ("minio", Verdict.DIFFERENT, "helmfile deploys no such release here"),
    ),
    "an extra Application": (
        partial(twin, AGENTS, f"{COMPONENTS}/apps/extra/component.yaml", "\nname: agents", "\nname: extra"),
        ("extra", Verdict.DIFFERENT, "helmfile deploys no such release here"),
    ),
    "the generator finds fewer files": (
        partial(edit, APPSET, "components/**/component.yaml", "components/data/**/component.yaml"),
        ("agents", Verdict.DIFFERENT, "no Application deploys it"),
    ),
    "a project is gone": (
        partial(remove, f"environments/{ENVIRONMENT}/argocd/projects/apps.yaml"),
        ("agents", Verdict.DIFFERENT, "no Application deploys it"),
    ),
    "one component without a key stops all": (
        partial(edit, AGENTS, "skipTests: false\n", ""),
        ("keycloak", Verdict.DIFFERENT, "skipTests"),
    ),
    "two components of one name": (
        partial(twin, AGENTS, f"{COMPONENTS}/apps/twin/component.yaml", "wave:", "wave:"),
        ("agents", Verdict.DIFFERENT, "no Application deploys it"),
    ),
    "a value file is no YAML": (
        partial(append, f"{VALUES}/apps/agents/10-values.yaml", "a: [\n"),
        ("agents", Verdict.UNRENDERED, "10-values.yaml"),
    ),
    "a template does not parse": (
        partial(append, f"{SERVICE}/templates/deployment.yaml", "{{ if }}\n"),
        ("agents", Verdict.UNRENDERED, "templates/deployment.yaml"),
    ),
    "a chart is none any more": (
        partial(remove, f"{SERVICE}/Chart.yaml"),
        ("agents", Verdict.UNRENDERED, "Chart.y"),
    ),
    "value files are looked for beside the chart": (
        partial(
            edit,
            APPSET,
            '{{- range .valueFiles }}\n            - {{ printf "/%s" .',
            '{{- range .valueFiles }}\n            - {{ printf "%s" .',
        ),
        ("agents", Verdict.UNRENDERED, "sources/values/production"),
    ),
    "a value file outside the repository": (
        partial(edit, AGENTS, f"- {VALUES}/apps/agents/10-values.yaml", "- ../../values.yaml"),
        ("agents", Verdict.UNRENDERED, "leads out of the repository"),
    ),
    "value files under a misspelt key of the patch": (
        partial(edit, APPSET, "          valueFiles:\n", "          valuesFiles:\n"),
        ("agents", Verdict.UNRENDERED, "does not render"),
    ),
    "a single $ in a parameter": (
        partial(edit, BOOTSTRAP, "platform-tools:1.4.0", "platform-tools:$tag"),
        ("vault-bootstrap", Verdict.UNRENDERED, "templates/job.yaml"),
    ),
    "a release name that Helm refuses": (
        partial(edit, AGENTS, "releaseName: agents", f"releaseName: {'a' * 54}"),
        ("agents", Verdict.UNRENDERED, "release name"),
    ),
    "a component is no YAML": (
        partial(edit, AGENTS, "name: agents\n", "name: [agents\n"),
        ("keycloak", Verdict.DIFFERENT, "apps/agents/component.yaml"),
    ),
    "a component is parked": (
        partial(move, AGENTS, AGENTS.replace("component.yaml", "component.disabled.yaml")),
        ("agents", Verdict.DIFFERENT, "no Application deploys it"),
    ),
    "a component of another environment": (
        partial(
            copy, "environments/local/components/data/minio/component.yaml", f"{COMPONENTS}/apps/minio/component.yaml"
        ),
        ("minio", Verdict.DIFFERENT, "helmfile deploys no such release here"),
    ),
    "the generator reads every environment": (
        partial(edit, APPSET, "environments/production/components", "environments/*/components"),
        ("agents", Verdict.DIFFERENT, "duplicate name"),
    ),
    "the templates are no Go templates": (
        partial(edit, APPSET, "goTemplate: true", "goTemplate: false"),
        ("agents", Verdict.DIFFERENT, "template"),
    ),
    "braces that are Helm's": (
        partial(edit, APPSET, "wave: '{{ .wave }}'", "wave: '{{ .Release.Name }}'"),
        ("agents", Verdict.DIFFERENT, ".Release.Name"),
    ),
    "a project is renamed": (
        partial(edit, APPS_PROJECT, "  name: apps\n", "  name: app\n"),
        ("agents", Verdict.DIFFERENT, "references project apps which does not exist"),
    ),
}


@pytest.mark.parametrize("fault", WRONG_RELEASES)
def test_a_fault_of_the_whole_is_named_with_its_reason(bench: Bench, fault: str) -> None:
    change, (name, verdict, words) = WRONG_RELEASES[fault]
    with bench.changed(change(bench.files)):
        judged = judge(bench, lint=False)
    row = judged.rows[name]
    assert (row.verdict, words in row.reason) == (verdict, True), row


# Changes that change no object: naming them would be a false alarm.
HARMLESS: dict[str, Fault] = {
    "a sync option that is known": partial(edit, AGENTS, "syncOptions: []", "syncOptions: [ServerSideApply=true]"),
    "skipTests dropped by the patch": partial(edit, APPSET, "          skipTests: {{ .skipTests }}\n", ""),
    "skipTests": partial(edit, AGENTS, "skipTests: false", "skipTests: true"),
    "a value that no template reads": partial(
        edit, f"{VALUES}/apps/agents/10-values.yaml", "  host: agents.example.com", "  host: other.example.com"
    ),
    "a value of a parked release": partial(edit, f"{VALUES}/data/minio/10-values.yaml", "memory: 256Mi", "memory: 1Gi"),
    "a kustomization beside a chart that is named as one": partial(
        write, f"{SERVICE}/kustomization.yaml", "resources: []\n"
    ),
    "a number as text that a template prints alike": partial(
        edit, f"{VALUES}/apps/agents/10-values.yaml", "replicas: 3", 'replicas: "3"'
    ),
    "a comment": partial(edit, AGENTS, "# Written by", "# written by"),
    "the order of objects": partial(
        edit,
        f"{SHARED}/foundation/secrets/registry-pull-secret/10-values.yaml",
        "  - apps\n  - data\n",
        "  - data\n  - apps\n",
    ),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_changes_no_object_is_not_named(bench: Bench, sound: Judged, change: Fault) -> None:
    with bench.changed(change(bench.files)):
        judged = judge(bench, lint=False)
    assert judged.named == frozenset()
    assert judged.documents.keys() == sound.documents.keys()
    for key, documents in judged.documents.items():
        assert sorted(map(repr, documents)) == sorted(map(repr, sound.documents[key])), key


def test_without_a_fault_nothing_is_named(bench: Bench, sound: Judged) -> None:
    assert sound.named == frozenset()
    assert sound.errors == frozenset()
    judged = judge(bench)
    assert judged.rows == sound.rows
    assert len(judged.rows) > 50
