"""The controller's own template functions, and how text maps and missing keys behave."""

from __future__ import annotations

import pytest

from migrate.doors.appset_template import AppsetTemplateError, AppsetTemplates, TextList, floats, text_map
from migrate.expand.documents import DocumentError, load_document, load_documents

STRICT = AppsetTemplates(["missingkey=error"])
LOOSE = AppsetTemplates()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{ normalize "Feature/A_1.x" }}', "feature-a-1.x"),
        ('{{ slugify "Feature/A_1.x" }}', "feature-a-1-x"),
        ('{{ slugify 12 "the quick brown" }}', "the-quick"),
        ('{{ slugify 12 false "the quick brown" }}', "the-quick-br"),
        ("{{ toYaml .map }}", 'a: "1"\nb:\n- x\n- 2'),
        ("{{ (fromYaml .text).port }}", "8080"),
        ("{{ len (fromYamlArray .array) }}", "2"),
        ("{{ toJson .texts }}", '{"k":"v"}'),
        ("{{ .list }} {{ typeOf .list }}", "[p q] []string"),
        ("{{ index .texts `k` }}", "v"),
    ],
)
def test_functions(template: str, text: str) -> None:
    params = {
        "map": {"b": ["x", 2.0], "a": "1"},
        "text": "port: 8080",
        "array": "- 1\n- 2\n",
        "texts": text_map({"k": "v"}),
        "list": TextList(["p", "q"]),
    }
    assert STRICT.render(template, params) == text


@pytest.mark.parametrize(
    "template", ["{{ env `HOME` }}", "{{ required `x` .a }}", "{{ include `x` . }}", "{{ tpl .a . }}"]
)
def test_functions_that_the_controller_does_not_have(template: str) -> None:
    with pytest.raises(AppsetTemplateError, match="not defined"):
        STRICT.render(template, {"a": "x"})


@pytest.mark.parametrize(
    "template", ["{{ .nope }}", '{{ default "x" .nope }}', '{{ dig "m" "x" "y" . }}', '{{ get .m "x" }}']
)
def test_what_fails_where_a_missing_key_is_an_error(template: str) -> None:
    with pytest.raises(AppsetTemplateError):
        STRICT.render(template, {"m": text_map({"k": "v"})})


def test_a_missing_key_in_the_loose_mode() -> None:
    assert LOOSE.render("{{ .nope }} {{ .nope | toString }} {{ toJson .nope }}", {}) == "<no value> <nil> null"


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(AppsetTemplateError, match="missingkey=fail"):
        AppsetTemplates(["missingkey=fail"])


def test_an_endless_template_ends() -> None:
    with pytest.raises(AppsetTemplateError):
        STRICT.render("{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}", {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\n---\nb: 2\n", {"a": 1}),
        ("# only words\n", None),
        ("---\n- 1\n- yes\n", [1, True]),
        ("'a\n\n b'", "a\nb"),
        ("n: 1\n", {"false": 1}),
        ("a: 0777\nb: 2020-01-01\n", {"a": 511, "b": "2020-01-01"}),
        ("text: |\n  ---\n  x\n", {"text": "---\nx\n"}),
    ],
)
def test_documents_are_read_as_kubernetes_reads_them(text: str, value: object) -> None:
    assert load_document(text) == value


def test_all_documents_of_a_stream_and_the_line_of_a_fault() -> None:
    assert load_documents("a: 1\n---\n---\n# no\n---\nb: 2\n") == ({"a": 1}, {"b": 2})
    with pytest.raises(DocumentError, match="line 4"):
        load_documents("a: 1\n---\nb: 2\nc: @\n")


def test_numbers_become_floats() -> None:
    value = floats({"a": [1, True, "x", None], "b": 2})
    assert value == {"a": [1.0, True, "x", None], "b": 2.0}
    assert [type(item) for item in value["a"]] == [float, bool, str, type(None)]
