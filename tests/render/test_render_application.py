from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.model.json import JsonObject
from migrate.model.manifest import Rendered
from migrate.render import render_application, render_repository, render_targets
from migrate.render.source_type import SourceError
from migrate.render.sources import substitute
from tests.render.conftest import CHART, config_map, data_of

WriteFiles = Callable[[Mapping[str, str]], Path]
URL = "https://git.example.org/team/repo.git"
SETTINGS = config_map(
    "{{ .Release.Name }}", "\n{{- range $k, $v := .Values.s }}\n  {{ $k }}: {{ $v | toJson | quote }}\n{{- end }}"
)
TREE = {
    **{f"charts/web/{path}": text for path, text in CHART.items()},
    "charts/web/values.yaml": "s: {who: chart}\n",
    "charts/web/templates/a.yaml": SETTINGS,
    "env/prod.yaml": "s: {who: prod, prod: 1}\n",
    "env/late.yaml": "s: {who: late}\n",
}


def application(helm: str = "", source: str = "", spec: str = "", name: str = "web") -> JsonObject:
    return parse_values(
        f"metadata: {{name: {name}, namespace: argocd}}\n"
        f"spec:\n  destination: {{namespace: apps}}\n  {spec}\n"
        + (
            f"  source:\n    repoURL: {URL}\n    path: charts/web\n    targetRevision: main\n    {source}\n"
            f"    helm: {{{helm}}}\n"
            if not spec
            else ""
        )
    )


def render(root: Path, app: JsonObject, version: str = "3.3") -> Rendered:
    return render_application(app, {URL.removesuffix(".git"): str(root)}, kube_version="1.34.0", argocd_version=version)


def settings(rendered: Rendered) -> JsonObject:
    assert not rendered.error, rendered.error
    return data_of(rendered.manifests[0].document)


def test_value_files_are_relative_to_the_chart_or_from_the_root(write_files: WriteFiles) -> None:
    root = write_files(TREE)
    rendered = render(root, application("valueFiles: [../../env/prod.yaml, /env/late.yaml]"))
    assert settings(rendered) == {"who": '"late"', "prod": "1"}
    assert str(rendered.manifests[0].key) == "ConfigMap apps/web"


def test_precedence_from_files_to_file_parameters(write_files: WriteFiles) -> None:
    root = write_files({**TREE, "charts/web/motd": "hi"})
    rendered = render(
        root,
        application(
            "valueFiles: [/env/prod.yaml], values: 's: {lost: 1}', valuesObject: {s: {a: 1, b: 1, c: 1, who: null}},"
            "parameters: [{name: s.b, value: '2'}, {name: s.b, value: '3'}, {name: s.c, value: '4', forceString: true},"
            "{name: s.list, value: 'x,w'}, {name: s.d, value: $ARGOCD_APP_NAME-$$}],"
            "fileParameters: [{name: s.c, path: motd}]"
        ),
    )
    assert settings(rendered) == {
        "prod": "1", "a": "1", "b": "3", "c": '"hi"', "d": '"web-$"', "list": '"x,w"',
    }  # fmt: skip


@pytest.mark.parametrize(
    ("helm", "said"),
    [
        ("valueFiles: [none.yaml]", "no such file"),
        ("valueFiles: [../../../outside.yaml]", "leads out of the repository"),
        ("valueFiles: ['https://example.org/v.yaml']", "fetches nothing"),
        ("parameters: [{name: s.x, value: $ARGOCD_APP_REVISION}]", "known to the server only"),
        ("releaseName: Wrong_Name", "invalid release name"),
    ],
)
def test_what_argocd_refuses_is_an_error(write_files: WriteFiles, helm: str, said: str) -> None:
    rendered = render(write_files(TREE), application(helm))
    assert said in rendered.error
    assert rendered.manifests == ()


def test_missing_value_files_may_be_ignored(write_files: WriteFiles) -> None:
    rendered = render(write_files(TREE), application("valueFiles: [none.yaml], ignoreMissingValueFiles: true"))
    assert settings(rendered) == {"who": '"chart"'}


def test_a_symbolic_link_out_of_the_repository_is_refused(write_files: WriteFiles, tmp_path: Path) -> None:
    root = write_files({f"repo/{path}": text for path, text in TREE.items()}) / "repo"
    (tmp_path / "secret.yaml").write_text("s: {who: thief}")
    (root / "charts/web/link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "leads out" in render(root, application("valueFiles: [link.yaml]")).error


def test_a_repeated_value_file_wins_where_it_stands_last_until_3_3_and_first_from_3_4(write_files: WriteFiles) -> None:
    root = write_files(TREE)
    app = application("valueFiles: [/env/prod.yaml, /env/late.yaml, /env/prod.yaml]")
    assert settings(render(root, app))["who"] == '"prod"'
    assert settings(render(root, app, "3.4"))["who"] == '"late"'


def test_globs_are_globs_from_3_4(write_files: WriteFiles) -> None:
    root = write_files(TREE)
    app = application("valueFiles: ['/env/*.yaml', /env/late.yaml]")
    assert "no such file" in render(root, app).error
    assert settings(render(root, app, "3.4")) == {"who": '"late"', "prod": "1"}


def test_later_documents_of_a_value_file_count_from_3_5(write_files: WriteFiles) -> None:
    root = write_files({**TREE, "env/two.yaml": "s: {who: one}\n---\ns: {who: two}\n"})
    app = application("valueFiles: [/env/two.yaml]")
    assert [settings(render(root, app, v))["who"] for v in ("3.3", "3.5")] == ['"one"', '"two"']


def test_sources_with_refs(write_files: WriteFiles) -> None:
    spec = (
        f"sources: [{{repoURL: '{URL}', path: charts/web, helm: {{valueFiles: [$cfg/env/prod.yaml]}}}},"
        f" {{repoURL: '{URL}', ref: cfg}}]"
    )
    root = write_files(TREE)
    assert settings(render(root, application(spec=spec)))["who"] == '"prod"'
    assert (
        "not one of the available sources ($cfg)" in render(root, application(spec=spec.replace("$cfg", "$no"))).error
    )


def test_an_unknown_repository_is_an_error(write_files: WriteFiles) -> None:
    rendered = render_application(application(), {"https://other": str(write_files(TREE))}, kube_version="1.34.0")
    assert rendered.error == f"source 1 of 1: the repository {URL} is not here; name a folder that holds it"


def hooks(**events: str) -> str:
    return "---\n".join(config_map(k, "{}", f", annotations: {{{v}}}") for k, v in events.items())


def test_hooks_get_their_phases_and_tests_are_never_applied(write_files: WriteFiles) -> None:
    text = hooks(
        pre="helm.sh/hook: 'pre-install,pre-upgrade'",
        post="helm.sh/hook: post-install",
        gone="helm.sh/hook: test",
        own="helm.sh/hook: post-install, argocd.argoproj.io/hook: PreSync",
        wrong="argocd.argoproj.io/hook: Presync",
        skip="argocd.argoproj.io/hook: Skip",
        predelete="helm.sh/hook: pre-delete",
        plain="helm.sh/hook-weight: '3'",
    )
    root = write_files({**TREE, "charts/web/templates/a.yaml": text})
    found = {m.key.name: m.phases for m in render(root, application()).manifests}
    assert found == {
        "pre": ("PreSync",),
        "post": ("PostSync",),
        "own": ("PreSync",),
        "predelete": ("PreDelete",),
        "plain": (),
    }
    assert "predelete" not in {m.key.name for m in render(root, application(), "3.2").manifests}
    targets = render_targets(application(), {URL: str(root)}, kube_version="1.34.0")
    assert [m.key.name for m in targets.manifests] == ["skip", "plain"]


def test_lists_are_expanded_and_namespaces_settled(write_files: WriteFiles) -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n"
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: two, namespace: other}}\n"
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, namespace: wrong}\n"
    )
    rendered = render(write_files({**TREE, "charts/web/templates/a.yaml": text}), application())
    assert sorted(str(m.key) for m in rendered.manifests) == [
        "ConfigMap apps/one",
        "ConfigMap other/two",
        "Namespace ns",
    ]
    namespace = next(m for m in rendered.manifests if m.key.kind == "Namespace")
    assert namespace.document["metadata"] == {"name": "ns"}


def test_the_repo_server_tracks_what_it_renders(write_files: WriteFiles) -> None:
    root = write_files(TREE)
    (tracked,) = render_repository(application(), {URL: str(root)}, kube_version="1.34.0").manifests
    assert tracked.document["metadata"] == {
        "name": "web",
        "annotations": {"argocd.argoproj.io/tracking-id": "web:/ConfigMap:apps/web"},
    }
    (applied,) = render(root, application()).manifests
    assert applied.document["metadata"] == {"name": "web", "namespace": "apps"}


def test_a_destination_without_namespace_is_refused_for_namespaced_objects(write_files: WriteFiles) -> None:
    spec = f"source: {{repoURL: '{URL}', path: charts/web}}\n  destination: {{}}"
    assert (
        render(write_files(TREE), application(spec=spec)).error == "Namespace for web /v1, Kind=ConfigMap is missing."
    )


def test_a_folder_of_manifests(write_files: WriteFiles) -> None:
    root = write_files(
        {
            "charts/web/b.yaml": config_map("b", "{}"),
            "charts/web/a.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}',
            "charts/web/sub/c.yml": config_map("c", "{}"),
            "charts/web/sub/skip.yaml": "# +argocd:skip-file-rendering\n" + config_map("skip", "{}"),
            "charts/web/notes.txt": "no manifest",
        }
    )
    assert [m.key.name for m in render(root, application()).manifests] == ["a", "b"]
    recurse = application(source="directory: {recurse: true, exclude: '{*.json,b*}'}")
    assert [m.key.name for m in render(root, recurse).manifests] == ["c"]


def test_types_that_contradict_or_are_not_rendered(write_files: WriteFiles) -> None:
    root = write_files(TREE)
    assert "type plugin is not rendered" in render(root, application(source="plugin: {name: own}")).error
    two = application("releaseName: x", source="kustomize: {namePrefix: a-}")
    assert "multiple application sources defined: Kustomize,Helm" in render(root, two).error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A-${A}", "x-x"),
        ("pa$word", "pa"),
        ("a$$b", "a$b"),
        ("${NO:-d}", ""),
        ("5 $", "5 $"),
        ("$1st", "st"),
        ("a $ b", "a $ b"),
    ],
)
def test_variables_are_replaced_as_argocd_does(text: str, expected: str) -> None:
    assert substitute(text, {"A": "x"}) == expected


def test_the_commit_is_not_known_here() -> None:
    with pytest.raises(SourceError):
        substitute("${ARGOCD_APP_REVISION_SHORT}", {})
