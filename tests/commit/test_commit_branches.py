"""Branches in real repositories: what is made, what stays, and what is refused."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.commit import BranchOutcome, Evidence, commit_layers, layer_status, plan_branches
from migrate.doors.files import read_tree, seal_tree
from migrate.doors.git import branches_of, open_repository
from migrate.errors import RefusedError, UsageError
from migrate.model.estate import Estate, Layer, Release, ReleaseKey
from migrate.model.fence import EVENTS
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, PlannedEnvironment, ReleasePlan
from migrate.model.report import ReleaseVerdict, Report, Verdict
from migrate.model.tree import FileTree

LAYERS = {"infra/crds": "12-crds", "infra/vault": "15-secrets", "apps/web": "50-services", "apps/api": "50-services"}
CHARTS = {"infra/crds": "crds", "infra/vault": "app", "apps/web": "app", "apps/api": "app"}


def component(release: str, environment: str) -> str:
    name = release.split("/")[1]
    return (
        f"name: {name}\nchart:\n  path: sources/charts/own/{CHARTS[release]}\n"
        f"valueFiles:\n  - sources/values/{environment}/{release}/10-values.yaml\n"
        f"source:\n  helmfile: helmfiles/x.yaml:1\n  release: {release}\n"
    )


def emitted(**changed: bytes) -> FileTree:
    files: dict[str, bytes] = {
        "README.md": b"runbook\n",
        "environments/dev/argocd/apps/components.yaml": b"kind: ApplicationSet\n",
        "sources/charts/own/crds/Chart.yaml": b"name: crds\n",
        "sources/charts/own/app/Chart.yaml": b"name: app\n",
    }
    for release in LAYERS:
        files[f"environments/dev/components/{release}/component.yaml"] = component(release, "dev").encode()
        files[f"sources/values/dev/{release}/10-values.yaml"] = f"of: {release}\n".encode()
    return seal_tree(FileTree(files | changed))


def planned(*, without: str = "", state: str = "") -> Plan:
    def decided(value: str) -> Decision:
        return Decision(value, DecisionSource.INFERRED, "test")

    releases = tuple(
        ReleasePlan(
            identity, layer, Disposition.COMPONENT, decided("infra"), decided("infra"), decided("runtime"),
            decided("150"), decided("0"), decided("platform"), decided(identity.split("/")[1]), decided(identity),
            state=state,
        )
        for identity, layer in LAYERS.items()
        if identity != without
    )  # fmt: skip
    return Plan("helmfiles", "https://git.example.com/x.git", "main", (PlannedEnvironment("dev"),), (), releases)


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True, env=environment
    ).stdout


@pytest.fixture(autouse=True)
def own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Somebody")
    git(folder, "config", "user.email", "somebody@example.org")
    (folder / "docs").mkdir()
    (folder / "docs/theirs.md").write_text("theirs\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "theirs")
    return folder


def run(folder: Path, tree: FileTree, *, dry_run: bool = False, stacked: bool = True) -> tuple[BranchOutcome, ...]:
    return commit_layers(folder, plan_branches(tree, planned(), stacked=stacked), dry_run=dry_run)


def files_of(folder: Path, branch: str) -> dict[str, bytes]:
    listed = git(folder, "ls-tree", "-r", "--name-only", branch).split()
    return {
        path: subprocess.run(
            ["git", "-C", str(folder), "show", f"{branch}:{path}"], check=True, capture_output=True
        ).stdout
        for path in listed
    }


def test_the_last_branch_holds_the_emitted_tree_and_what_was_there(target: Path) -> None:
    tree = emitted()
    outcomes = run(target, tree)
    assert [o.branch for o in outcomes] == [
        "migrate/00-skeleton", "migrate/12-crds", "migrate/15-secrets", "migrate/50-services",
    ]  # fmt: skip
    assert files_of(target, "migrate/50-services") == {**tree.files, "docs/theirs.md": b"theirs\n"}
    git(target, "fsck", "--strict")


def test_each_branch_brings_its_layer_alone(target: Path) -> None:
    outcomes = {o.layer: o for o in run(target, emitted())}
    assert outcomes["12-crds"].added == (
        "environments/dev/components/infra/crds/component.yaml",
        "sources/charts/own/crds/Chart.yaml",
        "sources/values/dev/infra/crds/10-values.yaml",
    )
    assert "sources/charts/own/app/Chart.yaml" in outcomes["15-secrets"].added
    assert "sources/charts/own/app/Chart.yaml" not in outcomes["50-services"].added
    assert not any("component.yaml" in path for path in outcomes["00-skeleton"].added)
    assert git(target, "log", "--format=%s", "main..migrate/12-crds").split("\n")[:2] == [
        "Migrate 12-crds to Argo CD", "Add the skeleton of the Argo CD repository",
    ]  # fmt: skip


def test_independent_branches_stand_on_the_skeleton_with_every_chart_they_use(target: Path) -> None:
    outcomes = {o.layer: o for o in run(target, emitted(), stacked=False)}
    assert {o.parent for o in outcomes.values()} == {"main", "migrate/00-skeleton"}
    assert "sources/charts/own/app/Chart.yaml" in outcomes["50-services"].added
    git(target, "switch", "-q", "-c", "all", "migrate/12-crds")
    git(target, "merge", "-q", "-m", "all", "migrate/15-secrets", "migrate/50-services")
    assert files_of(target, "all").keys() == {*emitted().files, "docs/theirs.md"}


def test_work_tree_index_and_stash_stay_as_they_are(target: Path) -> None:
    (target / "docs/theirs.md").write_text("stashed\n")
    git(target, "stash")
    index = (target / ".git/index").read_bytes()
    before = sorted(path for path in target.rglob("*") if ".git" not in path.parts)
    run(target, emitted())
    assert sorted(path for path in target.rglob("*") if ".git" not in path.parts) == before
    assert (target / ".git/index").read_bytes() == index
    assert git(target, "stash", "list").count("\n") == 1
    assert git(target, "status", "--porcelain") == ""
    assert git(target, "symbolic-ref", "HEAD") == "refs/heads/main\n"


def test_a_second_run_makes_no_commit(target: Path) -> None:
    first = run(target, emitted())
    objects = git(target, "count-objects", "-v")
    second = run(target, emitted())
    assert {o.action for o in first} == {"create"}
    assert {o.action for o in second} == {"keep"}
    assert [o.commit for o in second] == [o.commit for o in first]
    assert git(target, "count-objects", "-v") == objects


def test_a_changed_layer_is_rewritten_with_what_stands_on_it(target: Path) -> None:
    first = run(target, emitted())
    changed = emitted(**{"sources/values/dev/infra/vault/10-values.yaml": b"of: something else\n"})
    second = run(target, changed)
    # The manifest in the skeleton lists the hash of every file, so the skeleton changes too.
    assert {o.action for o in second} == {"update"}
    assert [o.commit for o in second] != [o.commit for o in first]
    assert files_of(target, "migrate/50-services") == {**changed.files, "docs/theirs.md": b"theirs\n"}


def test_a_dry_run_says_what_a_run_does_and_writes_nothing(target: Path) -> None:
    said = run(target, emitted(), dry_run=True)
    assert git(target, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
    done = run(target, emitted())
    without_ids = [{k: v for k, v in o.as_json().items() if k != "commit"} for o in said]
    assert without_ids == [{k: v for k, v in o.as_json().items() if k != "commit"} for o in done]
    assert all(o.commit == "" for o in said)
    assert [o.action for o in run(target, emitted(), dry_run=True)] == ["keep"] * 4


def test_an_empty_repository_gets_a_root_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    git(tmp_path, "config", "user.name", "Somebody")
    git(tmp_path, "config", "user.email", "somebody@example.org")
    tree = emitted()
    outcomes = run(tmp_path, tree)
    assert outcomes[0].parent == "trunk"
    assert files_of(tmp_path, "migrate/50-services") == dict(tree.files)
    assert {o.action for o in run(tmp_path, tree)} == {"keep"}


def test_merged_branches_leave_nothing_to_do_and_a_retired_release_goes(target: Path) -> None:
    run(target, emitted())
    git(target, "merge", "-q", "--ff-only", "migrate/50-services")
    assert {o.action for o in run(target, emitted())} == {"nothing"}
    smaller = emitted().files
    kept = {path: content for path, content in smaller.items() if "infra/crds" not in path and "own/crds" not in path}
    without = seal_tree(FileTree({p: c for p, c in kept.items() if not p.startswith(".migrate/")}))
    outcomes = commit_layers(target, plan_branches(without, planned(without="infra/crds")))
    assert "environments/dev/components/infra/crds/component.yaml" in outcomes[0].removed
    assert files_of(target, "migrate/00-skeleton") == {**without.files, "docs/theirs.md": b"theirs\n"}


def test_after_the_skeleton_alone_was_merged_older_layer_files_are_still_ours(target: Path) -> None:
    run(target, emitted())
    git(target, "merge", "-q", "--ff-only", "migrate/50-services")
    changed = emitted(**{"sources/values/dev/apps/web/10-values.yaml": b"of: web 2\n"})
    run(target, changed)
    git(target, "merge", "-q", "--ff-only", "migrate/00-skeleton")
    assert [o.action for o in run(target, changed)] == ["nothing", "nothing", "nothing", "keep"]


def test_their_readme_stays_and_the_runbook_goes_beside_it(target: Path) -> None:
    (target / "README.md").write_text("our company's repository\n")
    git(target, "add", ".")
    git(target, "commit", "-q", "-m", "readme")
    run(target, emitted())
    files = files_of(target, "migrate/50-services")
    assert files["README.md"] == b"our company's repository\n"
    assert files["RUNBOOK.md"] == b"runbook\n"
    git(target, "merge", "-q", "--ff-only", "migrate/50-services")
    assert {o.action for o in run(target, emitted())} == {"nothing"}


def test_a_foreign_file_in_the_way_is_refused(target: Path) -> None:
    path = target / "environments/dev/argocd/apps/components.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("theirs\n")
    git(target, "add", ".")
    git(target, "commit", "-q", "-m", "their own apps")
    with pytest.raises(RefusedError, match=r"environments/dev/argocd/apps/components\.yaml"):
        run(target, emitted())
    assert branches_named(target) == ["main"]


def test_a_foreign_file_where_a_folder_must_be_is_refused(target: Path) -> None:
    (target / "sources").write_text("a file\n")
    git(target, "add", ".")
    git(target, "commit", "-q", "-m", "sources")
    with pytest.raises(RefusedError, match="sources"):
        run(target, emitted())


def test_a_file_of_ours_that_somebody_edited_is_refused(target: Path) -> None:
    run(target, emitted())
    git(target, "merge", "-q", "--ff-only", "migrate/50-services")
    (target / "sources/values/dev/apps/web/10-values.yaml").write_text("of: hand\n")
    git(target, "commit", "-q", "-a", "-m", "by hand")
    with pytest.raises(RefusedError, match="apps/web/10-values"):
        run(target, emitted(**{"sources/values/dev/apps/web/10-values.yaml": b"of: new\n"}))


def branches_named(folder: Path) -> list[str]:
    return git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


@pytest.mark.parametrize("spoil", ["changed", "staged", "untracked"])
def test_uncommitted_changes_are_refused(target: Path, spoil: str) -> None:
    (target / ("new.txt" if spoil == "untracked" else "docs/theirs.md")).write_text("half done\n")
    if spoil == "staged":
        git(target, "add", ".")
    with pytest.raises(RefusedError, match="uncommitted"):
        run(target, emitted())
    assert branches_named(target) == ["main"]


def test_a_branch_with_somebody_elses_commits_is_refused(target: Path) -> None:
    run(target, emitted())
    git(target, "switch", "-q", "migrate/12-crds")
    (target / "note.md").write_text("a review note\n")
    git(target, "add", ".")
    git(target, "commit", "-q", "-m", "A note of mine")
    git(target, "switch", "-q", "main")
    tips = git(target, "for-each-ref")
    with pytest.raises(RefusedError, match="A note of mine"):
        run(target, emitted())
    assert git(target, "for-each-ref") == tips


def test_a_branch_that_is_checked_out_is_not_moved_under_its_work_tree(target: Path, tmp_path: Path) -> None:
    run(target, emitted())
    git(target, "worktree", "add", "-q", str(tmp_path / "other"), "migrate/50-services")
    with pytest.raises(RefusedError, match="checked out"):
        run(target, emitted(**{"sources/values/dev/apps/web/10-values.yaml": b"of: new\n"}))


def test_without_an_identity_it_says_how_to_set_one(target: Path) -> None:
    git(target, "config", "user.useConfigOnly", "true")
    git(target, "config", "--unset", "user.email")
    with pytest.raises(RefusedError) as caught:
        run(target, emitted())
    assert "git config user" in caught.value.hint
    assert branches_named(target) == ["main"]


def test_a_second_run_at_the_same_time_is_refused(target: Path) -> None:
    with open_repository(target).lock(), pytest.raises(RefusedError, match="another run"):
        run(target, emitted())


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir()], ids=["missing", "plain folder"])
def test_no_repository_is_a_usage_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x")
    with pytest.raises(UsageError, match="x is no"):
        run(tmp_path / "x", emitted())


def test_an_unknown_base_is_a_usage_error(target: Path) -> None:
    with pytest.raises(UsageError, match="no branch nowhere"):
        commit_layers(target, plan_branches(emitted(), planned()), base="nowhere")


def test_the_message_tells_what_moved_and_the_verdicts() -> None:
    rows = (
        ReleaseVerdict("dev", "apps/web", "web", Verdict.EQUAL, layer="50-services"),
        ReleaseVerdict("dev", "apps/api", "api", Verdict.EXPLAINED, layer="50-services"),
    )
    changes = plan_branches(emitted(), planned(), report=Report(rows))
    message = changes[-1].message
    assert "- apps/web -> apps/web (dev)" in message
    assert "1 equal, 1 explained" in message
    assert message.endswith("\nMigrate-Layer: 50-services\n")


def test_stacked_changes_partition_the_tree() -> None:
    tree = emitted()
    changes = plan_branches(tree, planned())
    paths = [path for change in changes for path in change.files]
    assert sorted(paths) == sorted(tree.files)
    assert all(change.files for change in changes)


def _parts(identity: str) -> tuple[str, str]:
    namespace, name = identity.split("/")
    return namespace, name


def estate() -> Estate:
    releases = tuple(
        Release("dev", *_parts(identity), "", layer, SourceLocation("x"), True, True, "chart", None, "1")
        for identity, layer in LAYERS.items()
    )
    layers = tuple(Layer(name, name, order) for order, name in enumerate(dict.fromkeys(LAYERS.values())))
    return Estate("helmfiles", "/nowhere", ("dev",), layers, releases)


def test_status_is_computed_from_what_is_there(target: Path) -> None:
    tree = emitted()
    rows = tuple(
        ReleaseVerdict("dev", i, i, Verdict.DIFFERENT if i == "apps/api" else Verdict.EQUAL, layer=layer)
        for i, layer in LAYERS.items()
    )
    before = layer_status(Evidence(estate(), branches=branches_of(target)))
    assert [(s.layer, s.releases, s.planned, s.converted) for s in before] == [
        ("12-crds", 1, False, False), ("15-secrets", 1, False, False), ("50-services", 2, False, False),
    ]  # fmt: skip
    run(target, tree)
    after = {s.layer: s for s in layer_status(evidence(tree, Report(rows), target))}
    assert (after["12-crds"].verified, after["12-crds"].committed) == (True, True)
    assert (after["50-services"].verified, after["50-services"].committed) == (False, True)
    newer = emitted(**{"sources/values/dev/apps/web/10-values.yaml": b"of: new\n"})
    stale = {s.layer: s.committed for s in layer_status(evidence(newer, None, target))}
    assert stale == {"12-crds": True, "15-secrets": True, "50-services": False}


def evidence(tree: FileTree, report: Report | None, target: Path) -> Evidence:
    return Evidence(estate(), estate().releases, planned(), tree, report, branches_of(target))


def test_what_is_fenced_and_removed_is_seen_in_the_helmfiles_not_believed() -> None:
    hook: JsonObject = {"events": list(EVENTS), "command": "sh", "args": ["-c", "echo RENDER-ONLY; exit 1"]}
    key = ReleaseKey("hooks", [hook], SourceLocation("x"))
    fenced = tuple(replace(release, keys=(key,)) for release in estate().releases)

    def told(there: tuple[Release, ...], state: str) -> set[tuple[bool, bool]]:
        rows = layer_status(Evidence(estate(), there, planned(state=state), emitted()))
        return {(row.fenced, row.removed) for row in rows}

    assert told(fenced, "fenced") == {(True, False)}
    assert told(estate().releases, "fenced") == {(False, False)}
    assert told((), "removed") == {(True, True)}
    assert told(fenced, "removed") == {(True, False)}
    assert told((), "") == {(False, False)}


def test_adopted_is_what_a_full_sync_did() -> None:
    names = [identity.split("/")[1] for identity in LAYERS]
    synced = {("dev", name): name != "api" for name in names}
    rows = layer_status(Evidence(estate(), (), planned(), emitted(), synced=synced))
    assert {row.layer: row.adopted for row in rows} == {"12-crds": True, "15-secrets": True, "50-services": False}
    assert {row.adopted for row in layer_status(Evidence(estate(), (), planned(), emitted()))} == {None}


def test_a_tree_read_back_from_disk_makes_the_same_branches(tmp_path: Path) -> None:
    tree = emitted()
    for path, content in tree.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert plan_branches(read_tree(tmp_path), planned()) == plan_branches(tree, planned())


def test_the_fleet_contract_belongs_to_no_layer_though_all_read_it() -> None:
    shared, own = "sources/values/_shared/globals/fleet/base.yaml", "sources/values/dev/infra/crds/10-values.yaml"
    path = "environments/dev/components/infra/crds/component.yaml"
    reading = component("infra/crds", "dev").replace("valueFiles:\n", f"valueFiles:\n  - {shared}\n")
    skeleton, first, *_ = plan_branches(emitted(**{shared: b"global: {}\n", path: reading.encode()}), planned())
    assert shared in skeleton.files
    assert shared not in first.files
    assert own in first.files
