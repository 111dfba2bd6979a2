"""``ref+…`` that can be known offline (rules 10.10, 12.5); what is expected was computed by helmfile v1.8.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from migrate.doors.helm import parse_values
from migrate.errors import EstateError
from migrate.model.estate import Estate
from migrate.model.finding import Finding

Read = Callable[..., Estate]
Refused = Callable[..., EstateError]
Unread = Callable[..., Finding]

STATE = "releases:\n  - name: web\n    chart: ./charts/app\n    values:\n      - v: 'TEXT'\n"
FILES = {"d/f.yaml": "k: {n: 7, s: x}\n"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ref+echo://a/b/", "a/b"),
        ("ref+echo:///abs/x", "/abs/x"),
        ("ref+echo://u@h/p?x=1", "h/p"),
        ("ref+echo://a/b%20c", "a/b c"),
        ("ref+echo://x/y#/x", "y"),
        ("https://ref+echo://user+@host", "https://user@host"),
        ("secretref+echo://ab+!", "ab!"),
        ("ref+echo://ref+envsubst://$TOKEN/z", "tok/z"),
        ("ref+envsubst:///${NOPE:-z}", "/z"),
        ("ref+envsubst://x/${TOKEN}y", "x/toky"),
        ("ref+file://d/f.yaml", "k: {n: 7, s: x}\n"),
        ("ref+file://d/f.yaml?encode=base64", "azoge246IDcsIHM6IHh9Cg=="),
        ("ref+file://d/f.yaml#/k/n", 7),
        ("ref+file://d/f.yaml#/k", {"n": 7, "s": "x"}),
        ("ref+file://d/f.yaml#/k/zz", None),
        ("a-ref+file://d/f.yaml#/zz+-b", "a-<nil>-b"),
    ],
)
def test_offline_references_are_computed(read: Read, text: str, value: Any) -> None:
    files = {"helmfile.yaml": STATE.replace("TEXT", text), **FILES}
    estate = read(files, path="helmfile.yaml", set_env={"TOKEN": "tok"})
    (layer,) = estate.releases[0].values
    assert (parse_values(layer.text)["v"], layer.placeholders) == (value, ())


@pytest.mark.parametrize(
    "text",
    ["ref+echo://a%20b/c", "ref+echo://a:b/c", "ref+envsubst://${TOKEN}", "ref+echo://x#/y", "ref+file://none.yaml"],
)
def test_references_that_helmfile_refuses_name_their_place(unread: Unread, text: str) -> None:
    error = unread({"helmfile.yaml": STATE.replace("TEXT", text), **FILES}, path="helmfile.yaml")
    assert str(error.source) == "helmfile.yaml:5"


@pytest.mark.parametrize(
    ("text", "hint"),
    [("ref+envsubst://$NOPE", "--set-env NOPE="), ("ref+file:///etc/hostname", "--allow-path /etc")],
)
def test_what_nobody_gave_or_allowed_stays_closed(read: Read, text: str, hint: str) -> None:
    estate = read({"helmfile.yaml": STATE.replace("TEXT", text)}, path="helmfile.yaml")
    finding = next(f for f in estate.findings if f.code == "HF023")
    assert (str(finding.source), hint in finding.message) == ("helmfile.yaml:5", True)
    assert [p.path for p in estate.releases[0].placeholders] == ["v"]


def test_entries_may_be_references_to_files_and_mappings(read: Read) -> None:
    files = {
        "helmfile.yaml": STATE.replace("- v: 'TEXT'", "- ref+echo://p/sub.yaml#/p\n      - ref+file://d/f.yaml#/k"),
        "sub.yaml": "on: yes\nr: [ref+echo://in/file]\n",
        **FILES,
    }
    first, second = read(files, path="helmfile.yaml").releases[0].values
    # helmfile reads a file with references itself, so that its bare `yes` reaches Helm as text.
    assert (parse_values(first.text), first.path) == ({"on": "yes", "r": ["in/file"]}, "sub.yaml")
    assert parse_values(second.text) == {"n": 7, "s": "x"}


def test_a_reference_over_a_mapping_is_replaced_by_what_it_gives(read: Read) -> None:
    files = {"helmfile.yaml": STATE.replace("v: 'TEXT'", "{'ref+file://d/f.yaml': {z: 1}, a: 1}"), **FILES}
    (layer,) = read(files, path="helmfile.yaml").releases[0].values
    assert parse_values(layer.text) == {"k": {"n": 7, "s": "x"}, "a": 1}


def test_template_functions_resolve_references_too(read: Read) -> None:
    text = (
        "environments:\n  default:\n    values: [{s: '{{ fetchSecretValue `ref+echo://abc` }}', "
        "m: {{ dict `a` `ref+echo://x/y#/x` `b` (list `ref+file://d/f.yaml#/k/n`) | expandSecretRefs | toJson }} }]\n"
        "---\nreleases:\n  - {name: web, chart: ./charts/app, values: [{{ .Values | toJson }}]}\n"
    )
    estate = read({"helmfile.yaml.gotmpl": text, **FILES}, path="helmfile.yaml.gotmpl")
    assert parse_values(estate.releases[0].values[0].text) == {"s": "abc", "m": {"a": "y", "b": [7]}}


def test_set_resolves_references_as_text(read: Read) -> None:
    state = (
        "releases:\n  - name: web\n    chart: ./charts/app\n    set:\n      - {name: a, value: ref+file://d/f.yaml#/k/n}\n"
        "      - {name: l, values: ['ref+echo://xy+,', {q: 1}]}\n"
    )
    flags = read({"helmfile.yaml": state, **FILES}, path="helmfile.yaml").releases[0].sets
    assert [(flag.name, flag.value) for flag in flags] == [("a", "7"), ("l", '{xy\\,,\\{"q":1\\}}')]
