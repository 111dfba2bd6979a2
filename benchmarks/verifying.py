"""`migrate verify` of both sides against `helmfile template` of one, in the same run on the same machine.

    python benchmarks/verifying.py [RELEASES …]

On the sample estate (four environments) and on generated estates of one environment whose releases have about 100 kB
of manifests each; by default 50, 500 and 1,000 of them. Beside seconds it prints processor seconds, which say more
where other work shares the machine, and the peak of memory over all processes. helmfile and helm are found on PATH;
without them our own figures alone are printed. A verdict that is not "proven" ends the run: a fast wrong answer is
none.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from demo import ENVIRONMENTS, ROOT
from generated import write_estate

SIZES = (50, 500, 1000)
COMPARED = 500
"""The size at which helmfile and one job run, too."""


@dataclass(frozen=True)
class Run:
    """What one command took: seconds, processor seconds of it and its children, MiB of all processes at their peak."""

    seconds: float
    processor: float
    memory: float
    out: str


def measured(command: list[str], folder: Path, *, may_fail: bool = False) -> Run:
    """Run it; memory is sampled over the command and all its descendants, as proportional set size."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        before, started = os.times(), time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=errors, start_new_session=True)
        peak = [0.0]
        watching = threading.Thread(target=_watch, args=(process, peak))
        watching.start()
        code = process.wait()
        seconds, after = time.perf_counter() - started, os.times()
        watching.join()
        for stream in (out, errors):
            stream.seek(0)
        text = out.read().decode()
        if code != 0 and not may_fail:
            sys.exit(f"{' '.join(command)} failed ({code}):\n{errors.read().decode()}{text}")
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return Run(seconds, used, peak[0], text)


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        total = sum(_memory(pid) for pid in _of_session(process.pid))
        peak[0] = max(peak[0], total / 1024)
        time.sleep(0.2)


def _of_session(session: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[3]) == session:
                found.append(int(stat.parent.name))
        except OSError:
            continue
    return found


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def verify(folder: Path, jobs: int, *options: str) -> Run:
    """One verification, which must prove the estate."""
    command = [sys.executable, "-m", "migrate", "verify", "--output", "json", "--quiet", "--jobs", str(jobs), *options]
    run = measured(command, folder)
    summary = json.loads(run.out)["summary"]
    if summary["different"] or summary["unrendered"] or not sum(summary.values()):
        sys.exit(f"{folder} is not proven: {summary}")
    return run


def helmfile(folder: Path, environments: tuple[str, ...]) -> Run | None:
    """`helmfile template` of every environment; None without the binaries.

    It stops early at a file of the sample whose values need a secret store; that only flatters helmfile.
    """
    if not (shutil.which("helmfile") and shutil.which("helm")):
        return None
    files = str(folder / "helmfiles")
    runs = [
        measured(["helmfile", "-f", files, "-e", name, "template", "--skip-deps"], folder, may_fail=True)
        for name in environments
    ]
    return Run(sum(r.seconds for r in runs), sum(r.processor for r in runs), max(r.memory for r in runs), "")


def show(what: str, run: Run) -> None:
    """One line."""
    print(f"  {what:28}{run.seconds:8.1f} s {run.processor:8.1f} s of processor {run.memory:7.0f} MiB", flush=True)


def against(ours: Run, theirs: Run | None) -> None:
    """The ratio to helmfile."""
    if theirs is None:
        print("  helmfile or helm is not on PATH: no comparison")
        return
    show("helmfile template (one side)", theirs)
    ratio = (
        f"{ours.seconds / theirs.seconds:.2f} in seconds, {ours.processor / theirs.processor:.2f} in processor seconds"
    )
    print(f"  ratio to helmfile: {ratio}", flush=True)


def sample(folder: Path) -> None:
    """The estate of the project, with its tree."""
    for name in ("helmfiles", "out"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    shutil.copy(ROOT / "migration.yaml", folder)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    print("sample estate, four environments")
    run = verify(folder, 2)
    show("verify --jobs 2", run)
    show("verify --jobs 1", verify(folder, 1))
    against(run, helmfile(folder, ENVIRONMENTS))


def generated(folder: Path, releases: int) -> Run:
    """An estate of charts of real size, one chart for ten releases."""
    write_estate(folder, releases, max(1, releases // 10), real_charts=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for command in ("plan", "convert"):
        measured([sys.executable, "-m", "migrate", command, "-e", "production", "--quiet"], folder)
    print(f"{releases} releases of 100 kB")
    run = verify(folder, 2, "-e", "production")
    show("verify --jobs 2", run)
    if releases == COMPARED:
        single = verify(folder, 1, "-e", "production")
        show("verify --jobs 1", single)
        print(f"  two jobs are {single.seconds / run.seconds:.2f} times as fast as one")
        against(run, helmfile(folder, ("production",)))
    return run


def main() -> None:
    """Run, measure and print."""
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    with tempfile.TemporaryDirectory() as name:
        sample(Path(name) / "sample")
        runs = {size: generated(Path(name) / str(size), size) for size in sizes}
    small, large = min(sizes), max(sizes)
    if small < large:
        growth = runs[large].processor / runs[small].processor
        print(f"{large / small:.0f} times the releases took {growth:.1f} times the processor seconds")


if __name__ == "__main__":
    main()
