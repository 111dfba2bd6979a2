"""What single rules know beyond their examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrate.expand import expand_documents, expand_tree
from migrate.lint import lint_tree
from migrate.lint.data import Document
from migrate.lint.documents import find_documents
from migrate.lint.good_tree import APPS, CM, GOOD, PROJECT, WEB
from migrate.lint.own_repositories import own_repositories
from migrate.lint.permissions import allows_repository
from migrate.lint.rules.components.l01_quoted import _printed
from migrate.lint.structure import misfits
from migrate.model.finding import Severity
from migrate.model.manifest import Rendered
from migrate.model.tree import FileTree
from tests.lint.test_lint_examples import lint_rendered
from tests.lint.trees import good_rendered, linted, manifest

REPO = "https://git.example.com/platform/gitops.git"


@pytest.mark.parametrize(
    ("patterns", "allowed"),
    [
        ([REPO], True),
        ([], False),
        (["!https://git.example.com/other"], True),
        (["*", f"!{REPO}"], False),
        ([f"!{REPO}", REPO], False),
        (["https://git.example.com/other", "!https://git.example.com/third"], True),
    ],
)
def test_denials_of_repositories_count_as_argo_cd_counts_them(patterns: list[str], allowed: bool) -> None:
    assert allows_repository(patterns, REPO) is allowed


@pytest.mark.parametrize(
    ("destinations", "refused"),
    [
        ("[{name: '*', namespace: '*'}]", False),
        ("[{name: '*', namespace: '!web'}]", True),
        ("[{server: '*', namespace: '!web'}, {server: '*', namespace: '*'}]", True),
        ("[{server: '*', namespace: '!kube-system'}]", False),
        ("[{name: '!in-cluster', namespace: '*'}, {name: '*', namespace: '*'}]", True),
        ("[{name: '!far', namespace: '*'}]", False),
        ("[{server: '*', namespace: '*'}, {server: '!https://kubernetes.default.svc', namespace: '*'}]", True),
        ("[{name: far, namespace: web}]", True),
    ],
)
def test_denials_of_destinations_count_as_argo_cd_counts_them(destinations: str, refused: bool) -> None:
    start = GOOD[PROJECT].index("  destinations:")
    end = GOOD[PROJECT].index("  clusterResourceWhitelist:")
    project = f"{GOOD[PROJECT][:start]}  destinations: {destinations}\n{GOOD[PROJECT][end:]}"
    found = linted({**GOOD, PROJECT: project}, {})
    assert (
        any(f.code == "L30" and "destination" in f.message and f.source.file == WEB for f in found if f.source)
        is refused
    )


def test_the_trees_own_exclusions_take_the_place_of_argo_cds() -> None:
    rendered = good_rendered() | {
        ("dev", "web"): Rendered((manifest("Endpoints", "e"), manifest("Thing", "t", group="a.example.com")))
    }
    assert [f.message.split(" ")[0] for f in linted(dict(GOOD), rendered) if f.code == "L23"] == ["Endpoints"]
    own = "  resource.exclusions: |\n    - apiGroups: ['*.example.com']\n      kinds: ['*']\n      clusters: ['*']\n"
    files = {**GOOD, CM: GOOD[CM] + own}
    assert [f.message.split(" ")[0] for f in linted(files, rendered) if f.code == "L23"] == ["Thing.a.example.com"]


@pytest.mark.parametrize(
    ("group", "kind"), [("authentication.k8s.io", "TokenReview"), ("wgpolicyk8s.io", "PolicyReport"), ("", "Endpoints")]
)
def test_all_kinds_that_argo_cd_excludes_are_known(group: str, kind: str) -> None:
    rendered = good_rendered() | {("dev", "web"): Rendered((manifest(kind, "x", group=group),))}
    assert "L23" in {f.code for f in linted(dict(GOOD), rendered)}


def test_prune_false_of_the_application_keeps_what_helm_would_keep() -> None:
    kept = manifest("ConfigMap", "c", annotations={"helm.sh/resource-policy": "keep"})
    rendered = good_rendered() | {("dev", "web"): Rendered((kept,))}
    assert "L24" in {f.code for f in linted(dict(GOOD), rendered)}
    files = {**GOOD, WEB: GOOD[WEB].replace("- ServerSideApply=true", "- Prune=false")}
    assert "L24" not in {f.code for f in linted(files, rendered)}


def test_an_option_that_templates_do_not_know_is_an_error_of_its_own() -> None:
    files = {**GOOD, APPS: GOOD[APPS].replace('"missingkey=error"', '"missingkey=error", "missingkey=fail"')}
    (finding,) = [f for f in linted(files, {}) if f.code == "L04"]
    assert (finding.severity, "missingkey=fail" in finding.message) == (Severity.ERROR, True)


@pytest.mark.parametrize(
    ("spec", "keys", "says"),
    [
        ({"source": {"helm": {"skipCrds": "true"}}}, ("spec", "source", "helm", "skipCrds"), ("true or false", "text")),
        ({"source": {"targetRevision": 1.5}}, ("spec", "source", "targetRevision"), ("text", "a number")),
        ({"revisionHistoryLimit": True}, ("spec", "revisionHistoryLimit"), ("a whole number", "a truth value")),
        ({"syncPolicy": {"syncOptions": "a"}}, ("spec", "syncPolicy", "syncOptions"), ("a list", "text")),
        ({"destination": []}, ("spec", "destination"), ("a mapping", "a list")),
        ({"sources": [{"repoUrl": "x"}]}, ("spec", "sources", 0, "repoUrl"), ("repoURL", "")),
        ({"source": {"helm": {"valuesObject": {"anything": [1]}}}}, (), ()),
        ({"revisionHistoryLimit": 3.0, "project": None}, (), ()),
        ({"source": {"kustomize": {"replicas": [{"name": "a", "count": "2"}]}}}, (), ()),
    ],
)
def test_fields_and_types_are_those_of_the_resource_definition(
    spec: dict[str, Any], keys: tuple[str | int, ...], says: tuple[str, ...]
) -> None:
    document = Document("a.yaml", "", 0, {"kind": "Application", "spec": spec})
    found = [(m.keys, (m.close, "") if m.unknown else (m.wanted, m.given)) for m in misfits(document)]
    assert found == ([(keys, says)] if keys else [])


@pytest.mark.parametrize(
    ("value", "printed"),
    [(8080, "8080"), (999999, "999999"), (1000000, "1e+06"), (12345678, "1.2345678e+07"), (1.1, "1.1"), (True, "true")],
)
def test_numbers_are_printed_as_go_prints_them(value: float, printed: str) -> None:
    assert _printed(value) == printed


APPLICATION = """\
kind: Application
apiVersion: argoproj.io/v1alpha1
metadata: {{name: {name}}}
spec:
  project: default
  source: {{repoURL: "{url}", path: {path}}}
  destination: {{name: in-cluster, namespace: a}}
"""


@pytest.mark.parametrize(
    ("paths", "own"),
    [
        ({"a": "charts/a"}, True),
        ({"a": "charts/gone"}, False),
        ({"a": "charts/a", "b": "charts/gone"}, True),
        ({"a": "charts/a", "b": "charts/b", "c": "charts/c"}, False),
        ({"a": "."}, False),
    ],
)
def test_a_repository_is_the_trees_own_where_most_of_its_paths_are_here(paths: dict[str, str], own: bool) -> None:
    files = {"charts/a/x.yaml": "a: 1\n"}
    for name, path in paths.items():
        files[f"apps/{name}.yaml"] = APPLICATION.format(name=name, url="https://git.example.com/a.git", path=path)
    tree = FileTree({path: text.encode() for path, text in files.items()})
    assert bool(own_repositories(find_documents(tree), tree)) is own


def test_a_wave_of_another_trees_applications_is_told_once(tmp_path: Path) -> None:
    wave = "metadata: {{name: {name}, annotations: {{argocd.argoproj.io/sync-wave: '1'}}}}"
    files = {"charts/a/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}
    for name in "abc":
        text = APPLICATION.replace("metadata: {{name: {name}}}", wave)
        files[f"apps/{name}.yaml"] = text.format(name=name, url="https://git.example.com/a.git", path="charts/a")
    found = [f for f in lint_rendered(files, tmp_path) if f.code == "L14"]
    assert [(f.severity, "(and 2 more)" in f.message) for f in found] == [(Severity.INFO, True)]
    health = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\ndata:\n  resource.customizations: |\n"
    files["argocd-cm.yaml"] = f"{health}    argoproj.io/Application:\n      health.lua: x\n"
    assert "L14" not in {f.code for f in lint_rendered(files, tmp_path / "second")}


MANY = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: many}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators: [{list: {elements: [{name: A}, {name: B}, {name: C}, {name: D}, {name: E}]}}]
  template:
    metadata: {name: 'shop-{{ lower .name }}'}
    spec:
      project: default
      source:
        repoURL: https://git.example.com/a.git
        path: a
        helm:
          releaseName: '{{ .name }}'
      destination: {name: in-cluster, namespace: a}
"""


def test_many_findings_of_one_line_of_a_foreign_tree_are_told_once() -> None:
    tree = FileTree({"apps.yaml": MANY.encode()})
    documents = find_documents(tree)
    expansion, _ = expand_documents([(one.origin, one.data) for one in documents.appsets], tree, frozenset())
    assert len(expansion.applications) == 5
    (finding,) = [f for f in lint_tree(tree, expansion, documents=documents) if f.code == "L10"]
    assert (str(finding.source), "(and 4 more like it here)" in finding.message) == ("apps.yaml:16", True)


def test_the_good_tree_is_one_of_ours_and_its_expansion_is_whole() -> None:
    tree = FileTree({path: text.encode() for path, text in GOOD.items()})
    assert find_documents(tree).own
    assert [one.name for one in expand_tree(tree).applications] == ["crds", "web"]
