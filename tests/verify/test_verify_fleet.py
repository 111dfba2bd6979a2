"""The fleet contract in a proof: a chart that prints its global values is explained by name, and hides no loss."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from migrate import pipeline
from migrate.console import SilentConsole
from migrate.doors.files import read_tree, write_tree
from migrate.model.estate import ReadRequest
from migrate.model.finding import Finding
from migrate.model.manifest import Manifest, ObjectKey
from migrate.model.report import ReleaseVerdict, Report, Verdict
from migrate.plan import load_plan
from migrate.proof import Proof, ProofOptions
from migrate.verify.compare import Change
from migrate.verify.fleet import comes_from_contract
from tests.conftest import write_files

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  annotations: {checksum: {{ toYaml .Values | sha256sum }}}
data:
  colour: {{ .Values.colour }}
  global: {{ toJson .Values.global | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-plain
data: {colour: {{ .Values.colour }}}
{{- if .Values.global.acme }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: of-the-fleet
{{- end }}
"""
ESTATE = {
    "10-base.yaml": """\
environments: {dev: {}, prod: {}}
---
releases:
  - {name: prints, namespace: web, chart: ./charts/prints, createNamespace: false, values: [{global: {ours: 1}}]}
  - {name: plain, namespace: web, chart: ./charts/plain, createNamespace: false}
""",
    "charts/prints/Chart.yaml": "apiVersion: v2\nname: prints\nversion: 1.0.0\n",
    "charts/prints/values.yaml": "colour: blue\n",
    "charts/prints/templates/a.yaml": TEMPLATE,
    "charts/plain/Chart.yaml": "apiVersion: v2\nname: plain\nversion: 1.0.0\n",
    "charts/plain/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n",
}
FLEET = "fleet: {org: acme, capabilities: {gpu: true}}\n"


class Run:
    """An estate converted into ``out``, and proven by the pipeline or by units."""

    def __init__(self, folder: Path, plan: str, *, units: bool) -> None:
        self.folder, self._units = write_files(folder, {f"helmfiles/{n}": t for n, t in ESTATE.items()}), units
        self._request = ReadRequest(str(folder / "helmfiles"))
        self._decided = load_plan(plan, "migration.yaml")
        self._console = SilentConsole(io.StringIO())
        self.out = folder / "out"
        reading = pipeline.read_and_render(
            self._request, decided=self._decided, clusters={}, console=self._console, jobs=1
        )
        tree = pipeline.build_tree(reading, pipeline.plan_releases(reading, self._decided), console=self._console)
        write_tree(self.out, tree)

    def report(self) -> Report:
        tree = read_tree(self.out)
        if self._units:
            with Proof(ProofOptions(1), self._console) as proof:
                read = proof.read(self._request, decided=self._decided, clusters={})
                return proof.prove(read, pipeline.plan_releases(read, self._decided), tree, self.out)
        read = pipeline.read_and_render(
            self._request, decided=self._decided, clusters={}, console=self._console, jobs=1
        )
        plan = pipeline.plan_releases(read, self._decided)
        return pipeline.prove(read, plan, tree, self.out, console=self._console, jobs=1)[0]

    def rows(self) -> dict[str, ReleaseVerdict]:
        return {row.id: row for row in self.report().releases if row.environment == "dev"}


@pytest.mark.parametrize("units", [False, True], ids=["pipeline", "units"])
@pytest.mark.parametrize("layout", ["environments", "shared"])
def test_what_prints_its_globals_is_explained_by_name_and_all_else_is_equal(
    layout: str, units: bool, tmp_path: Path
) -> None:
    run = Run(tmp_path, f"layout: {layout}\n{FLEET}", units=units)
    rows = run.rows()
    assert rows["web/plain"].verdict is Verdict.EQUAL
    row = rows["web/prints"]
    assert row.verdict is Verdict.EXPLAINED
    ((kind, count, note),) = [(e.kind, e.count, e.note) for e in row.explanations]
    assert (kind, count) == ("fleet-globals", 3)
    assert "metadata.annotations.checksum" in note
    assert "of-the-fleet" in note


def test_it_is_worth_a_look(tmp_path: Path) -> None:
    found: list[Finding] = [f for f in Run(tmp_path, FLEET, units=False).report().findings if f.code == "VF004"]
    assert {f.release for f in found} == {"web/prints"}
    assert "fleet.without" in found[0].hint


@pytest.mark.parametrize("units", [False, True], ids=["pipeline", "units"])
def test_a_loss_beside_it_stays_a_loss(units: bool, tmp_path: Path) -> None:
    run = Run(tmp_path, FLEET, units=units)
    (values,) = run.out.rglob("prints/values.yaml")
    values.write_text("colour: green\n")
    row = run.rows()["web/prints"]
    assert row.verdict is Verdict.DIFFERENT
    # The checksum of all values is no longer what the contract alone makes of it.
    assert {d.path for d in row.differences} == {"data.colour", "metadata.annotations.checksum"}
    assert [(e.kind, e.count) for e in row.explanations] == [("fleet-globals", 2)]


def test_another_contract_than_the_plan_s_is_a_difference(tmp_path: Path) -> None:
    run = Run(tmp_path, FLEET, units=False)
    base = run.out / "sources/values/_shared/globals/fleet/base.yaml"
    base.write_text(base.read_text().replace("gpu: true", "gpu: false"))
    assert run.rows()["web/prints"].verdict is Verdict.DIFFERENT


def test_a_release_without_it_is_equal(tmp_path: Path) -> None:
    run = Run(tmp_path, "fleet: {org: acme, without: [web/prints]}\n", units=False)
    assert {row.verdict for row in run.rows().values()} == {Verdict.EQUAL}


def test_without_a_contract_nothing_is_explained_by_it(tmp_path: Path) -> None:
    run = Run(tmp_path, FLEET, units=False)
    off = Run(tmp_path / "off", "", units=False)
    off.out = run.out
    assert off.rows()["web/prints"].verdict is Verdict.DIFFERENT


def change(path: str, name: str = "a") -> Change:
    key = ObjectKey("", "ConfigMap", "", name)
    return Change(Manifest(key, {}, ""), None, path)


@pytest.mark.parametrize(
    ("place", "left", "gone"),
    [
        ("data.a", None, False),
        ("data.a", (), True),
        ("data.a", ("data.a",), False),
        ("data.a", ("data",), False),
        ("data", ("data.a",), False),
        ("data.a", ("",), False),
        ("", ("data.a",), False),
        ("data.a", ("data.ab", "data.b"), True),
        ("list", ("list[0]",), False),
    ],
)
def test_a_place_is_explained_only_where_nothing_at_it_is_left(
    place: str, left: tuple[str, ...] | None, gone: bool
) -> None:
    others = None if left is None else tuple(change(path) for path in left)
    assert comes_from_contract(change(place), others) is gone
    elsewhere = None if left is None else tuple(change(path, "other") for path in left)
    assert comes_from_contract(change(place), elsewhere) is (left is not None)
