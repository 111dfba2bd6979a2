"""What a chart makes of a root key that a shared values file sets: a unit a kind of reading, with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from migrate.lint.root_keys import root_keys, swallowed

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def chart(template: str = "", values: str = "", chart_yaml: str = CHART) -> Mapping[str, bytes]:
    texts = {"Chart.yaml": chart_yaml, "values.yaml": values, "templates/web.yaml": template}
    return {f"c/{name}": text.encode() for name, text in texts.items() if text}


def test_only_keys_at_the_root_are_taken() -> None:
    assert root_keys("a: 1\ncluster:\n  name: x\n") == {"cluster": (2, {"name": "x"})}
    assert root_keys('{"type": edge, b: {name: c}}') == {"type": (1, "edge")}
    assert root_keys("global:\n  acme: {name: x, type: y}\n") == {}
    assert root_keys("name: [\n") == {}


@pytest.mark.parametrize(
    ("value", "files", "line", "how"),
    [
        ("p", chart(values="a: 1\nname: web\n"), "c/values.yaml:2", "has a name of its own"),
        ("p", chart(values='name: ""\n'), "c/values.yaml:1", "has a name of its own"),
        ("p", chart(values="name: {first: x}\n"), "c/values.yaml:1", "has a mapping there"),
        ({"id": 1}, chart(values="name: web\n"), "c/values.yaml:1", "has a plain value there"),
        ({"id": 1}, chart(values="name: {id: 0}\n"), "c/values.yaml:1", "has name.id of its own"),
        (
            {"id": 1},
            chart("a: 1\nb: {{ toYaml .Values.name }}\n", "name: {first: x}\n"),
            "c/templates/web.yaml:2",
            "reads .Values.name, and has a name of its own",
        ),
        (
            "p",
            chart("a: {{ .Values.name | default .Release.Name }}\n"),
            "c/templates/web.yaml:1",
            "reads .Values.name where it is set",
        ),
        (
            "p",
            chart("a: {{ default .Release.Name $.Values.name }}\n"),
            "c/templates/web.yaml:1",
            "reads .Values.name where it is set",
        ),
        (
            {"id": 1},
            chart(chart_yaml=f"{CHART}dependencies:\n  - name: redis\n    alias: name\n    version: 1.0.0\n"),
            "c/Chart.yaml:6",
            "takes it for the values of its subchart name",
        ),
    ],
)
def test_a_chart_that_means_something_else_by_the_key(
    value: Any, files: Mapping[str, bytes], line: str, how: str
) -> None:
    found = swallowed(files, "c", "name", value)
    assert found is not None
    assert (str(found.place), found.how, found.meant) == (line, how, False)


def test_a_chart_of_ones_own_that_has_no_other_meaning_for_it_means_the_fact() -> None:
    found = swallowed(chart("a: {{ .Values.cluster.name }}\n"), "c", "cluster", {"name": "x"})
    assert found is not None
    assert found.meant
    vendored = swallowed(chart("a: {{ .Values.cluster.name }}\n"), "c", "cluster", {"name": "x"}, vendored=True)
    assert vendored is not None
    assert not vendored.meant


@pytest.mark.parametrize(
    "files",
    [
        chart("a: {{ .Values.cluster.size }}\n", "cluster: {size: 3}\n"),
        chart("a: {{ .Values.clusterName }}{{ .Values.my.cluster }}\n"),
        chart("{{- /* not .Values.cluster.name */ -}}\n"),
        chart(chart_yaml=f"{CHART}dependencies:\n  - {{name: cluster, alias: db, version: 1.0.0}}\n"),
        chart("a: {{ .Values.global.acme.clusterName }}\n"),
    ],
)
def test_a_chart_that_does_not_look_at_what_the_file_sets(files: Mapping[str, bytes]) -> None:
    assert swallowed(files, "c", "cluster", {"name": "x"}) is None
