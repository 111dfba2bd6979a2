"""``helmfile build``: a loaded state file as one document (rule 12.2)."""

from __future__ import annotations

from typing import Any

from migrate.doors.go_yaml import GoStruct, encode
from migrate.helmfile.fields import STATE, in_order
from migrate.model.state import StateFile


def build_data(state: StateFile) -> GoStruct:
    """The document as data, its keys in helmfile's order."""
    spec = {
        **state.spec,
        "filepath": state.file_path,
        "releases": [settled_numbers(dict(release.fields)) for release in state.releases],
    }
    document = in_order(spec, STATE)
    document["renderedvalues"] = state.values
    return document


def build_document(state: StateFile) -> str:
    """The document as helmfile prints it, with its head and its source."""
    return f"---\n#  Source: {state.source}\n\n{encode(build_data(state))}"


def settled_numbers(value: Any) -> Any:
    """A release's data after its way through YAML and back: whole floats are integers (rule 6.9)."""
    if isinstance(value, dict):
        return {key: settled_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [settled_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value
