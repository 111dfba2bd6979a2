"""`cutover`, `retire` and `status` as a person runs them, from the first fence to an empty folder of helmfiles."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.commit import cutover_order, fence_releases, remove_releases
from migrate.doors.journal import change_files, finish_changes
from migrate.errors import RefusedError
from migrate.model.estate import Estate, ReadRequest, Release
from migrate.model.graph import Edge, ReleaseGraph
from migrate.plan import load_plan
from migrate.read import read_estate
from tests.conftest import ROOT, Migrate, git, write_files

MORE = """\
environments:
  dev: {}
  prod: {}
---
releases:
  - name: extra
    namespace: web
    chart: ./charts/web
    installed: {{ eq .Environment.Name "dev" }}
    values:
      - colour: {{ .Environment.Name }}
"""
LAYERS = ("10-base", "20-more")


@pytest.fixture
def estate(small: Path, migrate: Migrate) -> Path:
    """Two layers, planned, converted, verified and committed."""
    write_files(small, {"helmfiles/20-more.yaml.gotmpl": MORE, ".gitignore": ".migrate\n"})
    for command in (("plan",), ("convert",), ("verify",)):
        done = migrate(small, *command, "--quiet")
        assert done.code == 0, done.err
    git(small, "add", "-A")
    git(small, "commit", "-q", "-m", "start")
    return small


def status(estate: Path, migrate: Migrate) -> dict[str, dict[str, object]]:
    shown = json.loads(migrate(estate, "status", "--output", "json").out)
    return {row["layer"]: row for row in shown["layers"]}


def test_from_the_first_fence_to_an_empty_folder(estate: Path, migrate: Migrate) -> None:
    tree = sorted(path for path in (estate / "out").rglob("component*.yaml"))
    for layer in LAYERS:
        fence = migrate(estate, "cutover", layer, "--no-deployed")
        assert fence.code == 0, fence.err
        assert "argocd app sync" in fence.out
        assert "--prune" not in fence.out
        assert "tracking-id" in fence.out
        assert status(estate, migrate)[layer]["fenced"] is True
        git(estate, "commit", "-q", "-a", "-m", f"Fence {layer}")
        assert migrate(estate, "convert", "--quiet").code == 0
        assert migrate(estate, "verify", "--quiet").code == 0
        out = migrate(estate, "cutover", layer, "--remove")
        assert out.code == 0, out.err
        assert "delete secret -l owner=helm,name=" in out.out
        assert migrate(estate, "convert", "--check", "--quiet").code == 0
        proof = migrate(estate, "verify", "--quiet")
        assert proof.code == 0, proof.out + proof.err
        git(estate, "add", "-A")
        git(estate, "commit", "-q", "-m", f"Remove {layer}")
    assert [path.name for path in (estate / "helmfiles").iterdir() if path.is_file()] == []
    rows = status(estate, migrate)
    assert all(rows[layer]["fenced"] and rows[layer]["removed"] and rows[layer]["verified"] for layer in LAYERS)
    assert sorted(path for path in (estate / "out").rglob("component*.yaml")) == tree
    states = {
        r.id: (r.state, len(r.verified_tree)) for r in load_plan((estate / "migration.yaml").read_text(), "p").releases
    }
    assert set(states.values()) == {("removed", 64)}
    shown = migrate(estate, "status", "--output", "markdown").out
    assert "| `10-base` | 2 | yes | yes | yes | – | yes | yes | ? |" in shown


def test_nothing_is_cut_over_unproven(estate: Path, migrate: Migrate) -> None:
    def refused(*arguments: str) -> tuple[int, str]:
        done = migrate(estate, "cutover", "20-more", *arguments)
        assert git(estate, "status", "--porcelain", "--", "helmfiles", "migration.yaml").count("20-more") <= 1
        return done.code, done.err

    assert refused()[0] == 2
    code, said = refused("--remove")
    assert (code, "could still apply web/extra" in said) == (5, True)
    # Somebody changes a value after the tree was verified: the stored verdict says equal, and it is not true any more.
    file = estate / "helmfiles/20-more.yaml.gotmpl"
    file.write_text(MORE.replace("- colour", "- replicas: 9\n        colour"))
    code, said = refused("--no-deployed")
    assert (code, "is not proven: web/extra in dev: different" in said) == (5, True)
    file.write_text(MORE)
    for path in (estate / ".migrate/verdicts").iterdir():
        path.unlink()
    code, said = refused("--no-deployed")
    assert (code, "nobody has verified" in said) == (5, True)
    assert migrate(estate, "cutover", "30-none", "--no-deployed").code == 2
    assert git(estate, "status", "--porcelain", "--", "helmfiles") == ""


def test_what_is_deployed_counts(estate: Path, migrate: Migrate) -> None:
    for environment in ("dev", "prod"):
        rendered = migrate(estate, "render", "helmfiles", "-e", environment, "--output-dir", "made", "--quiet")
        assert rendered.code == 0, rendered.err
    (estate / "made/prod/web--extra.yaml").unlink(missing_ok=True)
    good = migrate(estate, "cutover", "20-more", "--deployed", "made", "--dry-run")
    assert good.code == 0, good.err
    live = estate / "made/dev/web--extra.yaml"
    live.write_text(live.read_text().replace("replicas: 1", "replicas: 7"))
    drifted = migrate(estate, "cutover", "20-more", "--deployed", "made")
    assert (drifted.code, "web/extra in dev: drifted" in drifted.err) == (5, True)
    live.unlink()
    missing = migrate(estate, "cutover", "20-more", "--deployed", "made")
    assert (missing.code, "web/extra in dev: not deployed" in missing.err) == (5, True)


def test_a_branch_of_the_estates_repository_instead_of_the_work_tree(estate: Path, migrate: Migrate) -> None:
    done = migrate(estate, "cutover", "20-more", "--no-deployed", "--commit")
    assert done.code == 0, done.err
    assert git(estate, "status", "--porcelain") == ""
    changed = git(estate, "diff", "--name-only", "main", "migrate/20-more-fenced").split()
    assert changed == ["helmfiles/20-more.yaml.gotmpl", "migration.yaml"]


def test_retire_drops_what_was_taken_out_and_says_what_goes(estate: Path, migrate: Migrate) -> None:
    refused = migrate(estate, "retire", "web/extra")
    assert (refused.code, "still in the helmfiles" in refused.err) == (5, True)
    assert migrate(estate, "cutover", "20-more", "--no-deployed", "--quiet").code == 0
    assert migrate(estate, "cutover", "20-more", "--remove", "--quiet").code == 0
    done = migrate(estate, "retire", "extra")
    assert done.code == 0, done.err
    assert "It deletes 1 Deployment." in done.out
    assert "argocd app delete extra" in done.out
    assert migrate(estate, "convert", "--quiet").code == 0
    assert not list((estate / "out").rglob("extra/component.yaml"))
    assert migrate(estate, "verify", "--quiet").code == 0


def test_the_order_puts_first_what_others_need() -> None:
    def edge(before: str, after: str) -> Edge:
        return Edge(before, after, "needs", "said so", ("dev",))

    text = "releases:\n" + "".join(f"  x/{name}: {{layer: {name}}}\n" for name in "abcd")
    plan = load_plan(text, "p")
    assert cutover_order(plan, ReleaseGraph((), (edge("x/c", "x/a"), edge("x/d", "x/c")))) == ("b", "d", "c", "a")
    # Layers that need each other cannot wait for each other.
    assert cutover_order(plan, ReleaseGraph((), (edge("x/b", "x/a"), edge("x/a", "x/b")))) == ("a", "b", "c", "d")


KILLED = """
import os, signal, sys
from pathlib import Path
from migrate.doors import journal
point, calls = int(sys.argv[1]), 0
def dying(method):
    def call(*given, **named):
        global calls
        calls += 1
        if calls == point:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*given, **named)
    return call
Path.replace, Path.unlink, os.fsync = dying(Path.replace), dying(Path.unlink), dying(os.fsync)
here = Path(sys.argv[2])
files = {here / "record.json": "{}", here / "plan": "new", here / "a": "A2", here / "b": None}
journal.change_files(files, here / "journal")
print(calls)
"""


def test_a_killed_change_leaves_old_or_new_files_and_the_next_run_completes(tmp_path: Path) -> None:
    before, after = {"plan": "old", "a": "A1", "b": "B1"}, {"record.json": "{}", "plan": "new", "a": "A2"}

    def attempt(point: int) -> tuple[subprocess.CompletedProcess[str], Path]:
        folder = write_files(tmp_path / str(point), before)
        command = [sys.executable, "-c", KILLED, str(point), str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False), folder

    def there(folder: Path) -> dict[str, str]:
        return {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith(".")}

    whole, folder = attempt(0)
    assert there(folder) == after
    for point in range(1, int(whole.stdout) + 1):
        done, folder = attempt(point)
        assert done.returncode == -signal.SIGKILL
        found = there(folder)
        began = found.pop("journal", None) is not None
        assert all(text in (before.get(name), after.get(name)) for name, text in found.items())
        finish_changes(folder / "journal")
        assert there(folder) == (after if began or found == after else before)


def test_a_file_that_was_changed_after_the_kill_is_not_overwritten(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": "theirs"})
    told = {"files": [{"path": str(tmp_path / "a"), "before": "0" * 64, "text": "ours"}]}
    (tmp_path / "journal").write_text(json.dumps(told))
    with pytest.raises(RefusedError, match="was changed after"):
        finish_changes(tmp_path / "journal")
    assert (tmp_path / "a").read_text() == "theirs"
    change_files({tmp_path / "b": "new"}, tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_every_layer_of_the_sample_estate_goes_and_the_rest_reads_the_same(sample: Path, migrate: Migrate) -> None:
    """One environment that deploys all, a commit a layer; `make test-rig` walks through it with the commands."""
    request = ReadRequest(str(sample / "helmfiles"), environments=("local",))
    git(sample, "add", "-A")
    git(sample, "commit", "-q", "-m", "start")

    def write(files: dict[str, str | None]) -> None:
        for path, text in files.items():
            (sample / path).unlink() if text is None else (sample / path).write_bytes(text.encode())

    def seen(estate: Estate, without: str) -> list[Release]:
        return [replace(r, keys=(), values=(), sets=()) for r in estate.releases if r.layer != without]

    estate = read_estate(request)
    for layer in [layer.name for layer in estate.layers]:
        ids = {release.id for release in estate.releases if release.layer == layer}
        for work in (fence_releases, remove_releases):
            done = work(
                read_estate(request),
                ids,
                lambda path: (sample / path).read_bytes().decode(),
                lambda files: read_estate(replace(request, overlay=files)),
            )
            assert (set(done.done), done.findings) == (ids, ())
            write(dict(done.files))
        git(sample, "add", "-A")
        git(sample, "commit", "-q", "-m", f"Cut {layer} over")
        rest = read_estate(request)
        assert seen(rest, layer) == seen(estate, layer)
        estate = rest
    assert estate.releases == ()
    assert [path.name for path in (sample / "helmfiles").iterdir() if path.is_file()] == ["README.md"]
    assert git(sample, "rev-list", "--count", "HEAD") == "15"


def test_a_release_with_a_secret_in_its_values_stays_fenced(estate: Path, migrate: Migrate) -> None:
    """Its values would go into another file, and a secret goes into none, accepted here or not."""
    file, plan = estate / "helmfiles/20-more.yaml.gotmpl", estate / "migration.yaml"
    file.write_text(MORE.replace("- colour", '- password: "Xk29vQ8zLw41Tr77pq"\n        colour'))
    accepted = 'secrets:\n  helmfiles/20-more.yaml.gotmpl: "plaintext: accepted"\n'
    plan.write_text(plan.read_text().replace("releases:\n", f"{accepted}releases:\n", 1))
    for command in ("convert", "verify"):
        done = migrate(estate, command, "--quiet")
        assert done.code == 0, done.err
    assert migrate(estate, "cutover", "20-more", "--no-deployed").code == 0
    done = migrate(estate, "cutover", "20-more", "--remove", "--output", "json")
    assert (done.code, [found["code"] for found in json.loads(done.out)["findings"]]) == (1, ["CO008"])
    assert "Xk29" not in done.out + done.err
    assert not (estate / "migration.removed").exists()
    assert status(estate, migrate)["20-more"]["removed"] is False
