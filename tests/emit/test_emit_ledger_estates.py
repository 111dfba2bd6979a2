"""Carried + dropped = present in every layout, for every estate of the tests, recorded or written."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
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
from tests.cli.planted import planted
from tests.cli.test_definitions_apart import FILES as DEFINITIONS
from tests.conftest import ROOT, SMALL, write_files
from tests.emit.wrapper_estate import FILES as WRAPPED
from tests.helmfile.walker import Case, cases

RECORDED = [*cases("cases"), *cases("own")]
LAYOUTS = ("environments", "shared", "kustomize", "plugin")


def read_case(case: Case, folder: Path) -> Estate | None:
    """The estate of a case in the environment that it was recorded in; None where it cannot be read."""
    estate = folder / "estate"
    shutil.copytree(case.folder / "input", estate)
    given: dict[str, tuple[str, ...]] = {}
    words = [word for argument in case.args for word in argument.split("=", 1 if argument.startswith("-") else 0)]
    for name, value in pairwise(words):
        given[name] = (*given.get(name, ()), value)

    def option(*names: str, variable: str = "") -> tuple[str, ...]:
        found = tuple(value for name in names for value in given.get(name, ()))
        return found or ((case.environ[variable],) if variable in case.environ else ())

    named = option("-f", "--file", variable="HELMFILE_FILE_PATH")
    request = ReadRequest(
        path=str(estate / named[0] if named else estate),
        environments=option("-e", "--environment", variable="HELMFILE_ENVIRONMENT")[-1:],
        namespace="".join(option("-n", "--namespace", variable="HELMFILE_NAMESPACE")),
        state_values_set=option("--state-values-set"),
        state_values_files=tuple(str(estate / name) for name in option("--state-values-file")),
        set_env=case.environ,
        secrets_dir=str(estate),
        allow_exec=True,
        helmfile_version=1,
    )
    # All releases, where the estate can be read without what selects some of them.
    for selectors in ((), option("-l", "--selector")):
        with suppress(MigrateError):
            return read_estate(replace(request, selectors=selectors))
    return None


def emitted(estate: Estate, layout: str) -> FileTree:
    """The tree of an estate whose charts nobody rendered: what becomes of keys does not depend on manifests alone."""
    rendered = {(release.environment, release.id): Rendered() for release in estate.releases}
    graph, _ = build_graph(estate, rendered)
    return emit_tree(estate, replace(propose_plan(estate, graph, None, rendered), layout=layout), rendered)


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
        pytest.skip("helmfile refuses it, and so does migrate")
    for layout in LAYOUTS:
        tree = emitted(estate, layout)
        assert_whole(estate, tree)
        if case.command == "build" and case.exit == 0:
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


def test_every_estate_that_helmfile_takes_is_read(tmp_path: Path) -> None:
    good = [case for case in RECORDED if case.exit == 0]
    assert len(good) > 100
    assert [case.name for case in good if read_case(case, tmp_path / case.name) is None] == []


def test_every_estate_that_lies_in_the_tests_is_a_recorded_one() -> None:
    """A folder with an estate that is added elsewhere has to be added here, too."""
    state = re.compile(r"^(releases|helmfiles):", re.MULTILINE)
    text_files = (path for path in (ROOT / "tests").rglob("*") if path.suffix in (".yaml", ".yml", ".gotmpl", ".hcl"))
    found = {path for path in text_files if state.search(path.read_text(encoding="utf-8", errors="replace"))}
    inputs = tuple(f"{case.folder / 'input'}/" for case in RECORDED)
    answers = re.compile(r"/expected/")
    assert [path for path in found if not str(path).startswith(inputs) and not answers.search(str(path))] == []
    assert len(found) > len(RECORDED) * 0.9


WRITTEN = {
    "small": SMALL,
    "definitions": {f"helmfiles/{name}": text for name, text in DEFINITIONS.items()},
    "planted": {f"helmfiles/{name}": text for name, text in planted().files.items()},
    "wrapped": WRAPPED,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["sample", *WRITTEN])
def test_and_all_that_the_others_have(name: str, layout: str, tmp_path: Path) -> None:
    write_files(tmp_path, WRITTEN.get(name, {}))
    root = ROOT if name == "sample" else tmp_path
    estate = read_estate(ReadRequest(path=str(root / "helmfiles")))
    tree = emitted(estate, layout)
    assert tree.ledger
    assert_whole(estate, tree)
    assert tree.text(LEDGER_PATH) == ledger_json(tree.ledger)
