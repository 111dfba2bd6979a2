"""What helmfile chartifies (rule 12.9): the chart it makes of a folder, or the objects it makes of a chart's render.

Helmfile renders such a release once, changes the objects and hands them to Helm as a chart that computes nothing. So
the flags of the second render decide only what is printed, and of the release's own flags ``setString`` and ``env``
are lost.
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
from collections.abc import Mapping, Sequence

from migrate.doors.charts import ChartFiles
from migrate.doors.checkout import Checkout, CheckoutError
from migrate.doors.estate_files import absolute
from migrate.doors.files import is_file, is_folder
from migrate.doors.helm import HelmError, HelmOutput, check_release_name, parse_values
from migrate.doors.yaml import dump_yaml
from migrate.model.estate import Estate, Release
from migrate.model.json import JsonObject
from migrate.model.manifest import HelmRequest, Manifest, ObjectKey, Rendered
from migrate.render.chart import RenderCache, render_files
from migrate.render.dependencies import chart_with_dependencies
from migrate.render.kustomization import build_kustomization, check_plugins, run_kustomize
from migrate.render.namespaces import with_namespace
from migrate.render.objects import arranged, helm_manifests, object_key, parse_documents
from migrate.render.resources import as_resources, patch_manifests
from migrate.render.values import fold_values

FOLDER = "folder of manifests"
KUSTOMIZATION = "kustomization"


def chartified_by(estate: Estate, release: Release) -> tuple[str, ...]:
    """Why helmfile chartifies the release, a word for each piece; empty where the chart goes to Helm as it is."""
    reasons: list[str] = []
    folder = absolute(release.chart_path, estate.root) if release.chart_path is not None else ""
    if folder and is_folder(folder) and not is_file(f"{folder}/Chart.yaml"):
        reasons.append(KUSTOMIZATION if is_file(f"{folder}/kustomization.yaml") else FOLDER)
    reasons += ["dependencies"] * len(release.dependencies)
    reasons += ["forceNamespace"] * bool(release.force_namespace)
    reasons += ["jsonPatches"] * len(release.json_patches)
    reasons += ["strategicMergePatches"] * len(release.strategic_merge_patches)
    return (*reasons, *["transformers"] * len(release.transformers))


def render_chartified(
    estate: Estate, release: Release, request: HelmRequest, reasons: Sequence[str], cache: RenderCache
) -> Rendered:
    """The objects that Helm gets in the end, hooks and tests among them, in its order.

    Raises:
        HelmError: helmfile could not make the chart either, or what it needs is not on this disk.
    """
    if FOLDER in reasons or KUSTOMIZATION in reasons:
        rendered = _render_folder(estate, release, request, cache, kustomized=KUSTOMIZATION in reasons)
    else:
        chart = chart_with_dependencies(estate.root, request.chart, release.dependencies)
        if set(reasons) == {"dependencies"}:
            return render_files(request, chart, cache)
        rendered = render_files(_inner_request(release, request, chart), chart, cache)
    if rendered.error:
        return rendered
    manifests = tuple(_at_their_place(manifest) for manifest in rendered.manifests)
    namespace = release.force_namespace or (release.namespace if FOLDER in reasons else "")
    if namespace:
        manifests = tuple(_in_namespace(manifest, namespace) for manifest in manifests)
    if manifests and (release.json_patches or release.strategic_merge_patches or release.transformers):
        manifests = _crds_settled(manifests, _kustomized(estate, release, manifests, cache))
    manifests = arranged(
        (_reprinted(manifest) for manifest in manifests),
        include_crds=request.include_crds,
        skip_tests=request.skip_tests,
    )
    unstable = tuple((_key_in_namespace(key, namespace), path) for key, path in rendered.unstable)
    return dataclasses.replace(rendered, manifests=manifests, unstable=unstable)


# ---------------------------------------------------------------- the first render


def _inner_request(release: Release, request: HelmRequest, chart: ChartFiles) -> HelmRequest:
    """The chart's defaults go in as a values file, too, which lets ``--set list[1]=x`` change one element."""
    defaults = chart.files.get("values.yaml")
    values, names = request.values, request.value_names
    if defaults is not None:
        values = (defaults.decode("utf-8", "replace"), *values)
        names = ("the chart's values.yaml", *names)
    flags = _inner_flags(release, request)
    return dataclasses.replace(request, values=values, value_names=names, sets=flags, skip_tests=False)


def _inner_flags(release: Release, request: HelmRequest) -> tuple[tuple[str, str], ...]:
    """Of the release's flags only those of ``set``; ``env`` comes last among them, as --set too."""
    kept = [flag for flag in request.sets if flag[0] != "--set-string"]
    variables = next((key.value for key in release.keys if key.name == "env"), None)
    from_env = len(variables) if isinstance(variables, list) else 0
    own = [f"{flag.name}={flag.value}" for flag in release.sets if flag.flag == "--set"]
    for text in own[len(own) - from_env :] if from_env else []:
        if ("--set", text) in kept:
            kept.remove(("--set", text))
    for flag, text in kept:
        if " " in text:
            raise HelmError(f"{flag} {text}: helmfile cuts a flag at its blanks where it chartifies; use a values file")
    return tuple(kept)


def _render_folder(
    estate: Estate, release: Release, request: HelmRequest, cache: RenderCache, *, kustomized: bool
) -> Rendered:
    check_release_name(request.release_name)
    fold_values(request.values, request.value_names, request.sets)
    if not kustomized:
        texts = _manifest_texts(request.chart)
    elif request.sets:
        raise HelmError("helmfile cannot give `set` to a kustomization; use values")
    else:
        text = build_kustomization(
            estate.root, request.chart, release.namespace, [layer.text for layer in release.values], cache.builds
        )
        texts = {"templates/kustomized.yaml": text}
    name = posixpath.basename(request.chart.rstrip("/"))
    if release.dependencies:
        chart = chart_with_dependencies(estate.root, request.chart, release.dependencies, _still_chart(name, texts))
        return render_files(_inner_request(release, request, chart), chart, cache)
    output = HelmOutput({f"{name}/{path}": text for path, text in texts.items()}, ())
    return Rendered(helm_manifests(output, include_crds=True, skip_tests=False))


def _still_chart(name: str, texts: Mapping[str, str]) -> ChartFiles:
    """The chart that prints these texts as they are."""
    files = {"Chart.yaml": json.dumps({"apiVersion": "v2", "name": name, "version": "1.0.0"}).encode()}
    for path, text in texts.items():
        files[path] = f'{{{{ .Files.Get "files/{path}" }}}}'.encode()
        files[f"files/{path}"] = text.encode()
    return ChartFiles(files)


def _manifest_texts(folder: str) -> dict[str, str]:
    """The files that become templates, whose ``{{ }}`` stay as they are."""
    checkout = Checkout(folder)
    paths = checkout.files("", recurse=True)
    if template := next((path for path in paths if path.endswith("gotmpl")), None):
        raise HelmError(f"{template} is a template in a folder of manifests, which only helmfile itself can render")
    named = [path for path in paths if path.endswith(("yaml", "yml"))]
    if any(posixpath.dirname(path) == "templates" for path in named):
        # chartify moves the files into templates/, and then deletes the folder that they came from.
        return {}
    try:
        return {f"templates/{path}": checkout.text(path) for path in named if not path.startswith(".")}
    except CheckoutError as error:
        raise HelmError(str(error)) from error


# ---------------------------------------------------------------- what is done to the objects


def _at_their_place(manifest: Manifest) -> Manifest:
    """A subchart's crds/ come into templates/, where they are objects like any other."""
    if manifest.crd_file and "charts/" in manifest.template:
        return dataclasses.replace(manifest, crd_file=False)
    return manifest


def _in_namespace(manifest: Manifest, namespace: str) -> Manifest:
    """Every object that names no namespace gets one, cluster-scoped kinds too; one with its own keeps it."""
    metadata = manifest.document.get("metadata")
    if not isinstance(metadata, dict) or "namespace" in metadata:
        return manifest
    document = with_namespace(manifest.document, namespace)
    return dataclasses.replace(manifest, key=object_key(document), document=document)


def _key_in_namespace(key: ObjectKey, namespace: str) -> ObjectKey:
    return dataclasses.replace(key, namespace=key.namespace or namespace)


def _reprinted(manifest: Manifest) -> Manifest:
    """The text of an object whose document has changed since."""
    if parse_values(manifest.text) == manifest.document:
        return manifest
    return dataclasses.replace(manifest, text=dump_yaml(manifest.document))


def _crds_settled(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """After kustomize every CRD lies in crds/, unless the chart has some in templates/crds/: then all lie there."""
    among_templates = any(m.template.partition("/")[2].startswith("templates/crds/") for m in before)
    return tuple(
        dataclasses.replace(m, crd_file=m.document.get("kind") == "CustomResourceDefinition" and not among_templates)
        for m in after
    )


def _kustomized(
    estate: Estate, release: Release, manifests: Sequence[Manifest], cache: RenderCache
) -> tuple[Manifest, ...]:
    patched = patch_manifests(manifests, release.json_patches, release.strategic_merge_patches)
    if not release.transformers:
        return patched
    check_plugins(release.transformers, f"{release.source.file}: transformers")
    files: dict[str, str | bytes] = {
        "resources.yaml": "".join(f"---\n{manifest.text}" for manifest in as_resources(patched))
    }
    for number, transformer in enumerate(release.transformers):
        files[f"transformers/{number}.yaml"] = _with_its_file(estate, release, transformer, number, files)
    files["kustomization.yaml"] = dump_yaml(
        {"resources": ["resources.yaml"], "transformers": [path for path in files if path.startswith("transformers/")]}
    )
    key = json.dumps(files)
    if key not in cache.builds:
        cache.builds[key] = run_kustomize(files)
    known = {manifest.key: manifest for manifest in patched}
    return tuple(
        Manifest(object_key(document), document, text, _template_of(known, object_key(document)))
        for document, text in parse_documents(cache.builds[key], "kustomize")
    )


def _template_of(known: dict[ObjectKey, Manifest], key: ObjectKey) -> str:
    return known[key].template if key in known else ""


def _with_its_file(
    estate: Estate, release: Release, transformer: JsonObject, number: int, files: dict[str, str | bytes]
) -> str:
    """The transformer's text; a file that its ``path`` names, seen from the state file, is laid beside it."""
    path = transformer.get("path")
    if not isinstance(path, str) or not path:
        return dump_yaml(transformer)
    checkout = Checkout(estate.root)
    try:
        text = checkout.text(checkout.resolve(posixpath.dirname(release.source.file) or ".", path))
    except CheckoutError as error:
        raise HelmError(f"transformers: {error}") from error
    files[f"files/{number}.yaml"] = text
    return dump_yaml({**transformer, "path": f"files/{number}.yaml"})
