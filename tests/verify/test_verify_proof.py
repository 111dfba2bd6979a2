"""``verify`` by units: the verdicts of ``pipeline.prove``, whoever does the work and however it is cut."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from migrate import pipeline, proof
from migrate.console import SilentConsole
from migrate.doors.files import read_tree
from migrate.doors.workers import Lost, Threads
from migrate.errors import UsageError
from migrate.graph import build_graph, outlined
from migrate.model.estate import ReadRequest
from migrate.model.finding import Finding
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.report import Report, Verdict
from migrate.plan import load_plan
from migrate.proof import Proof, ProofOptions, Shard
from migrate.proof.units import RenderCommon, holds_no_secret, render_side
from migrate.read import read_estate
from migrate.render import KeptRenders
from tests.conftest import ROOT, Migrate, write_files

ENVIRONMENTS = ("dev",)


def console() -> SilentConsole:
    return SilentConsole(io.StringIO())


def plan_file() -> str:
    return (ROOT / "migration.yaml").read_text("utf-8")


def request_of(sample: Path) -> ReadRequest:
    return ReadRequest(str(sample / "helmfiles"), environments=ENVIRONMENTS)


def proven(sample: Path, options: ProofOptions = ProofOptions(2)) -> Report:  # noqa: B008 - frozen
    decided = load_plan(plan_file(), "migration.yaml")
    with Proof(options, console()) as run:
        read = run.read(request_of(sample), decided=decided, clusters={})
        plan = pipeline.plan_releases(read, decided)
        return run.prove(read, plan, read_tree(sample / "out"), sample / "out")


def by_pipeline(sample: Path) -> tuple[pipeline.Reading, Report]:
    decided = load_plan(plan_file(), "migration.yaml")
    read = pipeline.read_and_render(request_of(sample), decided=decided, clusters={}, console=console(), jobs=2)
    plan = pipeline.plan_releases(read, decided)
    folder = sample / "out"
    report, _, _ = pipeline.prove(read, plan, read_tree(folder), folder, console=console(), jobs=2)
    return read, report


def untimed(report: Report) -> Report:
    return replace(report, timings={})


def break_some(sample: Path) -> None:
    """One release different, one Application without a release, one chart that does not render."""
    components = sorted((sample / "out/environments/dev/components").rglob("component.yaml"))
    found = next(c for c in components if "namespace: observability" in c.read_text())
    found.write_text(found.read_text().replace("namespace: observability", "namespace: elsewhere"))
    stray = components[0].parent.parent / "stray"
    stray.mkdir()
    text = components[0].read_text()
    name = next(line for line in text.splitlines() if line.startswith("name:"))
    (stray / "component.yaml").write_text(text.replace(name, "name: stray"))
    chart = next(p for p in sorted((sample / "out/sources/charts").rglob("templates/*.yaml")))
    chart.write_text('{{ fail "on purpose" }}\n')


def not_drawn(findings: tuple[Finding, ...]) -> list[Finding]:
    """All but what is told of drawn values: a proof names the functions, a plan tries which value helps."""
    return [finding for finding in findings if finding.code not in ("RN001", "RN002")]


def test_units_give_what_the_pipeline_gives(sample: Path) -> None:
    break_some(sample)
    read, expected = by_pipeline(sample)
    assert {row.verdict for row in expected.releases} == set(Verdict)
    found = proven(sample)
    assert untimed(found) == untimed(expected)
    with Proof(ProofOptions(1), console()) as run:
        outlines = run.read(request_of(sample), decided=load_plan(plan_file(), "m"), clusters={})
    assert outlines.graph == read.graph
    assert not_drawn(outlines.findings) == not_drawn(read.findings)
    assert outlines.scopes == read.scopes


def test_processes_give_the_same(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_some(sample)
    expected = proven(sample)
    monkeypatch.setattr(proof, "LARGE_ESTATE", 0)
    assert untimed(proven(sample)) == untimed(expected)


def test_shards_are_disjoint_and_together_the_whole(sample: Path) -> None:
    break_some(sample)
    whole = proven(sample)
    parts = [proven(sample, ProofOptions(2, shard=Shard(number, 3))) for number in (1, 2, 3)]
    assert [part.shard for part in parts] == ["1/3", "2/3", "3/3"]
    assert all(part.releases for part in parts)
    joined = [row for part in parts for row in part.releases]
    assert len(joined) == len(whole.releases)
    assert {(r.environment, r.id, r.application): r for r in joined} == {
        (r.environment, r.id, r.application): r for r in whole.releases
    }
    assert sorted(map(str, (e for p in parts for e in p.excluded))) == sorted(map(str, whole.excluded))


def test_a_row_stays_in_its_shard_whatever_else_there_is() -> None:
    names = [f"web/app-{n}" for n in range(300)]
    held = {name: [n for n in range(1, 5) if Shard(n, 4).holds("dev", name)] for name in names}
    assert all(len(shards) == 1 for shards in held.values())
    assert {n for shards in held.values() for n in shards} == {1, 2, 3, 4}


def test_fail_fast_stops_at_the_first_and_counts_the_rest(sample: Path) -> None:
    break_some(sample)
    whole = proven(sample)
    bad = [row.verdict in (Verdict.DIFFERENT, Verdict.UNRENDERED) for row in whole.releases]
    stopped = proven(sample, ProofOptions(2, fail_fast=True))
    assert stopped.releases == whole.releases[: bad.index(True) + 1]
    assert stopped.unjudged == len(whole.releases) - len(stopped.releases) > 0


def test_the_command_line_says_its_shard_and_what_was_not_judged(sample: Path, migrate: Migrate) -> None:
    break_some(sample)
    outcome = migrate(sample, "verify", "--fail-fast", "--output", "json", "--quiet", "-e", "dev")
    assert outcome.code == 1
    assert json.loads(outcome.out)["unjudged"] > 0
    outcome = migrate(sample, "verify", "--shard", "2/3", "-e", "production", "--quiet")
    assert "(shard 2/3)" in outcome.out
    suites = Xml.fromstring(migrate(sample, "verify", "--output", "junit", "-e", "dev", "--quiet").out)
    assert {suites.get("failures"), suites.get("errors")} != {"0"}
    assert not (sample / ".migrate").exists() or outcome.code in (0, 1)
    for wrong in ("0/2", "3/2", "1", "a/b"):
        assert migrate(sample, "verify", "--shard", wrong).code == 2


def test_a_part_is_not_stored_as_the_verdict_on_the_tree(sample: Path, migrate: Migrate) -> None:
    migrate(sample, "verify", "--shard", "1/2", "--quiet", "-e", "dev")
    assert not (sample / ".migrate").exists()


def test_a_shard_needs_a_whole_plan(sample: Path, migrate: Migrate) -> None:
    (sample / "migration.yaml").unlink()
    outcome = migrate(sample, "verify", "--shard", "1/2", "-e", "dev")
    assert (outcome.code, "a shard needs a whole plan" in outcome.err) == (4, True)


def test_a_scheduler_that_is_not_there_is_wrong_usage(sample: Path, migrate: Migrate,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = migrate(sample, "verify", "--scheduler", "tcp://127.0.0.1:1")
    assert outcome.code == 2
    assert "helmfile-migrate[cluster]" in outcome.err


@pytest.mark.slow
def test_a_cluster_gives_the_same(sample: Path, scheduler: str) -> None:
    break_some(sample)
    expected = proven(sample)
    found = proven(sample, ProofOptions(2, scheduler))
    assert untimed(found) == untimed(expected)


class Losing(Threads):
    """Workers that lose the second unit of one kind, as if each process that had it died."""

    kind = ""

    def map(self, unit: Any, common: Any, tasks: Any, done: Any) -> Generator[Any, None, None]:
        for position, result in enumerate(super().map(unit, common, tasks, done)):
            yield Lost("it died twice") if unit.__name__ == self.kind and position == 1 else result


@pytest.mark.parametrize("kind", ["render_side", "judge_sides"])
def test_a_unit_that_is_lost_leaves_its_release_unrendered_with_the_reason(
    small: Path, monkeypatch: pytest.MonkeyPatch, migrate: Migrate, kind: str
) -> None:
    assert migrate(small, "convert").code == 0
    monkeypatch.setattr(Losing, "kind", kind)
    monkeypatch.setattr(proof, "Threads", Losing)
    outcome = migrate(small, "verify", "--output", "json")
    rows = json.loads(outcome.out)["releases"]
    assert (outcome.code, len(rows)) == (1, 4)
    assert [(row["verdict"], "it died twice" in row["reason"]) for row in rows].count(("unrendered", True)) == 1
    assert sum(row["verdict"] == "equal" for row in rows) == 3


def test_another_version_on_the_cluster_is_wrong_usage(small: Path) -> None:
    estate = read_estate(ReadRequest(str(small / "helmfiles")))
    common = RenderCommon(estate, {}, KeptRenders(), version="0")
    with pytest.raises(UsageError, match="and this is 0"):
        render_side(common, estate.releases[0])


def blobs(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_cache_changes_no_verdict_and_mends_itself(sample: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    options = ProofOptions(2, cache=str(cache))
    expected = untimed(proven(sample))
    assert untimed(proven(sample, options)) == expected
    stored = blobs(cache)
    assert stored
    for path in stored:
        path.write_bytes(b"damaged" * 9)
    assert untimed(proven(sample, options)) == expected
    assert {path: len(data) for path, data in blobs(cache).items()} == {p: len(d) for p, d in stored.items()}
    assert blobs(cache) == stored


def test_a_cache_never_holds_a_secret(small: Path, tmp_path: Path, migrate: Migrate) -> None:
    chart = {"helmfiles/charts/web/templates/secret.yaml":
             "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: {{ .Values.colour }}}\n"}  # fmt: skip
    write_files(small, chart)
    assert migrate(small, "convert").code == 0
    cache = tmp_path / "cache"
    assert migrate(small, "verify", "--cache", str(cache)).code == 0
    assert blobs(cache) == {}
    (small / "helmfiles/charts/web/templates/secret.yaml").unlink()
    assert migrate(small, "convert").code == 0
    assert migrate(small, "verify", "--cache", str(cache), "--secrets-dir", ".").code == 0
    assert blobs(cache) == {}
    assert migrate(small, "verify", "--cache", str(cache)).code == 0
    assert len(blobs(cache)) == 2


@pytest.mark.parametrize(
    ("kind", "text", "fine"),
    [
        ("ConfigMap", "data:\n  colour: red\n", True),
        ("ConfigMap", "data:\n  password: x8Gk2pQz9LmR4tWv\n", False),
        ("ConfigMap", "data:\n  key: AKIAIOSFODNN7EXAMPLE\n", False),
    ],
)
def test_what_looks_like_a_secret_is_not_stored(kind: str, text: str, fine: bool) -> None:
    rendered = Rendered((Manifest(ObjectKey("", kind, "", "a"), {"kind": kind}, text),))
    assert holds_no_secret(rendered) is fine


def test_an_interrupt_ends_every_process(sample: Path) -> None:
    """A real run with processes, interrupted as Ctrl-C does it: to the whole group."""
    start = (
        "import sys, migrate.proof; from migrate.cli import run\n"
        "migrate.proof.LARGE_ESTATE = 0\n"
        "if __name__ == '__main__': sys.exit(run(['verify', '--jobs', '2']))\n"
    )
    script = sample / "start.py"
    script.write_text(start)
    running = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=sample,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not (alive := of_session(running.pid)) or len(alive) < 4:
        assert running.poll() is None, "it ended before it had processes"
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    deadline = time.monotonic() + 30  # a worker of a worker ends when its pipe closes, a moment later
    while of_session(running.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert of_session(running.pid) == []


def of_session(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found


def test_the_graph_of_outlines_is_the_graph_of_the_objects(sample: Path) -> None:
    decided = load_plan(plan_file(), "migration.yaml")
    request = ReadRequest(str(sample / "helmfiles"))
    read = pipeline.read_and_render(request, decided=decided, clusters={}, console=console(), jobs=2)
    outlines = {key: outlined(rendered) for key, rendered in read.rendered.items()}
    assert build_graph(read.estate, outlines) == build_graph(read.estate, read.rendered)
    whole, left = (sum(len(str(m.document)) for r in side.values() for m in r.manifests)
                   for side in (read.rendered, outlines))  # fmt: skip
    assert left < whole / 2
