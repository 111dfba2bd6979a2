"""The sample estate with the fleet policy switched on: proven in both layouts, and sets that are exactly as meant."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.doors.files import write_tree
from migrate.expand import expand_tree
from migrate.model.estate import ReadRequest
from migrate.model.plan import Plan
from migrate.model.report import Verdict
from migrate.plan import load_plan
from tests.conftest import ROOT

CONSOLE = SilentConsole(io.StringIO())
FLEET = """\
fleet:
  org: acme
  capabilities: {objectStore: false}
  clusterTypes:
    nonprod: {capabilities: {loadTests: true}}
  environments:
    local: {clusterName: laptop, architectures: [arm64]}
  bridge:
    until: no chart reads it any more
    keys: {image.registry: imagePolicy.mirror}
"""


def decisions(layout: str, sets: str) -> Plan:
    text = (ROOT / "migration.yaml").read_text("utf-8")
    for name in ("dev", "staging"):
        text = text.replace(f"  {name}:\n    cluster:", f"  {name}:\n    clusterType: nonprod\n    cluster:")
    text = text.replace("handover: {value: manual, source: default}", "handover: done")
    text = text.replace("layout: {value: environments, source: default}", f"layout: {layout}")
    return load_plan(text.replace("releases:\n", f"{FLEET}componentSets: {{nonprod: {sets}}}\nreleases:\n", 1), "m")


@pytest.fixture(scope="module")
def reading() -> pipeline.Reading:
    request = ReadRequest(str(ROOT / "helmfiles"))
    return pipeline.read_and_render(request, decided=decisions("shared", "whole"), clusters={}, console=CONSOLE, jobs=2)


@pytest.mark.parametrize(("layout", "sets"), [("environments", "whole"), ("shared", "curated")])
def test_it_is_proven_and_every_environment_has_exactly_its_set(
    reading: pipeline.Reading, layout: str, sets: str, tmp_path: Path
) -> None:
    plan = pipeline.plan_releases(reading, decisions(layout, sets))
    tree = pipeline.build_tree(reading, plan, console=CONSOLE)
    write_tree(tmp_path / "out", tree)
    report, expansion, _ = pipeline.prove(reading, plan, tree, tmp_path / "out", console=CONSOLE, jobs=2)
    assert not expansion.errors
    assert {row.verdict for row in report.releases} == {Verdict.EQUAL, Verdict.EXPLAINED}
    assert not [e for row in report.releases for e in row.explanations if e.kind == "fleet-globals"]
    components = {r.id: r.component.value for r in plan.releases if r.disposition.value == "component"}
    for environment in reading.estate.environments:
        wanted = {
            components[r.id] for r in reading.estate.in_environment(environment) if r.deployed and r.id in components
        }
        assert {a.name for a in expansion.applications if a.environment == environment} == wanted
    minio = {path.split("/")[1] for path in tree.paths() if "/components/data/minio/component" in path}
    assert (
        minio == {"environments": {"local", "dev", "staging", "production"}, "shared": {"local", "production"}}[layout]
    )
    (ladder,) = {steps(one) for one in appsets(tree.files)}
    assert ladder.count(b"rollout-phase") == len(plan.ladder)


def test_every_chart_gets_the_contract(reading: pipeline.Reading) -> None:
    plan = pipeline.plan_releases(reading, decisions("environments", "whole"))
    tree = pipeline.build_tree(reading, plan, console=CONSOLE)
    (applications,) = (expand_tree(tree, ("dev",)).applications,)
    files: Mapping[str, Any] = {a.name: a.manifest["spec"] for a in applications}
    rendered = {name for name, spec in files.items() if spec["source"]["path"].endswith("-rendered")}
    reading_it = {name for name, spec in files.items() if "fleet/base.yaml" in str(spec["source"]["helm"])}
    assert len(reading_it) > 40
    assert reading_it | rendered == set(files)
    assert not reading_it & rendered


def appsets(files: Mapping[str, bytes]) -> list[bytes]:
    return [files[path] for path in sorted(files) if "/argocd/apps/components-" in path]


def steps(appset: bytes) -> bytes:
    """The rollout of an ApplicationSet."""
    return appset.partition(b"rollingSync:")[2].partition(b"syncPolicy:")[0]
