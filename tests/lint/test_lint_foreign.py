"""Trees that somebody else wrote: found by their objects, looked at as far as they go, and nothing of ours expected."""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrate.cli.linting import LintOptions, lint_folder
from migrate.console import SilentConsole
from migrate.doors.any_tree import Reason, read_any_tree
from migrate.model.finding import Finding, Severity
from tests.conftest import Migrate, write_files

REPO = "https://git.example.com/acme/gitops.git"
APPLICATION = f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
spec:
  project: default
  source:
    repoURL: {REPO}
    path: charts/shop
    targetRevision: main
    helm:
      valueFiles: [values-prod.yaml]
  destination:
    name: in-cluster
    namespace: shop
"""
APPSET = f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: clusters
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - git:
        repoURL: {REPO}
        revision: HEAD
        files:
          - path: clusters/*/config.json
  template:
    metadata:
      name: '{{{{ .name }}}}'
    spec:
      project: default
      source: {{repoURL: {REPO}, path: charts/shop, targetRevision: HEAD}}
      destination: {{name: in-cluster, namespace: '{{{{ .name }}}}'}}
"""
CHART = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "charts/shop/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n",
    "charts/shop/values-prod.yaml": "a: 1\n",
}
GOOD: dict[str, str] = {
    **CHART,
    "apps/shop.yaml": APPLICATION,
    "apps/clusters.yaml": APPSET,
    "clusters/a/config.json": '{"name": "a"}',
}


def lint(files: Mapping[str, str], folder: Path, *, render: bool = True) -> tuple[Finding, ...]:
    write_files(folder, files)
    return lint_folder(folder, read_any_tree(folder), LintOptions(render=render), SilentConsole(io.StringIO()))


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(f.code, str(f.severity), str(f.source)) for f in findings]


def edited(path: str, old: str, new: str) -> dict[str, str]:
    assert old in GOOD[path]
    return {**GOOD, path: GOOD[path].replace(old, new, 1)}


@pytest.mark.parametrize("render", [True, False])
def test_a_good_tree_of_somebody_else_has_no_findings(tmp_path: Path, render: bool) -> None:
    assert lint(GOOD, tmp_path, render=render) == ()


@pytest.mark.parametrize(
    ("path", "old", "new", "code", "place"),
    [
        ("apps/shop.yaml", "charts/shop", "charts/shoop", "L43", "apps/shop.yaml:10"),
        ("apps/shop.yaml", "values-prod", "values-test", "L21", "apps/shop.yaml:13"),
        ("apps/shop.yaml", "    helm:", "    helms:", "L57", "apps/shop.yaml:12"),
        ("apps/shop.yaml", "targetRevision: main", "targetRevision: 1.2", "L57", "apps/shop.yaml:11"),
        ("apps/clusters.yaml", '["missingkey=error"]', "[]", "L04", "apps/clusters.yaml:7"),
        ("apps/clusters.yaml", '["missingkey=error"]', '["missingkey=fail"]', "L04", "apps/clusters.yaml:7"),
        ("apps/clusters.yaml", "{{ .name }}", "{{ .nom }}", "L00", "apps/clusters.yaml:4"),
        ("apps/clusters.yaml", "clusters/*/config.json", "cluster/*/config.json", "L46", "apps/clusters.yaml:1"),
        ("charts/shop/templates/cm.yaml", "kind: ConfigMap", "kind: Endpoints", "L23", "apps/shop.yaml:10"),
        ("charts/shop/templates/cm.yaml", "apiVersion: v1", "{{ fail `no` }}", "L47", "apps/shop.yaml:10"),
        ("apps/shop.yaml", "kind: Application", "kind: @Application", "L00", "apps/shop.yaml:2"),
    ],
)
def test_a_fault_is_told_at_its_own_line(path: str, old: str, new: str, code: str, place: str, tmp_path: Path) -> None:
    found = told(lint(edited(path, old, new), tmp_path))
    assert (code, place) in {(one, where) for one, _, where in found}, found


def test_the_line_of_a_second_document_is_that_of_the_file(tmp_path: Path) -> None:
    broken = APPLICATION + "---\nkind: Application\nmetadata:\n  name: @x\n"
    found = told(lint({**GOOD, "apps/shop.yaml": broken}, tmp_path))
    assert ("L00", "error", "apps/shop.yaml:20") in found


def test_what_migrate_expects_of_its_own_trees_is_not_expected_here(tmp_path: Path) -> None:
    files = {
        **GOOD,
        "environments/dev/component.yaml": "name: x\n",
        "sources/charts/unused/Chart.yaml": "name: unused\nversion: 1.0.0\n",
        "charts/twin/Chart.yaml": CHART["charts/shop/Chart.yaml"],
        "charts/shop/templates/db.yaml": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\n",
    }
    assert lint(files, tmp_path) == ()


def test_sources_elsewhere_are_one_information_and_no_error(tmp_path: Path) -> None:
    elsewhere = APPLICATION.replace(REPO, "https://git.example.com/other.git").replace("charts/shop", "deploy")
    elsewhere = elsewhere.replace("name: shop\n", "name: other\n", 1)
    more = {f"apps/other{n}.yaml": elsewhere.replace("name: other", f"name: other{n}") for n in range(3)}
    (finding,) = lint({**GOOD, **more}, tmp_path)
    assert (finding.code, finding.severity, "2 other files" in finding.message) == ("L66", Severity.INFO, True)


@pytest.mark.parametrize(
    "generator",
    [
        "clusters: {}",
        "scmProvider: {github: {organization: acme}}",
        "matrix: {generators: [{clusters: {}}, {list: {elements: []}}]}",
        "git: {repoURL: 'https://git.example.com/other.git', revision: HEAD, files: [{path: 'c/*.json'}]}",
    ],
)
def test_generators_that_ask_elsewhere_are_left_out(generator: str, tmp_path: Path) -> None:
    start, end = APPSET.index("    - git:"), APPSET.index("  template:")
    appset = f"{APPSET[:start]}    - {generator}\n{APPSET[end:]}".replace("name: clusters", "name: asking")
    (finding,) = lint({**GOOD, "apps/asking.yaml": appset}, tmp_path)
    assert (finding.code, str(finding.source)) == ("L66", "apps/asking.yaml:5")


def test_a_value_file_behind_a_reference_to_the_tree_is_looked_for(tmp_path: Path) -> None:
    sources = f"""\
          sources:
            - repoURL: https://charts.example.com
              chart: shop
              targetRevision: 1.0.0
              helm:
                valueFiles: [$values/values/prod.yaml]
            - repoURL: {REPO}
              targetRevision: main
              ref: values
    """
    start, end = APPLICATION.index("  source:"), APPLICATION.index("  destination:")
    text = APPLICATION[:start] + textwrap.indent(textwrap.dedent(sources), "  ") + APPLICATION[end:]
    text = text.replace("name: shop\n", "name: second\n", 1)
    assert ("L21", "error") in {(c, s) for c, s, _ in told(lint({**GOOD, "apps/second.yaml": text}, tmp_path))}
    files = {**GOOD, "apps/second.yaml": text, "values/prod.yaml": "a: 1\n"}
    assert "L21" not in {c for c, _, _ in told(lint(files, tmp_path))}


def test_parameters_that_change_when_they_are_printed_are_told_and_others_are_not(tmp_path: Path) -> None:
    files = edited("apps/clusters.yaml", "config.json", "config.yaml")
    del files["clusters/a/config.json"]
    files["clusters/a/config.yaml"] = (
        "name: a\nport: 8080\nversion: 1.10\naccount: 123456789012\nsure: yes\nunasked: 1.10\n"
    )
    asking = "'{{ .name }}'\n      annotations: {a: '{{ .port }}{{ .version }}{{ .account }}{{ .sure }}'}\n"
    files["apps/clusters.yaml"] = files["apps/clusters.yaml"].replace("'{{ .name }}'\n", asking, 1)
    found = [f for f in lint(files, tmp_path) if f.code == "L01"]
    printed = [(f.source.line, f.message.split(" is ")[1].split(" ")[0]) for f in found if f.source]
    assert printed == [(3, "1.1"), (4, "1.23456789012e+11"), (5, "true")]


# ---------------------------------------------------------------- templates, patches, placeholders


CHART_OF_APPS = {
    "root/Chart.yaml": "apiVersion: v2\nname: root\nversion: 1.0.0\n",
    "root/values.yaml": f"repo: {REPO}\npath: charts/shop\n",
    "root/templates/shop.yaml": APPLICATION.replace(REPO, "{{ .Values.repo }}").replace(
        "charts/shop", "{{ .Values.path }}"
    ),
}


def test_a_chart_of_applications_is_rendered_and_what_comes_of_it_looked_at(tmp_path: Path) -> None:
    good = {**CHART, **CHART_OF_APPS}
    assert lint(good, tmp_path / "good") == ()
    bad = {
        **good,
        "root/templates/shop.yaml": good["root/templates/shop.yaml"].replace("  source:", "  sourc: {}\n  source:"),
    }
    assert told(lint(bad, tmp_path / "bad")) == [("L57", "error", "root/templates/shop.yaml:1")]
    missing = {path: text for path, text in good.items() if path != "charts/shop/values-prod.yaml"}
    assert ("L21", "error", "root/templates/shop.yaml:1") in told(lint(missing, tmp_path / "missing"))


def test_without_rendering_a_chart_of_applications_is_one_information(tmp_path: Path) -> None:
    (finding,) = lint({**CHART, **CHART_OF_APPS}, tmp_path, render=False)
    assert (finding.code, finding.severity, str(finding.source)) == ("L66", Severity.INFO, "root/templates/shop.yaml:1")


def test_an_application_that_brings_the_chart_decides_its_values(tmp_path: Path) -> None:
    root = APPLICATION.replace("name: shop\n", "name: root\n", 1).replace("path: charts/shop", "path: root")
    root = root.replace("valueFiles: [values-prod.yaml]", "parameters: [{name: path, value: charts/gone}]")
    found = told(lint({**CHART, **CHART_OF_APPS, "bootstrap.yaml": root}, tmp_path))
    assert found == [("L43", "error", "root/templates/shop.yaml:1")]


def test_a_chart_that_brings_itself_ends(tmp_path: Path) -> None:
    itself = {**CHART_OF_APPS, "root/values.yaml": f"repo: {REPO}\npath: root\n", "root/values-prod.yaml": "a: 1\n"}
    assert all(f.severity is not Severity.ERROR for f in lint({**CHART, **itself}, tmp_path))


def test_a_chart_of_applications_that_needs_values_is_no_error(tmp_path: Path) -> None:
    needing = CHART_OF_APPS["root/templates/shop.yaml"].replace(".Values.repo", "required `r` .Values.gone")
    (finding,) = lint({**CHART, **CHART_OF_APPS, "root/templates/shop.yaml": needing}, tmp_path)
    assert (finding.code, finding.severity) == ("L66", Severity.INFO)


@pytest.mark.parametrize(
    "text",
    [
        APPLICATION.replace("name: shop", "name: {{ .Values.name }}"),
        APPLICATION.replace("project: default", "project: <PROJECT"),
        APPLICATION.replace(f"repoURL: {REPO}", "repoURL: {{ repo }}"),
    ],
)
def test_a_file_that_something_else_fills_in_is_no_broken_yaml(text: str, tmp_path: Path) -> None:
    assert "L00" not in {c for c, s, _ in told(lint({**GOOD, "tpl/app.yaml": text}, tmp_path)) if s == "error"}


def test_a_patch_of_a_kustomization_is_not_taken_for_a_whole_object_but_its_fields_are(tmp_path: Path) -> None:
    patch = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop\nspec:\n  project: x\n"
    assert lint({**GOOD, "overlays/prod/patch.yaml": patch}, tmp_path / "a") == ()
    wrong = told(lint({**GOOD, "overlays/prod/patch.yaml": patch.replace("project", "projct")}, tmp_path / "b"))
    assert wrong == [("L57", "error", "overlays/prod/patch.yaml:6")]


def test_two_files_for_one_application_are_alternatives(tmp_path: Path) -> None:
    found = lint({**GOOD, "apps/shop-2.yaml": APPLICATION}, tmp_path, render=False)
    assert [f for f in found if f.code == "L10"] == []


# ---------------------------------------------------------------- bad input


def test_links_out_of_the_tree_are_told_and_not_followed(tmp_path: Path) -> None:
    secret = write_files(tmp_path / "outside", {"secret.yaml": "password: hunter2\n"})
    write_files(tmp_path / "tree", GOOD)
    (tmp_path / "tree/out.yaml").symlink_to("../outside/secret.yaml")
    (tmp_path / "tree/absolute").symlink_to(secret)
    (tmp_path / "tree/loop").symlink_to("../tree")
    (tmp_path / "tree/gone.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "tree/inside.yaml").symlink_to("apps/shop.yaml")
    read = read_any_tree(tmp_path / "tree")
    assert {one.path: one.reason for one in read.unread} == {
        "absolute": Reason.ABSOLUTE,
        "gone.yaml": Reason.NOWHERE,
        "loop": Reason.CIRCLE,
        "out.yaml": Reason.OUTSIDE,
    }
    assert not any("hunter2" in content.decode() for content in read.tree.files.values())
    found = told(lint({}, tmp_path / "tree", render=False))
    assert {("L67", "error", f"{path}:1") for path in ("absolute", "loop", "out.yaml")} <= set(found)
    assert ("L66", "info", "gone.yaml:1") in found


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, GOOD)
    (tmp_path / "large.yaml").write_bytes(b"# argoproj.io/v1\n" + b"#" * (21 * 1024 * 1024))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("a: 1\n")
    read = read_any_tree(tmp_path)
    assert {one.reason for one in read.unread} == {Reason.LARGE, Reason.SPECIAL, Reason.NAME}
    assert {f.code for f in lint({}, tmp_path)} == {"L66"}


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01argoproj.io/v1alpha1\xff\xfe",
        b"argoproj.io/v1alpha1: [",
        b"- argoproj.io/v1alpha1\n",
        b"argoproj.io/v1alpha1\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: 3\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: [a]\nmetadata: x\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nspec: {destinations: 1, sourceRepos: {a: b}}\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {generators: x, template: []}\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {generators: [null, 1], template: {spec: 1}}\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: 1, destination: 2}\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {a: b}\n",
        b"a: &a [argoproj.io/v1, *a]\n",
        b"\xef\xbb\xbfapiVersion: argoproj.io/v1alpha1\r\nkind: AppProject\r\n",
        b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nkind: Application\n" + b"[" * 5000,
    ],
)
@pytest.mark.parametrize("name", ["apps/odd.yaml", "apps/odd.json", "charts/shop/templates/odd.yaml"])
def test_odd_files_give_findings_and_no_traceback(content: bytes, name: str, tmp_path: Path) -> None:
    write_files(tmp_path, GOOD)
    (tmp_path / name).write_bytes(content)
    assert all(f.message and f.source for f in lint({}, tmp_path, render=False))


def test_ten_thousand_files_are_no_burden(tmp_path: Path) -> None:
    write_files(tmp_path, {**GOOD, **{f"data/{n % 100}/{n}.txt": "x\n" for n in range(10_000)}})
    assert lint({}, tmp_path, render=False) == ()


def test_a_folder_without_any_of_it_is_an_error_with_what_to_do(tmp_path: Path, migrate: Migrate) -> None:
    write_files(tmp_path / "tree", {"a.txt": "b\n"})
    outcome = migrate(tmp_path, "lint", "tree")
    assert (outcome.code, "there is no ApplicationSet" in outcome.out) == (1, True)


def test_nothing_is_written(tmp_path: Path, migrate: Migrate) -> None:
    write_files(tmp_path / "tree", {**GOOD, **CHART_OF_APPS})
    before = {p: p.stat().st_mtime_ns for p in sorted(tmp_path.rglob("*"))}
    assert migrate(tmp_path, "lint", "tree", "--output", "markdown").code == 0
    assert {p: p.stat().st_mtime_ns for p in sorted(tmp_path.rglob("*"))} == before


@pytest.mark.parametrize(("folder", "severity"), [("apps", "error"), ("docs", "warning")])
def test_a_project_of_another_folder_may_be_another_one(folder: str, severity: str, tmp_path: Path) -> None:
    project = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: shops}\nspec: {sourceRepos: []}\n"
    files = edited("apps/shop.yaml", "project: default", "project: shops")
    found = told(lint({**files, f"{folder}/project.yaml": project}, tmp_path))
    assert ("L30", severity, "apps/shop.yaml:7") in found
