from __future__ import annotations

from collections.abc import Callable, Mapping

from migrate.model.finding import SourceLocation
from migrate.render import render_request
from migrate.render.unstable import find_mentions
from tests.render.conftest import config_map, request_for

WriteChart = Callable[[Mapping[str, str]], str]
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  user: admin
{{- if not .Values.pinned }}
  password: {{ randAlphaNum 12 | quote }}
{{- end }}
"""


def test_random_fields_are_found_with_the_line_that_draws_them(write_chart: WriteChart) -> None:
    rendered = render_request(request_for(write_chart({"templates/s.yaml": SECRET}), "pinned: false"))
    assert [(str(key), path) for key, path in rendered.unstable] == [("Secret s", "stringData.password")]
    (finding,) = rendered.findings
    assert finding.source == SourceLocation("templates/s.yaml", 7)
    assert finding.message.startswith("randAlphaNum ")


def test_a_branch_that_is_not_taken_is_stable(write_chart: WriteChart) -> None:
    rendered = render_request(request_for(write_chart({"templates/s.yaml": SECRET}), "pinned: true"))
    assert rendered.unstable == ()
    assert rendered.findings == ()


def test_the_clock_is_found_however_fast_two_renders_follow(write_chart: WriteChart) -> None:
    text = config_map("a", "{day: '{{ now | date \"2006-01-02\" }}', now: 'now', k: 'v'}")
    rendered = render_request(request_for(write_chart({"templates/a.yaml": text})))
    assert [path for _, path in rendered.unstable] == ["data.day"]


def test_an_object_with_a_random_name_is_unstable_itself(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": config_map("job-{{ randNumeric 9 }}", "{}")})
    rendered = render_request(request_for(chart))
    assert len(rendered.unstable) == 2
    assert (rendered.manifests[0].key, "") in rendered.unstable


def test_values_that_are_templates_count_too(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": config_map("a", "{id: '{{ tpl .Values.id . }}'}")})
    rendered = render_request(request_for(chart, "id: '{{ uuidv4 }}'"))
    assert [path for _, path in rendered.unstable] == ["data.id"]


def test_lookup_is_a_finding_and_no_instability(write_chart: WriteChart) -> None:
    text = '{{- $old := lookup "v1" "Secret" "x" "y" }}\n' + config_map("a", "{}")
    rendered = render_request(request_for(write_chart({"templates/a.yaml": text})))
    assert [finding.code for finding in rendered.findings] == ["RN002"]
    assert rendered.unstable == ()


def test_mentions_are_calls_inside_actions_and_no_words_beside_them() -> None:
    text = 'now\n{{/* now */}}\n{{ .now }} {{ $now }} {{ "now" }}\n{{ $x := now }}\n{{ .Values.genCA }}'
    assert [(m.line, m.function) for m in find_mentions({"t": text})] == [(4, "now")]
