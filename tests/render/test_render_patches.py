from __future__ import annotations

import copy

import pytest

from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject, JsonValue
from migrate.render.patches import apply_json_patches, apply_strategic_merge_patches

PORTS = "[{port: 80}, {port: 53, protocol: TCP}, {port: 53, protocol: UDP}]"
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
    patch = {"apiVersion": base["apiVersion"], "kind": base["kind"], **parse_values(text)}
    metadata = patch["metadata"]
    assert isinstance(metadata, dict)
    patch["metadata"] = {"namespace": "apps", **metadata}
    (result,) = apply_strategic_merge_patches([base], [patch])
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
        ({"op": "test", "path": "/none", "value": None}, {}),
        ({"op": "replace", "path": "/none", "value": 1}, {"none": 1}),
        ({"op": "add", "path": "/l/-1", "value": 3}, {"l": [1, 2, 3]}),
        ({"op": "replace", "path": "/l/-1", "value": 3}, {"l": [1, 3]}),
        ({"op": "add", "path": "lost/m", "value": 1}, {"m": 1}),
    ],
)
def test_every_operation_of_rfc_6902(operation: JsonObject, expected: JsonObject) -> None:
    base: JsonObject = {"kind": "X", "metadata": {"name": "x"}, "l": [1, 2]}
    before = copy.deepcopy(base)
    assert apply_json_patches([base], [{"target": {}, "patch": [operation]}]) == [{**before, **expected}]
    assert base == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/l/2", "value": 1},
        {"op": "add", "path": "/l/7", "value": 1},
        {"op": "remove", "path": "/l/-3"},
        {"op": "add", "path": "/none/deep", "value": 1},
        {"op": "test", "path": "/l", "value": []},
        {"op": "merge", "path": "/l"},
        {"op": "add", "path": "l", "value": 1},
        {"op": "remove", "path": "/kind"},
        {"op": "replace", "path": "", "value": {}},
    ],
)
def test_operations_that_do_not_fit_are_errors(operation: JsonObject) -> None:
    base: JsonObject = {"kind": "X", "l": [1, 2], "metadata": {"name": "x"}}
    with pytest.raises(HelmError, match=r"does not fit X x|X x is left without"):
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
        ({"labelSelector": "team in (red, blue),!other"}, True),
        ({"labelSelector": "team notin (red)"}, False),
        ({"namespace": "ap+s"}, True),
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
    widget = parse_values(
        "{apiVersion: x.io/v1, kind: W, metadata: {name: web, namespace: apps}, spec: {env: [{name: a}]}}"
    )
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
    with pytest.raises(HelmError, match="no apps/v1 Deployment other in the namespace apps to patch"):
        merge("metadata: {name: other}")
    with pytest.raises(HelmError, match="unknown patch strategy 'keep'"):
        merge("metadata: {name: web, labels: {$patch: keep}}")
    with pytest.raises(HelmError, match="a list and a map do not merge"):
        merge("metadata: {name: web}\nspec: [1]")


def test_an_object_without_a_namespace_is_in_default_for_patches() -> None:
    service = parse_values("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: ClusterIP}}")
    patch = parse_values("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {type: X}}")
    patched: JsonObject = {**service, "spec": {"type": "X"}}
    assert apply_strategic_merge_patches([service], [patch]) == [patched]
    elsewhere: JsonObject = {**patch, "metadata": {"name": "web", "namespace": "apps"}}
    with pytest.raises(HelmError, match="there is no v1 Service web in the namespace apps"):
        apply_strategic_merge_patches([service], [elsewhere])


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        # What one side leaves out is filled in from the other side, where another element does not forbid it.
        ("[{port: 80, name: h}]", "[{port: 80, name: h}, {port: 53, protocol: TCP}, {port: 53, protocol: UDP}]"),
        (
            "[{port: 53, protocol: UDP, name: dns}, {port: 81}]",
            "[{port: 81}, {port: 80}, {port: 53, protocol: TCP}, {port: 53, protocol: UDP, name: dns}]",
        ),
        ("[{port: 53, protocol: TCP, $patch: delete}]", "[{port: 80}, {port: 53, protocol: UDP}]"),
        ("[{$patch: replace}, {port: 9}]", "[{port: 9}]"),
        ("[{$patch: delete}]", None),
        # kustomize loses these: the old element comes back.
        ("[{port: 80, $patch: delete}]", PORTS),
        ("[{port: 80, $patch: replace, name: h}]", PORTS),
        ("[{port: 80, protocol: TCP, name: h}]", PORTS),
    ],
)
def test_ports_merge_by_port_and_protocol(patch: str, expected: str | None) -> None:
    head = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: %s}}"
    (result,) = apply_strategic_merge_patches([parse_values(head % PORTS)], [parse_values(head % patch)])
    assert result is not None
    assert isinstance(result["spec"], dict)
    assert result["spec"].get("ports") == (expected and parse_values(f"ports: {expected}")["ports"])
