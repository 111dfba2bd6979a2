{{/* The release's name, with the chart's behind it unless it is there already. */}}
{{- define "grafana.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "grafana.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "grafana.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ include "grafana.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* What the cluster holds already, else what the values say, else a new one: `helm template` sees no cluster. */}}
{{- define "grafana.password" -}}
{{- $held := lookup "v1" "Secret" .Release.Namespace (include "grafana.fullname" .) -}}
{{- if .Values.adminPassword -}}
{{ .Values.adminPassword | b64enc }}
{{- else if $held -}}
{{ index $held.data "admin-password" }}
{{- else -}}
{{ randAlphaNum 40 | b64enc }}
{{- end -}}
{{- end }}
