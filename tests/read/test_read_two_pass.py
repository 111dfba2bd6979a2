"""Estates written for helmfile 0 (rule 17.1); what is expected was computed by helmfile v0.171.0."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.doors.helm import parse_values
from migrate.errors import EstateError
from migrate.model.estate import Estate

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]

ONE_PART = (
    "environments:\n  default: {values: [{a: {b: 1}, flag: yes, day: 2020-01-02}]}\n"
    "  prod: {values: [{a: {b: 2}, flag: no, day: 2020-01-02}]}\n"
    "releases:\n- name: r{{ .Values.a.b }}\n  chart: ./charts/app\n"
    "  namespace: {{ .Environment.Name }}-{{ .Values.flag }}\n  values: [{m: on, d: {{ .Values.day }} }]\n"
)


def test_an_environment_is_seen_by_its_own_part(read: Read) -> None:
    estate = read({"helmfile.yaml": ONE_PART}, path="helmfile.yaml")
    assert [(r.environment, r.id) for r in estate.releases] == [
        ("default", "default-true/r1"),
        ("prod", "prod-false/r2"),
    ]
    assert parse_values(estate.releases[0].values[0].text) == {"m": True, "d": "2020-01-02"}


def test_the_guess_is_told_with_its_place(read: Read) -> None:
    finding = next(f for f in read({"helmfile.yaml": ONE_PART}, path="helmfile.yaml").findings if f.code == "HF002")
    assert (str(finding.source), finding.severity.value) == ("helmfile.yaml:5", "info")


def test_the_person_decides_where_one_says_a_version(refused: Refused, read: Read) -> None:
    assert "one part" in refused({"helmfile.yaml": ONE_PART}, path="helmfile.yaml", helmfile_version=1).message
    codes = [f.code for f in read({"helmfile.yaml": ONE_PART}, path="helmfile.yaml", helmfile_version=0).findings]
    assert "HF002" not in codes


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"helmfile.yaml": "releases:\n{{ range list 1 }}\n- {name: x, chart: ./charts/app}\n{{ end }}\n"}, 2),
        ({"helmfile.yaml": "helmfiles: ['{{ .Environment.Name }}/*.yaml']\nmissingFileHandler: Warn\n"}, 1),
        ({"helmfile.yaml": "charts:\n- {name: x, chart: ./charts/app}\n"}, 1),
        ({"helmfile.yaml": "releases:\n- {name: x, chart: ./charts/app, namespace: '{{`{{ .Release.Name }}`}}'}\n"}, 2),
    ],
)
def test_what_only_helmfile_0_renders_betrays_it(read: Read, files: dict[str, str], line: int) -> None:
    finding = next(f for f in read(files, path="helmfile.yaml").findings if f.code == "HF002")
    assert str(finding.source) == f"helmfile.yaml:{line}"


@pytest.mark.parametrize(
    "text",
    [
        "releases:\n- {name: x, chart: ./charts/app, namespace: '{{ .Environment.Name }}'}\n",
        "releases:\n- {name: x, chart: ./charts/app, namespace: '{{ .Release.Name }}'}\n",
        "releases:\n- {name: x, chart: ./charts/app, values: [{late: '{{ .Values.x }}'}]}\n",
        "# {{ range }}\nreleases:\n- {name: x, chart: ./charts/app}\n",
    ],
)
def test_what_helmfile_1_reads_too_betrays_nothing(read: Read, text: str) -> None:
    estate = read({"helmfile.yaml": text}, path="helmfile.yaml")
    assert [f.code for f in estate.findings] == []


def test_the_first_pass_runs_and_reads_nothing(read: Read) -> None:
    text = (
        "environments:\n  default:\n"
        "    values: [{k: '{{ exec `echo` (list `hi`) | trim }}', t: {{ readFile `t` | quote }} }]\n"
        "releases:\n- {name: 'r{{ .Values.k }}{{ .Values.t }}', chart: ./charts/app}\n"
    )
    estate = read({"helmfile.yaml": text, "t": "text"}, path="helmfile.yaml", allow_exec=True)
    assert estate.releases[0].name == "r"


def test_a_base_keeps_its_scalars_and_lists_are_appended(read: Read) -> None:
    files = {
        "helmfile.yaml": "bases: [b.yaml]\ncommonLabels: {who: main}\n"
        "environments: {default: {values: [{from: main}]}}\nreleases:\n- {name: own, chart: ./charts/app}\n",
        "b.yaml": "commonLabels: {who: base, b: x}\nnamespace: basens\n"
        "environments: {default: {values: [{from: base}]}}\nreleases: [{name: first, chart: ./charts/app}]\n",
    }
    estate = read(files, path="helmfile.yaml", helmfile_version=0)
    assert [(r.id, r.labels["who"], r.labels["b"]) for r in estate.releases] == [
        ("basens/first", "base", "x"),
        ("basens/own", "base", "x"),
    ]


def test_typed_texts_stay_what_was_written(read: Read) -> None:
    text = "releases:\n- {name: x, chart: ./charts/app, labels: {l: yes}, installed: off, values: [{v: yes}]}\n"
    (release,) = read({"helmfile.yaml": text}, path="helmfile.yaml", helmfile_version=0).releases
    assert (release.labels["l"], release.installed, parse_values(release.values[0].text)) == ("yes", False, {"v": True})


def test_old_names_stand_for_new_ones(read: Read) -> None:
    text = "context: ctx\ncharts:\n- {name: x, chart: ./charts/app}\n"
    assert read({"helmfile.yaml": text}, path="helmfile.yaml", helmfile_version=0).releases[0].kube_context == "ctx"


def test_command_line_values_are_ordinary_values(read: Read) -> None:
    text = (
        "environments: {default: {values: [{l: [1, 2], k: 1}]}}\n---\n"
        "releases:\n- {name: 'r{{ .Values.k }}-{{ .Values.l }}', chart: ./charts/app}\n"
    )
    estate = read({"helmfile.yaml": text}, path="helmfile.yaml", helmfile_version=0, state_values_set=("l[1]=9,k=2",))
    assert estate.releases[0].name == "r2-[<nil> 9]"
