"""Records what the real helmfile answers for each case: ``python -m tests.helmfile.record [--check] [FOLDER ...]``.

Needs helmfile v1.8 and helm 3 on PATH; neither network nor cluster. README.md tells the format.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.helmfile.walker import HERE, RELEASE_FILE, Case, load_case

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_VARYING = re.compile(r"^(?:#  Source: |\s*(?:- )?chartPath: |# Source: ).*\n", re.MULTILINE)
_HINT = "Started seeing this since Helmfile v1? Add the .gotmpl file extension: "
_FIRST_LINE = re.compile(r"^(?:in |err: |Error: )", re.MULTILINE)


def recorded(case: Case, scratch: Path) -> tuple[int, dict[str, bytes]]:
    """helmfile's exit status and the files of ``expected/`` that its answer makes."""
    estate = scratch / "estate"
    shutil.copytree(case.folder / "input", estate)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch / "home"),
        "HELM_PLUGINS": str(HERE / "fake-plugins"),
        "HELMFILE_UPGRADE_NOTICE_DISABLED": "1",
        **case.environ,
    }
    own = {
        "list": ["--output", "json"],
        "write-values": ["--output-file-template", f"{scratch}/values/{RELEASE_FILE}"],
    }.get(case.command, [])
    run = subprocess.run(
        ["helmfile", case.command, *own, *case.args], cwd=estate, env=variables, capture_output=True, check=False
    )
    out, err = (_relative(text.decode(), scratch) for text in (run.stdout, run.stderr))
    if run.returncode:
        return run.returncode, {"error.txt": _message(err).encode()}
    return 0, {name: text.encode() for name, text in _answers(case.command, out, scratch)}


def _relative(text: str, scratch: Path) -> str:
    return text.replace(f"{scratch}/estate/", "").replace(f"{scratch}/estate", ".").replace(f"{scratch}/", "")


def _message(err: str) -> str:
    plain = _COLOUR.sub("", err).replace(_HINT, "")
    first = _FIRST_LINE.search(plain)
    return plain[first.start() if first else 0 :].strip() + "\n"


def _answers(command: str, out: str, scratch: Path) -> Iterator[tuple[str, str]]:
    if command == "list":
        yield "list.json", json.dumps(json.loads(out or "[]"), indent=2, ensure_ascii=False) + "\n"
    elif command == "build":
        yield "build.yaml", _VARYING.sub("", out)
    elif command == "template":
        documents = re.split(r"^---\n", _VARYING.sub("", out), flags=re.MULTILINE)
        yield "manifests.yaml", "".join(f"---\n{text}\n" for text in sorted(map(str.strip, documents)) if text)
    else:
        for path in sorted((scratch / "values").glob("*.yaml")):
            yield f"values/{path.name}", _relative(path.read_text(), scratch)


def stored(case: Case) -> dict[str, bytes]:
    """The files of ``expected/`` as they are."""
    folder = case.folder / "expected"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def store(case: Case, files: dict[str, bytes]) -> None:
    """Put the files in place of ``expected/``."""
    folder = case.folder / "expected"
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def main() -> int:
    """Record or check the cases of each folder; 1 where one went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("folders", nargs="*", type=Path, default=[HERE / "cases", HERE / "own"])
    options = parser.parse_args()
    problems = []
    for folder in options.folders:
        for path in sorted(folder.glob("*/case.yaml")):
            case = load_case(path.parent)
            with tempfile.TemporaryDirectory() as scratch:
                status, files = recorded(case, Path(scratch).resolve())
            if status != case.exit:
                problems.append(f"{case.name}: exit status {status}, not {case.exit}: {files}")
            elif options.check and files != stored(case):
                problems.append(f"{case.name}: another answer")
            elif not options.check:
                store(case, files)
    print(*problems, f"{len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
