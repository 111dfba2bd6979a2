"""`migrate inspect` on generated estates of 100 and 1,000 releases, against `helmfile list` in the same run.

    make bench

Each runs in a process of its own over three environments. helmfile and helm are found on PATH; without them only our
own seconds and memory are printed. The answers are compared before anything is timed: a fast wrong answer is none.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo import measured
from generated import ENVIRONMENTS, write_estate

SIZES = ((100, 5), (1000, 50))
ROUNDS = 3


def inspect(folder: Path) -> tuple[float, float, str]:
    """Seconds, MiB and JSON of one run over all environments."""
    return measured([sys.executable, "-m", "migrate", "inspect", "helmfiles", "--output", "json", "--quiet"], folder)


def helmfile_list(folder: Path) -> tuple[float, dict[str, list[dict[str, object]]]]:
    """Seconds for all environments, and what each lists."""
    found = {}
    started = time.perf_counter()
    for name in ENVIRONMENTS:
        command = ["helmfile", "-f", str(folder / "helmfiles"), "-e", name, "list", "--output", "json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        found[name] = json.loads(done.stdout)
    return time.perf_counter() - started, found


def same(ours: str, theirs: dict[str, list[dict[str, object]]]) -> bool:
    """Whether both list the same releases with the same fields, in every environment."""
    fields = ("name", "namespace", "enabled", "installed", "chart", "version")
    for name, listed in theirs.items():
        releases = [r for r in json.loads(ours)["releases"] if r["environment"] == name]
        left = [{**{f: r[f] for f in fields}, "labels": _labels(r["labels"])} for r in releases]
        right = [{f: r[f] for f in (*fields, "labels")} for r in listed]
        if sorted(left, key=str) != sorted(right, key=str):
            return False
    return True


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f"{key}:{value}" for key, value in sorted(labels.items()))


def main() -> None:
    """Run, compare, measure and print."""
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    peer = shutil.which("helmfile") and shutil.which("helm")
    medians = {}
    with tempfile.TemporaryDirectory() as name:
        for releases, files in SIZES:
            folder = Path(name) / str(releases)
            write_estate(folder, releases, files)
            subprocess.run(["git", "init", "-q", str(folder)], check=True)
            runs = sorted((inspect(folder) for _ in range(ROUNDS)), key=lambda run: run[0])
            seconds, memory, out = runs[ROUNDS // 2]
            medians[releases] = seconds
            line = f"{releases:5} releases × {len(ENVIRONMENTS)}: inspect {seconds:6.2f} s {memory:5.0f} MiB"
            if peer:
                theirs = [helmfile_list(folder) for _ in range(ROUNDS)]
                if not same(out, theirs[0][1]):
                    sys.exit(f"{releases} releases: inspect and helmfile list differ")
                spent = sorted(run[0] for run in theirs)[ROUNDS // 2]
                line += f"   helmfile list {spent:6.2f} s   ratio {seconds / spent:.2f}   same answer"
            print(line)
    small, large = (size for size, _ in SIZES)
    print(f"{large // small} times the releases took {medians[large] / medians[small]:.1f} times the seconds")
    if not peer:
        print("helmfile or helm is not on PATH: no comparison")


if __name__ == "__main__":
    main()
