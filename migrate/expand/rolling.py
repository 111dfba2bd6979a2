"""RollingSync: the step an Application belongs to, by the labels it was generated with (rules 3.2 to 3.9)."""

from __future__ import annotations

import copy
from typing import Any

from migrate.model.application import RollingStep, RollingSync
from migrate.model.json import JsonObject

NO_STEP = -1


def rolling_steps(spec: JsonObject) -> list[JsonObject] | None:
    """The steps of an ApplicationSet's spec; None where the controller sees no rolling sync in it."""
    strategy: Any = spec.get("strategy") or {}
    if strategy.get("type") != "RollingSync":
        return None
    return (strategy.get("rollingSync") or {}).get("steps") or None


def rolling_step(application: JsonObject, steps: list[JsonObject] | None) -> int | None:
    """The first step, counted from 1, whose expressions the labels meet; -1 for none, None without rolling sync."""
    if steps is None:
        return None
    metadata: Any = application.get("metadata", {})
    labels = metadata.get("labels", {})
    for number, step in enumerate(steps, 1):
        if _selects(step, labels):
            return number
    return NO_STEP


def rolling_sync(environment: str, appset: str, found: list[JsonObject], spec: JsonObject) -> tuple[RollingSync, ...]:
    """The rolling sync of an ApplicationSet over the Applications ``found``; none where it has none."""
    steps = rolling_steps(spec)
    if steps is None:
        return ()
    made = (RollingStep(tuple(expressions(s)), s.get("maxUpdate"), tuple(_selected(found, s))) for s in steps)
    return (RollingSync(environment, appset, tuple(made)),)


def _selected(found: list[JsonObject], step: JsonObject) -> list[str]:
    metadata: list[Any] = [one.get("metadata", {}) for one in found]
    return sorted(str(names.get("name", "")) for names in metadata if _selects(step, names.get("labels", {})))


def _selects(step: JsonObject, labels: dict[str, str]) -> bool:
    return all(expression_holds(expression, labels) for expression in expressions(step))


def expressions(step: JsonObject) -> list[Any]:
    """A step's matchExpressions; none selects every Application."""
    found: Any = step.get("matchExpressions", [])
    return list(found)


def expression_holds(expression: JsonObject, labels: dict[str, str]) -> bool:
    """``In`` and ``NotIn``; any other operator passes exactly where the label is missing (rule 3.6)."""
    key, operator = str(expression.get("key", "")), expression.get("operator")
    values: Any = expression.get("values", [])
    if key not in labels:
        return operator != "In"
    if operator == "In":
        return labels[key] in values
    return operator == "NotIn" and labels[key] not in values


def while_rolling(manifest: JsonObject) -> JsonObject:
    """The Application as it is stored while a rollout runs: automated sync switched off (rule 3.4)."""
    stored: Any = copy.deepcopy(manifest)
    automated = stored["spec"].get("syncPolicy", {}).get("automated")
    if automated is not None:
        automated["enabled"] = False
    return stored  # type: ignore[no-any-return]
