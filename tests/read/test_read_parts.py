from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.errors import EstateError
from migrate.model.estate import Estate

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]


def test_broken_yaml_in_a_later_part_names_the_line_of_the_file(refused: Refused) -> None:
    error = refused({"helmfile.yaml": "environments:\n  dev: {}\n---\nreleases:\n  - name: web\n   chart: x\n"})
    assert str(error.source) == "helmfile.yaml:6"


def test_a_broken_template_in_a_later_part_names_the_line_of_the_file(refused: Refused) -> None:
    text = "environments:\n  dev: {}\n---\nreleases:\n  - name: {{ .Values.nope }}\n"
    error = refused({"helmfile.yaml.gotmpl": text})
    assert str(error.source) == "helmfile.yaml.gotmpl:5"
    assert "nope" in error.message


def test_yaml_broken_by_rendering_names_the_line_of_the_template(refused: Refused) -> None:
    text = (
        "{{ range list 1 2 3 }}\n# {{ . }}\n{{ end }}\nreleases:\n  - name: web\n"
        "    chart: ./charts/app\n   version: {{ 1 }}\n"
    )
    assert str(refused({"helmfile.yaml.gotmpl": text}).source) == "helmfile.yaml.gotmpl:7"


def test_an_unknown_field_is_refused_with_a_suggestion(refused: Refused) -> None:
    error = refused({"helmfile.yaml": "releases:\n  - name: web\n    chartt: ./charts/app\n"})
    assert (str(error.source), error.hint) == ("helmfile.yaml:3", "did you mean `chart`?")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("releases: []\n---\nenvironments: {dev: {}}\n", 3),
        ("environments:\n  dev: {}\nrepositories: []\nreleases: []\n", 4),
        ("  - nothing\n", 1),
    ],
    ids=["environments-after-releases", "one-part-for-both", "no-key"],
)
def test_the_order_of_sections_is_checked_before_anything_is_rendered(refused: Refused, text: str, line: int) -> None:
    error = refused({"helmfile.yaml": text})
    assert str(error.source) == f"helmfile.yaml:{line}"


def test_values_of_a_part_are_seen_by_the_next_part_only(read: Read, refused: Refused) -> None:
    values = "values:\n  - name: web\n"
    releases = "releases:\n  - {name: '{{ .Values.name }}', chart: ./charts/app}\n"
    assert refused({"helmfile.yaml.gotmpl": values + releases}).source is not None
    assert read({"helmfile.yaml.gotmpl": values + "---\n" + releases}).releases[0].name == "web"


def test_releases_of_a_loop_have_the_line_of_the_template_text(read: Read) -> None:
    text = (
        "releases:\n{{- range list `a` `b` }}\n  - name: {{ . }}\n    chart: ./charts/app\n{{- end }}\n"
        "  - name: c\n    chart: ./charts/app\n"
    )
    sources = [r.source for r in read({"helmfile.yaml.gotmpl": text}).releases]
    assert [(s.line, s.generated) for s in sources] == [(3, True), (3, True), (6, False)]


def test_lines_survive_what_stands_before_them(read: Read) -> None:
    head = "# {{ range until 5 }}\n# x\n# {{ end }}\n{{- /* two\nlines */}}\n"
    text = head + "releases:\n  - name: web\n    chart: ./charts/app\n"
    release = read({"helmfile.yaml.gotmpl": text}).releases[0]
    assert {key.name: key.source.line for key in release.keys if key.name in ("name", "chart")} == {
        "name": 7,
        "chart": 8,
    }


def test_keys_that_read_file_brings_in_point_into_that_file(read: Read) -> None:
    estate = read(
        {
            "defaults.yaml": "# shared\nhelmDefaults:\n  wait: true\n  timeout: 9\n",
            "helmfile.yaml.gotmpl": '{{ readFile "defaults.yaml" }}\nreleases:\n  - {name: web, chart: ./charts/app}\n',
        },
        path="helmfile.yaml.gotmpl",
    )
    places = {key.name: (str(key.source), key.inherited) for key in estate.releases[0].keys}
    assert places["timeout"] == ("defaults.yaml:4", True)
    assert places["name"] == ("helmfile.yaml.gotmpl:3", False)


def test_bases_are_below_the_including_part_and_resolve_against_it(read: Read) -> None:
    estate = read(
        {
            "base/environments.yaml": "environments:\n  dev:\n    values: [env/dev.yaml]\n",
            "env/dev.yaml": "name: web\n",
            "helmfile.yaml.gotmpl": "bases: [base/environments.yaml]\n---\n"
            "releases:\n  - {name: '{{ .Values.name }}', chart: ./charts/app}\n",
        }
    )
    assert [(r.environment, r.name) for r in estate.releases] == [("dev", "web")]


def test_a_plain_yaml_file_is_not_rendered(refused: Refused) -> None:
    error = refused({"helmfile.yaml": "releases:\n{{ range list 1 }}\n  - name: x\n{{ end }}\n"}, helmfile_version=1)
    assert "helmfile.yaml.gotmpl" in error.hint
