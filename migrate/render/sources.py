"""One source of an Application as the repo-server renders it: charts, kustomizations, plain folders (rules 5 and 6)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.checkout import Checkout
from migrate.doors.helm import parse_values
from migrate.doors.yaml import dump_yaml
from migrate.model.application import plain_url
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.json import JsonObject, JsonValue, as_object, merge_patched
from migrate.model.manifest import HelmRequest, Manifest, Rendered
from migrate.render.chart import HELM_3, HELM_4, RenderCache, render_request
from migrate.render.directory import directory_manifests
from migrate.render.faults import placed
from migrate.render.kustomization import build_for_argocd
from migrate.render.namespaces import at_chart
from migrate.render.objects import object_key, parse_documents, split_plain_documents
from migrate.render.source_type import SourceError, source_type

_WITH_HELM_4 = (3, 5)
"""From here on Argo CD has Helm 4 alone; it merges all documents of a values file, Helm 3 reads the first."""
_VARIABLE = re.compile(r"\$(\{([^}]*)\}|[*#$@!?\-0-9]|[A-Za-z_][A-Za-z0-9_]*|\{)?")
_BARE_COMMA = re.compile(r"(?<!\\),")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Rendering:
    """What is the same for every source of one Application."""

    application: str
    project: str
    namespace: str
    """The destination's."""
    repositories: Mapping[str, Checkout]
    references: Mapping[str, Checkout]
    """``$name`` → the repository of the source with that ``ref``."""
    several: bool
    kube_version: str
    api_versions: tuple[str, ...]
    argocd_version: tuple[int, int]
    cache: RenderCache | None = field(default=None, compare=False)


def render_source(rendering: Rendering, source: JsonObject) -> Rendered:
    """The objects of one source as rendered: nothing is expanded, tracked or put into a namespace yet.

    Raises:
        SourceError, CheckoutError, HelmError: it cannot be rendered.
    """
    checkout = find_checkout(rendering.repositories, text_of(source, "repoURL"))
    chart = text_of(source, "chart")
    folder = _source_folder(checkout, chart or text_of(source, "path"))
    if not chart:
        source = _with_overrides(checkout, folder, rendering.application, source)
    checkout.check_links(folder)
    kind = source_type(checkout, folder, source)
    if kind == "helm":
        request, told = helm_request(rendering, checkout, folder, source)
        rendered = render_request(request, rendering.cache)
        findings = (*at_chart(rendered.findings, folder), *told)
        return dataclasses.replace(rendered, findings=findings, error=placed(rendered.error, folder))
    if kind == "kustomize":
        return _kustomized(rendering, checkout, folder, source)
    if kind == "directory":
        options = as_object(source.get("directory"))
        return Rendered(tuple(directory_manifests(checkout, folder, options)))
    raise SourceError(f"a source of the type {kind} is not rendered by this tool")


def find_checkout(repositories: Mapping[str, Checkout], url: str) -> Checkout:
    """The folder that holds a repository; URLs are the same with and without ``.git`` or a trailing slash.

    Raises:
        SourceError: it was not given.
    """
    for known, checkout in repositories.items():
        if plain_url(known) == plain_url(url):
            return checkout
    raise SourceError(f"the repository {url} is not here; name a folder that holds it")


def _source_folder(checkout: Checkout, path: str) -> str:
    if path.startswith("/"):
        raise SourceError(f"app path {path!r} is absolute")
    folder = "." if path in ("", ".") else checkout.resolve(".", path)
    if not checkout.is_folder(folder):
        raise SourceError(f"{path}: app path does not exist")
    return folder


def _with_overrides(checkout: Checkout, folder: str, application: str, source: JsonObject) -> JsonObject:
    """The source with ``.argocd-source.yaml`` and ``.argocd-source-NAME.yaml`` merged over it (rule 5.25)."""
    for name in (".argocd-source.yaml", f".argocd-source-{application}.yaml"):
        path = f"{folder}/{name}"
        if not checkout.is_file(path):
            continue
        patch = parse_values(checkout.text(path))
        kept = {key: value for key, value in patch.items() if key not in ("chart", "path", "repoURL", "targetRevision")}
        source = as_object(merge_patched(source, kept))
    return source


# ---------------------------------------------------------------- Kustomize


def _kustomized(rendering: Rendering, checkout: Checkout, folder: str, source: JsonObject) -> Rendered:
    options = as_object(source.get("kustomize"))
    variables = _build_environment(rendering, source)
    builds = rendering.cache.builds if rendering.cache is not None else {}
    text = build_for_argocd(checkout, folder, options, lambda given: substitute(given, variables), builds)
    manifests = tuple(Manifest(object_key(d), d, t) for d, t in parse_documents(text, f"kustomize build {folder}"))
    return Rendered(manifests, findings=_version_findings(folder, text_of(options, "version")))


def _version_findings(folder: str, version: str) -> tuple[Finding, ...]:
    if not version:
        return ()
    return (
        Finding(
            "RN003",
            Severity.WARNING,
            f"kustomize.version {version}: Argo CD builds with the program that argocd-cm names for it, here the "
            "one on PATH was taken",
            f"put that version first on PATH, and see that argocd-cm has kustomize.path.{version}",
            SourceLocation(f"{folder}/kustomization.yaml"),
        ),
    )


# ---------------------------------------------------------------- Helm


def helm_request(
    rendering: Rendering, checkout: Checkout, folder: str, source: JsonObject
) -> tuple[HelmRequest, tuple[Finding, ...]]:
    """The ``helm template`` that Argo CD runs for this source (rules 5.6 to 5.20, 6.2), and what it reads otherwise.

    Raises:
        SourceError, CheckoutError: a value file is missing or leads out of its repository.
    """
    helm = as_object(source.get("helm"))
    variables = _build_environment(rendering, source)
    texts, names, findings = _value_texts(rendering, checkout, folder, helm, variables)
    sets = [*_parameter_flags(helm, variables), *_file_flags(rendering, checkout, folder, helm, variables)]
    api_versions = tuple(str(version) for version in _list(helm.get("apiVersions")))
    request = HelmRequest(
        chart=checkout.absolute(folder),
        release_name=text_of(helm, "releaseName") or rendering.application,
        # Without one Helm takes the namespace of the pod it runs in: the repo-server's.
        namespace=text_of(helm, "namespace") or rendering.namespace or "argocd",
        values=tuple(texts),
        value_names=tuple(names),
        sets=tuple(sets),
        kube_version=text_of(helm, "kubeVersion") or rendering.kube_version,
        api_versions=api_versions or rendering.api_versions,
        include_crds=not helm.get("skipCrds"),
        skip_tests=bool(helm.get("skipTests")),
        skip_schema_validation=bool(helm.get("skipSchemaValidation")),
        helm_major=HELM_4 if rendering.argocd_version >= _WITH_HELM_4 else HELM_3,
    )
    return request, findings


def _value_texts(
    rendering: Rendering, checkout: Checkout, folder: str, helm: JsonObject, variables: Mapping[str, str]
) -> tuple[list[str], list[str], tuple[Finding, ...]]:
    texts, names, findings = [], [], []
    for place, path in _value_files(rendering, checkout, folder, helm, variables):
        text = place.text(path)
        documents = [text]
        if rendering.argocd_version >= _WITH_HELM_4:
            documents = list(split_plain_documents(text)) or [text]
        if len(documents) > 1:
            findings.append(_documents_finding(path, text, documents))
        texts += documents
        names += [path] * len(documents)
    if isinstance(helm.get("valuesObject"), dict):
        texts.append(dump_yaml(helm["valuesObject"]))
        names.append("valuesObject")
    elif text_of(helm, "values"):
        texts.append(text_of(helm, "values"))
        names.append("values")
    return texts, names, tuple(findings)


def _documents_finding(path: str, text: str, documents: list[str]) -> Finding:
    line = text.count("\n", 0, text.index(documents[1], text.index(documents[0]) + len(documents[0]))) + 1
    return Finding(
        "RN005",
        Severity.WARNING,
        f"{len(documents)} documents in one values file: Helm 3 reads the first alone, Helm 4 (Argo CD from 3.5 on) "
        "merges them all",
        "write one document, so that both render the same",
        SourceLocation(path, line),
    )


def _value_files(
    rendering: Rendering, checkout: Checkout, folder: str, helm: JsonObject, variables: Mapping[str, str]
) -> list[tuple[Checkout, str]]:
    """The value files in the order Helm gets them."""
    entries = [str(entry) for entry in _list(helm.get("valueFiles"))]
    forgiving, modern = bool(helm.get("ignoreMissingValueFiles")), rendering.argocd_version >= (3, 4)
    explicit: list[tuple[Checkout, str, bool]] = []
    for entry in entries:
        place, path = _locate(rendering, checkout, folder, entry, variables)
        if modern and _GLOB.search(path):
            matches = _expand_glob(place, path)
            if not matches and not forgiving:
                raise SourceError(f"no value file matches {entry!r}")
            explicit += [(place, match, True) for match in matches]
        elif place.is_file(path) or not forgiving:
            if not place.is_file(path):
                raise SourceError(f"open {path}: no such file or directory")
            explicit.append((place, path, False))
    if not modern:
        return [(place, path) for place, path, _ in explicit]
    named = {(place.root, path) for place, path, globbed in explicit if not globbed}
    kept = {(p.root, path): (p, path) for p, path, globbed in explicit if not globbed or (p.root, path) not in named}
    return list(kept.values())


def _locate(
    rendering: Rendering, checkout: Checkout, folder: str, entry: str, variables: Mapping[str, str]
) -> tuple[Checkout, str]:
    """The repository and path that an entry of valueFiles or fileParameters means (rules 5.3 to 5.6)."""
    if rendering.several and entry.startswith("$"):
        name, _, rest = entry.partition("/")
        if name not in rendering.references:
            known = ", ".join(sorted(rendering.references))
            raise SourceError(f'source referenced "{name}", which is not one of the available sources ({known})')
        place = rendering.references[name]
        return place, place.resolve(".", "/" + substitute(rest, variables))
    path = substitute(entry, variables)
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", path):
        raise SourceError(f"the value file {path} is not in the repository; this tool fetches nothing")
    return checkout, checkout.resolve(folder, path)


def _expand_glob(place: Checkout, pattern: str) -> list[str]:
    """Files that match, where ``**`` means any folders; a folder's own files come before those below it."""
    regex = re.compile("".join(_glob_pieces(pattern)))
    found = [path for path in place.files(".", recurse=True) if regex.fullmatch(path)]
    return sorted(found, key=lambda path: [(part != path.split("/")[-1], part) for part in path.split("/")])


def _glob_pieces(pattern: str) -> Iterator[str]:
    for piece in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", pattern):
        if piece == "**/":
            yield "(?:[^/]+/)*"
        elif piece in ("*", "**"):
            yield "[^/]*" if piece == "*" else ".*"
        elif piece == "?":
            yield "[^/]"
        else:
            yield piece if len(piece) > 1 else re.escape(piece)


def _parameter_flags(helm: JsonObject, variables: Mapping[str, str]) -> list[tuple[str, str]]:
    """``--set`` and ``--set-string``; of two parameters with one name the last counts (rule 5.15)."""
    flags: dict[tuple[str, str], str] = {}
    for parameter in _list(helm.get("parameters")):
        entry = as_object(parameter)
        flag = "--set-string" if entry.get("forceString") else "--set"
        flags[flag, text_of(entry, "name")] = substitute(text_of(entry, "value"), variables)
    return [(flag, f"{name}={_escape_commas(value)}") for (flag, name), value in flags.items()]


def _file_flags(
    rendering: Rendering, checkout: Checkout, folder: str, helm: JsonObject, variables: Mapping[str, str]
) -> list[tuple[str, str]]:
    flags = []
    for parameter in _list(helm.get("fileParameters")):
        entry = as_object(parameter)
        place, path = _locate(rendering, checkout, folder, text_of(entry, "path"), variables)
        flags.append(("--set-file", f"{text_of(entry, 'name')}={_escape_commas(place.absolute(path))}"))
    return flags


def _escape_commas(value: str) -> str:
    if value.startswith("{") and value.endswith("}"):
        return value
    return _BARE_COMMA.sub(r"\\,", value)


def _build_environment(rendering: Rendering, source: JsonObject) -> dict[str, str]:
    return {
        "ARGOCD_APP_NAME": rendering.application,
        "ARGOCD_APP_NAMESPACE": rendering.namespace,
        "ARGOCD_APP_PROJECT_NAME": rendering.project,
        "ARGOCD_APP_SOURCE_REPO_URL": text_of(source, "repoURL"),
        "ARGOCD_APP_SOURCE_PATH": text_of(source, "path"),
        "ARGOCD_APP_SOURCE_TARGET_REVISION": text_of(source, "targetRevision"),
    }


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """``$NAME`` and ``${NAME}`` replaced, unknown names by nothing, ``$$`` by a dollar sign (rule 5.10).

    Raises:
        SourceError: the commit's id is asked for, which is only known on the server.
    """

    def value(match: re.Match[str]) -> str:
        name = match[2] if match[2] is not None else match[1]
        if name is None:
            return "$"
        if name == "$":
            return "$"
        if name.startswith("ARGOCD_APP_REVISION"):
            raise SourceError(f"${name} is known to the server only")
        return variables.get(name, "")

    return _VARIABLE.sub(value, text)


# ---------------------------------------------------------------- plain data


def text_of(holder: JsonObject, key: str) -> str:
    """A text of a mapping, empty where there is none."""
    value = holder.get(key)
    return "" if value is None else str(value)


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else []
