"""The process that renders charts, so that a chart may loop, fill memory or crash Helm without taking us along.

Helm's renderer has no limits of its own, and a call into it can be neither interrupted nor survived. This file is
both sides: run as a script it is the worker (it knows Helm's SDK alone), imported it is the pool that ``doors/helm``
asks. A worker serves one render after another and ends with its parent.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import queue
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

MOST_SECONDS = 6
"""Processor time of one render; the largest public charts take a tenth of a second."""
MOST_WALL_SECONDS = 120
"""For systems that cannot limit processor time, and for a worker that hangs."""
MOST_DEATHS = 2
"""A chart that was stopped as often is not tried again with other values: an estate may use it in any number."""
MOST_MEMORY = 1024 * 1024 * 1024
_LENGTH = struct.Struct(">Q")


class WorkerDiedError(Exception):
    """A render that was stopped at a limit, or that crashed Helm."""


class RenderFailedError(Exception):
    """What Helm says against the chart or its values."""


def render_in_worker(archive: bytes, values: str, options: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Templates by path and the files of crds/, as the SDK gives them for JSON values and options.

    Raises:
        RenderFailedError: Helm refuses.
        WorkerDiedError: the render went over its limits.
    """
    chart = hashlib.sha256(archive).digest()
    if _DEATHS[chart] >= MOST_DEATHS:
        raise WorkerDiedError(f"other renders of this chart were stopped: {_limits()}")
    try:
        worker = _IDLE.get_nowait()
    except queue.Empty:
        worker = _start()
    alarm = threading.Timer(MOST_WALL_SECONDS, worker.kill)
    alarm.daemon = True
    alarm.start()
    try:
        answer = _asked(worker, (archive, values.encode(), options.encode()))
    except BaseException:
        _DEATHS[chart] += 1
        _end(worker)
        raise
    finally:
        alarm.cancel()
    _IDLE.put(worker)
    if "error" in answer:
        raise RenderFailedError(answer["error"])
    return answer["templates"], [(name, text) for name, text in answer["crds"]]


_IDLE: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
_ALL: list[subprocess.Popen[bytes]] = []
_DEATHS: Counter[bytes] = Counter()
"""How often each chart went over its limits, by the digest of its archive."""


def _start() -> subprocess.Popen[bytes]:
    # -P: the folder that we run in belongs to a person and holds no modules of ours.
    command = [sys.executable, "-P", str(Path(__file__).resolve())]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    worker = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, cwd="/")
    _ALL.append(worker)
    return worker


def _asked(worker: subprocess.Popen[bytes], parts: Sequence[bytes]) -> dict[str, Any]:
    if worker.stdin is None or worker.stdout is None:
        raise WorkerDiedError("the process that renders charts has no pipes")
    try:
        for part in parts:
            _send(worker.stdin, part)
        worker.stdin.flush()
        answer = _receive(worker.stdout)
    except OSError as error:
        raise WorkerDiedError(_limits()) from error
    if answer is None:
        raise WorkerDiedError(_limits())
    found: dict[str, Any] = json.loads(answer)
    return found


def _limits() -> str:
    memory = MOST_MEMORY // 1024**2
    return f"it takes more than {MOST_SECONDS} s of processor time or {memory} MiB to render, or crashes Helm"


@atexit.register
def end_workers() -> None:
    """Stop every worker; the next render starts another."""
    _DEATHS.clear()
    while _ALL:
        _end(_ALL[-1])
    with suppress(queue.Empty):
        while True:
            _IDLE.get_nowait()


def _end(worker: subprocess.Popen[bytes]) -> None:
    with suppress(ValueError):
        _ALL.remove(worker)
    worker.kill()
    for stream in (worker.stdin, worker.stdout):
        with suppress(OSError):
            if stream is not None:
                stream.close()
    worker.wait()


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    return data if len(data) == length else None


# --- the worker's side


def _serve() -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    _limit_memory()
    while (archive := _receive(source)) is not None:
        values, options = _receive(source), _receive(source)
        if values is None or options is None:
            return
        _limit_time()
        _send(sink, _render(archive, values.decode(), options.decode()).encode())
        sink.flush()


def _render(archive: bytes, values: str, options: str) -> str:
    import helm_python
    from helm_python import Chart, _native

    try:
        with Chart.load_archive(archive) as handle:
            text = _native.call_string("helm_render", handle._raw(), values, options)
            # Read after the render: by then the crds/ of subcharts that are switched off are gone.
            crds = [(str(crd["filename"]), str(crd["data"])) for crd in handle.crds]
    except helm_python.HelmError as error:
        return json.dumps({"error": str(error)})
    return f'{{"templates":{text},"crds":{json.dumps(crds)}}}'  # Helm's answer is JSON already


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        # Not the address space: Go reserves far more of it than it uses.
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + 1 + MOST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    _serve()
