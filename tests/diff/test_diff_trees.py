"""``migrate diff A B`` on small trees: every verdict, what moves, what breaks the order, masks, filters, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.doors.workers import Lost, Processes, Threads
from migrate.proof import trees
from migrate.report.grid import Page
from tests.conftest import Migrate, write_files
from tests.diff.trees import URL, application, configmap, deployment, tree, workload

APPS = {"front": application("front"), "back": application("back")}
OBJECTS: dict[str, list[Any]] = {"front": [deployment("front")], "back": [deployment("back"), configmap("c", a="1")]}


def compared(migrate: Migrate, folder: Path, *options: str, code: int = 1) -> dict[str, Any]:
    outcome = migrate(folder, "diff", "A", "B", "--output", "json", *options)
    assert outcome.code == code, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def rows(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["application"]: row for row in found["applications"]}


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {name: row["verdict"] for name, row in rows(found).items()}


def rules(row: dict[str, Any]) -> list[str]:
    return [danger["rule"] for danger in row["dangers"]]


def test_a_tree_is_the_same_as_its_copy(tmp_path: Path, migrate: Migrate) -> None:
    for side in "AB":
        tree(tmp_path / side, APPS, OBJECTS)
    found = compared(migrate, tmp_path, code=0)
    assert verdicts(found) == {"(argocd)": "same", "back": "same", "front": "same"}
    assert found["changes"] is False
    assert "Nothing changes" in migrate(tmp_path, "diff", "A", "B", "--output", "markdown").out


def test_each_application_and_each_object_has_a_fate(tmp_path: Path, migrate: Migrate) -> None:
    tree(tmp_path / "A", {**APPS, "gone": application("gone")}, {**OBJECTS, "gone": [configmap("g")]})
    objects = {"front": OBJECTS["front"], "back": [deployment("back", "web:2"), configmap("d", a="1")]}
    tree(tmp_path / "B", {**APPS, "new": application("new")}, {**objects, "new": [configmap("n")]})
    found = compared(migrate, tmp_path)
    assert verdicts(found) == {
        "(argocd)": "changed", "back": "changed", "front": "same", "gone": "removed", "new": "added",
    }  # fmt: skip
    back = rows(found)["back"]
    assert {change["object"]: change["fate"] for change in back["objects"]} == {
        "ConfigMap web/c": "removed", "ConfigMap web/d": "added", "Deployment.apps web/back": "changed",
    }  # fmt: skip
    (field,) = next(c for c in back["objects"] if c["fate"] == "changed")["fields"]
    assert field["path"] == "spec.template.spec.containers[name=main].image"
    assert (field["before"], field["after"]) == ('"web:1"', '"web:2"')
    assert back["restarts"] == ["Deployment.apps web/back"]
    assert (back["before"], back["after"]) == (2, 2)
    assert found["summary"]["added"] == found["summary"]["removed"] == found["summary"]["same"] == 1


def test_noise_alone_is_a_verdict_of_its_own_and_still_a_change(tmp_path: Path, migrate: Migrate) -> None:
    for side, version in {"A": "1.0.0", "B": "1.1.0"}.items():
        labelled = configmap("c") | {"metadata": {"name": "c", "labels": {"helm.sh/chart": f"web-{version}"}}}
        tree(tmp_path / side, {"x": application("x")}, {"x": [labelled]})
    found = compared(migrate, tmp_path)
    assert rows(found)["x"]["verdict"] == "noise only"
    assert found["noise"]["chart-label"]["count"] == 1
    text = migrate(tmp_path, "diff", "A", "B").out
    assert "noise chart-label, 1 time:" in text
    assert "in 1 object noise only: chart-label 1" in text


def test_files_that_give_the_same_are_noise_of_the_source(tmp_path: Path, migrate: Migrate) -> None:
    tree(tmp_path / "A", {"x": application("x")}, {"x": [configmap("c")]})
    moved = application("x").replace("apps/x", "elsewhere/x")
    tree(tmp_path / "B", {"x": moved}, {})
    tree(tmp_path / "B", {}, {"x": [configmap("c")]})
    (tmp_path / "B/elsewhere").mkdir()
    (tmp_path / "B/apps/x").rename(tmp_path / "B/elsewhere/x")
    row = rows(compared(migrate, tmp_path, "--application", "x"))["x"]
    assert (row["verdict"], row["noise"]) == ("noise only", {"source": 1})


@pytest.mark.parametrize(
    ("after", "path", "dangers"),
    [
        (application("x", namespace="other"), "spec.destination.namespace", ["moved"]),
        (application("x", destination={"name": "far", "namespace": "web"}), "spec.destination.name", ["moved"]),
        (application("x", project="platform"), "spec.project", []),
        (application("x", phase="100"), 'metadata.labels.rollout-phase', []),
        (application("x", syncPolicy={"automated": {}}), "spec.syncPolicy", []),
    ],
)  # fmt: skip
def test_where_an_application_goes_and_how_counts(
    after: str, path: str, dangers: list[str], tmp_path: Path, migrate: Migrate
) -> None:
    fixed = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "web"}}
    tree(tmp_path / "A", {"x": application("x")}, {"x": [fixed]})
    tree(tmp_path / "B", {"x": after}, {"x": [fixed]})
    row = rows(compared(migrate, tmp_path, "--application", "x"))["x"]
    assert row["verdict"] == "changed"
    assert [field["path"] for field in row["fields"]] == [path]
    assert rules(row) == dangers


def test_an_object_that_another_application_takes_over_is_a_move(tmp_path: Path, migrate: Migrate) -> None:
    data = workload("StatefulSet", "db")
    tree(tmp_path / "A", APPS, {"front": [configmap("f"), data], "back": [configmap("b")]})
    tree(tmp_path / "B", APPS, {"front": [configmap("f")], "back": [configmap("b"), data]})
    found = rows(compared(migrate, tmp_path))
    assert [(c["fate"], c["other"]) for c in found["front"]["objects"]] == [("removed", "back")]
    assert [(c["fate"], c["other"]) for c in found["back"]["objects"]] == [("added", "front")]
    assert rules(found["front"]) == ["guarded-moved"]
    assert "moves to the Application back" in migrate(tmp_path, "diff", "A", "B").out.replace("\n  ", " ")


def test_a_phase_that_no_longer_comes_after_what_it_needs(tmp_path: Path, migrate: Migrate) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}}
    pod = {"containers": [{"name": "m", "image": "x", "envFrom": [{"secretRef": {"name": "login"}}]}]}
    labels = {"app": "front"}
    user = deployment("front", template={"metadata": {"labels": labels}, "spec": pod})
    objects: dict[str, list[Any]] = {"front": [user], "back": [secret]}
    for side, phase in {"A": "650", "B": "100"}.items():
        apps = {"front": application("front", phase=phase), "back": application("back", phase="200")}
        tree(tmp_path / side, apps, objects)
    found = rows(compared(migrate, tmp_path))
    assert rules(found["front"]) == ["phase-order"]
    message = found["front"]["dangers"][0]["message"]
    assert "phase 100 no longer comes after phase 200 of back" in message
    assert "Secret" in message
    again = migrate(tmp_path, "diff", "B", "B", "--output", "json")
    assert [d for row in json.loads(again.out)["applications"] for d in row["dangers"]] == []


def test_what_does_not_render_is_unrendered_with_the_side_and_the_reason(tmp_path: Path, migrate: Migrate) -> None:
    tree(tmp_path / "A", APPS, OBJECTS)
    tree(tmp_path / "B", APPS, OBJECTS)
    (tmp_path / "B/apps/back/0.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\na: [\n")
    found = rows(compared(migrate, tmp_path))
    assert found["back"]["verdict"] == "unrendered"
    assert found["back"]["reason"].startswith("the second side does not render: ")
    assert found["front"]["verdict"] == "same"


def test_an_application_that_one_side_fails_to_generate_is_not_called_removed(tmp_path: Path, migrate: Migrate) -> None:
    tree(tmp_path / "A", APPS, OBJECTS)
    tree(tmp_path / "B", APPS, OBJECTS)
    (tmp_path / "B/environments/dev/argocd/apps/back.yaml").write_text("kind: [\n")
    outcome = migrate(tmp_path, "diff", "A", "B", "--output", "json")
    assert outcome.code == 1
    found = json.loads(outcome.out)
    assert verdicts(found)["back"] == "unrendered"
    assert "does not generate it" in rows(found)["back"]["reason"]
    assert [finding["code"] for finding in found["findings"]] == ["DF001"]


def test_what_cannot_be_rendered_anywhere_is_the_same_where_no_file_differs(tmp_path: Path, migrate: Migrate) -> None:
    source = {"repoURL": "https://charts.example.com", "chart": "web", "targetRevision": "1.0.0"}
    for side in "AB":
        tree(tmp_path / side, {"x": application("x", source=source)}, {})
    row = rows(compared(migrate, tmp_path, code=0))["x"]
    assert row["verdict"] == "same"
    assert row["reason"].endswith("no file that it reads differs")
    write_files(tmp_path / "B", {"README.md": "changed\n"})
    assert rows(compared(migrate, tmp_path))["x"]["verdict"] == "unrendered"


def test_what_a_plugin_renders_is_the_same_where_its_copy_of_the_estate_is(tmp_path: Path, migrate: Migrate) -> None:
    plugin = {"name": "helmfile", "env": [{"name": "HELMFILE_FILE", "value": "x.yaml"}]}
    source = {"repoURL": URL, "path": "sources/helmfile", "targetRevision": "main", "plugin": plugin}
    for side in "AB":
        tree(tmp_path / side, {"x": application("x", source=source)}, {})
        write_files(tmp_path / side, {"sources/helmfile/x.yaml": "releases: []\n", "README.md": f"{side}\n"})
    row = rows(compared(migrate, tmp_path, code=0))["x"]
    assert (row["verdict"], "no file that it reads differs" in row["reason"]) == ("same", True)
    write_files(tmp_path / "B", {"sources/helmfile/x.yaml": "releases: [] # changed\n"})
    assert rows(compared(migrate, tmp_path))["x"]["verdict"] == "unrendered"


def test_the_objects_that_configure_argo_cd_have_a_row(tmp_path: Path, migrate: Migrate) -> None:
    for side, width in {"A": "web", "B": "*"}.items():
        tree(tmp_path / side, APPS, OBJECTS)
        project = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "apps"}}
        document = {**project, "spec": {"destinations": [{"namespace": width, "server": "*"}]}}
        write_files(tmp_path / side, {"environments/dev/argocd/projects/apps.yaml": json.dumps(document)})
    row = rows(compared(migrate, tmp_path))["(argocd)"]
    assert [change["object"] for change in row["objects"]] == ["AppProject.argoproj.io apps"]


def test_no_secret_is_shown_in_any_form(tmp_path: Path, migrate: Migrate) -> None:
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    for side, text in {"A": "c2VjcmV0LW9uZQ==", "B": "c2VjcmV0LXR3bw=="}.items():
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": text}}
        plain = deployment("d", f"web:{side}")
        plain["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": f"hunter-{side}"}]
        texts = configmap("c", conf=f"a: 1\npassword: swordfish-{side}\ntoken: {token}{side}\nlines: {side}\n")
        new = [configmap(f"only-{side}", url=f"https://bob:pa55word-{side}@db.example.com/x", api_key="k3y" + side)]
        tree(tmp_path / side, {"x": application("x")}, {"x": [secret, plain, texts, *new]})
    for form in ("table", "json", "markdown"):
        outcome = migrate(tmp_path, "diff", "A", "B", "--output", form)
        assert outcome.code == 1
        for hidden in ("hunter", "swordfish", "ghp_", "c2Vjc", "pa55word", "k3y"):
            assert hidden not in outcome.out + outcome.err, (form, hidden)
        assert "lines: B" in outcome.out
        assert "DB_PASSWORD" in outcome.out


def test_a_text_of_several_lines_is_shown_as_its_lines(tmp_path: Path, migrate: Migrate) -> None:
    for side, third in {"A": "three", "B": "drei"}.items():
        text = "\n".join(["one", "two", third, *(f"line {n}" for n in range(30))])
        tree(tmp_path / side, {"x": application("x")}, {"x": [configmap("c", conf=text)]})
    (change,) = rows(compared(migrate, tmp_path))["x"]["objects"]
    (field,) = change["fields"]
    assert field["lines"] == ["@@ -1,5 +1,5 @@", " one", " two", "-three", "+drei", " line 0", " line 1"]
    text = migrate(tmp_path, "diff", "A", "B").out
    assert "-three" in text
    assert "line 9" not in text


def test_filters_leave_out_the_rest_and_a_name_that_is_not_there_is_said(tmp_path: Path, migrate: Migrate) -> None:
    for side in "AB":
        tree(tmp_path / side, APPS, OBJECTS | {"front": [configmap("f", side=side)]})
        tree(tmp_path / side, {"only": application("only")}, {"only": [configmap("o", side=side)]}, env="prod")
    assert set(verdicts(compared(migrate, tmp_path, "-e", "prod"))) == {"(argocd)", "only"}
    assert set(verdicts(compared(migrate, tmp_path, "--application", "front"))) == {"front"}
    assert set(verdicts(compared(migrate, tmp_path, "--application", "back", code=0))) == {"back"}
    missing = migrate(tmp_path, "diff", "A", "B", "--application", "nobody")
    assert (missing.code, "nobody" in missing.err) == (2, True)
    missing = migrate(tmp_path, "diff", "A", "B", "-e", "mars")
    assert (missing.code, "dev, prod" in missing.err) == (3, True)


def test_an_environment_of_one_side_is_added_whole(tmp_path: Path, migrate: Migrate) -> None:
    for side in "AB":
        tree(tmp_path / side, APPS, OBJECTS)
    tree(tmp_path / "B", {"only": application("only")}, {"only": [configmap("o")]}, env="prod")
    found = compared(migrate, tmp_path)
    added = [(row["environment"], row["application"]) for row in found["applications"] if row["verdict"] == "added"]
    assert added == [("prod", "(argocd)"), ("prod", "only")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["A"], 2, "two trees are needed"),
        (["A", "nowhere"], 2, "nowhere is not there"),
        (["empty", "empty"], 3, "is a tree of ApplicationSets"),
        (["A", "linked"], 3, "leads outside"),
    ],
)
def test_what_cannot_be_compared_is_said(
    arguments: list[str], code: int, said: str, tmp_path: Path, migrate: Migrate
) -> None:
    tree(tmp_path / "A", APPS, OBJECTS)
    tree(tmp_path / "linked", APPS, OBJECTS)
    (tmp_path / "linked/out").symlink_to(tmp_path)
    (tmp_path / "empty").mkdir()
    outcome = migrate(tmp_path, "diff", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert said in outcome.err


def test_the_clusters_are_those_of_the_plan_unless_the_command_line_says_more(tmp_path: Path, migrate: Migrate) -> None:
    for side in "AB":
        write_files(tmp_path / side, {
            "environments/dev/argocd/apps/x.yaml": application("x"),
            "apps/x/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
            "apps/x/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
            f"data: {{side: {side}, v: '{{{{ .Capabilities.KubeVersion.Version }}}}'}}\n",
        })  # fmt: skip
    assert compared(migrate, tmp_path)["kubeVersions"] == {"dev": "1.34.0"}
    found = compared(migrate, tmp_path, "--kube-version", "1.29.3")
    assert found["kubeVersions"] == {"dev": "1.29.3"}
    write_files(
        tmp_path / "B", {"apps/x/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\nkubeVersion: '>=1.33'\n"}
    )
    assert verdicts(compared(migrate, tmp_path))["x"] == "changed"
    assert verdicts(compared(migrate, tmp_path, "--kube-version", "1.29.3"))["x"] == "unrendered"


def test_what_a_chart_draws_anew_is_named_and_is_no_change(tmp_path: Path, migrate: Migrate) -> None:
    drawn = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: drawn}\ndata: {k: '{{ randAlphaNum 8 }}', fixed: 'FIXED'}\n"
    )
    for side in "AB":
        write_files(tmp_path / side, {
            "environments/dev/argocd/apps/x.yaml": application("x"),
            "apps/x/Chart.yaml": f"apiVersion: v2\nname: x\nversion: 1.0.0\ndescription: {side}\n",
            "apps/x/templates/c.yaml": drawn,
        })  # fmt: skip
    found = compared(migrate, tmp_path, code=0)
    assert (verdicts(found)["x"], found["changes"], rows(found)["x"]["noise"]) == ("noise only", False, {"unstable": 1})
    write_files(tmp_path / "B", {"apps/x/templates/c.yaml": drawn.replace("FIXED", "other")})
    assert rows(compared(migrate, tmp_path))["x"]["noise"] == {"unstable": 1}
    write_files(tmp_path / "B", {"apps/x/templates/c.yaml": drawn.replace("{{ randAlphaNum 8 }}", "pinned")})
    assert rows(compared(migrate, tmp_path))["x"]["noise"] == {}


def test_the_same_bytes_again_with_other_jobs_and_a_warm_cache(tmp_path: Path, migrate: Migrate) -> None:
    tree(tmp_path / "A", APPS, OBJECTS)
    tree(tmp_path / "B", APPS, {"front": [configmap("f")], "back": [deployment("back", "web:9")]})
    first = migrate(tmp_path, "diff", "A", "B", "--jobs", "1", "--cache", "kept")
    again = migrate(tmp_path, "diff", "A", "B", "--jobs", "3", "--cache", "kept")
    assert first.out == again.out
    assert first.code == again.code == 1


def test_processes_say_what_threads_say(tmp_path: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path / "A", APPS, OBJECTS)
    tree(tmp_path / "B", APPS, {"front": [configmap("f")], "back": [deployment("back", "web:9")]})
    threads = migrate(tmp_path, "diff", "A", "B", "--jobs", "2")
    started: list[int] = []

    class Counted(Processes):
        def start(self) -> None:
            started.append(self.jobs)
            super().start()

    monkeypatch.setattr(trees, "_LARGE", 0)
    monkeypatch.setattr(trees, "Processes", Counted)
    assert migrate(tmp_path, "diff", "A", "B", "--jobs", "2").out == threads.out
    assert set(started) == {2}


def test_a_unit_that_is_lost_is_unrendered(tmp_path: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying(Threads):
        def map(self, unit: Any, common: Any, tasks: Any, done: Any) -> Any:
            yield from (Lost(f"the worker of {task.name} was killed") for task in tasks)

    for side in "AB":
        tree(tmp_path / side, APPS, OBJECTS)
    write_files(tmp_path / "B", {"README.md": "changed\n"})
    monkeypatch.setattr(trees, "Threads", Dying)
    row = rows(compared(migrate, tmp_path))["back"]
    assert (row["verdict"], row["reason"]) == ("unrendered", "the worker of back was killed")


def test_a_table_fits_eighty_columns(tmp_path: Path, migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path / "A", APPS, OBJECTS)
    long = "x" * 500
    tree(tmp_path / "B", APPS, {"front": [workload("StatefulSet", "front")], "back": [configmap("c", a=long, b=long)]})
    monkeypatch.setattr("migrate.cli.comparing.page", lambda _: Page(80))
    text = migrate(tmp_path, "diff", "A", "B").out
    assert max(map(len, text.splitlines())) <= 80
    assert "more characters" in text
