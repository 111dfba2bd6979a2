{{/* The release's name, with the chart's behind it unless it is there already. */}}
{{- define "langfuse.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "langfuse.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "langfuse.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ include "langfuse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* One variable from a Secret: name, and the map with the Secret's name and key. */}}
{{- define "langfuse.fromSecret" -}}
{{- $ref := index . 1 -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef: {name: {{ required (printf "a Secret for %s" (index . 0)) $ref.name }}, key: {{ $ref.key }}}
{{- end }}

{{- define "langfuse.env" -}}
{{- $v := .Values -}}
- {name: NEXTAUTH_URL, value: {{ $v.langfuse.nextauth.url | quote }}}
- {name: TELEMETRY_ENABLED, value: {{ $v.langfuse.features.telemetryEnabled | quote }}}
- {name: DATABASE_HOST, value: {{ $v.postgresql.host | quote }}}
- {name: DATABASE_NAME, value: {{ $v.postgresql.auth.database | quote }}}
- {name: DATABASE_USERNAME, value: {{ $v.postgresql.auth.username | quote }}}
- {name: REDIS_HOST, value: {{ $v.redis.host | quote }}}
- {name: CLICKHOUSE_URL, value: "http://{{ $v.clickhouse.host }}:8123"}
- {name: CLICKHOUSE_USER, value: {{ $v.clickhouse.auth.username | quote }}}
- {name: LANGFUSE_S3_EVENT_UPLOAD_BUCKET, value: {{ $v.s3.bucket | quote }}}
- {name: LANGFUSE_S3_EVENT_UPLOAD_ENDPOINT, value: {{ $v.s3.endpoint | quote }}}
- {name: LANGFUSE_S3_EVENT_UPLOAD_REGION, value: {{ $v.s3.region | quote }}}
- {name: LANGFUSE_S3_EVENT_UPLOAD_FORCE_PATH_STYLE, value: {{ $v.s3.forcePathStyle | quote }}}
{{ include "langfuse.fromSecret" (list "SALT" $v.langfuse.salt.secretKeyRef) }}
{{ include "langfuse.fromSecret" (list "ENCRYPTION_KEY" $v.langfuse.encryptionKey.secretKeyRef) }}
{{ include "langfuse.fromSecret" (list "NEXTAUTH_SECRET" $v.langfuse.nextauth.secret.secretKeyRef) }}
{{ include "langfuse.fromSecret" (list "DATABASE_PASSWORD" (dict "name" $v.postgresql.auth.existingSecret "key" $v.postgresql.auth.secretKeys.userPasswordKey)) }}
{{ include "langfuse.fromSecret" (list "REDIS_AUTH" (dict "name" $v.redis.auth.existingSecret "key" $v.redis.auth.existingSecretPasswordKey)) }}
{{ include "langfuse.fromSecret" (list "CLICKHOUSE_PASSWORD" (dict "name" $v.clickhouse.auth.existingSecret "key" $v.clickhouse.auth.existingSecretKey)) }}
{{ include "langfuse.fromSecret" (list "LANGFUSE_S3_EVENT_UPLOAD_ACCESS_KEY_ID" $v.s3.accessKeyId.secretKeyRef) }}
{{ include "langfuse.fromSecret" (list "LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY" $v.s3.secretAccessKey.secretKeyRef) }}
{{- with $v.langfuse.additionalEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
