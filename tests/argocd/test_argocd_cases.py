"""Every case recorded from a running Argo CD 3.3.0, through the command line; README.md tells of the format."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from migrate.expand import load_appset, reconcile, while_rolling
from migrate.model.application import Expansion, ExpansionError, GeneratedApplication
from migrate.model.json import merge_patched
from migrate.model.manifest import Manifest
from migrate.render import render_application
from tests.conftest import Migrate, Outcome

HERE = Path(__file__).parent
REPOSITORY = "https://git.example/case.git"
CASES = sorted(path.parent for folder in ("cases", "own") for path in (HERE / folder).glob("*/case.yaml"))
EXPANSIONS = [case for case in CASES if (case / "appset.yaml").exists()]
RENDERINGS = [case for case in CASES if (case / "application.yaml").exists()]
NOT_SYNCED = ("PreDelete", "PostDelete")
"""Phases of a deletion: a sync does not know them."""


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def expected(case: Path, name: str) -> Any:
    return load(case / "expected" / name)


def name_of(case: Path) -> str:
    return case.name


def test_no_case_is_lost() -> None:
    assert len(EXPANSIONS) >= 198
    assert len(RENDERINGS) >= 24
    assert sorted(EXPANSIONS + RENDERINGS) == CASES


# ---------------------------------------------------------------- expansion


@pytest.mark.parametrize("case", EXPANSIONS, ids=name_of)
def test_expansion(case: Path, migrate: Migrate, tmp_path: Path) -> None:
    about = load(case / "case.yaml")
    outcome = expand(case, about, migrate, tmp_path)
    answer = json.loads(outcome.out)
    assert outcome.code == (1 if about["expect"] == "error" else 0)
    live = after_reconciles(case, answer)
    assert [live[name] for name in sorted(live)] == expected(case, "applications.yaml")
    check_errors(case, about, answer["errors"])
    if (case / "expected/steps.yaml").exists():
        assert answer["steps"] == expected(case, "steps.yaml")
        rolling = [
            stored(while_rolling(one) if one["metadata"]["name"] in answer["steps"] else one)
            for one in answer["applications"]
        ]
        assert rolling == expected(case, "applications-rolling.yaml")


def expand(case: Path, about: Any, migrate: Migrate, folder: Path) -> Outcome:
    """``migrate expand`` on the case's ApplicationSet, with the repository, clusters and projects that it tells of."""
    clusters = folder / "clusters.json"
    clusters.write_text(json.dumps(about.get("clusters", [])), encoding="utf-8")
    globbing = ["--new-git-file-globbing"] if about["options"]["newGlobbing"] else []
    return migrate(
        folder,
        *("expand", "--appset", str(case / "appset.yaml"), "--output", "json", *globbing),
        *("--repo", f"{REPOSITORY}={repository(case, folder)}"),
        *("--clusters", str(clusters), "--projects", ",".join(about.get("projects", []))),
    )


def repository(case: Path, folder: Path) -> Path:
    """The case's tree; one that the case lacks is empty."""
    if (case / "repo").exists():
        return case / "repo"
    empty = folder / "empty"
    empty.mkdir()
    return empty


def after_reconciles(case: Path, answer: Any) -> dict[str, Any]:
    """What lives in the cluster: the generated, laid over what was there before and over what somebody changed."""
    appset = load_appset((case / "appset.yaml").read_text(encoding="utf-8"))
    expansion = Expansion(
        tuple(GeneratedApplication("", "", one["metadata"]["name"], one) for one in answer["applications"]),
        tuple(ExpansionError(error["application"], error["message"]) for error in answer["errors"]),
    )
    existing = load(case / "existing.yaml")["items"] if (case / "existing.yaml").exists() else []
    live = reconcile(appset, expansion, {one["metadata"]["name"]: one for one in existing})
    if (case / "drift.yaml").exists():
        changed = {name: merge_patched(live[name], patch) for name, patch in load(case / "drift.yaml").items()}
        owned = frozenset(one.name for one in expansion.applications)
        live = reconcile(appset, expansion, {**live, **changed}, owned)  # type: ignore[dict-item]
    return {name: stored(one) for name, one in live.items()}


def stored(application: Any) -> Any:
    """Of an Application what the records show: no head, no namespace, no empty metadata."""
    kept = ("name", "labels", "annotations", "finalizers")
    metadata = {key: application["metadata"][key] for key in kept if application["metadata"].get(key)}
    return {"metadata": metadata, "spec": application["spec"]}


def check_errors(case: Path, about: Any, errors: list[dict[str, str]]) -> None:
    """It fails where Argo CD failed, for the same reason, and for the same Applications."""
    facts = about.get("error", {})
    recorded = case / "expected/error.txt"
    assert bool(errors) == recorded.exists() == (about["expect"] == "error") == bool(facts)
    said = "\n".join(error["message"] for error in errors)
    for fact in facts.get("both", []):
        assert fact in recorded.read_text(encoding="utf-8")
        assert fact in said
    for fact in facts.get("ours", []):
        assert fact in said
    withheld = facts.get("withheld", {})
    assert [error["application"] for error in errors] == (sorted(withheld) or [""] * len(errors))
    for error in errors:
        assert withheld.get(error["application"], "") in error["message"]


# ---------------------------------------------------------------- rendering


@pytest.mark.parametrize("case", RENDERINGS, ids=name_of)
def test_rendering(case: Path, migrate: Migrate, tmp_path: Path) -> None:
    if "kustomize" in case.name and not shutil.which("kustomize"):
        pytest.skip("there is no kustomize on PATH, and Argo CD renders such a source with it")
    about = load(case / "case.yaml")
    manifests = render(case, migrate, tmp_path)
    if (case / "expected/manifests.yaml").exists():
        assert isinstance(manifests, list), manifests
        assert sorted_objects(manifests) == expected(case, "manifests.yaml")
    targets = render(case, migrate, tmp_path, "--targets")
    if about["expect"] == "error":
        for fact in about["error"]["both"]:
            assert fact in (case / "expected/error.txt").read_text(encoding="utf-8")
            assert fact in str(targets)
        return
    assert sorted_objects(masked(targets)) == sorted_objects(masked(expected(case, "targets.yaml")))
    assert sync_tasks(case) == expected_tasks(case)


def render(case: Path, migrate: Migrate, folder: Path, *more: str) -> Any:
    """``migrate render --application``: its objects, or what it says went wrong."""
    outcome = migrate(
        folder,
        *("render", "--application", str(case / "application.yaml"), "--output", "json"),
        *("--repo", f"{REPOSITORY}={case / 'repo'}", "--kube-version", "1.34.0", *more),
    )
    return json.loads(outcome.out)["manifests"] if outcome.code == 0 else outcome.err


def sorted_objects(objects: Any) -> Any:
    def identity(one: Any) -> tuple[str, ...]:
        metadata = one["metadata"]
        parts = (one["apiVersion"], one["kind"], metadata.get("namespace", ""), metadata.get("name", ""))
        return (*parts, json.dumps(one, sort_keys=True))

    return sorted(objects, key=identity)


def masked(objects: Any) -> Any:
    """The controller hides the data of Secrets: what is left to compare are the keys."""
    return [
        {**one, "data": dict.fromkeys(one["data"], "++++++++")} if one["kind"] == "Secret" and "data" in one else one
        for one in objects
    ]


Task = tuple[str, str, str, str, str, str]


def sync_tasks(case: Path) -> list[Task]:
    """What a sync applies and in which phase, as ``verify`` sees it."""
    application = load(case / "application.yaml")
    rendered = render_application(application, {REPOSITORY: str(case / "repo")}, kube_version="1.34.0")
    namespace = application["spec"]["destination"].get("namespace", "")
    return sorted(
        _task(manifest, phase, namespace)
        for manifest in rendered.manifests
        for phase in manifest.phases or ("",)
        if phase not in NOT_SYNCED
    )


def _task(manifest: Manifest, phase: str, namespace: str) -> Task:
    key = manifest.key
    return (phase or "Sync", phase, key.group, key.kind, key.namespace or namespace, key.name)


def expected_tasks(case: Path) -> list[Task]:
    fields = ("syncPhase", "hookType", "group", "kind", "namespace", "name")
    found = [tuple(task.get(field, "") for field in fields) for task in expected(case, "sync.yaml")["tasks"]]
    return sorted(found)
