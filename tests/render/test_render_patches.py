from __future__ import annotations

import copy

import pytest

from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject, JsonValue
from migrate.render.patches import apply_json_patches, apply_strategic_merge_patches

DEPLOYMENT = parse_values("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: apps, labels: {team: red}, finalizers: [a], annotations: {old: "1"}}
spec:
  template:
    spec:
      tolerations: [{key: a}]
      containers:
        - name: one
          args: [x]
          env: [{name: A, value: a}, {name: B, value: b}]
          ports: [{containerPort: 80, name: http}]
        - {name: two}
""")


def json_patch(target: JsonObject, *operations: JsonObject) -> JsonObject | None:
    patch: list[JsonValue] = list(operations)
    (result,) = apply_json_patches([DEPLOYMENT], [{"target": target, "patch": patch}])
    return result


def merge(text: str, base: JsonObject = DEPLOYMENT) -> JsonObject | None:
    head = f"apiVersion: {base['apiVersion']}\nkind: {base['kind']}\n"
    (result,) = apply_strategic_merge_patches([base], [parse_values(head + text)])
    return result


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/a~1b", "value": 1}, {"a/b": 1}),
        ({"op": "add", "path": "/l/1", "value": "x"}, {"l": [1, "x", 2]}),
        ({"op": "add", "path": "/l/-", "value": 3}, {"l": [1, 2, 3]}),
        ({"op": "replace", "path": "/l/0", "value": 9}, {"l": [9, 2]}),
        ({"op": "remove", "path": "/l/0"}, {"l": [2]}),
        ({"op": "move", "from": "/l/0", "path": "/m"}, {"l": [2], "m": 1}),
        ({"op": "copy", "from": "/l", "path": "/m"}, {"m": [1, 2]}),
        ({"op": "test", "path": "/l", "value": [1, 2]}, {}),
    ],
)
def test_every_operation_of_rfc_6902(operation: JsonObject, expected: JsonObject) -> None:
    base: JsonObject = {"kind": "X", "l": [1, 2]}
    before = copy.deepcopy(base)
    assert apply_json_patches([base], [{"target": {}, "patch": [operation]}]) == [{**before, **expected}]
    assert base == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "add", "path": "/l/7", "value": 1},
        {"op": "add", "path": "/none/deep", "value": 1},
        {"op": "test", "path": "/l", "value": []},
        {"op": "merge", "path": "/l"},
        {"op": "add", "path": "l", "value": 1},
    ],
)
def test_operations_that_do_not_fit_are_errors(operation: JsonObject) -> None:
    base: JsonObject = {"kind": "X", "l": [1, 2], "metadata": {"name": "x"}}
    with pytest.raises(HelmError, match="does not fit X x"):
        apply_json_patches([base], [{"target": {}, "patch": [operation]}])


@pytest.mark.parametrize(
    ("target", "selected"),
    [
        ({"kind": "Deployment", "name": "web"}, True),
        ({"group": "apps", "version": "v1", "name": "w.*"}, True),
        ({"name": "we"}, False),
        ({"version": "v2"}, False),
        ({"namespace": "other"}, False),
        ({"labelSelector": "team=blue"}, False),
        ({"labelSelector": "team=red"}, True),
        ({"annotationSelector": "old"}, True),
        ({"annotationSelector": "new"}, False),
    ],
)
def test_targets_select_as_kustomize_does(target: JsonObject, selected: bool) -> None:
    result = json_patch(target, {"op": "add", "path": "/touched", "value": True})
    assert result is not None
    assert ("touched" in result) is selected


def test_maps_merge_null_deletes_and_known_lists_merge_by_key() -> None:
    result = merge("""
metadata: {name: web, annotations: {old: null, new: "2"}, finalizers: [b]}
spec:
  template:
    spec:
      tolerations: [{key: b}]
      containers:
        - {name: zero}
        - name: one
          args: [w]
          env: [{name: C, value: c}, {name: B, value: bb}, {name: A, $patch: delete}]
          ports: [{containerPort: 81}, {containerPort: 80, name: h}]
""")
    assert result == parse_values("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: apps, labels: {team: red}, finalizers: [b, a], annotations: {new: "2"}}
spec:
  template:
    spec:
      tolerations: [{key: b}]
      containers:
        - {name: zero}
        - name: one
          args: [w]
          env: [{name: C, value: c}, {name: B, value: bb}]
          ports: [{containerPort: 81}, {containerPort: 80, name: h}]
        - {name: two}
""")


def test_lists_of_other_kinds_are_replaced() -> None:
    widget = parse_values("{apiVersion: x.io/v1, kind: W, metadata: {name: web}, spec: {env: [{name: a}]}}")
    result = merge("metadata: {name: web}\nspec: {env: [{name: b}]}", widget)
    assert result is not None
    assert result["spec"] == {"env": [{"name": "b"}]}


def test_directives_replace_and_delete() -> None:
    replaced = merge("metadata: {name: web, labels: {$patch: replace, only: this}}")
    assert replaced is not None
    assert isinstance(replaced["metadata"], dict)
    assert replaced["metadata"]["labels"] == {"only": "this"}
    assert merge("$patch: delete\nmetadata: {name: web}") is None


def test_a_patch_without_its_object_or_with_a_strange_directive_is_an_error() -> None:
    with pytest.raises(HelmError, match=r"no Deployment\.apps other"):
        merge("metadata: {name: other}")
    with pytest.raises(HelmError, match=r"\$retainKeys"):
        merge("metadata: {name: web}\nspec: {strategy: {$retainKeys: [type]}}")
