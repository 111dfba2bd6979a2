"""Label selectors: over parameter sets (rule 1.35) and over clusters (rule 1.25)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from migrate.expand.errors import GenerationError
from migrate.expand.params import Params, flatten
from migrate.expand.text import go_text
from migrate.model.json import JsonObject, as_object

_NAME = re.compile(r"^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_VALUE = re.compile(r"^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")


def is_label_key(key: str) -> bool:
    """``name`` or ``prefix/name`` as Kubernetes takes it."""
    prefix, slash, name = key.rpartition("/")
    if slash and (not SUBDOMAIN.match(prefix) or len(prefix) > 253):
        return False
    return _NAME.match(name) is not None


def is_label_value(value: str) -> bool:
    """A label value as Kubernetes takes it."""
    return _VALUE.match(value) is not None


def filter_params(sets: list[Params], selector: JsonObject | None, *, open_text_maps: bool) -> list[Params]:
    """The sets that a generator's ``selector`` lets through; none given lets all through.

    Raises:
        GenerationError: a key or operator that Kubernetes does not take.
    """
    if selector is None:
        return sets
    _check(selector, strict_values=False)
    return [
        params
        for params in sets
        if labels_match(
            selector,
            {key: go_text(value) for key, value in flatten(params, open_text_maps=open_text_maps).items()},
        )
    ]


def check_cluster_selector(selector: JsonObject) -> None:
    """Raise GenerationError for a selector over labels that the API server would not take."""
    _check(selector, strict_values=True)


def _check(selector: JsonObject, *, strict_values: bool) -> None:
    labels: dict[str, Any] = as_object(selector.get("matchLabels"))
    for key, value in labels.items():
        _check_key(key)
        _check_values(key, [value], strict_values)
    for expression in _expressions(selector):
        key, operator, values = expression
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            raise GenerationError(f'error parsing label selector: "{operator}" is not a valid operator')
        _check_key(key)
        if operator in ("In", "NotIn") and not values:
            raise GenerationError(f"error parsing label selector: {key}: {operator} needs values")
        if operator in ("Exists", "DoesNotExist") and values:
            raise GenerationError(f"error parsing label selector: {key}: {operator} takes no values")
        _check_values(key, values, strict_values)


def _check_key(key: str) -> None:
    if not is_label_key(key):
        raise GenerationError(f"error parsing label selector: {key!r} is not a valid label key")


def _check_values(key: str, values: list[str], strict: bool) -> None:
    for value in values:
        if strict and not is_label_value(value):
            raise GenerationError(f"error converting label selector: {key}: {value!r} is not a valid label value")


def _expressions(selector: JsonObject) -> list[tuple[str, str, list[str]]]:
    found: Any = selector.get("matchExpressions", [])
    return [(each.get("key", ""), each.get("operator", ""), each.get("values", [])) for each in found]


def labels_match(selector: JsonObject, labels: Mapping[str, str]) -> bool:
    """Whether labels meet a checked selector; an empty one is met by all."""
    if any(labels.get(key) != value for key, value in as_object(selector.get("matchLabels")).items()):
        return False
    return all(_expression_holds(*expression, labels) for expression in _expressions(selector))


def _expression_holds(key: str, operator: str, values: list[str], labels: Mapping[str, str]) -> bool:
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
