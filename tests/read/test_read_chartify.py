"""Patches, transformers and ad-hoc dependencies reach the release as nouns (rules 12.9, 5.contexts)."""

from __future__ import annotations

from collections.abc import Callable

from migrate.model.estate import Estate

Read = Callable[..., Estate]

STATE = """
releases:
  - name: web
    namespace: x
    chart: ./charts/app
    forceNamespace: forced
    valuesPathPrefix: values/
    missingFileHandler: Warn
    values: [v.yaml]
    transformers:
      - t.yaml.gotmpl
      - {apiVersion: builtin, kind: PatchTransformer, metadata: {name: p}, patch: '[{"op": "remove"}]'}
    jsonPatches: [absent.yaml]
    dependencies:
      - {chart: ./charts/dep, version: 1.0.0, alias: extra}
      - {chart: bitnami/redis, version: ~1}
      - {chart: "git::https://h/r.git@c?ref=m"}
"""
FILES = {
    "helmfile.yaml": STATE,
    "values/v.yaml": "team: core\n",
    "t.yaml.gotmpl": "kind: LabelTransformer\nmetadata: {name: l}\nlabels: {t: {{ .Values.team }}}\n",
    "charts/dep/Chart.yaml": "apiVersion: v2\nname: dep\nversion: 1.0.0\n",
}


def test_transformers_are_read_rendered_and_otherwise_left_alone(read: Read) -> None:
    (release,) = read(FILES, path="helmfile.yaml").releases
    label, patch = release.transformers
    assert (label["labels"], patch["patch"]) == ({"t": "core"}, '[{"op": "remove"}]')
    assert (release.force_namespace, release.json_patches) == ("forced", ())


def test_dependencies_name_folders_and_repositories(read: Read) -> None:
    estate = read(FILES, path="helmfile.yaml")
    named = [(d["chart"], d["version"], d["alias"]) for d in estate.releases[0].dependencies]
    assert named == [
        ("charts/dep", "1.0.0", "extra"),
        ("bitnami/redis", "~1", ""),
        ("git::https://h/r.git@c?ref=m", "", ""),
    ]
    assert [str(f.source) for f in estate.findings if f.code == "HF030"] == ["helmfile.yaml:17"]
