"""The main job on the sample estate, measured: seconds of each command and stage, and peak memory.

    make bench

Each command runs in a process of its own on a copy of the estate, as a person runs it. Where helmfile and helm are on
PATH, `helmfile template` of the same estate runs in the same minute on the same machine, and the ratio is printed.
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

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ("local", "dev", "staging", "production")


def measured(command: list[str], folder: Path) -> tuple[float, float, str]:
    """Wall seconds, peak memory in MiB and standard output of one command; it must succeed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        errors.seek(0)
        text = out.read().decode()
        if status != 0:
            sys.exit(f"{' '.join(command)} failed ({status}):\n{errors.read().decode()}{text}")
    return seconds, usage.ru_maxrss / 1024, text


def copy_of_the_estate(folder: Path) -> None:
    """The estate, the plan and the project's git root in a new folder, without the tree."""
    shutil.copytree(ROOT / "helmfiles", folder / "helmfiles")
    shutil.copy(ROOT / "migration.yaml", folder)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)


def peer_seconds(folder: Path) -> float | None:
    """Seconds that `helmfile template` takes for every file and environment; None without the binaries.

    helmfile stops early at a file whose values need a secret store; that only flatters helmfile.
    """
    if not (shutil.which("helmfile") and shutil.which("helm")):
        return None
    started = time.perf_counter()
    for environment in ENVIRONMENTS:
        command = ["helmfile", "-f", str(folder / "helmfiles"), "-e", environment, "template", "--skip-deps"]
        subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - started


def main() -> None:
    """Run, measure and print."""
    migrate = [sys.executable, "-m", "migrate"]
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_of_the_estate(folder)
        total = 0.0
        for arguments in (["plan"], ["convert"], ["verify", "--output", "json"]):
            seconds, memory, out = measured([*migrate, *arguments, "--batch"], folder)
            total += seconds
            print(f"{'migrate ' + arguments[0]:24}{seconds:8.2f} s {memory:8.0f} MiB")
            if arguments[0] == "verify":
                for stage, spent in json.loads(out)["timings"].items():
                    print(f"    {stage:20}{spent:8.2f} s")
        print(f"{'the whole demo':24}{total:8.2f} s")
        again, _, _ = measured([*migrate, "convert", "--batch"], folder)
        print(f"{'convert, no change':24}{again:8.2f} s")
        peer = peer_seconds(folder)
        if peer is None:
            print("helmfile or helm is not on PATH: no comparison")
        else:
            print(f"{'helmfile template':24}{peer:8.2f} s (left side alone, four environments, one run)")
            print(f"{'ratio demo : helmfile':24}{total / peer:8.2f}")


if __name__ == "__main__":
    main()
