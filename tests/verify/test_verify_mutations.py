"""One fault at a time in the sample estate's tree: each must be named by verify or lint, with object and field.

The left side is rendered once; each fault is written into a copy of the tree, judged, and taken back.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.doors.files import read_tree
from migrate.lint import lint_tree
from migrate.model.estate import ReadRequest
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Rendered
from migrate.model.plan import Plan
from migrate.model.report import ReleaseVerdict, Report, Verdict
from migrate.plan import load_plan
from tests.conftest import ROOT

ENVIRONMENT = "production"
COMPONENTS = f"environments/{ENVIRONMENT}/components"
VALUES = f"sources/values/{ENVIRONMENT}"
SHARED = "sources/values/_shared"
CHARTS = "sources/charts"
APPSET = f"environments/{ENVIRONMENT}/argocd/apps/components-{ENVIRONMENT}.yaml"
AGENTS = f"{COMPONENTS}/apps/agents/component.yaml"
SERVICE = f"{CHARTS}/apps/service"
SMOKE = f"{CHARTS}/observability/observability-smoke-rendered/manifests/{ENVIRONMENT}.yaml"
MIGRATIONS = f"{CHARTS}/data/db-migrations-rendered/manifests/{ENVIRONMENT}.yaml"
NAMESPACES = f"{CHARTS}/foundation/namespaces-rendered/manifests/{ENVIRONMENT}.yaml"
ENVOY = f"{CHARTS}/platform/envoy-gateway-rendered/manifests/{ENVIRONMENT}.yaml"
GRAFANA = f"{COMPONENTS}/observability/grafana/component.yaml"
PROMETHEUS = f"{COMPONENTS}/observability/prometheus/component.yaml"
SECRET_STORE = f"{COMPONENTS}/foundation/operators/external-secrets/component.yaml"
BOOTSTRAP = f"{COMPONENTS}/foundation/secrets/vault-bootstrap/component.yaml"
STRIMZI = f"{CHARTS}/third_party/strimzi/strimzi-kafka-operator"
CERT_MANAGER = f"{CHARTS}/third_party/jetstack/cert-manager"
HOOK_JOB = "    helm.sh/hook: pre-install, pre-upgrade\n    helm.sh/hook-delete-policy: before-hook-creation\n"

Files = Mapping[str, bytes]
Rows = Mapping[str, ReleaseVerdict]


@dataclass(frozen=True)
class Bench:
    """The left side, the plan and a folder with the tree that faults are written into."""

    read: pipeline.Reading
    plan: Plan
    folder: Path
    files: Files

    def prove(self, *, lint: bool) -> tuple[Report, dict[tuple[str, str], Rendered], tuple[Finding, ...]]:
        tree = read_tree(self.folder)
        console = SilentConsole(io.StringIO())
        report, expansion, right = pipeline.prove(self.read, self.plan, tree, self.folder, console=console, jobs=2)
        return report, right, lint_tree(tree, expansion, right) if lint else ()

    @contextmanager
    def changed(self, changes: Mapping[str, bytes | None]) -> Iterator[None]:
        """The folder with other files; None takes one away."""
        try:
            for path, content in changes.items():
                place = self.folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                if content is None:
                    place.unlink()
                else:
                    place.write_bytes(content)
            yield
        finally:
            for path in changes:
                if path in self.files:
                    (self.folder / path).write_bytes(self.files[path])
                else:
                    (self.folder / path).unlink()


@dataclass(frozen=True)
class Judged:
    """What verify and lint say of a tree, by Application."""

    rows: Rows
    named: frozenset[str]
    """Applications whose row is different or unrendered."""
    errors: frozenset[Finding]
    findings: frozenset[Finding]
    documents: Mapping[tuple[str, str], tuple[object, ...]]


@pytest.fixture(scope="module")
def bench(_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("mutations") / "out"
    shutil.copytree(_sample / "out", folder)
    decided = load_plan((ROOT / "migration.yaml").read_text("utf-8"), "migration.yaml")
    read = pipeline.read_and_render(
        ReadRequest(str(_sample / "helmfiles"), environments=(ENVIRONMENT,)),
        decided=decided,
        clusters={},
        console=SilentConsole(io.StringIO()),
        jobs=2,
    )
    return Bench(read, pipeline.plan_releases(read, decided), folder, dict(read_tree(folder).files))


def judge(bench: Bench, *, lint: bool = True) -> Judged:
    report, right, findings = bench.prove(lint=lint)
    rows = {row.application or row.id.rpartition("/")[2]: row for row in report.releases}
    bad = {name for name, row in rows.items() if row.verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED)}
    everything = frozenset((*report.findings, *findings))
    errors = frozenset(f for f in everything if f.severity is Severity.ERROR)
    documents = {key: tuple(m.document for m in rendered.manifests) for key, rendered in right.items()}
    return Judged(rows, frozenset(bad), errors, everything, documents)


@pytest.fixture(scope="module")
def sound(bench: Bench) -> Judged:
    return judge(bench)


def edit(path: str, old: str, new: str, files: Files) -> dict[str, bytes | None]:
    text = files[path].decode("utf-8")
    assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
    return {path: text.replace(old, new).encode("utf-8")}


def remove(path: str, files: Files) -> dict[str, bytes | None]:
    assert path in files
    return {path: None}


def move(path: str, target: str, files: Files) -> dict[str, bytes | None]:
    return {path: None, target: files[path]}


def swap_value_files(path: str, first: str, second: str, files: Files) -> dict[str, bytes | None]:
    text = files[path].decode("utf-8")
    assert text.count(first) == text.count(second) == 1
    return {path: text.replace(first, "\0").replace(second, first).replace("\0", second).encode("utf-8")}


def twin(path: str, target: str, old: str, new: str, files: Files) -> dict[str, bytes | None]:
    return {target: edit(path, old, new, files)[path]}


def without_object(path: str, name: str, files: Files) -> dict[str, bytes | None]:
    parts = files[path].decode("utf-8").split("---\n")
    kept = [part for part in parts if f"\n  name: {name}\n" not in part]
    assert len(kept) == len(parts) - 1
    return {path: "---\n".join(kept).encode("utf-8")}


def wave_taken(path: str, wave: str, files: Files) -> dict[str, bytes | None]:
    return edit(path, f'    argocd.argoproj.io/sync-wave: "{wave}"\n', "", files)


# name → (change, Application, object, field)
WRONG_OBJECTS = {
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
WRONG_RELEASES = {
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
}


@pytest.mark.parametrize("fault", WRONG_RELEASES)
def test_a_fault_of_the_whole_is_named_with_its_reason(bench: Bench, fault: str) -> None:
    change, (name, verdict, words) = WRONG_RELEASES[fault]
    with bench.changed(change(bench.files)):
        judged = judge(bench, lint=False)
    row = judged.rows[name]
    assert (row.verdict, words in row.reason) == (verdict, True), row


# name → (change, rule): what is applied stays the same, and lint says what is wrong about it
LINTED = {
    "the project": (partial(edit, PROMETHEUS, "project: platform", "project: apps"), "L30"),
    "missingkey": (partial(edit, APPSET, "  goTemplateOptions:\n    - missingkey=error\n", ""), "L04"),
    "what an ApplicationSet no longer preserves": (
        partial(edit, APPSET, "    preserveResourcesOnDeletion: true\n", ""),
        "L31",
    ),
    "an unquoted number": (partial(edit, AGENTS, 'version: "2.3.0"', "version: 2.30"), "L01"),
    "an unknown sync option": (partial(edit, AGENTS, "syncOptions: []", "syncOptions: [Prunes=false]"), "L28"),
    "a value file twice": (
        partial(
            edit,
            AGENTS,
            f"  - {SHARED}/apps/agents/20-values.yaml\n",
            f"  - {SHARED}/apps/agents/20-values.yaml\n" * 2,
        ),
        "L16",
    ),
    "a Namespace without its guard": (
        partial(
            edit,
            NAMESPACES,
            "  name: argocd\n  annotations:\n    argocd.argoproj.io/sync-options: Prune=false,Delete=false\n",
            "  name: argocd\n",
        ),
        "L34",
    ),
}


@pytest.mark.parametrize("fault", LINTED)
def test_a_fault_that_changes_no_object_is_named_by_lint(bench: Bench, sound: Judged, fault: str) -> None:
    change, rule = LINTED[fault]
    with bench.changed(change(bench.files)):
        judged = judge(bench)
    assert judged.named == frozenset()
    assert rule in {finding.code for finding in judged.findings - sound.findings}


def test_a_label_that_the_rolling_sync_looks_for_is_named_by_lint(bench: Bench) -> None:
    done = pipeline.build_tree(bench.read, replace(bench.plan, handover="done"), console=SilentConsole(io.StringIO()))
    label = "        rollout-phase: '{{ .rolloutPhase }}'\n"
    with bench.changed({APPSET: done.files[APPSET]}):
        whole = judge(bench)
    with bench.changed(edit(APPSET, label, "", done.files)):
        judged = judge(bench)
    assert not whole.errors
    assert not judged.named
    assert {finding.code for finding in judged.errors} == {"L12"}


@pytest.mark.xfail(strict=True, reason="no rule of lint compares what the generator reads with what the sources read")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("revision: main\n        files", "revision: old\n        files"),
        ("gitops.git\n        revision", "x.git\n        revision"),
    ],
)
def test_a_generator_that_reads_another_repository_is_named(bench: Bench, sound: Judged, old: str, new: str) -> None:
    with bench.changed(edit(APPSET, old, new, bench.files)):
        judged = judge(bench)
    assert judged.named or judged.errors - sound.errors


# Changes that change no object: naming them would be a false alarm.
HARMLESS = {
    "a sync option that is known": partial(edit, AGENTS, "syncOptions: []", "syncOptions: [ServerSideApply=true]"),
    "skipTests dropped by the patch": partial(edit, APPSET, "          skipTests: {{ .skipTests }}\n", ""),
    "skipTests": partial(edit, AGENTS, "skipTests: false", "skipTests: true"),
    "a value that no template reads": partial(
        edit, f"{VALUES}/apps/agents/10-values.yaml", "  host: agents.example.com", "  host: other.example.com"
    ),
    "a value of a parked release": partial(edit, f"{VALUES}/data/minio/10-values.yaml", "memory: 256Mi", "memory: 1Gi"),
    "a comment": partial(edit, AGENTS, "# Written by", "# written by"),
    "the order of objects": partial(
        edit,
        f"{SHARED}/foundation/secrets/registry-pull-secret/10-values.yaml",
        "  - apps\n  - data\n",
        "  - data\n  - apps\n",
    ),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_changes_no_object_is_not_named(
    bench: Bench, sound: Judged, change: partial[dict[str, bytes | None]]
) -> None:
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
