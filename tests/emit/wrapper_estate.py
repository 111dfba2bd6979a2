"""A small estate whose chart somebody else wrote: what tests of wrapper charts convert and prove."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.conftest import git, write_files

WEB = "helmfiles/vendor/acme/web"
SIDE = "helmfiles/vendor/acme/side"
STATE = """\
environments:
  dev: {}
  prod: {}
---
releases:
  - name: web
    namespace: web
    chart: ./vendor/acme/web
    values:
      - values/web.yaml
      - replicas: 3
    set:
      - name: image.tag
        value: "1.2"
      - name: global.region
        value: eu
"""
ADDED_CHART = """\
    dependencies:
      - chart: ./vendor/acme/side
        version: 0.3.1
        alias: helper
"""
VALUES = """\
# what web wants
image:
  repository: acme/web   # ours
# for all charts
global:
  registry: r.example.com
helper:
  word: hello
note: |
  two

  lines
"""
NOTE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-note
  labels:
    helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
data:
  note: {{ .Values.note | quote }}
  region: {{ .Values.global.region | default "none" }}
  file: {{ .Files.Get "f.txt" | quote }}
  image: {{ .Values.global.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}
"""
FILES = {
    "helmfiles/10-base.yaml": STATE,
    "helmfiles/values/web.yaml": VALUES,
    f"{WEB}/Chart.yaml": 'apiVersion: v2\nname: web\nversion: v1.4.0\nkubeVersion: ">=1.20.0"\n',
    f"{WEB}/values.yaml": 'image: {repository: x, tag: "0"}\nreplicas: 1\nnote: ""\nglobal: {}\n',
    f"{WEB}/templates/note.yaml": NOTE,
    f"{WEB}/f.txt": "a file\n",
    f"{WEB}/crds/webs.yaml": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: webs.acme.io}\n"
        "spec: {group: acme.io, scope: Namespaced, names: {kind: Web, plural: webs}, versions: [{name: v1, "
        "served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n"
    ),
    f"{SIDE}/Chart.yaml": "apiVersion: v2\nname: side\nversion: 0.3.1\n",
    f"{SIDE}/values.yaml": "word: none\n",
    f"{SIDE}/templates/word.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-{{ .Chart.Name }}}\n"
        "data: {word: {{ .Values.word }}, registry: {{ .Values.global.registry | quote }}}\n---\n"
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: first, annotations: {helm.sh/hook: pre-install}}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a:1}]}}}\n"
    ),
    "extra/rules.yaml": (
        "# rules of ours\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules}\n"
        'data: {alert: "{{ $labels.instance }} is down"}\n---\n'
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\n"
        "spec: {podSelector: {}, policyTypes: [Ingress]}\n"
    ),
}


def write_estate(folder: Path, files: Mapping[str, str] | None = None, plan: str = "") -> Path:
    """The estate with ``files`` over it; ``plan`` is what migration.yaml says of the release ``web/web``."""
    decided = f"estate: helmfiles\nreleases:\n  web/web: {{{plan}}}\n"
    write_files(folder, {**FILES, **(files or {}), **({"migration.yaml": decided} if plan else {})})
    git(folder, "init", "--quiet")
    return folder
