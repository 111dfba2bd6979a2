"""Carried + dropped = present; and the tree as a whole: sealed, the same every time, every file with its origin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.doors.files import MANIFEST_PATH, load_provenance
from migrate.emit.ledger import _COMPONENT, _DROPPED, _MANIFESTS, _PRESENCE, _RESOLVED
from migrate.model.estate import Release, ValuesKind
from migrate.model.plan import Disposition
from tests.emit.emit_nouns import (
    codes,
    component,
    emit,
    make_key,
    make_layer,
    make_manifest,
    make_plan,
    make_release,
    make_rendered,
    plan_release,
)

EVERY_KEY = sorted({*_COMPONENT, *_DROPPED, *_MANIFESTS, *_PRESENCE, *_RESOLVED, "trackMode", "neverHeardOf"})


def test_every_key_of_every_release_is_carried_or_dropped_once(tmp_path: Path) -> None:
    keys = tuple(make_key(name, None if name in _MANIFESTS else "x") for name in EVERY_KEY)
    releases = [
        make_release("deployed", keys=keys),
        make_release("parked", installed=False, keys=keys),
        make_release("patched", json_patches=({"target": {}},), keys=keys),
        make_release("argocd", keys=keys),
        make_release("lost", chart_path=None, keys=keys),
        make_release("deployed", "production", keys=keys),
    ]
    plans = [plan_release(r) for r in releases[:3]]
    plans += [plan_release(releases[3], disposition=Disposition.BOOTSTRAP), plan_release(releases[4])]
    ledger = emit(tmp_path, releases, plan=make_plan(*plans)).ledger
    expected = [(r.environment, r.id, key.name) for r in releases for key in r.keys]
    assert [(entry.environment, entry.release, entry.key) for entry in ledger] == expected
    assert all(entry.target for entry in ledger)
    assert all(
        entry.advice for entry in ledger if not entry.carried and entry.release in ("data/deployed", "data/patched")
    )


def test_what_nobody_knows_is_dropped_and_said(tmp_path: Path) -> None:
    (entry, _) = emit(tmp_path, [make_release(keys=(make_key("neverHeardOf", 1),))]).ledger
    assert (entry.carried, entry.target) == (False, "migrate does not know this key")


@pytest.mark.parametrize(("name", "code"), [("hooks", "EM040"), ("postRenderer", "EM041")])
def test_keys_that_did_something_are_told_once_over_all_environments(tmp_path: Path, name: str, code: str) -> None:
    keys = (make_key(name, [{"events": ["presync"]}]),)
    assert codes(emit(tmp_path, [make_release(keys=keys), make_release("redis", "production", keys=keys)])) == [code]
    assert codes(emit(tmp_path, [make_release(keys=(make_key(name, []),))])) == []


def test_the_ledger_says_that_empty_layers_were_left_out(tmp_path: Path) -> None:
    release = make_release(keys=(make_key("values", [{}]),), values=(make_layer("{}\n", "", kind=make_layer("").kind),))
    assert emit(tmp_path, [release]).ledger[0].target == "component.yaml: valueFiles"
    release = make_release(keys=release.keys, values=(make_layer("{}\n", "", ValuesKind.INLINE),))
    assert emit(tmp_path, [release]).ledger[0].target == "component.yaml: valueFiles (1 empty layer left out)"


def test_secrets_in_keys_are_masked_in_the_ledger(tmp_path: Path) -> None:
    release = make_release(keys=(make_key("values", [{"password": "xK9vQ2mZ7pL4wT8n"}]),))
    assert emit(tmp_path, [release]).ledger[0].value == [{"password": "***"}]


def test_every_file_says_where_it_came_from_and_is_sealed(tmp_path: Path) -> None:
    release = make_release(values=(make_layer("a: 1\n"),))
    tree = emit(tmp_path, [release, make_release("jobs")])
    own = {path for path in tree.files if not path.startswith(".migrate/")}
    assert set(load_provenance(tree)) == own
    assert set(json.loads(tree.text(MANIFEST_PATH))["files"]) == {
        *own,
        ".migrate/ledger.json",
        ".migrate/provenance.json",
    }
    assert load_provenance(tree) == dict(tree.provenance)


def test_the_same_input_gives_the_same_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    script = (
        "import hashlib, sys; from pathlib import Path; from tests.emit.emit_nouns import *\n"
        "layers = (make_layer('a: 1\\n'), make_layer('b: 1\\n', 'values/dev.yaml'))\n"
        "hook = {'helm.sh/hook': 'test'}\n"
        "jobs = [make_manifest('Job', f'j{n}', group='batch', annotations=hook) for n in range(3)]\n"
        "roles = [make_manifest(f'Kind{n}', 'x', namespace='', group='g') for n in range(9)]\n"
        "releases = [make_release('a', values=layers), make_release('b')]\n"
        "releases.append(make_release('a', 'production', values=layers))\n"
        "plans = [plan_release(r, project='platform') for r in releases[:2]]\n"
        "renders = {'a': make_rendered(*roles), 'b': make_rendered(*jobs)}\n"
        "tree = emit(Path(sys.argv[1]), releases, plan=make_plan(*plans), rendered=renders)\n"
        "print(hashlib.sha256(repr([(p, tree.files[p]) for p in tree.files]).encode()).hexdigest(), tree.findings)\n"
    )
    outputs = set()
    for seed in ("0", "1", "42"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        arguments = [sys.executable, "-c", script, str(tmp_path)]
        outputs.add(subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(outputs) == 1


def test_charts_renders_and_components_do_not_meet_by_accident(tmp_path: Path) -> None:
    """A release called as another's rendered chart would be: both must be there."""
    one = make_release("jobs", json_patches=({"target": {}},))
    other = make_release("jobs-rendered")
    tree = emit(tmp_path, [one, other], rendered={"jobs": make_rendered(make_manifest("ConfigMap", "c"))})
    paths = [component(tree, f"data/{name}")["chart"]["path"] for name in ("jobs", "jobs-rendered")]
    assert paths == ["sources/charts/data/jobs-rendered", "sources/charts/data/jobs-rendered-1.2.3"]
    assert all(f"{path}/Chart.yaml" in tree.files for path in paths)


def test_a_release_whose_namespace_names_its_environment_has_one_folder(tmp_path: Path) -> None:
    def release(environment: str, text: str) -> Release:
        layers = (make_layer(text), make_layer("same: 1\n", "values/same.yaml"))
        return make_release(environment=environment, namespace=f"data-{environment}", values=layers)

    releases = [release("dev", "a: 1\n"), release("production", "a: 2\n")]
    plans = [plan_release(releases[0], pins={"a": 1}), plan_release(releases[1], pins={"a": 2})]
    tree = emit(tmp_path, releases, plan=make_plan(*plans))
    assert component(tree, environment="production")["valueFiles"] == [
        "sources/values/production/data/redis/10-redis.yaml",
        "sources/values/_shared/data/redis/20-same.yaml",
        "sources/values/production/data/redis/30-pins.yaml",
    ]
    patched = [replace(r, json_patches=({"target": {}},)) for r in releases]
    tree = emit(tmp_path, patched, plan=make_plan(*plans))
    assert "sources/charts/data/redis-rendered/manifests/dev.yaml" in tree.files
