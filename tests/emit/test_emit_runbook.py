"""The runbook: every command in it fits the tree in which it lies."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.files import read_tree
from migrate.doors.yaml import load_yaml
from migrate.expand import expand_tree
from migrate.model.estate import Placeholder
from migrate.model.finding import SourceLocation
from migrate.model.plan import Disposition
from migrate.model.tree import FileTree
from tests.conftest import ROOT, Migrate
from tests.emit.emit_nouns import (
    document,
    emit,
    make_layer,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)

_FREE = {"NAME", "COMMIT", "CREDENTIALS.yaml", "KEYFILE", "SERVER"}
"""Words that a person fills in."""


def blocks(tree: FileTree) -> list[str]:
    """The shell of the runbook, a text a block, without the indentation of its list."""
    found = re.findall(r"^( *)```sh\n(.*?)^\1```$", tree.text("README.md"), re.MULTILINE | re.DOTALL)
    return ["".join(line.removeprefix(indent) for line in text.splitlines(keepends=True)) for indent, text in found]


def commands(tree: FileTree) -> Iterator[list[str]]:
    for block in blocks(tree):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in ("kubectl", "argocd", "helmfile", "git") and "$" not in line.replace("$TOKEN", ""):
                yield words


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1] if name in words else ""


def documents(tree: FileTree) -> Iterator[Any]:
    for path in tree.paths():
        if re.fullmatch(r"environments/[^/]+/argocd/.*\.yaml", path):
            yield load_yaml(tree.text(path))


def check_commands(tree: FileTree, environments: tuple[str, ...]) -> int:
    """How many commands were checked against the tree."""
    known = list(documents(tree))
    roots = {one["metadata"]["name"] for one in known if one.get("kind") == "Application"}
    applications = expand_tree(tree, environments).applications
    names = {one.name for one in applications} | roots
    made: list[Any] = [one.manifest for one in applications]
    labels = [one["metadata"]["labels"] for one in made]
    records = {
        (component["namespace"], component["releaseName"])
        for path in tree.paths()
        if path.endswith("/component.yaml")
        for component in [document(tree, path)]
    }
    checked = 0
    for words in commands(tree):
        file = option(words, "-f") or option(words, "--patch-file")
        if file and file not in _FREE:
            named = document(tree, file)
            if "patch" in words:
                kind = words[words.index("patch") + 1]
                assert named["kind"].lower() == kind
                assert named["metadata"]["name"] in words
        selector = option(words, "-l")
        if words[0] == "argocd" and words[1] == "app":
            if selector:
                key, _, value = selector.partition("=")
                assert any(one[key] == value for one in labels), selector
            elif words[2] != "list":
                assert words[3] in names, words
        if words[:2] == ["kubectl", "-n"] and "delete" in words:
            if "secret" in words:
                assert (words[2], selector.removeprefix("owner=helm,name=")) in records, words
            else:
                assert words[-1] in roots | _FREE, words
        if "patch" in words and words[words.index("patch") + 1] == "secret":
            secrets = {one["metadata"]["name"] for one in known if one.get("kind") == "Secret"}
            assert words[words.index("secret") + 1] in secrets
        checked += 1
    return checked


def test_every_command_of_the_sample_fits_its_tree() -> None:
    tree = read_tree(ROOT / "out")
    assert check_commands(tree, ("local", "dev", "staging", "production")) > 70


@pytest.mark.parametrize("handover", ["manual", "done"])
@pytest.mark.parametrize("url", ["https://git.example.com/team/gitops.git", "git@git.example.com:team/gitops.git"])
def test_every_command_of_a_small_tree_fits_it(tmp_path: Path, handover: str, url: str) -> None:
    releases = [make_release(), make_release("kafka", "production"), make_release("redis", "production")]
    plans = [plan_release(release) for release in releases[:2]]
    tree = emit(tmp_path, releases, plan=replace(make_plan(*plans, handover=handover), repo_url=url))
    assert check_commands(tree, ("dev", "production")) > 12
    assert f"repocreds add {url.rpartition('/')[0]} " in tree.text("README.md")


def test_a_wrong_command_is_seen(tmp_path: Path) -> None:
    """The check above can fail: a file, a name, a label or a release that the tree does not have."""
    tree = emit(tmp_path, [make_release()])
    for old, new in [
        ("parent/apps-root-dev.yaml", "parent/apps-root.yaml"),
        ("app sync redis", "app sync rediss"),
        ("-l rollout-phase=250", "-l rollout-phase=251"),
        ("owner=helm,name=redis", "owner=helm,name=other"),
    ]:
        text = tree.text("README.md")
        assert old in text, old
        wrong = FileTree({**tree.files, "README.md": text.replace(old, new).encode()})
        with pytest.raises((AssertionError, KeyError)):
            check_commands(wrong, ("dev",))


@pytest.mark.parametrize("handover", ["manual", "done"])
def test_every_block_is_shell(tmp_path: Path, handover: str) -> None:
    tree = emit(tmp_path, [make_release()], plan=make_plan(plan_release(make_release()), handover=handover))
    found = blocks(tree)
    assert len(found) > 6
    for block in found:
        done = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_the_loop_over_marks_names_what_has_none(tmp_path: Path) -> None:
    """Run with a kubectl that answers from two files: one object is marked, one is another's, one has nothing."""
    tree = emit(tmp_path, [make_release()])
    (block,) = [block for block in blocks(tree) if "tracking-id" in block]
    listed = "ConfigMap.v1. a data\\nDeployment.v1.apps b data\\nClusterRole.v1.rbac.authorization.k8s.io c \\n"
    fake = f"""\
kubectl() {{
  case "$*" in
    *"get application redis "*) printf '{listed}' ;;
    *"-n data get ConfigMap.v1. a "*) printf 'redis:/ConfigMap:data/a' ;;
    *"-n data get Deployment.v1.apps b "*) printf 'redis-other:apps/Deployment:data/b' ;;
    *"get ClusterRole.v1.rbac.authorization.k8s.io c "*) ;;
    *) echo "unexpected: $*" ;;
  esac
}}
"""
    done = subprocess.run(["bash"], input=fake + block, text=True, capture_output=True, check=True)
    assert done.stdout.splitlines() == [
        "not marked: Deployment.v1.apps data/b",
        "not marked: ClusterRole.v1.rbac.authorization.k8s.io /c",
    ]


def test_the_hooks_that_run_again_are_named(tmp_path: Path) -> None:
    hook, test = (
        make_manifest("Job", name, group="batch", annotations={"helm.sh/hook": words})
        for name, words in (("migrate", "pre-upgrade"), ("try", "test"))
    )
    plain = make_manifest("ConfigMap", "c")
    text = emit(tmp_path, [make_release()], rendered={"redis": make_rendered(hook, test, plain)}).text("README.md")
    assert "| redis | Job.batch data/migrate | pre-upgrade |" in text
    assert "data/try" not in text


def test_what_holds_data_is_named_with_what_a_deletion_takes(tmp_path: Path) -> None:
    claim = make_manifest("PersistentVolumeClaim", "c")
    text = emit(tmp_path, [make_release()], rendered={"redis": make_rendered(claim)}).text("README.md")
    assert "| redis | PersistentVolumeClaim |" in text
    assert "That deletes nothing" in text
    assert "`removal: delete` in migration.yaml" in text


def test_placeholders_are_named(tmp_path: Path) -> None:
    source = SourceLocation("values/redis.yaml", 2)
    layer = make_layer("a: x\n", placeholders=(Placeholder("admin.password", "ref+vault://x", "x", source),))
    text = emit(tmp_path, [make_release(values=(layer,))]).text("README.md")
    assert "| redis | `admin.password` | `ref+vault://x` | dev |" in text


def test_a_chart_that_brings_argo_cd_owns_its_settings(tmp_path: Path) -> None:
    argocd = make_release("argocd", namespace="argocd")
    redis = make_release()
    plan = make_plan(replace(plan_release(argocd), disposition=Disposition.BOOTSTRAP), plan_release(redis))
    text = emit(tmp_path, [argocd, redis], plan=plan).text("README.md")
    assert "helmfile -e dev -l name=argocd sync" in text
    assert "add `environments/dev/argocd/ops/argocd-values.yaml` to the values of that release" in text
    assert "patch configmap" not in text
    other = emit(tmp_path / "other", [redis]).text("README.md")
    assert "--patch-file environments/dev/argocd/ops/argocd-cm.yaml" in other
    assert "helmfile -e" not in other


def test_a_local_repository_needs_no_credentials(tmp_path: Path) -> None:
    plan = replace(make_plan(plan_release(make_release())), repo_url="file:///srv/gitops")
    text = emit(tmp_path, [make_release()], plan=plan).text("README.md")
    assert "it needs no credentials" in text
    assert "repocreds" not in text


@pytest.mark.parametrize("layout", ["environments", "kustomize", "plugin"])
def test_the_runbook_names_the_estate_alike_from_every_folder(migrate: Migrate, small: Path, layout: str) -> None:
    texts = set()
    places = [(".", "helmfiles"), ("helmfiles/values", ".."), ("helmfiles", "."), (".", str(small / "helmfiles"))]
    for number, (start, estate) in enumerate(places):
        out = small / f"out{number}"
        options = (
            "--layout",
            layout,
            "--accept-lost-order",
            "--out",
            str(out),
            "--repo-url",
            "https://x.example/y.git",
        )
        assert migrate(small / start, "convert", estate, *options).code == 0
        texts.add((out / "README.md").read_text())
    (text,) = texts
    assert "the helmfiles in `helmfiles` applied" in text
