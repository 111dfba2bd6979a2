from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.model.manifest import Rendered
from migrate.render import RenderCache, render_request
from tests.render.conftest import config_map, data_of, request_for

WriteChart = Callable[[Mapping[str, str]], str]
SETTINGS = config_map("a", "\n  num: '{{ .Values.num }} {{ kindOf .Values.num }}'")


def names(rendered: Rendered) -> list[str]:
    assert not rendered.error, rendered.error
    return [manifest.key.name for manifest in rendered.manifests]


def test_a_subchart_that_was_off_comes_back(write_chart: WriteChart) -> None:
    chart = write_chart(
        {
            "Chart.yaml": (
                "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
                "dependencies: [{name: sub, version: 0.1.0, condition: sub.enabled}]\n"
            ),
            "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
            "charts/sub/crds/w.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "metadata: {name: ws.x.io}\n",
            "charts/sub/templates/a.yaml": config_map("sub", "{}"),
            "templates/a.yaml": config_map("top", "{}"),
        }
    )
    off = request_for(chart, "sub: {enabled: false}", include_crds=True)
    on = request_for(chart, "sub: {enabled: true}", include_crds=True)
    assert names(render_request(off)) == ["top"]
    assert names(render_request(on)) == ["ws.x.io", "sub", "top"]
    assert names(render_request(off)) == ["top"]
    assert [m.crd_file for m in render_request(on).manifests] == [True, False, False]


def test_the_schema_refuses_values_unless_it_is_skipped(write_chart: WriteChart) -> None:
    chart = write_chart(
        {
            "values.schema.json": '{"properties": {"num": {"type": "string"}}}',
            "templates/a.yaml": SETTINGS,
        }
    )
    assert "got number, want string" in render_request(request_for(chart, "num: 3")).error
    assert names(render_request(request_for(chart, "num: 3", skip_schema_validation=True))) == ["a"]


@pytest.mark.parametrize(("version", "fits"), [("1.27.4", False), ("v1.28.0", True), ("1.30", True)])
def test_the_charts_kube_version_is_checked(write_chart: WriteChart, version: str, fits: bool) -> None:
    chart = write_chart(
        {
            "Chart.yaml": 'apiVersion: v2\nname: shop\nversion: 0.1.0\nkubeVersion: ">=1.28.0-0"\n',
            "templates/a.yaml": config_map("a", "{v: '{{ .Capabilities.KubeVersion.Version }}'}"),
        }
    )
    rendered = render_request(request_for(chart, kube_version=version))
    if fits:
        assert data_of(rendered.manifests[0].document)["v"] in ("v1.28.0", "v1.30.0")
    else:
        assert rendered.error == (
            "chart requires kubeVersion: >=1.28.0-0 which is incompatible with Kubernetes v1.27.4"
        )


def test_a_number_of_set_is_an_integer_to_the_chart_and_one_of_a_file_is_not(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/deep/er/a.yaml": SETTINGS})
    as_set = render_request(request_for(chart, sets=(("--set", "num=12345678"),)))
    as_file = render_request(request_for(chart, "num: 12345678"))
    assert data_of(as_set.manifests[0].document) == {"num": "12345678 int64"}
    assert data_of(as_file.manifests[0].document) == {"num": "1.2345678e+07 float64"}
    assert as_set.digest != as_file.digest


def test_integers_reach_globals_of_subcharts_and_elements_of_lists(write_chart: WriteChart) -> None:
    text = config_map("{{ .Chart.Name }}", "\n  g: '{{ kindOf .Values.global.g }}'\n  l: '{{ .Values.l }}'")
    chart = write_chart(
        {
            "values.yaml": "l: [1, 2]\nsub: {l: [5]}\n",
            "templates/a.yaml": text,
            "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
            "charts/sub/templates/a.yaml": text,
        }
    )
    sets = (("--set", "global.g=1"), ("--set", "l[1]=7654321"))
    rendered = render_request(request_for(chart, "l: [1, 2]", sets=sets))
    found = {m.key.name: data_of(m.document) for m in rendered.manifests}
    assert found == {"shop": {"g": "int64", "l": "[1 7654321]"}, "sub": {"g": "int64", "l": "[5]"}}


def test_integers_with_imported_values_are_an_error_and_no_guess(write_chart: WriteChart) -> None:
    chart = write_chart(
        {
            "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n"
            "- {name: sub, version: 0.1.0, import-values: [{child: x, parent: y}]}\n",
            "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
            "templates/a.yaml": SETTINGS,
        }
    )
    assert "an integer" in render_request(request_for(chart, sets=(("--set", "num=3"),))).error


def test_errors_name_the_template_and_line(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": 'a: 1\nb: {{ required "say n" .Values.n }}\n'})
    rendered = render_request(request_for(chart))
    assert "shop/templates/a.yaml:2" in rendered.error
    assert "say n" in rendered.error
    assert rendered.manifests == ()


def test_a_broken_values_text_is_named(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": SETTINGS})
    assert render_request(request_for(chart, "num: 1", "num: [")).error.startswith("v1.yaml: ")


def test_missing_dependencies_are_an_error_and_file_ones_are_brought(
    write_files: Callable[[Mapping[str, str]], Path],
) -> None:
    root = write_files(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n"
            "- {name: lib, version: 0.1.0, repository: 'file://../lib'}\n",
            "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
            "lib/templates/a.yaml": config_map("lib", "{}"),
            "far/Chart.yaml": "apiVersion: v2\nname: far\nversion: 0.1.0\ndependencies:\n"
            "- {name: away, version: 0.1.0, repository: 'https://charts.example.org'}\n",
        }
    )
    assert names(render_request(request_for(str(root / "chart")))) == ["lib"]
    assert render_request(request_for(str(root / "far"))).error == (
        "found in Chart.yaml, but missing in charts/ directory: away"
    )


def test_helmignore_hides_files_and_archives_render_as_folders_do(write_chart: WriteChart, tmp_path: Path) -> None:
    chart = write_chart(
        {
            ".helmignore": "# not these\n*.txt\ndrafts/\n/templates/off.yaml\n",
            "templates/a.yaml": config_map("a", "{n: '{{ range $p, $_ := .Files.Glob \"**\" }}{{ $p }} {{ end }}'}"),
            "templates/off.yaml": config_map("off", "{}"),
            "templates/.hidden.yaml": config_map("hidden", "{}"),
            "notes.txt": "x",
            "kept.md": "x",
            "drafts/b.md": "x",
        }
    )
    folder = render_request(request_for(chart))
    assert names(folder) == ["a"]
    assert "kept.md" in str(folder.manifests[0].document)
    assert "notes.txt" not in str(folder.manifests[0].document)
    assert "drafts" not in str(folder.manifests[0].document)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("Chart.yaml", "templates/a.yaml", "kept.md"):
            archive.add(f"{chart}/{name}", f"shop/{name}")
    path = tmp_path / "shop-0.1.0.tgz"
    path.write_bytes(buffer.getvalue())
    assert names(render_request(request_for(str(path)))) == ["a"]


def test_hooks_come_last_unknown_ones_vanish_and_tests_can_be_left_out(write_chart: WriteChart) -> None:
    def hook(name: str, event: str) -> str:
        return config_map(name, "{}", f', annotations: {{helm.sh/hook: "{event}"}}')

    chart = write_chart(
        {
            "templates/a.yaml": "---\n".join(
                (hook("pre", "pre-install, pre-upgrade"), hook("odd", "sometimes"), hook("t", "test"), hook("no", ""))
            ),
            "templates/z.yaml": config_map("plain", "{}") + "---\n# nothing\n---\nnull\n",
            "templates/NOTES.txt": "thanks",
        }
    )
    assert names(render_request(request_for(chart))) == ["plain", "pre", "t"]
    assert names(render_request(request_for(chart, skip_tests=True))) == ["plain", "pre"]


def test_objects_are_in_helms_install_order(write_chart: WriteChart) -> None:
    kinds = ("Job", "Service", "Namespace", "Widget", "Deployment", "Gadget", "Secret")
    text = "---\n".join(f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n" for kind in kinds)
    rendered = render_request(request_for(write_chart({"templates/a.yaml": text})))
    assert [m.key.kind for m in rendered.manifests] == [
        "Namespace", "Secret", "Service", "Deployment", "Job", "Gadget", "Widget",
    ]  # fmt: skip


def test_manifests_are_yaml_1_1_and_the_last_of_equal_keys_counts(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": config_map("a", "{word: yes, octal: 010, twice: 1, twice: 2}")})
    data = data_of(render_request(request_for(chart)).manifests[0].document)
    assert data == {"word": True, "octal": 8, "twice": 2}


def test_equal_requests_come_from_the_cache_even_from_another_folder(
    write_files: Callable[[Mapping[str, str]], Path],
) -> None:
    files = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n", "templates/a.yaml": SETTINGS}
    root = write_files({f"{place}/{path}": text for place in ("one", "two") for path, text in files.items()})
    cache = RenderCache()
    first = render_request(request_for(str(root / "one"), "num: 1"), cache)
    assert render_request(request_for(str(root / "two"), "num: 1"), cache) is first
    assert render_request(request_for(str(root / "two"), "num: 2"), cache) is not first


def test_a_chart_that_changed_on_disk_is_read_again(write_chart: WriteChart) -> None:
    chart = write_chart({"templates/a.yaml": config_map("before", "{}")})
    assert names(render_request(request_for(chart))) == ["before"]
    write_chart({"templates/a.yaml": config_map("afterwards", "{}")})
    assert names(render_request(request_for(chart))) == ["afterwards"]
