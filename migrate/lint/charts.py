"""Rules over the charts that the tree holds: what their templates ask the cluster for, their versions, their twins."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator

from migrate.doors.helm import HelmError, parse_values
from migrate.lint.rule import Hit, Rule, error, info, warning
from migrate.lint.sources import sources
from migrate.lint.subject import Subject, dig, listed, mapped
from migrate.model.application import GeneratedApplication
from migrate.model.finding import SourceLocation
from migrate.model.json import JsonObject

_ASKED = re.compile(r"\.Capabilities\.APIVersions\.Has\s*\(?\s*[\"`]([^\"`]+)[\"`]")
_CALLED = re.compile(r"\{\{[^}]*?(?:(?<![.\w$\"])(lookup)\s|\.Release\.(IsUpgrade)\b)")
_HOOK = re.compile(
    r"^\s*[\"']?(helm\.sh|argocd\.argoproj\.io)/hook[\"']?:\s*([\"']?)([^\"'{}#\n]*)\2\s*(?:#.*)?$", re.M
)
_KUBERNETES = re.compile(
    r"^(?:[^/.]+/)?v\d\w*(?:/\w+)?$|^(?:admissionregistration|apiextensions|apiregistration|authentication"
    r"|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|internal\.apiserver|networking"
    r"|node|rbac\.authorization|resource|scheduling|storage)\.k8s\.io/"
)
_APPLIED = {
    "helm.sh": frozenset(f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete"))
    | {"crd-install"},
    "argocd.argoproj.io": frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"}),
}
_NOT_APPLIED = frozenset({"test", "test-success", "test-failure", "pre-rollback", "post-rollback"})


def chart_folders(one: GeneratedApplication, subject: Subject) -> Iterator[str]:
    """The folders of this tree that an Application is rendered from as charts."""
    for source in sources(one):
        folder = str(source.get("path") or "").strip("/")
        if not source.get("chart") and f"{folder}/Chart.yaml" in subject.tree.files:
            yield folder


def _used_charts(subject: Subject) -> list[str]:
    return sorted({folder for one in subject.expansion.applications for folder in chart_folders(one, subject)})


def _texts(subject: Subject, folder: str) -> Iterator[tuple[str, str]]:
    """Templates of a chart and of its subcharts, and manifests that it carries."""
    for path in subject.below(folder):
        rest = path.removeprefix(f"{folder}/")
        if "templates/" in rest or rest.startswith("manifests/"):
            yield path, subject.tree.files[path].decode("utf-8", "replace")


def _place(path: str, text: str, offset: int) -> SourceLocation:
    return SourceLocation(path, text.count("\n", 0, offset) + 1)


def check_api_versions(subject: Subject) -> Iterator[Hit]:
    """L20: a chart that asks for an API gets the answer that the cluster will give."""
    asked = {folder: list(_questions(subject, folder)) for folder in _used_charts(subject)}
    told = set()
    for one in subject.expansion.applications:
        assumed = {*subject.api_versions.get(one.environment, ())}
        for source in sources(one):
            assumed |= {str(version) for version in listed(source, "helm", "apiVersions")}
        for folder in chart_folders(one, subject):
            for api, where in asked[folder]:
                if any(known == api or known.startswith(f"{api}/") for known in assumed):
                    continue
                if (one.environment, api, where) in told:
                    continue
                told.add((one.environment, api, where))
                yield from _unanswered(subject, one.environment, api, where)


def _questions(subject: Subject, folder: str) -> Iterator[tuple[str, SourceLocation]]:
    for path, text in _texts(subject, folder):
        for found in _ASKED.finditer(text):
            if not _KUBERNETES.match(found[1]):
                yield found[1], _place(path, text, found.start())


def _unanswered(subject: Subject, environment: str, api: str, where: SourceLocation) -> Iterator[Hit]:
    hint = f"Name it for this environment in migration.yaml (apiVersions: [{api}]), if it is there."
    if api in _defined(subject, environment):
        text = f"the template asks for {api}, which this tree installs, and the render assumed a cluster without it"
        yield warning(text, hint, where, environment)
    elif not subject.api_versions.get(environment):
        text = f"the template asks for {api}, and the render assumed a cluster without it"
        yield info(text, hint, where, environment)


def _defined(subject: Subject, environment: str) -> set[str]:
    """``group/version`` and ``group/version/Kind`` of every definition that an environment's Applications render."""
    found: set[str] = set()
    for one in subject.expansion.applications:
        for manifest in subject.manifests(one) if one.environment == environment else ():
            if manifest.key.kind == "CustomResourceDefinition":
                spec = mapped(manifest.document, "spec")
                for version in listed(spec, "versions"):
                    name = f"{spec.get('group')}/{dig(version, 'name')}"
                    found |= {name, f"{name}/{dig(spec, 'names', 'kind')}"}
    return found


def template_calls(subject: Subject) -> Iterator[Hit]:
    """Part of L22: what templates ask of a running release, and hooks that Argo CD never runs."""
    for folder in _used_charts(subject):
        for path, text in _texts(subject, folder):
            for found in _CALLED.finditer(text):
                name, answer = (found[1], "finds nothing") if found[1] else (".Release.IsUpgrade", "is always false")
                said = f"the template asks {name}, which {answer} in Argo CD"
                yield info(said, "See that the chart does the right thing then.", _place(path, text, found.start()))
            for found in _HOOK.finditer(text):
                yield from _hook_words(found[1], found[3], _place(path, text, found.start(3)))


def _hook_words(owner: str, value: str, where: SourceLocation) -> Iterator[Hit]:
    words = {word.strip() for word in value.split(",")}
    if words & _APPLIED[owner]:
        return
    if owner == "helm.sh" and words <= _NOT_APPLIED:
        said = f"the hook {value.strip()} is never applied by Argo CD"
        yield info(said, "Make it a plain Job in a later phase, if it is to run.", where)
    else:
        said = f"{owner}/hook: {value.strip() or 'an empty value'} is no hook, and so the object is never applied"
        yield error(said, f"Known: {', '.join(sorted(_APPLIED[owner]))}.", where)


def check_charts_once(subject: Subject) -> Iterator[Hit]:
    """L54: a chart of one version lies in the tree once."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in subject.paths:
        folder = path.removesuffix("/Chart.yaml")
        if folder != path and not _is_nested(folder, subject):
            chart = _chart(subject, folder)
            places[str(chart.get("name") or ""), str(chart.get("version") or "")].append(folder)
    for (name, version), found in places.items():
        for folder in found[1:] if name else []:
            same = _content(subject, folder) == _content(subject, found[0])
            text = f"chart {name} {version} lies in {found[0]} as well, with {'the same' if same else 'other'} content"
            hint = "Keep one of them, and name it in every component that needs it."
            yield warning(text, hint, SourceLocation(f"{folder}/Chart.yaml"))


def _is_nested(folder: str, subject: Subject) -> bool:
    parts = folder.split("/")
    return any("/".join([*parts[:end], "Chart.yaml"]) in subject.tree.files for end in range(len(parts)))


def _content(subject: Subject, folder: str) -> bytes:
    digest = hashlib.sha256()
    for path in subject.below(folder):
        digest.update(f"{path.removeprefix(folder)}\0{len(subject.tree.files[path])}\0".encode())
        digest.update(subject.tree.files[path])
    return digest.digest()


def _chart(subject: Subject, folder: str) -> JsonObject:
    try:
        return parse_values(subject.tree.files[f"{folder}/Chart.yaml"].decode("utf-8", "replace"))
    except (HelmError, KeyError):
        return {}


def check_version(subject: Subject) -> Iterator[Hit]:
    """L59: the version in component.yaml is that of the chart in its folder."""
    for component in subject.components:
        folder = str(component.get("chart", "path") or "").strip("/")
        stated, real = component.get("chart", "version"), _chart(subject, folder).get("version")
        if isinstance(stated, str) and stated and real is not None and stated != str(real):
            text = f"chart.version is {stated}, and {folder} holds {real}"
            hint = "Vendor the version that is meant, or correct chart.version."
            yield error(text, hint, subject.line(component, "chart", "version"), component.environment)


RULES = (
    Rule(
        "L20",
        "charts know the APIs of the cluster that they are rendered for",
        "a chart drops objects without a word where an API that it asks for is not named",
        "AC 5.18, 5.19",
        check_api_versions,
    ),
    Rule(
        "L54",
        "a chart lies in the tree once",
        "of two copies one is mended and the other forgotten",
        "D 24",
        check_charts_once,
    ),
    Rule(
        "L59",
        "chart.version is that of the chart",
        "people and runbooks read component.yaml, Argo CD the chart",
        "D 24",
        check_version,
    ),
)
