"""What the mutation tests share (the sample estate rendered once, and what is said of its tree), and a Dask cluster."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster

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


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a Dask cluster of two workers, each a process of its own."""
    patient = {"distributed.comm.timeouts.connect": "120s", "distributed.comm.timeouts.tcp": "120s"}
    with (
        dask.config.set(patient),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
    ):
        yield local.scheduler_address
