"""One ApplicationSet at a time: generators, templates, patches, checks and steps."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.expand import Cluster, expand_appset, load_appset, read_clusters, while_rolling
from migrate.expand.text import FlatSubstitution, go_text
from migrate.model.application import Expansion
from migrate.model.tree import FileTree

REPO = "https://git.example.com/estate.git"
HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: estate, namespace: argocd}\nspec:\n"
STRICT = '  goTemplate: true\n  goTemplateOptions: ["missingkey=error"]\n'
TEMPLATE = """\
  template:
    metadata: {name: '{{ .name }}', labels: {phase: '{{ .phase }}'}}
    spec:
      project: default
      source: {repoURL: https://git.example.com/estate.git, targetRevision: main, path: charts/x}
      destination: {server: 'https://kubernetes.default.svc', namespace: '{{ .name }}'}
"""
FILES = """\
  generators:
    - git:
        repoURL: https://git.example.com/estate.git
        revision: main
        files: [{path: "components/**/component.yaml"}]
"""


def tree(**files: str) -> FileTree:
    return FileTree({path: text.encode() for path, text in files.items()})


def expanded(text: str, files: dict[str, str] | None = None, **options: Any) -> Expansion:
    return expand_appset(load_appset(HEAD + text), {REPO: tree(**(files or {}))}, **options)


def elements(*items: str) -> str:
    return "  generators:\n    - list:\n        elements:\n" + "".join(f"          - {item}\n" for item in items)


def names(expansion: Expansion) -> list[str]:
    assert expansion.errors == ()
    return [one.name for one in expansion.applications]


def spec_of(expansion: Expansion, index: int = 0) -> Any:
    return expansion.applications[index].manifest["spec"]


def test_each_component_file_becomes_an_application_in_name_order() -> None:
    files = {
        "components/z/component.yaml": 'name: alpha\nphase: "100"\n',
        "components/a/component.yaml": 'name: zulu\nphase: "200"\n',
        "components/a/component.disabled.yaml": "name: parked\n",
    }
    expansion = expanded(STRICT + FILES + TEMPLATE, files)
    assert names(expansion) == ["alpha", "zulu"]
    manifest: Any = expansion.applications[0].manifest
    assert manifest["metadata"] == {
        "name": "alpha",
        "namespace": "argocd",
        "labels": {"phase": "100"},
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    }


def test_a_missing_key_stops_everything_and_names_the_file() -> None:
    files = {
        "components/a/component.yaml": 'name: a\nphase: "1"\n',
        "components/b/component.yaml": "name: b\n",
    }
    expansion = expanded(STRICT + FILES + TEMPLATE, files)
    assert expansion.applications == ()
    assert "phase" in expansion.errors[0].message
    assert "components/b/component.yaml" in expansion.errors[0].message


def test_without_strictness_a_missing_key_prints_no_value() -> None:
    template = TEMPLATE.replace("targetRevision: main", "targetRevision: '{{ .rev }}'")
    expansion = expanded("  goTemplate: true\n" + elements("{name: a, phase: one}") + template)
    assert spec_of(expansion)["source"]["targetRevision"] == "<no value>"


def test_a_label_that_kubernetes_refuses_withholds_its_application() -> None:
    expansion = expanded(STRICT + elements("{name: a, phase: 'no label'}", "{name: b, phase: one}") + TEMPLATE)
    assert [one.name for one in expansion.applications] == ["b"]
    assert [(e.application, "label" in e.message) for e in expansion.errors] == [("a", True)]


def test_numbers_are_floats_and_words_are_bools_as_yaml_1_1_has_them() -> None:
    text = STRICT + elements("{name: a, phase: 'x', port: 8080, big: 1000000, version: 1.10, on: yes}")
    shown = "annotations: {a: '{{ .port }} {{ .big }} {{ .version }} {{ index . \"true\" }}'}"
    template = TEMPLATE.replace("labels: {phase: '{{ .phase }}'}", shown)
    metadata: Any = expanded(text + template).applications[0].manifest["metadata"]
    assert metadata["annotations"]["a"] == "8080 1e+06 1.1 true"


def test_a_broken_component_file_is_named_with_its_line() -> None:
    files = {"components/a/component.yaml": "name: a\nphase: @1\n"}
    message = expanded(STRICT + FILES + TEMPLATE, files).errors[0].message
    assert "components/a/component.yaml" in message
    assert "line 2" in message


@pytest.mark.parametrize(
    ("content", "count"),
    [("- {name: a, phase: x}\n- {name: b, phase: x}\n", 2), ("[]\n", 0)],
    ids=["list", "empty list"],
)
def test_a_list_in_a_file_makes_an_application_each(content: str, count: int) -> None:
    expansion = expanded(STRICT + FILES + TEMPLATE, {"components/a/component.yaml": content})
    assert len(expansion.applications) == count
    assert expansion.errors == ()


def test_new_globbing_changes_which_files_are_found() -> None:
    files = {"components/component.yaml": "name: top\nphase: x\n", "components/a/component.yaml": "name: a\nphase: x\n"}
    assert names(expanded(STRICT + FILES + TEMPLATE, files)) == ["a"]
    assert names(expanded(STRICT + FILES + TEMPLATE, files, new_git_file_globbing=True)) == ["a", "top"]


def test_matrix_joins_and_the_first_child_wins() -> None:
    generators = """\
  generators:
    - matrix:
        generators:
          - list: {elements: [{env: dev, phase: first}, {env: prod, phase: first}]}
          - git:
              repoURL: https://git.example.com/estate.git
              revision: main
              files: [{path: "{{ .env }}/*.yaml"}]
"""
    files = {"dev/a.yaml": "name: dev-a\nphase: second\n", "prod/a.yaml": "name: prod-a\nphase: second\n"}
    expansion = expanded(STRICT + generators + TEMPLATE, files)
    assert names(expansion) == ["dev-a", "prod-a"]
    assert expansion.applications[0].manifest["metadata"]["labels"] == {"phase": "first"}  # type: ignore[index,call-overload]


def test_merge_overrides_by_key_and_drops_what_has_no_base() -> None:
    generators = """\
  generators:
    - merge:
        mergeKeys: [name]
        generators:
          - list: {elements: [{name: a, phase: base}, {name: b, phase: base}]}
          - list: {elements: [{name: b, phase: over}, {name: c, phase: over}]}
"""
    expansion = expanded(STRICT + generators + TEMPLATE)
    labels = {one.name: one.manifest["metadata"]["labels"]["phase"] for one in expansion.applications}  # type: ignore[index,call-overload]
    assert labels == {"a": "base", "b": "over"}


def test_a_selector_filters_what_a_generator_made() -> None:
    generators = elements("{name: a, phase: one}", "{name: b, phase: two}") + (
        "      selector: {matchExpressions: [{key: phase, operator: NotIn, values: [two]}]}\n"
    )
    assert names(expanded(STRICT + generators + TEMPLATE)) == ["a"]


def test_clusters_given_and_the_local_one() -> None:
    generators = "  generators:\n    - clusters: {values: {phase: 'p-{{ .name }}'}}\n"
    template = TEMPLATE.replace("{{ .phase }}", "{{ .values.phase }}")
    clusters = (Cluster("far", "https://far.example:6443"),)
    expansion = expanded(STRICT + generators + template, clusters=clusters)
    assert names(expansion) == ["far", "in-cluster"]


def test_flat_mode_fills_in_texts_and_leaves_the_rest() -> None:
    filled = FlatSubstitution().render("{{ a }}-{{b}}-{{ .a }}-{{ missing }}-}}", {"a": "1", "b": "2", "n": 3})
    assert filled == "1-2-{{ .a }}-{{ missing }}-}}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999999.0, "999999"), (1000000.0, "1e+06"), (12345678.0, "1.2345678e+07"), (0.0001, "0.0001"),
        (0.00001, "1e-05"), (1.1, "1.1"), (-2.5, "-2.5"), (0.0, "0"), (None, "<nil>"), (True, "true"),
        ([1.0, "a"], "[1 a]"),
        ({"b": 1.0, "a": "x"}, "map[a:x b:1]"), (1e21, "1e+21"), (123456.0, "123456"),
    ],
)  # fmt: skip
def test_values_print_as_go_prints_them(value: object, text: str) -> None:
    assert go_text(value) == text


PATCH = TEMPLATE.replace("{repoURL", "{helm: {valueFiles: [a.yaml], releaseName: r}, repoURL")


@pytest.mark.parametrize(
    ("patch", "helm"),
    [
        (
            "spec: {source: {helm: {valueFiles: [b.yaml, c.yaml]}}}",
            {"valueFiles": ["b.yaml", "c.yaml"], "releaseName": "r"},
        ),
        ("spec: {source: {helm: {releaseName: null}}}", {"valueFiles": ["a.yaml"]}),
        ("spec: {source: {helm: {$patch: replace, skipCrds: true}}}", {"skipCrds": True}),
        ("spec: {source: {helm: {noSuchField: 1}}}", {"valueFiles": ["a.yaml"], "releaseName": "r"}),
        ("spec: {project: other}", {"valueFiles": ["a.yaml"], "releaseName": "r"}),
        ("# nothing", {"valueFiles": ["a.yaml"], "releaseName": "r"}),
    ],
    ids=["list replaced", "null deletes", "replace", "unknown field", "project restored", "comment"],
)
def test_a_patch_is_a_strategic_merge(patch: str, helm: dict[str, Any]) -> None:
    text = STRICT + elements("{name: a, phase: x}") + PATCH + f"  templatePatch: '{patch}'\n"
    spec = spec_of(expanded(text))
    assert spec["source"]["helm"] == helm
    assert spec["project"] == "default"


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ('spec: {syncPolicy: {automated: {prune: "true"}}}', "prune"),
        ("[{op: add}]", "array"),
        ("spec: {{ .missing }}", "missing"),
        ("spec: [", "spec"),
    ],
)
def test_a_wrong_patch_stops_everything(patch: str, reason: str) -> None:
    text = STRICT + elements("{name: a, phase: x}") + TEMPLATE + f"  templatePatch: '{patch}'\n"
    expansion = expanded(text)
    assert expansion.applications == ()
    assert reason in expansion.errors[0].message


def test_blocks_that_say_nothing_are_not_stored() -> None:
    template = TEMPLATE.replace("{repoURL", "{helm: {valueFiles: []}, directory: {recurse: false}, repoURL")
    template += "      syncPolicy: {syncOptions: []}\n"
    spec = spec_of(expanded(STRICT + elements("{name: a, phase: x}") + template))
    assert set(spec["source"]) == {"repoURL", "targetRevision", "path"}
    assert "syncPolicy" not in spec


def test_automated_and_retry_stay_even_when_empty() -> None:
    template = TEMPLATE + "      syncPolicy: {automated: {}, retry: {}}\n"
    spec = spec_of(expanded(STRICT + elements("{name: a, phase: x}") + template))
    assert spec["syncPolicy"] == {"automated": {}, "retry": {}}


def test_preserve_leaves_the_finalizer_out() -> None:
    policy = "  syncPolicy: {preserveResourcesOnDeletion: true}\n"
    one = expanded(STRICT + elements("{name: a, phase: x}") + TEMPLATE + policy).applications[0]
    assert "finalizers" not in one.manifest["metadata"]  # type: ignore[operator]


def test_a_name_twice_withholds_both_and_no_other() -> None:
    expansion = expanded(
        STRICT + elements("{name: a, phase: x}", "{name: a, phase: y}", "{name: b, phase: x}") + TEMPLATE
    )
    assert [one.name for one in expansion.applications] == ["b"]
    assert [(e.application, "duplicate" in e.message) for e in expansion.errors] == [("a", True)]


def test_an_unknown_project_and_cluster_withhold_their_application() -> None:
    template = TEMPLATE.replace("project: default", "project: '{{ .project }}'").replace(
        "server: 'https://kubernetes.default.svc'", "name: '{{ .cluster }}'"
    )
    text = elements(
        "{name: a, phase: x, project: team, cluster: in-cluster}",
        "{name: b, phase: x, project: nobody, cluster: in-cluster}",
        "{name: c, phase: x, project: team, cluster: nowhere}",
    )
    expansion = expanded(STRICT + text + template, projects=frozenset({"team"}))
    assert [one.name for one in expansion.applications] == ["a"]
    assert [e.application for e in expansion.errors] == ["b", "c"]
    open_world = expanded(STRICT + text + template, clusters=None)
    assert len(open_world.applications) == 3


STRATEGY = """\
  strategy:
    type: RollingSync
    rollingSync:
      steps:
        - matchExpressions: [{key: phase, operator: In, values: ["100"]}]
        - matchExpressions: [{key: phase, operator: NotIn, values: ["100", "300"]}]
"""


def test_steps_are_counted_from_one_by_the_labels_of_the_application() -> None:
    text = elements("{name: a, phase: '100'}", "{name: b, phase: '200'}", "{name: c, phase: '300'}")
    expansion = expanded(STRICT + text + STRATEGY + TEMPLATE)
    assert {one.name: one.step for one in expansion.applications} == {"a": 1, "b": 2, "c": -1}


def test_without_rolling_sync_there_are_no_steps() -> None:
    expansion = expanded(
        STRICT + elements("{name: a, phase: '100'}") + STRATEGY.replace("RollingSync", "AllAtOnce") + TEMPLATE
    )
    assert expansion.applications[0].step is None


def test_while_rolling_automated_sync_is_off_where_there_is_one() -> None:
    template = TEMPLATE + "      syncPolicy: {automated: {prune: true}}\n"
    one = expanded(STRICT + elements("{name: a, phase: '100'}") + STRATEGY + template).applications[0]
    stored: Any = while_rolling(one.manifest)
    assert stored["spec"]["syncPolicy"]["automated"] == {"prune": True, "enabled": False}
    assert one.manifest["spec"]["syncPolicy"]["automated"] == {"prune": True}  # type: ignore[index,call-overload]


def test_a_generator_that_asks_a_server_says_so() -> None:
    expansion = expanded(STRICT + "  generators:\n    - pullRequest: {github: {owner: x, repo: y}}\n" + TEMPLATE)
    assert "offline" in expansion.errors[0].message


def test_a_repository_without_known_content_is_named() -> None:
    appset = load_appset(HEAD + STRICT + FILES + TEMPLATE)
    message = expand_appset(appset, {"https://git.example.com/other.git": tree()}).errors[0].message
    assert "https://git.example.com/estate.git" in message


def test_load_appset_wants_one() -> None:
    with pytest.raises(ValueError, match="found 0"):
        load_appset("kind: Application\n")
    with pytest.raises(ValueError, match="line 1"):
        load_appset("kind: @\n")


def test_clusters_are_read_from_a_list() -> None:
    listed: Any = [{"name": "far", "server": "https://far.example:6443", "labels": {"ring": "1"}, "more": 1}]
    assert read_clusters(listed) == (Cluster("far", "https://far.example:6443", {"ring": "1"}),)


@pytest.mark.parametrize("data", [{"name": "far"}, [{"name": "far"}], [{"name": 1, "server": "x"}], ["far"]])
def test_what_is_no_list_of_clusters_is_told(data: Any) -> None:
    with pytest.raises(ValueError, match="cluster"):
        read_clusters(data)
