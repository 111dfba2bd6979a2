"""Every noun that crosses the stages becomes JSON and comes back the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.files import read_text
from migrate.graph import build_graph
from migrate.model.estate import Estate, ReadRequest
from migrate.model.graph import ReleaseGraph
from migrate.model.json import from_json, to_json
from migrate.model.plan import Plan
from migrate.model.report import Difference, Explanation, ReleaseVerdict, Report, Verdict
from migrate.plan import load_plan
from migrate.read import read_estate
from migrate.render import render_release
from tests.conftest import ROOT


def there_and_back(kind: type[Any], noun: object) -> object:
    return from_json(kind, json.loads(json.dumps(to_json(noun))))


def test_an_estate_and_its_graph(small: Path) -> None:
    estate = read_estate(ReadRequest(str(small / "helmfiles")))
    assert there_and_back(Estate, estate) == estate
    graph, _ = build_graph(estate, {(r.environment, r.id): render_release(estate, r) for r in estate.releases})
    assert graph.edges
    assert there_and_back(ReleaseGraph, graph) == graph


def test_a_plan() -> None:
    plan = load_plan(read_text(ROOT / "migration.yaml"), "migration.yaml")
    assert any(release.pins for release in plan.releases)
    assert there_and_back(Plan, plan) == plan


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_report(verdict: Verdict) -> None:
    row = ReleaseVerdict(
        "dev",
        "web/front",
        "front",
        verdict,
        explanations=(Explanation("unstable", 2, "note"),),
        differences=(Difference("Deployment.apps web/front", "spec.replicas", "1", "2"),),
    )
    report = Report((row,), timings={"read": 0.5})
    assert there_and_back(Report, report) == report
    assert report.summary()[verdict] == 1
