"""Where two objects differ: items of lists by what tells them apart, order, and what is in neither."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.diff.noise import noise_of
from migrate.diff.structure import find_differences, named_path
from migrate.model.manifest import ObjectKey

VERSION = "app.kubernetes.io_version"
KEY = ObjectKey("apps", "Deployment", "web", "x")


def paths(before: Any, after: Any) -> list[str]:
    return [difference.path for difference in find_differences({"l": before}, {"l": after})]


def named(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": name, **more} for name in names]


def test_an_item_put_in_front_is_one_change_and_not_a_change_of_all_that_follow() -> None:
    before = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    after = [{"name": "z", "value": "0"}, *before]
    assert paths(before, after) == ["l[name=z]"]


def test_a_changed_item_is_named_by_its_key_wherever_it_stands() -> None:
    before: list[Any] = [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]
    after: list[Any] = [{"name": "b", "image": "y:2"}, {"name": "a", "image": "x:1"}]
    found = list(find_differences({"containers": before}, {"containers": after}))
    assert [(d.path, d.reordered) for d in found] == [("containers[name=b].image", False), ("containers", True)]
    assert (found[0].before, found[0].after) == ("y:1", "y:2")
    assert found[0].steps == ("containers", "image")


@pytest.mark.parametrize(
    ("field", "before", "after", "expected"),
    [
        ("ports", [{"name": "http", "containerPort": 80}], [{"name": "web", "containerPort": 80}],
         "ports[containerPort=80].name"),
        ("ports", [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
         [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "nodePort": 1}],
         "ports[port=53,protocol=UDP].nodePort"),
        ("volumeMounts", [{"name": "d", "mountPath": "/a"}, {"name": "d", "mountPath": "/b"}],
         [{"name": "d", "mountPath": "/a"}, {"name": "d", "mountPath": "/b", "readOnly": True}],
         "volumeMounts[mountPath=/b].readOnly"),
        ("versions", [{"name": "v1", "served": True}], [{"name": "v1", "served": False}], "versions[name=v1].served"),
        ("rules", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
         [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
         "rules[apiGroups=,resources=pods].verbs"),
    ],
)  # fmt: skip
def test_lists_pair_by_the_key_of_their_kind(field: str, before: Any, after: Any, expected: str) -> None:
    assert [d.path for d in find_differences({field: before}, {field: after})] == [expected]


def test_items_that_nothing_names_are_found_again_where_they_moved() -> None:
    first, second, third = {"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 3}}
    assert paths([first, second], [third, first, second]) == ["l[0]"]
    assert paths([first, second], [first, {"a": {"x": 9}}]) == ["l[1].a.x"]


def test_a_name_that_is_there_twice_pairs_nothing_and_loses_nothing() -> None:
    before = [{"name": "a", "v": 1}, {"name": "a", "v": 2}]
    after = [{"name": "a", "v": 1}, {"name": "a", "v": 3}]
    assert paths(before, after) == ["l[1].v"]


def test_true_is_not_one_and_null_is_not_absent() -> None:
    assert paths(True, 1) == ["l"]
    assert [d.path for d in find_differences({"a": None}, {})] == ["a"]
    assert paths([True], [1]) == ["l"]


scalars = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "port", "key", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(values, values)
def test_there_is_a_difference_exactly_where_two_objects_are_not_the_same(before: Any, after: Any) -> None:
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert bool(paths(before, after)) is not same


@given(values)
def test_nothing_differs_from_its_copy(value: Any) -> None:
    assert paths(value, copy.deepcopy(value)) == []


def noises(
    before: dict[str, Any], after: dict[str, Any], key: ObjectKey = KEY, drawn: tuple[str, ...] = ()
) -> list[str]:
    return [noise_of(difference, key, drawn) for difference in find_differences(before, after)]


def labelled(**labels: str) -> dict[str, Any]:
    return {"metadata": {"labels": {name.replace("_", "/"): value for name, value in labels.items()}}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (labelled(**{"helm.sh_chart": "web-1.0.0"}), labelled(**{"helm.sh_chart": "web-1.1.0"}), "chart-label"),
        (labelled(chart="web-1.0.0"), labelled(chart="web-1.1.0"), "chart-label"),
        (labelled(chart="blue"), labelled(chart="red"), ""),
        (labelled(**{VERSION: "1"}), labelled(**{VERSION: "2"}), "version-label"),
        ({"metadata": {"labels": {"helm.sh/chart": "web-1.0.0"}}}, {"metadata": {}}, "chart-label"),
        ({"spec": {"selector": {"matchLabels": {"helm.sh/chart": "web-1.0.0"}}}},
         {"spec": {"selector": {"matchLabels": {"helm.sh/chart": "web-1.1.0"}}}}, ""),
        ({"metadata": {"annotations": {"checksum/config": "ab" * 32}}},
         {"metadata": {"annotations": {"checksum/config": "cd" * 32}}}, "checksum"),
        ({"metadata": {"annotations": {"checksum/config": "ab" * 32}}},
         {"metadata": {"annotations": {"checksum/config": "off"}}}, ""),
        ({"metadata": {"annotations": {"checksum/config": "ab" * 32}}}, {"metadata": {"annotations": {}}}, ""),
        ({"volumes": named("a", "b")}, {"volumes": named("b", "a")}, "order"),
        ({"env": named("a", "b")}, {"env": named("b", "a")}, ""),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}, ""),
        ({"verbs": ["get", "list"]}, {"verbs": ["list", "get"]}, "order"),
        ({"verbs": ["get", "list"]}, {"verbs": ["list", "watch"]}, ""),
        ({"rules": named("a", "b")}, {"rules": named("b", "a")}, ""),
    ],
)  # fmt: skip
def test_noise_has_a_name_and_only_noise_has_one(before: dict[str, Any], after: dict[str, Any], expected: str) -> None:
    assert noises(before, after) == [expected]


def test_rules_of_a_role_add_up_in_any_order() -> None:
    rules = [{"apiGroups": [""], "resources": [name], "verbs": ["get"]} for name in ("pods", "nodes")]
    role = ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "x")
    assert noises({"rules": rules}, {"rules": rules[::-1]}, role) == ["order"]


def test_what_is_drawn_anew_is_found_under_its_name_and_nothing_beside_it() -> None:
    before: dict[str, Any] = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}], "a": 1}
    after: dict[str, Any] = {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "2"}], "a": 1}
    drawn = named_path("env[0].value", before, after)
    assert drawn == named_path("env[1].value", after, before) == "env[name=A].value"
    assert noises(before, after, drawn=(drawn,)) == ["unstable", "", ""]
    assert noises({"l": ["a", "b"]}, {"l": ["b", "a"]}, drawn=("l[0]", "l[1]")) == ["unstable"]
    assert noises({"data": {"k": "1"}}, {"data": {"key": "1"}}, drawn=("data.k",)) == ["unstable", ""]


@pytest.mark.parametrize("path", ['data["a.b"]', "l[2].x", "l[0][1]", "x.y", "l[7]"])
def test_a_path_that_no_name_is_known_for_stays_as_it_is(path: str) -> None:
    document: dict[str, Any] = {"data": {"a.b": 1}, "l": [[1, 2], {"x": 1}, {"x": 1}], "x": {"y": 1}}
    assert named_path(path, document, {}) == path
