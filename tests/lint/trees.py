"""A good tree of two components, and what can be wrong with it: what the tests of the rules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.expand import expand_tree
from migrate.lint import lint_tree
from migrate.lint.good_tree import (
    APPS,
    AUTOMATED,
    GOOD,
    STRATEGY,
    WEB,
)
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.model.tree import FileTree


def good_files() -> dict[str, str]:
    return dict(GOOD)


def manifest(
    kind: str, name: str, *, group: str = "", namespace: str = "web", annotations: Mapping[str, str] | None = None
) -> Manifest:
    document = {"kind": kind, "metadata": {"name": name, "annotations": dict(annotations or {})}}
    return Manifest(ObjectKey(group, kind, namespace, name), document, "")  # type: ignore[arg-type]


def good_rendered() -> dict[tuple[str, str], Rendered]:
    crd = manifest("CustomResourceDefinition", "x", group="apiextensions.k8s.io", namespace="")
    return {
        ("dev", "web"): Rendered((manifest("Deployment", "web", group="apps"),)),
        ("dev", "crds"): Rendered((crd,)),
    }


def linted(files: Mapping[str, str], rendered: Mapping[tuple[str, str], Rendered]) -> tuple[Finding, ...]:
    tree = FileTree({path: text.encode() for path, text in files.items()})
    return lint_tree(tree, expand_tree(tree), rendered)


Edit = tuple[str, str, str]
"""(file, old text, new text); an empty old text writes the file."""


@dataclass(frozen=True)
class Case:
    """One thing that is wrong, and the finding it must give: the rule, the file, how its line begins, what it says."""

    rule: str
    file: str
    line: str
    says: str
    edits: tuple[Edit, ...] = ()
    objects: tuple[Manifest, ...] = field(default=())
    """What web renders instead."""
    severity: Severity = Severity.ERROR
    also: Rendered | None = None
    """What crds renders instead."""


def web(old: str, new: str) -> tuple[Edit, ...]:
    return ((WEB, old, new),)


def apps(old: str, new: str) -> tuple[Edit, ...]:
    return ((APPS, old, new),)


def rolling(old: str = "", new: str = "", path: str = APPS) -> tuple[Edit, ...]:
    return (*ROLLING, (path, old, new)) if old else ROLLING


ROLLING: tuple[Edit, ...] = (
    (APPS, "  template:\n", STRATEGY),
    (APPS, "      syncPolicy:\n        syncOptions", AUTOMATED),
)
WARNING, INFO = Severity.WARNING, Severity.INFO
GLOB, CHART = "environments/dev/components/**/component.yaml", "path: sources/charts/own/web"
RELEASE = "          releaseName: '{{ .releaseName }}'"
OPTIONS = "argocd.argoproj.io/sync-options"
HOOK, KEEP = {"helm.sh/hook": "pre-upgrade"}, {"helm.sh/resource-policy": "keep"}
CRD = manifest("CustomResourceDefinition", "x", group="apiextensions.k8s.io", namespace="")
ROLE = manifest("ClusterRole", "x", group="rbac", namespace="")
SERVICE = manifest("Service", "x")


def edited(files: dict[str, str], edits: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    for path, old, new in edits:
        if not old:
            files[path] = new
            continue
        assert old in files[path], f"{path} does not hold {old!r}"
        files[path] = files[path].replace(old, new, 1)
    return files


def check_case(case: Case) -> None:
    """The rule is heard with this severity, at this place, and says what to do."""
    files = edited(good_files(), case.edits)
    rendered = good_rendered()
    if case.objects:
        rendered["dev", "web"] = Rendered(case.objects)
    if case.also:
        rendered["dev", "crds"] = case.also
    found = [f for f in linted(files, rendered) if f.code == case.rule and case.says in f.message]
    places = {(f.source.file, files[f.source.file].splitlines()[f.source.line - 1].strip()) for f in found if f.source}
    assert any(file == case.file and text.startswith(case.line) for file, text in places), places
    assert {f.severity for f in found} == {case.severity}
    assert all(f.hint for f in found)
