"""The fields that the expander knows are those of Argo CD's resource definitions, no more and no fewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migrate.expand.fields import APPLICATION_SET, APPLICATION_SPEC
from migrate.expand.schema import ListOf, MapOf, Node, Scalar, Struct
from tests.emit.schemas import ARGOCD

TYPES = {"string": "string", "bool": "boolean", "int64": "integer"}


def resolved(schema: Any) -> Any:
    while "$ref" in schema:
        schema = ARGOCD["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def differences(node: Node, schema: Any, path: str) -> Iterator[str]:
    """Where a node and a definition say something else; a definition that looks no further has the last word."""
    schema = resolved(schema)
    if isinstance(node, Struct) and "properties" in schema:
        known = schema["properties"]
        yield from (f"{path}.{name}" for name in set(known) ^ set(node.fields))
        for name in set(known) & set(node.fields):
            yield from differences(node.fields[name], known[name], f"{path}.{name}")
        wanted = {name for name, field in node.fields.items() if field is Scalar.TEXT_KEPT} | set(node.required)
        if not node.free and wanted != set(schema.get("required", ())):
            yield f"{path} requires {wanted ^ set(schema.get('required', ()))}"
    elif isinstance(node, ListOf):
        yield from differences(node.item, schema["items"], f"{path}[]")
    elif isinstance(node, MapOf):
        yield from differences(node.item, schema["additionalProperties"], f"{path}{{}}")
    elif isinstance(node, Scalar) and (kind := TYPES.get(node.value.split(",")[0])) and schema.get("type") != kind:
        yield f"{path} is {schema}"


def spec(kind: str) -> Any:
    return ARGOCD["$defs"][kind]["properties"]["spec"]


def test_an_applicationset_has_the_fields_of_its_definition() -> None:
    assert list(differences(APPLICATION_SET.fields["spec"], spec("ApplicationSet"), "spec")) == []


def test_an_application_has_the_fields_of_its_definition() -> None:
    assert list(differences(APPLICATION_SPEC, spec("Application"), "spec")) == []


def test_a_field_that_one_of_them_lacks_is_named() -> None:
    fields = dict(APPLICATION_SPEC.fields)
    del fields["info"]
    changed = Struct({**fields, "colour": Scalar.TEXT, "project": Scalar.BOOL}, required=("destination",))
    found = sorted(differences(changed, spec("Application"), "spec"))
    assert found == ["spec requires {'project'}", "spec.colour", "spec.info", "spec.project is {'type': 'string'}"]
