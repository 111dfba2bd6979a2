"""A chart that fails: the template's file and line, and the values layer that is to blame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from migrate.render import render_request
from tests.conftest import Migrate
from tests.conftest import write_files as write_below
from tests.render.conftest import config_map, request_for

WriteChart = Callable[[Mapping[str, str]], str]
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
SUB = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"


def error_of(write_chart: WriteChart, files: Mapping[str, str], *values: str, **more: object) -> str:
    return render_request(request_for(write_chart(files), *values, **more)).error  # type: ignore[arg-type]


def test_a_nil_pointer_names_the_line_and_that_nobody_set_it(write_chart: WriteChart) -> None:
    error = error_of(write_chart, {"templates/a.yaml": HEAD + "  x: {{ .Values.gone.tag }}\n"}, "other: 1\n")
    assert error.startswith("shop/templates/a.yaml:5:")
    assert "nil pointer" in error
    assert error.endswith(".Values.gone.tag is set nowhere: by no values layer, and not by the chart's values.yaml")


def test_a_nil_pointer_in_a_helper_is_told_at_both_places_with_the_layer_above_it(write_chart: WriteChart) -> None:
    files = {
        "values.yaml": "image:\n  name: x\n",
        "templates/_h.tpl": '{{ define "h" }}\n{{ .Values.image.tag.long }}{{ end }}',
        "templates/a.yaml": HEAD + '  x: {{ include "h" . }}\n',
    }
    error = error_of(write_chart, files, "a: 1\n", "# words\nimage: {name: y}\n")
    assert "shop/templates/a.yaml:5:" in error
    assert "shop/templates/_h.tpl:2:" in error
    assert "what is set of .Values.image comes last from v1.yaml:2" in error


def test_required_names_its_value_though_helm_does_not(write_chart: WriteChart) -> None:
    files = {
        "values.yaml": "image: {}\n",
        "templates/a.yaml": HEAD + '  x: {{ required "set the tag" .Values.image.tag }}\n',
    }
    error = error_of(write_chart, files)
    assert "(shop/templates/a.yaml:5:8): set the tag" in error
    assert (
        ".Values.image.tag is set nowhere; what is set of .Values.image comes last from the chart's values.yaml:1"
        in error
    )


def test_a_layer_that_removes_a_default_is_named(write_chart: WriteChart) -> None:
    files = {
        "values.yaml": "image: {tag: a}\n",
        "templates/a.yaml": HEAD + '  x: {{ required "set" .Values.image.tag }}\n',
    }
    error = error_of(write_chart, files, "b: 1\n", "image:\n  tag: null\n", "b: 2\n")
    assert error.endswith("v1.yaml:2 sets .Values.image.tag to null")


def test_required_in_a_helper_is_found_by_its_words(write_chart: WriteChart) -> None:
    files = {
        "templates/_h.tpl": '{{ define "h" }}{{ required (printf "%s is needed" "x") .Values.deep.x }}{{ end }}',
        "templates/a.yaml": HEAD + '  x: {{ include "h" . }}\n',
    }
    assert ".Values.deep.x is set nowhere" in error_of(write_chart, files)


def test_fail_names_the_values_of_the_condition_before_it(write_chart: WriteChart) -> None:
    text = HEAD + '{{ if eq .Values.mode "b" }}\n{{ fail "no such mode" }}\n{{ end }}\n'
    error = error_of(write_chart, {"templates/a.yaml": text}, "mode: a\n", "x: 1\nmode: b\n")
    assert "(shop/templates/a.yaml:6:3): no such mode" in error
    assert error.endswith(".Values.mode is set last by v1.yaml:2")


def test_a_wrong_type_names_who_set_it(write_chart: WriteChart) -> None:
    files = {"values.yaml": "size: '1'\n", "templates/a.yaml": HEAD + "  x: {{ b64enc .Values.size }}\n"}
    assert error_of(write_chart, files, "size: 5\n").endswith(".Values.size is set last by v0.yaml:1")
    flags = (("--set", "size=7"),)
    assert error_of(write_chart, files, "size: 5\n", sets=flags).endswith(".Values.size is set last by --set size")


def test_a_schema_names_each_place_and_who_set_it(write_chart: WriteChart) -> None:
    schema = '{"properties": {"n1": {"type": "string"}, "image": {"type": "object", "required": ["tag"]}}}'
    files = {"values.schema.json": schema, "values.yaml": "image: {}\n", "templates/a.yaml": config_map("a", "{}")}
    error = error_of(write_chart, files, "x: 1\nn1: 5\n")
    assert ".Values.n1 is set last by v0.yaml:2" in error
    assert ".Values.image.tag is set nowhere; what is set of .Values.image comes last from the chart's values" in error


def test_a_subchart_names_its_values_below_its_own_name(write_chart: WriteChart) -> None:
    files = {
        "charts/sub/Chart.yaml": SUB,
        "charts/sub/values.yaml": "# words\nq: {}\n",
        "charts/sub/templates/a.yaml": HEAD + "  x: {{ .Values.q.r.s }}\n",
        "charts/sub/values.schema.json": '{"properties": {"p": {"type": "string"}}}',
    }
    error = error_of(write_chart, files)
    assert "shop/charts/sub/templates/a.yaml:5:" in error
    assert "what is set of .Values.sub.q comes last from the chart's charts/sub/values.yaml:2" in error
    assert ".Values.sub.p is set last by v0.yaml:2" in error_of(write_chart, files, "sub:\n  p: 1\n")


def test_broken_template_syntax_has_its_line_alone(write_chart: WriteChart) -> None:
    error = error_of(write_chart, {"templates/a.yaml": HEAD + "  x: {{ .Values.a \n"}, "a: 1\n")
    assert "unclosed action started at shop/templates/a.yaml:5" in error
    assert "is set" not in error


def test_no_value_is_ever_told(write_chart: WriteChart) -> None:
    files = {"templates/a.yaml": HEAD + "  x: {{ .Values.auth.password.hash }}\n"}
    error = error_of(write_chart, files, "auth: {password: hunter2}\n")
    assert ".Values.auth.password comes last from v0.yaml:1" in error
    assert "hunter2" not in error


ESTATE = {
    "helmfiles/10-base.yaml": """\
environments:
  dev: {}
---
releases:
  - name: good
    namespace: web
    chart: ./charts/web
    values: [{image: {tag: a}}]
  - name: bad
    namespace: web
    chart: ./charts/web
    values:
      - values/bad.yaml
      - image: {tag: null}
  - name: rendered
    namespace: web
    chart: ./charts/web
    values: [values/t.yaml.gotmpl]
""",
    "helmfiles/values/bad.yaml": "image:\n  tag: b\n",
    "helmfiles/values/t.yaml.gotmpl": "x: 1\nimage: {{ `{other: 1}` }}\n",
    "helmfiles/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "helmfiles/charts/web/templates/a.yaml": HEAD + '  x: {{ required "the tag is needed" .Values.image.tag }}\n',
}


def test_one_broken_release_never_stops_the_others(tmp_path: Path, migrate: Migrate) -> None:
    folder = write_below(tmp_path / "project", ESTATE)
    outcome = migrate(folder, "render", "helmfiles", "-e", "dev", "--output-dir", "made")
    assert outcome.code == 1
    assert sorted(p.name for p in (folder / "made").rglob("*.yaml")) == ["web--good.yaml"]
    place = "(charts/web/templates/a.yaml:5): the tag is needed"
    assert outcome.err.count(place) == 2
    assert "RD001 10-base.yaml:9" in outcome.err
    assert "sets .Values.image.tag to null" in outcome.err
    assert "comes last from values/t.yaml.gotmpl (line 2 as rendered)" in outcome.err
