"""The steps of a rolling sync: what they select, and how many at a time."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from migrate.lint.subject import dig, listed, mapped
from migrate.model.application import GeneratedApplication

_PERCENT = re.compile(r"^(100|[1-9]?\d)%$")


def expression_faults(expression: Any, applications: list[GeneratedApplication]) -> Iterator[tuple[str, str]]:
    """What is wrong with an expression of a step, and what to do."""
    operator, key = dig(expression, "operator"), str(dig(expression, "key") or "")
    if operator not in ("In", "NotIn"):
        hint = "Only In and NotIn exist; any other word passes exactly where the label is missing."
        yield f"operator {operator!r} is not known", hint
    labels = {label for one in applications for label in mapped(one.manifest, "metadata", "labels")}
    if labels and key not in labels:
        close = difflib.get_close_matches(key, sorted(labels), 1)
        hint = f"Did you mean {close[0]}?" if close else f"Labels that Applications carry: {', '.join(sorted(labels))}."
        yield f"no Application carries the label {key!r}", hint
    if not dig(expression, "values"):
        yield f"{key}: no values", "Write the values in quotes."


def max_update_fault(value: Any) -> str:
    """What is wrong with ``maxUpdate`` (rule 3.9); empty if nothing is."""
    if value is None:
        return ""
    if isinstance(value, str):
        if not _PERCENT.match(value):
            return f"{value!r} is no percentage, and so counts as 1"
        return "0% never updates anything" if value == "0%" else ""
    return "0 never updates anything" if isinstance(value, (int, float)) and value <= 0 else ""


def selects(step: Any, labels: dict[str, Any]) -> bool:
    """Whether all expressions hold (rule 3.6); an unknown operator is told elsewhere, and selects nothing here."""
    for expression in listed(step, "matchExpressions"):
        inside = labels.get(str(dig(expression, "key"))) in listed(expression, "values")
        if dig(expression, "operator") not in ("In", "NotIn") or inside is (dig(expression, "operator") == "NotIn"):
            return False
    return True


def step_values(step: Any) -> str:
    """The values that a step selects, as one text: ``110``."""
    expressions: Any = listed(step, "matchExpressions")
    chosen = [each for each in expressions if dig(each, "key") != "handover"]
    return ",".join(str(value) for each in chosen for value in listed(each, "values"))
