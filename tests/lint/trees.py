"""A good tree of two components, and what can be wrong with it: what the tests of the rules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.expand import expand_tree
from migrate.lint import lint_tree
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.tree import FileTree

WEB = "environments/dev/components/apps/web/component.yaml"
CRDS = "environments/dev/components/foundation/crds/component.yaml"
APPS = "environments/dev/argocd/apps/components.yaml"
PROJECT = "environments/dev/argocd/projects/platform.yaml"
ROOT = "environments/dev/argocd/parent/root.yaml"
REPOSITORY = "environments/dev/argocd/repos/gitops.yaml"
CM = "environments/dev/argocd/ops/argocd-cm.yaml"
PARAMS = "environments/dev/argocd/ops/argocd-cmd-params-cm.yaml"
SETTINGS = "environments/dev/argocd/ops/argocd-values.yaml"
REPO = "https://git.example.com/platform/gitops.git"

COMPONENT = """\
name: {name}
project: platform
tier: infra
domain: {domain}
componentType: runtime
rolloutPhase: "{phase}"
wave: "0"
namespace: {name}
releaseName: {name}
chart:
  path: sources/charts/own/{name}
  repoURL: ""
  name: ""
  version: "1.10"
  skipCrds: false
valueFiles:
  - sources/values/dev/{domain}/{name}/10-values.yaml
parameters: []
fileParameters: []
syncOptions:
  - ServerSideApply=true
ignoreDifferences: []
source:
  helmfile: "helmfiles/x.yaml:3"
  release: {name}/{name}
cluster: in-cluster
skipTests: false
skipSchemaValidation: false
kubeVersion: ""
"""
APPSET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: components
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - git:
        repoURL: https://git.example.com/platform/gitops.git
        revision: main
        files:
          - path: environments/dev/components/**/component.yaml
  syncPolicy:
    preserveResourcesOnDeletion: true
    applicationsSync: create-update
  template:
    metadata:
      name: '{{ .name }}'
      labels:
        rollout-phase: '{{ .rolloutPhase }}'
    spec:
      project: '{{ .project }}'
      source:
        repoURL: https://git.example.com/platform/gitops.git
        targetRevision: 1.0.0
        path: '{{ .chart.path }}'
        helm:
          releaseName: '{{ .releaseName }}'
      destination:
        name: '{{ .cluster }}'
        namespace: '{{ .namespace }}'
  templatePatch: |
    spec:
      source:
        helm:
          valueFiles:
          {{- range .valueFiles }}
            - {{ if contains ":" . }}{{ . }}{{ else }}/{{ . }}{{ end }}
          {{- end }}
          parameters: {{ toJson .parameters }}
      syncPolicy:
        syncOptions: {{ toJson .syncOptions }}
"""
STRATEGY = """\
  strategy:
    type: RollingSync
    rollingSync:
      steps:
        - matchExpressions:
            - key: rollout-phase
              operator: In
              values: ["110"]
          maxUpdate: 1
        - matchExpressions:
            - key: rollout-phase
              operator: In
              values: ["650"]
          maxUpdate: 25%
  template:
"""
AUTOMATED = "      syncPolicy:\n        automated: {prune: true}\n        syncOptions"
ROOT_TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: root
  namespace: argocd
spec:
  project: default
  source:
    repoURL: https://git.example.com/platform/gitops.git
    targetRevision: main
    path: environments/dev/argocd
    directory:
      recurse: true
      exclude: '{parent/*,ops/*}'
  destination:
    name: in-cluster
    namespace: argocd
"""
SECRET_TEXT = """\
apiVersion: v1
kind: Secret
metadata:
  name: gitops
  namespace: argocd
  labels:
    argocd.argoproj.io/secret-type: repository
stringData:
  type: git
  url: https://git.example.com/platform/gitops.git
"""
SETTINGS_TEXT = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: argocd
data:
"""
CM_DATA = """\
  application.resourceTrackingMethod: annotation
  resource.customizations.health.argoproj.io_Application: |
    return {status = "Healthy"}
"""
PARAMS_DATA = """\
  applicationsetcontroller.enable.progressive.syncs: "true"
"""
PROJECT_TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: platform
  namespace: argocd
spec:
  sourceRepos:
    - https://git.example.com/platform/gitops.git
  destinations:
    - name: in-cluster
      namespace: web
    - server: https://kubernetes.default.svc
      namespace: crds
  clusterResourceWhitelist:
    - group: apiextensions.k8s.io
      kind: CustomResourceDefinition
"""


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def good_files() -> dict[str, str]:
    files = {
        WEB: COMPONENT.format(name="web", domain="apps", phase="650"),
        CRDS: COMPONENT.format(name="crds", domain="foundation", phase="110"),
        APPS: APPSET,
        PROJECT: PROJECT_TEXT,
        ROOT: ROOT_TEXT,
        REPOSITORY: SECRET_TEXT,
        CM: SETTINGS_TEXT.format(name="argocd-cm") + CM_DATA,
        PARAMS: SETTINGS_TEXT.format(name="argocd-cmd-params-cm") + PARAMS_DATA,
        SETTINGS: f"configs:\n  cm:\n{indented(CM_DATA)}  params:\n{indented(PARAMS_DATA)}",
        "README.md": "runbook\n",
    }
    for name, domain in (("web", "apps"), ("crds", "foundation")):
        files[f"sources/charts/own/{name}/Chart.yaml"] = f'name: {name}\nversion: "1.10"\n'
        files[f"sources/charts/own/{name}/templates/x.yaml"] = "a: {{ .Values.a }}\n"
        files[f"sources/values/dev/{domain}/{name}/10-values.yaml"] = "a: 1\n"
    return files


def manifest(
    kind: str, name: str, *, group: str = "", namespace: str = "web", annotations: Mapping[str, str] | None = None
) -> Manifest:
    document = {"kind": kind, "metadata": {"name": name, "annotations": dict(annotations or {})}}
    return Manifest(ObjectKey(group, kind, namespace, name), document, "")  # type: ignore[arg-type]


def good_rendered() -> dict[tuple[str, str], Rendered]:
    crd = manifest("CustomResourceDefinition", "x", group="apiextensions.k8s.io", namespace="")
    return {
        ("dev", "web"): Rendered((manifest("Deployment", "web", group="apps"),)),
        ("dev", "crds"): Rendered((crd,)),
    }


def linted(files: Mapping[str, str], rendered: Mapping[tuple[str, str], Rendered]) -> tuple[Finding, ...]:
    tree = FileTree({path: text.encode() for path, text in files.items()})
    return lint_tree(tree, expand_tree(tree), rendered)


Edit = tuple[str, str, str]
"""(file, old text, new text); an empty old text writes the file."""


@dataclass(frozen=True)
class Case:
    """One thing that is wrong, and the finding it must give: the rule, the file, how its line begins, what it says."""

    rule: str
    file: str
    line: str
    says: str
    edits: tuple[Edit, ...] = ()
    objects: tuple[Manifest, ...] = field(default=())
    """What web renders instead."""
    severity: Severity = Severity.ERROR
    also: Rendered | None = None
    """What crds renders instead."""


def web(old: str, new: str) -> tuple[Edit, ...]:
    return ((WEB, old, new),)


def apps(old: str, new: str) -> tuple[Edit, ...]:
    return ((APPS, old, new),)


def rolling(old: str = "", new: str = "", path: str = APPS) -> tuple[Edit, ...]:
    return (*ROLLING, (path, old, new)) if old else ROLLING


ROLLING: tuple[Edit, ...] = (
    (APPS, "  template:\n", STRATEGY),
    (APPS, "      syncPolicy:\n        syncOptions", AUTOMATED),
)
WARNING, INFO = Severity.WARNING, Severity.INFO
GLOB, CHART = "environments/dev/components/**/component.yaml", "path: sources/charts/own/web"
VALUES = "sources/values/dev/apps/web/10-values.yaml"
RELEASE = "          releaseName: '{{ .releaseName }}'"
OPTIONS = "argocd.argoproj.io/sync-options"
HOOK, KEEP = {"helm.sh/hook": "pre-upgrade"}, {"helm.sh/resource-policy": "keep"}
CRD = manifest("CustomResourceDefinition", "x", group="apiextensions.k8s.io", namespace="")
ROLE = manifest("ClusterRole", "x", group="rbac", namespace="")
SERVICE = manifest("Service", "x")


def edited(files: dict[str, str], edits: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    for path, old, new in edits:
        if not old:
            files[path] = new
            continue
        assert old in files[path], f"{path} does not hold {old!r}"
        files[path] = files[path].replace(old, new, 1)
    return files


def check_case(case: Case) -> None:
    """The rule is heard with this severity, at this place, and says what to do."""
    files = edited(good_files(), case.edits)
    rendered = good_rendered()
    if case.objects:
        rendered["dev", "web"] = Rendered(case.objects)
    if case.also:
        rendered["dev", "crds"] = case.also
    found = [f for f in linted(files, rendered) if f.code == case.rule and case.says in f.message]
    places = {(f.source.file, files[f.source.file].splitlines()[f.source.line - 1].strip()) for f in found if f.source}
    assert any(file == case.file and text.startswith(case.line) for file, text in places), places
    assert {f.severity for f in found} == {case.severity}
    assert all(f.hint for f in found)
