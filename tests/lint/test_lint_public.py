"""What public trees taught: shapes of settings, tokens and values that a rule has to know before it says a word."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrate.cli.linting import LintOptions, lint_folder
from migrate.console import SilentConsole
from migrate.doors.any_tree import read_any_tree
from migrate.doors.kustomize import find_kustomize
from migrate.model.finding import Finding, Severity
from tests.conftest import write_files

REPO = "https://git.example.com/acme/gitops.git"
MANIFESTS = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"
DIFFERENCES = "resource.customizations.ignoreDifferences"
HEALTH = "resource.customizations.health.argoproj.io_Application"
BASE = "https://git.example.com/argo-cd//manifests/install?ref=v3.3.0"


def application(name: str = "web", *, repo: str = REPO, path: str = "web", more: str = "", wave: str = "") -> str:
    annotations = f"  annotations:\n    argocd.argoproj.io/sync-wave: '{wave}'\n" if wave else ""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
{annotations}spec:
  project: default
  source:
    repoURL: {repo}
    path: {path}
    targetRevision: main
  destination:
    name: in-cluster
    namespace: {name}
{more}"""


RESPECTS = "  syncPolicy:\n    syncOptions:\n      - RespectIgnoreDifferences=true\n"


def ignoring(entry: str) -> str:
    return f"  ignoreDifferences:\n    - {entry}\n"


def lint(files: Mapping[str, str], folder: Path, code: str = "", *, render: bool = True) -> list[Finding]:
    write_files(folder, {"web/cm.yaml": MANIFESTS, **files})
    found = lint_folder(folder, read_any_tree(folder), LintOptions(render=render), SilentConsole(io.StringIO()))
    return [one for one in found if not code or one.code == code]


# ---------------------------------------------------------------- where the settings of Argo CD stand


IGNORED = "jsonPointers: [/data]"
KUSTOMIZATION = f"kind: Kustomization\nresources:\n  - {BASE}\n"
GENERATOR = "configMapGenerator:\n  - name: argocd-cm\n    behavior: merge\n"
PLACES: dict[str, dict[str, str]] = {
    "values": {"argocd/values.yaml": f"configs:\n  cm:\n    {DIFFERENCES}.ConfigMap: |\n      {IGNORED}\n"},
    "values of a dependency": {
        "argocd/values.yaml": f"argo-cd:\n  configs:\n    cm:\n      {DIFFERENCES}.ConfigMap: |\n        {IGNORED}\n"
    },
    "values of an old chart": {
        "argocd/values.yaml": f"server:\n  config:\n    {DIFFERENCES}.ConfigMap: |\n      {IGNORED}\n"
    },
    "values of an Application": {
        "argocd.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: argocd
  namespace: argocd
spec:
  project: default
  source:
    repoURL: https://charts.example.com
    chart: argo-cd
    targetRevision: 9.0.0
    helm:
      values: |
        configs:
          cm:
            {DIFFERENCES}.ConfigMap: |
              {IGNORED}
  destination:
    name: in-cluster
    namespace: argocd
"""
    },
    "a patch inside the kustomization": {
        "argocd/kustomization.yaml": KUSTOMIZATION
        + f"""\
patches:
  - patch: |
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: argocd-cm
      data:
        {DIFFERENCES}.ConfigMap: |
          {IGNORED}
"""
    },
    "operations inside the kustomization": {
        "argocd/kustomization.yaml": KUSTOMIZATION
        + f"""\
patches:
  - target:
      kind: ConfigMap
      name: argocd-cm
    patch: |
      - op: add
        path: /data/{DIFFERENCES}.ConfigMap
        value: "{IGNORED}"
"""
    },
    "operations in a file": {
        "argocd/kustomization.yaml": KUSTOMIZATION
        + "patchesJson6902:\n  - path: cm.json\n    target: {version: v1, kind: ConfigMap, name: argocd-cm}\n",
        "argocd/cm.json": f'[{{"op": "add", "path": "/data", "value": {{"{DIFFERENCES}.ConfigMap": "{IGNORED}"}}}}]',
    },
    "a generator": {
        "argocd/kustomization.yaml": KUSTOMIZATION + f"{GENERATOR}    literals: ['{DIFFERENCES}.all={IGNORED}']\n"
    },
    "a file of a generator": {
        "argocd/kustomization.yaml": KUSTOMIZATION + f"{GENERATOR}    files: [{DIFFERENCES}.ConfigMap=cm.txt]\n",
        "argocd/cm.txt": f"{IGNORED}\n",
    },
    "values of a kustomization's chart": {
        "argocd/kustomization.yaml": f"""\
kind: Kustomization
helmCharts:
  - name: argo-cd
    valuesInline:
      configs:
        cm:
          {DIFFERENCES}.ConfigMap: |
            {IGNORED}
"""
    },
    "the operator's object": {
        "argocd/argocd.yaml": f"""\
apiVersion: argoproj.io/v1beta1
kind: ArgoCD
metadata:
  name: argocd
spec:
  resourceIgnoreDifferences:
    resourceIdentifiers:
      - kind: ConfigMap
        customization:
          {IGNORED}
"""
    },
    "all customizations in one text": {
        "argocd/cm.yaml": f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
data:
  resource.customizations: |
    ConfigMap:
      ignoreDifferences: |
        {IGNORED}
"""
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_what_argo_cd_ignores_is_found_wherever_it_stands(place: str, tmp_path: Path) -> None:
    files = {"apps/web.yaml": application(more=RESPECTS)}
    assert [one.severity for one in lint(files, tmp_path / "without", "L93")] == [Severity.INFO]
    assert lint({**files, **PLACES[place]}, tmp_path / "with", "L93") == []
    other = {
        path: text.replace("ConfigMap:", "Service:")
        .replace("- kind: ConfigMap", "- kind: Service")
        .replace(f"{DIFFERENCES}.ConfigMap", f"{DIFFERENCES}.Service")
        .replace(".all=", ".Service=")
        for path, text in PLACES[place].items()
    }
    assert [one.severity for one in lint({**files, **other}, tmp_path / "other", "L93")] == [Severity.WARNING]


def test_a_kind_wide_entry_of_the_operator_is_told_at_its_line(tmp_path: Path) -> None:
    text = PLACES["the operator's object"]["argocd/argocd.yaml"].replace("ConfigMap", "Secret")
    (told,) = lint({"apps/web.yaml": application(), "argocd/argocd.yaml": text}, tmp_path, "L90")
    assert (told.severity, str(told.source)) == (Severity.ERROR, "argocd/argocd.yaml:8")


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({}, Severity.INFO),
        ({"argocd/values.yaml": "configs:\n  cm:\n    url: https://argocd.example.com\n"}, Severity.WARNING),
        ({"argocd/values.yaml": f"configs:\n  cm:\n    {HEALTH}: return {{}}\n"}, None),
        (
            {"a.yaml": "apiVersion: argoproj.io/v1beta1\nkind: ArgoCD\nmetadata: {name: a, namespace: b}\n"},
            Severity.INFO,
        ),
        (
            {
                "argocd/kustomization.yaml": KUSTOMIZATION + "patchesStrategicMerge: [cm.yaml]\n",
                "argocd/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\ndata:\n  url: x\n",
            },
            Severity.INFO,
        ),
        (
            {
                "argocd/argocd.yaml": "apiVersion: argoproj.io/v1beta1\nkind: ArgoCD\nmetadata:\n  name: a\nspec:\n"
                "  resourceHealthChecks:\n    - {group: argoproj.io, kind: Application, check: x}\n"
            },
            None,
        ),
    ],
    ids=["none", "values without", "values with", "another Argo CD", "a patch without", "the operator's object with"],
)
def test_waves_wait_where_the_settings_assess_applications(
    files: Mapping[str, str], severity: Severity | None, tmp_path: Path
) -> None:
    found = lint({"apps/web.yaml": application(wave="5"), **files}, tmp_path, "L14")
    assert [one.severity for one in found] == ([severity] if severity else [])


# ---------------------------------------------------------------- what several Applications ignore


def two(entry: str) -> dict[str, str]:
    return {f"apps/{name}.yaml": application(name, more=ignoring(entry)) for name in ("one", "two")}


def test_what_argocd_cm_ignores_in_other_words_is_told_as_there_already(tmp_path: Path) -> None:
    settings = {
        "argocd/values.yaml": f"configs:\n  cm:\n    {DIFFERENCES}.apps_Deployment: |\n"
        "      jqPathExpressions: [.spec.replicas, .spec.paused]\n"
    }
    entry = "{group: apps, kind: Deployment, jsonPointers: [/spec/replicas, /spec/paused]}"
    (told,) = lint({**two(entry), **settings}, tmp_path / "there", "L91")
    assert "argocd-cm ignores them in every Application" in told.message
    (other,) = lint(two(entry), tmp_path / "not", "L91")
    assert "each for itself" in other.message
    assert "migration.yaml" not in other.hint


@pytest.mark.parametrize(
    "entry",
    [
        "{kind: Secret, jsonPointers: [/data]}",
        "{kind: ConfigMap, jsonPointers: [/data]}",
        "{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}",
        "{group: apps, kind: Deployment, jqPathExpressions: [.spec.replicas]}",
    ],
)
def test_nobody_is_told_to_ignore_everywhere_what_each_has_of_its_own(entry: str, tmp_path: Path) -> None:
    assert lint(two(entry), tmp_path, "L91") == []


# ---------------------------------------------------------------- habits, tokens, values of argocd-apps


def test_a_habit_of_a_tree_is_told_once_if_it_is_information(tmp_path: Path) -> None:
    appset = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: set{n}
spec:
  generators:
    - clusters: {{}}
  template:
    metadata: {{name: 'set{n}-{{{{name}}}}'}}
    spec:
      project: default
      source: {{repoURL: https://git.example.com/other.git, path: x, targetRevision: main}}
      destination: {{name: in-cluster, namespace: x}}
"""
    few = {f"sets/{n}.yaml": appset.format(n=n) for n in range(3)}
    assert len(lint(few, tmp_path / "few", "L04")) == 3
    many = {f"sets/{n}.yaml": appset.format(n=n) for n in range(6)}
    (told,) = lint(many, tmp_path / "many", "L04")
    assert "5 more like it: sets/1.yaml:5, sets/2.yaml:5, sets/3.yaml:5 and 2 more" in told.message
    strict = {path: text.replace("spec:\n  gen", "spec:\n  goTemplate: true\n  gen") for path, text in many.items()}
    assert [one.severity for one in lint(strict, tmp_path / "strict", "L04")] == [Severity.WARNING] * 6


@pytest.mark.parametrize("token", ["<GITOPS_REPO_URL>", "${gitops_repo}", "<<__git_repo.url__>>"])
def test_tokens_are_information_and_what_they_fill_in_is_not_judged(token: str, tmp_path: Path) -> None:
    files = {
        "apps/web.yaml": application(repo=token),
        "apps/lacking.yaml": application("lacking", repo=token, path="lacking"),
        "lacking/kustomization.yaml": "kind: Kustomization\nresources: [secret.yaml]\n",
    }
    found = lint(files, tmp_path)
    assert {(one.code, one.severity) for one in found} == {("L66", Severity.INFO)}
    elsewhere = lint({"apps/web.yaml": application(repo=token, path="gone")}, tmp_path / "elsewhere")
    assert ["hold tokens" in one.message for one in elsewhere] == [True]


def test_a_kind_that_nothing_here_defines_may_well_have_no_namespace(tmp_path: Path) -> None:
    files = {
        "apps/web.yaml": application().replace("    namespace: web\n", ""),
        "web/cluster.yaml": "apiVersion: clusters.example.com/v1\nkind: Cluster\nmetadata:\n  name: a\n",
    }
    without = {**files, "web/cm.yaml": "# nothing\n"}
    assert [(one.code, one.severity) for one in lint(without, tmp_path / "unknown")] == [("L66", Severity.INFO)]
    assert [one.code for one in lint({**files, "web/cluster.yaml": "# nothing\n"}, tmp_path / "known")] == ["L47"]


@pytest.mark.skipif(not find_kustomize(), reason="neither kustomize nor kubectl is on PATH")
def test_what_kustomize_refuses_is_told_the_same_each_time(tmp_path: Path) -> None:
    patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"
    kustomization = "kind: Kustomization\nresources: [cm.yaml]\npatches: [{path: patch.yaml}]\n"
    files = {"apps/web.yaml": application(), "web/kustomization.yaml": kustomization, "web/patch.yaml": patch}
    messages = {lint(files, tmp_path / name, "L47")[0].message for name in ("one", "two")}
    assert len(messages) == 1
    assert 'kustomize: no resource matches strategic merge patch "ConfigMap.v1.[noGrp]/other' in messages.pop()


APPS = f"""\
argocd-apps:
  applicationsets:
    root:
      generators:
        - git:
            repoURL: {REPO}
            revision: main
            directories:
              - path: system/*
      template:
        metadata:
          name: '{{{{path.basename}}}}'
        spec:
          project: default
          source:
            repoURL: {REPO}
            path: '{{{{path}}}}'
            targetRevision: main
          destination:
            name: in-cluster
            namespace: '{{{{path.basename}}}}'
          syncPolicy:
            syncOptions: [CreateNamespaces=true]
"""
WRAPPER = "apiVersion: v2\nname: argocd\nversion: 1.0.0\ndependencies:\n  - name: argocd-apps\n    version: 2.0.0\n"


@pytest.mark.parametrize(
    ("values", "wrapper"),
    [
        (APPS, {"argocd/Chart.yaml": f"{WRAPPER}    repository: https://charts.example.com\n"}),
        (
            APPS.replace("argocd-apps:", "apps:"),
            {"argocd/Chart.yaml": f"{WRAPPER}    repository: https://charts.example.com\n    alias: apps\n"},
        ),
        (
            APPS.replace("    root:\n      ", "    - name: root\n      ", 1),
            {"argocd/Chart.yaml": f"{WRAPPER}    repository: https://charts.example.com\n"},
        ),
    ],
    ids=["by name", "by alias", "as a list"],
)
def test_an_application_set_in_values_is_looked_at_at_its_own_lines(
    values: str, wrapper: Mapping[str, str], tmp_path: Path
) -> None:
    found = lint({"argocd/values.yaml": values, "system/web/cm.yaml": MANIFESTS, **wrapper}, tmp_path, render=False)
    told = {(one.code, str(one.source)) for one in found}
    lines = values.split("\n")
    option = next(number for number, line in enumerate(lines, 1) if "CreateNamespaces" in line)
    assert ("L28", f"argocd/values.yaml:{option}") in told
    assert ("L04", "argocd/values.yaml:3") in told


def test_an_application_set_in_values_of_a_kustomizations_chart_is_looked_at(tmp_path: Path) -> None:
    values = "\n".join(line.removeprefix("  ") for line in APPS.split("\n")[1:])
    kustomization = "kind: Kustomization\nhelmCharts:\n  - name: argocd-apps\n    valuesFile: apps.yaml\n"
    files = {"argocd/apps.yaml": values, "argocd/kustomization.yaml": kustomization, "system/web/cm.yaml": MANIFESTS}
    assert {"L28", "L04"} <= {one.code for one in lint(files, tmp_path, render=False)}
