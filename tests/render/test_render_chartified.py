"""Releases that helmfile chartifies; every expectation here is what helmfile 1.8.0 printed for the same files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.model.estate import Estate, Release, ReleaseKey, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.model.manifest import Rendered
from migrate.render import RenderOptions, render_as_helmfile, render_release
from tests.render.conftest import CHART, config_map, data_of

WriteFiles = Callable[[Mapping[str, str]], Path]
HERE = SourceLocation("helmfile.yaml", 1)
RELEASE = Release("dev", "apps", "web", "", "helmfile", HERE, True, True, "./chart", "chart", "")
OPTIONS = RenderOptions(kube_version="1.34.0")
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: role}\nrules: []\n"
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: %ss.x.io}\n"
    "spec: {group: x.io, scope: Cluster, names: {kind: W%s}}\n"
)
VALUES = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vals}\ndata: {v: {{ .Values | toJson | quote }}}\n"
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: %s, annotations: {helm.sh/hook: %s}}\n"
APP = {
    **CHART,
    "values.yaml": "l: [1, 2, 3]\nm: {a: 1}\n",
    "templates/values.yaml": VALUES,
    "templates/hook.yaml": JOB % ("pre", "pre-install"),
    "templates/test.yaml": JOB % ("probe", "test"),
    "templates/role.yaml": ROLE,
    "templates/crd.yaml": CRD % ("b", "b"),
    "crds/a.yaml": CRD % ("a", "a"),
}
SUB = {
    "sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "sub/values.yaml": "x: 1\n",
    "sub/templates/a.yaml": config_map("sub-{{ .Release.Name }}", "{x: '{{ .Values.x }}'}"),
    "sub/crds/s.yaml": CRD % ("s", "s"),
}
PATCH: JsonObject = {
    "target": {"kind": "ConfigMap", "name": "vals"},
    "patch": [{"op": "add", "path": "/data/j", "value": "1"}],
}
LABEL: JsonObject = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "role", "labels": {"a": "b"}},
}
DEPENDENCY: JsonObject = {"chart": "sub", "version": "~0.1"}


@pytest.fixture
def estate(write_files: WriteFiles) -> Callable[[Mapping[str, str]], Estate]:
    def write(files: Mapping[str, str]) -> Estate:
        return Estate(".", str(write_files(files)), ("dev",), (), ())

    return write


WriteEstate = Callable[[Mapping[str, str]], Estate]


def app(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {f"chart/{path}": text for path, text in {**APP, **(more or {})}.items()}


def keys(rendered: Rendered) -> list[str]:
    assert rendered.error == ""
    return [f"{m.key.kind} {m.key.namespace}/{m.key.name}".replace(" /", " ") for m in rendered.manifests]


def layer(text: str) -> ValuesLayer:
    return ValuesLayer(ValuesKind.INLINE, "", text, HERE)


def values_seen(rendered: Rendered) -> object:
    (found,) = [m for m in rendered.manifests if m.key.name == "vals"]
    return data_of(found.document)["v"]


# ---------------------------------------------------------------- folders


RAW = {
    "raw/a.yaml": config_map("a", "{k: '{{ .Values.x }}'}"),
    "raw/d/b.yml": f"---\n{ROLE}---\n{config_map('b', '{}')}---\n# nothing\n",
    "raw/crds/c.yaml": CRD % ("r", "r"),
    "raw/own.yaml": config_map("own", "{}", ", namespace: other"),
    "raw/empty.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: empty\n  namespace:\n",
    "raw/_part.yaml": config_map("part", "{}"),
    "raw/.hidden.yaml": config_map("hidden", "{}"),
    "raw/nodotyaml": config_map("odd", "{}"),
    "raw/README.md": "read me",
}
FOLDER = replace(RELEASE, chart="./raw", chart_path="raw")


def test_a_folder_of_manifests_is_printed_as_it_is_with_the_namespace_where_none_is_named(estate: WriteEstate) -> None:
    rendered = render_as_helmfile(estate(RAW), FOLDER, OPTIONS)
    assert keys(rendered) == [
        "ConfigMap apps/a",
        "ConfigMap apps/b",
        "ConfigMap empty",
        "ConfigMap apps/odd",
        "ConfigMap other/own",
        "CustomResourceDefinition apps/rs.x.io",
        "ClusterRole apps/role",
    ]
    assert data_of(rendered.manifests[0].document) == {"k": "{{ .Values.x }}"}
    assert "namespace: apps" in rendered.manifests[0].text
    assert rendered.chartified == ("folder of manifests",)


def test_a_folder_of_manifests_without_a_namespace_of_the_release_stays_as_it_is(estate: WriteEstate) -> None:
    rendered = render_as_helmfile(estate(RAW), replace(FOLDER, namespace=""), OPTIONS)
    assert [m.key.namespace for m in rendered.manifests] == ["", "", "", "", "other", "", ""]
    forced = render_as_helmfile(estate(RAW), replace(FOLDER, force_namespace="forced"), OPTIONS)
    assert [m.key.namespace for m in forced.manifests][:2] == ["forced", "forced"]


def test_files_right_in_a_folder_named_templates_are_lost_as_helmfile_loses_them(estate: WriteEstate) -> None:
    lost = render_as_helmfile(estate({**RAW, "raw/templates/x.yaml": config_map("x", "{}")}), FOLDER, OPTIONS)
    assert keys(lost) == []


def test_a_patched_folder_prints_its_crds_only_on_demand(estate: WriteEstate) -> None:
    target: JsonObject = {"kind": "ConfigMap", "name": "a"}
    release = replace(FOLDER, json_patches=({**PATCH, "target": target},))
    where = estate(RAW)
    printed, all_printed = (
        keys(render_as_helmfile(where, release, replace(OPTIONS, include_crds=crds))) for crds in (False, True)
    )
    # They lie in templates/crds/ after chartify has moved them, so they stay among the templates.
    assert "CustomResourceDefinition apps/rs.x.io" in printed
    assert printed == all_printed


def test_a_template_in_a_folder_of_manifests_is_told(estate: WriteEstate) -> None:
    rendered = render_as_helmfile(estate({**RAW, "raw/g.yaml.gotmpl": "a: 1"}), FOLDER, OPTIONS)
    assert "g.yaml.gotmpl is a template" in rendered.error


def test_a_folder_with_dependencies_holds_both(estate: WriteEstate) -> None:
    release = replace(FOLDER, dependencies=(DEPENDENCY,), values=(layer("sub: {x: 5}"),))
    rendered = render_as_helmfile(estate({**RAW, **SUB}), release, OPTIONS)
    (added,) = [m for m in rendered.manifests if m.key.name == "sub-web"]
    assert (added.key.namespace, data_of(added.document)) == ("apps", {"x": "5"})
    (own,) = [m for m in rendered.manifests if m.key.name == "a"]
    assert data_of(own.document) == {"k": "{{ .Values.x }}"}


# ---------------------------------------------------------------- patches and namespaces of a chart


def test_crds_of_a_patched_chart_move_to_crds(estate: WriteEstate) -> None:
    release = replace(RELEASE, json_patches=(PATCH,))
    where = estate(app())
    plain = ["ConfigMap vals", "ClusterRole role", "Job pre", "Job probe"]
    crds = ["CustomResourceDefinition as.x.io", "CustomResourceDefinition bs.x.io"]
    assert keys(render_as_helmfile(where, release, OPTIONS)) == plain
    with_crds = render_as_helmfile(where, release, replace(OPTIONS, include_crds=True))
    assert keys(with_crds) == crds + plain
    assert [m.crd_file for m in with_crds.manifests] == [True, True, False, False, False, False]


def test_one_crd_in_templates_crds_keeps_all_of_them_in_templates(estate: WriteEstate) -> None:
    where = estate(app({"templates/crds/t.yaml": CRD % ("t", "t")}))
    rendered = render_as_helmfile(where, replace(RELEASE, json_patches=(PATCH,)), OPTIONS)
    assert [m.key.name for m in rendered.manifests if m.key.kind.startswith("Custom")] == ["bs.x.io", "ts.x.io"]
    every = render_as_helmfile(where, replace(RELEASE, json_patches=(PATCH,)), replace(OPTIONS, include_crds=True))
    assert [m.crd_file for m in every.manifests if m.key.kind.startswith("Custom")] == [False] * 3


def test_force_namespace_reaches_every_object_that_names_none(estate: WriteEstate) -> None:
    release = replace(RELEASE, force_namespace="forced", strategic_merge_patches=())
    rendered = render_as_helmfile(estate(app()), release, replace(OPTIONS, include_crds=True))
    assert {m.key.namespace for m in rendered.manifests} == {"forced"}
    assert all("namespace: forced" in m.text for m in rendered.manifests)


def test_json_patches_come_before_strategic_merge_patches(estate: WriteEstate) -> None:
    replaced: JsonObject = {
        "target": {"kind": "ClusterRole"},
        "patch": [{"op": "add", "path": "/metadata/labels", "value": {"json": "1", "a": "lost"}}],
    }
    release = replace(RELEASE, json_patches=(replaced,), strategic_merge_patches=(LABEL,))
    (role,) = [m for m in render_as_helmfile(estate(app()), release, OPTIONS).manifests if m.key.name == "role"]
    assert role.document["metadata"] == {"name": "role", "labels": {"json": "1", "a": "b"}}


def test_patches_of_a_chart_that_renders_nothing_are_no_error(estate: WriteEstate) -> None:
    files = {f"chart/{p}": t for p, t in {**CHART, "templates/a.yaml": "{{ if .Values.x }}a: 1{{ end }}"}.items()}
    rendered = render_as_helmfile(estate(files), replace(RELEASE, strategic_merge_patches=(LABEL,)), OPTIONS)
    assert (rendered.error, rendered.manifests) == ("", ())


def test_what_is_chartified_is_read_as_yaml_1_2_only_by_kustomize(estate: WriteEstate) -> None:
    where = estate(app({"templates/t.yaml": config_map("typed", "{a: yes, d: 2024-01-01}")}))
    patched, forced = (
        [data_of(m.document) for m in render_as_helmfile(where, release, OPTIONS).manifests if m.key.name == "typed"]
        for release in (replace(RELEASE, json_patches=(PATCH,)), replace(RELEASE, force_namespace="f"))
    )
    assert patched == [{"a": "yes", "d": "2024-01-01T00:00:00Z"}]
    assert forced == [{"a": True, "d": "2024-01-01"}]


def test_the_inner_render_has_the_defaults_as_a_file_and_only_the_flags_of_set(estate: WriteEstate) -> None:
    sets = (
        SetValue("--set", "l[1]", "9", HERE),
        SetValue("--set-string", "s", "7", HERE),
        SetValue("--set", "e", "variable", HERE),
    )
    key = ReleaseKey("env", [{"name": "e", "value": "E"}], HERE)
    release = replace(RELEASE, sets=sets, keys=(key,), json_patches=(PATCH,), values=(layer("m: {a: null, b: 2}"),))
    assert values_seen(render_as_helmfile(estate(app()), release, OPTIONS)) == '{"l":[1,9,3],"m":{"b":2}}'
    plain = values_seen(render_as_helmfile(estate(app()), replace(release, json_patches=()), OPTIONS))
    assert plain == '{"e":"variable","l":[null,9],"m":{"b":2},"s":"7"}'


def test_a_flag_with_a_blank_is_cut_by_helmfile(estate: WriteEstate) -> None:
    release = replace(RELEASE, sets=(SetValue("--set", "q", "a b", HERE),), json_patches=(PATCH,))
    assert "--set q=a b: helmfile cuts" in render_as_helmfile(estate(app()), release, OPTIONS).error


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (replace(RELEASE, json_patches=(PATCH,)), '{"l":[1,2,3],"m":{"a":1,"b":2,"c":4},"z":1}'),
        (RELEASE, '{"l":[1,2,3],"m":{"a":1,"b":3,"c":4},"z":1}'),
        (
            replace(RELEASE, dependencies=(DEPENDENCY,)),
            '{"l":[1,2,3],"m":{"a":1,"b":3,"c":4},"sub":{"global":{},"x":1},"z":1}',
        ),
    ],
)
def test_values_of_the_command_line_come_first_where_helmfile_chartifies(
    estate: WriteEstate, release: Release, expected: str
) -> None:
    options = replace(OPTIONS, values=("m: {b: 3, c: 4}",), sets=(("--set", "z=1"),))
    release = replace(release, values=(layer("m: {b: 2}"),))
    assert values_seen(render_as_helmfile(estate({**app(), **SUB}), release, options)) == expected


def test_hooks_and_tests_are_left_out_on_demand(estate: WriteEstate) -> None:
    release, where = replace(RELEASE, json_patches=(PATCH,)), estate(app())
    assert keys(render_as_helmfile(where, release, replace(OPTIONS, skip_tests=True)))[-1] == "Job pre"
    assert keys(render_as_helmfile(where, release, replace(OPTIONS, hooks=False)))[-1] == "ClusterRole role"


def test_show_only_picks_templates_and_says_what_is_not_there(estate: WriteEstate) -> None:
    where = estate(app())
    shown = render_as_helmfile(where, RELEASE, replace(OPTIONS, show_only=("templates/r*.yaml",)))
    assert keys(shown) == ["ClusterRole role"]
    missing = render_as_helmfile(where, RELEASE, replace(OPTIONS, show_only=("templates/none.yaml",)))
    assert missing.error == "could not find template templates/none.yaml in chart"


def test_what_is_applied_has_namespaces_and_says_what_was_done(estate: WriteEstate) -> None:
    release = replace(RELEASE, json_patches=(PATCH,), force_namespace="forced")
    rendered = render_release(estate(app()), release, kube_version="1.34.0")
    assert rendered.chartified == ("forceNamespace", "jsonPatches")
    assert {m.key.namespace for m in rendered.manifests if m.key.kind == "Job"} == {"forced"}
    assert {m.key.namespace for m in rendered.manifests if m.crd_file} == {""}
    assert render_release(estate(app()), RELEASE, kube_version="1.34.0").chartified == ()


# ---------------------------------------------------------------- dependencies


def test_an_ad_hoc_dependency_is_rendered_beside_the_chart(estate: WriteEstate) -> None:
    aliased: JsonObject = {**DEPENDENCY, "alias": "other"}
    release = replace(RELEASE, dependencies=(DEPENDENCY, aliased), values=(layer("other: {x: 5, enabled: false}"),))
    rendered = render_as_helmfile(estate({**app(), **SUB}), release, replace(OPTIONS, include_crds=True))
    assert [data_of(m.document) for m in rendered.manifests if m.key.name == "sub-web"] == [{"x": "1"}]
    assert "CustomResourceDefinition ss.x.io" in keys(rendered)
    off = replace(release, values=(layer("{sub: {enabled: false}, other: {enabled: false}}"),))
    assert "ConfigMap sub-web" not in keys(render_as_helmfile(estate({**app(), **SUB}), off, OPTIONS))


def test_crds_of_a_subchart_become_templates_where_the_chart_is_rendered_first(estate: WriteEstate) -> None:
    release = replace(RELEASE, dependencies=(DEPENDENCY,), force_namespace="f")
    rendered = render_as_helmfile(estate({**app(), **SUB}), release, replace(OPTIONS, include_crds=True))
    assert {m.key.name: m.crd_file for m in rendered.manifests if m.key.kind.startswith("Custom")} == {
        "as.x.io": True,
        "bs.x.io": False,
        "ss.x.io": False,
    }


@pytest.mark.parametrize(
    ("dependency", "error"),
    [
        ({"chart": "sub"}, "the dependency sub has no version"),
        ({"chart": "sub", "version": "2.x"}, "has version 0.1.0, which does not fit 2.x"),
        ({"chart": "repo/other", "version": "1.0.0"}, "repo/other is not on this disk"),
        ({"chart": "elsewhere", "version": "*"}, "missing in charts/ directory: elsewhere"),
    ],
)
def test_a_dependency_that_helm_cannot_bring_is_told(estate: WriteEstate, dependency: JsonObject, error: str) -> None:
    renamed = {path.replace("sub/", "elsewhere/"): text for path, text in SUB.items()}
    release = replace(RELEASE, dependencies=(dependency,))
    assert error in render_as_helmfile(estate({**app(), **SUB, **renamed}), release, OPTIONS).error


def test_dependencies_of_a_chartified_chart_lose_their_tags_and_bring_none_of_their_own(estate: WriteEstate) -> None:
    chart = CHART["Chart.yaml"] + "dependencies: [{name: sub, version: 0.1.0, repository: file://../sub, tags: [t]}]\n"
    leaf = {path.replace("sub/", "leaf/"): text.replace("sub", "leaf") for path, text in SUB.items()}
    nested = SUB["sub/Chart.yaml"] + "dependencies: [{name: leaf, version: 0.1.0, repository: file://../leaf}]\n"
    where = estate({**app({"Chart.yaml": chart}), **SUB, **leaf, "sub/Chart.yaml": nested})
    release = replace(RELEASE, values=(layer("tags: {t: false}"),), force_namespace="f")
    names = {m.key.name for m in render_as_helmfile(where, release, OPTIONS).manifests}
    assert "sub-web" in names
    assert "leaf-web" not in names
