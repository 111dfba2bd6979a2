"""Kustomizations and transformers: what is refused before kustomize starts, how it is started, what it makes."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.doors import kustomize
from migrate.doors.helm import HelmError
from migrate.doors.kustomize import KustomizeError, kustomize_build
from migrate.model.estate import Estate, Release, SetValue, ValuesKind, ValuesLayer
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject
from migrate.render import RenderCache, RenderOptions, render_as_helmfile
from migrate.render.kustomization import build_kustomization, check_plugins
from tests.render.conftest import CHART, config_map

WriteFiles = Callable[[Mapping[str, str]], Path]
HERE = SourceLocation("helmfile.yaml", 1)
RELEASE = Release("dev", "apps", "web", "", "helmfile", HERE, True, True, "./k", "k", "")
OPTIONS = RenderOptions(kube_version="1.34.0")
LABELS: JsonObject = {
    "apiVersion": "builtin",
    "kind": "LabelTransformer",
    "metadata": {"name": "labels"},
    "labels": {"t": "u"},
    "fieldSpecs": [{"path": "metadata/labels", "create": True}],
}
KUSTOMIZATION = {
    "k/kustomization.yaml": "resources: [cm.yaml, ../base]\nconfigMapGenerator: [{name: gen, files: [f=data.txt]}]\n",
    "k/cm.yaml": config_map("own", "{k: '{{ x }}'}"),
    "k/data.txt": "hello",
    "base/kustomization.yaml": "resources: [pod.yaml]\n",
    "base/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {containers: [{name: c, image: b}]}\n",
}
needs_kustomize = pytest.mark.skipif(shutil.which("kustomize") is None, reason="there is no kustomize on PATH")


def estate_at(root: Path) -> Estate:
    return Estate(".", str(root), ("dev",), (), ())


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A kustomize of our own on PATH, alone there, that runs these shell lines."""

    def write(lines: str, name: str = "kustomize") -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / name
        program.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return write


# ---------------------------------------------------------------- the door


def test_kustomize_sees_nothing_of_this_process(stub: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    stub('echo "args: $*"; echo "path: [$PATH]"; echo "secret: [$TOKEN]"; echo "proxy: $HTTPS_PROXY"; echo "$HOME"')
    monkeypatch.setenv("TOKEN", "hidden")
    said = kustomize_build({"kustomization.yaml": "{}"}).splitlines()
    assert said[:4] == ["args: build .", "path: []", "secret: []", "proxy: http://127.0.0.1:9"]
    assert not Path(said[4]).exists()


def test_files_outside_are_read_only_where_that_is_asked_for(stub: Callable[[str], Path]) -> None:
    stub('echo "$*"')
    assert "LoadRestrictionsNone" in kustomize_build({"kustomization.yaml": "{}"}, everywhere=True)
    assert "LoadRestrictionsNone" not in kustomize_build({"kustomization.yaml": "{}"})


def test_a_build_finds_its_files_in_its_own_folder(stub: Callable[[str], Path]) -> None:
    stub('while read -r line; do echo "$line"; done < deep/a.yaml')
    assert kustomize_build({"kustomization.yaml": "{}", "deep/a.yaml": "one\ntwo\n"}) == "one\ntwo\n"


def test_what_kustomize_says_last_is_the_error(stub: Callable[[str], Path]) -> None:
    stub('echo "# Warning: old" >&2; echo "Error: no $PWD/x.yaml" >&2; exit 1')
    with pytest.raises(KustomizeError, match=r"^no \./x\.yaml$"):
        kustomize_build({"kustomization.yaml": "{}"})


def test_a_build_that_never_ends_is_stopped(stub: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    stub("while :; do :; done")
    monkeypatch.setattr(kustomize, "SECONDS", 0)
    with pytest.raises(KustomizeError, match="more than 0 seconds"):
        kustomize_build({"kustomization.yaml": "{}"})


def test_kubectl_stands_in_and_without_either_it_is_told(
    stub: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stub('echo "$*"', "kubectl")
    assert kustomize_build({"kustomization.yaml": "{}"}) == "kustomize .\n"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KustomizeError, match="neither kustomize nor kubectl is on PATH"):
        kustomize_build({"kustomization.yaml": "{}"})


def test_a_release_that_needs_kustomize_is_unrendered_without_it(
    write_files: WriteFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    rendered = render_as_helmfile(estate_at(write_files(KUSTOMIZATION)), RELEASE, OPTIONS)
    assert "neither kustomize nor kubectl is on PATH" in rendered.error


# ---------------------------------------------------------------- what is looked at first


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("resources: [https://example.com/x.yaml]", "https://example.com/x.yaml is no file of the estate"),
        ("resources: ['github.com/o/r//path?ref=v1']", "is no file of the estate, so kustomize would fetch it"),
        ("bases: ['git@example.com:o/r.git']", "is no file of the estate"),
        ("components: [none]", "none is no file of the estate"),
        ("resources: [../../outside]", "leads out of the repository"),
        ("resources: [/etc/passwd]", "is an absolute path"),
        ("configMapGenerator: [{name: a, files: [p=../../../etc/passwd]}]", "leads out of the repository"),
        ("secretGenerator: [{name: a, envs: [https://example.com/env]}]", "https://example.com/env is no file"),
        ("patches: [{path: https://example.com/p.yaml}]", "https://example.com/p.yaml is no file"),
        ("replacements: [{path: gone.yaml}]", "gone.yaml is no file"),
        ("openapi: {path: http://example.com/s.json}", "is no file"),
        ("helmCharts: [{name: x, repo: https://example.com}]", "helmCharts renders charts"),
        ("resources: [../loop, ../far]", r"far/kustomization.yaml: https://example.com is no file"),
        ("transformers: [plugin.yaml]", "https://example.com/t.yaml lies elsewhere"),
        ("generators: ['kind: HelmChartInflationGenerator\n\n']", "HelmChartInflationGenerator renders charts"),
    ],
)
def test_what_a_kustomization_would_fetch_is_refused_before_it_runs(
    write_files: WriteFiles, stub: Callable[[str], Path], tmp_path: Path, text: str, error: str
) -> None:
    write_files(
        {
            "estate/k/kustomization.yaml": text.replace("\n\n", "\\n")
            .replace("'kind", '"kind')
            .replace("\\n'", '\\n"'),
            "estate/k/plugin.yaml": "kind: PatchTransformer\nspec: {path: https://example.com/t.yaml}\n",
            "estate/loop/kustomization.yaml": "resources: [../k]\n",
            "estate/far/kustomization.yaml": "resources: [https://example.com]\n",
            "outside/kustomization.yaml": "resources: []\n",
        }
    )
    stub(f"touch {tmp_path}/started")
    with pytest.raises(HelmError, match=error.replace("?", r"\?")):
        build_kustomization(str(tmp_path / "estate"), str(tmp_path / "estate" / "k"), "apps", (), {})
    assert not (tmp_path / "started").exists()


def test_a_transformer_that_reads_elsewhere_is_refused() -> None:
    with pytest.raises(HelmError, match=r"https://example.com/p.yaml lies elsewhere"):
        check_plugins([{"kind": "PatchTransformer", "path": "https://example.com/p.yaml"}], "helmfile.yaml")
    with pytest.raises(HelmError, match=r"path: ../p.yaml leads out of its folder"):
        check_plugins([{"kind": "PatchTransformer", "path": "../p.yaml"}], "helmfile.yaml")
    check_plugins([LABELS], "helmfile.yaml")


def test_set_is_nothing_for_a_kustomization(write_files: WriteFiles) -> None:
    release = replace(RELEASE, sets=(SetValue("--set", "a", "b", HERE),))
    error = render_as_helmfile(estate_at(write_files(KUSTOMIZATION)), release, OPTIONS).error
    assert error == "helmfile cannot give `set` to a kustomization; use values"


# ---------------------------------------------------------------- what comes out


@needs_kustomize
def test_a_kustomization_gets_namespace_names_and_images_of_the_release(write_files: WriteFiles) -> None:
    text = "namePrefix: p-\nnameSuffix: -s\nimages: [{name: b, newName: c.io/x, newTag: v3}]\n"
    release = replace(RELEASE, values=(ValuesLayer(ValuesKind.INLINE, "", text, HERE),))
    cache = RenderCache()
    rendered = render_as_helmfile(estate_at(write_files(KUSTOMIZATION)), release, OPTIONS, cache)
    assert rendered.error == ""
    assert [str(m.key) for m in rendered.manifests if "gen" not in m.key.name] == [
        "ConfigMap apps/p-own-s",
        "Pod apps/p-pod-s",
    ]
    assert "c.io/x:v3" in rendered.manifests[-1].text
    assert rendered.chartified == ("kustomization",)
    assert len(cache.builds) == 1


@needs_kustomize
def test_transformers_run_after_patches(write_files: WriteFiles) -> None:
    files = {f"k/{path}": text for path, text in {**CHART, "templates/a.yaml": config_map("a", "{}")}.items()}
    patch: JsonObject = {"target": {}, "patch": [{"op": "add", "path": "/metadata/labels", "value": {"p": "q"}}]}
    release = replace(RELEASE, json_patches=(patch,), transformers=(LABELS,))
    (manifest,) = render_as_helmfile(estate_at(write_files(files)), release, OPTIONS).manifests
    assert manifest.document["metadata"] == {"name": "a", "labels": {"p": "q", "t": "u"}}
    assert manifest.template == "shop/templates/a.yaml"
