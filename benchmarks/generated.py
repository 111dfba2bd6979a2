"""A generated estate of any size, as real ones are written: numbered files, bases, templates, loops, environments."""

from __future__ import annotations

from pathlib import Path

ENVIRONMENTS = ("dev", "staging", "production")

COMMON = """\
environments:
{environments}
---
helmDefaults:
  wait: true
  timeout: 600
  historyMax: 5
repositories:
  - name: example
    url: https://charts.example.org
templates:
  service: &service
    chart: ../charts/app
    version: 1.4.2
    createNamespace: false
    labels:
      team: platform
      kind: service
    values:
      - ../values/common.yaml.gotmpl
      - ../values/{{{{`{{{{ .Release.Name }}}}`}}}}.yaml.gotmpl
    missingFileHandler: Info
commonLabels:
  estate: generated
"""

ENVIRONMENT_VALUES = """\
domain: {name}.example.org
replicas: {replicas}
features:
  tracing: {{enabled: true}}
  canary: {{enabled: {canary}}}
regions: [north, south, west]
images:
  registry: registry.example.org
  tag: "2026.11"
"""

COMMON_VALUES = """\
image:
  repository: {{ .Values.images.registry }}/{{ .Release.Name }}
  tag: {{ .Values.images.tag | quote }}
replicaCount: {{ .Values.replicas }}
ingress:
  enabled: {{ has .Environment.Name (list "staging" "production") }}
  hosts:
{{- range .Values.regions }}
    - {{ $.Release.Name }}.{{ . }}.{{ $.Values.domain }}
{{- end }}
{{- if eq .Environment.Name "production" }}
resources:
  limits: {memory: 512Mi}
{{- end }}
"""

OWN_VALUES = """\
config:
  url: https://{{ .Release.Name }}.{{ .Values.domain }}
  level: {{ .Environment.Name }}
"""

HEAD = """\
bases:
  - ../bases/common.yaml.gotmpl
---
# area {area}
releases:
"""

WRITTEN = """\
  - name: {name}
    namespace: {namespace}
    inherit:
      - template: service
    labels:
      tier: "{tier}"
{needs}    condition: features.{feature}.enabled
    installed: {{{{ ne .Environment.Name "staging" }}}}
{chart}    values:
      - env:
          AREA: "{area}"
          REPLICAS: {{{{ .Values.replicas | quote }}}}
    set:
      - name: extra.enabled
        value: "true"
"""

LOOPED = """\
{{{{- range $i := until {count} }}}}
  - name: {area}-worker-{{{{ $i }}}}
    namespace: {namespace}
    inherit:
      - template: service
    labels: {{tier: worker}}
{chart}    values:
      - {{{{ $.Values.images | toYaml | nindent 8 | trim }}}}
{{{{- end }}}}
"""

CHART = {
    "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.4.2\n",
    "charts/app/values.yaml": "replicaCount: 1\n",
    "charts/app/templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
    "data:\n  values: {{ .Values | toJson | quote }}\n",
}

WORKLOAD = """\
{{{{- $name := printf "%s-{index}" .Release.Name }}}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{{{ $name }}}}
  labels:
    app.kubernetes.io/name: {{{{ $name }}}}
    app.kubernetes.io/instance: {{{{ .Release.Name }}}}
    app.kubernetes.io/managed-by: {{{{ .Release.Service }}}}
spec:
  replicas: {{{{ .Values.replicaCount }}}}
  selector:
    matchLabels:
      app.kubernetes.io/name: {{{{ $name }}}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{{{ $name }}}}
        app.kubernetes.io/instance: {{{{ .Release.Name }}}}
    spec:
      serviceAccountName: {{{{ $name }}}}
      containers:
        - name: main
          image: "{{{{ .Values.image.repository }}}}:{{{{ .Values.image.tag }}}}"
          ports:
            - {{name: http, containerPort: 8080}}
          env:
          {{{{- range $i := until 40 }}}}
            - name: SETTING_{{{{ $i }}}}
              value: {{{{ printf "%s-%d" $name $i | quote }}}}
          {{{{- end }}}}
          livenessProbe:
            httpGet: {{path: /healthz, port: http}}
          resources:
            {{{{- toYaml (default dict .Values.resources) | nindent 12 }}}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{{{ $name }}}}
spec:
  selector:
    app.kubernetes.io/name: {{{{ $name }}}}
  ports:
    - {{name: http, port: 80, targetPort: http}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{{{ $name }}}}
data:
  dashboard.json: |
    {{"panels": [
    {{{{- range $i := until 50 }}}}
      {{"id": {{{{ $i }}}}, "title": "Requests of {{{{ $name }}}}", "expr": "sum(rate(requests_total[5m]))"}},
    {{{{- end }}}}
    {{}}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{{{ $name }}}}
rules:
{{{{- range $i := until 12 }}}}
  - apiGroups: ["example.org"]
    resources: ["things{{{{ $i }}}}", "others{{{{ $i }}}}"]
    verbs: [get, list, watch, create, update, patch, delete]
{{{{- end }}}}
"""
WORKLOADS = 10
"""How many of them a chart of real size has: about 100 kB of manifests, in 40 objects and 10 templates."""


def write_estate(folder: Path, releases: int, files: int = 50, *, real_charts: bool = False) -> Path:
    """Write an estate of ``releases`` releases in ``files`` state files; the folder of the state files.

    With ``real_charts`` each state file has a chart of its own, and each release about 100 kB of manifests.
    """
    count = releases // files
    texts = {
        **CHART,
        "values/common.yaml.gotmpl": COMMON_VALUES,
        "bases/common.yaml.gotmpl": COMMON.format(
            environments="\n".join(f"  {name}:\n    values: [../env/{name}.yaml]" for name in ENVIRONMENTS)
        ),
    }
    for number, name in enumerate(ENVIRONMENTS):
        texts[f"env/{name}.yaml"] = ENVIRONMENT_VALUES.format(
            name=name, replicas=number + 1, canary=str(number != 1).lower()
        )
    for number in range(files):
        area = f"area{number:02d}"
        looped = count // 4
        chart = f"    chart: ../charts/{area}\n" if real_charts else ""
        if real_charts:
            texts.update(real_chart(area))
        parts = [HEAD.format(area=area)]
        for index in range(count - looped):
            needs = f"    needs: [{area}/{area}-app-{index - 1}]\n" if index % 5 else ""
            parts.append(
                WRITTEN.format(
                    name=f"{area}-app-{index}",
                    namespace=area,
                    tier=("front", "back", "data")[index % 3],
                    area=area,
                    needs=needs,
                    feature=("tracing", "canary")[index % 2],
                    chart=chart,
                )
            )
            if index % 2:
                texts[f"values/{area}-app-{index}.yaml.gotmpl"] = OWN_VALUES
        if looped:
            parts.append(LOOPED.format(count=looped, area=area, namespace=area, chart=chart))
        texts[f"helmfiles/{number:02d}-{area}.yaml.gotmpl"] = "".join(parts)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "helmfiles"


def real_chart(name: str) -> dict[str, str]:
    """A chart of real size by path."""
    texts = {path.replace("charts/app/", f"charts/{name}/"): text for path, text in CHART.items()}
    texts[f"charts/{name}/Chart.yaml"] = CHART["charts/app/Chart.yaml"].replace("app", name)
    for index in range(WORKLOADS):
        texts[f"charts/{name}/templates/workload-{index}.yaml"] = WORKLOAD.format(index=index)
    return texts
