"""Kustomize sources as Argo CD builds them (rules 6.1 and 6.14): the edits as data, the copy, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.doors.helm import HelmError, parse_values
from migrate.model.json import JsonObject, JsonValue
from migrate.model.manifest import Rendered
from migrate.render import RenderCache, render_application, render_repository
from migrate.render.kustomize_edits import KustomizeSurroundings, edited
from tests.render.conftest import config_map

WriteFiles = Callable[[Mapping[str, str]], Path]
URL = "https://git.example.org/team/repo.git"
needs_kustomize = pytest.mark.skipif(shutil.which("kustomize") is None, reason="there is no kustomize on PATH")

LABELS = (
    "commonLabels: {a: b}\nlabels:\n- pairs: {xx: v}\n- pairs: {p: q}\n  includeSelectors: true\n"
    "- pairs: {t: u}\n  includeTemplates: true\n"
)
IMAGES = "images: [{name: z, newTag: '1'}, {name: a, newName: b, digest: 'sha256:aa'}]\n"
Z, A = "{name: z, newTag: '1'}", "{name: a, newName: b, digest: 'sha256:aa'}"
# A kustomization, the Application's block, and the keys of the kustomization that it changes; or the refusal.
EDITS: list[tuple[str, str, str]] = [
    ("namePrefix: x-\nnameSuffix: -y\nnamespace: ns\n", "namePrefix: p-\nnameSuffix: -s\nnamespace: m\n",
     "namePrefix: p-\nnameSuffix: -s\nnamespace: m\n"),
    (IMAGES, "images: ['a:2']", f"images: [{{name: a, newTag: '2'}}, {Z}]"),
    (IMAGES, "images: ['a=c']", f"images: [{{name: a, newName: c}}, {Z}]"),
    (IMAGES, "images: ['a=*:3']", f"images: [{{name: a, newName: b, newTag: '3'}}, {Z}]"),
    (IMAGES, "images: ['z=zz:*']", f"images: [{A}, {{name: z, newName: zz, newTag: '1'}}]"),
    (IMAGES, "images: ['z=zz@*']", f"images: [{A}, {{name: z, newName: zz}}]"),
    (IMAGES, "images: ['q:*']", f"images: [{A}, {{name: q}}, {Z}]"),
    (IMAGES, "images: ['q=reg:5000/x/y:1']", f"images: [{A}, {{name: q, newName: 'reg:5000/x/y', newTag: '1'}}, {Z}]"),
    (IMAGES, "images: ['reg:5000/x/y:1']", f"images: [{A}, {{name: 'reg:5000/x/y', newTag: '1'}}, {Z}]"),
    (IMAGES, "images: ['x:1@sha256:abc']", f"images: [{A}, {{name: x, newTag: '1', digest: 'sha256:abc'}}, {Z}]"),
    (IMAGES, "images: ['q@sha256:abc']", f"images: [{A}, {{name: q, digest: 'sha256:abc'}}, {Z}]"),
    (IMAGES, "images: ['a=b=c']", f"images: [{{name: a, newName: 'b=c'}}, {Z}]"),
    (IMAGES, "images: ['M:1', 'm:1', 'm:2']",
     f"images: [{{name: M, newTag: '1'}}, {A}, {{name: m, newTag: '2'}}, {Z}]"),
    (IMAGES, "images: ['q']", "refused: is not of the form"),
    (IMAGES, "images: ['m:bad/tag']", "refused: is not of the form"),
    ("replicas: [{name: z, count: 1}, {name: a, count: 2}]\n", "replicas: [{name: a, count: 5}, {name: m, count: '4'}]",
     "replicas: [{name: a, count: 5}, {name: m, count: 4}, {name: z, count: 1}]"),
    (LABELS, "commonLabels: {a: c}", "refused: label a already in kustomization file"),
    (LABELS, "commonLabels: {a: c}\nforceCommonLabels: true", "commonLabels: {a: c}"),
    (LABELS, "commonLabels: {xx: c, m: '2'}", "commonLabels: {a: b, xx: c, m: '2'}"),
    (LABELS, "commonLabels: {p: c}\nlabelWithoutSelector: true",
     ("labels: [{pairs: {xx: v, p: c}}, {pairs: {p: q}, includeSelectors: true},"
     " {pairs: {t: u}, includeTemplates: true}]")),
    (LABELS, "commonLabels: {xx: c}\nlabelWithoutSelector: true", "refused: label xx already in kustomization file"),
    (LABELS, "commonLabels: {k: '1'}\nlabelWithoutSelector: true\nlabelIncludeTemplates: true",
     ("labels: [{pairs: {xx: v}}, {pairs: {p: q}, includeSelectors: true},"
     " {pairs: {t: u, k: '1'}, includeTemplates: true}]")),
    (LABELS, "commonLabels: {t: c}\nlabelWithoutSelector: true\nlabelIncludeTemplates: true\nforceCommonLabels: true",
     "labels: [{pairs: {xx: v}}, {pairs: {p: q}, includeSelectors: true}, {pairs: {t: c}, includeTemplates: true}]"),
    (LABELS, "commonLabels: {k: c}\nlabelIncludeTemplates: true", "refused: labelWithoutSelector"),
    ("", "commonLabels: {k: '1'}\nlabelWithoutSelector: true\nlabelIncludeTemplates: true",
     "labels: [{pairs: {k: '1'}, includeTemplates: true}]"),
    ("", "commonLabels: {k: '\"x\"', m: 'a:b'}", "commonLabels: {k: x, m: 'a:b'}"),
    ("commonAnnotations: {a: b}\n", "commonAnnotations: {a: c}", "refused: annotation a already in kustomization file"),
    ("commonAnnotations: {a: b}\n", "commonAnnotations: {a: c, q: 'r, s'}\nforceCommonAnnotations: true",
     "commonAnnotations: {a: c, q: 'r, s'}"),
    ("components: [comp2]\n", "components: [comp, comp2, ./comp]", "components: [comp2, comp, ./comp]"),
    ("components: [comp2]\n", "components: ['comp*']", "components: [comp2, comp]"),
    ("components: [comp2]\n", "components: [missing]", "refused: missing has no match"),
]  # fmt: skip
FOLDERS = {"comp", "./comp", "comp2"}


def surroundings() -> KustomizeSurroundings:
    def components(pattern: str) -> list[str]:
        return ["comp", "comp2"] if pattern == "comp*" else [pattern] if pattern in FOLDERS else []

    return KustomizeSurroundings(lambda text: text.replace("$APP", "web"), components)


@pytest.mark.parametrize(("before", "block", "after"), EDITS, ids=lambda text: str(text).partition("\n")[0])
def test_6_14_an_edit_is_that_of_kustomize(before: str, block: str, after: str) -> None:
    document = parse_values(before)
    if after.startswith("refused: "):
        with pytest.raises(HelmError, match=after.removeprefix("refused: ")):
            edited(document, parse_values(block), surroundings())
        return
    assert edited(document, parse_values(block), surroundings()) == {**document, **parse_values(after)}
    assert document == parse_values(before)


def test_6_14_variables_count_in_images_and_labels_and_on_request_in_annotations() -> None:
    block = "images: ['a:$APP']\ncommonLabels: {l: $APP}\ncommonAnnotations: {note: $APP}\n"
    expected = "images: [{name: a, newTag: web}]\ncommonLabels: {l: web}\ncommonAnnotations: {note: $APP}\n"
    assert edited({}, parse_values(block), surroundings()) == parse_values(expected)
    more = edited({}, parse_values(block + "commonAnnotationsEnvsubst: true"), surroundings())
    assert more["commonAnnotations"] == {"note": "web"}


def test_6_14_patches_come_behind_those_of_the_kustomization_and_missing_components_may_be_ignored() -> None:
    before = parse_values("patches: [{path: own.yaml}]\n")
    block = parse_values(
        "patches: [{patch: 'x: 1', target: {kind: A}, options: {allowNameChange: true}}]\n"
        "components: [missing, comp, 'comp*']\nignoreMissingComponents: true\n"
    )
    after = edited(before, block, surroundings())
    added: JsonValue = {"patch": "x: 1", "target": {"kind": "A"}, "options": {"allowNameChange": True}}
    assert after == {"patches": [{"path": "own.yaml"}, added], "components": ["comp"]}
    with pytest.raises(HelmError, match="Received: many"):
        edited({}, parse_values("replicas: [{name: a, count: many}]"), surroundings())
    with pytest.raises(HelmError, match="expected 'patches' to be a list"):
        edited({"patches": "x"}, block, surroundings())


@pytest.mark.rig
@needs_kustomize
@pytest.mark.parametrize(("before", "block", "after"), EDITS, ids=lambda text: str(text).partition("\n")[0])
def test_the_record_is_what_kustomize_edit_does(before: str, block: str, after: str, write_files: WriteFiles) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    root = write_files({f"{name}/kustomization.yaml": component for name in ("comp", "comp2")})
    (root / "kustomization.yaml").write_text(before or "{}")
    codes = [
        subprocess.run(["kustomize", "edit", *command], cwd=root, capture_output=True, check=False).returncode
        for command in edit_commands(parse_values(block))
    ]
    assert any(codes) is after.startswith("refused: ")
    if not any(codes):
        found = parse_values((root / "kustomization.yaml").read_text())
        head = {key: found.pop(key) for key in ("apiVersion", "kind")}
        assert head["kind"] == "Kustomization"
        assert found == {**parse_values(before), **parse_values(after)}


def edit_commands(block: JsonObject) -> list[list[str]]:
    """The commands of rule 6.14 for a block."""
    flags = {"forceCommonLabels": "--force", "labelWithoutSelector": "--without-selector"}
    flags["labelIncludeTemplates"] = "--include-templates"
    commands = [
        ["set", key.lower(), "--", str(block[key])] for key in ("namePrefix", "nameSuffix", "namespace") if key in block
    ]
    if images := block.get("images"):
        assert isinstance(images, list)
        commands.append(["set", "image", *map(str, images)])
    if replicas := block.get("replicas"):
        assert isinstance(replicas, list)
        counts = [entry for entry in replicas if isinstance(entry, dict)]
        commands.append(["set", "replicas", *(f"{entry['name']}={entry['count']}" for entry in counts)])
    if labels := block.get("commonLabels"):
        assert isinstance(labels, dict)
        given = [flag for key, flag in flags.items() if block.get(key)]
        commands.append(["add", "label", *given, *(f"{key}:{text}" for key, text in labels.items())])
    if annotations := block.get("commonAnnotations"):
        assert isinstance(annotations, dict)
        force = ["--force"] if block.get("forceCommonAnnotations") else []
        commands.append(["add", "annotation", *force, *(f"{key}:{text}" for key, text in annotations.items())])
    if components := block.get("components"):
        assert isinstance(components, list)
        commands.append(["add", "component", *map(str, components)])
    return commands


# ---------------------------------------------------------------- a source


TREE = {
    "overlay/kustomization.yaml": "resources: [../base]\nnamePrefix: over-\n",
    "base/kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator: [{name: gen, files: [data.bin]}]\n"
    "generatorOptions: {disableNameSuffixHash: true}\n",
    "base/cm.yaml": config_map("own", "{}"),
    "base/data.bin": "hello",
}


def application(kustomize: str = "", path: str = "overlay") -> JsonObject:
    return parse_values(
        f"metadata: {{name: web}}\nspec:\n  destination: {{namespace: apps}}\n"
        f"  source:\n    repoURL: {URL}\n    path: {path}\n    kustomize: {{{kustomize}}}\n"
    )


def render(root: Path, app: JsonObject, cache: RenderCache | None = None) -> Rendered:
    return render_application(app, {URL: str(root)}, kube_version="1.34.0", cache=cache)


@needs_kustomize
def test_6_14_an_overlay_is_built_and_the_tree_stays_as_it_is(write_files: WriteFiles) -> None:
    root = write_files(TREE)
    rendered = render(root, application("nameSuffix: -$x, commonLabels: {team: $ARGOCD_APP_NAME}"))
    assert not rendered.error, rendered.error
    assert [str(m.key) for m in rendered.manifests] == ["ConfigMap apps/over-gen-$x", "ConfigMap apps/over-own-$x"]
    labels = [m.document["metadata"] for m in rendered.manifests]
    assert all(isinstance(found, dict) and found["labels"] == {"team": "web"} for found in labels)
    assert {path: (root / path).read_text() for path in TREE} == TREE


@needs_kustomize
def test_6_1_the_root_of_the_repository_may_be_a_kustomization(write_files: WriteFiles) -> None:
    root = write_files({"kustomization.yml": "resources: [a.yaml]\n", "a.yaml": config_map("a", "{}")})
    assert [m.key.name for m in render(root, application(path=".")).manifests] == ["a"]


@needs_kustomize
def test_one_build_serves_two_applications(write_files: WriteFiles) -> None:
    root, cache = write_files(TREE), RenderCache()
    for _ in range(2):
        assert len(render(root, application("namePrefix: a-"), cache).manifests) == 2
    assert len(cache.builds) == 1


@needs_kustomize
def test_a_file_outside_of_the_kustomizations_folder_is_refused(write_files: WriteFiles) -> None:
    root = write_files({"k/kustomization.yaml": "resources: [../f/a.yaml]\n", "f/a.yaml": config_map("a", "{}")})
    assert "is not in or below" in render(root, application(path="k")).error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resources: [https://example.com/x.yaml]", "is no file of the repository, so kustomize would fetch it"),
        ("resources: [../../outside]", "leads out of the repository"),
        ("helmCharts: [{name: x}]", "kustomize.buildOptions say --enable-helm"),
        ("x: [", "did not find expected"),
    ],
)
def test_what_is_refused_before_kustomize_runs(write_files: WriteFiles, text: str, said: str) -> None:
    assert said in render(write_files({"overlay/kustomization.yaml": text}), application("namePrefix: x")).error


def test_6_1_a_kustomize_block_needs_a_kustomization(write_files: WriteFiles) -> None:
    root = write_files({"overlay/Chart.yaml": "name: x\n"})
    assert "overlay has no kustomization.yaml" in render(root, application("namePrefix: x")).error


def test_6_1_without_kustomize_the_source_is_unrendered_and_says_so(
    write_files: WriteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    rendered = render(write_files(TREE), application())
    assert "it needs kustomize, and neither kustomize nor kubectl is on PATH" in rendered.error
    assert rendered.manifests == ()


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("Chart.yaml",), "chart"),
        (("Chart.yaml", "kustomization.yaml"), "kustomize"),
        (("Chart.yaml", "Kustomization"), "kustomize"),
        (("myChart.yaml", "kustomization.yaml"), "chart"),
        (("kustomization.yaml.bak", "a.yaml"), "plain"),
        (("sub/kustomization.yaml", "sub/Chart.yaml"), "plain"),
    ],
)
def test_6_1_the_name_that_sorts_last_decides(
    write_files: WriteFiles, names: tuple[str, ...], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    root = write_files({f"overlay/{name}": "{}\n" for name in names})
    error = render(root, application()).error
    assert kind == ("kustomize" if "it needs kustomize" in error else "chart" if error else "plain"), error


@needs_kustomize
def test_a_version_of_its_own_is_told(write_files: WriteFiles) -> None:
    app = application("version: v5.3.0, kubeVersion: '1.30', apiVersions: [v1]")
    rendered = render_repository(app, {URL: str(write_files(TREE))}, kube_version="1.34.0")
    assert [f.code for f in rendered.findings] == ["RN003"]
    assert len(rendered.manifests) == 2
