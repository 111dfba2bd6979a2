"""What the mutation tests share (the sample estate rendered once, and what is said of its tree), and a Dask cluster."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
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


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a Dask cluster: a scheduler and two workers, each with a nanny that starts it again."""
    file, log = tmp_path / "scheduler.json", tmp_path / "cluster.log"
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    with log.open("wb") as told:

        def start(program: str, *options: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *common, *options]
            return subprocess.Popen(command, stdout=told, stderr=told, cwd=ROOT, start_new_session=True)

        running = [start("scheduler", "--host", "127.0.0.1", "--port", "0")]
        try:
            deadline = time.monotonic() + 120
            while not file.exists() or not file.read_text():
                assert running[0].poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            here = ["--nthreads", "1", "--local-directory", str(tmp_path)]
            running += [start("worker", *here) for _ in range(2)]
            yield str(json.loads(file.read_text())["address"])
        finally:
            for process in running:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
