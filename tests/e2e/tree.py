"""What the project says: the estate converted with the hand-over done, its Applications, their steps and their objects.

Everything comes from the commands that a person would run, in a scratch folder; the estate itself is not touched.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.cli import run
from migrate.doors.files import read_yaml_documents
from migrate.errors import ExitCode

LABEL = "e2e.helmfile-migrate/run"
"""On everything that the script applies and on every Application; nothing without it is ever deleted."""

SAMPLE_SECRETS = {
    "15-secrets-certificates.yaml.gotmpl": (
        "    secrets:\n      - secrets/registry-pull-secret.yaml\n",
        "    set: [{name: registry.username, value: robin}, {name: registry.password, value: made-up}]\n",
    ),
    "24-auth.yaml.gotmpl": (
        "ref+vault://secret/{{ .Values.secretPath }}/keycloak#/admin-password",
        "made-up",
    ),
}
"""File of the sample → what nobody can decrypt here, and what stands in: a placeholder cannot be handed over."""


class StopError(Exception):
    """The run cannot go on; the exit code is the contract's."""

    def __init__(self, message: str, code: int = ExitCode.DIFFERENT) -> None:
        super().__init__(message)
        self.code = int(code)


@dataclass(frozen=True)
class Foretold:
    """What the project foretells for one environment."""

    applications: Mapping[str, Mapping[str, Any]]
    appsets: Mapping[str, str]
    """Application → its ApplicationSet."""
    steps: Mapping[str, int]
    """Application → its step, from 1; -1 where no step matches."""
    targets: Mapping[str, tuple[Mapping[str, Any], ...]]
    """Application → the objects that the controller wants to be there."""
    hooks: Mapping[str, tuple[Mapping[str, Any], ...]]
    """Application → the objects that it runs at a sync and does not hold to anything afterwards."""

    def in_steps(self) -> list[str]:
        """The Applications that sync by themselves, in the order of their steps."""
        return sorted((name for name in self.steps if self.steps[name] > 0), key=lambda name: (self.steps[name], name))


@dataclass(frozen=True)
class Conversion:
    """How to convert."""

    environment: str
    url: str
    revision: str
    kube_version: str
    options: tuple[str, ...] = ()
    """More options of ``migrate convert``."""


def copy_estate(estate: Path, plan: Path, folder: Path) -> None:
    """The estate and its decisions, to work on."""
    shutil.copytree(estate, folder / "helmfiles", symlinks=True)
    shutil.copyfile(plan, folder / "migration.yaml")


def make_up_secrets(helmfiles: Path) -> None:
    """Give the copy of the sample values where it has secrets that only their owner can read."""
    for name, (before, after) in SAMPLE_SECRETS.items():
        text = (helmfiles / name).read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise StopError(f"the sample's {name} no longer holds its secret where tests/e2e/tree.py looks for it")
        (helmfiles / name).write_text(text.replace(before, after), encoding="utf-8")


def convert(folder: Path, conversion: Conversion, label: str) -> Path:
    """The tree, with the label of this run on its projects, its ApplicationSets and their templates."""
    _migrate(
        folder,
        *("convert", "helmfiles", "--batch", "--quiet", "--handover", "done", "--out", "tree"),
        *("--environment", conversion.environment, "--repo-url", conversion.url, "--revision", conversion.revision),
        *("--kube-version", conversion.kube_version, *conversion.options),
    )
    tree = folder / "tree"
    for file in sorted((tree / "environments").glob("*/argocd/*/*.yaml")):
        documents = [labelled(document, label) for document in read_yaml_documents(file)]
        if any(document["kind"] in ("AppProject", "ApplicationSet") for document in documents if "kind" in document):
            file.write_text("---\n".join(json.dumps(document, indent=2) + "\n" for document in documents))
    return tree


def labelled(document: Mapping[str, Any], label: str) -> dict[str, Any]:
    """The object with the run's label; an ApplicationSet gives it to its Applications too."""
    result: dict[str, Any] = json.loads(json.dumps(document))
    places = [result] if result.get("kind") in ("AppProject", "ApplicationSet") else []
    places += [result["spec"]["template"]] if result.get("kind") == "ApplicationSet" else []
    for place in places:
        place.setdefault("metadata", {}).setdefault("labels", {})[LABEL] = label
    return result


def foretell(folder: Path, conversion: Conversion) -> Foretold:
    """What ``migrate expand`` and ``migrate render --application --targets`` say about the tree."""
    text = _migrate(folder, "expand", "tree", "--environment", conversion.environment, "--output", "json")
    expanded = json.loads(text)
    appsets = {one["metadata"]["name"]: one.pop("appset") for one in expanded["applications"]}
    applications = {one["metadata"]["name"]: one for one in expanded["applications"]}
    (folder / "applications").mkdir()

    targets, hooks = {}, {}
    for name, application in applications.items():
        manifest = {key: value for key, value in application.items() if key != "environment"}
        file = folder / "applications" / f"{name}.json"
        file.write_text(json.dumps(manifest), encoding="utf-8")
        told = ("--repo", str(folder / "tree"), "--plan", str(folder / "migration.yaml"))
        render = ("render", "--application", str(file), *told, "--kube-version", conversion.kube_version)
        wanted, everything = (
            tuple(json.loads(_migrate_here(*render, *what, "--output", "json"))["manifests"])
            for what in (("--targets",), ())
        )
        targets[name] = wanted
        namespace = str(application["spec"]["destination"].get("namespace", ""))
        hooks[name] = tuple(_within(document, namespace) for document in everything if is_hook(document))
    return Foretold(applications, appsets, {n: int(s) for n, s in expanded["steps"].items()}, targets, hooks)


def is_hook(document: Mapping[str, Any]) -> bool:
    """Whether Argo CD runs the object at a sync rather than keeping it; a Helm hook that no sync runs is none."""
    annotations = document["metadata"].get("annotations") or {}
    phases = f"{annotations.get('argocd.argoproj.io/hook', '')},{annotations.get('helm.sh/hook', '')}".split(",")
    return bool(_RUN_AT_A_SYNC & {phase.strip() for phase in phases})


_RUN_AT_A_SYNC = {
    *("PreSync", "Sync", "PostSync", "SyncFail"),
    *("pre-install", "pre-upgrade", "post-install", "post-upgrade"),
}


def _within(document: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    metadata = {"namespace": namespace, **document["metadata"]}
    return {**document, "metadata": metadata}


def argocd_objects(tree: Path, environment: str, part: str) -> list[Any]:
    """The objects of ``projects``, ``apps`` or ``ops``; a file that holds none (values for a chart) gives none."""
    files = sorted((tree / "environments" / environment / "argocd" / part).glob("*.yaml"))
    return [document for file in files for document in read_yaml_documents(file) if "kind" in document]


def made_by(foretold: Foretold, names: Iterable[str]) -> list[Mapping[str, Any]]:
    """Everything that these Applications bring into the cluster, hooks included."""
    return [document for name in names for document in (*foretold.targets[name], *foretold.hooks[name])]


def _migrate_here(*arguments: str) -> str:
    """As ``_migrate``, in this process: an interpreter for each Application would take minutes."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    if code:
        raise StopError(f"migrate {arguments[0]} stopped:\n{err.getvalue().strip()}", code)
    return out.getvalue()


def _migrate(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "migrate", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StopError(f"migrate {arguments[0]} stopped:\n{done.stderr.strip()}", done.returncode)
    return done.stdout
