"""One fault at a time in the sample estate's tree that changes no object: lint must name each, at the right file."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial

import pytest

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.model.finding import Severity
from tests.verify.mutations import (
    AGENTS,
    APPS_PROJECT,
    APPSET,
    ARGOCD,
    CHARTS,
    CM,
    COMPONENTS,
    NAMESPACES,
    PARAMS,
    PLATFORM_PROJECT,
    PROMETHEUS,
    REPOSITORY,
    ROOT_APP,
    SERVICE,
    SETTINGS,
    SHARED,
    VALUES,
    Bench,
    Fault,
    Files,
    Judged,
    append,
    both,
    copy,
    edit,
    judge,
    remove,
    twin,
    write,
)

GENERATOR = "gitops.git\n        revision"
HEALTH = "resource.customizations.health"
LABELS = "      labels:\n        tier"
DESTINATION = "\n  destination:"

# name → (change, rule, file, words of the finding): what is applied stays the same, and lint says what is wrong.
LINTED: dict[str, tuple[Fault, str, str, str]] = {
    # ApplicationSets
    "missingkey": (
        partial(edit, APPSET, "  goTemplateOptions:\n    - missingkey=error\n", ""),
        "L04",
        APPSET,
        "lacks goTemplateOptions",
    ),
    "missing keys are printed": (
        partial(edit, APPSET, "missingkey=error", "missingkey=default"),
        "L04",
        APPSET,
        "missingkey=error",
    ),
    "a misspelt field": (
        partial(edit, APPSET, "goTemplateOptions", "goTemplateOption"),
        "L57",
        APPSET,
        "spec.goTemplateOption",
    ),
    "the generator's repository": (
        partial(edit, APPSET, GENERATOR, "x.git\n        revision"),
        "L48",
        APPSET,
        "the generator reads",
    ),
    "the generator's revision": (
        partial(edit, APPSET, "revision: main\n        files", "revision: old\n        files"),
        "L48",
        APPSET,
        "reads revision old",
    ),
    "a pattern that the flag for globbing changes": (
        partial(edit, APPSET, "components/**/component.yaml", "components/*/component.yaml"),
        "L02",
        APPSET,
        "with the new globbing",
    ),
    "what an ApplicationSet no longer preserves": (
        partial(edit, APPSET, "    preserveResourcesOnDeletion: true\n", ""),
        "L31",
        APPSET,
        "preserveResourcesOnDeletion",
    ),
    "an ApplicationSet that deletes": (
        partial(edit, APPSET, "create-update", "sync"),
        "L31",
        APPSET,
        "applicationsSync",
    ),
    "the finalizer of an ApplicationSet": (
        partial(edit, APPSET, "  finalizers:\n    - resources-finalizer.argocd.argoproj.io\n", ""),
        "L31",
        APPSET,
        "lacks the finalizer",
    ),
    "a finalizer on every Application": (
        partial(edit, APPSET, LABELS, f"      finalizers: [resources-finalizer.argocd.argoproj.io]\n{LABELS}"),
        "L31",
        APPSET,
        "in spite of preserveResourcesOnDeletion",
    ),
    "an ApplicationSet in another namespace": (
        partial(edit, APPSET, "  namespace: argocd\n", "  namespace: default\n"),
        "L56",
        APPSET,
        "'default'",
    ),
    "an ApplicationSet twice": (
        partial(copy, APPSET, f"{ARGOCD}/apps/twin.yaml"),
        "L10",
        f"{ARGOCD}/apps/twin.yaml",
        "also stands in",
    ),
    "two ApplicationSets over the same components": (
        partial(twin, APPSET, f"{ARGOCD}/apps/twin.yaml", "name: components-production", "name: twin"),
        "L00",
        f"{ARGOCD}/apps/twin.yaml",
        "already owned",
    ),
    "a sync wave on Applications": (
        partial(edit, APPSET, LABELS, "      annotations:\n        argocd.argoproj.io/sync-wave: '1'\n" + LABELS),
        "L13",
        APPSET,
        "orders nothing",
    ),
    "a random label": (
        partial(edit, APPSET, LABELS, "      labels:\n        x: '{{ randAlpha 3 }}'\n        tier"),
        "L11",
        APPSET,
        "randAlpha",
    ),
    "a default that is never asked": (
        partial(edit, APPSET, "'{{ .cluster }}'", "'{{ .cluster | default \"in-cluster\" }}'"),
        "L05",
        APPSET,
        "default",
    ),
    "the label of the phase is lost": (
        partial(edit, APPSET, "        rollout-phase: '{{ .rolloutPhase }}'\n", ""),
        "L58",
        APPSET,
        "rolloutPhase",
    ),
    "a label of another key": (
        partial(edit, APPSET, "tier: '{{ .tier }}'", "tier: '{{ .domain }}'"),
        "L58",
        APPSET,
        "says tier",
    ),
    "every Application in the project default": (
        partial(edit, APPSET, "'{{ .project }}'", "default"),
        "L58",
        APPSET,
        "the Application project default",
    ),
    "sync options dropped by the patch": (
        partial(edit, APPSET, "        syncOptions: {{", "        syncOption: {{"),
        "L57",
        APPSET,
        "syncOption of templatePatch",
    ),
    "an empty key of the patch": (
        partial(
            edit,
            APPSET,
            "          skipCrds: {{ .chart.skipCrds }}\n          skipTests: {{ .skipTests }}\n"
            "          skipSchemaValidation: {{ .skipSchemaValidation }}\n",
            "",
        ),
        "L08",
        APPSET,
        "wipes spec.source.helm",
    ),
    "automated sync before the hand-over": (
        partial(
            edit, APPSET, "Patch: |\n    spec:\n", "Patch: |\n    spec:\n      syncPolicy:\n        automated: {}\n"
        ),
        "L60",
        APPSET,
        "has automated sync",
    ),
    # components
    "the project": (
        partial(edit, PROMETHEUS, "project: platform", "project: apps"),
        "L30",
        PROMETHEUS,
        "project apps does not allow",
    ),
    "an unquoted number": (partial(edit, AGENTS, 'version: "2.3.0"', "version: 2.30"), "L01", AGENTS, "chart.version"),
    "an unquoted phase": (partial(edit, AGENTS, '"650"\nwave', "650\nwave"), "L01", AGENTS, "rolloutPhase"),
    "a phase of two digits": (partial(edit, AGENTS, '"650"\nwave', '"65"\nwave'), "L41", AGENTS, "three digits"),
    "a phase before the definitions": (
        partial(edit, AGENTS, '"650"\nwave', '"110"\nwave'),
        "L64",
        AGENTS,
        "ExternalSecret.external-secrets.io",
    ),
    "a phase before the Namespace": (
        partial(edit, AGENTS, '"650"\nwave', '"090"\nwave'),
        "L64",
        AGENTS,
        "namespace apps",
    ),
    "a dependency that orders nothing": (
        partial(edit, AGENTS, "tier: apps", "dependsOn: [keycloak]\ntier: apps"),
        "L42",
        AGENTS,
        "dependsOn",
    ),
    "the version that a component states": (
        partial(edit, AGENTS, 'version: "2.3.0"', 'version: "2.4.0"'),
        "L59",
        AGENTS,
        "holds 2.3.0",
    ),
    "an unknown sync option": (
        partial(edit, AGENTS, "syncOptions: []", "syncOptions: [Prunes=false]"),
        "L28",
        AGENTS,
        "Prunes",
    ),
    "a sync option in the wrong place": (
        partial(edit, AGENTS, "syncOptions: []", "syncOptions: [Force=true]"),
        "L28",
        AGENTS,
        "does nothing here",
    ),
    "an option that leaves objects untracked": (
        partial(edit, AGENTS, "syncOptions: []", "syncOptions: [ApplyOutOfSyncOnly=true]"),
        "L26",
        AGENTS,
        "handed over",
    ),
    "a Namespace that the project forbids": (
        partial(edit, AGENTS, "syncOptions: []", "syncOptions: [CreateNamespace=true]"),
        "L29",
        AGENTS,
        "allow Namespace",
    ),
    "a value file twice": (
        partial(
            edit, AGENTS, f"  - {SHARED}/apps/agents/20-values.yaml\n", f"  - {SHARED}/apps/agents/20-values.yaml\n" * 2
        ),
        "L16",
        AGENTS,
        "20-values.yaml",
    ),
    "a value file of another environment that says the same": (
        partial(
            both,
            partial(edit, AGENTS, f"{VALUES}/apps/agents/10", "sources/values/dev/apps/agents/10"),
            lambda files: {
                "sources/values/dev/apps/agents/10-values.yaml": files[f"{VALUES}/apps/agents/10-values.yaml"]
            },
        ),
        "L55",
        AGENTS,
        "environment dev",
    ),
    # projects
    "a destination of a project": (
        partial(edit, PLATFORM_PROJECT, "    - name: in-cluster\n      namespace: vault\n", ""),
        "L30",
        f"{COMPONENTS}/foundation/secrets/vault/component.yaml",
        "in-cluster, vault",
    ),
    "a kind of a project": (
        partial(edit, PLATFORM_PROJECT, "    - group: storage.k8s.io\n      kind: StorageClass\n", ""),
        "L30",
        f"{COMPONENTS}/foundation/storage/managed-storage/component.yaml",
        "StorageClass.storage.k8s.io",
    ),
    "a kind that a project denies": (
        partial(
            edit, APPS_PROJECT, "st: []", "st: []\n  namespaceResourceBlacklist: [{group: apps, kind: Deployment}]"
        ),
        "L30",
        AGENTS,
        "Deployment.apps",
    ),
    "a project that allows no namespaced kind": (
        partial(edit, APPS_PROJECT, "eWhitelist:\n", "eWhitelist: []\n  namespaceResourceBlacklist:\n"),
        "L30",
        AGENTS,
        "ConfigMap",
    ),
    "a project that allows every cluster kind": (
        partial(edit, APPS_PROJECT, "st: []", "st: [{group: '*', kind: '*'}]"),
        "L53",
        APPS_PROJECT,
        "any kind",
    ),
    "a project that allows a kind too many": (
        partial(edit, APPS_PROJECT, "st: []", "st: [{group: '', kind: Namespace}]"),
        "L53",
        APPS_PROJECT,
        "allows Namespace",
    ),
    "a project that allows every namespace": (
        partial(edit, APPS_PROJECT, "namespace: qa", "namespace: '*'"),
        "L53",
        APPS_PROJECT,
        "any namespace",
    ),
    "the repository of a project": (
        partial(edit, APPS_PROJECT, "platform/gitops.git", "platform/other.git"),
        "L30",
        AGENTS,
        "does not allow the repository",
    ),
    "a project that allows every repository": (
        partial(edit, APPS_PROJECT, "- https://git.example.com/platform/gitops.git", "- '*'"),
        "L53",
        APPS_PROJECT,
        "any repository",
    ),
    "a project in another namespace": (
        partial(edit, APPS_PROJECT, "  namespace: argocd\n", "  namespace: apps\n"),
        "L56",
        APPS_PROJECT,
        "AppProject apps",
    ),
    "a project twice": (
        partial(copy, APPS_PROJECT, f"{ARGOCD}/projects/twin.yaml"),
        "L10",
        f"{ARGOCD}/projects/twin.yaml",
        "AppProject apps also stands in",
    ),
    "a misspelt field of a project": (
        partial(edit, APPS_PROJECT, "destinations:", "destination:"),
        "L57",
        APPS_PROJECT,
        "spec.destination",
    ),
    # the root Application, the repository Secret
    "the root's path": (
        partial(edit, ROOT_APP, "path: environments/production/argocd", "path: environments/prod/argocd"),
        "L49",
        ROOT_APP,
        "is not in the tree",
    ),
    "the root's path is another environment's": (
        partial(edit, ROOT_APP, "path: environments/production/argocd", "path: environments/staging/argocd"),
        "L49",
        ROOT_APP,
        "does not bring",
    ),
    "the root's repository": (partial(edit, ROOT_APP, "gitops.git", "other.git"), "L49", ROOT_APP, "repoURL"),
    "the root's revision": (
        partial(edit, ROOT_APP, "targetRevision: main", "targetRevision: old"),
        "L49",
        ROOT_APP,
        "old",
    ),
    "the root reads one folder only": (
        partial(edit, ROOT_APP, "recurse: true", "recurse: false"),
        "L49",
        ROOT_APP,
        "does not bring",
    ),
    "the root leaves out projects": (
        partial(edit, ROOT_APP, "ops/*}", "ops/*,projects/*}"),
        "L49",
        ROOT_APP,
        "projects/apps.yaml",
    ),
    "the root brings Argo CD's settings": (
        partial(edit, ROOT_APP, "{parent/*,ops/*}", "parent/*"),
        "L49",
        ROOT_APP,
        "owns as well",
    ),
    "the root brings itself": (partial(edit, ROOT_APP, "{parent/*,ops/*}", "ops/*"), "L49", ROOT_APP, "brings itself"),
    "the root's cluster": (
        partial(edit, ROOT_APP, "name: in-cluster", "name: far"),
        "L49",
        ROOT_APP,
        "another cluster",
    ),
    "the root's project": (
        partial(edit, ROOT_APP, "project: default", "project: platform"),
        "L49",
        ROOT_APP,
        "which it brings itself",
    ),
    "the root prunes": (
        partial(edit, ROOT_APP, DESTINATION, f"\n  syncPolicy: {{automated: {{prune: true}}}}{DESTINATION}"),
        "L49",
        ROOT_APP,
        "prunes",
    ),
    "the root is lost": (partial(remove, ROOT_APP), "L61", ROOT_APP, "it is not there"),
    "the Secret's repository": (
        partial(edit, REPOSITORY, "url: https://git.example.com/platform/gitops", "url: https://git.example.com/x"),
        "L50",
        REPOSITORY,
        "nothing reads",
    ),
    "the Secret's label": (
        partial(edit, REPOSITORY, "/secret-type: repository", "/secret: repository"),
        "L50",
        REPOSITORY,
        "lacks the label",
    ),
    "a password in the Secret": (
        partial(edit, REPOSITORY, "  type: git\n", "  type: git\n  password: hunter2\n"),
        "L50",
        REPOSITORY,
        "holds password",
    ),
    "the Secret in another namespace": (
        partial(edit, REPOSITORY, "  namespace: argocd\n", "  namespace: default\n"),
        "L56",
        REPOSITORY,
        "'default'",
    ),
    "the Secret is lost": (partial(remove, REPOSITORY), "L61", REPOSITORY, "it is not there"),
    # settings of Argo CD
    "the health check of Applications": (
        partial(
            both,
            partial(edit, CM, f"{HEALTH}.argoproj.io_A", "x.A"),
            partial(edit, SETTINGS, f"{HEALTH}.argoproj.io_A", "x.A"),
        ),
        "L14",
        CM,
        "no health check for Application",
    ),
    "the health check of a custom resource": (
        partial(
            both,
            partial(edit, CM, f"{HEALTH}.temporal.io_TemporalCluster:", "x:"),
            partial(edit, SETTINGS, f"{HEALTH}.temporal.io_TemporalCluster:", "x:"),
        ),
        "L52",
        CM,
        "TemporalCluster.temporal.io",
    ),
    "a health check in one of two places": (
        partial(edit, CM, f"{HEALTH}.temporal.io_TemporalCluster:", "x:"),
        "L51",
        CM,
        "TemporalCluster",
    ),
    "a script that says something else": (
        partial(edit, CM, 'ipairs({"Done"})', 'ipairs({"Ready"})'),
        "L51",
        SETTINGS,
        "KeycloakRealmImport",
    ),
    "tracking by label": (
        partial(
            both,
            partial(edit, CM, "Method: annotation", "Method: label"),
            partial(edit, SETTINGS, "Method: annotation", "Method: label"),
        ),
        "L25",
        CM,
        "is label",
    ),
    "the flag of progressive syncs in one of two places": (
        partial(edit, SETTINGS, 'syncs: "true"', 'syncs: "false"'),
        "L51",
        SETTINGS,
        "progressive.syncs",
    ),
    "settings are lost": (partial(remove, CM), "L61", CM, "it is not there"),
    # charts, values and other files
    "a Namespace without its guard": (
        partial(
            edit,
            NAMESPACES,
            "  name: argocd\n  annotations:\n    argocd.argoproj.io/sync-options: Prune=false,Delete=false\n",
            "  name: argocd\n",
        ),
        "L34",
        f"{COMPONENTS}/foundation/namespaces/component.yaml",
        "Namespace argocd lacks",
    ),
    "a chart twice": (
        partial(copy, SERVICE, f"{CHARTS}/data/service"),
        "L54",
        f"{CHARTS}/data/service/Chart.yaml",
        "the same content",
    ),
    "a chart twice with other content": (
        partial(
            both,
            partial(copy, SERVICE, f"{CHARTS}/data/service"),
            partial(write, f"{CHARTS}/data/service/values.yml", "a: 1\n"),
        ),
        "L54",
        f"{CHARTS}/data/service/Chart.yaml",
        "other content",
    ),
    "values that nothing uses": (
        partial(write, f"{VALUES}/apps/old/10-values.yaml", "a: 1\n"),
        "L44",
        f"{VALUES}/apps/old/10-values.yaml",
        "nothing uses",
    ),
    "a template that asks the cluster": (
        partial(append, f"{SERVICE}/templates/deployment.yaml", '{{- $x := lookup "v1" "Secret" "a" "b" }}\n'),
        "L22",
        f"{SERVICE}/templates/deployment.yaml",
        "asks lookup",
    ),
    "a template that asks for an API": (
        partial(
            append,
            f"{SERVICE}/templates/deployment.yaml",
            '{{- if .Capabilities.APIVersions.Has "external-secrets.io/v1/ExternalSecret" }}{{ end }}\n',
        ),
        "L20",
        f"{SERVICE}/templates/deployment.yaml",
        "external-secrets.io/v1/ExternalSecret",
    ),
    "a hook that nobody runs": (
        partial(
            write,
            f"{SERVICE}/templates/hook.yaml",
            "{{ if false }}\nmetadata:\n  annotations:\n    helm.sh/hook: post-instal\n{{ end }}\n",
        ),
        "L22",
        f"{SERVICE}/templates/hook.yaml",
        "post-instal is no hook",
    ),
    "the runbook is changed": (partial(append, "README.md", "x\n"), "L61", "README.md", "not as migrate wrote it"),
    "nobody knows any more what migrate wrote": (
        partial(remove, ".migrate/manifest.json"),
        "L61",
        ".migrate/manifest.json",
        "it is not there",
    ),
}


@pytest.mark.parametrize("fault", LINTED)
def test_a_fault_that_changes_no_object_is_named_by_lint(bench: Bench, sound: Judged, fault: str) -> None:
    change, rule, file, words = LINTED[fault]
    with bench.changed(change(bench.files)):
        judged = judge(bench)
    assert judged.named == frozenset()
    named = {(f.code, f.source.file, words in f.message) for f in judged.findings - sound.findings if f.source}
    assert (rule, file, True) in named, named


@pytest.fixture(scope="module", name="done")
def _done(bench: Bench) -> Files:
    """What is different in a tree whose hand-over is done: the ApplicationSet and a word in each component."""
    plan = replace(bench.plan, handover="done")
    done = pipeline.build_tree(bench.read, plan, console=SilentConsole(io.StringIO()))
    components = {
        path: content.replace(b"handover: manual", b"handover: done")
        for path, content in bench.files.items()
        if path.startswith(COMPONENTS)
    }
    return {APPSET: done.files[APPSET], **components}


STEP = """\
        - matchExpressions:
            - key: rollout-phase
              operator: In
              values:
                - "650"
          maxUpdate: 25%
"""
FLAG = "applicationsetcontroller.enable.progressive.syncs"

# Faults in a tree whose hand-over is done: (change, rule, file, words).
ROLLED: dict[str, tuple[Fault, str, str, str]] = {
    "a label that the rolling sync looks for": (
        partial(edit, APPSET, "        rollout-phase: '{{ .rolloutPhase }}'\n", ""),
        "L12",
        APPSET,
        "rollout-phase",
    ),
    "a step is missing": (
        partial(edit, APPSET, STEP, ""),
        "L12",
        AGENTS,
        "is in no step",
    ),
    "a step is there twice": (
        partial(edit, APPSET, STEP, STEP * 2),
        "L12",
        APPSET,
        "both select",
    ),
    "steps in another order": (
        partial(edit, APPSET, STEP, STEP.replace("650", "101")),
        "L12",
        APPSET,
        "is for 101, after",
    ),
    "an operator that does not exist": (
        partial(edit, APPSET, STEP, STEP.replace("In", "Equals")),
        "L12",
        APPSET,
        "'Equals' is not known",
    ),
    "a label that nobody has": (
        partial(edit, APPSET, STEP, STEP.replace("rollout-phase", "phase")),
        "L12",
        APPSET,
        "no Application carries the label 'phase'",
    ),
    "a step that never updates": (
        partial(edit, APPSET, STEP, STEP.replace("25%", "0")),
        "L12",
        APPSET,
        "0 never updates anything",
    ),
    "a limit that is no percentage": (
        partial(edit, APPSET, STEP, STEP.replace("25%", '"10"')),
        "L12",
        APPSET,
        "is no percentage",
    ),
    "a strategy of another name": (
        partial(edit, APPSET, "type: RollingSync", "type: rollingSync"),
        "L12",
        APPSET,
        "is not RollingSync",
    ),
    "a policy that forbids updates": (
        partial(edit, APPSET, "create-update", "create-only"),
        "L12",
        APPSET,
        "forbids updates",
    ),
    "a phase without a step": (partial(edit, AGENTS, '"650"\nwave', '"651"\nwave'), "L12", AGENTS, "is in no step"),
    "a component that is not handed over": (
        partial(edit, AGENTS, "handover: done", "handover: manual"),
        "L60",
        APPSET,
        "has a step that syncs it",
    ),
    "the flag of the controller": (
        partial(
            both,
            partial(edit, PARAMS, f'  {FLAG}: "true"', '  x: "1"'),
            partial(edit, SETTINGS, f'    {FLAG}: "true"', '    x: "1"'),
        ),
        "L12",
        PARAMS,
        "is ignored",
    ),
}


@pytest.fixture(scope="module", name="rolled")
def _rolled(bench: Bench, done: Files) -> Judged:
    with bench.changed(done):
        return judge(bench)


@pytest.mark.parametrize("fault", ROLLED)
def test_a_fault_in_a_rollout_is_named_by_lint(bench: Bench, done: Files, rolled: Judged, fault: str) -> None:
    change, rule, file, words = ROLLED[fault]
    with bench.changed({**done, **change({**bench.files, **done})}):
        judged = judge(bench)
    assert judged.named == frozenset()
    named = {(f.code, f.source.file, words in f.message) for f in judged.findings - rolled.findings if f.source}
    assert (rule, file, True) in named, named


def test_a_rollout_without_a_fault_is_not_named(rolled: Judged) -> None:
    assert rolled.named == frozenset()
    assert rolled.errors == frozenset()


def test_the_warnings_of_the_sound_tree_are_these(sound: Judged) -> None:
    """A chart's own hooks and Job, and the password that the plan pins: they stay until a person changes the estate."""
    told = {
        (f.code, f.message.split(" ")[0]) for f in sound.findings if f.code[0] == "L" and f.severity is Severity.WARNING
    }
    assert told == {
        ("L22", "Role.rbac.authorization.k8s.io"),
        ("L22", "RoleBinding.rbac.authorization.k8s.io"),
        ("L22", "ServiceAccount"),
        ("L62", "Job.batch"),
        ("L63", "grafana"),
    }
