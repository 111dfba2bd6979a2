"""The rules over templates, charts, repositories, roots and settings: each heard where one thing is wrong."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from migrate.expand import expand_tree
from migrate.lint import lint_tree, rules_markdown
from migrate.lint.good_tree import (
    APPS,
    CM,
    CRDS,
    PARAMS,
    PROJECT,
    REPO,
    REPOSITORY,
    ROOT,
    SETTINGS,
    TEMPLATE,
    VALUES,
    WEB,
)
from migrate.lint.patches import patch_keys
from migrate.lint.rules.appsets.l08_emptied_keys import emptied_keys
from migrate.model.finding import Severity
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.tree import FileTree
from tests.conftest import ROOT as CHECKOUT
from tests.lint.trees import (
    CHART,
    INFO,
    OPTIONS,
    RELEASE,
    SERVICE,
    WARNING,
    Case,
    Edit,
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

SOURCE = "      source:\n        repoURL: https://git.example.com/platform/gitops.git\n        targetRevision: 1.0.0\n"
PATCH = "    spec:\n      source:"
HEALTH = "resource.customizations.health.argoproj.io_Application"
WAVE = "argocd.argoproj.io/sync-wave"
ASKING = '{{ if .Capabilities.APIVersions.Has "example.com/v1/Thing" }}a: 1{{ end }}\n'
THINGS = Manifest(
    ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "things.example.com"),
    {"spec": {"group": "example.com", "names": {"kind": "Thing"}, "versions": [{"name": "v1"}]}},
    "",
)
BALANCER = Manifest(ObjectKey("", "Service", "web", "b"), {"kind": "Service", "spec": {"type": "LoadBalancer"}}, "")
CLAIM = manifest("PersistentVolumeClaim", "data")
TWO_SOURCES = """\
      sources:
        - repoURL: https://git.example.com/platform/gitops.git
          targetRevision: 1.0.0
          path: '{{ .chart.path }}'
          helm:
            valueFiles: [%s]
        - repoURL: https://git.example.com/platform/gitops.git
          targetRevision: 1.0.0
          ref: values
%s      destination:
"""
ONE_SOURCE = SOURCE + "        path: '{{ .chart.path }}'\n        helm:\n" + RELEASE + "\n      destination:\n"


def several(first: str, more: str = "") -> tuple[Edit, ...]:
    return (
        *apps(ONE_SOURCE, TWO_SOURCES % (first, more)),
        *apps(
            "      source:\n        helm:\n          valueFiles:",
            "      ignored:\n        helm:\n          valueFiles:",
        ),
    )


def added(path: str, text: str) -> tuple[Edit, ...]:
    return ((path, "", text),)


def on(path: str, old: str, new: str) -> tuple[Edit, ...]:
    return ((path, old, new),)


SECOND = """\
        - repoURL: https://git.example.com/platform/gitops.git
          targetRevision: {revision}
          ref: {ref}
"""
AFTER = replace(manifest("Job", "fill", group="batch"), phases=("PostSync",))
LATE = (manifest("ConfigMap", "c"), AFTER)
CASES = [
    Case("L65", WEB, CHART, "nothing but Job.batch web/fill tells", (), LATE, INFO),
    Case("L65", WEB, CHART, "nothing but Job.batch web/fill tells", rolling(), LATE, WARNING),
    Case("L06", APPS, "path", "asks for .Release", apps("'{{ .chart.path }}'", "'{{ .Release.Name }}'")),
    Case("L06", APPS, "path", "asks for include", apps("'{{ .chart.path }}'", "'{{ include \"x\" . }}'")),
    Case("L06", APPS, "templatePatch", "asks for .Values", apps("toJson .parameters", "toJson .Values.parameters")),
    Case(
        "L07",
        APPS,
        "valuesObject",
        "valuesObject.a.b is null",
        apps(RELEASE, f"{' ' * 10}valuesObject: {{a: {{b: null}}}}"),
    ),
    Case(
        "L07",
        APPS,
        "templatePatch",
        "b is null",
        apps(f"{' ' * 10}valueFiles:", f"{' ' * 10}valuesObject:\n{' ' * 12}b: null\n{' ' * 10}valueFiles:"),
    ),
    Case(
        "L08",
        APPS,
        "templatePatch",
        "wipes spec",
        apps(
            PATCH,
            "    spec:\n    {{- if .syncOptions }}\n      info: []\n    {{- end }}\n    metadata:\n      source:",
        ),
    ),
    Case(
        "L10",
        "environments/dev/argocd/projects/twin.yaml",
        "name",
        "AppProject platform also stands in",
        added(
            "environments/dev/argocd/projects/twin.yaml",
            "kind: AppProject\nmetadata:\n  name: platform\n  namespace: argocd\n",
        ),
    ),
    Case(
        "L12",
        PARAMS,
        "data",
        "is ignored",
        (*rolling(), (PARAMS, '  applicationsetcontroller.enable.progressive.syncs: "true"\n', "  other: x\n")),
    ),
    Case(
        "L12",
        APPS,
        "- matchExpressions",
        "steps 1 and 2 both select",
        rolling('["650"]', '["650", "110"]'),
        (),
        WARNING,
    ),
    Case(
        "L12",
        APPS,
        "- matchExpressions",
        "is for 110, after 650",
        (*rolling('["110"]', '["tmp"]'), *apps('["650"]', '["110"]'), *apps('["tmp"]', '["650"]')),
    ),
    Case("L14", CM, "data", "never waited for", on(CM, HEALTH, "other"), (), WARNING),
    Case(
        "L14",
        ROOT,
        WAVE,
        "waited for by nobody",
        (
            *on(ROOT, "  name: root\n", f"  name: root\n  annotations:\n    {WAVE}: '1'\n"),
            *on(CM, HEALTH, "x"),
            *on(SETTINGS, HEALTH, "x"),
        ),
        (),
        WARNING,
    ),
    Case("L15", WEB, "valueFiles", "a variable, which several sources rule out", several('"$ARGOCD_APP_NAME/x.yaml"')),
    Case("L15", WEB, "valueFiles", "a reference that no source has", several('"$value/x.yaml"')),
    Case("L15", WEB, "name", "two sources have the ref", several("", SECOND.format(revision="1.0.0", ref="values"))),
    Case("L15", WEB, "name", "is refused", several("", SECOND.format(revision="1.0.0", ref="a.b"))),
    Case("L15", WEB, "name", "two revisions", several("", SECOND.format(revision="main", ref="more"))),
    Case(
        "L15", WEB, "name", "is on a chart", several("", SECOND.format(revision="1.0.0\n          chart: c", ref="c"))
    ),
    Case("L20", TEMPLATE, "{{ if", "assumed a cluster without it", added(TEMPLATE, ASKING), (), INFO),
    Case(
        "L20",
        TEMPLATE,
        "{{ if",
        "which this tree installs",
        added(TEMPLATE, ASKING),
        (),
        WARNING,
        Rendered((THINGS,)),
    ),
    Case(
        "L22",
        TEMPLATE,
        "{{ $x := lookup",
        "asks lookup",
        added(TEMPLATE, '{{ $x := lookup "v1" "Secret" "a" "b" }}\n'),
        (),
        INFO,
    ),
    Case(
        "L22",
        TEMPLATE,
        "{{ if .Release",
        "IsUpgrade",
        added(TEMPLATE, "{{ if .Release.IsUpgrade }}a: 1{{ end }}\n"),
        (),
        INFO,
    ),
    Case(
        "L22", TEMPLATE, "helm.sh/hook", "never applied by Argo CD", added(TEMPLATE, "helm.sh/hook: test\n"), (), INFO
    ),
    Case("L22", TEMPLATE, '"helm.sh/hook"', "is no hook", added(TEMPLATE, '"helm.sh/hook": pre-instal\n')),
    Case(
        "L22",
        TEMPLATE,
        "argocd.argoproj.io/hook",
        "Presync is no hook",
        added(TEMPLATE, "argocd.argoproj.io/hook: Presync\n"),
    ),
    Case("L25", CM, "application.resource", "looks owned", on(CM, "Method: annotation", "Method: label"), (), WARNING),
    Case(
        "L25",
        CM,
        "application.resource",
        "another release name, e.g. web",
        (*on(CM, "Method: annotation", "Method: label"), *web("releaseName: web", "releaseName: site")),
    ),
    Case("L30", PROJECT, "sourceRepos", "refused", on(PROJECT, f"- {REPO}", f"- {REPO}\n    - '!*'")),
    Case(
        "L31",
        APPS,
        "metadata",
        "lacks the finalizer",
        apps("  finalizers: [resources-finalizer.argocd.argoproj.io]\n", ""),
        (),
        WARNING,
    ),
    Case(
        "L31",
        APPS,
        "finalizers",
        "in spite of",
        apps("      labels:\n", "      finalizers: [resources-finalizer.argocd.argoproj.io]\n      labels:\n"),
    ),
    Case("L32", WEB, CHART, "mounted by no workload", (), (CLAIM,), WARNING),
    Case("L32", WEB, CHART, "writes its address, and step 2 waits", rolling(), (BALANCER,), INFO),
    Case(
        "L48",
        APPS,
        "repoURL",
        "the generator reads https://git.example.com/x.git",
        apps(f"repoURL: {REPO}\n        revision", "repoURL: https://git.example.com/x.git\n        revision"),
    ),
    Case("L48", APPS, "revision", "reads revision main, and the sources next", apps("1.0.0", "next")),
    Case(
        "L49",
        ROOT,
        "path",
        "is not in the tree",
        on(ROOT, "path: environments/dev/argocd", "path: environments/dev/argo"),
    ),
    Case(
        "L49",
        ROOT,
        "source",
        "does not bring environments/dev/argocd/apps",
        on(ROOT, "recurse: true", "recurse: false"),
    ),
    Case("L49", ROOT, "source", "brings itself", on(ROOT, "parent/*", "x")),
    Case("L49", ROOT, "source", "the chart of Argo CD owns", on(ROOT, "ops/*", "x")),
    Case("L49", ROOT, "repoURL", "is not what ApplicationSet", on(ROOT, "platform/gitops", "platform/other")),
    Case("L49", ROOT, "targetRevision", "is not what ApplicationSet", on(ROOT, "main", "old")),
    Case("L49", ROOT, "destination", "another cluster", on(ROOT, "name: in-cluster", "name: far"), (), WARNING),
    Case("L49", ROOT, "project", "which it brings itself", on(ROOT, "project: default", "project: platform")),
    Case(
        "L49",
        ROOT,
        "prune",
        "prunes",
        on(ROOT, "  destination:", "  syncPolicy:\n    automated:\n      prune: true\n  destination:"),
        (),
        WARNING,
    ),
    Case("L50", REPOSITORY, "url", "nothing reads", on(REPOSITORY, "platform/gitops", "platform/other")),
    Case(
        "L50",
        REPOSITORY,
        "apiVersion",
        "no repository Secret is for",
        on(REPOSITORY, "platform/gitops", "platform/other"),
        (),
        WARNING,
    ),
    Case("L50", REPOSITORY, "labels", "lacks the label", on(REPOSITORY, "secret-type", "secret-kind")),
    Case(
        "L50",
        REPOSITORY,
        "password",
        "holds password in Git",
        on(REPOSITORY, "  type: git\n", "  type: git\n  password: x\n"),
    ),
    Case("L51", SETTINGS, "application.resource", "differs here", on(SETTINGS, "Method: annotation", "Method: label")),
    Case("L51", CM, "data", "is missing here", on(CM, "  application.resourceTrackingMethod: annotation\n", "")),
    Case(
        "L52",
        CM,
        "data",
        "web is Healthy at once",
        (),
        (manifest("TemporalCluster", "t", group="temporal.io"),),
        WARNING,
    ),
    Case(
        "L53",
        PROJECT,
        "- group",
        "any group and any kind",
        on(
            PROJECT,
            "- group: apiextensions.k8s.io\n      kind: CustomResourceDefinition",
            "- group: '*'\n      kind: '*'",
        ),
        (),
        WARNING,
    ),
    Case("L53", PROJECT, "- name", "any namespace", on(PROJECT, "namespace: web", "namespace: '*'"), (), WARNING),
    Case("L53", PROJECT, "- '*'", "any repository", on(PROJECT, f"- {REPO}", "- '*'"), (), WARNING),
    Case(
        "L53",
        PROJECT,
        "- group",
        "which none of its Applications renders",
        on(PROJECT, "kind: CustomRes", "kind: ClusterRole\n    - group: apiextensions.k8s.io\n      kind: CustomRes"),
        (),
        INFO,
    ),
    Case(
        "L54",
        "sources/charts/twin/web/Chart.yaml",
        "name: web",
        "lies in sources/charts/own/web as well, with other content",
        added("sources/charts/twin/web/Chart.yaml", 'name: web\nversion: "1.10"\n'),
        (),
        WARNING,
    ),
    Case(
        "L55",
        WEB,
        "- sources/values/prod",
        "environment prod",
        (*web("values/dev", "values/prod"), *added("environments/prod/x.yaml", "a: 1\n")),
    ),
    Case("L55", APPS, "generators", "components of *", apps("dev/components", "*/components")),
    Case(
        "L56",
        PROJECT,
        "namespace",
        "'default', everything else in 'argocd'",
        on(PROJECT, "namespace: argocd", "namespace: default"),
    ),
    Case(
        "L57",
        APPS,
        "goTemplateOption",
        "spec.goTemplateOption is no field",
        apps("goTemplateOptions", "goTemplateOption"),
    ),
    Case("L57", APPS, "rev", "rev is no field", apps("revision:", "rev:")),
    Case("L57", PROJECT, "sourceRepo", "sourceRepo is no field", on(PROJECT, "sourceRepos", "sourceRepo")),
    Case("L57", ROOT, "excludes", "excludes is no field", on(ROOT, "exclude:", "excludes:")),
    Case(
        "L57",
        APPS,
        "templatePatch",
        "spec.syncPolicy.syncOption of templatePatch",
        apps("syncOptions: {{", "syncOption: {{"),
    ),
    Case(
        "L58",
        APPS,
        "labels",
        "rolloutPhase 110, and the Application rollout-phase None",
        apps("rollout-phase", "phase"),
    ),
    Case(
        "L58",
        APPS,
        "tier",
        "tier infra, and the Application tier x",
        apps("        rollout-phase", "        tier: x\n        rollout-phase"),
    ),
    Case("L59", WEB, "version", "chart.version is 1.10", on("sources/charts/own/web/Chart.yaml", "1.10", "1.11")),
    Case(
        "L58",
        APPS,
        "project",
        "project platform, and the Application project default",
        apps("'{{ .project }}'", "default"),
    ),
    Case("L58", APPS, "spec", "syncOptions ['ServerSideApply=true'], and", apps("syncOptions: {{", "syncOption: {{")),
    Case(
        "L60",
        APPS,
        "templatePatch",
        "has automated sync",
        (*web("tier: infra", "handover: manual\ntier: infra"), *rolling()[1:]),
    ),
    Case(
        "L60",
        APPS,
        "strategy",
        "has a step that syncs it",
        (*web("tier: infra", "handover: manual\ntier: infra"), *rolling()),
    ),
    Case(
        "L62",
        WEB,
        CHART,
        "keeps its name when its template changes",
        (),
        (manifest("Job", "j", group="batch", annotations={WAVE: "1"}), SERVICE),
        WARNING,
    ),
    Case(
        "L63",
        WEB,
        "- sources/values/dev/apps/web/30-pins",
        "only the pins",
        (
            *web(VALUES, "sources/values/dev/apps/web/30-pins.yaml"),
            *added("sources/values/dev/apps/web/30-pins.yaml", "a: 1\n"),
        ),
        (),
        WARNING,
    ),
    Case(
        "L64",
        WEB,
        "rolloutPhase",
        "web comes in the same phase as crds, which brings the definition of Thing.example.com",
        web('"650"', '"110"'),
        (manifest("Thing", "t", group="example.com"),),
        Severity.ERROR,
        Rendered((THINGS,)),
    ),
    Case(
        "L64",
        WEB,
        "rolloutPhase",
        "web comes before crds, which brings namespace web",
        (*rolling(), *web('"650"', '"110"'), (CRDS, '"110"', '"650"')),
        (SERVICE,),
        Severity.ERROR,
        Rendered((manifest("Namespace", "web", namespace=""),)),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {case.says}" for case in CASES])
def test_a_rule_is_heard_where_something_is_wrong(case: Case) -> None:
    check_case(case)


def test_a_value_that_a_render_draws_anew_is_an_error() -> None:
    web_key = ObjectKey("", "Secret", "web", "s")
    drawn = Rendered((manifest("Secret", "s"),), unstable=((web_key, "data.password"),))
    found = linted(good_files(), {**good_rendered(), ("dev", "web"): drawn})
    assert [(f.code, f.severity.value, "data.password" in f.message) for f in found] == [("L63", "error", True)]


@pytest.mark.parametrize(
    ("files", "path", "says", "severity"),
    [
        ({"README.md": "changed\n"}, "README.md", "not as migrate wrote it", "info"),
        ({"README.md": None}, "README.md", "it is not there", "warning"),
        ({"sources/new.yaml": "a: 1\n"}, "sources/new.yaml", "did not write", "info"),
        ({".migrate/manifest.json": "{"}, ".migrate/manifest.json", "no JSON", "warning"),
        ({".migrate/manifest.json": None, ".migrate/x": ""}, ".migrate/manifest.json", "is not there", "warning"),
    ],
)
def test_a_file_that_is_not_as_written_is_named(
    files: dict[str, str | None], path: str, says: str, severity: str
) -> None:
    tree = good_files()
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in tree.items()}
    tree[".migrate/manifest.json"] = json.dumps({"files": digests})
    assert linted(tree, good_rendered()) == ()
    changed = {name: text for name, text in {**tree, **files}.items() if text is not None}
    found = [f for f in linted(changed, good_rendered()) if f.code == "L61" and f.source and f.source.file == path]
    assert [(says in f.message, f.severity.value) for f in found] == [(True, severity)]


SOUND: dict[str, tuple[tuple[Edit, ...], tuple[Manifest, ...]]] = {
    "escaped braces": (
        apps("'{{ .chart.path }}'", "'{{ .chart.path }}{{ if false }}{{ \"{{ .Release.Name }}\" }}{{ end }}'"),
        (),
    ),
    "a null in a list of values": (apps(RELEASE, f"{RELEASE}\n{' ' * 10}valuesObject: {{a: [null]}}"), ()),
    "a source of its own tag": (apps("1.0.0", "1.2.3"), ()),
    "an API of Kubernetes": (
        added(TEMPLATE, '{{ if .Capabilities.APIVersions.Has "networking.k8s.io/v1" }}a: 1{{ end }}\n'),
        (),
    ),
    "a hook of Argo CD": (added(TEMPLATE, "argocd.argoproj.io/hook: PreSync\n"), ()),
    "a hook that the values choose": (added(TEMPLATE, "helm.sh/hook: {{ .Values.hook }}\n"), ()),
    "a Job that may be replaced": (
        (),
        (manifest("Job", "j", group="batch", annotations={WAVE: "1", OPTIONS: "Force=true,Replace=true"}),),
    ),
    "a claim that is mounted": (
        (),
        (
            CLAIM,
            Manifest(
                ObjectKey("apps", "Deployment", "web", "web"),
                {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}},
                "",
            ),
        ),
    ),
    "a parent whose project is elsewhere": (((ROOT, "project: default", "project: bootstrap"),), ()),
    "an address without .git": (
        ((REPOSITORY, "https://git.example.com/platform/gitops.git", "https://git.example.com/platform/gitops"),),
        (),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_right_is_not_named(name: str) -> None:
    edits, objects = SOUND[name]
    rendered = good_rendered()
    if objects:
        rendered["dev", "web"] = Rendered(objects)
    assert linted(edited(good_files(), edits), rendered) == ()


@pytest.mark.parametrize(
    ("patch", "emptied"),
    [
        ("spec:\n{{- if .a }}\n  b: 1\n{{- end }}\n", [("spec",)]),
        ("spec:\n{{- if .a }}\n  b: 1\n{{- else }}\n  c: 1\n{{- end }}\n", []),
        ("spec:\n{{- if .a }}\n  b: 1\n{{- else if .d }}\n  c: 1\n{{- end }}\n", [("spec",)]),
        ("spec:\n{{- if .a }}\n{{- if .b }}\n  b: 1\n{{- end }}\n{{- else }}\n  c: 1\n{{- end }}\n", [("spec",)]),
        ("spec:\n{{- range .a }}\n  - b\n{{- end }}\n", [("spec",)]),
        ("{{- if .a }}\nspec:\n  b: 1\n{{- end }}\n", []),
        ("spec:\n  source:\n  {{- with .a }}\n    b: 1\n  {{- end }}\n  c: 1\n", [("spec", "source")]),
        ("spec: {{ toJson .spec }}\n", []),
        ("spec:\n", [("spec",)]),
        ("spec:\nmetadata: {}\n", [("spec",)]),
        ("spec:\n- a\n", []),
    ],
)
def test_keys_that_a_patch_may_leave_empty(patch: str, emptied: list[tuple[str, ...]]) -> None:
    assert list(emptied_keys(patch)) == emptied


@pytest.mark.parametrize(
    ("patch", "keys"),
    [
        ("spec:\n  source:\n    helm:\n      valueFiles:\n", ("spec", "source", "helm", "valueFiles")),
        ("spec:\n  sources:\n  - path: a\n    helm: {}\n", ("spec", "sources", "-", "helm")),
        ("spec:\n  sources:\n    - path: a\n    - chart: b\n", ("spec", "sources", "-", "chart")),
        ("spec:\n  {{- if .a }}\n  project: b\n  {{- end }}\n", ("spec", "project")),
    ],
)
def test_keys_of_a_patch_are_known_with_their_path(patch: str, keys: tuple[str, ...]) -> None:
    assert list(patch_keys(patch))[-1] == keys


def test_an_api_that_the_plan_names_is_known() -> None:
    files = edited(good_files(), added(TEMPLATE, ASKING))
    tree = FileTree({path: text.encode() for path, text in files.items()})
    named: dict[str, tuple[str, ...]] = {"dev": ("example.com/v1/Thing",)}
    assert lint_tree(tree, expand_tree(tree), good_rendered(), api_versions=named) == ()
    other: dict[str, tuple[str, ...]] = {"dev": ("example.com/v2",)}
    assert lint_tree(tree, expand_tree(tree), good_rendered(), api_versions=other) == ()


def test_the_reference_page_is_what_the_program_says() -> None:
    page = CHECKOUT / "docs/reference/lint.md"
    assert page.read_text(encoding="utf-8") == rules_markdown(), "run: make reference"


@pytest.mark.parametrize(
    "objects",
    [
        (manifest("Deployment", "web", group="apps"), AFTER),
        (manifest("ConfigMap", "c"), replace(AFTER, phases=("PreSync",))),
        (AFTER,),
    ],
    ids=["a check beside it", "before the sync", "hooks alone are another rule's"],
)
def test_a_hook_after_the_sync_is_told_only_where_it_is_all_there_is(objects: tuple[Manifest, ...]) -> None:
    rendered = good_rendered() | {("dev", "web"): Rendered(objects)}
    assert "L65" not in {finding.code for finding in linted(edited(good_files(), rolling()), rendered)}


def test_a_check_of_the_settings_counts() -> None:
    things = (manifest("Thing", "t", group="example.org"), AFTER)
    rendered = good_rendered() | {("dev", "web"): Rendered(things)}
    files = good_files()
    assert "L65" in {finding.code for finding in linted(files, rendered)}
    files[CM] = files[CM].replace("data:\n", "data:\n  resource.customizations.health.example.org_Thing: x\n")
    assert "L65" not in {finding.code for finding in linted(files, rendered)}
