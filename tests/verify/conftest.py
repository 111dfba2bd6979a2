"""What the mutation tests share: the sample estate rendered once, and what is said of its tree without a fault."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.doors.files import read_tree
from migrate.model.estate import ReadRequest
from migrate.plan import load_plan
from tests.conftest import ROOT
from tests.verify.mutations import ENVIRONMENT, Bench, Judged, judge


@pytest.fixture(scope="session", name="bench")
def _bench(_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("mutations") / "out"
    shutil.copytree(_sample / "out", folder)
    decided = load_plan((ROOT / "migration.yaml").read_text("utf-8"), "migration.yaml")
    read = pipeline.read_and_render(
        ReadRequest(str(_sample / "helmfiles"), environments=(ENVIRONMENT,)),
        decided=decided,
        clusters={},
        console=SilentConsole(io.StringIO()),
        jobs=2,
    )
    return Bench(read, pipeline.plan_releases(read, decided), folder, dict(read_tree(folder).files))


@pytest.fixture(scope="session", name="sound")
def _sound(bench: Bench) -> Judged:
    return judge(bench)
