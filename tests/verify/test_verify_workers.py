"""Units over threads, processes and a cluster: the same results in the same order, whatever dies on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.doors.cluster import Cluster
from migrate.doors.workers import Lost, Processes, Threads
from migrate.errors import UsageError
from tests.verify import units


def nothing() -> None:
    return None


@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_threads_and_processes_give_every_result_in_order(count: int) -> None:
    tasks = list(range(count))
    done: list[int] = []
    workers = Processes(2)
    try:
        assert list(Threads(2).map(units.added, 5, tasks, lambda: done.append(1))) == [5 + n for n in tasks]
        assert list(workers.map(units.added, 5, tasks, lambda: done.append(1))) == [5 + n for n in tasks]
        assert list(workers.map(units.added, 7, tasks, nothing)) == [7 + n for n in tasks]
    finally:
        workers.close()
    assert len(done) == 2 * count


def test_a_process_that_is_killed_costs_no_result(tmp_path: Path) -> None:
    workers = Processes(2)
    try:
        results = list(workers.map(units.killed_at_three, str(tmp_path / "once"), range(8), nothing))
    finally:
        workers.close()
    assert results == [n * 10 for n in range(8)]


def test_a_unit_that_kills_every_process_is_lost_and_the_others_are_not() -> None:
    workers = Processes(2)
    try:
        results = list(workers.map(units.killed_at_three, "always", range(6), nothing))
    finally:
        workers.close()
    lost = results[3]
    assert isinstance(lost, Lost)
    assert lost.reason == "the process that worked on it was killed by SIGKILL (out of memory?), 2 times"
    assert results[:3] + results[4:] == [0, 10, 20, 40, 50]


def test_processes_that_end_by_themselves_say_so() -> None:
    workers = Processes(1)
    try:
        (lost,) = workers.map(units.leaving, 7, [1], nothing)
    finally:
        workers.close()
    assert isinstance(lost, Lost)
    assert "ended by itself with status 7" in lost.reason


@pytest.mark.parametrize("workers", [Threads(2), Processes(2)], ids=["threads", "processes"])
def test_what_a_unit_raises_is_raised_here(workers: Threads | Processes) -> None:
    with pytest.raises(LookupError, match="task 0"):
        list(workers.map(units.failing, 0, [0], nothing))
    workers.close()


def test_closing_ends_the_processes_in_the_middle_of_the_work() -> None:
    workers = Processes(2)
    results = workers.map(units.added, 0, range(100), nothing)
    assert next(results) == 0
    pids = [worker.process.pid for worker in workers._workers]
    results.close()
    workers.close()
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_cluster_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match="distributed, which is not installed"):
        Cluster("tcp://127.0.0.1:1")


@pytest.mark.slow
def test_a_cluster_gives_the_same_and_survives_a_kill(tmp_path: Path, scheduler: str) -> None:
    cluster = Cluster(scheduler)
    try:
        once = str(tmp_path / "once")
        assert list(cluster.map(units.added, 5, range(20), nothing)) == [5 + n for n in range(20)]
        assert list(cluster.map(units.killed_at_three, once, range(8), nothing)) == [n * 10 for n in range(8)]
        assert (tmp_path / "once").exists()
        results = list(cluster.map(units.killed_at_three, "always", [1, 3], nothing))
    finally:
        cluster.close()
    assert results[0] == 10
    assert isinstance(results[1], Lost)
