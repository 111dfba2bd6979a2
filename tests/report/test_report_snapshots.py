"""The texts that people read, as snapshots: a change of words or layout shows up as a diff."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.report import Difference, Exclusion, Explanation, ReleaseVerdict, Report, Verdict
from migrate.report import finding_json, report_json, report_text
from migrate.report.tables import Page

ENVIRONMENTS = ("dev", "production")


def row(environment: str, name: str, verdict: Verdict, **more: object) -> ReleaseVerdict:
    values: dict[str, object] = {"layer": "40-data-plane", "objects": 3, **more}
    return ReleaseVerdict(environment, f"data/{name}", name, verdict, **values)  # type: ignore[arg-type]


PROVEN = Report(
    releases=(
        row("dev", "clickhouse", Verdict.EQUAL),
        row(
            "dev",
            "grafana",
            Verdict.EXPLAINED,
            unstable=True,
            layer="55-observability",
            explanations=(Explanation("unstable", 2, "the chart draws it anew in each render: Secret data/grafana"),),
        ),
        row("production", "clickhouse", Verdict.EQUAL),
    ),
    excluded=(Exclusion("production", "data/grafana", "parked: its condition is false here"),),
    timings={"read": 0.8, "render": 0.6},
    kube_versions={"dev": "1.34.0", "production": "1.34.0"},
    tree_hash="0" * 64,
)

BROKEN = Report(
    releases=(
        row(
            "dev",
            "clickhouse",
            Verdict.DIFFERENT,
            differences=(
                Difference("Deployment.apps data/clickhouse", "spec.replicas", "2", "7", "sources/values/dev/x.yaml"),
                Difference("Secret data/clickhouse", "", '{"kind":"Secret"}', ""),
                Difference("ConfigMap data/clickhouse", "", "", '{"kind":"ConfigMap"}'),
            ),
        ),
        row("dev", "redis", Verdict.UNRENDERED, reason="redis/templates/a.yaml:3: no such function"),
        ReleaseVerdict("dev", "", "stray", Verdict.DIFFERENT),
    ),
    timings={"read": 0.8},
    kube_versions={"dev": "1.34.0"},
)


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize(("name", "report"), [("proven", PROVEN), ("broken", BROKEN)], ids=["proven", "broken"])
def test_the_summary_of_verify(name: str, report: Report, width: int, snapshot: SnapshotAssertion) -> None:
    assert report_text(report, ENVIRONMENTS, Page(width=width)) == snapshot


def test_the_json_of_verify(snapshot: SnapshotAssertion) -> None:
    assert report_json(BROKEN) == snapshot


def test_the_json_of_a_finding(snapshot: SnapshotAssertion) -> None:
    found = Finding(
        "HF040",
        Severity.ERROR,
        "the need web/fornt names no release",
        "mend the name",
        SourceLocation("helmfiles/10-base.yaml", 14, generated=True),
        "web/back",
        "dev",
    )
    assert finding_json(found) == snapshot
