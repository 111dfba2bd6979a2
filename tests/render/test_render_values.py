from __future__ import annotations

from pathlib import Path

import pytest

from migrate.doors.helm import HelmError, parse_set, parse_values
from migrate.model.json import JsonObject
from migrate.render.values import apply_set, fold_values, integers


def test_texts_fold_as_helm_folds_value_files() -> None:
    texts = ["a: {x: 1, w: 2}\nl: [1, 2]\ng: 1\n", "a: {w: null, z: 3}\nl: [9]\n---\nl: [10]\n", ""]
    assert fold_values(texts, [], []) == {"a": {"x": 1, "w": None, "z": 3}, "l": [9], "g": 1}


def test_the_arguments_of_a_fold_stay_as_they_were() -> None:
    base: JsonObject = {"a": {"x": 1}, "l": [{"k": 1}]}
    apply_set(base, "--set", "a.x=2,l[0].k=3")
    assert base == {"a": {"x": 1}, "l": [{"k": 1}]}


@pytest.mark.parametrize(
    ("base", "expression", "expected"),
    [
        ({"l": [1, 2, 3]}, "l[1]=x", {"l": [1, "x", 3]}),
        ({"l": [1, 2, 3]}, "l={x}", {"l": ["x"]}),
        ({"l": [{"a": 1, "b": 2}]}, "l[0].a=9,l[1].a=8", {"l": [{"a": 9, "b": 2}, {"a": 8}]}),
        ({}, "l[2]=x", {"l": [None, None, "x"]}),
        ({"a": {"b": 1}}, "a.c\\.d=2,a.e=x\\,y", {"a": {"b": 1, "c.d": 2, "e": "x,y"}}),
        ({"l": [{"m": {"k": 1}}]}, "l[0].m.j={1,2}", {"l": [{"m": {"k": 1, "j": [1, 2]}}]}),
        ({"a": {"b": 1}}, "a=null", {"a": None}),
        ({"l": [[1, 2], 3]}, "l[0][1]=5", {"l": [[1, 5], 3]}),
        ({"l": [None]}, "l[0].k=5", {"l": [{"k": 5}]}),
        ({"l": [{"k": 1}]}, "l[0].k=", {"l": [{"k": ""}]}),
        ({}, "l[0].k=", {"l": []}),
        ({}, "l[0].k=,m=1", {"l": [{"k": ""}], "m": 1}),
    ],
)
def test_set_changes_what_is_there(base: JsonObject, expression: str, expected: JsonObject) -> None:
    assert apply_set(base, "--set", expression) == expected


def test_families_follow_each_other_whatever_the_order_of_flags(tmp_path: Path) -> None:
    (tmp_path / "motd").write_text("hello")
    sets = [("--set-file", f"c={tmp_path}/motd"), ("--set-string", "b=1"), ("--set", "a=1,b=2,c=3,d=007")]
    values = fold_values(["a: 0"], ["x"], sets)
    assert values == {"a": 1, "b": "1", "c": "hello", "d": "007"}
    assert dict(integers(values)) == {("a",): 1}


def test_integers_are_those_of_set_alone() -> None:
    values = fold_values(["a: 1\nl: [1, {k: 2}]"], [], [("--set", "l[1].k=5,x={1,b},t=true")])
    assert dict(integers(values)) == {("l", 1, "k"): 5, ("x", 0): 1}


def test_malformed_expressions_are_errors() -> None:
    with pytest.raises(HelmError, match="has no value"):
        fold_values([], [], [("--set", "a")])
    with pytest.raises(HelmError, match="--set-file a=/nowhere"):
        parse_set("--set-file", "a=/nowhere")


@pytest.mark.parametrize("base", [{"a": None}, {"a": [1]}, {"a": "text"}])
def test_a_place_inside_something_that_is_no_map_is_an_error(base: JsonObject) -> None:
    with pytest.raises(HelmError, match=r"failed parsing --set data: a\.b: .* is no map"):
        apply_set(base, "--set", "a.b=1")


def test_values_are_yaml_1_1() -> None:
    assert parse_values("on: yes\nm: 0755\nd: 2024-01-31\n") == {"true": True, "m": 493, "d": "2024-01-31"}
    with pytest.raises(HelmError):
        parse_values("[1]")
