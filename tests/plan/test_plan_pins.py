"""What the plan says of values that a chart draws: a pin makes a note of the warning, if it is the one that helps."""

from __future__ import annotations

import pytest

from migrate.model.finding import Finding, Severity
from migrate.model.json import JsonObject
from migrate.model.manifest import Drawn, ObjectKey, Rendered
from migrate.plan import settle_findings
from tests.emit.emit_nouns import make_plan, make_release, plan_release

DRAWN = Drawn(
    ObjectKey("", "Secret", "data", "own"),
    "data.pw",
    "templates/s.yaml",
    6,
    (("templates/s.yaml", 6, "randAlphaNum"),),
    ("auth.pw", "auth.salt"),
    "auth.existingSecret",
    "own",
)


@pytest.mark.parametrize(
    ("pins", "severity"),
    [
        ({}, Severity.WARNING),
        ({"installCRDs": False}, Severity.WARNING),
        ({"auth": {"existingSecret": ""}}, Severity.WARNING),
        ({"auth": {"existingSecret": "own"}}, Severity.INFO),
        ({"auth": {"pw": "a"}}, Severity.WARNING),
        ({"auth": {"pw": "a", "salt": "b"}}, Severity.INFO),
    ],
)
def test_a_pin_settles_what_it_holds(pins: JsonObject, severity: Severity) -> None:
    release = make_release()
    told = Finding("RN001", Severity.WARNING, "it is drawn", release=release.id, environment="dev")
    plan = make_plan(plan_release(release, pins=pins, pin_reason="kept"))
    rendered = {("dev", release.id): Rendered(drawn=(DRAWN,))}
    (found,) = settle_findings((told,), plan, rendered)
    assert found.severity is severity
    assert found.message.endswith("the plan pins it: kept") is (severity is Severity.INFO)
