"""The same chart, values and flags through the helm on PATH: what ``.Values`` is, and of which types."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.render import render_request
from migrate.render.objects import split_documents
from tests.render.conftest import request_for

pytestmark = pytest.mark.rig
WALK = """{{- define "walk" }}{{ kindOf . }}
{{- if kindIs "map" . }}{{ range $k, $v := . }}({{ $k }} {{ include "walk" $v }}){{ end }}
{{- else if kindIs "slice" . }}{{ range . }}[{{ include "walk" . }}]{{ end }}
{{- else }} {{ . }}{{ end }}{{ end }}"""
VALUES = "a: {b: 1, c: [1, 2, {k: v}]}\nl: [1, 2, 3]\ns: x\nz: {deep: {er: 1}}\nsub: {num: 1}\nglobal: {g: 1}\n"
TEMPLATE = 'apiVersion: v1\nmetadata: {name: a}\nt: {{ include "walk" .Values | quote }}\n'
CHART = {
    "values.yaml": VALUES,
    "templates/_walk.tpl": WALK,
    "templates/a.yaml": "kind: A\n" + TEMPLATE,
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "charts/sub/templates/a.yaml": "kind: B\n" + TEMPLATE,
}


@pytest.mark.parametrize(
    ("texts", "flags"),
    [
        ([], ["--set", "a.b=12345678,l[1]=3,s=007"]),
        (["a: {b: null}\nz: null\n"], ["--set", "l[4]=5"]),
        (["l: [7, 8]\n"], ["--set", "l[0]=x", "--set-string", "l[1]=5"]),
        (["q: [{x: 1}]\n"], ["--set", "q[0].x=2,q[0].w=3", "--set", "q[1].x={1,x}"]),
        ([], ["--set", "sub.num=4,global.g=5,sub.global.h=6"]),
        ([], ["--set", "q[0].x="]),
        ([], ["--set", "n.e\\.w=a\\,b,g[0][1]=1"]),
        (["global: {list: [1, {k: 1}]}\n"], ["--set", "global.list[1].k=2"]),
        (["a: null\n"], ["--set", "a.b=1"]),
        (["l: text\n"], ["--set", "l[0]=1"]),
    ],
)
def test_values_and_their_types_are_helms(
    write_chart: Callable[[Mapping[str, str]], str], tmp_path: Path, texts: list[str], flags: list[str]
) -> None:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("there is no helm on PATH")
    chart = write_chart(CHART)
    command = [helm, "template", "web", chart, "--namespace", "apps"]
    for position, text in enumerate(texts):
        path = tmp_path / f"v{position}.yaml"
        path.write_text(text)
        command += ["--values", str(path)]
    done = subprocess.run([*command, *flags], capture_output=True, text=True, check=False)
    sets = tuple(zip(flags[::2], flags[1::2], strict=True))
    rendered = render_request(request_for(chart, *texts, sets=sets))
    assert bool(rendered.error) is bool(done.returncode), rendered.error or done.stderr
    real = {str(d["kind"]): d["t"] for d in map(parse_values, split_documents(done.stdout))}
    assert {m.key.kind: m.document["t"] for m in rendered.manifests} == real
