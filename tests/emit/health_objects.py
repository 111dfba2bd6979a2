"""Custom resources in every state that a health check must tell apart, made from what the checks ask for."""

from __future__ import annotations

from typing import Any

from migrate.model.assessments import ASSESSMENTS
from migrate.model.json import JsonObject, JsonValue

Kind = tuple[str, str]
KINDS = sorted(ASSESSMENTS)


def condition(name: str, status: str, seen: int | None = None) -> JsonObject:
    found: JsonObject = {"type": name, "status": status, "reason": "Because", "message": f"{name} is {status}"}
    if seen is not None:
        found["observedGeneration"] = seen
    return found


def status_of(kind: Kind, how: str, seen: int | None = 2) -> JsonObject:
    """A status of the kind that works (``good``), is on its way (``unready``) or failed (``bad``)."""
    rule = ASSESSMENTS[kind]
    status: JsonObject = {} if seen is None else {"observedGeneration": seen}
    if rule.field:
        words = {"good": (*rule.done, 3)[0], "unready": 2 if rule.same_as else "on its way"}
        value: Any = words[how] if how in words else rule.broken[0]
        for key in reversed(rule.field.split(".")):
            value = {key: value}
        return {**status, **value}
    wanted = [*rule.sound, *rule.ready]
    conditions: list[JsonValue] = [condition(name, "True", seen) for name in wanted]
    if how == "unready":
        conditions[-1] = condition(wanted[-1], "Unknown", seen)
    if how == "bad":
        fault = condition(rule.failed[0], "True", seen) if rule.failed else condition(rule.sound[0], "False", seen)
        conditions = [fault] if rule.failed else [fault, *conditions[1:]]
    return {**status, rule.below: [{"conditions": conditions}]} if rule.below else {**status, "conditions": conditions}


def fails(kind: Kind) -> bool:
    rule = ASSESSMENTS[kind]
    return bool(rule.broken or rule.failed or rule.sound)
