"""Each rule: silent on a good tree, and heard, at the right place, where one thing is wrong with it."""

from __future__ import annotations

import pytest

from migrate.expand import expand_tree
from migrate.lint import lint_tree
from migrate.lint.good_tree import APPS, CRDS, PROJECT, REPO, VALUES, WEB
from migrate.lint.permissions import repository_matches
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Rendered
from migrate.model.tree import FileTree
from tests.lint.trees import (
    CHART,
    CRD,
    GLOB,
    HOOK,
    INFO,
    KEEP,
    OPTIONS,
    RELEASE,
    ROLE,
    ROLLING,
    SERVICE,
    WARNING,
    Case,
    apps,
    check_case,
    edited,
    good_files,
    good_rendered,
    linted,
    manifest,
    rolling,
    web,
)

TWICE = Finding("RN006", Severity.WARNING, "ConfigMap a is 2 times in the Application crds (a, b)", "let one bring it")
CASES = [
    Case("L00", WEB, "name", "cannot be read", web("name: web", "name: @web")),
    Case("L00", APPS, "apiVersion", "not generated", apps("{{ .name }}", "{{ .nom }}")),
    Case("L01", WEB, "rolloutPhase", "rolloutPhase: 650", web('"650"', "650")),
    Case("L01", WEB, "version", "chart.version: 1.10", web('"1.10"', "1.10")),
    Case("L01", WEB, "cluster", "cluster: on", web("cluster: in-cluster", "cluster: on")),
    Case("L01", WEB, "y: infra", "the key y", web("tier: infra", "y: infra\ntier: infra")),
    Case("L02", APPS, "- path", "2 files by default and 0", apps(GLOB, "environments/*/component.yaml"), (), WARNING),
    Case("L02", APPS, "- path", "slash", apps(GLOB, f"/{GLOB}")),
    Case("L03", APPS, "directories", "one level", apps(GLOB, f"{GLOB}\n        directories: [path: a**]"), (), WARNING),
    Case("L04", APPS, "goTemplateOptions", "missingkey=error", apps('["missingkey=error"]', "[]")),
    Case("L04", APPS, "spec", "goTemplate", apps("goTemplate: true", "goTemplate: false")),
    Case("L05", APPS, "project", "default", apps("'{{ .project }}'", "'{{ .project | default `x` }}'"), (), WARNING),
    Case(
        "L09",
        APPS,
        "templatePatch",
        "valuesObject",
        (
            *apps(RELEASE, f"{' ' * 10}valuesObject: {{a: b}}"),
            *apps(f"{' ' * 10}valueFiles:", f"{' ' * 10}valuesObject: {{}}\n{' ' * 10}valueFiles:"),
        ),
    ),
    Case("L10", WEB, "releaseName", "54 characters", web("releaseName: web", f"releaseName: {'w' * 54}")),
    Case("L10", WEB, "releaseName", "'Web'", web("releaseName: web", "releaseName: Web")),
    Case("L10", CRDS, "name", "also that of", ((CRDS, "name: crds", "name: web"),)),
    Case(
        "L10",
        WEB,
        "releaseName",
        "also that of Application crds",
        web("namespace: web\nreleaseName: web", "namespace: crds\nreleaseName: crds"),
    ),
    Case("L11", APPS, "rollout-phase", "randAlpha", apps("{{ .rolloutPhase }}", "{{ randAlpha 3 }}")),
    Case("L12", APPS, "type", "'rollingSync'", rolling("RollingSync", "rollingSync")),
    Case("L12", APPS, "- key", "'in' is not known", rolling("operator: In", "operator: in")),
    Case("L12", APPS, "- key", "'phase'", rolling("key: rollout-phase", "key: phase")),
    Case("L12", APPS, "maxUpdate", "'10'", rolling("maxUpdate: 1\n", 'maxUpdate: "10"\n')),
    Case("L12", APPS, "maxUpdate", "0 never", rolling("maxUpdate: 1\n", "maxUpdate: 0\n")),
    Case("L12", WEB, "rolloutPhase", "in no step", rolling('"650"', '"651"', WEB)),
    Case("L12", APPS, "steps", "1 of 2 steps hold no Application: 650", rolling('"650"', '"110"', WEB), (), INFO),
    Case("L12", APPS, "applicationsSync", "create-only", rolling("create-update", "create-only")),
    Case("L12", APPS, "templatePatch", "without prune", ROLLING[:1], (), WARNING),
    Case("L12", APPS, "targetRevision", "moving", rolling("1.0.0", "main"), (), WARNING),
    Case(
        "L13",
        APPS,
        "argocd.argoproj.io/sync-wave",
        "orders nothing",
        apps("      labels:", "      annotations:\n        argocd.argoproj.io/sync-wave: '3'\n      labels:"),
    ),
    Case("L15", WEB, "valueFiles", "variable", web(VALUES, "$values:x")),
    Case("L16", WEB, "valueFiles", "more than once", web("parameters: []", f"  - {VALUES}\nparameters: []")),
    Case("L17", WEB, "- name: p", "single $", web("parameters: []", "parameters:\n  - name: p\n    value: pa$word")),
    Case(
        "L18",
        WEB,
        "name",
        "and valuesObject",
        apps(RELEASE, f"{' ' * 10}values: x\n{' ' * 10}valuesObject: {{}}"),
    ),
    Case(
        "L19",
        WEB,
        "chart",
        "ignored",
        (
            *apps("      source:\n        repoURL: https:", "      source:\n        repoURL: oci:"),
            *apps("        helm:\n          releaseName", "        chart: x\n        helm:\n          releaseName"),
        ),
    ),
    Case("L21", WEB, "valueFiles", "is not there", web("10-values.yaml", "11-values.yaml")),
    Case("L21", WEB, "valueFiles", "outside", web(VALUES, "../x.yaml")),
    Case("L21", WEB, "valueFiles", "scheme", web(VALUES, "secrets://x.yaml")),
    Case("L22", WEB, CHART, "Secret web/s", (), (manifest("Secret", "s", annotations=HOOK), SERVICE), WARNING),
    Case("L22", WEB, CHART, "first one too", (), (manifest("Job", "j", annotations=HOOK), SERVICE), INFO),
    Case("L23", WEB, CHART, "never applied", (), (manifest("Endpoints", "e"),)),
    Case("L24", WEB, CHART, "kept", (), (manifest("ConfigMap", "p", annotations=KEEP),), INFO),
    Case("L26", WEB, "syncOptions", "handed over", web("ServerSideApply=", "ApplyOutOfSyncOnly="), (), WARNING),
    Case("L27", WEB, CHART, "also part of Application crds", (), (CRD,)),
    Case("L27", CRDS, "path: sources/charts/own/crds", "2 times", (), (), WARNING, Rendered((CRD,), findings=(TWICE,))),
    Case("L28", WEB, "syncOptions", "not known", web("ServerSideApply=true", "ServerSideApplied=true")),
    Case("L28", WEB, "syncOptions", "'yes' is no value", web("ServerSideApply=true", "ServerSideApply=yes")),
    Case("L28", WEB, "syncOptions", "does nothing here", web("ServerSideApply=true", "Force=true")),
    Case(
        "L28",
        WEB,
        CHART,
        "does nothing here",
        (),
        (manifest("ConfigMap", "x", annotations={OPTIONS: "CreateNamespace=true"}),),
    ),
    Case("L29", WEB, "syncOptions", "allow Namespace", web("ServerSideApply=true", "CreateNamespace=true")),
    Case("L30", WEB, "project", "repository", ((PROJECT, "platform/gitops.git", "platform/other.git"),)),
    Case("L30", WEB, "project", "destination", ((PROJECT, "namespace: web", "namespace: elsewhere"),)),
    Case("L30", WEB, "project", "ClusterRole.rbac", (), (ROLE,)),
    Case("L30", WEB, "project", "namespace kube-system", (), (manifest("Role", "x", namespace="kube-system"),)),
    Case("L30", PROJECT, "sourceRepos", "denials", ((PROJECT, f"- {REPO}", "- '!https://x'"),)),
    Case("L31", APPS, "syncPolicy", "preserveResources", apps("Deletion: true", "Deletion: false")),
    Case("L31", APPS, "syncPolicy", "create-update", apps("create-update", "sync")),
    Case("L33", WEB, CHART, "hooks alone", (), (manifest("Job", "j", annotations=HOOK),)),
    Case(
        "L34",
        WEB,
        "name",
        "StatefulSet.apps",
        apps("create-update", "sync"),
        (manifest("StatefulSet", "s", group="apps"),),
    ),
    Case("L34", WEB, CHART, "Prune=false, Delete=false", (), (manifest("Namespace", "n", namespace=""),)),
    Case("L40", WEB, "name", "tier, chart.version", (*web("tier: infra\n", ""), *web('  version: "1.10"\n', ""))),
    Case("L41", WEB, "rolloutPhase", "three digits", web('"650"', '"late"')),
    Case("L42", WEB, "dependsOn", "dependsOn", web("tier: infra", "dependsOn: [crds]\ntier: infra")),
    Case("L43", WEB, "path", "not in the tree", web("own/web", "own/wep")),
    Case("L43", WEB, "path", "no Chart.yaml", web("own/web", "own/web/templates")),
    Case(
        "L44",
        "sources/charts/own/old/Chart.yaml",
        "name: old",
        "nothing uses sources/charts/own/old (1 file)",
        (("sources/charts/own/old/Chart.yaml", "", "name: old\n"),),
        (),
        WARNING,
    ),
    Case(
        "L45",
        WEB,
        "value: PLACE",
        "placeholder",
        web("parameters: []", "parameters:\n  - name: p\n    value: PLACEHOLDER-x"),
        (),
        WARNING,
    ),
    Case("L46", APPS, "apiVersion", "makes no Application", apps("dev/components", "prod/components"), (), INFO),
]


def test_a_good_tree_has_no_findings() -> None:
    assert linted(good_files(), good_rendered()) == ()


def test_a_good_rolling_tree_has_no_findings() -> None:
    assert linted(edited(good_files(), ROLLING), good_rendered()) == ()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {case.says}" for case in CASES])
def test_a_rule_is_heard_where_something_is_wrong(case: Case) -> None:
    check_case(case)


def test_a_render_without_objects_is_told() -> None:
    found = linted(good_files(), {**good_rendered(), ("dev", "web"): Rendered()})
    assert [(f.code, f.severity) for f in found] == [("L47", Severity.INFO)]


def test_a_render_that_fails_is_an_error() -> None:
    rendered = {**good_rendered(), ("dev", "web"): Rendered(error="no template x")}
    found = linted(good_files(), rendered)
    assert [(f.code, "no template x" in f.message) for f in found] == [("L47", True)]


def test_without_renders_the_rules_over_objects_say_nothing() -> None:
    tree = FileTree({path: text.encode() for path, text in good_files().items()})
    assert lint_tree(tree, expand_tree(tree)) == ()


def test_a_parked_component_is_no_duplicate_and_its_files_are_used() -> None:
    files = good_files()
    files[WEB.replace("component.yaml", "component.disabled.yaml")] = files[WEB]
    del files[WEB]
    rendered = {key: value for key, value in good_rendered().items() if key[1] != "web"}
    assert linted(files, rendered) == ()


@pytest.mark.parametrize(
    ("pattern", "url", "allowed"),
    [
        ("*", "https://git.example.com/a.git", True),
        ("https://git.example.com/*", "https://git.example.com/a.git", True),
        ("https://git.example.com/*", "https://git.example.com/team/a.git", False),
        ("https://git.example.com/**", "https://git.example.com/team/a.git", True),
        ("https://git.example.com/A", "https://git.example.com/a.git", True),
        ("git@git.example.com:team/a.git", "git.example.com/team/a", True),
        ("https://git.example.com/a", "ssh://git.example.com/a", False),
    ],
)
def test_repositories_match_as_argo_cd_matches_them(pattern: str, url: str, allowed: bool) -> None:

    assert repository_matches(pattern, url) is allowed
