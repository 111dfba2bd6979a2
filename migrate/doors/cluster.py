"""The door to a Dask cluster: the same units of work as on processes, on machines that see the same folders.

The package ``distributed`` is an extra of its own and is imported when a scheduler is named.
"""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable, Generator, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar

from migrate.doors.workers import Done, Lost
from migrate.errors import UsageError

Common = TypeVar("Common")
Task = TypeVar("Task")
Result = TypeVar("Result")

_CONNECT_SECONDS = 10


class Cluster:
    """Units on the workers of the scheduler at ``address``.

    Raises:
        UsageError: the extra is not installed, or nobody answers there.
    """

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = import_module("distributed")
        except ImportError as error:
            raise UsageError(
                "--scheduler needs the package distributed, which is not installed",
                hint="pip install 'helmfile-migrate[cluster]', here and where the workers run",
            ) from error
        try:
            self._client: Any = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"no Dask scheduler answers at {address}: {error}", hint="for example --scheduler tcp://10.0.0.5:8786"
            ) from error
        self._failed: type[Exception] = distributed.KilledWorker
        self._cancelled: type[BaseException] = distributed.client.FutureCancelledError
        self._finished = distributed.as_completed

    def map(
        self, unit: Callable[[Common, Task], Result], common: Common, tasks: Sequence[Task], done: Done
    ) -> Generator[Result | Lost, None, None]:
        """As ``Workers.map``: a unit whose machine dies is done again by another."""
        shared = pickle.dumps((unit, common), pickle.HIGHEST_PROTOCOL)
        # A key of its own for each run: the scheduler would hand out what an earlier run left there.
        name = uuid.uuid4().hex
        futures = {
            self._client.submit(_unit, shared, task, key=f"{name}-{position}", pure=False): position
            for position, task in enumerate(tasks)
        }
        results: dict[int, Any] = {}
        arriving = iter(self._finished(list(futures), loop=self._client.loop))
        try:
            for position in range(len(tasks)):
                while position not in results:
                    future = next(arriving)
                    results[futures[future]] = self._result(future)
                    done()
                yield results.pop(position)
        finally:
            self._client.cancel(list(futures), force=True)

    def _result(self, future: Any) -> Any:
        try:
            return future.result()
        except self._failed:
            return Lost("the cluster's workers that had it died, several times")
        except self._cancelled as error:
            return Lost(f"the cluster gave it up: {error}")

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()


def _unit(shared: bytes, task: Any) -> Any:
    unit, common = _loaded(shared)
    return unit(common, task)


@lru_cache(maxsize=2)
def _loaded(shared: bytes) -> Any:
    return pickle.loads(shared)  # noqa: S301 - our own, from the scheduler that a person named
