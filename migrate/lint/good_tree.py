"""The good tree of two components that the examples of rules are laid over."""

from __future__ import annotations

from collections.abc import Mapping

WEB = "environments/dev/components/apps/web/component.yaml"
CRDS = "environments/dev/components/foundation/crds/component.yaml"
APPS = "environments/dev/argocd/apps/components.yaml"
PROJECT = "environments/dev/argocd/projects/platform.yaml"
ROOT = "environments/dev/argocd/parent/root.yaml"
REPOSITORY = "environments/dev/argocd/repos/gitops.yaml"
CM = "environments/dev/argocd/ops/argocd-cm.yaml"
PARAMS = "environments/dev/argocd/ops/argocd-cmd-params-cm.yaml"
SETTINGS = "environments/dev/argocd/ops/argocd-values.yaml"
VALUES = "sources/values/dev/apps/web/10-values.yaml"
TEMPLATE = "sources/charts/own/web/templates/web.yaml"
REPO = "https://git.example.com/platform/gitops.git"

_COMPONENT = """\
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
_APPSET = """\
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
            - {{ if or (contains ":" .) (hasPrefix "$" .) }}{{ . }}{{ else }}/{{ . }}{{ end }}
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
_ROOT = """\
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
_REPOSITORY = """\
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
_SETTINGS_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: argocd
data:
"""
_CM_DATA = """\
  application.resourceTrackingMethod: annotation
  resource.customizations.health.argoproj.io_Application: |
    return {status = "Healthy"}
"""
_PARAMS_DATA = """\
  applicationsetcontroller.enable.progressive.syncs: "true"
"""
_PROJECT = """\
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
_WEB_TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {{ .Values.replicas }}
"""
_CRD_TEMPLATE = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
    - {name: v1, served: true, storage: true}
"""


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def _chart(name: str, domain: str, template: str) -> dict[str, str]:
    return {
        f"sources/charts/own/{name}/Chart.yaml": f'apiVersion: v2\nname: {name}\nversion: "1.10"\n',
        f"sources/charts/own/{name}/templates/{name}.yaml": template,
        f"sources/values/dev/{domain}/{name}/10-values.yaml": "replicas: 1\n",
    }


GOOD: Mapping[str, str] = {
    WEB: _COMPONENT.format(name="web", domain="apps", phase="650"),
    CRDS: _COMPONENT.format(name="crds", domain="foundation", phase="110"),
    APPS: _APPSET,
    PROJECT: _PROJECT,
    ROOT: _ROOT,
    REPOSITORY: _REPOSITORY,
    CM: _SETTINGS_MAP.format(name="argocd-cm") + _CM_DATA,
    PARAMS: _SETTINGS_MAP.format(name="argocd-cmd-params-cm") + _PARAMS_DATA,
    SETTINGS: f"configs:\n  cm:\n{_indented(_CM_DATA)}  params:\n{_indented(_PARAMS_DATA)}",
    "README.md": "runbook\n",
    **_chart("web", "apps", _WEB_TEMPLATE),
    **_chart("crds", "foundation", _CRD_TEMPLATE),
}
"""A tree that every rule is silent on, handed over by hand."""
ROLLING: Mapping[str, str] = {
    **GOOD,
    APPS: _APPSET.replace("  template:\n", STRATEGY, 1).replace("      syncPolicy:\n        syncOptions", AUTOMATED, 1),
}
"""The same, handed over: a rolling sync in two steps."""
