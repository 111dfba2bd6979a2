"""Kustomizations: one of the estate built as helmfile builds it, one of a repository as Argo CD builds it.

Both let kustomize read files and fetch what lies elsewhere. Here everything that a kustomization names must be a file
of the estate, or of the repository, and is looked at before kustomize is started.
"""

from __future__ import annotations

import hashlib
import os.path
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.checkout import Checkout, CheckoutError
from migrate.doors.helm import HelmError, parse_values
from migrate.doors.kustomize import KustomizeError, kustomize_build
from migrate.doors.yaml import YamlError, compose_yaml, dump_yaml, plain_value
from migrate.model.json import JsonObject, JsonValue, objects_in
from migrate.render.kustomize_edits import KustomizeSurroundings, edited
from migrate.render.resources import as_json

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# What is looked for as a file or a folder, and what as a file, by the key that names it.
_FOLDERS = ("resources", "bases", "components")
_PLUGINS = ("generators", "transformers", "validators")
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_ENTRIES = ("patches", "patchesJson6902", "replacements")
_GENERATED = ("configMapGenerator", "secretGenerator")
_HELM = ("helmCharts", "helmChartInflationGenerator")
_NO_EDITS = {"version", "kubeVersion", "apiVersions"}
"""Keys that choose the program, or matter to charts alone."""
_PATH_KEYS = ("path", "paths", "files", "envs", "env", "resources", "chartHome", "valuesFile")


@dataclass
class _Scan:
    checkout: Checkout
    whole: str = "estate"
    """What everything has to be a file of."""
    charts: str = "make each a release of its own"
    """What to do about charts that kustomize would render."""
    seen: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    digest: list[bytes] = field(default_factory=list)


def build_kustomization(root: str, folder: str, namespace: str, values: Sequence[str], builds: dict[str, str]) -> str:
    """The objects of the kustomization in ``folder`` (absolute, below ``root``), as one text.

    ``values`` are the release's values files, of which helmfile takes ``images``, ``namePrefix``, ``nameSuffix`` and
    ``namespace``. ``builds`` keeps what was built once.

    Raises:
        HelmError: it names what is no file of the estate, or kustomize refuses it or is not there.
    """
    settings: JsonObject = {}
    for text in values:
        found = _documents(text, "values")
        first = found[0] if found else {}
        settings |= {k: v for k, v in first.items() if k in ("images", "namePrefix", "nameSuffix", "namespace") and v}
    if namespace:
        settings["namespace"] = namespace
    # A folder that --allow-path opens lies outside; then it has to hold all that it names.
    inside = os.path.realpath(folder).startswith(os.path.realpath(root) + os.sep)
    top = root if inside else os.path.dirname(folder)  # noqa: PTH120 - a name, nothing on the disk
    scan = _Scan(Checkout(top))
    try:
        start = scan.checkout.resolve("", os.path.relpath(os.path.realpath(folder), os.path.realpath(top)))
    except CheckoutError as error:
        raise HelmError(f"the kustomization {folder} is the whole estate, which helmfile's own files lie in") from error
    _scan_folder(scan, start)
    key = hashlib.sha256(b"\0".join([folder.encode(), dump_yaml(settings).encode(), *scan.digest])).hexdigest()
    if key not in builds:
        # kustomize takes no absolute path: up from the build's own folder as far as it goes, and down again.
        settings["resources"] = ["../" * 64 + os.path.realpath(folder).lstrip(os.sep)]
        builds[key] = run_kustomize({"kustomization.yaml": dump_yaml(settings)}, everywhere=True)
    return builds[key]


def build_for_argocd(
    checkout: Checkout, folder: str, options: JsonObject, substitute: Callable[[str], str], builds: dict[str, str]
) -> str:
    """The objects of ``folder`` with the edits of an Application's ``kustomize`` block, as one text (rule 6.14).

    The folder is copied, with all folders that it names, and edited there: files outside of a kustomization's own
    folder are refused as Argo CD's kustomize refuses them.

    Raises:
        HelmError: an edit or a file is refused, something lies elsewhere, or kustomize is not there.
        CheckoutError: a path leads out of the repository.
    """
    charts = "Argo CD builds them only where its kustomize.buildOptions say --enable-helm"
    scan = _Scan(checkout, "repository", charts)
    path = next((f"{folder}/{name}" for name in NAMES if checkout.is_file(f"{folder}/{name}")), None)
    if path is None:
        raise HelmError(f"{folder} has no kustomization.yaml")
    edits: dict[str, str] = {}
    if options.keys() - _NO_EDITS:
        around = KustomizeSurroundings(substitute, lambda pattern: _components(checkout, folder, pattern))
        document = edited(parse_values(checkout.text(path)), options, around)
        edits[path] = dump_yaml(document)
        for component in _texts(document.get("components")):
            _scan_entry(scan, folder, path, "components", component)
    _scan_folder(scan, folder)
    files: dict[str, str | bytes] = {posixpath.normpath(name): checkout.content(name) for name in sorted(scan.read)}
    for known in sorted(scan.seen):
        for name in checkout.files(known, recurse=True):
            real = checkout.resolve(known, name)
            files[posixpath.normpath(f"{known}/{name}")] = checkout.content(real)
    files |= {posixpath.normpath(name): text for name, text in edits.items()}
    digest = hashlib.sha256(f"argocd {folder}".encode())
    for name, content in files.items():
        digest.update(f"\0{name}\0".encode())
        digest.update(content.encode() if isinstance(content, str) else content)
    key = digest.hexdigest()
    if key not in builds:
        builds[key] = run_kustomize(files, folder=folder)
    return builds[key]


def _components(checkout: Checkout, folder: str, pattern: str) -> list[str]:
    if any(mark in pattern for mark in "*?["):
        return checkout.glob(folder, pattern)
    return [pattern] if checkout.is_folder(checkout.resolve(folder, pattern)) else []


def run_kustomize(files: Mapping[str, str | bytes], *, folder: str = ".", everywhere: bool = False) -> str:
    """The door's answer.

    Raises:
        HelmError: kustomize refuses, or is not there.
    """
    try:
        return kustomize_build(files, folder=folder, everywhere=everywhere)
    except KustomizeError as error:
        raise HelmError(f"kustomize: {error}") from error


def _scan_folder(scan: _Scan, folder: str) -> None:
    if folder in scan.seen:
        return
    scan.seen.add(folder)
    path = next((f"{folder}/{name}" for name in NAMES if scan.checkout.is_file(f"{folder}/{name}")), None)
    if path is None:
        raise HelmError(f"{folder} has no kustomization.yaml")
    (document, *_) = _documents(_read(scan, path), path) or [{}]
    for key in _HELM:
        if document.get(key):
            raise HelmError(f"{path}: {key} renders charts that kustomize would fetch; {scan.charts}")
    for key in (*_FOLDERS, *_PLUGINS, *_FILES):
        for entry in _texts(document.get(key)):
            _scan_entry(scan, folder, path, key, entry)
    for key in _ENTRIES:
        for item in objects_in(document.get(key)):
            _scan_files(scan, folder, path, _texts(item.get("path")))
    for key in _GENERATED:
        for item in objects_in(document.get(key)):
            named = [*_texts(item.get("envs")), *_texts(item.get("env"))]
            named += [text.rpartition("=")[2] for text in _texts(item.get("files"))]
            _scan_files(scan, folder, path, named)
    for item in objects_in([document.get("openapi")]):
        _scan_files(scan, folder, path, _texts(item.get("path")))


def _scan_entry(scan: _Scan, folder: str, path: str, key: str, entry: str) -> None:
    if "\n" in entry:
        _scan_plugins(_documents(entry, path), path)
        return
    found = _resolve(scan, folder, path, entry)
    if scan.checkout.is_folder(found) and key not in _FILES:
        _scan_folder(scan, found)
        return
    text = _read(scan, found)
    if key in _PLUGINS:
        _scan_plugins(_documents(text, found), found)


def _scan_files(scan: _Scan, folder: str, path: str, named: Sequence[str]) -> None:
    for entry in named:
        _read(scan, _resolve(scan, folder, path, entry))


def _resolve(scan: _Scan, folder: str, path: str, entry: str) -> str:
    try:
        if os.path.isabs(entry):  # noqa: PTH117 - a name, nothing on the disk
            raise CheckoutError(f"{entry!r} is an absolute path")
        found = scan.checkout.resolve(folder, entry)
    except CheckoutError as error:
        raise HelmError(f"{path}: {error}") from error
    if not scan.checkout.is_file(found) and not scan.checkout.is_folder(found):
        raise HelmError(
            f"{path}: {entry} is no file of the {scan.whole}, so kustomize would fetch it; "
            f"copy it into the {scan.whole} and name the copy"
        )
    return found


def _read(scan: _Scan, path: str) -> str:
    try:
        text = scan.checkout.text(path)
    except CheckoutError:
        # No text, e.g. a key store for a Secret: kustomize may read it, the build is not kept by its content.
        text = ""
    scan.read.add(path)
    scan.digest.append(f"{path}\0{text}".encode("utf-8", "replace"))
    return text


def check_plugins(documents: Sequence[JsonObject], place: str) -> None:
    """Refuse transformers and generators that read from the web, or start Helm.

    Raises:
        HelmError: one does, with what it names.
    """
    _scan_plugins(documents, place)


def _scan_plugins(documents: Sequence[JsonObject], place: str) -> None:
    for document in documents:
        if "HelmChart" in str(document.get("kind") or ""):
            raise HelmError(f"{place}: {document['kind']} renders charts by kustomize; make each a release of its own")
        for text in _path_texts(document):
            if "://" in text or text.startswith("git@"):
                raise HelmError(f"{place}: {text} lies elsewhere, so kustomize would fetch it; copy it into the estate")
        for key in _PATH_KEYS:
            for text in _texts(document.get(key)):
                if os.path.isabs(text) or ".." in text.split("/"):  # noqa: PTH117 - a name, nothing on the disk
                    raise HelmError(f"{place}: {key}: {text} leads out of its folder")


def _path_texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            # A path inside an object is no path on the disk: those of builtin transformers begin with a field's name.
            if key in _PATH_KEYS and isinstance(item, (str, list)):
                yield from (text for text in _texts(item) if "\n" not in text)
            yield from _path_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _path_texts(item)


def _texts(value: JsonValue) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [item for item in found if isinstance(item, str) and item]


def _documents(text: str, place: str) -> list[JsonObject]:
    try:
        found = [as_json(plain_value(node)) for node in compose_yaml(text)]
    except (YamlError, TypeError) as error:
        raise HelmError(f"{place}: {error}") from error
    return [document for document in found if isinstance(document, dict)]
