"""The library chart for bootstrap Jobs: ``migrate charts library`` writes it beside an estate's own charts.

A Job of it waits for what it needs, within limits; tries a few times, and then fails aloud; runs once for each change
of its spec. It has no TTL: Argo CD would find it missing, and run it again (docs/how-to/jobs.md).
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = "bootstrap-job"

_CHART = """\
apiVersion: v2
name: bootstrap-job
type: library
version: 1.0.0
description: Jobs that wait within limits, try a few times, and run once for each change of their spec
"""
_README = """\
# bootstrap-job

Name it in the Chart.yaml of the chart that needs a Job:

    dependencies:
      - name: bootstrap-job
        version: 1.0.0
        repository: file://../bootstrap-job

and write in one of its templates:

    {{ include "bootstrap-job.job" (dict "root" $ "job" .Values.job) }}

| key of `job` | means |
|---|---|
| `name`, `image`, `command` | required; `args`, `env`, `envFrom`, `volumes`, `volumeMounts`, `resources` as in a Pod |
| `waitFor` | a list of `tcp: host:port` and `http: URL`; each is an init container that waits, one after the other |
| `wait.image` | what waits: it has sh, nc and wget, as busybox has |
| `wait.attempts`, `wait.seconds` | 60 attempts, 5 seconds apart; then the Pod fails, and counts as one try |
| `retries` | 4 more Pods after the first has failed (10, 20, 40 and 80 seconds apart) |
| `deadlineSeconds` | 1800 for everything; then the Job has failed, and its Application is Degraded |
| `run` | `once` for each change of the spec (default), or `always`: anew at each sync of Argo CD |
| `labels`, `annotations` | of the Job |
| `serviceAccountName`, `imagePullSecrets`, `podSecurityContext`, `securityContext` | as in a Pod |

What the Job does must bear being done twice: a Pod may die after its work and before anybody knows.
"""
_TEMPLATE = """\
{{- /* One bootstrap Job: include "bootstrap-job.job" (dict "root" $ "job" .Values.job). See README.md. */ -}}
{{- define "bootstrap-job.job" -}}
{{- include "bootstrap-job.check" .job -}}
{{- $name := .job.name -}}
{{- $spec := include "bootstrap-job.spec" .job -}}
{{- $always := eq (default "once" .job.run) "always" -}}
{{- $annotations := dict -}}
{{- if $always -}}
{{- $_ := set $annotations "argocd.argoproj.io/sync-options" "Force=true,Replace=true" -}}
{{- end -}}
{{- with .job.annotations }}{{ $annotations = merge $annotations . }}{{ end -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- if $always }}
  name: {{ $name | trunc 63 | trimSuffix "-" }}
  {{- else }}
  {{- /* A Job's template cannot change, so another spec is another Job; the old one leaves Git, and is pruned. */}}
  name: {{ $name | trunc 54 | trimSuffix "-" }}-{{ $spec | sha256sum | trunc 8 }}
  {{- end }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ $name | trunc 63 | trimSuffix "-" }}
    app.kubernetes.io/instance: {{ .root.Release.Name }}
    {{- with .job.labels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- $spec | nindent 2 }}
{{- end -}}

{{- /* Nothing in here may change with a version of the chart: its hash is in the Job's name. */ -}}
{{- define "bootstrap-job.spec" -}}
backoffLimit: {{ include "bootstrap-job.number" (list .retries 4) }}
activeDeadlineSeconds: {{ include "bootstrap-job.number" (list .deadlineSeconds 1800) }}
template:
  metadata:
    labels:
      app.kubernetes.io/name: {{ .name | trunc 63 | trimSuffix "-" }}
  spec:
    restartPolicy: Never
    {{- with .serviceAccountName }}
    serviceAccountName: {{ . }}
    {{- end }}
    {{- with .imagePullSecrets }}
    imagePullSecrets: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .podSecurityContext }}
    securityContext: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .volumes }}
    volumes: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- $job := . }}
    {{- with .waitFor }}
    initContainers:
      {{- range $number, $what := . }}
      - name: wait-{{ add $number 1 }}
        image: {{ $job.wait.image }}
        command: [sh, -c, {{ include "bootstrap-job.waiting" (dict "what" $what "wait" $job.wait) | quote }}]
        {{- with $job.securityContext }}
        securityContext: {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with $job.resources }}
        resources: {{- toYaml . | nindent 10 }}
        {{- end }}
      {{- end }}
    {{- end }}
    containers:
      - name: job
        image: {{ .image }}
        command: {{- toYaml .command | nindent 10 }}
        {{- range $key := list "args" "env" "envFrom" "volumeMounts" "resources" "securityContext" }}
        {{- with index $job $key }}
        {{ $key }}: {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- end }}
{{- end -}}

{{- define "bootstrap-job.waiting" -}}
{{- $attempts := include "bootstrap-job.number" (list .wait.attempts 60) -}}
{{- $seconds := include "bootstrap-job.number" (list .wait.seconds 5) -}}
{{- $ask := "" -}}
{{- with .what.tcp }}{{ $ask = printf "nc -z -w 2 %s" (replace ":" " " .) }}{{ end -}}
{{- with .what.http }}{{ $ask = printf "wget -q -T 5 -O /dev/null '%s'" . }}{{ end -}}
n=0; until {{ $ask }}; do n=$((n+1)); \
if [ "$n" -ge {{ $attempts }} ]; then \
echo "gave up after $n attempts:" '{{ .what.tcp | default .what.http }}' >&2; exit 1; fi; \
sleep {{ $seconds }}; done
{{- end -}}

{{- /* (list value default): zero is a number, too. */ -}}
{{- define "bootstrap-job.number" -}}
{{- $given := first . -}}
{{- if kindIs "invalid" $given }}{{ last . }}{{ else }}{{ int $given }}{{ end -}}
{{- end -}}

{{- define "bootstrap-job.check" -}}
{{- range $key := list "name" "image" "command" -}}
{{- if not (index $ $key) }}{{ fail (printf "bootstrap-job: job.%s is missing" $key) }}{{ end -}}
{{- end -}}
{{- if hasKey . "ttlSecondsAfterFinished" -}}
{{- fail "bootstrap-job: no ttlSecondsAfterFinished: Argo CD would find the Job missing, and run it again" -}}
{{- end -}}
{{- if not (has (default "once" .run) (list "once" "always")) -}}
{{- fail "bootstrap-job: job.run is once or always" -}}
{{- end -}}
{{- if .waitFor -}}
{{- if not (and .wait .wait.image) -}}
{{- fail "bootstrap-job: job.wait.image is missing: what waits" -}}
{{- end -}}
{{- range .waitFor -}}
{{- if eq (empty .tcp) (empty .http) -}}
{{- fail "bootstrap-job: an entry of job.waitFor has either tcp or http" -}}
{{- end -}}
{{- if and .tcp (not (regexMatch "^[A-Za-z0-9.-]+:[0-9]+$" .tcp)) -}}
{{- fail (printf "bootstrap-job: tcp: host:port, not %s" .tcp) -}}
{{- end -}}
{{- if and .http (not (regexMatch "^https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+$" .http)) -}}
{{- fail (printf "bootstrap-job: http: a URL, not %s" .http) -}}
{{- end -}}
{{- end -}}
{{- $attempts := include "bootstrap-job.number" (list .wait.attempts 60) | int -}}
{{- $seconds := include "bootstrap-job.number" (list .wait.seconds 5) | int -}}
{{- $deadline := include "bootstrap-job.number" (list .deadlineSeconds 1800) | int -}}
{{- if ge (mul (len .waitFor) $attempts $seconds) $deadline -}}
{{- fail "bootstrap-job: waiting alone would take job.deadlineSeconds: fewer attempts, or a later deadline" -}}
{{- end -}}
{{- end -}}
{{- end -}}
"""

FILES: Mapping[str, str] = {
    "Chart.yaml": _CHART,
    "README.md": _README,
    "templates/_job.tpl": _TEMPLATE,
}
"""Path inside the chart → text."""
