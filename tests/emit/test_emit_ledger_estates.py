"""Carried + dropped = present, for every estate of the tests: the recorded ones of helmfile and the small ones."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.yaml import compose_yaml, plain_value
from migrate.emit import emit_tree, ledger_json
from migrate.emit.book import LEDGER_PATH
from migrate.errors import MigrateError
from migrate.graph import build_graph
from migrate.model.estate import Estate, ReadRequest
from migrate.model.manifest import Rendered
from migrate.model.tree import FileTree
from migrate.plan import propose_plan
from migrate.read import read_estate
from tests.conftest import ROOT, SMALL, write_files
from tests.helmfile.walker import Case, cases

RECORDED = [case for case in (*cases("cases"), *cases("own")) if case.exit == 0]


def read_case(case: Case, folder: Path) -> Estate | None:
    """The estate of a case in the environment that it was recorded in; None where it holds none (other commands)."""
    estate = folder / "estate"
    shutil.copytree(case.folder / "input", estate)
    given: dict[str, tuple[str, ...]] = {}
    for name, value in zip(case.args, case.args[1:], strict=False):
        given[name] = (*given.get(name, ()), value)

    def option(*names: str) -> tuple[str, ...]:
        return tuple(value for name in names for value in given.get(name, ()))

    named = option("-f", "--file")
    request = ReadRequest(
        path=str(estate / named[0] if named else estate),
        environments=option("-e", "--environment"),
        namespace="".join(option("-n", "--namespace")),
        state_values_set=option("--state-values-set"),
        state_values_files=tuple(str(estate / name) for name in option("--state-values-file")),
        set_env=case.environ,
        secrets_dir=str(estate),
        allow_exec=True,
    )
    try:
        return read_estate(request)
    except MigrateError:
        return None


def emitted(estate: Estate) -> FileTree:
    """The tree of an estate whose charts nobody rendered: what becomes of keys does not depend on manifests alone."""
    rendered = {(release.environment, release.id): Rendered() for release in estate.releases}
    graph, _ = build_graph(estate, rendered)
    return emit_tree(estate, propose_plan(estate, graph, None, rendered), rendered)


def assert_whole(estate: Estate, tree: FileTree) -> None:
    present = Counter((r.environment, r.id, key.name) for r in estate.releases for key in r.keys)
    told = Counter((entry.environment, entry.release, entry.key) for entry in tree.ledger)
    assert told == present
    for entry in tree.ledger:
        assert entry.target, entry
        assert entry.carried or entry.advice, entry
    summary = json.loads(tree.text(LEDGER_PATH))["summary"]
    assert summary["present"] == sum(present.values()) == summary["carried"] + summary["dropped"]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_carried_and_dropped_are_all_that_a_recorded_estate_has(case: Case, tmp_path: Path) -> None:
    estate = read_case(case, tmp_path)
    if estate is None:
        pytest.skip("it is read with options of its own")
    tree = emitted(estate)
    assert_whole(estate, tree)
    if case.command == "build":
        assert_all_of_build(case, tree)


def assert_all_of_build(case: Case, tree: FileTree) -> None:
    """What helmfile itself says that a release has is in the ledger, so that nothing was lost while reading."""
    told: dict[str, set[str]] = {}
    for entry in tree.ledger:
        told.setdefault(entry.release.rpartition("/")[2], set()).add(entry.key)
    for node in compose_yaml((case.folder / "expected/build.yaml").read_text(encoding="utf-8")):
        document: Any = plain_value(node)
        for release in (document or {}).get("releases") or ():
            written = {key for key, value in release.items() if value not in (None, "", [], {})}
            if release["name"] in told:
                assert written - told[release["name"]] - _MADE == set(), release["name"]


_MADE: set[str] = set()
"""Keys that ``helmfile build`` adds of its own."""


def test_most_recorded_estates_are_read(tmp_path: Path) -> None:
    read = sum(read_case(case, tmp_path / case.name) is not None for case in RECORDED)
    assert read >= len(RECORDED) * 0.9


@pytest.mark.parametrize("name", ["sample", "small"])
def test_and_all_that_the_others_have(name: str, tmp_path: Path) -> None:
    if name == "small":
        write_files(tmp_path, SMALL)
    root = ROOT if name == "sample" else tmp_path
    estate = read_estate(ReadRequest(path=str(root / "helmfiles")))
    tree = emitted(estate)
    assert tree.ledger
    assert_whole(estate, tree)
    assert tree.text(LEDGER_PATH) == ledger_json(tree.ledger)
