from __future__ import annotations

import math
from typing import Any

import pytest

from migrate.doors.yaml import YamlError, compose_yaml, plain_value
from migrate.model.finding import SourceLocation
from migrate.read.merge import merge_layers, merge_override, merge_sections
from migrate.read.schema import Section


def section(**fields: Any) -> Section:
    made = Section(SourceLocation("f"))
    made.update(fields)
    return made


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": ""}, {"a": ""}),
    ],
)
def test_inside_a_list_of_values_null_and_empty_override(base: Any, over: Any, merged: Any) -> None:
    assert merge_override(base, over) == merged


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": 1}, {"a": None}, {"a": 1}),
        ({}, {"a": None}, {"a": None}),
        ({"a": [1, 2, 3]}, {"a": [9]}, {"a": [9]}),
        ({"a": [1, {"x": 1}, 3]}, {"a": [None, {"y": 2}]}, {"a": [1, {"x": 1, "y": 2}, 3]}),
        ({"a": [1]}, {"a": [None, None, 7]}, {"a": [1, None, 7]}),
        ({"a": [1]}, {"a": []}, {"a": []}),
    ],
)
def test_between_layers_null_fills_gaps_and_sparse_lists_go_by_index(base: Any, over: Any, merged: Any) -> None:
    assert merge_layers(base, over) == merged


def test_the_command_line_always_goes_by_index() -> None:
    assert merge_layers({"a": [1, 2]}, {"a": [9]}, element_wise=True) == {"a": [9, 2]}


def test_nothing_that_is_merged_is_changed() -> None:
    base: dict[str, Any] = {"a": {"b": [1]}}
    merge_layers(base, {"a": {"b": [None, 2], "c": 1}})
    merge_override(base, {"a": {"c": 1}})
    assert base == {"a": {"b": [1]}}


def test_a_zero_never_overrides_a_section_but_an_entry_of_a_mapping_does() -> None:
    merged = merge_sections(
        section(wait=True, timeout=5, labels={"a": "1"}), section(wait=False, timeout=0, labels={"a": ""}), append=False
    )
    assert merged == {"wait": True, "timeout": 5, "labels": {"a": ""}}


def test_lists_of_sections_replace_or_append() -> None:
    base, over = section(needs=["a"], set=["x"]), section(needs=["b"], set=[])
    assert merge_sections(base, over, append=False) == {"needs": ["b"], "set": ["x"]}
    assert merge_sections(base, over, append=True) == {"needs": ["a", "b"], "set": ["x"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("true", True), ("0644", 420), ("0o17", 15), ("0x1F", 31), ("1_000", 1000), ("1.10", 1.1),
        ("~", None), ("", None), ("1:30", "1:30"), ("'1'", "1"), ("!!str 1", "1"), ("!!int 7", 7), ("08", 8.0),
        ("-.inf", -math.inf), ("1e3", 1000.0), ("99999999999999999999", 1e20), ("- x", ["x"]),
    ],
)  # fmt: skip
def test_scalars_are_typed_as_helmfile_types_them(text: str, value: Any) -> None:
    documents = compose_yaml(f"key: {text}\n" if not text.startswith("-  ") and text != "- x" else f"key:\n{text}\n")
    found = plain_value(documents[0])["key"]
    assert (found, type(found)) == (value, type(value))


def test_a_date_prints_as_go_prints_it() -> None:
    value = plain_value(compose_yaml("2021-03-04T05:06:07+02:00")[0])
    assert (str(value), value.rfc3339()) == ("2021-03-04 05:06:07 +0200 +0200", "2021-03-04T05:06:07+02:00")


def test_merge_keys_lose_to_explicit_keys_in_any_order() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {x: 9, <<: [*a, *b]}\n"
    assert plain_value(compose_yaml(text)[0])["c"] == {"x": 9, "y": 1, "z": 2}


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\nb: 2\na: 3\n", 3), ("a: *none\n", 1), ("a: 1\n\tb: 2\n", 2)],
    ids=["duplicate", "anchor", "tab"],
)  # fmt: skip
def test_what_is_no_yaml_names_the_line(text: str, line: int) -> None:
    with pytest.raises(YamlError) as caught:
        compose_yaml(text)
    assert caught.value.line == line


def test_anchors_do_not_cross_documents() -> None:
    with pytest.raises(YamlError):
        compose_yaml("a: &x 1\n---\nb: *x\n")
