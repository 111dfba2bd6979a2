"""`migrate lint` of converted trees, without rendering and with it, against `migrate verify` in the same run.

    python benchmarks/linting.py [COMPONENTS …]

On generated estates of one environment whose releases have about 100 kB of manifests each; by default 200 and 1,000 of
them. Beside seconds it prints processor seconds, which say more where other work shares the machine, and the peak of
memory over all processes. An error that lint finds in a fresh tree ends the run: the figure would be of another work.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from generated import write_estate
from verifying import Run, measured, show, verify

SIZES = (200, 1000)
MOST_SECONDS = 10.0
"""For a tree of 1,000 components without rendering, on two cores."""


def lint(folder: Path, *options: str) -> Run:
    """One lint, which must find no error."""
    command = [sys.executable, "-m", "migrate", "lint", "out", "--output", "json", "--quiet", "--jobs", "2", *options]
    run = measured(command, folder, may_fail=True)
    errors = [one for one in json.loads(run.out)["findings"] if one["severity"] == "error"]
    if errors:
        sys.exit(f"lint of {folder} finds {len(errors)} errors, the first: {errors[0]}")
    return run


def generated(folder: Path, components: int) -> None:
    """A tree of so many components, one chart for ten of them."""
    write_estate(folder, components, max(1, components // 10), real_charts=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for command in ("plan", "convert"):
        measured([sys.executable, "-m", "migrate", command, "-e", "production", "--quiet"], folder)
    files = sum(path.is_file() for path in (folder / "out").rglob("*"))
    print(f"{components} components, {files} files")
    bare = lint(folder, "--no-render")
    show("lint --no-render", bare)
    whole = lint(folder)
    show("lint", whole)
    proof = verify(folder, 2, "-e", "production")
    show("verify --jobs 2", proof)
    print(f"  lint takes {whole.seconds / proof.seconds:.2f} of verify's seconds", flush=True)
    if components >= 1000 and bare.seconds > MOST_SECONDS * components / 1000:
        print(f"  slower than {MOST_SECONDS:.0f} s a thousand components")


def main() -> None:
    """Run, measure and print."""
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for size in tuple(map(int, sys.argv[1:])) or SIZES:
        with tempfile.TemporaryDirectory() as name:
            generated(Path(name) / str(size), size)


if __name__ == "__main__":
    main()
