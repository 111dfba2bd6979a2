"""Shapes that estates in the wild have and the recorded cases do not, each as a small reproduction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gotpl import BudgetExceededError

from migrate.doors.estate_files import EstateFiles
from migrate.doors.go_yaml import encode, format_float, sorted_keys
from migrate.doors.helm import parse_values
from migrate.doors.template import HelmfileTemplates
from migrate.doors.template_budget import MOST_DERIVED, Allowance
from migrate.errors import EstateError
from migrate.model.estate import Estate
from migrate.model.finding import Finding
from migrate.model.json import JsonObject

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]
Unread = Callable[..., Finding]


def values_of(estate: Estate) -> list[JsonObject]:
    return [parse_values(layer.text) for layer in estate.releases[0].values]


def _unasked(*arguments: object) -> object:
    raise AssertionError(arguments)


def rendered(text: str) -> str:
    templates = HelmfileTemplates(EstateFiles("/nowhere"), {}, False, _unasked)
    return templates.render(text, name="/nowhere/a.gotmpl", base="/nowhere", data={})


# --- a literal nil among the arguments of a function (rule 10.4)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{ dict "a" (dict) | get "a.b" nil }}', "<no value>"),
        ('{{ get "b" nil (dict) | default "none" }}', "none"),
        ('{{ dict "a" nil | toYaml }}', "a: null\n"),
        ('{{ list 1 nil | toJson }}', "[1,null]"),
        ('{{ define "x" }}{{ . | toJson }}{{ end }}{{ include "x" nil }}', "null"),
    ],
)  # fmt: skip
def test_nil_is_an_argument_like_any_other(template: str, text: str) -> None:
    assert rendered(template) == text


def test_a_values_file_may_ask_for_a_key_with_nil_as_its_default(read: Read) -> None:
    files = {
        "helmfile.yaml": "releases:\n  - name: a\n    chart: ./charts/app\n    values: [v.yaml.gotmpl]\n",
        "v.yaml.gotmpl": 'cluster: {{ .Values | get "agent.cluster" nil }}\nname: {{ .Release.Name }}\n',
    }
    assert values_of(read(files, path="helmfile.yaml")) == [{"cluster": "<no value>", "name": "a"}]


# --- toYaml, character for character (rule 14.3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"a": [1, [2, 3]]}, [4], []], "- a:\n    - 1\n    - - 2\n      - 3\n- - 4\n- []\n"),
        ({"a10": 1, "a9": 2, "a_b": 3, "aB": 4, "a": 5}, "a: 5\na_b: 3\na9: 2\na10: 1\naB: 4\n"),
        (
            ["on", "~", "0x1f", "12:30", "1_000", "2024-01-02", "2024-13-02", ".5", "1.2.3"],
            '- "on"\n- "~"\n- "0x1f"\n- "12:30"\n- "1_000"\n- "2024-01-02"\n- 2024-13-02\n- ".5"\n- 1.2.3\n',
        ),
        (
            ["a: b", "a:b", "- a", "-a", "#a", "a #b", "a'b", " a", "{{ x }}", "%d"],
            "- 'a: b'\n- a:b\n- '- a'\n- -a\n- '#a'\n- 'a #b'\n- a'b\n- ' a'\n- '{{ x }}'\n- '%d'\n",
        ),
        (
            {"a": "x\ny", "b": "x\ny\n", "c": "x\n\n", "d": " x\ny", "e": "x \ny", "f": "\tx\n"},
            'a: |-\n  x\n  y\nb: |\n  x\n  y\nc: |+\n  x\n\nd: |2-\n   x\n  y\ne: "x \\ny"\nf: |\n  \tx\n',
        ),
        (["tab\there", "bell\a", "é", "😀", "a\\b"], '- "tab\\there"\n- "bell\\a"\n- é\n- "\\U0001F600"\n- a\\b\n'),
        ({"k" * 129: [1]}, f"? {'k' * 129}\n: - 1\n"),
        ({"a": None, "b": {}, "c": True, "d": ""}, 'a: null\nb: {}\nc: true\nd: ""\n'),
        ("two\nlines", "|-\n  two\n  lines\n"),
    ],
)
def test_to_yaml_writes_what_go_writes(value: object, text: str) -> None:
    assert encode(value) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(3.0, "3"), (1.5, "1.5"), (123456.0, "123456"), (1e6, "1e+06"), (1234567.5, "1.2345675e+06"), (1e-5, "1e-05")],
)
def test_floats_are_written_as_go_writes_them(number: float, text: str) -> None:
    assert format_float(number) == text


def test_keys_that_are_no_text_come_first() -> None:
    assert sorted_keys({"b": 0, 10: 0, 9: 0, "a": 0}) == [9, 10, "a", "b"]


def test_a_list_written_by_to_yaml_fits_below_a_hand_written_one(read: Read) -> None:
    estate = read(
        {
            "helmfile.yaml.gotmpl": "values:\n  - more: [{size: 1}, {size: 2}]\n---\n"
            "releases:\n  - name: a\n    chart: ./charts/app\n    values:\n      - first: true\n"
            "{{ toYaml .Values.more | indent 6 }}\n"
        },
        path="helmfile.yaml.gotmpl",
    )
    assert values_of(estate) == [{"first": True}, {"size": 1}, {"size": 2}]


# --- what else public estates hold


def test_a_state_file_may_hold_what_build_printed(read: Read) -> None:
    """Generated estates keep ``renderedvalues``; helmfile takes it and does nothing with it (rule 8.1)."""
    estate = read(
        {"helmfile.yaml": "renderedvalues: {a: 1}\nfilepath: ''\nreleases:\n  - name: a\n    chart: ./charts/app\n"},
        path="helmfile.yaml",
    )
    assert [release.name for release in estate.releases] == ["a"]


SECRET = {
    "helmfile.yaml": "environments:\n  default:\n    secrets: [s.yaml]\n---\nreleases:\n"
    "  - {name: checked, chart: ./charts/app, values: [v.yaml.gotmpl]}\n  - {name: other, chart: ./charts/app}\n",
    "s.yaml": "token: ENC[x]\nsops: {version: 3}\n",
    "v.yaml.gotmpl": '{{ if ne (len .Values.token) 4 }}{{ fail "4 signs" }}{{ end }}\ntoken: {{ .Values.token }}\n',
}


def test_a_template_that_refuses_a_placeholder_stops_one_release_not_the_reading(read: Read) -> None:
    estate = read(SECRET, path="helmfile.yaml")
    (told,) = (finding for finding in estate.findings if finding.code == "HF012")
    assert [release.name for release in estate.releases] == ["checked", "other"]
    assert (told.severity, str(told.source), told.release) == ("error", "v.yaml.gotmpl:1", "checked")
    assert "4 signs" in told.message
    assert "values that cannot be read" in estate.releases[0].opaque
    assert estate.releases[1].opaque == ()


def test_without_placeholders_it_is_said_too(unread: Unread) -> None:
    files = {**SECRET, "helmfile.yaml": SECRET["helmfile.yaml"].replace("secrets:", "values:")}
    assert "4 signs" in unread(files, path="helmfile.yaml").message


def test_derived_passwords_are_counted_each_once_and_cost_no_time(read: Read) -> None:
    each = "\nk{{ $n }}: {{ derivePassword 1 `long` `p` `u` (mod $n 3 | toString) }}"
    files = {
        "helmfile.yaml": "environments:\n  default:\n    values: [v.yaml.gotmpl]\n---\nreleases:\n"
        "  - name: a\n    chart: ./charts/app\n    values: [w.yaml.gotmpl]\n",
        "v.yaml.gotmpl": f"{{{{ range $n := until 200 }}}}{each}{{{{ end }}}}",
        "w.yaml.gotmpl": "{{ .Values | toYaml }}",
    }
    (values,) = values_of(read(files, path="helmfile.yaml"))
    assert len(values) == 200
    assert len(set(map(str, values.values()))) == 3


def test_a_reading_may_derive_so_many_passwords_and_no_more() -> None:
    allowance = Allowance()
    texts = [allowance.derive(str.upper, (f"a{number}",)) for number in range(MOST_DERIVED)]
    assert (texts[0], allowance.derive(str.upper, ("a0",))) == ("A0", "A0")
    with pytest.raises(BudgetExceededError, match="passwords"):
        allowance.derive(str.upper, ("one more",))
    trusted = Allowance(trusted=True)
    assert [trusted.derive(str.upper, (f"a{n}",)) for n in range(MOST_DERIVED + 1)][-1] == f"A{MOST_DERIVED}"
