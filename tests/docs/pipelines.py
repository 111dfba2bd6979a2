"""The ready workflows as lists of scripts, and bash to run them beside stand-ins for what a test cannot reach."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.doors.yaml import load_yaml
from tests.conftest import ROOT

CI = ROOT / "docs/ci"
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")

STAND_INS = {
    "pip": 'echo "pip $*" >> "$CALLS"\n',
    "gh": 'echo "gh $*" >> "$CALLS"\ncase "$*" in *--jq*) cat "$EXISTING" ;; *) cp comment.md "$POSTED" ;; esac\n',
    "curl": 'echo "curl $*" >> "$CALLS"\ncase "$*" in *--req*) cp comment.md "$POSTED" ;; *) cat "$EXISTING" ;; esac\n',
}


@dataclass(frozen=True)
class Step:
    """One script of a workflow with the variables that it has beside the job's."""

    name: str
    script: str
    env: Mapping[str, str]
    condition: str = ""


@dataclass(frozen=True)
class Ran:
    """How a script ended."""

    code: int
    out: str
    err: str


def workflow(name: str) -> Any:
    """A file of docs/ci as data."""
    return load_yaml((CI / name).read_text(encoding="utf-8"))


def github_steps(context: Mapping[str, str]) -> tuple[Step, ...]:
    """The ``run`` steps of the workflow's one job; ``context`` has a value for each expression in ``${{ }}``."""
    job = workflow("github.yml")["jobs"]["migrate"]
    return tuple(
        Step(step["name"], step["run"], _filled({**job["env"], **step.get("env", {})}, context), step.get("if", ""))
        for step in job["steps"]
        if "run" in step
    )


def gitlab_steps() -> tuple[Step, ...]:
    """Each job of docs/ci/gitlab.yml as one script: all its lines run in one shell, after those of before_script."""
    pipeline = workflow("gitlab.yml")
    first, env = pipeline[".migrate"]["before_script"], pipeline["variables"]
    return tuple(
        Step(name, "\n".join([*first, *job["script"]]), env)
        for name, job in pipeline.items()
        if name.startswith("migrate:")
    )


def _filled(env: Mapping[str, str], context: Mapping[str, str]) -> dict[str, str]:
    return {name: _EXPRESSION.sub(lambda found: context[found[1]], value) for name, value in env.items()}


class Runner:
    """Runs scripts in ``folder`` as a runner of CI does: bash, ending at the first command that fails."""

    def __init__(self, folder: Path, scratch: Path, existing: str = "") -> None:
        self.folder, self.calls, self.posted = folder, scratch / "calls", scratch / "posted.md"
        self.summary = scratch / "summary.md"
        programs = scratch / "bin"
        programs.mkdir(parents=True)
        for name, text in STAND_INS.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
            (programs / name).chmod(0o755)
        (scratch / "existing").write_text(existing, encoding="utf-8")
        self.calls.touch()
        path = (str(programs), str(Path(sys.executable).parent), os.environ["PATH"])
        self.env = {
            **os.environ,
            "PATH": os.pathsep.join(path),
            "CALLS": str(self.calls),
            "EXISTING": str(scratch / "existing"),
            "POSTED": str(self.posted),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_REPOSITORY": "team/gitops",
        }

    def run(self, step: Step, **more: str) -> Ran:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script],
            cwd=self.folder,
            env={**self.env, **step.env, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def run_all(self, steps: Sequence[Step], **more: str) -> dict[str, Ran]:
        """Each by its name; a step that fails keeps none from running."""
        return {step.name: self.run(step, **more) for step in steps}
