"""The door to more than one processor: units of work on threads of this process, or on processes of their own.

A unit is a function of a module, what all units share, and a task of its own; all three are frozen data. Results come
in the order of the tasks, whatever finishes first. A process that dies costs its unit one more try in another one;
then the unit's result is :class:`Lost`, and the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, Protocol, TypeVar

from migrate.doors.collector import without_collector
from migrate.doors.helm_worker import end_workers

Common = TypeVar("Common")
Task = TypeVar("Task")
Result = TypeVar("Result")
Done = Callable[[], None]

MOST_SECONDS = 600
"""A process that says nothing for so long hangs; no unit comes near it, since each render has limits of its own."""
_TRIES = 2


@dataclass(frozen=True)
class Lost:
    """In place of a result: what became of the processes that worked on it."""

    reason: str


class Workers(Protocol):
    """Whoever does units of work."""

    def map(
        self, unit: Callable[[Common, Task], Result], common: Common, tasks: Sequence[Task], done: Done
    ) -> Generator[Result | Lost, None, None]:
        """A result for each task in order; ``done`` is called as each ends. Closing the iterator stops the rest."""

    def close(self) -> None:
        """End what is left, at once."""


@dataclass(frozen=True)
class Threads:
    """Units in this process; what Helm does for them runs beside each other."""

    jobs: int = 1

    def map(
        self, unit: Callable[[Common, Task], Result], common: Common, tasks: Sequence[Task], done: Done
    ) -> Generator[Result | Lost, None, None]:
        """As the protocol says; nothing is ever lost."""
        pool = ThreadPoolExecutor(max(1, self.jobs))
        waiting = iter(tasks)
        running = deque(pool.submit(unit, common, task) for task in islice(waiting, 4 * self.jobs))
        try:
            while running:
                result = running.popleft().result()
                running.extend(pool.submit(unit, common, task) for task in islice(waiting, 1))
                done()
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Nothing is left."""


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    position: int | None = None
    """The task it works on."""
    knows: int = 0
    """The number of the map whose common data it has."""


@dataclass
class Processes:
    """Units on ``jobs`` processes, started when the first work comes."""

    jobs: int
    _workers: list[_Worker] = field(default_factory=list)
    _maps: int = 0

    def start(self) -> None:
        """Start the processes now, so that they are ready when work comes."""
        self._workers += [_start() for _ in range(self.jobs - len(self._workers))]

    def map(
        self, unit: Callable[[Common, Task], Result], common: Common, tasks: Sequence[Task], done: Done
    ) -> Generator[Result | Lost, None, None]:
        """As the protocol says.

        Raises:
            Exception: what a unit raised, which is a bug of ours.
        """
        self._maps += 1
        shared = pickle.dumps((unit, common), pickle.HIGHEST_PROTOCOL)
        waiting, tries = deque(range(len(tasks))), dict.fromkeys(range(len(tasks)), 0)
        results: dict[int, Any] = {}
        try:
            for position in range(len(tasks)):
                while position not in results:
                    self.start()
                    self._give(waiting, tries, shared, tasks)
                    for found, result in self._taken(waiting, tries):
                        results[found] = result
                        done()
                yield results.pop(position)
        finally:
            if any(worker.position is not None for worker in self._workers):
                self.close()

    def close(self) -> None:
        """End every process, in the middle of its work too."""
        for worker in self._workers:
            worker.process.terminate()
            worker.pipe.close()
        for worker in self._workers:
            _end(worker.process)
        self._workers.clear()

    def _give(self, waiting: deque[int], tries: dict[int, int], shared: bytes, tasks: Sequence[Any]) -> None:
        for worker in list(self._workers):
            if worker.position is not None or not waiting:
                continue
            worker.position = position = waiting.popleft()
            tries[position] += 1
            try:
                if worker.knows != self._maps:
                    worker.pipe.send(("common", shared))
                    worker.knows = self._maps
                worker.pipe.send(("task", tasks[position]))
            except OSError:
                continue  # it died; that is found where its answer is waited for

    def _taken(self, waiting: deque[int], tries: dict[int, int]) -> Iterator[tuple[int, Any]]:
        """What has come in meanwhile; waits for at least one answer or death."""
        busy = [(w.pipe, w, w.position) for w in self._workers if w.position is not None]
        ready = wait([pipe for pipe, _, _ in busy], MOST_SECONDS)
        for pipe, worker, position in busy:
            if ready and pipe not in ready:
                continue
            try:
                if not ready:
                    raise EOFError  # all of them hang
                kind, result = worker.pipe.recv()
            except (EOFError, OSError):
                how = self._bury(worker)
                if tries[position] < _TRIES:
                    waiting.appendleft(position)
                else:
                    yield position, Lost(f"the process that worked on it {how}, {_TRIES} times")
                continue
            worker.position = None
            if kind == "raised":
                raise result
            yield position, result

    def _bury(self, worker: _Worker) -> str:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(1)
        code = worker.process.exitcode
        _end(worker.process)
        if code is None:
            return f"said nothing for {MOST_SECONDS} s"
        return f"was killed by {_signal_name(-code)}" if code < 0 else f"ended by itself with status {code}"


def _signal_name(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name} (out of memory?)" if name == "SIGKILL" else name


def _start() -> _Worker:
    # Spawned, not forked: Helm's library runs threads of its own, which a fork would leave behind.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _end(process: BaseProcess) -> None:
    process.join(1)
    if process.is_alive():
        process.kill()
        process.join()


# --- the process' side


_GO = {"GOMAXPROCS": "1", "GOGC": "400"}
"""For Helm's library in a process that has one processor to itself: a sixth less work for a little more memory."""


def _serve(pipe: Connection) -> None:
    for name, value in _GO.items():
        os.environ.setdefault(name, value)
    # Ctrl-C reaches every process of a terminal: the first one decides, the others are ended by it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    unit, common = None, None
    with suppress(EOFError, OSError), without_collector():  # without whoever asked there is nothing to do
        while True:
            kind, content = pipe.recv()
            if kind == "common":
                unit, common = pickle.loads(content)  # noqa: S301 - our own
            else:
                pipe.send(_answer(unit, common, content))


def _answer(unit: Any, common: Any, task: Any) -> tuple[str, Any]:
    try:
        return "done", unit(common, task)
    except Exception as error:
        error.add_note(traceback.format_exc())
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        except Exception:
            return "raised", RuntimeError(traceback.format_exc())
        return "raised", error


def _stop(number: int, frame: FrameType | None) -> None:
    end_workers()
    os._exit(128 + number)
