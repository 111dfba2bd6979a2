"""Where Helm 3 and Helm 4 differ (rules 0.3 and 0.4): nulls of a chart's defaults, documents of a values file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.model.estate import Release
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Rendered
from migrate.model.report import Verdict
from migrate.render import render_application, render_request, settle_release
from migrate.render.objects import split_documents
from migrate.verify.releases import compare_release
from tests.conftest import Migrate
from tests.conftest import write_files as write_below
from tests.render.conftest import CHART, config_map, request_for

WriteChart = Callable[[Mapping[str, str]], str]
WriteFiles = Callable[[Mapping[str, str]], Path]
TEMPLATE = "apiVersion: v1\nkind: {}\nmetadata: {{name: a}}\nv: {{{{ .Values | toJson | quote }}}}\n"
SUB = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
DECLARED = CHART["Chart.yaml"] + "dependencies: [{name: sub, version: 0.1.0}]\n"
# Defaults of the chart and of its subchart, a values file, and what Helm 3.19 makes of them (P: chart, S: subchart).
CASES: list[tuple[str, str, str, str, str]] = [
    ("own null stays", "a: null\nb: {c: null}\n", "", "", "P.a: null, P.b.c: null"),
    ("own null beside a value", "b: {c: null}\n", "", "b: {d: 1}\n", "P.b.c: null, P.b.d: 1"),
    ("own null that is set", "a: null\n", "", "a: 1\n", "P.a: 1"),
    ("own null that is set to null", "a: null\nb: {c: null}\n", "", "a: null\nb: {c: null}\n", "P.b: {}"),
    ("null over a default of the subchart", "sub: {a: null}\n", "a: 1\nb: 2\n", "", "S.b: 2"),
    ("null over a table of the subchart", "sub: {a: null}\n", "a: {b: 1}\n", "", ""),
    ("null inside a table of the subchart", "sub: {a: {b: null}}\n", "a: {b: 1, c: 2}\n", "", "S.a.c: 2"),
    (
        "null over it, and a person sets it",
        "sub: {a: null}\n",
        "a: {b: 1}\n",
        "sub: {a: {c: 3}}\n",
        "S.a: {b: 1, c: 3}",
    ),
    ("null over nothing of the subchart", "sub: {q: null}\n", "", "sub: {z: 1}\n", "S.q: null, S.z: 1"),
    ("null of a values file", "sub: {a: 1}\n", "a: 1\nb: {c: 2}\n", "sub: {a: null, b: {c: null}}\n", "S.b: {}"),
    ("nulls in lists stay", "l: [null, {a: null}]\n", "", "", "P.l: [null, {a: null}]"),
    ("null among globals", "global: {g: null}\n", "", "", "P.global.g: null, S.global.g: null"),
]


def chart_files(defaults: str, below: str, *, declared: bool = False) -> dict[str, str]:
    return {
        "Chart.yaml": DECLARED if declared else CHART["Chart.yaml"],
        "values.yaml": defaults,
        "templates/a.yaml": TEMPLATE.format("P"),
        "charts/sub/Chart.yaml": SUB,
        "charts/sub/values.yaml": below,
        "charts/sub/templates/a.yaml": TEMPLATE.format("S"),
    }


def values_seen(rendered: Rendered) -> dict[str, JsonObject]:
    assert not rendered.error, rendered.error
    return {m.key.kind: json.loads(str(m.document["v"])) for m in rendered.manifests}


def merged(told: str) -> dict[str, JsonObject]:
    """``P.b.c: null, P.b.d: 1`` as the values of both charts, with what Helm always adds."""
    found: dict[str, JsonObject] = {"P": {}, "S": {"global": {}}}
    for path, value in parse_values("{" + told.replace("P.", "P/").replace("S.", "S/") + "}").items():
        kind, *steps = path.replace("/", ".").split(".")
        holder: JsonObject = found[kind]
        for step in steps[:-1]:
            inner = holder.setdefault(step, {})
            assert isinstance(inner, dict)
            holder = inner
        holder[steps[-1]] = value
    found["P"]["sub"] = found["S"]
    return found


@pytest.mark.parametrize("declared", [False, True], ids=["", "declared"])
@pytest.mark.parametrize(("name", "defaults", "below", "values", "told"), CASES, ids=[case[0] for case in CASES])
def test_0_3_defaults_are_helm_3s(
    write_chart: WriteChart, name: str, defaults: str, below: str, values: str, told: str, declared: bool
) -> None:
    chart = write_chart(chart_files(defaults, below, declared=declared))
    assert values_seen(render_request(request_for(chart, values))) == merged(told)


@pytest.mark.rig
@pytest.mark.parametrize("declared", [False, True], ids=["", "declared"])
@pytest.mark.parametrize(("name", "defaults", "below", "values", "told"), CASES, ids=[case[0] for case in CASES])
def test_the_record_is_what_helm_3_says(
    write_chart: WriteChart,
    tmp_path: Path,
    name: str,
    defaults: str,
    below: str,
    values: str,
    told: str,
    declared: bool,
) -> None:
    helm = shutil.which("helm")
    if helm is None or not subprocess.check_output([helm, "version", "--short"]).startswith(b"v3"):
        pytest.skip("there is no helm 3 on PATH")
    chart = write_chart(chart_files(defaults, below, declared=declared))
    (tmp_path / "v.yaml").write_text(values)
    text = subprocess.check_output([helm, "template", "web", chart, "--values", str(tmp_path / "v.yaml")], text=True)
    found = map(parse_values, split_documents(text))
    assert {str(d["kind"]): json.loads(str(d["v"])) for d in found} == merged(told)


def test_0_3_a_null_of_a_deeper_subchart_goes_where_dependencies_are_declared(write_chart: WriteChart) -> None:
    below = "a: null\nb: {c: null}\n"
    plain = values_seen(render_request(request_for(write_chart(chart_files("", below)))))
    declared = values_seen(render_request(request_for(write_chart(chart_files("", below, declared=True)))))
    assert plain["S"] == {"a": None, "b": {"c": None}, "global": {}}
    assert declared["S"] == {"b": {}, "global": {}}


def test_0_3_helm_4_keeps_the_default_and_says_where_the_null_is(write_chart: WriteChart) -> None:
    chart = write_chart(chart_files("# words\nsub:\n  a: null\n", "a: 1\n"))
    rendered = render_request(replace(request_for(chart), helm_major=4))
    assert values_seen(rendered)["S"] == {"a": 1, "global": {}}
    assert [(f.code, str(f.source)) for f in rendered.findings] == [("RN004", "values.yaml:3")]
    told = "sub.a is null: Helm 3 takes the subchart's default away, Helm 4 (Argo CD from 3.5 on) keeps it"
    assert rendered.findings[0].message == told
    assert render_request(request_for(chart)).findings == ()


def test_0_3_a_null_that_shows_in_no_object_is_no_finding(write_chart: WriteChart) -> None:
    files = {**chart_files("a: null\n", ""), "templates/a.yaml": config_map("x", "{}")}
    files["charts/sub/templates/a.yaml"] = config_map("y", "{}")
    assert render_request(replace(request_for(write_chart(files)), helm_major=4)).findings == ()


# ---------------------------------------------------------------- Argo CD from 3.5 on

URL = "https://git.example.org/team/repo.git"
VALUE = config_map("a", "{v: {{ .Values.who | default `none` | quote }}}")
RELEASE = Release("dev", "apps", "web", "", "helmfile", SourceLocation("h.yaml", 1), True, True, "c", "c", "")


def verdict(root: Path, version: str, left: Rendered) -> tuple[Verdict, str]:
    app = parse_values(
        f"metadata: {{name: web}}\nspec:\n  destination: {{namespace: apps}}\n"
        f"  source: {{repoURL: '{URL}', path: chart, helm: {{valueFiles: [/env/two.yaml]}}}}\n"
    )
    right = render_application(app, {URL: str(root)}, kube_version="1.34.0", argocd_version=version)
    row = compare_release(RELEASE, None, "web", left, right)
    return row.verdict, " ".join(explanation.note for explanation in row.explanations)


@pytest.mark.parametrize(("second", "expected"), [("two", Verdict.DIFFERENT), ("one", Verdict.EXPLAINED)])
def test_0_3_verify_never_calls_two_documents_equal_unsaid(
    write_files: WriteFiles, second: str, expected: Verdict
) -> None:
    root = write_files(
        {
            "chart/Chart.yaml": CHART["Chart.yaml"],
            "chart/templates/a.yaml": VALUE,
            "env/two.yaml": f"who: one\n---\nwho: {second}\n",
        }
    )
    request = request_for(str(root / "chart"), (root / "env/two.yaml").read_text())
    left = settle_release(render_request(request), RELEASE, None)
    assert verdict(root, "3.4", left) == (Verdict.EQUAL, "")
    found, note = verdict(root, "3.5", left)
    assert found is expected
    assert "env/two.yaml:3: 2 documents in one values file" in note


ESTATE = {
    "helmfiles/10-base.yaml": "environments:\n  dev: {}\n---\nreleases:\n"
    "  - {name: front, namespace: web, chart: ./charts/web, values: [values/two.yaml]}\n"
    "  - {name: back, namespace: web, chart: ./charts/web, values: [{who: x, sub: {a: 2}}]}\n",
    "helmfiles/values/two.yaml": "who: one\n---\nwho: two\n",
    "helmfiles/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "helmfiles/charts/web/values.yaml": "# words\nsub:\n  a: null\n",
    "helmfiles/charts/web/templates/a.yaml": config_map("{{ .Release.Name }}", "{v: {{ .Values.who }}}"),
    "helmfiles/charts/web/charts/sub/Chart.yaml": SUB,
    "helmfiles/charts/web/charts/sub/values.yaml": "a: 1\n",
    "helmfiles/charts/web/charts/sub/templates/a.yaml": config_map(
        "{{ .Release.Name }}-sub", "{v: 'x{{ .Values.a }}'}"
    ),
}


def test_0_3_verify_tells_file_and_line_by_the_version_of_argo_cd(tmp_path: Path, migrate: Migrate) -> None:
    folder = write_below(tmp_path / "project", ESTATE)
    assert migrate(folder, "convert", "helmfiles").code == 0
    same = migrate(folder, "verify", "helmfiles")
    assert same.code == 0
    assert "VF002" not in same.err
    other = migrate(folder, "verify", "helmfiles", "--argocd-version", "3.5")
    assert other.code == 1
    assert "Not proven: of 2 releases, different: 1" in other.out
    assert "values.yaml:3: sub.a is null: Helm 3 takes the subchart's default away" in other.err
    assert "10-two.yaml:3: 2 documents in one values file" in other.err
    assert other.err.count("VF002") == 1
