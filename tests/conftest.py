"""What all tests share: running the command line in process, and writing small estates."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrate.cli import run

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line gave."""

    code: int
    out: str
    err: str


Migrate = Callable[..., Outcome]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--fuzz-rounds N``: how many damaged estates to read, instead of the few that every run can afford."""
    parser.addoption("--fuzz-rounds", type=int, default=0, metavar="N")


@pytest.fixture(autouse=True)
def _a_person_of_no_particular_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the git settings nor the colours of whoever runs the tests may matter."""
    settings = tmp_path.parent / "gitconfig"
    settings.write_text("[user]\n\tname = Robin\n\temail = robin@example.org\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for name in ("NO_COLOR", "FORCE_COLOR", "HELMFILE_ENVIRONMENT", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def migrate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """``migrate(folder, *arguments)`` as a person in ``folder`` would run it."""

    def call(folder: Path, *arguments: str) -> Outcome:
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write texts below ``folder`` and give it back."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` and give its output."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "replicas: 1\ncolour: blue\n",
    "charts/web/templates/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - name: web
          image: example.org/web:1
          env: [{name: COLOUR, value: {{ .Values.colour | quote }}}]
""",
}

SMALL = {
    f"helmfiles/{name}": text
    for name, text in {
        **CHART,
        "10-base.yaml": """\
environments:
  dev: {}
  prod: {}
---
releases:
  - name: front
    namespace: web
    chart: ./charts/web
    values:
      - values/front.yaml
  - name: back
    namespace: web
    chart: ./charts/web
    needs: [web/front]
    values:
      - replicas: 3
""",
        "values/front.yaml": "# the front page is red\ncolour: red\n",
    }.items()
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A git work tree with a small good estate in helmfiles/: two releases, two environments, one chart."""
    folder = write_files(tmp_path / "project", SMALL)
    git(folder, "init", "--quiet")
    return folder


@pytest.fixture(scope="session")
def _sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout-like copy of the sample estate, its plan and its tree; not to be changed."""
    folder = tmp_path_factory.mktemp("sample") / "checkout"
    folder.mkdir()
    for name in ("helmfiles", "out"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    shutil.copy(ROOT / "migration.yaml", folder)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@pytest.fixture
def sample(_sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample estate, its plan and its tree that a test may change."""
    folder = tmp_path / "checkout"
    shutil.copytree(_sample, folder, symlinks=True)
    return folder
