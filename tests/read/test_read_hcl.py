"""State values in HCL (rule 4.9); what is expected was computed by helmfile v1.8.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from migrate.doors.helm import parse_values
from migrate.errors import EstateError
from migrate.model.estate import Estate

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]

STATE = (
    "environments:\n  default:\n    values: [ENTRIES]\n---\n"
    "releases:\n  - {name: web, chart: ./charts/app, values: ['{{ .Values | toJson }}']}\n"
)


def values_of(read: Read, *entries: str, **files: str) -> Any:
    state = STATE.replace("ENTRIES", ", ".join(entries)).replace("'{{ .Values | toJson }}'", "{{ .Values | toJson }}")
    named = {name.replace("_", "."): text for name, text in files.items()}
    (layer,) = read({"helmfile.yaml.gotmpl": state, **named}, path="helmfile.yaml.gotmpl").releases[0].values
    return parse_values(layer.text)


def evaluated(read: Read, expression: str) -> Any:
    return values_of(read, "a.hcl", a_hcl=f"values {{\n  x = {expression}\n}}\n")["x"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 / 4 + 2 * 3 - 1", 5.25),
        ("-7 % 3", -1),
        ('true ? 1 : "a"', "1"),
        ("!false && (1 < 2)", True),
        ('"x${1 + 1}y$${no} \\u00e9"', "x2y${no} é"),
        ('"%{ if true ~}  yes %{ else }no%{ endif }"', "yes "),
        ('"%{ for n in ["a", "b"] }<${n}>%{ endfor }"', "<a><b>"),
        ('<<-EOT\n    a\n      b ${upper("c")}\n    EOT', "a\n  b C\n"),
        ('[for i, n in ["p", "q"] : "${i}-${n}" if n != "p"]', ["1-q"]),
        ("{ for k, v in { q = 1, p = 2 } : upper(k) => v * 2 }", {"P": 4, "Q": 2}),
        ('{ for n in ["a1", "b1", "a2"] : substr(n, 0, 1) => n... }', {"a": ["a1", "a2"], "b": ["b1"]}),
        ("[{ id = 1 }, { id = 2 }][*].id", [1, 2]),
        ('format("%05d|%q|%.2f|%v", 42, "b", 1.234, { a = 1 })', '00042|"b"|1.23|{"a":1}'),
        ('try({}.nope, "fallback")', "fallback"),
        ('regex("(\\\\d+)-(\\\\w+)", "x 12-ab")', ["12", "ab"]),
        ('yamldecode("a: [1, yes]")', {"a": [1, True]}),
        ('cidrsubnet("10.0.0.0/8", 8, 2)', "10.2.0.0/16"),
        ("range(1, 8, 3)", [1, 4, 7]),
        ("max([1, 9]...)", 9),
        ('title("hello world-x")', "Hello World-X"),
    ],
)
def test_expressions_are_evaluated_as_helmfile_does(read: Read, expression: str, value: Any) -> None:
    assert evaluated(read, expression) == value


def test_files_of_a_list_are_one_unit_over_its_yaml(read: Read) -> None:
    found = values_of(
        read,
        "one.hcl",
        "plain.yaml",
        "two.hcl",
        one_hcl='locals {\n  z = "local"\n}\nvalues {\n  a = "${local.z}"\n  m = { k = 1, o = [1] }\n  n = 1\n}\n',
        plain_yaml="a: yaml\nonly: yaml\n",
        two_hcl="values {\n  b = upper(hv.a)\n  m = { l = 2, o = [2] }\n  n = null\n}\n",
    )
    assert found == {"a": "local", "b": "LOCAL", "m": {"k": 1, "l": 2, "o": [2]}, "n": 1, "only": "yaml"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("values {\n  a = nope(1)\n}\n", 2, "no function 'nope'"),
        ("values {\n  a = 1\n  b = hv.c\n}\n", 3, "hv.c"),
        ("values {\n  a = hv.b\n  b = hv.a\n}\n", 2, "depends on itself"),
        ("values {\n  a = length({ x = 1 })\n}\n", 2, "length"),
        ("values {\n  a = = 1\n}\n", 2, "no HCL"),
        ("values {\n}\nother {\n}\n", 3, "`other`"),
        ("a = 1\n", 1, "outside of a block"),
    ],
)
def test_what_helmfile_refuses_is_refused_with_its_line(refused: Refused, text: str, line: int, words: str) -> None:
    error = refused({"helmfile.yaml": STATE.replace("ENTRIES", "a.hcl"), "a.hcl": text}, path="helmfile.yaml")
    assert (str(error.source), words in error.message) == (f"a.hcl:{line}", True)


def test_a_function_that_is_not_computed_leaves_a_placeholder_and_a_finding(read: Read) -> None:
    state = STATE.replace("ENTRIES", "a.hcl").replace("'{{ .Values | toJson }}'", "{{ .Values | toJson }}")
    text = 'values {\n  n = 1\n  t = formatdate("YYYY", "2020-01-01T00:00:00Z")\n}\n'
    estate = read({"helmfile.yaml.gotmpl": state, "a.hcl": text}, path="helmfile.yaml.gotmpl")
    (release,) = estate.releases
    finding = next(f for f in estate.findings if f.code == "HF024")
    assert (str(finding.source), "formatdate" in finding.message) == ("a.hcl:3", True)
    assert parse_values(release.values[0].text) == {"n": 1, "t": "PLACEHOLDER-hcl-formatdate-t"}
    assert [p.path for p in release.placeholders] == ["t"]
