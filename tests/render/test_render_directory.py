"""Plain folders as Argo CD reads them (rules 5.8, 6.6, 6.16 and 6.17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.doors.helm import parse_values
from migrate.model.manifest import Rendered
from migrate.render import directory as directory_module
from migrate.render import render_application
from tests.render.conftest import config_map

WriteFiles = Callable[[Mapping[str, str]], Path]
URL = "https://git.example.org/team/repo.git"


def render(root: Path, options: str = "") -> Rendered:
    app = parse_values(
        f"metadata: {{name: plain}}\nspec:\n  destination: {{namespace: apps}}\n"
        f"  source: {{repoURL: '{URL}', path: app, directory: {{{options}}}}}\n"
    )
    return render_application(app, {URL: str(root)}, kube_version="1.34.0")


def names(rendered: Rendered) -> list[str]:
    assert not rendered.error, rendered.error
    return [manifest.key.name for manifest in rendered.manifests]


def maps(*paths: str) -> dict[str, str]:
    """A ConfigMap in each file, named after it."""
    return {
        f"app/{path}": config_map(path.rpartition(".")[0].replace("/", "-").lower(), "{}", more="") for path in paths
    }


def test_6_16_only_the_top_level_unless_recurse_in_the_order_of_a_walk(write_files: WriteFiles) -> None:
    root = write_files(maps("z.yaml", "sub.yaml", "sub/b.yml", "sub/deep/a.yaml", "Upper.yaml"))
    assert names(render(root)) == ["upper", "sub", "z"]
    assert names(render(root, "recurse: true")) == ["upper", "sub-b", "sub-deep-a", "sub", "z"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("include: '*.yaml'", ["a", "sub-c"]),
        ("include: 'sub/*'", ["sub-c", "sub-d"]),
        ("include: '{a,b}.*'", ["a", "b"]),
        ("exclude: 'sub*'", ["a", "b"]),
        ("include: '*.yaml', exclude: 'a.*'", ["sub-c"]),
        ("include: '[ab].y?ml'", ["a"]),
        ("include: '[!a].yml'", ["b"]),
        ("include: '{a.yaml'", []),
        ("exclude: '{a.yaml'", ["a", "b", "sub-c", "sub-d"]),
        ("include: 'a\\*.yaml'", []),
    ],
)
def test_6_16_globs_cross_folders_and_exclude_wins(write_files: WriteFiles, options: str, expected: list[str]) -> None:
    root = write_files(maps("a.yaml", "b.yml", "sub/c.yaml", "sub/d.yml"))
    assert names(render(root, f"recurse: true, {options}")) == expected


def test_6_16_other_files_and_marked_files_are_no_manifests(write_files: WriteFiles) -> None:
    files = {"app/notes.txt": "a: [", "app/x.yaml.tpl": "{{", "app/skip.jsonnet": "# +argocd:skip-file-rendering"}
    root = write_files({**maps("a.yaml"), **files, "app/s.yaml": "# +argocd:skip-file-rendering\nkind: ["})
    assert names(render(root)) == ["a"]


def test_6_16_documents_of_a_file_and_the_empty_ones(write_files: WriteFiles) -> None:
    text = "---\n# only words\n---\n" + config_map("a", "{}") + "---\nnull\n--- # more\n" + config_map("b", "{}")
    assert names(render(write_files({"app/two.yaml": text}))) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", '{"kind": "A", "apiVersion": "v1"} {"kind": "B"}', 'Found multiple objects in "a.json"'),
        ("a.json", "[1]", "Object 'Kind' is missing"),
        ("a.json", "{", 'Failed to unmarshal "a.json"'),
        ("a.yaml", config_map("a", "{}") + "---\nx: [\n", 'Failed to unmarshal "a.yaml"'),
        ("a.yaml", config_map("a", "{}") + "---\nx: 1\n", "Object 'Kind' is missing"),
        ("a.yaml", "apiVersion: v1\nkind: A\nmetadata: [\n", 'Failed to unmarshal "a.yaml"'),
        ("a.jsonnet", "{}", "a.jsonnet: jsonnet is not rendered by this tool"),
    ],
)
def test_6_16_what_cannot_be_read_is_told(write_files: WriteFiles, name: str, text: str, said: str) -> None:
    rendered = render(write_files({f"app/{name}": text, **maps("b.yaml")}))
    assert said in rendered.error
    assert rendered.manifests == ()


def test_6_16_a_file_that_looks_like_no_manifest_is_passed_over(write_files: WriteFiles) -> None:
    root = write_files(
        {**maps("b.yaml"), "app/values.yaml": "image: x\n---\n" + config_map("lost", "{}")[:14], "app/t.yaml": "{{ x"}
    )
    assert names(render(root)) == ["b"]


def test_6_16_ten_megabytes_are_the_most(write_files: WriteFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files(maps("a.yaml", "b.yaml"))
    monkeypatch.setattr(directory_module, "MOST_BYTES", 100)
    assert "more than 100 bytes" in render(root).error


def test_6_6_lists_are_expanded(write_files: WriteFiles) -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: x}}\n"
    empty = "apiVersion: v1\nkind: ConfigMapList\nitems: null\n"
    assert names(render(write_files({"app/l.yaml": text, "app/m.yaml": empty}))) == ["x"]


def test_6_17_the_templates_of_a_chart_are_read_as_manifests(write_files: WriteFiles) -> None:
    files = {"app/Chart.yaml": "name: x\n", "app/templates/a.yaml": config_map("{{ .Release.Name }}", "{}")}
    rendered = render(write_files(files), "recurse: true")
    assert 'Failed to unmarshal "templates/a.yaml"' in rendered.error


def test_5_8_links_out_of_the_repository_are_refused(write_files: WriteFiles, tmp_path: Path) -> None:
    root = write_files({f"repo/{path}": text for path, text in maps("a.yaml").items()}) / "repo"
    (tmp_path / "secret.yaml").write_text(config_map("secret", "{}"), encoding="utf-8")
    link = root / "app/link.yaml"
    for target in ("../../secret.yaml", str(root / "app/a.yaml"), "../../repo/app/a.yaml"):
        link.symlink_to(target)
        assert "app/link.yaml is a symbolic link that is absolute or leads out" in render(root).error
        link.unlink()


def test_5_8_links_inside_are_followed_and_broken_ones_passed_over(write_files: WriteFiles) -> None:
    root = write_files({**maps("a.yaml"), "other/b.yaml": config_map("b", "{}")})
    (root / "app/l.yaml").symlink_to("../other/b.yaml")
    (root / "app/gone.yaml").symlink_to("../other/none.yaml")
    (root / "app/folder.yaml").symlink_to("../other")
    assert names(render(root, "recurse: true")) == ["a", "b"]
