"""What the command line lays over an estate (rules 2.3, 2.10, 4.15, 6.11, 10.11); expected from helmfile v1.8.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from migrate.doors.helm import parse_values
from migrate.errors import EstateError
from migrate.model.estate import Estate
from migrate.read.command_line import command_line_overrides

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]

RELEASE = (
    "releases:\n  - {name: web, namespace: own, chart: ./charts/app, needs: [db]}\n"
    "  - {name: db, chart: ./charts/app}\n"
)


@pytest.mark.parametrize(
    ("sets", "texts", "found"),
    [
        (
            ("a=TRUE,b=0,c=012,d=1.5,e=,f=null,g=-3",),
            (),
            {"a": True, "b": 0, "c": "012", "d": "1.5", "e": "", "f": None, "g": -3},
        ),
        (("a\\.b/c=1",), (), {"a.b/c": 1}),
        (("l[1]=x",), (), {"l": [None, "x"]}),
        (("l[1].a=1,l[1].b=2",), (), {"l": [None, {"a": 1, "b": 2}]}),
        (("l[0].a=1,l[1].b=2",), (), {"l": [{"a": 1}]}),
        (("n=1",), ("n=99,id=007,q='a,b'",), {"n": 1, "id": "007", "q": "'a,b'"}),
        (("n=null",), ("n=x",), {"n": "x"}),
    ],
)
def test_expressions_become_values(sets: tuple[str, ...], texts: tuple[str, ...], found: Any) -> None:
    assert command_line_overrides(sets, texts) == found


@pytest.mark.parametrize("expression", ["a", "a=1,b", "=1", "a=1,a.b=2", "a=1,a[0]=2", "a[999999999]=1"])
def test_expressions_that_cannot_be_are_refused(expression: str) -> None:
    with pytest.raises(EstateError):
        command_line_overrides([expression])


def test_a_namespace_and_a_context_replace_every_release_s_own(read: Read) -> None:
    estate = read({"helmfile.yaml": RELEASE}, path="helmfile.yaml", namespace="ns", kube_context="kc")
    assert [(r.id, r.needs, r.labels["namespace"]) for r in estate.releases] == [
        ("kc/ns/web", ("kc/ns/db",), "ns"),
        ("kc/ns/db", (), "ns"),
    ]


def test_state_templates_see_the_namespace_that_was_given(read: Read) -> None:
    text = "releases:\n  - {name: 'in-{{ .Namespace }}', chart: ./charts/app}\n"
    assert read({"helmfile.yaml.gotmpl": text}, namespace="ns").releases[0].name == "in-ns"


@pytest.mark.parametrize(
    ("key", "field"), [("namespace", "namespace"), ("kubeContext", "kube_context"), ("chart", "chart")]
)
def test_what_the_file_sets_itself_cannot_be_given_too(refused: Refused, key: str, field: str) -> None:
    error = refused({"helmfile.yaml": f"{key}: x\n{RELEASE}"}, path="helmfile.yaml", **{field: "y"})
    assert (str(error.source), f"`{key}`" in error.message) == ("helmfile.yaml:1", True)


def test_a_chart_for_all_is_rendered_but_not_shown(read: Read) -> None:
    files = {"helmfile.yaml": RELEASE, "other/Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n"}
    release = read(files, path="helmfile.yaml", chart="./other").releases[0]
    assert (release.chart, release.labels["chart"], release.chart_path) == ("./charts/app", "app", "other")


def test_plain_state_files_are_rendered_where_it_is_asked_for(read: Read) -> None:
    text = "releases:\n  - {name: '{{ upper `web` }}', chart: './charts/{{ `app` }}', description: '{{ 1 }}'}\n"
    estate = read({"helmfile.yaml": text}, path="helmfile.yaml", render_yaml=True, helmfile_version=1)
    keys = {key.name: key.value for key in estate.releases[0].keys}
    assert (estate.releases[0].name, keys["description"]) == ("WEB", "1")


@pytest.mark.parametrize("call", ["exec `echo` (list)", "readFile `x`", "readDir `.`", "readDirEntries `.`"])
def test_insecure_functions_can_be_disabled(refused: Refused, call: str) -> None:
    text = f"releases:\n  - {{name: '{{{{ {call} }}}}', chart: ./charts/app}}\n"
    error = refused({"helmfile.yaml.gotmpl": text, "x": "1"}, disable_insecure=True, allow_exec=True)
    assert (str(error.source), "disabled" in error.message) == ("helmfile.yaml.gotmpl:2", True)


def test_a_variable_that_is_not_given_is_told_with_its_line(read: Read) -> None:
    files = {
        "helmfile.yaml.gotmpl": "releases:\n  - name: web\n    chart: ./charts/app\n    values: [v.yaml.gotmpl]\n",
        "v.yaml.gotmpl": "a: 1\nstage: '{{ env `STAGE` }}{{ expandenv `$REGION` }}{{ env `GIVEN` }}'\n",
    }
    estate = read(files, path="helmfile.yaml.gotmpl", set_env={"GIVEN": ""})
    found = [(str(f.source), f.hint.rpartition(" ")[2]) for f in estate.findings if f.code == "HF061"]
    assert found == [("v.yaml.gotmpl:2", "REGION=VALUE"), ("v.yaml.gotmpl:2", "STAGE=VALUE")]


def test_an_env_entry_without_its_variable_is_a_placeholder(read: Read) -> None:
    text = "releases:\n  - name: web\n    chart: ./charts/app\n    env:\n      - {name: db.host, value: DB_HOST}\n"
    estate = read({"helmfile.yaml": text}, path="helmfile.yaml")
    (flag,) = estate.releases[0].sets
    assert (flag.value, [p.path for p in flag.placeholders]) == ("PLACEHOLDER-env-DB-HOST", ["db.host"])
    assert [(f.code, str(f.source)) for f in estate.findings] == [("HF025", "helmfile.yaml:5")]


def test_a_values_file_that_may_not_run_its_program_leaves_the_release_in_the_list(read: Read) -> None:
    files = {
        "helmfile.yaml": "releases:\n  - {name: web, chart: ./charts/app, values: [v.yaml.gotmpl]}\n",
        "v.yaml.gotmpl": "a: 1\nb: {{ exec `date` (list) | len }}\n",
    }
    estate = read(files, path="helmfile.yaml")
    (finding,) = estate.findings
    assert (finding.code, str(finding.source), "--allow-exec" in finding.hint) == ("HF012", "v.yaml.gotmpl:2", True)
    assert [r.opaque for r in estate.releases] == [("values that cannot be read",)]
    assert parse_values(read(files, path="helmfile.yaml", allow_exec=True).releases[0].values[0].text)["a"] == 1
